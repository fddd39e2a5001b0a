//! Samples of one stream go in; windows `[time, channels]` or `[channels, time]`, normalised,
//! come out.
//!
//! A pure state machine: no clock, no I/O, and nothing allocated once made. It never forms a
//! window over a hole as if nothing were missing: what is held, dropped or lost is noted.

mod channel;
mod clock;
mod grid;
mod ring;
mod streams;

use crate::profile::{Channel, Layout, Profile};
use crate::types::{Sample, Time};

use channel::ChannelWatch;
pub use channel::{ChannelNote, flatline_limit};
pub use clock::ClockFault;
use clock::{Clock, Place};
use ring::Ring;
pub use streams::Streams;

/// Something about the rows that whoever reads the alerts should know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note {
    /// The row has the time of the row before it, and was dropped.
    Duplicate,
    /// The row is older than the one before it, and was dropped.
    Late,
    /// Rows are missing, more than may be held: the window starts anew.
    Gap {
        /// Rows that should have come.
        missing: u64,
        /// The last row before the hole.
        from: Time,
        /// Rows come so slowly that each seems to follow a hole: nothing that need be said.
        expected: bool,
    },
    /// The clock is wrong: the window starts anew.
    Clock {
        /// How.
        fault: ClockFault,
        /// Time of the last row before.
        from: Time,
    },
    /// Rows come at another rate than the model has learned.
    Rate {
        /// Seconds between rows, of late.
        period_s: f64,
    },
    /// One channel's readings.
    Channel {
        /// Index of the channel.
        channel: usize,
        /// What happened to it.
        note: ChannelNote,
    },
}

/// What one window covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Time of the first row, where rows have one.
    pub start: Option<Time>,
    /// Time of the last row.
    pub end: Option<Time>,
    /// Number of the first row in the input.
    pub first_row: u64,
    /// Number of the last row.
    pub last_row: u64,
}

/// How windows are formed: the part of a profile that this room needs.
#[derive(Clone, Debug)]
pub struct WindowSpec {
    /// Rows in a window.
    pub window: usize,
    /// Rows from one window to the next.
    pub hop: usize,
    /// Order of the axes in what comes out.
    pub layout: Layout,
    /// Nanoseconds between rows; `None` takes rows as they come.
    pub period_ns: Option<i64>,
    /// Rows over which a last reading may stand in.
    pub hold: u32,
    /// Mean and one over scale of each channel.
    pub normal: Vec<(f64, f64)>,
    /// Equal readings in a row from which a channel counts as flat; `None` never.
    pub flatline: Vec<Option<u64>>,
}

impl WindowSpec {
    /// Takes what this room needs out of a profile.
    pub fn new(p: &Profile) -> Self {
        Self::of(&p.channels, (p.window, p.hop, p.layout), p.period_s, p.missing.hold)
    }

    /// The same from its parts, for a profile in the making.
    pub fn of(
        channels: &[Channel],
        (window, hop, layout): (usize, usize, Layout),
        period_s: Option<f64>,
        hold: u32,
    ) -> Self {
        Self {
            window,
            hop,
            layout,
            period_ns: period_s.map(|s| ((s * Time::SECOND as f64) as i64).max(1)),
            hold,
            normal: channels.iter().map(|c| (c.mean, 1.0 / c.scale)).collect(),
            flatline: channels
                .iter()
                .map(|c| c.longest_run.map(|run| flatline_limit(run, window)))
                .collect(),
        }
    }
}

/// Streams in one input, at most.
pub const MOST_STREAMS: usize = 10_000;
/// Bytes that all streams together may take.
const STREAM_MEMORY: usize = 256 << 20;

impl WindowSpec {
    /// Streams that there is memory for, each with `besides` bytes of other state; always one.
    pub fn most_streams(&self, besides: usize) -> usize {
        let channels = self.normal.len();
        let row = channels * size_of::<f32>() + size_of::<(Option<Time>, u64)>();
        let bytes = 2 * self.window * row + channels * size_of::<ChannelWatch>() + besides;
        (STREAM_MEMORY / bytes.max(1)).clamp(1, MOST_STREAMS)
    }
}

