//! Rows go in one by one; the newest `window` of them lie side by side in memory, in the order of the
//! model's axes.
//!
//! The buffer is twice as long as a window: rows are written one after the other, and once in a
//! window's time the newest rows move to the front. It never allocates after it was made.

use alloc::vec;
use alloc::vec::Vec;

use crate::types::Time;

#[derive(Debug)]
pub(super) struct Ring {
    window: usize,
    /// Values of a row that lie side by side: all, or where channels come first one.
    width: usize,
    /// `[2 * window, channels]`, or `[channels, 2 * window]`; filled to as many rows as there are marks.
    values: Vec<f32>,
    marks: Vec<(Option<Time>, u64)>,
    /// Rows held, at most `window`.
    held: usize,
}

impl Ring {
    pub(super) fn new(window: usize, channels: usize, channels_first: bool) -> Self {
        Self {
            window,
            width: if channels_first { 1 } else { channels.max(1) },
            values: vec![0.0; 2 * window * channels],
            marks: Vec::with_capacity(2 * window),
            held: 0,
        }
    }

    pub(super) fn clear(&mut self) {
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

    /// Takes a row of one value a channel.
    pub(super) fn push(
        &mut self,
        mut row: impl Iterator<Item = f32>,
        time: Option<Time>,
        number: u64,
    ) {
        self.make_room();
        let (at, plane) = (self.marks.len() * self.width, self.plane());
        for plane in self.values.chunks_exact_mut(plane) {
            let slots = plane.get_mut(at..at + self.width).unwrap_or_default();
            slots.iter_mut().zip(&mut row).for_each(|(slot, value)| *slot = value);
        }
        self.marks.push((time, number));
        self.held = (self.held + 1).min(self.window);
    }

    /// Adds the newest rows to `out`, `[held, channels]` or `[channels, held]`.
    pub(super) fn copy_rows(&self, out: &mut Vec<f32>) {
        let end = self.marks.len();
        let rows = (end - self.held) * self.width..end * self.width;
        for plane in self.values.chunks_exact(self.plane()) {
            out.extend_from_slice(plane.get(rows.clone()).unwrap_or_default());
        }
    }

    /// Time and number of the newest rows, `[held]`.
    pub(super) fn marks(&self) -> &[(Option<Time>, u64)] {
        let start = self.marks.len().saturating_sub(self.held);
        self.marks.get(start..).unwrap_or_default()
    }

    /// Values that lie together: all, or where channels come first those of one.
    fn plane(&self) -> usize {
        (2 * self.window * self.width).max(1)
    }

    fn make_room(&mut self) {
        if self.marks.len() < 2 * self.window {
            return;
        }
        let keep = self.window - 1;
        let from = self.marks.len() - keep;
        self.marks.copy_within(from.., 0);
        self.marks.truncate(keep);
        let plane = self.plane();
        for plane in self.values.chunks_exact_mut(plane) {
            plane.copy_within(from * self.width.., 0);
        }
    }
}
