//! The part of a layer that has to be computed of a window whose other elements are copied.

use alloc::vec;
use alloc::vec::Vec;

use super::along::{Read, axis, positions};
use super::known::Same;
use super::same::Found;
use crate::pieces::Rows;
use crate::program::layer::Layer;
use crate::program::step::Step;
use crate::program::sweep::Sweep;
use crate::program::value::Value;
use crate::walk::Walk;

/// What a step does for a window that goes on where another is.
#[derive(Debug)]
pub(in crate::program) enum Parts {
    /// All, as for any window.
    Whole,
    /// These rows of its weights.
    Rows(Vec<Sweep>),
    /// Layers that are each a part of it.
    Layers(Vec<Layer>),
}

impl Parts {
    /// Rows times weights of a window.
    pub fn rows(&self) -> usize {
        match self {
            Parts::Rows(sweeps) => sweeps.iter().map(Sweep::count).sum(),
            Parts::Whole | Parts::Layers(_) => 0,
        }
    }
}

/// A part, and what it takes: multiply-adds, or as many as its functions are worth.
pub(super) struct Cut {
    pub parts: Parts,
    pub work: usize,
    /// Of the whole layer.
    pub whole: usize,
    /// Places that are computed, and all: rows of weights, or positions along a walk.
    pub places: (usize, usize),
}

/// Multiply-adds that an element is worth: of a function such as tanh, and of what is done with one or two
/// instructions.
const FUNCTION: usize = 16;
const SIMPLE: usize = 4;

/// The part of a step that makes what is not the same; `None` where it cannot be told apart. `go` is how many
/// windows run together.
pub(super) fn cut(
    values: &[Value],
    found: &Found,
    step: &Step,
    y: &Same,
    go: usize,
) -> Option<Cut> {
    match &step.layer {
        Layer::Dense { kernel, sweep } => {
            Some(rows(y, sweep, (kernel.outputs(), kernel.elements()), go))
        }
        Layer::DenseInt8 { kernel, sweep } => {
            Some(rows(y, sweep, (kernel.outputs(), kernel.elements()), go))
        }
        // Borders are no part of what is copied.
        Layer::Fill { .. } => Some(Cut { parts: Parts::Whole, work: 0, whole: 0, places: (0, 0) }),
        Layer::MapOver { tier, activation, walk } => {
            let (tier, activation) = (*tier, *activation);
            along(walk, &[Read::Same(y)], y, FUNCTION, |walk| Layer::MapOver {
                tier,
                activation,
                walk,
            })
        }
        Layer::Steps { tier, grid, walk } => {
            let (tier, grid) = (*tier, *grid);
            along(walk, &[Read::Same(y)], y, SIMPLE, |walk| Layer::Steps { tier, grid, walk })
        }
        layer => walked(layer, &found.reads(values, step)?, y),
    }
}

