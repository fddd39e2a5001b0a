//! A dense layer over int8: u8 activations, s8 weights, exact i32 sums.
//!
//! The sum of an output is
//!
//! ```text
//! sum = bias + Σ (x - x_zero) (w - w_zero)
//! ```
//!
//! exactly: a layer whose sum could leave i32 is refused when it is made. It becomes a byte or an f32 as
//! [`Finish`] says:
//!
//! ```text
//! U8:  clamp(round_half_even(sum as f32 * scale) + zero, low, high)
//! F32: clamp(sum as f32 * scale + bias)
//! ```
//!
//! `sum as f32` rounds to the nearest, half to even; each further step is one f32 operation, never a
//! fused one. Every tier gives the same bytes. The share of the zero points that does not depend on x is
//! folded into the bias when the layer is made; that of `w_zero` takes the sum of the row's x.
//!
//! x has to be readable [`SLACK`] bytes behind its last row. What stands there has no influence.

use alloc::vec;
use alloc::vec::Vec;

use crate::aligned::{Aligned, SLACK};
use crate::arch;
use crate::error::{KernelError, same_length};
use crate::finish::Finish;
use crate::job::{Int8Job, Int8Layer, Target};
use crate::pieces::{Pieces, Rows};
use crate::tier::Int8Tier;

/// Rows whose sums of x are kept at a time.
const STRIP: usize = 64;

/// More elements than this may not be summed exactly in i32.
const MOST_ELEMENTS: usize = 65_000;

/// Steps of at most 255 whose sum fits 16 bits.
const BLOCK: usize = 128;

/// A dense layer over int8 whose weights are packed once.
#[derive(Clone, Debug)]
pub struct DenseInt8 {
    tier: Int8Tier,
    outputs: usize,
    pieces: Pieces,
    /// Values of a piece, filled up to a whole number of groups.
    padded_len: usize,
    /// `[outputs / panel][padded elements / group][panel][group]`, filled up with zeros.
    weights: Aligned,
    /// One for each output, with the share of `x_zero`; filled up to whole panels like all that follow.
    bias: Vec<i32>,
    /// `Σ (w - w_zero)`: what one step of the zero point of x takes off.
    slopes: Vec<i32>,
    /// Empty where all are zero.
    weight_zeros: Vec<i32>,
    x_zero: u8,
    /// Whether the sum fits i32 for every zero point of x.
    any_zero: bool,
    finish: Finish,
}

impl DenseInt8 {
    /// Packs `weights` (`[outputs][elements]`, the pieces one behind the other) for `tier`.
    ///
    /// `weight_zeros` has one zero point, from -128 to 127, for each output; `None` is zero for all.
    ///
    /// # Errors
    /// Wrong lengths, a layer without outputs or elements or with more than 65,000, a zero point out of
    /// range, a sum that could leave i32, limits that no number lies in, a scale that is not finite, or a
    /// tier that this processor does not run.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the definition of the layer")]
    pub fn new(
        tier: Int8Tier,
        outputs: usize,
        pieces: &Pieces,
        weights: &[i8],
        bias: &[i32],
        x_zero: u8,
        weight_zeros: Option<&[i32]>,
        finish: Finish,
    ) -> Result<Self, KernelError> {
        if !tier.is_here() {
            return Err(KernelError::Tier { name: tier.name() });
        }
        let elements = pieces.elements();
        if outputs == 0 || elements == 0 {
            return Err(KernelError::Value { what: "a layer needs outputs and elements" });
        }
        if elements > MOST_ELEMENTS {
            return Err(KernelError::Value { what: "an int8 layer has more than 65,000 elements" });
        }
        same_length("weights", outputs.saturating_mul(elements), weights.len())?;
        same_length("bias", outputs, bias.len())?;
        let mut zeros = weight_zeros.unwrap_or_default().to_vec();
        if weight_zeros.is_some() {
            same_length("zero points of the weights", outputs, zeros.len())?;
        }
        if zeros.iter().any(|zero| !(-128..=127).contains(zero)) {
            return Err(KernelError::Value {
                what: "a zero point of the weights is outside -128..=127",
            });
        }
        let (panel, group) = arch::int8_packing(tier, outputs);
        let padded = outputs.next_multiple_of(panel);
        let (mut starts, mut slopes) = (vec![0; padded], vec![0; padded]);
        let mut any_zero = true;
        for (output, row) in weights.chunks_exact(elements).enumerate() {
            let sums = Sums::of(row, zeros.get(output).copied().unwrap_or(0), bias[output]);
            if !sums.fit(x_zero) {
                return Err(KernelError::Value { what: "the sum of an output can leave i32" });
            }
            any_zero &= sums.fit(0) && sums.fit(255);
            slopes[output] = sums.slope as i32;
            // Wraps like the sums of the kernels: only what comes out at the end has to fit.
            starts[output] = (sums.bias - i64::from(x_zero) * sums.slope) as i32;
            starts[output] = starts[output].wrapping_add(arch::int8_start(tier, row));
        }
        if zeros.iter().all(|&zero| zero == 0) {
            zeros = Vec::new();
        } else {
            zeros.resize(padded, 0);
        }
        Ok(Self {
            tier,
            outputs,
            pieces: pieces.clone(),
            padded_len: pieces.piece_len().next_multiple_of(group),
            weights: pack(weights, outputs, pieces, panel, group),
            bias: starts,
            slopes,
            weight_zeros: zeros,
            x_zero,
            any_zero,
            finish: finish.padded(outputs, padded)?,
        })
    }

