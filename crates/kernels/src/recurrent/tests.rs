//! Each cell against the formulas of ONNX in f64.

use std::vec::Vec;

use super::*;
use crate::map::Activation;
use crate::tier::Tier;

const HIDDEN: usize = 5;
const STEPS: usize = 7;
const WINDOWS: usize = 3;

fn numbers(n: usize, factor: f32) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * factor).sin()).collect()
}

/// The layer, with R and B.
struct Layer {
    cell: Cell,
    r: Vec<f32>,
    b: Vec<f32>,
    clip: Option<f32>,
    reverse: bool,
}

impl Layer {
    fn new(cell: Cell) -> Self {
        let gates = cell.gates() * HIDDEN;
        let (r, b) = (numbers(gates * HIDDEN, 0.9), numbers(2 * gates, 1.3));
        Self { cell, r, b, clip: None, reverse: false }
    }

    /// States of all steps by the formulas of ONNX, in f64, from what W x gives.
    fn naive(&self, x: &[f32], mut h: Vec<f64>, mut c: Vec<f64>) -> Vec<Vec<f64>> {
        let gates = self.cell.gates() * HIDDEN;
        let clip = |x: f64| self.clip.map_or(x, |c| x.clamp(-f64::from(c), f64::from(c)));
        let act = |f: Activation, x: f64| match f {
            Activation::Sigmoid => 1.0 / (1.0 + (-clip(x)).exp()),
            Activation::Tanh => clip(x).tanh(),
            _ => clip(x).max(0.0),
        };
        let r = |gate: usize, h: &[f64]| {
            let row = &self.r[gate * HIDDEN..][..HIDDEN];
            row.iter().zip(h).map(|(&r, h)| f64::from(r) * h).sum::<f64>()
        };
        let (wb, rb) = self.b.split_at(gates);
        let (wb, rb) = (|i: usize| f64::from(wb[i]), |i: usize| f64::from(rb[i]));
        let mut all = vec![vec![]; STEPS];
        let mut order: Vec<_> = (0..STEPS).collect();
        if self.reverse {
            order.reverse();
        }
        for step in order {
            let x = |i: usize| f64::from(x[step * gates + i]);
            let full = |i: usize, h: &[f64]| x(i) + r(i, h) + wb(i) + rb(i);
            let before = h.clone();
            for j in 0..HIDDEN {
                h[j] = match &self.cell {
                    Cell::Rnn { f } => act(*f, full(j, &before)),
                    Cell::Gru { f, g, reset_after } => {
                        let z = act(*f, full(j, &before));
                        let k = 2 * HIDDEN + j;
                        let reset = |i: usize| act(*f, full(HIDDEN + i, &before));
                        let inside = if *reset_after {
                            x(k) + reset(j) * (r(k, &before) + rb(k)) + wb(k)
                        } else {
                            let state: Vec<_> = (0..HIDDEN).map(|i| reset(i) * before[i]).collect();
                            full(k, &state)
                        };
                        (1.0 - z) * act(*g, inside) + z * before[j]
                    }
                    Cell::Lstm { f, g, h, peepholes, coupled } => {
                        let p = |gate: usize| {
                            peepholes.get(gate * HIDDEN + j).map_or(0.0, |&p| f64::from(p))
                        };
                        let gate = |n: usize| full(n * HIDDEN + j, &before);
                        let i = act(*f, gate(0) + p(0) * c[j]);
                        let forget = act(*f, gate(2) + p(2) * c[j]);
                        let forget = if *coupled { 1.0 - i } else { forget };
                        c[j] = forget * c[j] + i * act(*g, gate(3));
                        act(*f, gate(1) + p(1) * c[j]) * act(*h, c[j])
                    }
                };
            }
            all[step] = h.clone();
        }
        all
    }
}

fn layers() -> Vec<Layer> {
    let (f, g) = (Activation::Sigmoid, Activation::Tanh);
    let peeping = |coupled| Cell::Lstm { f, g, h: g, peepholes: numbers(3 * HIDDEN, 0.4), coupled };
    let mut all = vec![
        Layer::new(Cell::Rnn { f: g }),
        Layer::new(Cell::Rnn { f: Activation::Relu }),
        Layer::new(Cell::lstm()),
        Layer::new(peeping(false)),
        Layer::new(peeping(true)),
        Layer::new(Cell::gru(false)),
        Layer::new(Cell::gru(true)),
    ];
    for cell in [Cell::Rnn { f: g }, Cell::lstm(), Cell::gru(true), Cell::gru(false)] {
        all.push(Layer { clip: Some(0.6), reverse: true, ..Layer::new(cell) });
    }
    all
}

fn made(layer: &Layer, tier: FloatTier) -> Recurrent {
    let (r, b) = (&layer.r, Some(&layer.b[..]));
    let cell = layer.cell.clone();
    Recurrent::new(tier, cell, HIDDEN, r, b, layer.clip, layer.reverse).unwrap()
}

