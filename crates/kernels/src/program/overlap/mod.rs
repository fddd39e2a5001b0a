//! Windows of a stream that overlap: what a window has in common with one before is not computed again.
//!
//! Window w of a stream is window w - 1, moved on by `hop` rows. A convolution that is valid, causal, or far
//! from a padded border, gives the same numbers at the same rows of the stream, in every bit, for it sums each
//! in one order. What is so is found out when the state is made, from the layers alone; that windows really go
//! on where others are is found out by comparing them, in each run.

mod along;
mod chain;
mod known;
mod parts;
mod plan;
mod same;
mod stream;

pub(super) use chain::Chain;
pub use known::Ends;
pub(super) use parts::Parts;
pub use plan::LayerOverlap;
pub(super) use plan::{Copy, StepPlan};
pub use stream::Stream;

use alloc::vec::Vec;

use super::step::Step;
use super::value::Value;
use plan::{Plan, plan};

/// What a program does not compute again of windows of a stream.
#[derive(Debug)]
pub struct Overlap {
    plan: Plan,
    pub(super) chain: Chain,
}

impl Overlap {
    /// `None` where windows have no rows in common, or are no windows of this program.
    pub(super) fn new(
        (values, steps): (&[Value], &[Step]),
        window: usize,
        stream: Stream,
        go: usize,
    ) -> Option<Self> {
        if stream.window() != window || !stream.overlaps(1) {
            return None;
        }
        let plan = plan(values, steps, &stream, go);
        Some(Overlap { plan, chain: Chain::new(stream, go) })
    }

    pub(super) fn step(&self, at: usize) -> Option<&StepPlan> {
        self.plan.steps.get(at)?.as_ref()
    }

    /// Whether anything is left out.
    pub(super) fn saves(&self) -> bool {
        self.plan.steps.iter().any(Option::is_some)
    }

    /// The layers with weights of which a part is computed, in the order in which they run.
    pub fn layers(&self) -> &[LayerOverlap] {
        &self.plan.layers
    }

    /// The first layer with weights that is computed in full, and why.
    pub fn ends(&self) -> Option<(usize, Ends)> {
        self.plan.ends
    }
}

/// Moves what a window takes over from another to its place.
pub(super) fn take_over<T: core::marker::Copy>(
    all: &mut [T],
    stride: usize,
    copy: &Copy,
    (chain, back): (&Chain, usize),
    windows: core::ops::Range<usize>,
) {
    for at in windows {
        let Some(from) = chain.back(at, back) else { continue };
        let stretches: &Vec<_> = if chain.has(at, copy.back) { &copy.read } else { &copy.all };
        for &(start, len) in stretches {
            let (to, from) = (at * stride + start, from * stride + start + copy.by);
            if to + len <= all.len() && from + len <= all.len() {
                all.copy_within(from..from + len, to);
            }
        }
    }
}