    /// Computes rows of bytes.
    ///
    /// # Errors
    /// Rows that x (with [`SLACK`] bytes more) or y does not hold, rows of y that overlap, or a layer that
    /// ends in f32. Nothing has been written then.
    pub fn run_u8(&self, x: &[u8], y: &mut [u8], rows: Rows) -> Result<(), KernelError> {
        if !matches!(self.finish, Finish::U8 { .. }) {
            return Err(KernelError::Finish);
        }
        rows.check((x.len(), self.pieces.reach(), SLACK), (y.len(), self.outputs))?;
        self.run_rows(x, Target::U8(y), rows, 0);
        Ok(())
    }

    /// Computes rows of f32.
    ///
    /// # Errors
    /// As [`Self::run_u8`], but for a layer that ends in bytes.
    pub fn run_f32(&self, x: &[u8], y: &mut [f32], rows: Rows) -> Result<(), KernelError> {
        self.run_floats(x, y, rows, 0)
    }

    /// Computes rows of f32 for a zero point of x that is known only now, whatever the layer was made with.
    ///
    /// # Errors
    /// As [`Self::run_f32`], and where the sum could leave i32 for some zero point.
    pub fn run_dynamic(
        &self,
        x: &[u8],
        x_zero: u8,
        y: &mut [f32],
        rows: Rows,
    ) -> Result<(), KernelError> {
        if !self.any_zero {
            return Err(KernelError::Value { what: "the sum of an output can leave i32" });
        }
        self.run_floats(x, y, rows, i32::from(x_zero) - i32::from(self.x_zero))
    }

    fn run_floats(
        &self,
        x: &[u8],
        y: &mut [f32],
        rows: Rows,
        slope: i32,
    ) -> Result<(), KernelError> {
        if !matches!(self.finish, Finish::F32 { .. }) {
            return Err(KernelError::Finish);
        }
        rows.check((x.len(), self.pieces.reach(), SLACK), (y.len(), self.outputs))?;
        self.run_rows(x, Target::F32(y), rows, slope);
        Ok(())
    }

    /// Runs rows that have been checked.
    fn run_rows(&self, x: &[u8], mut y: Target<'_>, rows: Rows, slope: i32) {
        let layer = self.layer(slope);
        if self.weight_zeros.is_empty() {
            return arch::int8(self.tier, &mut Int8Job { layer, x, y, rows, x_sums: &[] });
        }
        let mut x_sums = [0; STRIP];
        for start in (0..rows.count).step_by(STRIP) {
            let rows = Rows { count: STRIP.min(rows.count - start), ..rows };
            let x = &x[start * rows.x_step..];
            for (row, sum) in x_sums[..rows.count].iter_mut().enumerate() {
                *sum = layer.x_sum(&x[row * rows.x_step..]);
            }
            let y = y.from(start * rows.y_step);
            arch::int8(self.tier, &mut Int8Job { layer, x, y, rows, x_sums: &x_sums });
        }
    }

