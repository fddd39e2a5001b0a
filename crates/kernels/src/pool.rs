//! Max and average pooling, channels last.
//!
//! Windows `[rows][columns][channels]` go in, one behind the other, and come out with fewer rows and
//! columns. A signal of one dimension has a single row. Padding takes no part in a maximum.

mod moved;

use alloc::vec::Vec;

use crate::error::{KernelError, same_length};
use crate::multi::by_tier;
use crate::reduce::larger;
use crate::tier::FloatTier;
use crate::walk::{holds, product};

/// How the kernel moves along one axis, in elements of the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolAxis {
    /// The axis' length.
    pub input: usize,
    /// How many elements the kernel takes.
    pub kernel: usize,
    /// How far it moves for each output.
    pub stride: usize,
    /// How far apart the elements lie that it takes.
    pub dilation: usize,
    /// Padding before the first element.
    pub before: usize,
    /// Padding behind the last element; a kernel may reach further with `ceil_mode`.
    pub after: usize,
    /// How many outputs there are.
    pub output: usize,
}

impl PoolAxis {
    /// The rows of a signal of one dimension.
    pub const ONE: Self =
        Self { input: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, output: 1 };

    fn check(&self) -> Result<(), KernelError> {
        let positive = [self.input, self.kernel, self.stride, self.dilation, self.output];
        holds(positive.iter().all(|&n| n > 0), "a length, kernel, stride or dilation is 0")?;
        // Then no index below can overflow.
        let small = |n: usize| n <= (isize::MAX as usize).isqrt() / 4;
        let all = positive.iter().chain([&self.before, &self.after]);
        holds(all.copied().all(small), "a pool is larger than can be counted")
    }

    /// What output `at` takes.
    fn taps(&self, at: usize) -> Taps {
        let from = at * self.stride;
        // The first element of the kernel that is not before the axis, and the end of those.
        let skipped = self.before.saturating_sub(from).div_ceil(self.dilation).min(self.kernel);
        let first = (from + skipped * self.dilation).saturating_sub(self.before);
        let behind = (from + self.kernel * self.dilation).saturating_sub(self.before);
        let end = if skipped == self.kernel { first } else { behind.min(self.input).max(first) };
        let padded_end = self.input + self.before + self.after;
        let padded = padded_end.saturating_sub(from).div_ceil(self.dilation).min(self.kernel);
        Taps { first, count: (end - first).div_ceil(self.dilation), padded }
    }

    fn all(&self) -> Vec<Taps> {
        (0..self.output).map(|at| self.taps(at)).collect()
    }
}

/// The elements of an axis that one output takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taps {
    first: usize,
    count: usize,
    /// With padding.
    padded: usize,
}

/// What the kernel makes of the elements that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolOp {
    /// The largest; NaN where there is one.
    Max,
    /// The mean.
    Average {
        /// Whether padding counts, as zeros (`count_include_pad`).
        include_pad: bool,
    },
}

/// A pooling layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    op: PoolOp,
    channels: usize,
    rows: Vec<Taps>,
    columns: Vec<Taps>,
    /// From one row of the kernel to the next, and from one column, in elements of the window.
    row_step: usize,
    column_step: usize,
    /// Elements of a row.
    width: usize,
    from: usize,
    to: usize,
}

impl Pool {
    /// Over windows `[rows.input][columns.input][channels]`.
    ///
    /// # Errors
    /// A length, kernel, stride or dilation is 0, or larger than can be counted.
    pub fn new(
        op: PoolOp,
        rows: PoolAxis,
        columns: PoolAxis,
        channels: usize,
    ) -> Result<Self, KernelError> {
        rows.check()?;
        columns.check()?;
        holds(channels > 0, "a pool has no channels")?;
        let from = product(&[rows.input, columns.input, channels])?;
        let to = product(&[rows.output, columns.output, channels])?;
        let width = columns.input * channels;
        Ok(Self {
            op,
            channels,
            rows: rows.all(),
            columns: columns.all(),
            row_step: product(&[rows.dilation, width])?,
            column_step: product(&[columns.dilation, channels])?,
            width,
            from,
            to,
        })
    }

