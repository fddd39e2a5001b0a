//! A dense layer over f32: `y = clamp(bias + W x)`, row by row.
//!
//! Every output is summed over its elements in one order, from the bias (or from y) up, with one rounding
//! a step where the instructions multiply and add at once. Narrow layers may sum in four chains, element `i`
//! of a piece in chain `i mod 4`, and as (0 + 1) + (2 + 3) at the end; layers of up to four outputs in as many
//! chains as a vector has lanes, which are added up in pairs, and the bias last. The order depends on the layer and on
//! the instructions alone: the bits of a row never depend on how many rows run, or where it stands.
//! Subnormal numbers are what the processor makes of them.

use crate::aligned::Aligned;
use crate::arch;
use crate::clamp::Clamp;
use crate::error::{KernelError, same_length};
use crate::job::{F32Job, F32Layer};
use crate::pieces::{Pieces, Rows};
use crate::tier::FloatTier;

/// Rows of weights that are packed at a time.
const STRIP: usize = 4;

/// A dense layer over f32 whose weights are packed once.
#[derive(Clone, Debug)]
pub struct DenseF32 {
    tier: FloatTier,
    outputs: usize,
    /// Outputs, filled up to whole panels.
    padded: usize,
    pieces: Pieces,
    /// `[padded / panel][pieces][len / group][panel][group]`, each piece and the last panel filled up with zeros.
    weights: Aligned,
    /// One for each output, filled up with zeros to whole panels.
    bias: Aligned,
    clamp: Clamp,
}

impl DenseF32 {
    /// Packs `weights` (`[outputs][elements]`, the pieces one behind the other) for `tier`.
    ///
    /// # Errors
    /// Wrong lengths, a layer without outputs or elements, limits that no number lies in, or a tier that
    /// this processor does not run.
    pub fn new(
        tier: FloatTier,
        outputs: usize,
        pieces: &Pieces,
        weights: &[f32],
        bias: &[f32],
        clamp: Clamp,
    ) -> Result<Self, KernelError> {
        if !tier.is_here() {
            return Err(KernelError::Tier { name: tier.name() });
        }
        let elements = pieces.elements();
        if outputs == 0 || elements == 0 {
            return Err(KernelError::Value { what: "a layer needs outputs and elements" });
        }
        same_length("weights", outputs.saturating_mul(elements), weights.len())?;
        same_length("bias", outputs, bias.len())?;
        clamp.check()?;
        let (panel, group) = arch::f32_packing(tier, outputs);
        let padded = outputs.next_multiple_of(panel);
        let padded_len = pieces.piece_len().next_multiple_of(group);
        let row_len = pieces.offsets().len() * padded_len;
        let mut packed = Aligned::new(padded * row_len * size_of::<f32>());
        let panels = packed.f32s_mut().chunks_exact_mut(row_len * panel);
        for (to, rows) in panels.zip(weights.chunks(elements * panel)) {
            if group > 1 {
                in_groups(rows, pieces.piece_len(), to, (elements, panel, group));
                continue;
            }
            for (strip, rows) in rows.chunks(elements * STRIP).enumerate() {
                turn(rows, elements, to, panel, strip * STRIP);
            }
        }
        let mut starts = Aligned::new(padded * size_of::<f32>());
        starts.f32s_mut()[..outputs].copy_from_slice(bias);
        Ok(Self {
            tier,
            outputs,
            padded,
            pieces: pieces.clone(),
            weights: packed,
            bias: starts,
            clamp,
        })
    }

    /// `y = clamp(bias + W x)`.
    ///
    /// # Errors
    /// Rows that x or y does not hold, or rows of y that overlap. Nothing has been written then.
    pub fn run(&self, x: &[f32], y: &mut [f32], rows: Rows) -> Result<(), KernelError> {
        arch::f32::<false>(self.tier, &mut self.job(x, y, rows)?);
        Ok(())
    }

    /// `y = clamp(y + W x)`, without the bias: the second half of a recurrent layer.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn add_to(&self, x: &[f32], y: &mut [f32], rows: Rows) -> Result<(), KernelError> {
        arch::f32::<true>(self.tier, &mut self.job(x, y, rows)?);
        Ok(())
    }

    fn job<'a>(
        &'a self,
        x: &'a [f32],
        y: &'a mut [f32],
        rows: Rows,
    ) -> Result<F32Job<'a>, KernelError> {
        rows.check((x.len(), self.pieces.reach(), 0), (y.len(), self.outputs))?;
        let layer = F32Layer {
            outputs: self.outputs,
            padded: self.padded,
            elements: self.pieces.elements(),
            offsets: self.pieces.offsets(),
            len: self.pieces.piece_len(),
            weights: self.weights.f32s(),
            bias: self.bias.f32s(),
            clamp: self.clamp,
        };
        Ok(F32Job { layer, x, y, rows })
    }

    /// Bytes of weights and bias as they are packed.
    pub fn weight_bytes(&self) -> usize {
        self.weights.len() + self.bias.len()
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

/// Writes rows as columns of a panel, `group` elements of a column one behind the other, each piece filled up to
/// whole groups.
fn in_groups(
    rows: &[f32],
    len: usize,
    to: &mut [f32],
    (elements, panel, group): (usize, usize, usize),
) {
    let padded_len = len.next_multiple_of(group);
    for (column, row) in rows.chunks_exact(elements).enumerate() {
        for (i, &weight) in row.iter().enumerate() {
            let at = i / len * padded_len + i % len;
            to[(at / group * panel + column) * group + at % group] = weight;
        }
    }
}

/// Writes up to [`STRIP`] rows as columns of a panel, from `column` on.
fn turn(rows: &[f32], elements: usize, to: &mut [f32], panel: usize, column: usize) {
    let places = to.chunks_exact_mut(panel).map(|place| &mut place[column..]);
    let mut each = rows.chunks_exact(elements);
    let four = [each.next(), each.next(), each.next(), each.next()];
    if let [Some(a), Some(b), Some(c), Some(d)] = four {
        // Together, for a store of four numbers takes no longer than of one.
        for ((((to, a), b), c), d) in places.zip(a).zip(b).zip(c).zip(d) {
            to[..STRIP].copy_from_slice(&[*a, *b, *c, *d]);
        }
    } else {
        for (i, to) in places.enumerate() {
            for (to, row) in to.iter_mut().zip(rows.chunks_exact(elements)) {
                *to = row[i];
            }
        }
    }
}
