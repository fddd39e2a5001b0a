//! The f32 kernels for NEON of 64-bit ARM.
//!
//! Weights lie in panels of 16 outputs, four vectors, or of 8 where there are no more. Panels outside and rows
//! inside, 4 rows at once: 16 sums, 4 vectors of weights and one of four x for each row fit the 32 registers.

use core::arch::aarch64::*;

use super::dot_f32::{OUTPUTS, dot_f32};
use super::tile_f32::tile_f32;
use crate::clamp::Clamp;
use crate::job::F32Job as Job;

const LANES: usize = 4;
type Vector = float32x4_t;

/// Outputs in a panel, and elements of each side by side.
pub(crate) fn packing(outputs: usize) -> (usize, usize) {
    match outputs {
        0..=OUTPUTS => (outputs, LANES),
        5..=8 => (8, 1),
        _ => (16, 1),
    }
}

/// Runs a layer that was packed for [`packing`].
#[target_feature(enable = "neon")]
pub(crate) fn run<const ADD: bool>(job: &mut Job<'_>) {
    let (count, outputs) = (job.rows.count, job.layer.outputs);
    if outputs <= OUTPUTS {
        return dots::<ADD>(job);
    }
    let mut row = 0;
    if outputs <= 8 {
        while row + 2 <= count {
            tile::<2, 1, 2, 8, 4, ADD>(job, (row, 0));
            row += 2;
        }
        if row < count {
            tile::<1, 1, 2, 8, 4, ADD>(job, (row, 0));
        }
        return;
    }
    if count >= 4 {
        for output in (0..outputs).step_by(16) {
            row = 0;
            while row + 4 <= count {
                tile::<4, 1, 4, 16, 1, ADD>(job, (row, output));
                row += 4;
            }
        }
    }
    while row < count {
        let mut output = 0;
        while output < job.layer.padded {
            if output + 32 <= job.layer.padded {
                tile::<1, 2, 4, 16, 1, ADD>(job, (row, output));
                output += 32;
            } else {
                tile::<1, 1, 4, 16, 1, ADD>(job, (row, output));
                output += 16;
            }
        }
        row += 1;
    }
}

tile_f32!("neon");
dot_f32!("neon");

/// Adds a piece of `len` elements to every sum, four x at a time.
#[inline]
#[target_feature(enable = "neon")]
fn accumulate<const R: usize, const P: usize, const J: usize, const W: usize, const C: usize>(
    sums: &mut [[[[Vector; J]; P]; R]; C],
    xs: [&[f32]; R],
    weights: [&[f32]; P],
    len: usize,
) {
    let whole = len / 4;
    // Cut to one length, so that the compiler sees that no index below is out of range.
    let (mut fours, mut panels) = ([&[][..]; R], [&[][..]; P]);
    for r in 0..R {
        fours[r] = &xs[r].as_chunks::<4>().0[..whole];
    }
    let mut rest = [&[][..]; P];
    for p in 0..P {
        (panels[p], rest[p]) = weights[p].as_chunks::<W>().0.as_chunks::<4>();
        panels[p] = &panels[p][..whole];
    }
    for i in 0..whole {
        let mut x = [zero(); R];
        for r in 0..R {
            x[r] = load(&fours[r][i], 0);
        }
        macro_rules! lane {
            ($lane:literal) => {
                for p in 0..P {
                    for j in 0..J {
                        let w = load(&panels[p][i][$lane], j * LANES);
                        for r in 0..R {
                            let sum = &mut sums[$lane % C][r][p][j];
                            *sum = vfmaq_laneq_f32::<$lane>(*sum, w, x[r]);
                        }
                    }
                }
            };
        }
        lane!(0);
        lane!(1);
        lane!(2);
        lane!(3);
    }
    // Three elements at most are left.
    for c in 0..3 {
        if whole * 4 + c >= len {
            break;
        }
        for p in 0..P {
            for j in 0..J {
                let w = load(&rest[p][c], j * LANES);
                for r in 0..R {
                    let sum = &mut sums[c % C][r][p][j];
                    *sum = vfmaq_f32(*sum, w, splat(xs[r][whole * 4 + c]));
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn zero() -> Vector {
    vdupq_n_f32(0.0)
}

#[inline]
#[target_feature(enable = "neon")]
fn splat(value: f32) -> Vector {
    vdupq_n_f32(value)
}

#[inline]
#[target_feature(enable = "neon")]
fn multiply_add(a: Vector, b: Vector, c: Vector) -> Vector {
    vfmaq_f32(c, a, b)
}

#[inline]
#[target_feature(enable = "neon")]
fn add(a: Vector, b: Vector) -> Vector {
    vaddq_f32(a, b)
}

/// NaN and -0 stay, other than with `fmax`.
#[inline]
#[target_feature(enable = "neon")]
fn at_least(low: Vector, value: Vector) -> Vector {
    vbslq_f32(vcgtq_f32(low, value), low, value)
}

/// NaN stays.
#[inline]
#[target_feature(enable = "neon")]
fn at_most(high: Vector, value: Vector) -> Vector {
    vbslq_f32(vcltq_f32(high, value), high, value)
}

#[inline]
#[target_feature(enable = "neon")]
fn load(from: &[f32], at: usize) -> Vector {
    let from = &from[at..][..LANES];
    // SAFETY: the slice holds 4 values.
    unsafe { vld1q_f32(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn load_some(from: &[f32]) -> Vector {
    if from.len() >= LANES {
        return load(from, 0);
    }
    let mut all = [0.0; LANES];
    all[..from.len()].copy_from_slice(from);
    load(&all, 0)
}

/// The sum of each vector's lanes, in pairs.
#[inline]
#[target_feature(enable = "neon")]
fn totals([a, b, c, d]: [Vector; 4]) -> [f32; 4] {
    let mut all = [0.0; 4];
    store(&mut all, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
    all
}

/// As many values as `to` has room for.
#[inline]
#[target_feature(enable = "neon")]
fn store(to: &mut [f32], value: Vector) {
    if to.len() >= LANES {
        // SAFETY: the slice has room for 4 values.
        return unsafe { vst1q_f32(to.as_mut_ptr(), value) };
    }
    let mut all = [0.0; LANES];
    // SAFETY: the array has room for 4 values.
    unsafe { vst1q_f32(all.as_mut_ptr(), value) };
    to.copy_from_slice(&all[..to.len()]);
}
