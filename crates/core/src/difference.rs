//! Readings of a counter go in; how fast it rises comes out.
//!
//! A meter that counts on is never where it was while the model learned, but how fast it counts is. Where it
//! falls it was set back: that reading is missing, not a negative rise.

use crate::profile::DifferenceSpec;
use crate::types::Time;

/// The state of one counter of one stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Differ {
    last: Option<Last>,
    /// Rows since that reading.
    rows: u64,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    reading: f64,
    time: Option<Time>,
}

impl Differ {
    /// Takes a reading; gives the rise since the one before: a second, or a row where the spec has no period. NaN for
    /// the first, for one that is missing, and for one that is lower than before. After a hole it is the mean rise
    /// over the hole.
    ///
    /// Rows without times count as one period each. A row that is not later than the one before says nothing, and
    /// changes nothing.
    pub fn take(&mut self, spec: &DifferenceSpec, reading: f64, time: Option<Time>) -> f64 {
        self.rows = self.rows.saturating_add(1);
        if !reading.is_finite() {
            return f64::NAN;
        }
        let Some(last) = self.last else {
            self.set(reading, time);
            return f64::NAN;
        };
        let rows = self.rows as f64;
        let over = match (spec.period_s, time, last.time) {
            (None, ..) => rows,
            (Some(_), Some(time), Some(before)) => time.seconds_since(before),
            (Some(period_s), ..) => rows * period_s,
        };
        if over <= 0.0 {
            self.rows -= 1;
            return f64::NAN;
        }
        self.set(reading, time);
        let rise = (reading - last.reading) / over;
        if rise >= 0.0 && rise.is_finite() { rise } else { f64::NAN }
    }

    fn set(&mut self, reading: f64, time: Option<Time>) {
        self.last = Some(Last { reading, time });
        self.rows = 0;
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn spec(period_s: Option<f64>) -> DifferenceSpec {
        DifferenceSpec { column: String::new(), period_s }
    }

    /// Readings, each with its second.
    fn rises(period_s: Option<f64>, readings: &[(Option<i64>, f64)]) -> Vec<f64> {
        let mut differ = Differ::default();
        let time = |second: i64| Time(second * Time::SECOND);
        let take = |&(second, reading): &(Option<i64>, f64)| {
            differ.take(&spec(period_s), reading, second.map(time))
        };
        readings.iter().map(take).collect()
    }

    fn same(a: &[f64], b: &[f64]) {
        assert_eq!(format!("{a:?}"), format!("{b:?}"));
    }

    #[test]
    fn a_rise_is_a_second_and_its_mean_over_a_hole() {
        let nan = f64::NAN;
        let rows = [(0, 5.0), (10, 7.0), (20, nan), (40, 13.0), (100, 13.0)];
        let rows = rows.map(|(second, reading)| (Some(second), reading));
        same(&rises(Some(10.0), &rows), &[nan, 0.2, nan, 0.2, 0.0]);
        // Without times rows are as far apart as they were.
        let untimed = rows.map(|(_, reading)| (None, reading));
        same(&rises(Some(10.0), &untimed), &[nan, 0.2, nan, 0.3, 0.0]);
        same(&rises(None, &rows), &[nan, 2.0, nan, 3.0, 0.0]);
    }

    #[test]
    fn a_reset_is_missing_and_a_row_that_comes_twice_changes_nothing() {
        let nan = f64::NAN;
        let rows = [(0, 8.0), (1, 9.0), (2, 0.5), (3, 1.5), (3, 1.5), (4, 3.5)];
        let rows = rows.map(|(second, reading)| (Some(second), reading));
        same(&rises(Some(1.0), &rows), &[nan, 1.0, nan, 1.0, nan, 2.0]);
    }

    proptest! {
        #[test]
        fn what_comes_out_is_missing_or_a_rise(
            rows in prop::collection::vec((prop::option::of(any::<i32>()), any::<f64>()), 0..40),
            period_s in prop::option::of(0.001f64..1e6),
        ) {
            let rows: Vec<(Option<i64>, f64)> =
                rows.into_iter().map(|(second, reading)| (second.map(i64::from), reading)).collect();
            for rise in rises(period_s, &rows) {
                prop_assert!(rise.is_nan() || (rise.is_finite() && rise >= 0.0), "{}", rise);
            }
        }
    }
}
