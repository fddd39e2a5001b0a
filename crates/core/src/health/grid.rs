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
        // Three quarters of a period late is late by one row; most rows are not, and need no division.
        let from_due = late + period / 4;
        let missing = if from_due < period { 0 } else { from_due.div_euclid(period) };
        let late = late - missing * period;
        self.due = i128::from(time.0) - late + late / FOLLOW;
        u64::try_from(missing).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {

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
    fn each_missing_row_of_an_exact_clock_counts() {
        let stamps =
            (0..1000).filter(|row| row % 97 != 50 && row % 191 != 60).map(|row| row * 1000);
        let lost = (0..1000).filter(|row| row % 97 == 50 || row % 191 == 60).count();
        assert_eq!(missing(stamps, 1000), lost as u64);
    }
}
