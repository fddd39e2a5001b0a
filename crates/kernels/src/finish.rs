//! What becomes of an i32 sum: the last step of an int8 layer, the same arithmetic in every tier.

use alloc::vec::Vec;

use crate::clamp::Clamp;
use crate::error::{KernelError, same_length};

/// What becomes of the sum of an output.
#[derive(Clone, Debug, PartialEq)]
pub enum Finish {
    /// `clamp(round_half_even(sum as f32 * scale) + zero, low, high)`, saturating.
    U8 {
        /// One for each output: the scale of x times that of the weights by that of y.
        scales: Vec<f32>,
        /// What zero is in y.
        zero: u8,
        /// The smallest result.
        low: u8,
        /// The largest result.
        high: u8,
    },
    /// `clamp(sum as f32 * scale + bias)`, rounded after each of the steps.
    F32 {
        /// One for each output: the scale of x times that of the weights.
        scales: Vec<f32>,
        /// One for each output, or none.
        bias: Option<Vec<f32>>,
        /// The limits of the result.
        clamp: Clamp,
    },
}

impl Finish {
    /// Checks the lengths and limits, and fills up to `padded` outputs.
    pub(crate) fn padded(mut self, outputs: usize, padded: usize) -> Result<Self, KernelError> {
        let scales = match &mut self {
            Self::U8 { scales, low, high, .. } => {
                if low > high {
                    return Err(KernelError::Value {
                        what: "the lower limit of a layer is above its upper limit",
                    });
                }
                scales
            }
            Self::F32 { scales, bias, clamp } => {
                clamp.check()?;
                if let Some(bias) = bias {
                    same_length("bias behind the scales", outputs, bias.len())?;
                    bias.resize(padded, 0.0);
                }
                scales
            }
        };
        same_length("scales", outputs, scales.len())?;
        if !scales.iter().all(|scale| scale.is_finite()) {
            return Err(KernelError::Value { what: "a scale is not finite" });
        }
        scales.resize(padded, 0.0);
        Ok(self)
    }

    /// Bytes of scales and bias.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::U8 { scales, .. } => scales.len() * 4,
            Self::F32 { scales, bias, .. } => {
                (scales.len() + bias.as_ref().map_or(0, Vec::len)) * 4
            }
        }
    }
}

/// Beyond it every byte is saturated, below it `MAGIC` rounds exactly.
const FAR: f32 = 1_000_000.0;
/// 1.5 * 2^23: an f32 of that size has no fraction, so adding it rounds half to even.
const MAGIC: f32 = 12_582_912.0;

/// `clamp(round_half_even(sum as f32 * scale) + zero, low, high)`.
#[inline(always)]
pub(crate) fn to_u8(sum: i32, scale: f32, zero: i32, low: i32, high: i32) -> u8 {
    let scaled = (sum as f32 * scale).clamp(-FAR, FAR) + MAGIC;
    let rounded = (scaled.to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32);
    (rounded + zero).clamp(low, high) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_to_even_and_saturates() {
        for (sum, scale, byte) in [
            (5, 0.5, 130),
            (7, 0.5, 132),
            (-5, 0.5, 126),
            (-7, 0.5, 124),
            (i32::MAX, f32::MAX, 250),
            (i32::MIN, f32::MAX, 3),
            (i32::MIN, -f32::MAX, 250),
            (0, f32::MAX, 128),
            (1, f32::MIN_POSITIVE, 128),
            (i32::MAX, 1.0, 250),
        ] {
            assert_eq!(to_u8(sum, scale, 128, 3, 250), byte, "{sum} {scale}");
        }
        for sum in -70_000..70_000 {
            let exact = (f64::from(sum) / 256.0).round_ties_even() as i32 + 9;
            assert_eq!(to_u8(sum, 1.0 / 256.0, 9, 0, 255), exact.clamp(0, 255) as u8);
        }
    }

    #[test]
    fn broken_ends_are_refused() {
        let byte = |scale, low, high| Finish::U8 { scales: [scale].into(), zero: 0, low, high };
        assert!(byte(1.0, 0, 255).padded(1, 8).is_ok());
        assert!(byte(1.0, 0, 255).padded(2, 8).is_err());
        assert!(byte(f32::NAN, 0, 255).padded(1, 8).is_err());
        assert!(byte(1.0, 2, 1).padded(1, 8).is_err());
        let float = |bias, clamp| Finish::F32 { scales: [1.0].into(), bias, clamp };
        assert!(float(Some([1.0].into()), Clamp::RELU).padded(1, 8).is_ok());
        assert!(float(Some([].into()), Clamp::RELU).padded(1, 8).is_err());
        assert!(float(None, Clamp { low: 1.0, high: 0.0 }).padded(1, 8).is_err());
    }
}
