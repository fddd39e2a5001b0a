//! How long dense layers take, in f32 and in int8, by the instructions that this processor has:
//! `cargo bench -p oddity-kernels --features std --bench dense -- 640x128`.
//!
//! The layers are those of the anomaly detector of MLPerf Tiny, and small ones as convolutions have them.
#![expect(clippy::expect_used, reason = "a bench may fail by panicking")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use oddity_kernels::{
    Clamp, DenseF32, DenseInt8, Finish, FloatTier, Int8Tier, Pieces, Rows, SLACK, Tier,
};

/// Elements, outputs, and how many rows run in a call.
const LAYERS: [(usize, usize, &[usize]); 9] = [
    (640, 128, &[1, 8, 32, 128]),
    (128, 128, &[1, 8, 32, 128]),
    (128, 8, &[1, 8, 32, 128]),
    (8, 128, &[1, 8, 32, 128]),
    (128, 640, &[1, 8, 32, 128]),
    (4, 16, &[1, 64]),
    (16, 16, &[1, 64]),
    (20, 16, &[1, 64]),
    (80, 32, &[1, 64]),
];

fn layer_f32(tier: FloatTier, elements: usize, outputs: usize) -> DenseF32 {
    let weights: Vec<f32> =
        (0..outputs * elements).map(|i| (i * 37 % 101) as f32 / 500.0 - 0.1).collect();
    let bias: Vec<f32> = (0..outputs).map(|i| i as f32 / 100.0).collect();
    DenseF32::new(tier, outputs, &Pieces::whole(elements), &weights, &bias, Clamp::RELU)
        .expect("a layer")
}

fn layer_int8(tier: Int8Tier, elements: usize, outputs: usize) -> DenseInt8 {
    let weights: Vec<i8> = (0..outputs * elements).map(|i| (i * 37 % 255) as i8).collect();
    let bias = vec![10; outputs];
    let scales = vec![1.0 / (elements as f32 * 40.0); outputs];
    let finish = Finish::U8 { scales, zero: 3, low: 3, high: 255 };
    let pieces = Pieces::whole(elements);
    DenseInt8::new(tier, outputs, &pieces, &weights, &bias, 3, None, finish).expect("a layer")
}

fn layers(c: &mut Criterion) {
    let (mut floats, mut bytes) = (Vec::new(), Vec::new());
    for tier in Tier::all_here() {
        if !floats.contains(&tier.float) {
            floats.push(tier.float);
        }
        if !bytes.contains(&tier.int8) {
            bytes.push(tier.int8);
        }
    }
    for (elements, outputs, counts) in LAYERS {
        for &count in counts {
            let name = format!("{elements}x{outputs}, {count} rows");
            let mut group = c.benchmark_group(name);
            group.throughput(Throughput::Elements((elements * outputs * count) as u64));
            let rows = Rows::dense(count, elements, outputs);
            for &tier in &floats {
                let layer = layer_f32(tier, elements, outputs);
                let x: Vec<f32> = (0..count * elements).map(|i| (i % 17) as f32 / 17.0).collect();
                let mut y = vec![0.0; count * outputs];
                group.bench_function(BenchmarkId::from_parameter(tier.name()), |b| {
                    b.iter(|| layer.run(&x, black_box(&mut y), rows).expect("the slices fit"));
                });
            }
            for &tier in &bytes {
                let layer = layer_int8(tier, elements, outputs);
                let x: Vec<u8> = (0..count * elements + SLACK).map(|i| (i % 251) as u8).collect();
                let mut y = vec![0; count * outputs];
                group.bench_function(BenchmarkId::from_parameter(tier.name()), |b| {
                    b.iter(|| layer.run_u8(&x, black_box(&mut y), rows).expect("the slices fit"));
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, layers);
criterion_main!(benches);
