//! Moves elements without changing them: transposing, slicing, repeating, padding, gathering.
//!
//! Arrays of any element go in and out; a [`Walk`] says which element goes where.

use alloc::vec::Vec;

use crate::error::{KernelError, same_length};
use crate::walk::{Walk, holds, place};

/// Rows and columns of a square that is transposed at once.
const TILE: usize = 4;

/// Copies each element of the walk from `x` (array 0) to `y` (array 1).
///
/// # Errors
/// The walk leaves one of the arrays.
pub fn copy<T: Copy>(walk: &Walk<2>, x: &[T], y: &mut [T]) -> Result<(), KernelError> {
    walk.fits([x.len(), y.len()])?;
    let (len, steps) = walk.inner();
    let (rows, row_steps) = walk.axis(1);
    if walk.rank() >= 2 && steps[1] == 1 && row_steps[0] == 1 && steps[0] > 1 && row_steps[1] > 1 {
        let (x_step, y_step) = (steps[0] as usize, row_steps[1] as usize);
        for [from, to] in walk.planes() {
            if let (Some(x), Some(y)) = (x.get(from..), y.get_mut(to..)) {
                transpose(x, x_step, y, y_step, rows, len);
            }
        }
        return Ok(());
    }
    for [from, to] in walk.runs() {
        run(x, y, [from, to], steps, len);
    }
    Ok(())
}

fn run<T: Copy>(x: &[T], y: &mut [T], [from, to]: [usize; 2], steps: [isize; 2], len: usize) {
    match steps {
        [1, 1] => {
            if let (Some(x), Some(y)) = (x.get(from..from + len), y.get_mut(to..to + len)) {
                y.copy_from_slice(x);
            }
        }
        [0, 1] => {
            if let (Some(&x), Some(y)) = (x.get(from), y.get_mut(to..to + len)) {
                y.fill(x);
            }
        }
        [x_step, y_step] => {
            for i in 0..len {
                let (from, to) = (place(from, x_step, i), place(to, y_step, i));
                if let (Some(&x), Some(y)) = (x.get(from), y.get_mut(to)) {
                    *y = x;
                }
            }
        }
    }
}

/// `y[row][column] = x[column][row]`, in squares of which the compiler makes shuffles.
fn transpose<T: Copy>(
    x: &[T],
    x_step: usize,
    y: &mut [T],
    y_step: usize,
    rows: usize,
    columns: usize,
) {
    let (whole_rows, whole_columns) = (rows / TILE * TILE, columns / TILE * TILE);
    for top in (0..whole_rows).step_by(TILE) {
        for left in (0..whole_columns).step_by(TILE) {
            square(x, left * x_step + top, x_step, y, top * y_step + left, y_step);
        }
    }
    // What is left below and to the right.
    for row in 0..rows {
        let from = if row < whole_rows { whole_columns } else { 0 };
        if from == columns {
            continue;
        }
        let (Some(y), Some(x)) =
            (y.get_mut(row * y_step + from..row * y_step + columns), x.get(from * x_step + row..))
        else {
            return;
        };
        for (y, &x) in y.iter_mut().zip(x.iter().step_by(x_step)) {
            *y = x;
        }
    }
}

#[inline(always)]
fn square<T: Copy>(x: &[T], from: usize, x_step: usize, y: &mut [T], to: usize, y_step: usize) {
    let line = |i: usize| x.get(from + i * x_step..).and_then(|x| x.first_chunk::<TILE>());
    let (Some(a), Some(b), Some(c), Some(d)) = (line(0), line(1), line(2), line(3)) else {
        return;
    };
    for i in 0..TILE {
        let place = to + i * y_step;
        if let Some(y) = y.get_mut(place..).and_then(|y| y.first_chunk_mut::<TILE>()) {
            *y = [a[i], b[i], c[i], d[i]];
        }
    }
}

/// Sets each element of the walk.
///
/// # Errors
/// The walk leaves the array.
pub fn fill<T: Copy>(walk: &Walk<1>, value: T, y: &mut [T]) -> Result<(), KernelError> {
    walk.fits([y.len()])?;
    let (len, [step]) = walk.inner();
    for [to] in walk.runs() {
        if step == 1 {
            if let Some(y) = y.get_mut(to..to + len) {
                y.fill(value);
            }
        } else {
            for i in 0..len {
                if let Some(y) = y.get_mut(place(to, step, i)) {
                    *y = value;
                }
            }
        }
    }
    Ok(())
}

/// Takes elements from anywhere: `y[i] = x[index[i]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    index: Vec<u32>,
    inputs: usize,
}

impl Pick {
    /// The index that stands for the fill value.
    pub const FILL: u32 = u32::MAX;

    /// From an array of `inputs` elements.
    ///
    /// # Errors
    /// An index is neither in the array nor [`Pick::FILL`].
    pub fn new(index: Vec<u32>, inputs: usize) -> Result<Self, KernelError> {
        let inside = |&i: &u32| i == Self::FILL || (i as usize) < inputs;
        holds(index.iter().all(inside), "an index is outside of the array that it picks from")?;
        Ok(Self { index, inputs })
    }

    /// How many elements come out.
    pub fn outputs(&self) -> usize {
        self.index.len()
    }