/// States of all steps, and the last one.
fn ran(
    recurrent: &Recurrent,
    windows: usize,
    x: &[f32],
    first: Option<(&[f32], &[f32])>,
    y_step: usize,
) -> (Vec<f32>, Vec<f32>) {
    let cells = if matches!(recurrent.cell, Cell::Lstm { .. }) { windows * HIDDEN } else { 0 };
    let (mut y, mut last_h) = (vec![9.0; windows * STEPS * y_step], vec![9.0; windows * HIDDEN]);
    let run = Run {
        products: &mut x.to_vec(),
        first_h: first.map(|first| first.0),
        first_c: first.map(|first| first.1),
        y: Some(&mut y),
        y_step,
        last_h: &mut last_h,
        last_c: &mut vec![9.0; cells],
        scratch: &mut vec![9.0; recurrent.scratch(windows)],
    };
    recurrent.run(windows, STEPS, run).unwrap();
    (y, last_h)
}

#[test]
fn every_cell_is_its_formula() {
    for layer in layers() {
        let gates = layer.cell.gates() * HIDDEN;
        let w = numbers(WINDOWS * STEPS * gates, 0.37);
        let bias = Recurrent::input_bias(&layer.cell, HIDDEN, &layer.b).unwrap();
        let x: Vec<_> = w.iter().zip(bias.iter().cycle()).map(|(w, b)| w + b).collect();
        let (h, c) = (numbers(HIDDEN, 2.1), numbers(HIDDEN, 3.1));
        for tier in Tier::all_here() {
            let recurrent = made(&layer, tier.float);
            for first in [None, Some((&h[..], &c[..]))] {
                let (y, last) = ran(&recurrent, WINDOWS, &x, first, HIDDEN + 2);
                for (window, w) in w.chunks(STEPS * gates).enumerate() {
                    let start = |s: &[f32]| match first {
                        Some(_) => s.iter().map(|&s| f64::from(s)).collect(),
                        None => vec![0.0; HIDDEN],
                    };
                    let truth = layer.naive(w, start(&h), start(&c));
                    for (step, truth) in truth.iter().enumerate() {
                        let y = &y[(window * STEPS + step) * (HIDDEN + 2)..];
                        for (y, t) in y.iter().zip(truth) {
                            let near = (f64::from(*y) - t).abs() < 1e-5;
                            assert!(near, "{:?} step {step}: {y} {t}", layer.cell);
                        }
                        assert_eq!(y[HIDDEN..HIDDEN + 2], [9.0; 2]);
                    }
                    let end = if layer.reverse { 0 } else { STEPS - 1 };
                    let end = &y[(window * STEPS + end) * (HIDDEN + 2)..][..HIDDEN];
                    assert_eq!(end, &last[window * HIDDEN..][..HIDDEN]);
                }
            }
        }
    }
}

#[test]
fn bits_depend_neither_on_the_batch_nor_on_runs_before() {
    for layer in layers() {
        let gates = layer.cell.gates() * HIDDEN;
        let x = numbers(WINDOWS * STEPS * gates, 0.37);
        for tier in Tier::all_here() {
            let recurrent = made(&layer, tier.float);
            let (all, last) = ran(&recurrent, WINDOWS, &x, None, HIDDEN);
            assert_eq!(ran(&recurrent, WINDOWS, &x, None, HIDDEN), (all.clone(), last));
            for (x, all) in x.chunks(STEPS * gates).zip(all.chunks(STEPS * HIDDEN)) {
                assert_eq!(ran(&recurrent, 1, x, None, HIDDEN).0, all);
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let cell = Cell::lstm();
    let make = |r: usize, b: usize, clip| {
        let (r, b) = (vec![0.0; r], vec![0.0; b]);
        Recurrent::new(FloatTier::Portable, cell.clone(), 2, &r, Some(&b), clip, false)
    };
    assert!(make(15, 16, None).is_err() && make(16, 15, None).is_err());
    assert!(make(16, 16, Some(0.0)).is_err());
    assert!(Recurrent::input_bias(&cell, 2, &[0.0; 8]).is_err());
    let layer = make(16, 16, None).unwrap();
    let run = |products: usize, y: usize, h: usize, c: usize, first: usize| {
        let run = Run {
            products: &mut vec![0.0; products],
            first_h: Some(&vec![0.0; first]),
            first_c: None,
            y: Some(&mut vec![0.0; y]),
            y_step: 2,
            last_h: &mut vec![0.0; h],
            last_c: &mut vec![0.0; c],
            scratch: &mut [],
        };
        layer.run(3, 4, run)
    };
    assert!(run(96, 24, 6, 6, 6).is_ok() && run(96, 24, 6, 6, 2).is_ok());
    let bad = [(95, 24, 6, 6, 6), (96, 23, 6, 6, 6), (96, 24, 5, 6, 6), (96, 24, 6, 5, 6)];
    for (products, y, h, c, first) in bad {
        assert!(run(products, y, h, c, first).is_err());
    }
    assert!(run(96, 24, 6, 6, 4).is_err());
}
