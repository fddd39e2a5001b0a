//! Where the values of a row lie in memory, and where the results go. Holds no values itself.

use alloc::vec;
use alloc::vec::Vec;

use crate::error::{KernelError, at_least};

/// Where one row of x lies: pieces of equal length at these offsets from the row's start.
///
/// One piece for a dense layer, and for a convolution along time whose channels lie last; one for each
/// row of the kernel for a convolution over two axes. The pieces may overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    offsets: Vec<usize>,
    len: usize,
    elements: usize,
    reach: usize,
}

impl Pieces {
    /// One piece of `elements` values.
    pub fn whole(elements: usize) -> Self {
        Self::new(vec![0], elements)
    }

    /// Pieces of `len` values each, that start at `offsets`.
    pub fn new(offsets: Vec<usize>, len: usize) -> Self {
        let elements = offsets.len().saturating_mul(len);
        let reach = offsets.iter().max().map_or(0, |last| last.saturating_add(len));
        Self { offsets, len, elements, reach }
    }

    /// From the row's start to each piece.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Values in one piece.
    pub fn piece_len(&self) -> usize {
        self.len
    }

    /// Values in a row: how many weights an output has.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// Values from the row's start to the end of the piece that lies furthest behind it.
    pub fn reach(&self) -> usize {
        self.reach
    }
}

/// Which rows a call computes: row `r` reads `x[r * x_step + offset + i]` for each piece, and writes
/// `y[r * y_step ..][..outputs]`. What lies between the rows of y is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// How many.
    pub count: usize,
    /// From one row of x to the next, in values. Rows may overlap.
    pub x_step: usize,
    /// From one row of y to the next, in values; at least the outputs when there is more than one row.
    pub y_step: usize,
}

impl Rows {
    /// Rows that lie one behind the other on both sides.
    pub fn dense(count: usize, elements: usize, outputs: usize) -> Self {
        Self { count, x_step: elements, y_step: outputs }
    }

    /// Checks that x holds every row of `reach` values and `slack` more, and y every row of `outputs`.
    pub(crate) fn check(
        &self,
        (x, reach, slack): (usize, usize, usize),
        (y, outputs): (usize, usize),
    ) -> Result<(), KernelError> {
        let Some(before) = self.count.checked_sub(1) else { return Ok(()) };
        if before > 0 && self.y_step < outputs {
            return Err(KernelError::Value { what: "the rows of y overlap" });
        }
        let end = |step: usize, row: usize| before.checked_mul(step)?.checked_add(row);
        let read = end(self.x_step, reach).and_then(|end| end.checked_add(slack));
        at_least("x", read, x)?;
        at_least("y", end(self.y_step, outputs), y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reaches_to_its_furthest_piece() {
        let pieces = Pieces::new(vec![8, 0, 4], 3);
        assert_eq!((pieces.elements(), pieces.reach()), (9, 11));
        assert_eq!((Pieces::whole(5).elements(), Pieces::whole(5).reach()), (5, 5));
        assert_eq!(Pieces::new(vec![usize::MAX], 3).reach(), usize::MAX);
    }

    #[test]
    fn rows_outside_the_slices_are_refused() {
        let rows = Rows { count: 3, x_step: 2, y_step: 5 };
        assert_eq!(rows.check((7, 3, 0), (14, 4)), Ok(()));
        assert!(rows.check((6, 3, 0), (14, 4)).is_err());
        assert!(rows.check((7, 3, 1), (14, 4)).is_err());
        assert!(rows.check((7, 3, 0), (13, 4)).is_err());
        assert!(rows.check((7, 3, 0), (100, 6)).is_err());
        assert_eq!(Rows { count: 0, ..rows }.check((0, 3, 64), (0, 4)), Ok(()));
        for far in [usize::MAX, usize::MAX / 2] {
            assert!(Rows { x_step: far, ..rows }.check((7, 3, 0), (14, 4)).is_err());
            assert!(Rows { count: far, ..rows }.check((7, 3, 0), (14, 4)).is_err());
        }
    }
}
