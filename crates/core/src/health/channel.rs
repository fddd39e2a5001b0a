//! One channel's readings go in; readings to use come out, with notes on what was missing or did not
//! move.

use super::note::ChannelNote;

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
    last: Option<f64>,
    /// Whether `last` may be held for a missing reading.
    holds: bool,
    missing: u32,
    lost: bool,
    run: u64,
}

impl ChannelWatch {
    pub(super) fn new((mean, inverse_scale): (f64, f64), flatline: Option<u64>) -> Self {
        Self {
            mean,
            inverse_scale,
            flatline,
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
        if self.lost {
            self.lost = false;
            note(ChannelNote::Restored);
        }
        self.missing = 0;
        self.count_run(reading, &mut note);
        self.last = Some(reading);
        self.holds = true;
        Some(reading)
    }

    fn miss(&mut self, hold: u32, mut note: impl FnMut(ChannelNote)) -> Option<f64> {
        self.missing = self.missing.saturating_add(1);
        if self.missing > hold && !self.lost {
            self.lost = true;
            note(ChannelNote::Missing);
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
