//! Bytes to rows: CSV and JSON in any chunks go in, packed or not, [`Item`]s come out in their order.
//!
//! One record is one line, so that nothing in a line can hide a later one; or one object of a JSON document. What is wrong with a
//! line is told as a [`Problem`] and costs that line, or that value, alone. Only what makes the
//! whole input useless (a channel that has no column) is an error. Formats, delimiter and columns
//! are found from the first lines; the result does not depend on where chunks begin and end.
//! Opens no file, has no clock, and allocates nothing while good rows of known columns come in.

mod columns;
mod decimal;
mod decoder;
mod discover;
mod error;
mod format;
mod framing;
mod latin;
mod layout;
mod limits;
mod number;
mod options;
mod pivot;
mod reader;
mod row;
mod time;
mod unpack;
mod value;
mod words;

#[cfg(test)]
mod tests;

#[cfg(any(feature = "learn", all(feature = "sensor", target_os = "linux")))]
pub(crate) use columns::find as find_column;
pub use columns::{Columns, LongForm};
pub use decoder::{Decoder, Item};
pub use error::{DecodeError, LeftOut, Problem, ProblemKind};
pub use limits::{MAX_LINE_BYTES, MAX_STREAM_BYTES};
pub use options::{
    Channels, DecodeOptions, Delimiter, Format, KeyColumn, PivotHint, ReadHints, TimeColumn,
    UnknownDelimiter, UnknownFormat,
};
pub use pivot::channel_name;
pub use time::{check_time_format, check_time_zone, parse_time};
