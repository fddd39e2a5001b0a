//! Which window of a go goes on where an earlier one of it is: found out by comparing them, bit by bit.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::stream::Stream;

/// No window.
const NONE: usize = usize::MAX;

/// The windows of a go, each with the one before it in its stream.
#[derive(Debug)]
pub(in crate::program) struct Chain {
    stream: Stream,
    before: Vec<usize>,
    /// How many windows come before each, one before the other.
    depth: Vec<usize>,
    count: usize,
}

impl Chain {
    pub fn new(stream: Stream, go: usize) -> Self {
        Chain { stream, before: vec![NONE; go], depth: vec![0; go], count: 0 }
    }

    /// Looks at the windows of a go, one after the other in `input`. Those of several streams may lie in any
    /// order.
    pub fn follow(&mut self, input: &[f32], count: usize) {
        let window = self.stream.window();
        let of = |at: usize| input.get(at * window..(at + 1) * window).unwrap_or_default();
        self.count = count.min(self.before.len());
        for at in 0..self.count {
            let mut earlier = (0..at).rev();
            let before = earlier.find(|&earlier| self.stream.goes_on(of(earlier), of(at)));
            let depth =
                before.and_then(|before| self.depth.get(before)).map_or(0, |&depth| depth + 1);
            if let (Some(slot), Some(far)) = (self.before.get_mut(at), self.depth.get_mut(at)) {
                (*slot, *far) = (before.unwrap_or(NONE), depth);
            }
        }
    }

    /// Whether so many windows come before one.
    pub fn has(&self, at: usize, back: usize) -> bool {
        self.depth.get(at).is_some_and(|&depth| depth >= back)
    }

    /// The window `back` before another.
    pub fn back(&self, at: usize, back: usize) -> Option<usize> {
        (0..back).try_fold(at, |at, _| self.before.get(at).copied()).filter(|&at| at != NONE)
    }

    /// Windows that lie together, and whether each of them has one `back` before it.
    pub fn runs(&self, back: usize) -> impl Iterator<Item = (Range<usize>, bool)> + '_ {
        let mut first = 0;
        core::iter::from_fn(move || {
            let start = (first < self.count).then_some(first)?;
            let has = self.has(start, back);
            let end = (start..self.count).find(|&at| self.has(at, back) != has);
            first = end.unwrap_or(self.count);
            Some((start..first, has))
        })
    }
}
