//! The product of two matrices that are both made at run time, as in attention.
//!
//! f32 `[batch][m][k]` and `[batch][k][n]` go in, by any steps, so either may lie transposed or
//! repeat; `[batch][m][n]` comes out. Each output is summed over k from the first to the last,
//! product and sum rounded by themselves: its bits depend on its row and column alone.

use crate::error::{KernelError, at_least};
use crate::multi::by_tier;
use crate::reduce::needed;
use crate::tier::FloatTier;
use crate::walk::{Walk, holds};

/// Columns of a panel, and how many elements of k it holds: 8 KiB on the stack.
const WIDTH: usize = 16;
const DEPTH: usize = 128;

/// Rows that are summed side by side.
const ROWS: usize = 4;

/// A batched product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatMul {
    batch: Walk<3>,
    m: usize,
    k: usize,
    n: usize,
    /// Steps of a along m and k, and of b along k and n.
    a: [usize; 2],
    b: [usize; 2],
    needs: [usize; 3],
}

impl MatMul {
    /// `batch` walks over where each matrix of (a, b, y) begins; `a` are the steps along m and k, `b`
    /// those along k and n. y has n elements a row, one row behind the other.
    ///
    /// # Errors
    /// A matrix has no rows, columns or elements to sum over, or reaches further than can be counted.
    pub fn new(
        batch: Walk<3>,
        [m, k, n]: [usize; 3],
        a: [usize; 2],
        b: [usize; 2],
    ) -> Result<Self, KernelError> {
        holds(m > 0 && k > 0 && n > 0, "a matrix is empty")?;
        let matrix = |lens: [usize; 2], steps: [usize; 2]| {
            let signed = steps.map(|step| isize::try_from(step).unwrap_or(isize::MAX));
            Walk::new(&lens, [&signed], [0]).map(|walk| walk.needs()[0])
        };
        let outer = batch.needs();
        let needs = [
            needed(outer[0], matrix([m, k], a)?)?,
            needed(outer[1], matrix([k, n], b)?)?,
            needed(outer[2], matrix([m, n], [n, 1])?)?,
        ];
        Ok(Self { batch, m, k, n, a, b, needs })
    }

    /// Multiplies every pair of matrices.
    ///
    /// # Errors
    /// A slice is too short for its matrices.
    pub fn run(
        &self,
        tier: FloatTier,
        a: &[f32],
        b: &[f32],
        y: &mut [f32],
    ) -> Result<(), KernelError> {
        at_least("the first matrix", Some(self.needs[0]), a.len())?;
        at_least("the second matrix", Some(self.needs[1]), b.len())?;
        at_least("the product of matrices", Some(self.needs[2]), y.len())?;
        tiered(tier, self, a, b, y);
        Ok(())
    }
}

by_tier! {
    fn tiered(product: &MatMul, a: &[f32], b: &[f32], y: &mut [f32]) = body;
}

#[inline(always)]
fn body(product: &MatMul, a: &[f32], b: &[f32], y: &mut [f32]) {
    let &MatMul { m, k, n, .. } = product;
    let mut panel = [[0.0; WIDTH]; DEPTH];
    for [at_a, at_b, at_y] in product.batch.each() {
        let (Some(a), Some(b), Some(y)) =
            (a.get(at_a..), b.get(at_b..), y.get_mut(at_y..).and_then(|y| y.get_mut(..m * n)))
        else {
            return;
        };
        for left in (0..n).step_by(WIDTH) {
            let width = WIDTH.min(n - left);
            for top in (0..k).step_by(DEPTH) {
                let depth = DEPTH.min(k - top);
                let Some(panel) = panel.get_mut(..depth) else { return };
                pack(panel, b, product.b, top, left, width);
                let begins = top == 0;
                let (steps, from) = (product.a, top * product.a[1]);
                let mut row = 0;
                while row + ROWS <= m {
                    let at = (from + row * steps[0], row * n + left);
                    multiply::<ROWS>(panel, a, at.0, steps, y, at.1, n, width, begins);
                    row += ROWS;
                }
                while row < m {
                    let at = (from + row * steps[0], row * n + left);
                    multiply::<1>(panel, a, at.0, steps, y, at.1, n, width, begins);
                    row += 1;
                }
            }
        }
    }
}

