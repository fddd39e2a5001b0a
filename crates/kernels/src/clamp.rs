//! The limits that a layer keeps its results in.

use crate::error::KernelError;

/// Results below `low` become `low`, above `high` become `high`. NaN stays NaN, as in a ReLU of ONNX.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clamp {
    /// The smallest result.
    pub low: f32,
    /// The largest result.
    pub high: f32,
}

impl Clamp {
    /// Changes nothing.
    pub const NONE: Self = Self { low: f32::NEG_INFINITY, high: f32::INFINITY };
    /// Nothing below zero.
    pub const RELU: Self = Self { low: 0.0, high: f32::INFINITY };

    /// `value` within the limits.
    #[inline(always)]
    pub fn apply(self, value: f32) -> f32 {
        // Compared so that NaN and -0 come out as they went in, as `maxps` and `minps` do.
        let value = if self.low > value { self.low } else { value };
        if self.high < value { self.high } else { value }
    }

    /// An error for limits that no number lies in.
    pub(crate) fn check(self) -> Result<(), KernelError> {
        if self.low <= self.high {
            return Ok(());
        }
        Err(KernelError::Value { what: "the lower limit of a clamp is above its upper limit" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_and_minus_zero_stay() {
        assert!(Clamp::RELU.apply(f32::NAN).is_nan());
        assert_eq!(Clamp::RELU.apply(-0.0).to_bits(), (-0f32).to_bits());
        assert_eq!(Clamp::RELU.apply(-1.0), 0.0);
        assert_eq!(Clamp { low: 0.0, high: 6.0 }.apply(f32::INFINITY), 6.0);
        assert_eq!(Clamp::NONE.apply(f32::NEG_INFINITY), f32::NEG_INFINITY);
        assert!(Clamp { low: f32::NAN, high: 1.0 }.check().is_err());
        assert!(Clamp { low: 1.0, high: 0.0 }.check().is_err());
    }
}
