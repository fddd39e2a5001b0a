//! What can be wrong with the input of a metric, in words that say what would be right.

use super::range::{EmptyRange, RowRange};

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
    #[error(transparent)]
    EmptyRange(#[from] EmptyRange),
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
