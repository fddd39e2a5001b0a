//! How long convolutions take as programs run them, rows of many windows in one go:
//! `cargo bench -p oddity-kernels --features std --bench conv`.
//!
//! The layers are those of a picture autoencoder: two convolutions of 3 x 3 with a stride of 2, and two
//! transposed ones, a part for each remainder of the place by the stride.
#![expect(clippy::expect_used, reason = "a bench may fail by panicking")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use oddity_kernels::program::{Builder, Element, Layer, Program, Sweep};
use oddity_kernels::{Clamp, DenseF32, Pieces, Rows, Tier};

/// Windows at once.
const WINDOWS: usize = 32;

/// A layer over a square picture whose channels lie last.
struct Shape {
    name: &'static str,
    inputs: usize,
    outputs: usize,
    /// Places along each side of the input, its room included, and of the output.
    sides: [usize; 2],
    transposed: bool,
}

const SHAPES: [Shape; 4] = [
    Shape { name: "conv 1-16", inputs: 1, outputs: 16, sides: [33, 16], transposed: false },
    Shape { name: "conv 16-8", inputs: 16, outputs: 8, sides: [17, 8], transposed: false },
    Shape { name: "transposed 8-16", inputs: 8, outputs: 16, sides: [9, 16], transposed: true },
    Shape { name: "transposed 16-1", inputs: 16, outputs: 1, sides: [17, 32], transposed: true },
];

/// The parts of a layer: lines and places of the kernel that meet, and the first place of the output.
fn parts(shape: &Shape) -> Vec<([usize; 2], [usize; 2])> {
    match shape.transposed {
        false => vec![([3, 3], [0, 0])],
        true => [[0, 0], [0, 1], [1, 0], [1, 1]]
            .map(|[line, place]| ([line + 1, place + 1], [line, place]))
            .to_vec(),
    }
}

fn program(shape: &Shape, tier: Tier) -> Program {
    let &Shape { inputs, outputs, sides: [x_side, y_side], transposed, .. } = shape;
    let (line, y_line) = (x_side * inputs, y_side * outputs);
    // From one row to the next: 1 in the input and 2 in the output, or the other way round.
    let (x_far, y_far, count) = if transposed { (1, 2, y_side / 2) } else { (2, 1, y_side) };
    let mut builder = Builder::new(line * x_side, tier);
    let y = builder.assembled(Element::F32, y_line * y_side);
    for ([lines, places], [y_first, place_first]) in parts(shape) {
        let offsets = (0..lines).map(|at| at * line).collect();
        let pieces = Pieces::new(offsets, places * inputs);
        let weights: Vec<f32> =
            (0..outputs * pieces.elements()).map(|i| (i * 37 % 101) as f32 / 500.0 - 0.1).collect();
        let bias = vec![0.1; outputs];
        let kernel = DenseF32::new(tier.float, outputs, &pieces, &weights, &bias, Clamp::RELU)
            .expect("a layer");
        let rows = Rows { count, x_step: x_far * inputs, y_step: y_far * outputs };
        let sweep = Sweep {
            x_at: 0,
            y_at: y_first * y_line + place_first * outputs,
            blocks: count,
            x_block: x_far * line,
            y_block: y_far * y_line,
            rows,
        };
        let layer = Layer::Dense { kernel, sweep };
        builder.push("conv", layer, &[builder.input()], &[y]).expect("a layer that fits");
    }
    builder.finish(&[y], usize::MAX).expect("a program")
}

fn convolutions(c: &mut Criterion) {
    let mut tiers = Tier::all_here();
    tiers.dedup_by_key(|tier| tier.float);
    for shape in &SHAPES {
        for &tier in &tiers {
            let program = program(shape, tier);
            let mut state = program.state();
            let x_len = shape.sides[0] * shape.sides[0] * shape.inputs;
            let y_len = shape.sides[1] * shape.sides[1] * shape.outputs;
            let x: Vec<f32> = (0..WINDOWS * x_len).map(|i| (i % 17) as f32 / 17.0).collect();
            let mut y = vec![0.0; WINDOWS * y_len];
            let name = format!("{}, {WINDOWS} windows/{}", shape.name, tier.float.name());
            c.bench_function(&name, |b| {
                b.iter(|| {
                    let outputs = [black_box(&mut y[..]), &mut [], &mut []];
                    program.run(&mut state, &x, WINDOWS, outputs).expect("the slices fit");
                });
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(100))
        .measurement_time(std::time::Duration::from_millis(600))
        .sample_size(30)
        .without_plots();
    targets = convolutions
}
criterion_main!(benches);
