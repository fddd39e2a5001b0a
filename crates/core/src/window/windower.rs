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
    /// Where a row of a window is the mean of many.
    mean: Option<Mean>,
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
        let mean = if spec.average > 1 { channels * size_of::<(f64, f64)>() } else { 0 };
        2 * spec.window * row + channels * size_of::<(f64, f64, f32, u64)>() + mean
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
        let whole = match &mut self.mean {
            None => {
                self.ring.push(normalised.map(|value| value as f32), row.time, row.row);
                true
            }
            Some(mean) => mean.push(normalised, (row.time, row.row)),
        };
        if whole {
            self.put_mean();
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
            return Some(WindowSpan { end: row.time, last_row: row.row, ..self.ring.span() });
        }
        None
    }

    /// Where rows are averaged, puts in the mean of those that came.
    fn put_mean(&mut self) {
        if let Some(mean) = &mut self.mean {
            let (values, (time, row)) = mean.take();
            self.ring.push(values, time, row);
        }
    }

    /// The number of the row of a window that the newest row is part of.
    fn newest(&self) -> u64 {
        self.rows + u64::from(self.mean.as_ref().is_some_and(Mean::is_begun))
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
        let begun = self.mean.as_ref().is_some_and(Mean::is_begun);
        if missing == 0 || self.ring.rows_held() == 0 && !begun {
            return;
        }
        // More than a window of them leaves nothing else in it.
        let most = self.ring.window().saturating_mul(self.mean.as_ref().map_or(1, Mean::of));
        for _ in 0..missing.min(most as u64) {
            let whole = match &mut self.mean {
                None => {
                    self.ring.push_again();
                    true
                }
                Some(mean) => mean.push_again(),
            };
            if whole {
                self.put_mean();
                self.advance();
            }
        }
        let newest = self.newest();
        self.last_unhealthy.fill(newest);
    }

    /// One row nearer to the next window. Rows that are held for missing ones count, but no window
    /// ends on them.
    fn advance(&mut self) {
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
        self.mean.iter_mut().for_each(Mean::clear);
        self.until_next = 0;
    }
}
