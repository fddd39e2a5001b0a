//! Readings of normal data go in; which of them are none comes out, in words and as bounds.
//!
//! One 65535 from a bus would stretch its channel's scale until nothing shows on it any more. So a reading
//! that stands for none, or that lies alone and far outside of all others, counts as missing, and is named.
//! What the machine does, a step, a switch, a spike that recurs, is none of these, however far out it is.

mod spot;
mod usual;

use std::fmt;

use oddity_core::health::is_error_code;
use oddity_core::profile::SeenRange;

pub(super) use spot::{Recent, Spotter};
pub(super) use usual::Sampler;

/// Readings that are none, and that a range cannot tell, of one channel.
const MOST_CODES: usize = SeenRange::MOST_ERRORS;

/// What a reading may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlausibleRange {
    low: f64,
    high: f64,
    /// Within the two, and no reading; NaN where there is none.
    codes: [f64; MOST_CODES],
    /// Beyond the two, and seen several times: live, they are none either.
    repeated: [f64; MOST_CODES],
}

impl PlausibleRange {
    fn open() -> Self {
        let none = [f64::NAN; MOST_CODES];
        Self { low: f64::NEG_INFINITY, high: f64::INFINITY, codes: none, repeated: none }
    }

    /// The reading, or NaN where it is none.
    pub(super) fn clean(&self, value: f64) -> f64 {
        if self.is_glitch(value) { f64::NAN } else { value }
    }

    pub(super) fn is_glitch(&self, value: f64) -> bool {
        value < self.low || value > self.high || self.codes.contains(&value)
    }

    /// With the smallest and the largest reading that were kept, what a profile says of the channel.
    pub(super) fn seen(&self, low: f64, high: f64) -> SeenRange {
        let errors = self.repeated.iter().copied().filter(|error| error.is_finite());
        SeenRange { low, high, errors: errors.filter(|&error| !is_error_code(error)).collect() }
    }
}

/// The glitches of one channel.
#[derive(Clone, Debug)]
pub(super) struct Glitches {
    channel: String,
    count: u64,
    /// Row and value.
    first: (u64, f64),
    /// They were taken for normal.
    kept: bool,
}

impl fmt::Display for Glitches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (row, value) = self.first;
        write!(f, "{}: {value} in row {row}", self.channel)?;
        if self.count > 1 {
            write!(f, " (and {} more)", self.count - 1)?;
        }
        match self.kept {
            true => write!(
                f,
                " is far from the usual range; as there are several, they are treated as normal"
            ),
            false => write!(f, " is far from the usual range and is treated as missing"),
        }
    }
}

#[cfg(test)]
mod tests;
