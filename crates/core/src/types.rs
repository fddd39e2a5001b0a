//! The small types that every room shares: a time, a row of a stream, a model's answer.
//!
//! Plain data; nothing here knows of a format, a model or a rule.

use alloc::vec::Vec;

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Nanoseconds in a second.
    pub const SECOND: i64 = 1_000_000_000;

    /// Whether it is a time of the calendar, not one that is counted from a start or from midnight:
    /// it is not within 1e8 seconds of 1970.
    pub fn is_dated(self) -> bool {
        self.0.unsigned_abs() >= 100_000_000 * Self::SECOND.unsigned_abs()
    }

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
    /// One reading a channel, in the order of the model's channels and in their own units; NaN is missing. Behind
    /// them may stand one reading for each of the profile's constants.
    pub values: &'a [f64],
}

/// What a model made of some windows. Reuse it: its buffers stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reconstruction {
    /// `[n, window]`, in the model's axes; of a decoder `[n, output]`; of a model that gives a score
    /// `[n, 1]`.
    pub values: Vec<f32>,
    /// `[n, latent]`; empty when the model gives no latent.
    pub latent: Vec<f32>,
    /// `[n, head]`: class probabilities or an estimate; empty when the model has no head.
    pub head: Vec<f32>,
    /// The windows, from 0 and rising, whose values, latent or head are not all finite: their input is
    /// far out of range, or not finite itself. Their values stand above as they came.
    pub non_finite: Vec<usize>,
}

impl Reconstruction {
    /// Forgets the answers, keeps the buffers.
    pub fn clear(&mut self) {
        self.values.clear();
        self.latent.clear();
        self.head.clear();
        self.non_finite.clear();
    }

    /// The answer to the window `index` of `n`.
    pub fn answer(&self, index: usize, n: usize) -> Answer<'_> {
        let of = |all: &'_ [f32]| -> core::ops::Range<usize> {
            // Mostly there is neither latent nor head: then there is nothing to divide.
            let each = if all.is_empty() { 0 } else { all.len() / n.max(1) };
            index * each..(index + 1) * each
        };
        Answer {
            values: self.values.get(of(&self.values)).unwrap_or_default(),
            latent: self.latent.get(of(&self.latent)).unwrap_or_default(),
            head: self.head.get(of(&self.head)).unwrap_or_default(),
            finite: self.non_finite.binary_search(&index).is_err(),
        }
    }
}

/// What a model made of one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<'a> {
    /// The reconstruction, in the model's axes; of a model that gives a score, that alone.
    pub values: &'a [f32],
    /// Empty when the model gives no latent.
    pub latent: &'a [f32],
    /// Class probabilities or an estimate; empty when the model has no head.
    pub head: &'a [f32],
    /// Whether all of these are finite numbers.
    pub finite: bool,
}

impl Answer<'_> {
    /// Whether all values are finite numbers, looked at anew.
    pub fn all_finite(&self) -> bool {
        // All bits of the exponent are set in what is not finite: one more runs over into the sign. Without
        // a way out in between, several values are looked at in one step.
        let run_over = |bits: u32, value: &f32| bits | (value.abs().to_bits() + (1 << 23));
        let finite = |of: &[f32]| of.iter().fold(0, run_over) >> 31 == 0;
        finite(self.values) && finite(self.latent) && finite(self.head)
    }
}
