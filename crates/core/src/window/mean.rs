//! Rows go in; of each so many of them, the mean comes out; of one, the row itself.
//!
//! Slow series are judged by such means: a window covers hours with few values, and noise is less. It never allocates
//! after it was made.

use alloc::vec;
use alloc::vec::Vec;

use crate::types::Time;

/// Time and number of a row.
pub(super) type Mark = (Option<Time>, u64);

#[derive(Debug)]
pub(super) struct Mean {
    of: usize,
    /// Rows so far.
    count: usize,
    /// Of each channel.
    sums: Vec<f64>,
    newest: Vec<f64>,
    /// The first of the rows, where there is one that is not held.
    start: Mark,
    only_held: bool,
    newest_mark: Mark,
}

impl Mean {
    /// Of each `of` rows.
    pub(super) fn new(of: usize, channels: usize) -> Self {
        Self {
            of,
            count: 0,
            sums: vec![0.0; channels],
            newest: vec![0.0; channels],
            start: (None, 0),
            only_held: true,
            newest_mark: (None, 0),
        }
    }

    /// Takes a row. Whether they are all there; then [`Mean::take`] gives their mean.
    pub(super) fn push(&mut self, row: impl Iterator<Item = f64>, mark: Mark) -> bool {
        self.newest.iter_mut().zip(row).for_each(|(newest, value)| *newest = value);
        self.newest_mark = mark;
        // One that is held was there before, in another mean.
        let is_first = self.count == 0 || self.only_held;
        let whole = self.push_again();
        self.only_held = false;
        if is_first {
            self.start = mark;
        }
        whole
    }

    /// Takes the newest row once more.
    pub(super) fn push_again(&mut self) -> bool {
        if self.count == 0 {
            self.start = self.newest_mark;
            self.only_held = true;
            self.sums.fill(0.0);
        }
        self.sums.iter_mut().zip(&self.newest).for_each(|(sum, value)| *sum += value);
        self.count += 1;
        self.count >= self.of
    }

    /// The mean of those that came, and the first of them; what comes next begins another.
    pub(super) fn take(&mut self) -> (impl Iterator<Item = f32> + '_, Mark) {
        let count = core::mem::take(&mut self.count).max(1) as f64;
        (self.sums.iter().map(move |sum| (sum / count) as f32), self.start)
    }

    /// Rows that are averaged.
    pub(super) fn of(&self) -> usize {
        self.of
    }

    /// Whether some of the rows are there, and not yet all.
    pub(super) fn is_begun(&self) -> bool {
        self.count > 0
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }
}
