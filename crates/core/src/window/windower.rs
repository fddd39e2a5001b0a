//! Checked rows of one stream go in; windows, normalised, come out with a mask of the channels that
//! were unhealthy within them.
//!
//! A window is never formed over a hole as if nothing were missing.

use alloc::vec;
use alloc::vec::Vec;

use super::mean::Mean;
use super::ring::Ring;
use crate::event::WindowSpan;
use crate::health::{ChannelMask, CheckedRow};
use crate::profile::Layout;
use crate::types::Time;

/// How windows are formed: the part of a profile that this room needs.
#[derive(Clone, Debug)]
pub struct WindowSpec {
    /// Readings that are averaged to one row of a window; 1 where each is one.
    pub average: usize,
    /// Rows in a window.
    pub window: usize,
    /// Rows of windows from one to the next.
    pub hop: usize,
    /// Order of the axes in what comes out.
    pub layout: Layout,
    /// Mean and one over scale of each channel.
    pub normal: Vec<(f64, f64)>,
}

/// Forms the windows of one stream.
#[derive(Debug)]
pub struct Windower {
    ring: Ring,
    /// The row of a window that is being made.
    mean: Mean,
    normal: Vec<(f64, f64)>,
    hop: usize,
    until_next: usize,
    /// Rows that were put in windows, held ones too.
    rows: u64,
    /// The newest of them in which each channel was unhealthy; 0 before any.
    last_unhealthy: Vec<u64>,
    unhealthy: ChannelMask,
}

impl Windower {
    /// An empty window.
    pub fn new(spec: &WindowSpec) -> Self {
        let channels = spec.normal.len();
        Self {
            ring: Ring::new(spec.window, channels, spec.layout.is_channels_first()),
            mean: Mean::new(spec.average, channels),
            normal: spec.normal.clone(),
            hop: spec.hop,
            until_next: 0,
            rows: 0,
            last_unhealthy: vec![0; channels],
            unhealthy: ChannelMask::new(channels),
        }
    }

    /// Bytes that the state of one stream takes.
    pub fn bytes(spec: &WindowSpec) -> usize {
        let channels = spec.normal.len();
        let row = channels * size_of::<f32>() + size_of::<(Option<Time>, u64)>();
        2 * spec.window * row + channels * size_of::<(f64, f64, f64, f64, u64)>()
    }

    /// Takes one row. Returns what the window covers when one is complete; then
    /// [`Windower::copy_window`] gives it.
    pub fn push(&mut self, row: &CheckedRow<'_>) -> Option<WindowSpan> {
        if row.anew {
            self.restart();
        }
        self.hold(row.missing_before);
        let Some(values) = row.values else {
            self.restart();
            return None;
        };
        let normalised = values.iter().zip(&self.normal);
        let normalised = normalised.map(|(value, (mean, scale))| (value - mean) * scale);
        let whole = self.mean.push(normalised, (row.time, row.row));
        if whole {
            self.advance();
        }
        if row.unhealthy.any() {
            let newest = self.newest();
            let marked = self.last_unhealthy.iter_mut().enumerate();
            marked
                .filter(|(channel, _)| row.unhealthy.get(*channel))
                .for_each(|(_, last)| *last = newest);
        }
        if whole && self.ring.is_full() && self.until_next == 0 {
            self.until_next = self.hop;
            let (start, first_row) = self.ring.marks().first().copied().unwrap_or_default();
            return Some(WindowSpan { start, end: row.time, first_row, last_row: row.row });
        }
        None
    }

    /// The number of the row of a window that the newest row is part of.
    fn newest(&self) -> u64 {
        self.rows + u64::from(self.mean.is_begun())
    }

    /// Writes the newest window behind what is in `out`, `[time, channels]` or `[channels, time]`.
    pub fn copy_window(&self, out: &mut Vec<f32>) {
        self.ring.copy_rows(out);
    }

    /// Time and number of each row of the newest window, `[time]`. A row that is held for a missing
    /// one has those of the row that it repeats, a mean those of the first row that it is of.
    pub fn marks(&self) -> &[(Option<Time>, u64)] {
        self.ring.marks()
    }

    /// The channels whose reading was held or frozen in a row of the newest window.
    pub fn unhealthy(&mut self) -> &ChannelMask {
        self.unhealthy.clear();
        let first = (self.rows + 1).saturating_sub(self.ring.rows_held() as u64).max(1);
        for (channel, &last) in self.last_unhealthy.iter().enumerate() {
            if last >= first {
                self.unhealthy.set(channel);
            }
        }
        &self.unhealthy
    }

    /// The newest row is held for so many that are missing.
    fn hold(&mut self, missing: u64) {
        if missing == 0 || self.ring.rows_held() == 0 && !self.mean.is_begun() {
            return;
        }
        // More than a window of them leaves nothing else in it.
        let most = self.ring.window().saturating_mul(self.mean.of());
        for _ in 0..missing.min(most as u64) {
            if self.mean.push_again() {
                self.advance();
            }
        }
        let newest = self.newest();
        self.last_unhealthy.fill(newest);
    }

    /// Puts in the row that is whole: one nearer to the next window. Rows that are held for missing ones count, but no
    /// window ends on them.
    fn advance(&mut self) {
        let (values, (time, row)) = self.mean.take();
        self.ring.push(values, time, row);
        self.rows += 1;
        if self.ring.is_full() {
            self.until_next = self.until_next.saturating_sub(1);
        }
    }

    /// Begins a new window.
    pub(super) fn restart(&mut self) {
        self.ring.clear();
        // What was unhealthy in a mean that is forgotten is not in the next one.
        self.rows = self.newest();
        self.mean.clear();
        self.until_next = 0;
    }
}