    /// Picks from `x`; where the index is [`Pick::FILL`], `fill` is put.
    ///
    /// # Errors
    /// `x` or `y` has another length than told.
    pub fn run<T: Copy>(&self, x: &[T], fill: T, y: &mut [T]) -> Result<(), KernelError> {
        same_length("the input of a pick", self.inputs, x.len())?;
        same_length("the output of a pick", self.index.len(), y.len())?;
        for (y, &i) in y.iter_mut().zip(&self.index) {
            *y = x.get(i as usize).copied().unwrap_or(fill);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use proptest::prelude::*;

    use super::*;

    fn numbers(n: usize) -> Vec<f32> {
        (0..n).map(|i| i as f32).collect()
    }

    #[test]
    fn transposes_of_all_sizes_are_right() {
        for (rows, columns) in [(1, 1), (2, 3), (16, 64), (17, 33), (40, 5)] {
            let x = numbers(rows * columns * 2);
            let mut y = vec![-1.0; x.len()];
            let size = (rows * columns) as isize;
            // x [2][columns][rows] -> y [2][rows][columns]
            let walk = Walk::new(
                &[2, rows, columns],
                [&[size, 1, rows as isize], &[size, columns as isize, 1]],
                [0, 0],
            )
            .unwrap();
            copy(&walk, &x, &mut y).unwrap();
            for b in 0..2 {
                for r in 0..rows {
                    for c in 0..columns {
                        let at = b * rows * columns;
                        assert_eq!(y[at + r * columns + c], x[at + c * rows + r]);
                    }
                }
            }
        }
    }

    #[test]
    fn the_last_row_is_moved_where_x_ends_with_it() {
        // Five rows, of which one is behind the squares, from an x that ends with its last element.
        let x = numbers(5 + 11 * 3);
        let walk = Walk::new(&[5, 12], [&[1, 3], &[12, 1]], [0, 0]).unwrap();
        let mut y = vec![-1.0; 60];
        copy(&walk, &x, &mut y).unwrap();
        for (i, &y) in y.iter().enumerate() {
            assert_eq!(y, x[i / 12 + i % 12 * 3]);
        }
    }

    #[test]
    fn slices_repeats_and_pads_are_copies() {
        let x = [1u8, 2, 3, 4, 5, 6];
        let mut back = [0u8; 6];
        copy(&Walk::new(&[6], [&[-1], &[1]], [5, 0]).unwrap(), &x, &mut back).unwrap();
        assert_eq!(back, [6, 5, 4, 3, 2, 1]);
        // Nearest upsampling by 2: an axis of step 0.
        let mut twice = [0u8; 12];
        copy(&Walk::new(&[6, 2], [&[1, 0], &[2, 1]], [0, 0]).unwrap(), &x, &mut twice).unwrap();
        assert_eq!(twice, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
        // The interior of [4][5] from [2][3].
        let mut padded = [0u8; 20];
        copy(&Walk::new(&[2, 3], [&[3, 1], &[5, 1]], [0, 6]).unwrap(), &x, &mut padded).unwrap();
        assert_eq!(padded[5..15], [0, 1, 2, 3, 0, 0, 4, 5, 6, 0]);
        fill(&Walk::new(&[4], [&[5]], [0]).unwrap(), 9, &mut padded).unwrap();
        assert_eq!(padded[4..11], [0, 9, 1, 2, 3, 0, 9]);
    }

    #[test]
    fn picks_take_from_anywhere_and_fill() {
        let pick = Pick::new(vec![2, Pick::FILL, 0], 3).unwrap();
        let mut y = [0; 3];
        pick.run(&[7, 8, 9], -1, &mut y).unwrap();
        assert_eq!(y, [9, -1, 7]);
        assert!(Pick::new(vec![3], 3).is_err());
        assert!(pick.run(&[7, 8], -1, &mut y).is_err());
        assert!(pick.run(&[7, 8, 9], -1, &mut [0; 2]).is_err());
    }

    #[test]
    fn short_arrays_are_refused() {
        let walk = Walk::new(&[4], [&[1], &[1]], [0, 0]).unwrap();
        assert!(copy(&walk, &[0; 3], &mut [0; 4]).is_err());
        assert!(copy(&walk, &[0; 4], &mut [0; 3]).is_err());
        assert!(fill(&Walk::new(&[4], [&[1]], [0]).unwrap(), 0, &mut [0; 3]).is_err());
    }

    proptest! {
        #[test]
        fn every_copy_is_element_by_element(
            axes in proptest::collection::vec((1usize..20, -3isize..20, any::<bool>(), 0isize..2), 0..4),
            turn in 0usize..4,
        ) {
            let lens: Vec<_> = axes.iter().map(|a| a.0).collect();
            let x_steps: Vec<_> = axes.iter().map(|a| a.1).collect();
            // y has each element once: its axes in another order, with gaps, forwards or backwards.
            let (mut y_steps, mut step) = (vec![0; axes.len()], 1);
            for i in 0..axes.len() {
                let axis = (i + turn) % axes.len();
                let (len, _, back, gap) = axes[axis];
                y_steps[axis] = if back { -step } else { step };
                step *= len as isize + gap;
            }
            let start = |steps: &[isize]| {
                let below = |(len, step): (&usize, &isize)| (-step).max(0) as usize * (len - 1);
                lens.iter().zip(steps).map(below).sum::<usize>()
            };
            let starts = [start(&x_steps), start(&y_steps)];
            let walk = Walk::new(&lens, [&x_steps, &y_steps], starts).unwrap();
            let needs = walk.needs();
            let x = numbers(needs[0]);
            let (mut y, mut expected) = (vec![-1.0; needs[1]], vec![-1.0; needs[1]]);
            copy(&walk, &x, &mut y).unwrap();
            for [from, to] in walk.each() {
                expected[to] = x[from];
            }
            prop_assert_eq!(y, expected);
        }
    }
}
