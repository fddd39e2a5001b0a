//! Which elements a window has in common with an earlier one: found out once, layer by layer.
//!
//! For windows that are `back` apart, each value has elements of which is known
//! `value[e] of a window == value[e + by] of the window back before`. A layer that makes its outputs by one
//! rule in all places hands that on; any other ends it. Only places in memory count: nothing is said here
//! of channels, padding or axes.

use alloc::vec::Vec;

use super::along::{Read, over, walked};
use super::known::{Ends, Same};
use super::stream::Stream;
use crate::pieces::{Pieces, Rows};
use crate::pool::Pool;
use crate::program::layer::Layer;
use crate::program::step::Step;
use crate::program::sweep::Sweep;
use crate::program::value::{Place, Value, ValueId};

/// What is known of all values, and why the layers that have nothing in common have not.
#[derive(Debug)]
pub(super) struct Found {
    pub values: Vec<Same>,
    /// One for each step.
    pub ends: Vec<Option<Ends>>,
    /// Whether a larger `back` may have more in common.
    pub unaligned: bool,
}

/// Of windows that are `back` apart in the stream.
pub(super) fn find(values: &[Value], steps: &[Step], stream: &Stream, back: usize) -> Found {
    let none = values.iter().map(|value| Same::none(value.len)).collect();
    let mut found = Found { values: none, ends: Vec::new(), unaligned: false };
    if let Some(input) = found.values.first_mut() {
        *input = Same::of_windows(stream, input.same.len(), back);
    }
    for step in steps {
        let ends = found.step(values, step);
        found.unaligned |= ends == Some(Ends::Stride);
        found.ends.push(ends);
    }
    found
}

impl Found {
    fn same(&self, id: ValueId) -> Option<&Same> {
        self.values.get(id.0).filter(|same| same.by != 0)
    }

    /// What a step that goes along a walk reads.
    pub(super) fn reads(&self, values: &[Value], step: &Step) -> Option<Vec<Read<'_>>> {
        let read = |id: &ValueId| match values.get(id.0)?.place {
            Place::Constant(_) => Some(Read::Constant),
            _ => self.same(*id).map(Read::Same),
        };
        step.reads.iter().map(read).collect()
    }

    fn step(&mut self, values: &[Value], step: &Step) -> Option<Ends> {
        let only = match step.writes.as_slice() {
            &[only] => only,
            all => {
                for id in all {
                    if let Some(value) = self.values.get_mut(id.0) {
                        value.lose();
                    }
                }
                return Some(Ends::Mixes);
            }
        };
        let mut y = match self.values.get_mut(only.0) {
            Some(y) => core::mem::replace(y, Same::none(0)),
            None => return None,
        };
        let ends = self.layer(values, step, &mut y);
        if let Some(slot) = self.values.get_mut(only.0) {
            *slot = y;
        }
        ends
    }

    fn layer(&self, values: &[Value], step: &Step, y: &mut Same) -> Option<Ends> {
        let first = step.reads.first().and_then(|id| self.same(*id));
        match &step.layer {
            Layer::Dense { kernel, sweep } => {
                rows(first, y, sweep, kernel.pieces(), kernel.outputs())
            }
            Layer::DenseInt8 { kernel, sweep } => {
                rows(first, y, sweep, kernel.pieces(), kernel.outputs())
            }
            Layer::Fill { walks, .. } => {
                for walk in walks {
                    let written: Vec<_> = walk.each().map(|[at]| (at, false)).collect();
                    y.write(0, &written);
                }
                None
            }
            Layer::Copy { walk }
            | Layer::Map { walk, .. }
            | Layer::Quantise { walk, .. }
            | Layer::Dequantise { walk, .. }
            | Layer::Table { walk, .. } => walked(self.reads(values, step), y, walk),
            Layer::Zip { walk, .. } => walked(self.reads(values, step), y, walk),
            Layer::Select { walk } => walked(self.reads(values, step), y, walk),
            Layer::MapOver { walk, .. } | Layer::Steps { walk, .. } => {
                over(y, walk);
                None
            }
            Layer::Pool { pool, .. } => pooled(first, y, pool),
            _ => {
                y.lose();
                Some(Ends::Mixes)
            }
        }
    }
}

/// By how many blocks and rows a sweep moves on when its input does by so many elements.
fn moved(sweep: &Sweep, by: usize) -> Result<(usize, usize), Ends> {
    let Rows { count, x_step, .. } = sweep.rows;
    let even = |count: usize, step: usize| count > 1 && step > 0 && by.is_multiple_of(step);
    let (rows, blocks) = (even(count, x_step), even(sweep.blocks, sweep.x_block));
    match (rows, blocks) {
        (true, _) if by / x_step < count => Ok((0, by / x_step)),
        (_, true) if by / sweep.x_block < sweep.blocks => Ok((by / sweep.x_block, 0)),
        _ if count * sweep.blocks <= 1 => Err(Ends::Mixes),
        (false, false) => Err(Ends::Stride),
        _ => Err(Ends::Borders),
    }
}

/// Rows times weights: a row is the same where all is that it reads.
fn rows(
    x: Option<&Same>,
    y: &mut Same,
    sweep: &Sweep,
    pieces: &Pieces,
    outputs: usize,
) -> Option<Ends> {
    let moved = x.ok_or(Ends::Mixes).and_then(|x| Ok((x, moved(sweep, x.by)?)));
    let (runs, (blocks, rows), ends) = match moved {
        Ok((x, by)) => (x.runs(), by, None),
        Err(ends) => (Vec::new(), (0, 0), Some(ends)),
    };
    let whole = |at: usize| runs.get(at).is_some_and(|&run| run >= pieces.piece_len());
    let mut written = Vec::new();
    let mut any = false;
    for block in 0..sweep.blocks {
        for row in 0..sweep.rows.count {
            let x_at = sweep.x_at + block * sweep.x_block + row * sweep.rows.x_step;
            let same = block + blocks < sweep.blocks
                && row + rows < sweep.rows.count
                && pieces.offsets().iter().all(|&offset| whole(x_at + offset));
            any |= same;
            let y_at = sweep.y_at + block * sweep.y_block + row * sweep.rows.y_step;
            written.extend((y_at..y_at + outputs).map(|at| (at, same)));
        }
    }
    y.write(blocks * sweep.y_block + rows * sweep.rows.y_step, &written);
    ends.or((!any).then_some(Ends::Borders))
}

/// Neighbours along one axis, channels last.
fn pooled(x: Option<&Same>, y: &mut Same, pool: &Pool) -> Option<Ends> {
    let moved = x.and_then(|x| Some((x, pool.moved(x.by)?)));
    let Some((x, y_by)) = moved else {
        y.lose();
        return Some(if x.is_some() { Ends::Stride } else { Ends::Mixes });
    };
    let runs = x.runs();
    let same = |at: usize, len: usize| runs.get(at).is_some_and(|&run| run >= len);
    let written: Vec<_> = pool.same(x.by, same).collect();
    y.write(y_by, &written);
    let any = written.iter().any(|&(_, same)| same);
    (!any).then_some(Ends::Borders)
}
