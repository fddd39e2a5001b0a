//! Rows go in one by one; the newest `window` of them lie side by side in memory.
//!
//! The buffer is twice as long as a window: rows are written one after the other, and once in a
//! window's time the newest rows move to the front. It never allocates after it was made.

use alloc::vec::Vec;

use crate::event::WindowSpan;
use crate::types::Time;

#[derive(Debug)]
pub(super) struct Ring {
    window: usize,
    channels: usize,
    values: Vec<f32>,
    marks: Vec<(Option<Time>, u64)>,
    /// Rows held, at most `window`.
    held: usize,
}

impl Ring {
    pub(super) fn new(window: usize, channels: usize) -> Self {
        Self {
            window,
            channels,
            values: Vec::with_capacity(2 * window * channels),
            marks: Vec::with_capacity(2 * window),
            held: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.marks.clear();
        self.held = 0;
    }

    pub(super) fn is_full(&self) -> bool {
        self.held == self.window
    }

    pub(super) fn window(&self) -> usize {
        self.window
    }

    pub(super) fn rows_held(&self) -> usize {
        self.held
    }

    pub(super) fn push(&mut self, row: &[f32], time: Option<Time>, number: u64) {
        self.make_room();
        self.values.extend_from_slice(row);
        self.marks.push((time, number));
        self.held = (self.held + 1).min(self.window);
    }

    /// Puts in the newest row once more, as what it is.
    pub(super) fn push_again(&mut self) {
        let Some(&mark) = self.marks.last() else { return };
        self.make_room();
        let newest = self.values.len().saturating_sub(self.channels);
        self.values.extend_from_within(newest..);
        self.marks.push(mark);
        self.held = (self.held + 1).min(self.window);
    }

    /// The newest rows, `[held, channels]`.
    pub(super) fn rows(&self) -> &[f32] {
        let start = self.values.len().saturating_sub(self.held * self.channels);
        self.values.get(start..).unwrap_or_default()
    }

    /// Time and number of the newest rows, `[held]`.
    pub(super) fn marks(&self) -> &[(Option<Time>, u64)] {
        let start = self.marks.len().saturating_sub(self.held);
        self.marks.get(start..).unwrap_or_default()
    }

    pub(super) fn span(&self) -> WindowSpan {
        let first = self.marks.len().checked_sub(self.held).and_then(|at| self.marks.get(at));
        let (start, first_row) = first.copied().unwrap_or((None, 0));
        let (end, last_row) = self.marks.last().copied().unwrap_or((None, 0));
        WindowSpan { start, end, first_row, last_row }
    }

    fn make_room(&mut self) {
        if self.marks.len() < 2 * self.window {
            return;
        }
        // Of a window of one row that row: it may have to be put in once more.
        let keep = (self.window - 1).max(1);
        let from = self.marks.len() - keep;
        self.marks.copy_within(from.., 0);
        self.marks.truncate(keep);
        self.values.copy_within(from * self.channels.., 0);
        self.values.truncate(keep * self.channels);
    }
}
