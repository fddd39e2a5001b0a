//! One channel's readings go in; readings to use come out, with notes on what was missing, was none or
//! did not move.

use super::note::ChannelNote;
use super::plausible::Plausible;

/// Absurd readings in a row that move as those of a sensor do, from which they are taken for real.
const SETTLED: u32 = 10;

/// Equal readings in a row from which a channel counts as flat: far more than the longest run in
/// normal data, and at least two windows.
pub fn flatline_limit(longest_run: u64, window: usize) -> u64 {
    longest_run.saturating_mul(4).max(2 * window as u64).max(30)
}

#[derive(Debug)]
pub(super) struct ChannelWatch {
    mean: f64,
    inverse_scale: f64,
    flatline: Option<u64>,
    plausible: Option<Plausible>,
    absurd: Absurd,
    last: Option<f64>,
    /// Whether `last` may be held for a missing reading.
    holds: bool,
    missing: u32,
    lost: bool,
    run: u64,
}

/// Readings that are none.
#[derive(Debug)]
struct Absurd {
    /// In a row.
    count: u32,
    /// Of these, the newest that lie near each other and are not equal.
    settled: u32,
    last: f64,
    /// It was said that they come.
    said: bool,
}

impl Absurd {
    const NONE: Self = Self { count: 0, settled: 0, last: f64::NAN, said: false };

    /// Takes one. Whether they have come for so long, and move as real ones do, that they are real.
    fn take(&mut self, reading: f64, plausible: &Plausible) -> bool {
        let moves = reading != self.last
            && plausible.are_near(reading, self.last)
            && !plausible.is_code(reading);
        self.settled = if moves { self.settled + 1 } else { 0 };
        self.last = reading;
        self.count = self.count.saturating_add(1);
        self.settled >= SETTLED
    }
}

impl ChannelWatch {
    pub(super) fn new(
        (mean, inverse_scale): (f64, f64),
        flatline: Option<u64>,
        plausible: Option<Plausible>,
    ) -> Self {
        Self {
            mean,
            inverse_scale,
            flatline,
            plausible,
            absurd: Absurd::NONE,
            last: None,
            holds: false,
            missing: 0,
            lost: false,
            run: 0,
        }
    }

    /// The reading to use, or `None` when nothing may be held for it.
    pub(super) fn take(
        &mut self,
        reading: f64,
        hold: u32,
        mut note: impl FnMut(ChannelNote),
    ) -> Option<f64> {
        // The conversion to f32 must not overflow: the model would see an infinity.
        let normalised = ((reading - self.mean) * self.inverse_scale) as f32;
        if !normalised.is_finite() {
            return self.miss(hold, note);
        }
        if let Some(plausible) = &self.plausible
            && plausible.is_absurd(reading, self.last)
            && !self.absurd.take(reading, plausible)
        {
            return self.disregard(reading, hold, note);
        }
        if self.lost || self.absurd.said {
            self.lost = false;
            note(ChannelNote::Restored);
        }
        if self.absurd.count > 0 {
            self.absurd = Absurd::NONE;
        }
        self.missing = 0;
        self.count_run(reading, &mut note);
        self.last = Some(reading);
        self.holds = true;
        Some(reading)
    }

    /// The first is held, as if it were missing; the second in a row, or one that may not be held, is said.
    fn disregard(
        &mut self,
        value: f64,
        hold: u32,
        mut note: impl FnMut(ChannelNote),
    ) -> Option<f64> {
        note(ChannelNote::Disregarded);
        if !self.absurd.said && (self.absurd.count >= 2 || hold == 0) {
            self.absurd.said = true;
            note(ChannelNote::Implausible { value });
        }
        self.miss(hold, note)
    }

    fn miss(&mut self, hold: u32, mut note: impl FnMut(ChannelNote)) -> Option<f64> {
        self.missing = self.missing.saturating_add(1);
        if self.missing > hold && !self.lost {
            self.lost = true;
            if !self.absurd.said {
                note(ChannelNote::Missing);
            }
        }
        if self.lost {
            self.holds = false;
        }
        self.last.filter(|_| self.holds)
    }

    /// Whether the newest reading came and moves.
    pub(super) fn is_healthy(&self) -> bool {
        self.missing == 0 && self.flatline.is_none_or(|limit| self.run < limit)
    }

    /// Rows went missing as a whole, this channel's reading with them.
    pub(super) fn skip(&mut self, rows: u64) {
        self.missing = self.missing.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
    }

    /// What was read before is no longer held.
    pub(super) fn forget(&mut self) {
        self.holds = false;
    }

    fn count_run(&mut self, reading: f64, note: &mut impl FnMut(ChannelNote)) {
        let flat = self.flatline.is_some_and(|limit| self.run >= limit);
        if self.last == Some(reading) {
            self.run = self.run.saturating_add(1);
            if self.flatline == Some(self.run) {
                note(ChannelNote::Flatline { rows: self.run });
            }
        } else {
            if flat {
                note(ChannelNote::Moving);
            }
            self.run = 1;
        }
    }
}
