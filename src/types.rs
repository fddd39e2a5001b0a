//! The small types that every room shares: time, and one row of a stream.
//!
//! Nothing here does I/O or knows of a format, a model or a rule.

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Nanoseconds in a second.
    pub const SECOND: i64 = 1_000_000_000;

    /// Seconds from `earlier` to `self`; negative when `self` comes first.
    pub fn seconds_since(self, earlier: Time) -> f64 {
        (self.0 as i128 - earlier.0 as i128) as f64 / Self::SECOND as f64
    }
}

/// One row of one stream, as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// Which stream the row belongs to; empty when the input holds one stream.
    pub stream: &'a str,
    /// Number of the data row in the input, from 1. Blank lines and headers do not count, bad rows do.
    pub row: u64,
    /// When it was measured, if the input says so.
    pub time: Option<Time>,
    /// One reading a channel, in the order of the model's channels and in their own units; NaN is missing.
    pub values: &'a [f64],
}
