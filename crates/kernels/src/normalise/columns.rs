//! Sets that stand as columns beside each other: several at once, a row of them at a time.
//!
//! Each column gives the same bits as a set by itself, since both go from the first row to the last.

use super::sets::Standardise;
use crate::math;
use crate::reduce::larger;
use crate::walk::{Walk, place};

/// Whether the sets begin side by side, and their numbers do not lie so.
pub(super) fn are_columns<const N: usize>(outer: &Walk<N>, inner: &Walk<N>) -> bool {
    let (len, steps) = inner.inner();
    outer.inner().1[0] == 1 && outer.inner().0 > 1 && (steps[0] != 1 || len == 1)
}

/// As many columns as there are left, in blocks of 16, 8, 4 and 1: `block` gets the first of them.
macro_rules! in_blocks {
    ($columns:expr, $at:ident => $block:ident($($arg:expr),*)) => {
        let mut $at = 0;
        while $at < $columns {
            match $columns - $at {
                16.. => { $block::<16>($($arg),*); $at += 16; }
                8.. => { $block::<8>($($arg),*); $at += 8; }
                4.. => { $block::<4>($($arg),*); $at += 4; }
                _ => { $block::<1>($($arg),*); $at += 1; }
            }
        }
    };
}

#[inline(always)]
pub(super) fn softmax(outer: &Walk<1>, inner: &Walk<1>, values: &mut [f32]) {
    let (columns, _) = outer.inner();
    for [from] in outer.runs() {
        in_blocks!(columns, at => softmax_block(inner, values, from + at));
    }
}

#[inline(always)]
fn softmax_block<const W: usize>(inner: &Walk<1>, values: &mut [f32], from: usize) {
    let mut top = [f32::NEG_INFINITY; W];
    rows(inner, values, from, |x: &mut [f32; W], _| {
        for (top, &x) in top.iter_mut().zip(&*x) {
            *top = larger(*top, x);
        }
    });
    let mut total = [0.0; W];
    rows(inner, values, from, |x: &mut [f32; W], _| {
        for ((x, &top), total) in x.iter_mut().zip(&top).zip(&mut total) {
            *x = math::exp(*x - top);
            *total += *x;
        }
    });
    rows(inner, values, from, |x: &mut [f32; W], _| {
        for (x, &total) in x.iter_mut().zip(&total) {
            *x /= total;
        }
    });
}

#[inline(always)]
pub(super) fn standardise(layer: &Standardise, values: &mut [f32]) {
    let (columns, [_, step]) = layer.outer.inner();
    for [from, channel] in layer.outer.runs() {
        in_blocks!(columns, at => standardise_block(
            layer, values, from + at, place(channel, step, at), step
        ));
    }
}

/// `channel` is the place of the first column's scale, `step` leads to that of the next.
#[inline(always)]
fn standardise_block<const W: usize>(
    layer: &Standardise,
    values: &mut [f32],
    from: usize,
    channel: usize,
    step: isize,
) {
    let (inner, count) = (&layer.inner, layer.inner.count() as f32);
    let mut mean = [0.0; W];
    rows(inner, values, from, |x: &mut [f32; W], _| {
        for (mean, &x) in mean.iter_mut().zip(&*x) {
            *mean += x;
        }
    });
    for mean in &mut mean {
        *mean /= count;
    }
    let mut factor = [0.0; W];
    rows(inner, values, from, |x: &mut [f32; W], _| {
        for ((sum, &x), &mean) in factor.iter_mut().zip(&*x).zip(&mean) {
            *sum += (x - mean) * (x - mean);
        }
    });
    for factor in &mut factor {
        *factor = 1.0 / math::sqrt(*factor / count + layer.epsilon);
    }
    let take = |all: &[f32], at: usize| -> [f32; W] {
        core::array::from_fn(|i| all.get(place(channel, step, i) + at).copied().unwrap_or_default())
    };
    // Where the numbers of a set share a scale, it is taken once.
    let shared = inner.needs()[1] <= 1;
    let (mut scale, mut bias) = (take(&layer.scale, 0), take(&layer.bias, 0));
    rows(inner, values, from, |x: &mut [f32; W], [_, at]| {
        if !shared {
            (scale, bias) = (take(&layer.scale, at), take(&layer.bias, at));
        }
        for ((((x, &mean), &factor), &s), &b) in
            x.iter_mut().zip(&mean).zip(&factor).zip(&scale).zip(&bias)
        {
            *x = (*x - mean) * factor * s + b;
        }
    });
}

/// Each row of a block of columns, with the places in the arrays of the walk.
#[inline(always)]
fn rows<const N: usize, const W: usize>(
    inner: &Walk<N>,
    values: &mut [f32],
    from: usize,
    mut f: impl FnMut(&mut [f32; W], [usize; N]),
) {
    let (len, steps) = inner.inner();
    for mut at in inner.runs() {
        for _ in 0..len {
            let row = values.get_mut(from + at[0]..).and_then(|x| x.first_chunk_mut::<W>());
            if let Some(row) = row {
                f(row, at);
            }
            for (at, step) in at.iter_mut().zip(steps) {
                *at = at.wrapping_add_signed(step);
            }
        }
    }
}
