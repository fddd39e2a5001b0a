//! Functions of two numbers, and choosing between two, over arrays that repeat where they are shorter.
//!
//! f32 in and out; a [`Walk`] gives the steps, 0 where an array repeats. Edges are those of the ONNX
//! operators as numpy and onnxruntime have them. Truth is 1.0 and 0.0; every number but zero is true.

use crate::error::KernelError;
use crate::map::truth;
use crate::multi::{by_tier, pair};
use crate::tier::FloatTier;
use crate::walk::{Walk, place};

/// A row that is shorter is written several times side by side, where it is one for many.
const SHORT: usize = 32;

/// A function of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a b
    Mul,
    /// a / b
    Div,
    /// a to the power of b
    Pow,
    /// The smaller one; NaN where either is.
    Min,
    /// The larger one; NaN where either is.
    Max,
    /// a, below zero times b
    PRelu,
    /// What is left of a after division by b, with the sign of a (`fmod` 1).
    Mod,
    /// Both are true.
    And,
    /// At least one is true.
    Or,
    /// One is true, the other not.
    Xor,
    /// a = b
    Equal,
    /// a > b
    Greater,
    /// a >= b
    GreaterOrEqual,
    /// a < b
    Less,
    /// a <= b
    LessOrEqual,
}

/// `y = op(a, b)` for each element of the walk over (a, b, y).
///
/// # Errors
/// The walk leaves one of the arrays.
pub fn zip(
    tier: FloatTier,
    op: BinaryOp,
    walk: &Walk<3>,
    a: &[f32],
    b: &[f32],
    y: &mut [f32],
) -> Result<(), KernelError> {
    walk.fits([a.len(), b.len(), y.len()])?;
    tiered(tier, op, walk, a, b, y);
    Ok(())
}

by_tier! { narrow:
    fn tiered(op: BinaryOp, walk: &Walk<3>, a: &[f32], b: &[f32], y: &mut [f32]) = body;
}

#[inline(always)]
fn body(op: BinaryOp, walk: &Walk<3>, a: &[f32], b: &[f32], y: &mut [f32]) {
    use BinaryOp as O;
    match op {
        O::Add => each(walk, a, b, y, |a, b| a + b),
        O::Sub => each(walk, a, b, y, |a, b| a - b),
        O::Mul => each(walk, a, b, y, |a, b| a * b),
        O::Div => each(walk, a, b, y, |a, b| a / b),
        O::Min => each(walk, a, b, y, |a, b| if a < b || a.is_nan() { a } else { b }),
        O::Max => each(walk, a, b, y, |a, b| if a > b || a.is_nan() { a } else { b }),
        O::PRelu => each(walk, a, b, y, |a, b| if a < 0.0 { a * b } else { a }),
        O::Equal => each(walk, a, b, y, |a, b| truth(a == b)),
        O::Greater => each(walk, a, b, y, |a, b| truth(a > b)),
        O::GreaterOrEqual => each(walk, a, b, y, |a, b| truth(a >= b)),
        O::Less => each(walk, a, b, y, |a, b| truth(a < b)),
        O::LessOrEqual => each(walk, a, b, y, |a, b| truth(a <= b)),
        O::Pow | O::Mod | O::And | O::Or | O::Xor => seldom(op, walk, a, b, y),
    }
}

/// What models rarely have, compiled once.
#[inline(never)]
fn seldom(op: BinaryOp, walk: &Walk<3>, a: &[f32], b: &[f32], y: &mut [f32]) {
    let f: fn(f32, f32) -> f32 = match op {
        BinaryOp::Pow => pow,
        BinaryOp::Mod => libm::fmodf,
        BinaryOp::And => |a, b| truth(a != 0.0 && b != 0.0),
        BinaryOp::Or => |a, b| truth(a != 0.0 || b != 0.0),
        _ => |a, b| truth((a != 0.0) != (b != 0.0)),
    };
    each(walk, a, b, y, f);
}

/// Squares, which are the power that models have, are rounded correctly.
fn pow(a: f32, b: f32) -> f32 {
    if b == 2.0 { a * a } else { libm::powf(a, b) }
}