fn walked(layer: &Layer, reads: &[Read<'_>], y: &Same) -> Option<Cut> {
    match layer {
        Layer::Copy { walk } => along(walk, reads, y, SIMPLE, |walk| Layer::Copy { walk }),
        Layer::Map { tier, activation, walk } => {
            let (tier, activation) = (*tier, *activation);
            along(walk, reads, y, FUNCTION, |walk| Layer::Map { tier, activation, walk })
        }
        Layer::Quantise { tier, grid, walk } => {
            let (tier, grid) = (*tier, *grid);
            along(walk, reads, y, SIMPLE, |walk| Layer::Quantise { tier, grid, walk })
        }
        Layer::Dequantise { tier, grid, walk } => {
            let (tier, grid) = (*tier, *grid);
            along(walk, reads, y, SIMPLE, |walk| Layer::Dequantise { tier, grid, walk })
        }
        Layer::Table { table, walk } => {
            along(walk, reads, y, SIMPLE, |walk| Layer::Table { table: table.clone(), walk })
        }
        Layer::Zip { tier, op, walk } => {
            let (tier, op) = (*tier, *op);
            along(walk, reads, y, SIMPLE, |walk| Layer::Zip { tier, op, walk })
        }
        Layer::Select { walk } => along(walk, reads, y, SIMPLE, |walk| Layer::Select { walk }),
        _ => None,
    }
}

/// Rows of which an output is not the same. A few are told one by one: then each goes through all windows
/// in one call.
fn rows(y: &Same, sweep: &Sweep, (outputs, elements): (usize, usize), go: usize) -> Cut {
    let Sweep { x_at, y_at, blocks, x_block, y_block, rows } = *sweep;
    let Rows { count, x_step, y_step } = rows;
    let mut sweeps = Vec::new();
    let mut computed = 0;
    for block in 0..blocks {
        let needed: Vec<bool> = (0..count)
            .map(|row| {
                let at = y_at + block * y_block + row * y_step;
                y.same.get(at..at + outputs).is_none_or(|all| all.contains(&false))
            })
            .collect();
        for (first, len) in ranges(&needed) {
            computed += len;
            let (each, calls) = if len < go { (1, len) } else { (len, 1) };
            sweeps.extend((0..calls).map(|call| Sweep {
                x_at: x_at + block * x_block + (first + call) * x_step,
                y_at: y_at + block * y_block + (first + call) * y_step,
                blocks: 1,
                x_block: 0,
                y_block: 0,
                rows: Rows { count: each, x_step, y_step },
            }));
        }
    }
    let (all, row) = (blocks * count, outputs * elements);
    let places = (computed, all);
    Cut { parts: Parts::Rows(sweeps), work: computed * row, whole: all * row, places }
}

/// The positions along the axis of time at which an element is not the same.
fn along<const N: usize>(
    walk: &Walk<N>,
    reads: &[Read<'_>],
    y: &Same,
    each: usize,
    layer: impl Fn(Walk<N>) -> Layer,
) -> Option<Cut> {
    let (axis, _) = axis(walk, reads)?;
    let (len, _) = walk.axis(axis);
    let mut needed = vec![false; len];
    for (position, places) in positions(walk, axis) {
        let same = places.last().and_then(|&at| y.same.get(at)).copied().unwrap_or(false);
        if let Some(slot) = needed.get_mut(position).filter(|_| !same) {
            *slot = true;
        }
    }
    let walks = ranges(&needed).map(|(first, len)| walk.narrowed(axis, first, len));
    let walks: Vec<Walk<N>> = walks.collect::<Result<_, _>>().ok()?;
    let work = walks.iter().map(|walk| walk.count() * each).sum();
    let computed = needed.iter().filter(|&&needed| needed).count();
    Some(Cut {
        parts: Parts::Layers(walks.into_iter().map(layer).collect()),
        work,
        whole: walk.count() * each,
        places: (computed, len),
    })
}

/// Where and how long each run of `true` is.
pub(super) fn ranges(all: &[bool]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = 0;
    core::iter::from_fn(move || {
        let rest = all.get(at..)?;
        let first = at + rest.iter().position(|&it| it)?;
        let len = all.get(first..)?.iter().take_while(|&&it| it).count();
        at = first + len;
        Some((first, len))
    })
}

/// The lowest element that a part reads of its input at `index`.
pub(super) fn lowest(parts: &Parts, index: usize) -> usize {
    fn walk<const N: usize>(walk: &Walk<N>, index: usize) -> usize {
        walk.reach().and_then(|all| all.get(index).map(|&(low, _)| low)).unwrap_or(usize::MAX)
    }
    let layer = |layer: &Layer| match layer {
        Layer::Copy { walk: way }
        | Layer::Map { walk: way, .. }
        | Layer::Quantise { walk: way, .. }
        | Layer::Dequantise { walk: way, .. }
        | Layer::Table { walk: way, .. } => walk(way, index),
        Layer::Zip { walk: way, .. } => walk(way, index),
        Layer::Select { walk: way } => walk(way, index),
        _ => 0,
    };
    match parts {
        Parts::Whole => 0,
        Parts::Rows(sweeps) => sweeps.iter().map(|sweep| sweep.x_at).min().unwrap_or(usize::MAX),
        Parts::Layers(layers) => layers.iter().map(layer).min().unwrap_or(usize::MAX),
    }
}
