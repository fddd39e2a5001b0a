//! How to quantise: what was asked for, before anything has been measured.

use super::range::RangeMethod;

/// A layer that alone changes the score by more than this share of its mean stays in f32, unless said
/// otherwise.
pub const MOST_COST: f64 = 0.1;

/// How many times as wide as those of normal data the ranges of a linear network are made. Measured on the
/// pumps of SKAB, whose temperatures go on drifting after the fit: F1 is 0.841 in f32, and in 8 bits 0.764
/// without headroom, 0.828 with 4 times, 0.835 with 6 and 0.840 with 7 times; with 10 most decoders stay in f32. With a network of Relus, F1 is 0.744 in f32,
/// and 0.743 without headroom.
pub const HEADROOM: f64 = 7.0;

/// How to quantise. [`Default`] is good without reading anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantiseOptions {
    /// How ranges are found.
    pub range: RangeMethod,
    /// How many times as wide as those of normal data ranges are made, in a network in which nothing bends:
    /// that follows what is odd or drifts as far as it goes.
    pub headroom: f64,
    /// Whether what the last layer gives is in steps, too.
    pub output_steps: bool,
    /// A layer that alone changes the score by more than this share of its mean stays in f32.
    pub most_cost: f64,
    /// Whether ranges of channels between layers are made alike where that helps.
    pub equalise: bool,
}

impl Default for QuantiseOptions {
    fn default() -> Self {
        Self {
            range: RangeMethod::default(),
            headroom: HEADROOM,
            output_steps: false,
            most_cost: MOST_COST,
            equalise: true,
        }
    }
}