/// Forms the windows of one stream.
#[derive(Debug)]
pub struct Windower {
    ring: Ring,
    channels: Vec<ChannelWatch>,
    row: Vec<f32>,
    layout: Layout,
    hop: usize,
    until_next: usize,
    hold: u32,
    clock: Clock,
}

impl Windower {
    /// An empty window.
    pub fn new(spec: &WindowSpec) -> Self {
        let channels = spec.normal.len();
        Self {
            ring: Ring::new(spec.window, channels),
            channels: spec
                .normal
                .iter()
                .zip(spec.flatline.iter())
                .map(|(&(mean, inverse_scale), &limit)| {
                    ChannelWatch::new(mean, inverse_scale, limit)
                })
                .collect(),
            row: vec![0.0; channels],
            layout: spec.layout,
            hop: spec.hop,
            until_next: 0,
            hold: spec.hold,
            clock: Clock::new(spec.period_ns, spec.hold),
        }
    }

    /// Takes one row. Returns what the window covers when one is complete; then
    /// [`Windower::copy_window`] gives it. Notes are added to `notes`.
    ///
    /// `sample.values` has one value a channel; a missing or extra value counts as missing.
    pub fn push(&mut self, sample: &Sample<'_>, notes: &mut Vec<Note>) -> Option<Bounds> {
        match self.clock.place(sample.time, notes) {
            Place::Dropped => return None,
            Place::Next => {}
            Place::After(missing) => self.hold(missing),
            Place::Anew => self.start_anew(),
        }
        let mut usable = true;
        for (index, watch) in self.channels.iter_mut().enumerate() {
            let reading = sample.values.get(index).copied().unwrap_or(f64::NAN);
            let value = watch.take(reading, self.hold, |note| {
                notes.push(Note::Channel { channel: index, note });
            });
            usable &= value.is_some();
            if let (Some(slot), Some(value)) = (self.row.get_mut(index), value) {
                *slot = value;
            }
        }
        if !usable {
            self.restart();
            return None;
        }
        self.ring.push(&self.row, sample.time, sample.row);
        self.advance();
        if self.ring.is_full() && self.until_next == 0 {
            self.until_next = self.hop;
            return Some(self.ring.bounds());
        }
        None
    }

    /// Writes the newest window into `out`, `[time, channels]` or `[channels, time]`.
    pub fn copy_window(&self, out: &mut Vec<f32>) {
        out.clear();
        if !self.layout.is_channels_first() {
            out.extend_from_slice(self.ring.rows());
            return;
        }
        let channels = self.row.len().max(1);
        for channel in 0..channels {
            out.extend(self.ring.rows().iter().skip(channel).step_by(channels));
        }
    }

    /// Time and number of each row of the newest window, `[time]`. A row that stands in for a missing
    /// one has those of the row that it repeats.
    pub fn marks(&self) -> &[(Option<Time>, u64)] {
        self.ring.marks()
    }

    /// What came before does not go on: nothing of it may stand in for what is missing.
    fn start_anew(&mut self) {
        self.restart();
        self.channels.iter_mut().for_each(ChannelWatch::forget);
    }

    /// The newest row stands in for so many that are missing.
    fn hold(&mut self, missing: u64) {
        if self.ring.rows_held() == 0 {
            return;
        }
        // More than a window of them leaves nothing else in it.
        for _ in 0..missing.min(self.ring.window() as u64) {
            self.ring.push_again();
            self.advance();
        }
        self.channels.iter_mut().for_each(|watch| watch.skip(missing));
    }

    /// One row nearer to the next window. Rows that stand in for missing ones count, but no
    /// window ends on them.
    fn advance(&mut self) {
        if self.ring.is_full() {
            self.until_next = self.until_next.saturating_sub(1);
        }
    }

    fn restart(&mut self) {
        self.ring.clear();
        self.until_next = 0;
    }
}

#[cfg(test)]
mod tests;
