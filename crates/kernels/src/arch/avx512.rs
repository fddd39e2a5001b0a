//! The f32 kernels for AVX-512F.
//!
//! Weights lie in panels of 32 outputs, two vectors, or of 16 where there are no more. Panels outside and
//! rows inside, 8 rows at once, so that the weights of a panel stay in the nearest cache; one row alone takes
//! four panels at once, enough sums to hide the time that one takes.

use core::arch::x86_64::*;

use super::avx2;
use super::dot_f32::OUTPUTS;
use super::tile_f32::{accumulate_f32, tile_f32};
use crate::clamp::Clamp;
use crate::job::F32Job as Job;

const LANES: usize = 16;
type Vector = __m512;

/// Outputs in a panel, and elements of each side by side.
pub(crate) fn packing(outputs: usize) -> (usize, usize) {
    match outputs {
        0..=OUTPUTS => avx2::packing(outputs),
        5..=LANES => (LANES, 1),
        _ => (2 * LANES, 1),
    }
}

/// Runs a layer that was packed for [`packing`].
#[target_feature(enable = "avx512f")]
pub(crate) fn run<const ADD: bool>(job: &mut Job<'_>) {
    let (count, outputs) = (job.rows.count, job.layer.outputs);
    if outputs <= OUTPUTS {
        // Rows of such layers are short, and adding up 16 lanes takes longer than 8.
        return avx2::run::<ADD>(job);
    }
    let mut row = 0;
    if outputs <= LANES {
        while row + 4 <= count {
            tile::<4, 1, 1, 16, 4, ADD>(job, (row, 0));
            row += 4;
        }
        while row < count {
            tile::<1, 1, 1, 16, 4, ADD>(job, (row, 0));
            row += 1;
        }
        return;
    }
    if count >= 4 {
        for output in (0..outputs).step_by(32) {
            row = 0;
            while row + 8 <= count {
                tile::<8, 1, 2, 32, 1, ADD>(job, (row, output));
                row += 8;
            }
            if row + 4 <= count {
                tile::<4, 1, 2, 32, 1, ADD>(job, (row, output));
                row += 4;
            }
        }
    }
    while row < count {
        let mut output = 0;
        while output < job.layer.padded {
            if output + 128 <= job.layer.padded {
                tile::<1, 4, 2, 32, 1, ADD>(job, (row, output));
                output += 128;
            } else if output + 64 <= job.layer.padded {
                tile::<1, 2, 2, 32, 1, ADD>(job, (row, output));
                output += 64;
            } else {
                tile::<1, 1, 2, 32, 1, ADD>(job, (row, output));
                output += 32;
            }
        }
        row += 1;
    }
}

accumulate_f32!("avx512f");
tile_f32!("avx512f");

#[inline]
#[target_feature(enable = "avx512f")]
fn zero() -> Vector {
    _mm512_setzero_ps()
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(value: f32) -> Vector {
    _mm512_set1_ps(value)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn multiply_add(a: Vector, b: Vector, c: Vector) -> Vector {
    _mm512_fmadd_ps(a, b, c)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(a: Vector, b: Vector) -> Vector {
    _mm512_add_ps(a, b)
}

/// NaN and -0 stay: the instruction gives its second operand then.
#[inline]
#[target_feature(enable = "avx512f")]
fn at_least(low: Vector, value: Vector) -> Vector {
    _mm512_max_ps(low, value)
}

/// NaN stays.
#[inline]
#[target_feature(enable = "avx512f")]
fn at_most(high: Vector, value: Vector) -> Vector {
    _mm512_min_ps(high, value)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(from: &[f32], at: usize) -> Vector {
    let from = &from[at..][..LANES];
    // SAFETY: the slice holds 16 values.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

/// The first lanes that there are values for.
#[inline]
fn mask(values: usize) -> __mmask16 {
    if values >= LANES { !0 } else { (1 << values) - 1 }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_some(from: &[f32]) -> Vector {
    // SAFETY: only lanes within the slice are read.
    unsafe { _mm512_maskz_loadu_ps(mask(from.len()), from.as_ptr()) }
}

/// As many values as `to` has room for.
#[inline]
#[target_feature(enable = "avx512f")]
fn store(to: &mut [f32], value: Vector) {
    // SAFETY: only lanes within the slice are written.
    unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), mask(to.len()), value) }
}