/// Brings some rows and columns of b together; columns that it does not have keep what they had.
#[inline(always)]
fn pack(
    panel: &mut [[f32; WIDTH]],
    b: &[f32],
    steps: [usize; 2],
    top: usize,
    left: usize,
    width: usize,
) {
    if steps[0] == 1 {
        for column in 0..width {
            let along = b.get(top + (left + column) * steps[1]..).unwrap_or_default();
            for (line, &value) in panel.iter_mut().zip(along) {
                line[column] = value;
            }
        }
        return;
    }
    for (i, line) in panel.iter_mut().enumerate() {
        let Some(b) = b.get((top + i) * steps[0] + left * steps[1]..) else { return };
        match (steps[1], b.first_chunk::<WIDTH>()) {
            (1, Some(whole)) if width == WIDTH => *line = *whole,
            (step, _) => {
                for (column, value) in line.iter_mut().take(width).enumerate() {
                    *value = b.get(column * step).copied().unwrap_or(0.0);
                }
            }
        }
    }
}

/// Adds the products of a part of k to the sums of R rows, which begin at 0 in the first part.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "three matrices, each with its place and its steps")]
fn multiply<const R: usize>(
    panel: &[[f32; WIDTH]],
    a: &[f32],
    from: usize,
    steps: [usize; 2],
    y: &mut [f32],
    to: usize,
    y_step: usize,
    width: usize,
    begins: bool,
) {
    let mut sums = [[0.0; WIDTH]; R];
    if !begins {
        for (i, sums) in sums.iter_mut().enumerate() {
            let before = y.get(to + i * y_step..).unwrap_or_default();
            for (sum, &y) in sums.iter_mut().zip(before).take(width) {
                *sum = y;
            }
        }
    }
    let mut lines = [[0.0; R]; DEPTH];
    for i in 0..R {
        let row = a.get(from + i * steps[0]..).unwrap_or_default();
        for (line, at) in lines.iter_mut().zip((0..panel.len()).map(|at| at * steps[1])) {
            line[i] = row.get(at).copied().unwrap_or(0.0);
        }
    }
    for (b, a) in panel.iter().zip(&lines) {
        for (sums, &a) in sums.iter_mut().zip(a) {
            for (sum, &b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        let row = y.get_mut(to + i * y_step..).unwrap_or_default();
        for (y, &sum) in row.iter_mut().zip(sums).take(width) {
            *y = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::tier::Tier;

    proptest! {
        #[test]
        fn every_product_is_summed_in_one_order(
            batch in 1usize..3, m in 1usize..6, k in 1usize..300, n in 1usize..40,
            turned in any::<(bool, bool, bool)>(),
        ) {
            let (a_turned, b_turned, b_repeats) = turned;
            let a_steps = if a_turned { [1, m] } else { [k, 1] };
            let b_steps = if b_turned { [1, k] } else { [n, 1] };
            let b_batch = if b_repeats { 0 } else { (k * n) as isize };
            let walk = Walk::new(
                &[batch],
                [&[(m * k) as isize], &[b_batch], &[(m * n) as isize]],
                [0; 3],
            )
            .unwrap();
            let product = MatMul::new(walk, [m, k, n], a_steps, b_steps).unwrap();
            let a: Vec<_> = (0..batch * m * k).map(|i| (i as f32 * 0.7).sin()).collect();
            let b: Vec<_> = (0..batch * k * n).map(|i| (i as f32 * 0.3).cos()).collect();
            let mut expected = vec![0.0; batch * m * n];
            for (i, y) in expected.iter_mut().enumerate() {
                let (set, row, column) = (i / n / m, i / n % m, i % n);
                let mut sum = 0.0f32;
                for j in 0..k {
                    sum += a[set * m * k + row * a_steps[0] + j * a_steps[1]]
                        * b[set * b_batch as usize + j * b_steps[0] + column * b_steps[1]];
                }
                *y = sum;
            }
            for tier in Tier::all_here() {
                let mut y = vec![7.0; batch * m * n];
                product.run(tier.float, &a, &b, &mut y).unwrap();
                prop_assert_eq!(&y, &expected);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let one = || Walk::new(&[], [&[], &[], &[]], [0; 3]).unwrap();
        assert!(MatMul::new(one(), [0, 1, 1], [1, 1], [1, 1]).is_err());
        assert!(MatMul::new(one(), [2, 2, 2], [usize::MAX, 1], [2, 1]).is_err());
        let product = MatMul::new(one(), [2, 3, 2], [3, 1], [2, 1]).unwrap();
        let (x, tier) = ([0.0; 6], FloatTier::Portable);
        assert!(product.run(tier, &x, &x, &mut [0.0; 4]).is_ok());
        assert!(product.run(tier, &x[1..], &x, &mut [0.0; 4]).is_err());
        assert!(product.run(tier, &x, &x[1..], &mut [0.0; 4]).is_err());
        assert!(product.run(tier, &x, &x, &mut [0.0; 3]).is_err());
    }
}
