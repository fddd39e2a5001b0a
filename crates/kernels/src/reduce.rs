//! Sums, means and extremes over some axes, which go.
//!
//! f32 in and out. An outer walk says where each result goes and where its numbers begin, an inner
//! walk where they lie. The order of a sum depends on the inner walk alone: numbers side by side are
//! summed in 16 chains, number `i` of a run in chain `i mod 16`; all others one after the other.

use crate::error::{KernelError, at_least};
use crate::math;
use crate::multi::by_tier;
use crate::tier::FloatTier;
use crate::walk::{Walk, place};

/// Sums that are built side by side.
const CHAINS: usize = 16;

/// What is made of many numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReduceOp {
    /// The sum.
    Sum,
    /// The sum, divided by how many there are.
    Mean,
    /// The largest; NaN where there is one.
    Max,
    /// The smallest; NaN where there is one.
    Min,
    /// The product.
    Prod,
    /// The sum of magnitudes.
    L1,
    /// The root of the sum of squares.
    L2,
    /// The sum of squares.
    SumSquare,
    /// The logarithm of the sum.
    LogSum,
    /// The logarithm of the sum of exponentials, which do not overflow.
    LogSumExp,
}

/// A reduction of some axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduce {
    op: ReduceOp,
    outer: Walk<2>,
    inner: Walk<1>,
    needs: [usize; 2],
}

impl Reduce {
    /// `outer` walks the axes that stay, over (x, y), `inner` those that go, from each place in x.
    ///
    /// # Errors
    /// The walks together reach further than can be counted.
    pub fn new(op: ReduceOp, outer: Walk<2>, inner: Walk<1>) -> Result<Self, KernelError> {
        let x = needed(outer.needs()[0], inner.needs()[0])?;
        let needs = [x, outer.needs()[1]];
        Ok(Self { op, outer, inner, needs })
    }

    /// Reduces `x` to `y`. Over no numbers a sum is 0, a product 1, a maximum minus infinity.
    ///
    /// # Errors
    /// `x` or `y` is too short for the walks.
    pub fn run(&self, tier: FloatTier, x: &[f32], y: &mut [f32]) -> Result<(), KernelError> {
        at_least("the input of a reduction", Some(self.needs[0]), x.len())?;
        at_least("the output of a reduction", Some(self.needs[1]), y.len())?;
        tiered(tier, self, x, y);
        self.finish(y);
        Ok(())
    }

    /// What several reductions have in common is computed by one loop; this makes the rest of it.
    fn finish(&self, y: &mut [f32]) {
        let count = self.inner.count() as f32;
        let finish: fn(f32, f32) -> f32 = match self.op {
            ReduceOp::Mean => |sum, count| sum / count,
            ReduceOp::L2 => |sum, _| math::sqrt(sum),
            ReduceOp::LogSum => |sum, _| math::log(sum),
            _ => return,
        };
        let (len, [_, step]) = self.outer.inner();
        for [_, at] in self.outer.runs() {
            for i in 0..len {
                if let Some(y) = y.get_mut(place(at, step, i)) {
                    *y = finish(*y, count);
                }
            }
        }
    }
}

/// How long an array must be that an inner walk is walked over from each place of an outer one.
pub(crate) fn needed(outer: usize, inner: usize) -> Result<usize, KernelError> {
    if outer == 0 || inner == 0 {
        return Ok(0);
    }
    (outer - 1)
        .checked_add(inner)
        .ok_or(KernelError::Value { what: "a walk goes further than can be counted" })
}

by_tier! { narrow:
    fn tiered(reduce: &Reduce, x: &[f32], y: &mut [f32]) = body;
}

#[inline(always)]
fn body(reduce: &Reduce, x: &[f32], y: &mut [f32]) {
    use ReduceOp as R;
    let (same, sum) = (|x: f32| x, |a: f32, b: f32| a + b);
    match reduce.op {
        R::Sum | R::Mean | R::LogSum => all(reduce, x, y, 0.0, same, sum),
        R::Max => all(reduce, x, y, f32::NEG_INFINITY, same, larger),
        R::Min => all(reduce, x, y, f32::INFINITY, same, smaller),
        R::Prod => all(reduce, x, y, 1.0, same, |a, b| a * b),
        R::L1 => all(reduce, x, y, 0.0, f32::abs, sum),
        R::L2 | R::SumSquare => all(reduce, x, y, 0.0, |x| x * x, sum),
        R::LogSumExp => {
            all(reduce, x, y, f32::NEG_INFINITY, same, larger);
            for [from, to] in reduce.outer.each() {
                if let Some(y) = y.get_mut(to) {
                    let top = *y;
                    let exps = |x: f32| math::exp(x - top);
                    if top.is_finite() {
                        *y = top + math::log(fold(&reduce.inner, x, from, 0.0, exps, sum));
                    }
                }
            }
        }
    }
}

