//! Where a dense kernel goes over a window: rows at one distance, and blocks of them.
//!
//! A dense layer is one row; a convolution whose channels lie last is a row for each place, and a block
//! for each line of them. Rows of windows that follow each other at the same distance are one block.

use crate::pieces::Rows;

/// Rows of one window, in elements from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// First element that is read.
    pub x_at: usize,
    /// First element that is written.
    pub y_at: usize,
    /// Blocks of rows.
    pub blocks: usize,
    /// From one block to the next, in what is read.
    pub x_block: usize,
    /// The same in what is written.
    pub y_block: usize,
    /// Rows of a block.
    pub rows: Rows,
}

impl Sweep {
    /// One row.
    pub fn row(x_at: usize, y_at: usize) -> Self {
        let rows = Rows { count: 1, x_step: 0, y_step: 0 };
        Sweep { x_at, y_at, blocks: 1, x_block: 0, y_block: 0, rows }
    }

    /// All its rows.
    pub(super) fn count(&self) -> usize {
        self.blocks * self.rows.count
    }

    /// Calls `work` with where to read, where to write and the rows, for `n` windows at these distances.
    pub(super) fn each<E>(
        &self,
        n: usize,
        (x_stride, y_stride): (usize, usize),
        mut work: impl FnMut(usize, usize, Rows) -> Result<(), E>,
    ) -> Result<(), E> {
        let Rows { count, x_step, y_step } = self.rows;
        let follow = count * x_step == x_stride && count * y_step == y_stride;
        if self.blocks == 1 && (count == 1 || follow) {
            let (x_step, y_step) = if count == 1 { (x_stride, y_stride) } else { (x_step, y_step) };
            return work(self.x_at, self.y_at, Rows { count: count * n, x_step, y_step });
        }
        for window in 0..n {
            for block in 0..self.blocks {
                let x_at = self.x_at + window * x_stride + block * self.x_block;
                let y_at = self.y_at + window * y_stride + block * self.y_block;
                work(x_at, y_at, self.rows)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn calls(sweep: Sweep, n: usize, strides: (usize, usize)) -> Vec<(usize, usize, usize)> {
        let mut calls = Vec::new();
        let each = sweep.each(n, strides, |x, y, rows| {
            calls.push((x, y, rows.count));
            Ok::<(), ()>(())
        });
        each.unwrap();
        calls
    }

    #[test]
    fn windows_join_where_their_rows_follow_each_other() {
        assert_eq!(calls(Sweep::row(2, 0), 3, (10, 4)), [(2, 0, 3)]);
        let rows = Rows { count: 5, x_step: 2, y_step: 3 };
        let block = Sweep { rows, ..Sweep::row(0, 0) };
        assert_eq!(calls(block, 2, (10, 15)), [(0, 0, 10)]);
        assert_eq!(calls(block, 2, (12, 15)), [(0, 0, 5), (12, 15, 5)]);
        let blocks = Sweep { blocks: 2, x_block: 20, y_block: 30, ..block };
        let wanted = [(0, 0, 5), (20, 30, 5), (40, 60, 5), (60, 90, 5)];
        assert_eq!(calls(blocks, 2, (40, 60)), wanted);
    }
}
