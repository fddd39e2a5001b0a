//! How long the layers take that models have often, for each set of vector instructions that this
//! processor has: `cargo bench -p oddity-kernels --features std --bench layers`.
#![allow(clippy::expect_used, reason = "a layer that is not made has no time")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use oddity_kernels::map::Activation;
use oddity_kernels::matmul::MatMul;
use oddity_kernels::moves;
use oddity_kernels::normalise::{Scaling, ScalingOp, Standardise};
use oddity_kernels::pool::{Pool, PoolAxis, PoolOp};
use oddity_kernels::quantise::{self, Grid};
use oddity_kernels::recurrent::{Cell, Recurrent, Run};
use oddity_kernels::reduce::{Reduce, ReduceOp};
use oddity_kernels::walk::Walk;
use oddity_kernels::zip::{BinaryOp, zip};
use oddity_kernels::{FloatTier, KernelError};

fn tiers() -> impl Iterator<Item = FloatTier> {
    [FloatTier::Portable, FloatTier::Neon, FloatTier::Avx2, FloatTier::Avx512]
        .into_iter()
        .filter(|tier| tier.is_here())
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * 0.7).sin() * 3.0).collect()
}

/// Times one layer by every tier. It works in place or from slices of its own, and never fails.
fn each_tier(
    c: &mut Criterion,
    name: &str,
    mut layer: impl FnMut(FloatTier) -> Result<(), KernelError>,
) {
    for tier in tiers() {
        c.bench_with_input(BenchmarkId::new(name, tier.name()), &tier, |b, &tier| {
            b.iter(|| black_box(layer(tier)).expect("the slices fit"));
        });
    }
}

fn activations(c: &mut Criterion) {
    let x = numbers(1024);
    let mut y = x.clone();
    for (name, activation) in [
        ("tanh 1024", Activation::Tanh),
        ("sigmoid 1024", Activation::Sigmoid),
        ("exp 1024", Activation::Exp),
        ("log 1024", Activation::Log),
        ("softplus 1024", Activation::Softplus),
        ("gelu 1024", Activation::GeluExact),
        ("relu 1024", Activation::Relu),
        ("round 1024", Activation::Round),
    ] {
        each_tier(c, name, |tier| activation.run_to(tier, &x, &mut y));
    }
}

fn moved(c: &mut Criterion) {
    let x = numbers(1024);
    let mut y = x.clone();
    for (name, rows, columns) in [("transpose 64x16", 16, 64), ("transpose 128x4", 4, 128)] {
        let walk =
            Walk::new(&[rows, columns], [&[1, rows as isize], &[columns as isize, 1]], [0; 2])
                .expect("a walk");
        c.bench_function(name, |b| b.iter(|| moves::copy(&walk, &x, black_box(&mut y))));
    }
    let walk = Walk::new(&[64, 16], [&[16, 1], &[20, 1]], [0, 0]).expect("a walk");
    let mut y = numbers(64 * 20);
    c.bench_function("pad 64x16", |b| b.iter(|| moves::copy(&walk, &x, black_box(&mut y))));
}

fn zipped(c: &mut Criterion) {
    let (a, b) = (numbers(1024), numbers(1024));
    let mut y = a.clone();
    for (name, lens, steps) in [
        ("add 1024", &[1024][..], [&[1][..], &[1]]),
        ("add 1024 + 1", &[1024], [&[1], &[0]]),
        ("add 16x64 + 64", &[16, 64], [&[64, 1], &[0, 1]]),
        ("add 256x4 + 4", &[256, 4], [&[4, 1], &[0, 1]]),
        ("add 64x16 + 64x1", &[64, 16], [&[16, 1], &[1, 0]]),
    ] {
        let walk = Walk::new(lens, [steps[0], steps[1], steps[0]], [0; 3]).expect("a walk");
        each_tier(c, name, |tier| zip(tier, BinaryOp::Add, &walk, &a, &b, &mut y));
    }
}

fn sets(c: &mut Criterion) {
    let x = numbers(128 * 8);
    let mut y = x.clone();
    let row = |steps: [&[isize]; 2]| Walk::new(&[8], steps, [0, 0]).expect("a walk");
    let rows = Walk::new(&[8], [&[128]], [0]).expect("a walk");
    let inside = Walk::new(&[128], [&[1]], [0]).expect("a walk");
    let softmax = Scaling::new(ScalingOp::Softmax, rows, inside.clone()).expect("sets");
    each_tier(c, "softmax 8x128", |tier| {
        y.copy_from_slice(&x);
        softmax.run(tier, &mut y)
    });
    let columns = Walk::new(&[8], [&[1]], [0]).expect("a walk");
    let down = Walk::new(&[128], [&[8]], [0]).expect("a walk");
    let softmax = Scaling::new(ScalingOp::Softmax, columns, down.clone()).expect("sets");
    each_tier(c, "softmax 128x8 down", |tier| {
        y.copy_from_slice(&x);
        softmax.run(tier, &mut y)
    });
    let inner = Walk::new(&[128], [&[1], &[1]], [0, 0]).expect("a walk");
    let norm = Standardise::new(row([&[128], &[0]]), inner, 1e-5, numbers(128), numbers(128))
        .expect("a normalisation");
    each_tier(c, "layer norm 8x128", |tier| {
        y.copy_from_slice(&x);
        norm.run(tier, &mut y)
    });
    let inner = Walk::new(&[128], [&[8], &[0]], [0, 0]).expect("a walk");
    let norm = Standardise::new(row([&[1], &[1]]), inner, 1e-5, numbers(8), numbers(8))
        .expect("a normalisation");
    each_tier(c, "instance norm 128x8 down", |tier| {
        y.copy_from_slice(&x);
        norm.run(tier, &mut y)
    });
    let mut means = numbers(8);
    for (name, outer, inner) in
        [("mean 8x128", row([&[128], &[1]]), inside), ("mean 128x8 down", row([&[1], &[1]]), down)]
    {
        let mean = Reduce::new(ReduceOp::Mean, outer, inner).expect("a reduction");
        each_tier(c, name, |tier| mean.run(tier, &x, &mut means));
    }
}

