//! How good a detector was: the metrics that `evaluate` prints.
//!
//! In: scores (higher is worse), alarms and labels, one a row, and event ranges as row numbers.
//! Out: plain numbers. A metric that is undefined (no positive rows, no negative rows, no events) is
//! `None`, never 0 or 1. Nothing here reads files, parses times, chooses a threshold for use in the
//! field, or knows of models. Metrics that pick their threshold with the labels in hand say "oracle".
//!
//! Point adjustment (PA-F1) is left out on purpose: random scores reach 0.8 under it (Kim et al.,
//! AAAI 2022).

mod baseline;
mod confusion;
mod events;
mod nab;
mod rank;
mod vus;

pub use baseline::{ZBaseline, ZReduce, always_on, never_on, random_scores};
pub use confusion::{Confusion, MacroMean, macro_mean};
pub use events::{AlarmEdges, Detections, RowRange, alarm_edges, detections, label_ranges};
pub use nab::{NabFile, NabProfile, NabScore, nab_at, nab_best};
pub use rank::{BestF1, average_precision, best_f1, roc_auc};
pub use vus::{VUS_DEFAULT_BUFFER, VUS_THRESHOLDS, Vus, vus};

/// What is wrong with the input of a metric.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MetricsError {
    /// Two inputs that must have one value a row differ in length.
    #[error(
        "{left} has {left_rows} rows and {right} has {right_rows}; give one value a row in both"
    )]
    Length {
        /// Name of the first input.
        left: &'static str,
        /// Its number of rows.
        left_rows: usize,
        /// Name of the second input.
        right: &'static str,
        /// Its number of rows.
        right_rows: usize,
    },
    /// A score or time is NaN or infinite.
    #[error(
        "{what} of row {row} (from 0) is {value}; leave rows without a finite {what} out, with their labels"
    )]
    NotFinite {
        /// Name of the input.
        what: &'static str,
        /// Row, from 0.
        row: usize,
        /// What stood there.
        value: f64,
    },
    /// A range ends before it starts.
    #[error("range {first}..={last} ends before it starts; give its first row, then its last")]
    EmptyRange {
        /// First row, from 0.
        first: usize,
        /// Last row, inclusive.
        last: usize,
    },
    /// A range reaches past the last row.
    #[error(
        "range {range} reaches past the last of {rows} rows; rows count from 0, ends are inclusive"
    )]
    OutOfRows {
        /// The range.
        range: RowRange,
        /// Rows there are.
        rows: usize,
    },
    /// Two ranges overlap or stand in the wrong order.
    #[error(
        "range {later} starts before {earlier} has ended; sort the ranges and merge those that overlap"
    )]
    Overlap {
        /// The range that comes first in the list.
        earlier: RowRange,
        /// The one after it.
        later: RowRange,
    },
    /// Time runs backwards.
    #[error("time of row {row} (from 0) is before that of the row above; sort the rows by time")]
    TimeBackwards {
        /// Row, from 0.
        row: usize,
    },
    /// A row has more or fewer channels than the first training row.
    #[error(
        "row {row} (from 0) has {got} channels, the first training row has {expected}; make them equal"
    )]
    Channels {
        /// Row, from 0.
        row: usize,
        /// Channels of the first training row.
        expected: usize,
        /// Channels found.
        got: usize,
    },
    /// Nothing to fit on.
    #[error(
        "no training rows for the |z| baseline; give it the rows that the model was trained on"
    )]
    NoTrainingRows,
}

/// Scores with their labels: equally long, every score finite.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    scores: &'a [f64],
    labels: &'a [bool],
}

impl<'a> Labelled<'a> {
    /// Pairs `scores` (higher is worse) with `labels` (true is anomalous), one of each a row.
    ///
    /// # Errors
    /// Different lengths; a score that is NaN or infinite.
    pub fn new(scores: &'a [f64], labels: &'a [bool]) -> Result<Self, MetricsError> {
        same_length("scores", scores.len(), "labels", labels.len())?;
        all_finite("score", scores)?;
        Ok(Self { scores, labels })
    }

    /// The scores, one a row.
    pub fn scores(&self) -> &'a [f64] {
        self.scores
    }

    /// The labels, one a row.
    pub fn labels(&self) -> &'a [bool] {
        self.labels
    }

    /// Share of anomalous rows: the PR-AUC of a detector that knows nothing. `None` without rows.
    pub fn anomaly_rate(&self) -> Option<f64> {
        let positives = self.labels.iter().filter(|l| **l).count();
        ratio(positives as f64, self.labels.len() as f64)
    }
}

fn same_length(
    left: &'static str,
    left_rows: usize,
    right: &'static str,
    right_rows: usize,
) -> Result<(), MetricsError> {
    if left_rows == right_rows {
        return Ok(());
    }
    Err(MetricsError::Length { left, left_rows, right, right_rows })
}

fn all_finite(what: &'static str, values: &[f64]) -> Result<(), MetricsError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(row) => Err(MetricsError::NotFinite { what, row, value: values[row] }),
    }
}

/// `part / whole`, or `None` when `whole` is not above zero.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unequal_lengths_and_non_finite_scores_are_refused() {
        assert_eq!(
            Labelled::new(&[1.0], &[true, false]).unwrap_err(),
            MetricsError::Length { left: "scores", left_rows: 1, right: "labels", right_rows: 2 }
        );
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = Labelled::new(&[0.0, bad], &[true, false]).unwrap_err();
            assert!(
                matches!(error, MetricsError::NotFinite { what: "score", row: 1, .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn anomaly_rate_needs_rows() {
        let labels = [true, false, false, false];
        assert_eq!(Labelled::new(&[0.0; 4], &labels).unwrap().anomaly_rate(), Some(0.25));
        assert_eq!(Labelled::new(&[], &[]).unwrap().anomaly_rate(), None);
    }
}