/// The larger one; NaN wins.
#[inline(always)]
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    if a > b || a.is_nan() { a } else { b }
}

/// The smaller one; NaN wins.
#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b || a.is_nan() { a } else { b }
}

#[inline(always)]
fn all(
    reduce: &Reduce,
    x: &[f32],
    y: &mut [f32],
    start: f32,
    take: impl Fn(f32) -> f32 + Copy,
    join: impl Fn(f32, f32) -> f32 + Copy,
) {
    let side_by_side = reduce.inner.inner() != (1, [1]) && reduce.inner.inner().1 == [1];
    if reduce.outer.inner().1 == [1, 1] && !side_by_side {
        return columns(reduce, x, y, start, take, join);
    }
    for [from, to] in reduce.outer.each() {
        if let Some(y) = y.get_mut(to) {
            *y = fold(&reduce.inner, x, from, start, take, join);
        }
    }
}

/// Results that lie side by side, from numbers that do: each in the order that [`fold`] has.
#[inline(always)]
fn columns(
    reduce: &Reduce,
    x: &[f32],
    y: &mut [f32],
    start: f32,
    take: impl Fn(f32) -> f32 + Copy,
    join: impl Fn(f32, f32) -> f32 + Copy,
) {
    let (len, _) = reduce.outer.inner();
    for [from, to] in reduce.outer.runs() {
        let Some(y) = y.get_mut(to..to + len) else { return };
        y.fill(start);
        for [at] in reduce.inner.each() {
            let Some(x) = x.get(from + at..) else { return };
            for (y, &x) in y.iter_mut().zip(x) {
                *y = join(*y, take(x));
            }
        }
    }
}

