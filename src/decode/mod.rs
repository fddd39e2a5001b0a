//! Bytes to rows: CSV and JSON Lines in any chunks go in, [`Item`]s come out in their order.
//!
//! One record is one line, so that nothing in a line can hide a later one. What is wrong with a
//! line is told as a [`Problem`] and costs that line, or that value, alone. Only what makes the
//! whole input useless (a channel that has no column) is an error. Formats, delimiter and columns
//! are found from the first lines; the result does not depend on where chunks begin and end.
//! Opens no file, has no clock, and allocates nothing while good rows of known columns come in.

mod bind;
mod civil;
mod columns;
mod csv;
mod decoder;
mod discover;
mod error;
mod json_walk;
mod jsonl;
mod lines;
mod options;
mod reader;
mod row;
mod sniff;
mod stats;
mod time;
mod timing;
mod value;

#[cfg(test)]
mod tests;

use crate::types::Sample;

pub use columns::Columns;
pub use decoder::Decoder;
pub use error::{DecodeError, LeftOut, Problem, ProblemKind};
pub use lines::MAX_LINE_BYTES;
pub use options::{Channels, Format, Options, TimeColumn};
pub use time::parse_time;

/// The longest name of a stream, in bytes: names come from outside and are kept.
pub const MAX_STREAM_BYTES: usize = 256;

/// What a decoder gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'a> {
    /// A row.
    Row {
        /// Stream, number, time and readings.
        sample: Sample<'a>,
        /// The label, where a column for it was named and it is a number.
        label: Option<f64>,
        /// Number of the line in the input, from 1.
        line: u64,
    },
    /// Something wrong. For a value that is not a number it comes just before the row.
    Problem(Problem<'a>),
}
