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
    let ((len, steps), (rows, next)) = (walk.inner(), walk.axis(1));
    let whole = len as isize;
    let short = steps == [1, 1, 1] && len <= SHORT;
    for at in walk.planes() {
        let plane = Plane { at, next, rows, steps, len };
        match next {
            _ if !short => tiered(tier, op, plane, a, b, y),
            next if next == [whole, 0, whole] => {
                let (wide, at) = (Wide::of(b, at[1], len), [at[0], 0, at[2]]);
                for plane in wide.planes(at, rows * len, [1, 0]) {
                    tiered(tier, op, plane, a, &wide.values, y);
                }
            }
            next if next == [0, whole, whole] => {
                let (wide, at) = (Wide::of(a, at[0], len), [0, at[1], at[2]]);
                for plane in wide.planes(at, rows * len, [0, 1]) {
                    tiered(tier, op, plane, &wide.values, b, y);
                }
            }
            _ => tiered(tier, op, plane, a, b, y),
        }
    }
    Ok(())
}

/// Rows of one length: where the first one begins in a, b and y, how far it is to the next one, and
/// the steps in a row.
#[derive(Clone, Copy)]
struct Plane {
    at: [usize; 3],
    next: [isize; 3],
    rows: usize,
    steps: [isize; 3],
    len: usize,
}

/// A short row, written several times side by side.
struct Wide {
    values: [f32; 2 * SHORT],
    /// What is taken of it at once: a multiple of the row.
    whole: usize,
}

impl Wide {
    /// Of a row of `len` numbers, at most [`SHORT`], from `at` on.
    fn of(row: &[f32], at: usize, len: usize) -> Self {
        let mut values = [0.0; 2 * SHORT];
        let row = row.get(at..).and_then(|row| row.get(..len)).unwrap_or_default();
        for (wide, short) in values.iter_mut().zip(row.iter().cycle()) {
            *wide = *short;
        }
        Self { whole: values.len() / len * len, values }
    }

    /// `size` elements that go on without a gap, in rows as long as this one, and what is left of them.
    /// `moves` is 1 for the array that goes on, 0 for this row.
    fn planes(&self, at: [usize; 3], size: usize, moves: [usize; 2]) -> [Plane; 2] {
        let (rows, rest) = (size / self.whole, size % self.whole);
        let moves = [moves[0], moves[1], 1];
        let next = moves.map(|moves| (moves * self.whole) as isize);
        let behind = core::array::from_fn(|n| at[n] + moves[n] * rows * self.whole);
        let plane = Plane { at, next, rows, steps: [1; 3], len: self.whole };
        [plane, Plane { at: behind, rows: 1, len: rest, ..plane }]
    }
}

by_tier! { narrow:
    fn tiered(op: BinaryOp, plane: Plane, a: &[f32], b: &[f32], y: &mut [f32]) = body;
}

// Each operator is compiled once a tier, with all that stands in `each`: the walk stays outside.
#[inline(always)]
fn body(op: BinaryOp, plane: Plane, a: &[f32], b: &[f32], y: &mut [f32]) {
    use BinaryOp as O;
    match op {
        O::Add => each(plane, a, b, y, |a, b| a + b),
        O::Sub => each(plane, a, b, y, |a, b| a - b),
        O::Mul => each(plane, a, b, y, |a, b| a * b),
        O::Div => each(plane, a, b, y, |a, b| a / b),
        O::Min => each(plane, a, b, y, |a, b| if a < b || a.is_nan() { a } else { b }),
        O::Max => each(plane, a, b, y, |a, b| if a > b || a.is_nan() { a } else { b }),
        O::PRelu => each(plane, a, b, y, |a, b| if a < 0.0 { a * b } else { a }),
        O::Equal => each(plane, a, b, y, |a, b| truth(a == b)),
        O::Greater => each(plane, a, b, y, |a, b| truth(a > b)),
        O::GreaterOrEqual => each(plane, a, b, y, |a, b| truth(a >= b)),
        O::Less => each(plane, a, b, y, |a, b| truth(a < b)),
        O::LessOrEqual => each(plane, a, b, y, |a, b| truth(a <= b)),
        O::Pow | O::Mod | O::And | O::Or | O::Xor => seldom(op, plane, a, b, y),
    }
}

/// What models rarely have, compiled once.
#[inline(never)]
fn seldom(op: BinaryOp, plane: Plane, a: &[f32], b: &[f32], y: &mut [f32]) {
    let f: fn(f32, f32) -> f32 = match op {
        BinaryOp::Pow => pow,
        BinaryOp::Mod => libm::fmodf,
        BinaryOp::And => |a, b| truth(a != 0.0 && b != 0.0),
        BinaryOp::Or => |a, b| truth(a != 0.0 || b != 0.0),
        _ => |a, b| truth((a != 0.0) != (b != 0.0)),
    };
    each(plane, a, b, y, f);
}

/// Squares, which are the power that models have, are rounded correctly.
fn pow(a: f32, b: f32) -> f32 {
    if b == 2.0 { a * a } else { libm::powf(a, b) }
}

#[inline(always)]
fn each(plane: Plane, a: &[f32], b: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    let Plane { mut at, next, rows, steps, len } = plane;
    for _ in 0..rows {
        run(at, steps, len, a, b, y, &f);
        for (at, next) in at.iter_mut().zip(next) {
            *at = at.wrapping_add_signed(next);
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
