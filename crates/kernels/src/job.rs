//! What a kernel gets: a packed layer, where its rows lie, and where the results go. Its lengths have been
//! checked by whoever made it; kernels rely on them.

use crate::clamp::Clamp;
use crate::finish::Finish;
use crate::pieces::Rows;

/// A layer as a kernel sees it. Only `DenseF32` makes one: kernels rely on the lengths.
#[derive(Clone, Copy)]
pub(crate) struct F32Layer<'a> {
    pub outputs: usize,
    /// Outputs, filled up to whole panels.
    pub padded: usize,
    pub elements: usize,
    pub offsets: &'a [usize],
    /// Values in a piece.
    pub len: usize,
    /// `elements` for each of the `padded` outputs, at least. Layers of a few outputs count each piece as filled up
    /// to whole vectors.
    pub weights: &'a [f32],
    /// `padded`, at least.
    pub bias: &'a [f32],
    pub clamp: Clamp,
}

/// Rows to compute. Only `DenseF32` makes one, having checked that x and y hold all the rows: kernels rely
/// on it.
pub(crate) struct F32Job<'a> {
    pub layer: F32Layer<'a>,
    pub x: &'a [f32],
    pub y: &'a mut [f32],
    pub rows: Rows,
}

/// A layer as a kernel sees it. Only `DenseInt8` makes one: kernels rely on the lengths.
#[derive(Clone, Copy)]
pub(crate) struct Int8Layer<'a> {
    pub outputs: usize,
    /// Outputs, filled up to whole panels: `bias` and `slopes` have as many, the scales too.
    pub padded: usize,
    pub offsets: &'a [usize],
    /// Values in a piece, and the same filled up to a whole number of groups.
    pub len: usize,
    pub padded_len: usize,
    /// `offsets.len() * padded_len` for each of the `padded` outputs, at least.
    pub weights: &'a [u8],
    pub bias: &'a [i32],
    /// Taken off each sum `slope` times.
    pub slopes: &'a [i32],
    pub slope: i32,
    /// Taken off each sum as often as the row's x sum up to: `padded`, or empty for none.
    pub weight_zeros: &'a [i32],
    pub finish: &'a Finish,
}

impl Int8Layer<'_> {
    /// Values of a row, its pieces filled up.
    #[inline]
    pub fn row(&self) -> usize {
        self.offsets.len() * self.padded_len
    }

    /// The sum of a row's x, what stands behind its pieces left out.
    pub(crate) fn x_sum(&self, x: &[u8]) -> i32 {
        let piece = |&offset: &usize| -> i32 {
            x[offset..][..self.len].iter().map(|&x| i32::from(x)).sum()
        };
        self.offsets.iter().map(piece).sum()
    }
}

/// Where the results go.
pub(crate) enum Target<'a> {
    U8(&'a mut [u8]),
    F32(&'a mut [f32]),
}

impl Target<'_> {
    /// What lies from `at` on.
    pub(crate) fn from(&mut self, at: usize) -> Target<'_> {
        match self {
            Self::U8(y) => Target::U8(&mut y[at..]),
            Self::F32(y) => Target::F32(&mut y[at..]),
        }
    }
}

/// Rows to compute. Only `DenseInt8` makes one, having checked that x (with the slack) and y hold all the
/// rows, and that y is of the kind that the layer ends in: kernels rely on it.
pub(crate) struct Int8Job<'a> {
    pub layer: Int8Layer<'a>,
    pub x: &'a [u8],
    pub y: Target<'a>,
    pub rows: Rows,
    /// The sum of each row's x, or none where no weight has a zero point.
    pub x_sums: &'a [i32],
}
