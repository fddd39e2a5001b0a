//! Times of rows go in; how many rows are missing before each comes out.
//!
//! Clocks are coarse: rows that come every 1.05 s, stamped in whole seconds, are 1 s apart and now
//! and then 2 s, and none is missing. So a row is held against where it is due by the sample period
//! since many rows, not against the one before it.

use crate::types::Time;

/// The part of a row's lateness that moves the time at which the next one is due: slow enough to
/// average a coarse clock, fast enough to follow one that drifts.
const FOLLOW: i128 = 8;

/// When rows are due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// Nanoseconds at which the last row was due.
    due: i128,
}

impl Grid {
    /// The first row comes at `time`.
    pub(super) fn at(time: Time) -> Self {
        Self { due: i128::from(time.0) }
    }

    /// Rows that are missing between the last row and one at `time`.
    pub(super) fn missing(&mut self, time: Time, period_ns: i64) -> u64 {
        let period = i128::from(period_ns.max(1));
        let late = i128::from(time.0) - (self.due + period);
        // Three quarters of a period late is late by one row.
        let missing = (late + period / 4).div_euclid(period).max(0);
        let late = late - missing * period;
        self.due = i128::from(time.0) - late + late / FOLLOW;
        u64::try_from(missing).unwrap_or(u64::MAX)
    }
}

/// Steps between rows over which the rate is judged.
const RATE_STEPS: usize = 32;
/// A median step that differs from the period by more than this factor is off.
const RATE_FACTOR: f64 = 1.9;

/// Whether rows come as often as the model has learned: one that is fed six times too slowly would
/// otherwise judge windows that are mostly held. The state changes when two looks in a row agree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    steps: [i64; RATE_STEPS],
    count: usize,
    last_look: Pace,
    pace: Pace,
}

/// How fast rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Usual,
    Fast,
    Slow,
}

impl Default for Rate {
    fn default() -> Self {
        Self { steps: [0; RATE_STEPS], count: 0, last_look: Pace::Usual, pace: Pace::Usual }
    }
}

impl Rate {
    /// Takes the step from one row to the next. Returns the median step in seconds when rows have
    /// begun to come at another rate.
    pub(super) fn add(&mut self, step_ns: i64, period_ns: i64) -> Option<f64> {
        if let Some(slot) = self.steps.get_mut(self.count) {
            *slot = step_ns;
        }
        self.count += 1;
        if self.count < RATE_STEPS {
            return None;
        }
        self.count = 0;
        self.steps.sort_unstable();
        let median = self.steps.get(RATE_STEPS / 2).copied().unwrap_or(period_ns);
        let look = match median as f64 / period_ns as f64 {
            factor if factor > RATE_FACTOR => Pace::Slow,
            factor if factor < 1.0 / RATE_FACTOR => Pace::Fast,
            _ => Pace::Usual,
        };
        let agreed = look == core::mem::replace(&mut self.last_look, look);
        let changed = agreed && look != self.pace;
        if agreed {
            self.pace = look;
        }
        (changed && look != Pace::Usual).then_some(median as f64 / Time::SECOND as f64)
    }

    /// Whether rows come too slowly, by the last look: each then seems to follow a hole.
    pub(super) fn is_slow(&self) -> bool {
        self.last_look == Pace::Slow
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn missing(times_ms: impl IntoIterator<Item = i64>, period_ms: i64) -> u64 {
        let mut times = times_ms.into_iter().map(|ms| Time(ms * 1_000_000));
        let mut grid = Grid::at(times.next().unwrap());
        times.map(|time| grid.missing(time, period_ms * 1_000_000)).sum()
    }

    #[test]
    fn a_coarse_clock_loses_no_row() {
        let stamps = (0..5000).map(|row| row * 1050 / 1000 * 1000);
        assert_eq!(missing(stamps, 1050), 0);
    }

    #[test]
    fn a_clock_that_runs_slower_than_the_model_learned_loses_no_row() {
        assert_eq!(missing((0..5000).map(|row| row * 1020), 1000), 0);
        assert_eq!(missing((0..5000).map(|row| row * 900), 1000), 0);
    }

    #[test]
    fn another_rate_is_said_once_and_one_gap_is_none() {
        let second = Time::SECOND;
        let said = |steps: &mut dyn Iterator<Item = i64>| {
            let mut rate = Rate::default();
            steps.filter_map(|step| rate.add(step * second / 10, second)).collect::<Vec<_>>()
        };
        assert_eq!(said(&mut (0..500).map(|_| 60)), [6.0]);
        assert_eq!(said(&mut (0..500).map(|_| 1)), [0.1]);
        let gaps = (0..500).map(|row| if row % 50 == 7 { 360_000 } else { 10 + row % 3 });
        assert!(said(&mut { gaps }).is_empty());
    }

    #[test]
    fn each_missing_row_of_an_exact_clock_counts() {
        let stamps =
            (0..1000).filter(|row| row % 97 != 50 && row % 191 != 60).map(|row| row * 1000);
        let lost = (0..1000).filter(|row| row % 97 == 50 || row % 191 == 60).count();
        assert_eq!(missing(stamps, 1000), lost as u64);
    }
}