fn windows(c: &mut Criterion) {
    let columns = PoolAxis { input: 64, kernel: 2, stride: 2, output: 32, ..PoolAxis::ONE };
    for channels in [4, 16] {
        let pool = Pool::new(PoolOp::Max, PoolAxis::ONE, columns, channels).expect("a pool");
        let (x, mut y) = (numbers(64 * channels), numbers(32 * channels));
        each_tier(c, &format!("max pool 64x{channels}"), |tier| pool.run(tier, &x, &mut y));
    }
    let batch = Walk::new(&[4], [&[1024], &[1024], &[4096]], [0; 3]).expect("a walk");
    let (a, b, mut y) = (numbers(4096), numbers(4096), numbers(4 * 4096));
    let scores = MatMul::new(batch, [64, 16, 64], [16, 1], [1, 16]).expect("a product");
    each_tier(c, "attention scores 4x64x16x64", |tier| scores.run(tier, &a, &b, &mut y));
    let batch = Walk::new(&[4], [&[4096], &[1024], &[1024]], [0; 3]).expect("a walk");
    let values = MatMul::new(batch, [64, 64, 16], [64, 1], [16, 1]).expect("a product");
    let (a, mut y) = (y.clone(), numbers(4096));
    each_tier(c, "attention values 4x64x64x16", |tier| values.run(tier, &a, &b, &mut y));
}

fn recurrent(c: &mut Criterion) {
    const STEPS: usize = 32;
    for (hidden, windows) in [(16, 1), (32, 1), (64, 1), (32, 16)] {
        for (name, cell) in [("lstm", Cell::lstm()), ("gru", Cell::gru(true))] {
            let gates = cell.gates() * hidden;
            let r = numbers(gates * hidden).iter().map(|r| r * 0.1).collect::<Vec<_>>();
            let x = numbers(windows * STEPS * gates);
            let (mut products, mut y) = (x.clone(), numbers(windows * STEPS * hidden));
            let (mut h, mut cells) = (numbers(windows * hidden), numbers(windows * hidden));
            let name = format!("{name} {windows}x{STEPS}x{hidden}");
            let layers: Vec<_> = tiers()
                .map(|tier| Recurrent::new(tier, cell.clone(), hidden, &r, None, None, false))
                .collect::<Result<_, _>>()
                .expect("a layer");
            let mut scratch = numbers(3 * windows * hidden);
            each_tier(c, &name, |tier| {
                let index = tiers().position(|other| other == tier).unwrap_or_default();
                let layer = &layers[index];
                products.copy_from_slice(&x);
                let has_cell = matches!(cell, Cell::Lstm { .. });
                let run = Run {
                    products: &mut products,
                    first_h: None,
                    first_c: None,
                    y: Some(&mut y),
                    y_step: hidden,
                    last_h: &mut h,
                    last_c: if has_cell { &mut cells } else { &mut [] },
                    scratch: &mut scratch,
                };
                layer.run(windows, STEPS, run)
            });
        }
    }
}

fn bytes(c: &mut Criterion) {
    let grid = Grid::i8(0.02, 3).expect("a grid");
    let (x, mut y) = (numbers(640), vec![0; 640]);
    let mut back = x.clone();
    each_tier(c, "quantise 640", |tier| quantise::quantise(tier, &grid, &x, &mut y));
    each_tier(c, "dequantise 640", |tier| quantise::dequantise(tier, &grid, &y, &mut back));
    each_tier(c, "dynamic 640", |tier| quantise::dynamic(tier, &x, &mut y).map(drop));
    let table = quantise::Table::new(|x| Activation::Tanh.of(x), &grid, &grid).expect("a table");
    let x = y.clone();
    c.bench_function("table 640", |b| b.iter(|| table.run(&x, black_box(&mut y))));
}

criterion_group! {
    name = layers;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(100))
        .measurement_time(std::time::Duration::from_millis(400))
        .sample_size(20)
        .without_plots();
    targets = activations, moved, zipped, sets, windows, recurrent, bytes
}
criterion_main!(layers);
