//! Quantising by the range of the values themselves.

use super::{Grid, to_bytes};
use crate::error::{KernelError, same_length};
use crate::math;
use crate::multi::by_tier;
use crate::reduce::larger;
use crate::tier::FloatTier;

/// ONNX's DynamicQuantizeLinear (version 11): the range of all values and zero falls into 255 steps.
/// Gives scale and zero point. Where a value is not a number, the scale is none either: a byte could
/// not say so.
///
/// # Errors
/// The slices differ in length.
pub fn dynamic(tier: FloatTier, x: &[f32], y: &mut [u8]) -> Result<(f32, u8), KernelError> {
    same_length("the output of a quantiser", x.len(), y.len())?;
    let mut ends = [0.0; 2];
    range(tier, x, &mut ends);
    let [lowest, highest] = ends;
    let step = (highest - lowest) / 255.0;
    // Nothing but zeros has no range: any scale will do.
    let scale = if step > 0.0 { step } else { 1.0 };
    let zero = math::clip(math::round(-lowest / scale), 0.0, 255.0);
    to_bytes(tier, &Grid { scale, zero: zero as i32, low: 0, high: 255 }, x, y);
    Ok((if highest.is_nan() { highest } else { scale }, zero as u8))
}

by_tier! {
    fn range(x: &[f32], ends: &mut [f32; 2]) = range_body;
}

/// The lowest and the highest of all numbers and 0; the highest is NaN where one is.
#[inline(always)]
fn range_body(x: &[f32], ends: &mut [f32; 2]) {
    let (mut lowest, mut highest) = ([0.0; 16], [0.0; 16]);
    let (blocks, rest) = x.as_chunks::<16>();
    for block in blocks {
        for ((low, high), &x) in lowest.iter_mut().zip(&mut highest).zip(block) {
            (*low, *high) = (if x < *low { x } else { *low }, larger(*high, x));
        }
    }
    for ((low, high), &x) in lowest.iter_mut().zip(&mut highest).zip(rest) {
        (*low, *high) = (if x < *low { x } else { *low }, larger(*high, x));
    }
    *ends = [
        lowest.into_iter().fold(0.0, |low, x| if x < low { x } else { low }),
        highest.into_iter().fold(0.0, larger),
    ];
}
