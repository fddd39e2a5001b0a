//! How to quantise: what was asked for, before anything has been measured.

use super::range::RangeMethod;

/// A layer that alone changes the score by more than this share of its mean stays in f32, unless said
/// otherwise.
pub const MOST_COST: f64 = 0.05;

/// How to quantise. [`Default`] is good without reading anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantiseOptions {
    /// How ranges are found.
    pub range: RangeMethod,
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
            output_steps: false,
            most_cost: MOST_COST,
            equalise: true,
        }
    }
}