/// Joins what array 0 of a walk touches, counted from `from`.
#[inline(always)]
pub(crate) fn fold<const N: usize>(
    walk: &Walk<N>,
    x: &[f32],
    from: usize,
    start: f32,
    take: impl Fn(f32) -> f32 + Copy,
    join: impl Fn(f32, f32) -> f32 + Copy,
) -> f32 {
    let (len, steps) = walk.inner();
    if steps[0] != 1 || len == 1 {
        let mut sum = start;
        for at in walk.runs() {
            for i in 0..len {
                if let Some(&x) = x.get(from + place(at[0], steps[0], i)) {
                    sum = join(sum, take(x));
                }
            }
        }
        return sum;
    }
    let mut sums = [start; CHAINS];
    for at in walk.runs() {
        let (blocks, rest) = x
            .get(from + at[0]..)
            .and_then(|x| x.get(..len))
            .unwrap_or_default()
            .as_chunks::<CHAINS>();
        for block in blocks {
            for (sum, &x) in sums.iter_mut().zip(block) {
                *sum = join(*sum, take(x));
            }
        }
        for (sum, &x) in sums.iter_mut().zip(rest) {
            *sum = join(*sum, take(x));
        }
    }
    let mut half = CHAINS / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] = join(sums[i], sums[i + half]);
        }
        half /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::tier::Tier;

    const ALL: [ReduceOp; 10] = [
        ReduceOp::Sum,
        ReduceOp::Mean,
        ReduceOp::Max,
        ReduceOp::Min,
        ReduceOp::Prod,
        ReduceOp::L1,
        ReduceOp::L2,
        ReduceOp::SumSquare,
        ReduceOp::LogSum,
        ReduceOp::LogSumExp,
    ];

    fn naive(op: ReduceOp, x: &[f64]) -> f64 {
        let squares = x.iter().map(|x| x * x).sum::<f64>();
        match op {
            ReduceOp::Sum => x.iter().sum(),
            ReduceOp::Mean => x.iter().sum::<f64>() / x.len() as f64,
            ReduceOp::Max => x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ReduceOp::Min => x.iter().copied().fold(f64::INFINITY, f64::min),
            ReduceOp::Prod => x.iter().product(),
            ReduceOp::L1 => x.iter().map(|x| x.abs()).sum(),
            ReduceOp::L2 => squares.sqrt(),
            ReduceOp::SumSquare => squares,
            ReduceOp::LogSum => x.iter().sum::<f64>().ln(),
            ReduceOp::LogSumExp => x.iter().map(|x| x.exp()).sum::<f64>().ln(),
        }
    }

    /// Over the middle axis of `[a][b][c]`.
    fn middle(op: ReduceOp, a: usize, b: usize, c: usize) -> Reduce {
        let size = (b * c) as isize;
        let outer = Walk::new(&[a, c], [&[size, 1], &[c as isize, 1]], [0, 0]).unwrap();
        Reduce::new(op, outer, Walk::new(&[b], [&[c as isize]], [0]).unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn every_reduction_is_the_naive_one(a in 1usize..4, b in 1usize..70, c in 1usize..40) {
            let x: Vec<_> = (0..a * b * c).map(|i| (i as f32 * 0.7).sin() + 1.1).collect();
            for op in ALL {
                let reduce = middle(op, a, b, c);
                let mut portable = vec![0.0; a * c];
                reduce.run(FloatTier::Portable, &x, &mut portable).unwrap();
                for tier in Tier::all_here() {
                    let mut y = vec![0.0; a * c];
                    reduce.run(tier.float, &x, &mut y).unwrap();
                    prop_assert_eq!(&y, &portable);
                }
                for (i, &y) in portable.iter().enumerate() {
                    let at = i / c * b * c + i % c;
                    let column: Vec<_> = (0..b).map(|j| f64::from(x[at + j * c])).collect();
                    let t = naive(op, &column);
                    let near = (f64::from(y) - t).abs() <= 2e-5 * (1.0 + t.abs());
                    prop_assert!(near, "{:?} {} {}", op, y, t);
                }
            }
        }

        #[test]
        fn bits_do_not_depend_on_the_batch(a in 2usize..5, b in 1usize..40, c in 1usize..20) {
            let x: Vec<_> = (0..a * b * c).map(|i| (i as f32 * 0.7).sin()).collect();
            let (whole, alone) = (middle(ReduceOp::Sum, a, b, c), middle(ReduceOp::Sum, 1, b, c));
            let (mut y, mut one) = (vec![0.0; a * c], vec![0.0; c]);
            whole.run(FloatTier::Portable, &x, &mut y).unwrap();
            for (i, x) in x.chunks(b * c).enumerate() {
                alone.run(FloatTier::Portable, x, &mut one).unwrap();
                prop_assert_eq!(&y[i * c..(i + 1) * c], &one[..]);
            }
        }
    }

    #[test]
    fn nan_wins_and_large_exponents_do_not_overflow() {
        let row = |op| {
            let (outer, inner) = (Walk::new(&[], [&[], &[]], [0, 0]), Walk::new(&[3], [&[1]], [0]));
            Reduce::new(op, outer.unwrap(), inner.unwrap()).unwrap()
        };
        let mut y = [0.0];
        for op in [ReduceOp::Max, ReduceOp::Min, ReduceOp::Sum, ReduceOp::LogSumExp] {
            for at in 0..3 {
                let mut x = [1.0, -2.0, 3.0];
                x[at] = f32::NAN;
                row(op).run(FloatTier::Portable, &x, &mut y).unwrap();
                assert!(y[0].is_nan(), "{op:?}");
            }
        }
        let log_sum_exp = row(ReduceOp::LogSumExp);
        log_sum_exp.run(FloatTier::Portable, &[1000.0; 3], &mut y).unwrap();
        assert!((y[0] - 1_001.098_6).abs() < 1e-3);
        assert!(log_sum_exp.run(FloatTier::Portable, &[0.0; 2], &mut y).is_err());
        assert!(log_sum_exp.run(FloatTier::Portable, &[0.0; 3], &mut []).is_err());
    }

    #[test]
    fn several_axes_go_and_none_too() {
        // [2][3][4] over the first and last axis.
        let x: Vec<_> = (0..24).map(|i| i as f32).collect();
        let outer = Walk::new(&[3], [&[4], &[1]], [0, 0]).unwrap();
        let inner = Walk::new(&[2, 4], [&[12, 1]], [0]).unwrap();
        let mut y = [0.0; 3];
        Reduce::new(ReduceOp::Sum, outer.clone(), inner)
            .unwrap()
            .run(FloatTier::Portable, &x, &mut y)
            .unwrap();
        assert_eq!(y, [60.0, 92.0, 124.0]);
        let none = Walk::new(&[0], [&[1]], [0]).unwrap();
        let reduce = Reduce::new(ReduceOp::Prod, outer, none).unwrap();
        reduce.run(FloatTier::Portable, &[], &mut y).unwrap();
        assert_eq!(y, [1.0; 3]);
    }
}