    fn layer(&self, slope: i32) -> Int8Layer<'_> {
        Int8Layer {
            outputs: self.outputs,
            padded: self.bias.len(),
            offsets: self.pieces.offsets(),
            len: self.pieces.piece_len(),
            padded_len: self.padded_len,
            weights: self.weights.bytes(),
            bias: &self.bias,
            slopes: &self.slopes,
            slope,
            weight_zeros: &self.weight_zeros,
            finish: &self.finish,
        }
    }

    /// Bytes of weights, bias, zero points and scales as they are packed.
    pub fn weight_bytes(&self) -> usize {
        let numbers = self.bias.len() + self.slopes.len() + self.weight_zeros.len();
        self.weights.len() + numbers * 4 + self.finish.bytes()
    }

    /// What a row reads.
    pub(crate) fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// Outputs of a row.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Values of a row of x.
    pub fn elements(&self) -> usize {
        self.pieces.elements()
    }
}

/// What the sum of one output can come to.
struct Sums {
    bias: i64,
    /// `Σ (w - w_zero)`.
    slope: i64,
    /// The sum of those `w - w_zero` that are above zero.
    above: i64,
}

impl Sums {
    fn of(row: &[i8], zero: i32, bias: i32) -> Self {
        // Both are from -128 to 127: a block of steps fits 16 bits, in which many are added at once.
        let zero = zero as i16;
        let (mut slope, mut above) = (0, 0);
        for block in row.chunks(BLOCK) {
            let steps = || block.iter().map(|&w| i16::from(w) - zero);
            slope += i64::from(steps().sum::<i16>());
            above += i64::from(steps().map(|step| step.max(0)).sum::<i16>());
        }
        Self { bias: i64::from(bias), slope, above }
    }

    /// Whether the sum fits i32 for every x.
    fn fit(&self, x_zero: u8) -> bool {
        let start = self.bias - i64::from(x_zero) * self.slope;
        let (lowest, highest) = (start + 255 * (self.slope - self.above), start + 255 * self.above);
        i32::try_from(lowest).is_ok() && i32::try_from(highest).is_ok()
    }
}

/// Lays the weights out for a tier: `[panels][pieces][groups of a piece][panel][group]`.
fn pack(weights: &[i8], outputs: usize, pieces: &Pieces, panel: usize, group: usize) -> Aligned {
    let lay = match group {
        1 => lay::<1>,
        2 => lay::<2>,
        4 => lay::<4>,
        _ => lay::<8>,
    };
    let row = pieces.offsets().len() * pieces.piece_len().next_multiple_of(group);
    let mut packed = Aligned::new(outputs.next_multiple_of(panel) * row);
    let panels = packed.bytes_mut().chunks_exact_mut(panel * row);
    for (to, rows) in panels.zip(weights.chunks(panel * pieces.elements())) {
        for (column, weights) in rows.chunks_exact(pieces.elements()).enumerate() {
            lay(to, panel, column, weights, pieces.piece_len());
        }
    }
    packed
}

/// Lays the weights of an output into its column of a panel, in groups of `G`.
fn lay<const G: usize>(to: &mut [u8], panel: usize, column: usize, weights: &[i8], len: usize) {
    let mut groups = to.as_chunks_mut::<G>().0.iter_mut().skip(column).step_by(panel);
    for piece in weights.chunks_exact(len) {
        let (whole, rest) = piece.as_chunks::<G>();
        for (weights, group) in whole.iter().zip(&mut groups) {
            *group = weights.map(|weight| weight as u8);
        }
        if !rest.is_empty()
            && let Some(group) = groups.next()
        {
            group.iter_mut().zip(rest).for_each(|(to, &weight)| *to = weight as u8);
        }
    }
}