    /// Elements of a window that goes in, and of one that comes out.
    pub fn lens(&self) -> (usize, usize) {
        (self.from, self.to)
    }

    fn fits(&self, x: usize, y: usize) -> Result<(), KernelError> {
        holds(x.is_multiple_of(self.from), "the input of a pool is not a whole number of windows")?;
        same_length("the output of a pool", (x / self.from).saturating_mul(self.to), y)
    }

    /// Pools every window of `x`. An output that takes nothing but padding is minus infinity as a
    /// maximum, 0 as a mean.
    ///
    /// # Errors
    /// `x` is not a whole number of windows, or `y` not as many.
    pub fn run(&self, tier: FloatTier, x: &[f32], y: &mut [f32]) -> Result<(), KernelError> {
        self.fits(x.len(), y.len())?;
        floats(tier, self, x, y);
        Ok(())
    }

    /// The same over bytes, of which only a maximum can be taken.
    ///
    /// # Errors
    /// Those of [`Self::run`], and a mean.
    pub fn run_bytes(&self, tier: FloatTier, x: &[u8], y: &mut [u8]) -> Result<(), KernelError> {
        holds(self.op == PoolOp::Max, "a mean of bytes cannot be pooled")?;
        self.fits(x.len(), y.len())?;
        bytes(tier, self, x, y);
        Ok(())
    }
}

by_tier! { narrow:
    fn floats(pool: &Pool, x: &[f32], y: &mut [f32]) = floats_body;
    fn bytes(pool: &Pool, x: &[u8], y: &mut [u8]) = bytes_body;
}

#[inline(always)]
fn floats_body(pool: &Pool, x: &[f32], y: &mut [f32]) {
    match pool.op {
        PoolOp::Max => each(pool, x, y, f32::NEG_INFINITY, larger, |_, _, _| {}),
        PoolOp::Average { include_pad } => each(
            pool,
            x,
            y,
            0.0,
            |a, b| a + b,
            |y, taken, padded| {
                let count = if include_pad { padded } else { taken };
                let count = count.max(1) as f32;
                for y in y {
                    *y /= count;
                }
            },
        ),
    }
}

#[inline(always)]
fn bytes_body(pool: &Pool, x: &[u8], y: &mut [u8]) {
    each(pool, x, y, 0, |a, b| if a > b { a } else { b }, |_, _, _| {});
}

