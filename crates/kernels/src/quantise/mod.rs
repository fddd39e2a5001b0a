//! Between f32 and 8-bit numbers: ONNX's QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
//!
//! f32 goes in, u8 comes out, or the other way. Signed numbers are kept as u8, with 128 added to
//! value and zero point. The scale divides, it is never multiplied by its reciprocal; halves go to
//! even; both ends saturate. What is not a number becomes the lowest step, as in onnxruntime on
//! x86_64, whose vector maximum takes the other operand.

mod channels;
mod dynamic;

pub use channels::ChannelGrid;
pub use dynamic::dynamic;

use crate::error::{KernelError, same_length};
use crate::math::ROUND;
use crate::multi::by_tier;
use crate::tier::FloatTier;
use crate::walk::holds;

/// The steps that numbers are rounded to: step q stands for `(q - zero) scale`, from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    scale: f32,
    zero: i32,
    low: i32,
    high: i32,
}

impl Grid {
    /// Of any steps of at most 16 bits.
    ///
    /// # Errors
    /// The scale is not a positive number, or low, zero and high are not in order or beyond 16 bits.
    pub fn new(scale: f32, zero: i32, low: i32, high: i32) -> Result<Self, KernelError> {
        holds(scale > 0.0 && scale.is_finite(), "a scale is a positive, finite number")?;
        holds(low <= zero && zero <= high, "a zero point lies among the steps")?;
        holds(low >= -0x8000 && high <= 0xffff, "a step has at most 16 bits")?;
        Ok(Self { scale, zero, low, high })
    }

    /// Of uint8.
    ///
    /// # Errors
    /// The scale is not a positive number.
    pub fn u8(scale: f32, zero: u8) -> Result<Self, KernelError> {
        Self::new(scale, zero.into(), 0, 255)
    }

    /// Of int8, in the form that it is kept in: 128 more.
    ///
    /// # Errors
    /// The scale is not a positive number.
    pub fn i8(scale: f32, zero: i8) -> Result<Self, KernelError> {
        Self::new(scale, i32::from(zero) + 128, 0, 255)
    }

    /// What one step is worth.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// The step that stands for 0.
    pub fn zero(&self) -> i32 {
        self.zero
    }

    fn is_bytes(&self) -> Result<(), KernelError> {
        holds(self.low >= 0 && self.high <= 255, "the steps are not those of a byte")
    }

    /// The step of a number.
    #[inline(always)]
    fn step(&self, x: f32) -> i32 {
        let shifted = steps_from_zero(x / self.scale, self.least(), self.most());
        (shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32).wrapping_add(self.zero)
    }

    fn least(&self) -> f32 {
        (self.low - self.zero) as f32
    }

    fn most(&self) -> f32 {
        (self.high - self.zero) as f32
    }

    /// The number that a byte stands for.
    #[inline(always)]
    fn number(&self, step: u8) -> f32 {
        (i32::from(step) - self.zero) as f32 * self.scale
    }
}

/// A number of scales, saturated and rounded; [`ROUND`] more. Ends are whole, so that saturating
/// before rounding gives the same as after it.
#[inline(always)]
fn steps_from_zero(x: f32, least: f32, most: f32) -> f32 {
    // In this form NaN becomes the lowest.
    let x = if x > least { x } else { least };
    (if x < most { x } else { most }) + ROUND
}

/// Rounds each number to its step.
///
/// # Errors
/// The slices differ in length, or the steps are not those of a byte.
pub fn quantise(tier: FloatTier, grid: &Grid, x: &[f32], y: &mut [u8]) -> Result<(), KernelError> {
    same_length("the output of a quantiser", x.len(), y.len())?;
    grid.is_bytes()?;
    to_bytes(tier, grid, x, y);
    Ok(())
}

/// The number that each step stands for.
///
/// # Errors
/// The slices differ in length.
pub fn dequantise(
    tier: FloatTier,
    grid: &Grid,
    x: &[u8],
    y: &mut [f32],
) -> Result<(), KernelError> {
    same_length("the output of a dequantiser", x.len(), y.len())?;
    from_bytes(tier, grid, x, y);
    Ok(())
}

/// To the nearest step and back, in place, without leaving f32: also for 16 bits. NaN stays so here.
pub fn steps(tier: FloatTier, grid: &Grid, values: &mut [f32]) {
    through_steps(tier, grid, values);
}

by_tier! {
    fn to_bytes(grid: &Grid, x: &[f32], y: &mut [u8]) = to_bytes_body;
    fn from_bytes(grid: &Grid, x: &[u8], y: &mut [f32]) = from_bytes_body;
    fn through_steps(grid: &Grid, values: &mut [f32]) = through_steps_body;
}

#[inline(always)]
fn to_bytes_body(grid: &Grid, x: &[f32], y: &mut [u8]) {
    let grid = *grid;
    for (y, &x) in y.iter_mut().zip(x) {
        *y = grid.step(x) as u8;
    }
}

#[inline(always)]
fn from_bytes_body(grid: &Grid, x: &[u8], y: &mut [f32]) {
    let grid = *grid;
    for (y, &x) in y.iter_mut().zip(x) {
        *y = grid.number(x);
    }
}

#[inline(always)]
fn through_steps_body(grid: &Grid, values: &mut [f32]) {
    let (scale, least, most) = (grid.scale, grid.least(), grid.most());
    for value in values {
        let step = steps_from_zero(*value / scale, least, most) - ROUND;
        *value = if value.is_nan() { *value } else { step * scale };
    }
}

/// A function from bytes to bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table([u8; 256]);

impl Table {
    /// What dequantising by `from`, `f` and quantising by `to` give together.
    ///
    /// # Errors
    /// The steps are not those of a byte.
    pub fn new(f: impl Fn(f32) -> f32, from: &Grid, to: &Grid) -> Result<Self, KernelError> {
        from.is_bytes()?;
        to.is_bytes()?;
        Ok(Self(core::array::from_fn(|byte| to.step(f(from.number(byte as u8))) as u8)))
    }

    /// Looks each byte up.
    ///
    /// # Errors
    /// The slices differ in length.
    pub fn run(&self, x: &[u8], y: &mut [u8]) -> Result<(), KernelError> {
        same_length("the output of a table", x.len(), y.len())?;
        for (y, &x) in y.iter_mut().zip(x) {
            *y = self.0[usize::from(x)];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
