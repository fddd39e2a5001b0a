//! Readings of one channel go in; what was never seen before comes out, once for as long as it lasts.
//!
//! Three views of a channel: its readings; its difference to the same time of earlier days; the move of its mean. Each
//! has a range that normal data gave and that goes on being learned, outwards at once and inwards slowly. Memory is
//! fixed. Knows nothing of models and scores.

mod day;
mod shift;
mod span;

use alloc::vec::Vec;

use crate::event::{Record, View};
use crate::profile::{Extent, Precedent, UnprecedentedSpec};
use day::Day;
use shift::Shift;
use span::{Beyond, Noisy, Span};

/// Rows of silence after something was said.
const QUIET: u32 = 50;
/// A move of the mean is at least so much of what the readings move from row to row.
const SHIFT_NOISE: f64 = 0.25;
/// Nothing that is measured is larger, and sums of so much are finite in 32 bits.
const MOST: f64 = 1e30;
/// Readings that tell the range of a channel.
const LEAST: u32 = 100;

/// Watches one channel of one stream. Its memory does not grow.
#[derive(Clone, Debug)]
pub struct Watch {
    period_s: f64,
    level: Noisy,
    day: Option<Day>,
    days: Noisy,
    /// Differences to earlier days that are not yet looked at: the first ones are to a single day, mostly its night.
    early: u32,
    shift: Shift,
    shifts: Span,
    quiet: u32,
    learned_s: f64,
    /// The second of the first reading.
    first_s: Option<f64>,
}

impl Watch {
    /// Of rows so far apart, of which nothing was seen.
    pub fn new(period_s: f64) -> Self {
        Self {
            period_s,
            level: Noisy::default(),
            day: Day::new(period_s),
            days: Noisy::default(),
            early: Day::half(period_s),
            shift: Shift::new(),
            shifts: Span::of_distances(None),
            quiet: 0,
            learned_s: 0.0,
            first_s: None,
        }
    }

    /// Of rows so far apart, when this was seen in so many seconds of normal data.
    pub fn of(precedent: &Precedent, learned_s: f64, period_s: f64) -> Self {
        let mut watch = Self { learned_s, ..Self::new(period_s) };
        watch.level = Noisy::of(precedent.level);
        if let Some(extent) = precedent.day {
            watch.days = Noisy::of(extent);
        }
        watch.shifts = Span::of_distances(precedent.shift);
        watch
    }

    /// Bytes that one takes, of rows so far apart.
    pub fn bytes(period_s: f64) -> usize {
        size_of::<Self>() + Shift::BYTES + Day::bytes(period_s)
    }

    /// Takes a healthy reading at this second of the stream's clock. One that is not finite, or beyond all
    /// measure, is missing.
    pub fn take(&mut self, reading: f64, now_s: f64) -> Option<Record> {
        if reading.is_nan() || reading.abs() > MOST {
            return None;
        }
        let first_s = *self.first_s.get_or_insert(now_s);
        let watched_s = (now_s - first_s).max(0.0);
        let half = Day::half(self.period_s).max(1);
        // All views learn from all readings, whatever the others say.
        let level = self.level.take(reading, LEAST).map(|beyond| (View::Level, reading, beyond));
        let difference = self.day.as_mut().and_then(|day| day.take(reading, now_s));
        let is_early = difference.is_some() && self.early > 0;
        self.early -= u32::from(is_early);
        let day = difference.filter(|_| !is_early).and_then(|difference| {
            Some((View::Day, difference, self.days.take(difference, half)?))
        });
        let shift = self.shift.take(reading).and_then(|shift| {
            let noise = SHIFT_NOISE * self.level.noise();
            let beyond = self.shifts.take(shift.abs(), noise, Shift::ROWS as u32)?;
            let beyond = Beyond { above: shift >= 0.0, ..beyond };
            Some((View::Shift, shift, beyond))
        });
        let is_quiet = self.quiet > 0;
        self.quiet = self.quiet.saturating_sub(1);
        let (view, is, Beyond { before, above, ever }) = level.or(day).or(shift)?;
        if is_quiet {
            return None;
        }
        self.quiet = QUIET;
        let for_s = if ever { self.learned_s + watched_s } else { watched_s };
        Some(Record { view, reading, is, before, above, for_s })
    }

    /// What comes next does not follow what came: the clock was set.
    pub fn interrupt(&mut self) {
        self.level.interrupt();
        self.days.interrupt();
        self.shift.interrupt();
        self.day.iter_mut().for_each(Day::interrupt);
    }

    /// What was seen; `None` where there was too little of it.
    pub fn precedent(&self) -> Option<Precedent> {
        let half = Day::half(self.period_s).max(2);
        Some(Precedent {
            level: self.level.extent(LEAST)?,
            day: self.days.extent(half),
            shift: self.shifts.bounds(Shift::ROWS as u32).map(|(_, most)| most),
        })
    }
}

impl Precedent {
    /// What was seen of a channel in two streams.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let day = self.day.zip(other.day).map(|(a, b)| a.with(b));
        let shift = self.shift.zip(other.shift).map(|(a, b)| a.max(b));
        Self {
            level: self.level.with(other.level),
            day: day.or(self.day).or(other.day),
            shift: shift.or(self.shift).or(other.shift),
        }
    }
}

impl Extent {
    fn with(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            noise: self.noise.max(other.noise),
        }
    }
}

/// Watches of the channels of one stream; none where the profile has no precedents.
pub(crate) fn watches(
    spec: Option<&UnprecedentedSpec>,
    period_s: Option<f64>,
) -> Vec<Option<Watch>> {
    let (Some(spec), Some(period_s)) = (spec, period_s) else { return Vec::new() };
    let watch = |precedent: &Option<Precedent>| {
        precedent.as_ref().map(|precedent| Watch::of(precedent, spec.learned_s, period_s))
    };
    spec.channels.iter().map(watch).collect()
}

#[cfg(test)]
mod tests;