#[inline(always)]
fn each(walk: &Walk<3>, a: &[f32], b: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    let (len, steps) = walk.inner();
    let (rows, next) = walk.axis(1);
    if steps == [1, 1, 1] && len <= SHORT {
        let whole = len as isize;
        if next == [whole, 0, whole] {
            return short_rows(walk, a, b, y, [0, 1], &f);
        }
        if next == [0, whole, whole] {
            return short_rows(walk, b, a, y, [1, 0], &|b, a| f(a, b));
        }
    }
    for mut at in walk.planes() {
        for _ in 0..rows {
            run(at, steps, len, a, b, y, &f);
            for (at, next) in at.iter_mut().zip(next) {
                *at = at.wrapping_add_signed(next);
            }
        }
    }
}

#[inline(always)]
fn run(
    at: [usize; 3],
    steps: [isize; 3],
    len: usize,
    a: &[f32],
    b: &[f32],
    y: &mut [f32],
    f: &impl Fn(f32, f32) -> f32,
) {
    if !matches!(steps, [1, 1, 1] | [1, 0, 1] | [0, 1, 1]) {
        for i in 0..len {
            let [at_a, at_b, at_y] = core::array::from_fn(|n| place(at[n], steps[n], i));
            if let (Some(&a), Some(&b), Some(y)) = (a.get(at_a), b.get(at_b), y.get_mut(at_y)) {
                *y = f(a, b);
            }
        }
        return;
    }
    let (Some(a), Some(b), Some(y)) = (a.get(at[0]..), b.get(at[1]..), y.get_mut(at[2]..)) else {
        return;
    };
    match (steps, a, b) {
        ([1, 1, 1], ..) => {
            pair(y.get_mut(..len).unwrap_or_default(), a, b, f);
        }
        ([1, 0, 1], _, &[b, ..]) => {
            for (y, &a) in y.iter_mut().zip(a).take(len) {
                *y = f(a, b);
            }
        }
        ([0, 1, 1], &[a, ..], _) => {
            for (y, &b) in y.iter_mut().zip(b).take(len) {
                *y = f(a, b);
            }
        }
        _ => {}
    }
}

/// Rows that go on without a gap, with one short row for all of them: it is written several times
/// side by side, so that the inner loop is long. `which` are the places of both in the walk.
#[inline(always)]
fn short_rows(
    walk: &Walk<3>,
    long: &[f32],
    short: &[f32],
    y: &mut [f32],
    which: [usize; 2],
    f: &impl Fn(f32, f32) -> f32,
) {
    let ((len, _), (rows, _)) = (walk.inner(), walk.axis(1));
    let mut wide = [0.0; 2 * SHORT];
    let whole = wide.len() / len * len;
    for at in walk.planes() {
        let (from, once, to) = (at[which[0]], at[which[1]], at[2]);
        let size = rows * len;
        let (Some(long), Some(short), Some(y)) =
            (long.get(from..from + size), short.get(once..once + len), y.get_mut(to..to + size))
        else {
            return;
        };
        for (wide, short) in wide.iter_mut().zip(short.iter().cycle()) {
            *wide = *short;
        }
        for (y, long) in y.chunks_mut(whole).zip(long.chunks(whole)) {
            pair(y, long, &wide, f);
        }
    }
}

/// ONNX's Where: `y = a` where the condition is true, else `b`, for each element of the walk over
/// (condition, a, b, y).
///
/// # Errors
/// The walk leaves one of the arrays.
pub fn select<T: Copy>(
    walk: &Walk<4>,
    condition: &[f32],
    a: &[T],
    b: &[T],
    y: &mut [T],
) -> Result<(), KernelError> {
    walk.fits([condition.len(), a.len(), b.len(), y.len()])?;
    let (len, steps) = walk.inner();
    for at in walk.runs() {
        for i in 0..len {
            let [c, at_a, at_b, at_y] = core::array::from_fn(|n| place(at[n], steps[n], i));
            if let (Some(&c), Some(&a), Some(&b), Some(y)) =
                (condition.get(c), a.get(at_a), b.get(at_b), y.get_mut(at_y))
            {
                *y = if c != 0.0 { a } else { b };
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