/// Joins what each output takes, channel by channel, row by row; `finish` gets how many those are,
/// without and with padding.
#[inline(always)]
fn each<T: Copy>(
    pool: &Pool,
    x: &[T],
    y: &mut [T],
    start: T,
    join: impl Fn(T, T) -> T,
    finish: impl Fn(&mut [T], usize, usize),
) {
    let channels = pool.channels;
    let outputs = || pool.rows.iter().flat_map(|row| pool.columns.iter().map(move |c| (row, c)));
    for (x, y) in x.chunks_exact(pool.from).zip(y.chunks_exact_mut(pool.to)) {
        for ((row, column), y) in outputs().zip(y.chunks_exact_mut(channels)) {
            y.fill(start);
            let corner = row.first * pool.width + column.first * channels;
            for i in 0..row.count {
                let mut from = corner + i * pool.row_step;
                for _ in 0..column.count {
                    for (y, &x) in y.iter_mut().zip(x.get(from..).unwrap_or_default()) {
                        *y = join(*y, x);
                    }
                    from += pool.column_step;
                }
            }
            finish(y, row.count * column.count, row.padded * column.padded);
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

    fn axis() -> impl Strategy<Value = PoolAxis> {
        (1usize..9, 1usize..4, 1usize..4, 1usize..4, 0usize..3, 0usize..3, any::<bool>())
            .prop_filter_map("a kernel that fits", |(input, kernel, stride, dilation, b, a, up)| {
                let reach = (kernel - 1) * dilation + 1;
                let room = (input + b + a).checked_sub(reach)?;
                let more = if up { room.div_ceil(stride) } else { room / stride };
                Some(PoolAxis {
                    input,
                    kernel,
                    stride,
                    dilation,
                    before: b,
                    after: a,
                    output: more + 1,
                })
            })
    }

    /// The indices that an output takes, and how many it takes with padding.
    fn taken(axis: &PoolAxis, at: usize) -> (Vec<usize>, usize) {
        let all = (0..axis.kernel)
            .map(|k| (at * axis.stride + k * axis.dilation) as isize - axis.before as isize);
        let inside = all.clone().filter(|&i| i >= 0 && i < axis.input as isize);
        let padded = all.filter(|&i| i < (axis.input + axis.after) as isize).count();
        (inside.map(|i| i as usize).collect(), padded)
    }

    proptest! {
        #[test]
        fn every_pool_is_the_naive_one(
            rows in axis(), columns in axis(), channels in 1usize..20, windows in 1usize..3,
        ) {
            let n = windows * rows.input * columns.input * channels;
            let x: Vec<_> = (0..n).map(|i| (i as f32 * 0.7).sin()).collect();
            let ops = [
                PoolOp::Max,
                PoolOp::Average { include_pad: false },
                PoolOp::Average { include_pad: true },
            ];
            for op in ops {
                let pool = Pool::new(op, rows, columns, channels).unwrap();
                let mut portable = vec![0.0; windows * pool.lens().1];
                pool.run(FloatTier::Portable, &x, &mut portable).unwrap();
                for tier in Tier::all_here() {
                    let mut y = vec![0.0; portable.len()];
                    pool.run(tier.float, &x, &mut y).unwrap();
                    prop_assert_eq!(&y, &portable);
                }
                for (i, &y) in portable.iter().enumerate() {
                    let (channel, at) = (i % channels, i / channels);
                    let (column, at) = (at % columns.output, at / columns.output);
                    let (row, window) = (at % rows.output, at / rows.output);
                    let ((rs, padded_rows), (cs, padded_columns)) =
                        (taken(&rows, row), taken(&columns, column));
                    let values: Vec<_> = rs.iter().flat_map(|r| cs.iter().map(move |c| (r, c)))
                        .map(|(r, c)| {
                            let at = (window * rows.input + r) * columns.input + c;
                            f64::from(x[at * channels + channel])
                        })
                        .collect();
                    let t = match op {
                        PoolOp::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                        PoolOp::Average { include_pad } => {
                            let padded = padded_rows * padded_columns;
                            let n = if include_pad { padded } else { values.len() };
                            values.iter().sum::<f64>() / n.max(1) as f64
                        }
                    };
                    prop_assert!(f64::from(y) == t || (f64::from(y) - t).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn bytes_are_pooled_by_their_maximum() {
        let columns = PoolAxis { input: 5, kernel: 2, stride: 2, output: 3, ..PoolAxis::ONE };
        let pool = Pool::new(PoolOp::Max, PoolAxis::ONE, columns, 2).unwrap();
        let x = [1, 200, 3, 100, 255, 0, 4, 9, 0, 7];
        let mut y = [0; 6];
        pool.run_bytes(FloatTier::Portable, &x, &mut y).unwrap();
        assert_eq!(y, [3, 200, 255, 9, 0, 7]);
        let op = PoolOp::Average { include_pad: true };
        let mean = Pool::new(op, PoolAxis::ONE, columns, 2).unwrap();
        assert!(mean.run_bytes(FloatTier::Portable, &x, &mut y).is_err());
    }

    #[test]
    fn nan_wins_and_what_does_not_fit_is_refused() {
        let columns = PoolAxis { input: 3, kernel: 3, ..PoolAxis::ONE };
        let pool = Pool::new(PoolOp::Max, PoolAxis::ONE, columns, 1).unwrap();
        let mut y = [0.0];
        for at in 0..3 {
            let mut x = [1.0, 2.0, 3.0];
            x[at] = f32::NAN;
            pool.run(FloatTier::Portable, &x, &mut y).unwrap();
            assert!(y[0].is_nan());
        }
        assert!(pool.run(FloatTier::Portable, &[0.0; 4], &mut y).is_err());
        assert!(pool.run(FloatTier::Portable, &[0.0; 6], &mut y).is_err());
        let none = PoolAxis { stride: 0, ..columns };
        assert!(Pool::new(PoolOp::Max, PoolAxis::ONE, none, 1).is_err());
        assert!(Pool::new(PoolOp::Max, PoolAxis::ONE, columns, 0).is_err());
    }
}
