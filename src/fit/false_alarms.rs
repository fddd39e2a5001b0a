//! The peaks of normal scores and a threshold go in; how often an alert will be raised while all is normal comes
//! out, in words.

use std::fmt;

use crate::terminal::four_digits;
use oddity_core::threshold::{Peaks, Scale, WEEK_S};

/// Without times a rate is one in so many windows.
const WINDOWS: f64 = 1e6;
/// Below this a rate is not worth a number.
const LEAST: f64 = 0.001;

/// Alerts to expect while all is normal, if what follows is like the data of the fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FalseAlarms {
    /// A week; in a million windows where rows have no times.
    pub expected: f64,
    /// What it lies between nine times out of ten, as far as the data says.
    pub between: (f64, f64),
    /// Whether rows have times.
    pub per_week: bool,
}

impl FalseAlarms {
    pub(super) fn of(peaks: &Peaks, scale: Scale, threshold: f64) -> Self {
        let per_week = scale.spacing_s.is_some();
        let scores = scale.spacing_s.map_or(WINDOWS, |spacing_s| WEEK_S / spacing_s);
        let (low, high) = peaks.interval(threshold);
        Self {
            expected: scores * peaks.rate(threshold),
            between: (scores * low, scores * high),
            per_week,
        }
    }
}

impl fmt::Display for FalseAlarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |rate: f64| match rate {
            rate if rate < LEAST => format!("less than {LEAST}"),
            rate => four_digits(rate),
        };
        let (_, high) = self.between;
        let what = if self.per_week { "a week" } else { "in a million windows" };
        write!(f, "false alarms to expect: {} {what}", number(self.expected))?;
        if high >= LEAST {
            write!(f, " (up to {})", number(high))?;
        }
        f.write_str(", if all stays as it was in this data")
    }
}

/// What is to be expected, where that can be told.
pub(super) fn to_words(expected: Option<FalseAlarms>) -> String {
    match expected {
        Some(expected) => expected.to_string(),
        None => "false alarms to expect: these are too few rows to tell, as the scores rose but a few times".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rare_is_said_to_be_rare() {
        let words = |expected, high, per_week| {
            FalseAlarms { expected, between: (0.0, high), per_week }.to_string()
        };
        let words_of_rare = words(1e-9, 1e-5, true);
        assert!(words_of_rare.starts_with("false alarms to expect: less than 0.001 a week, if"));
        let words_of_some = words(0.25, 3.0, false);
        assert!(words_of_some.contains("0.25 in a million windows (up to 3)"), "{words_of_some}");
    }
}
