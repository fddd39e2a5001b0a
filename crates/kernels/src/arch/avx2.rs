//! The f32 kernels for AVX2 with FMA.
//!
//! Weights lie in panels of 16 outputs, two vectors, or of 8 where there are no more. Panels outside and rows
//! inside, 6 rows at once: 12 sums, 2 vectors of weights and one x are what the 16 registers hold.

use core::arch::x86_64::*;

use super::dot_f32::{OUTPUTS, dot_f32};
use super::tile_f32::{accumulate_f32, tile_f32};
use crate::clamp::Clamp;
use crate::job::F32Job as Job;

const LANES: usize = 8;
type Vector = __m256;

/// Outputs in a panel, and elements of each side by side.
pub(crate) fn packing(outputs: usize) -> (usize, usize) {
    match outputs {
        0..=OUTPUTS => (outputs, LANES),
        5..=LANES => (LANES, 1),
        _ => (2 * LANES, 1),
    }
}

/// Runs a layer that was packed for [`packing`].
#[target_feature(enable = "avx2,fma")]
pub(crate) fn run<const ADD: bool>(job: &mut Job<'_>) {
    let (count, outputs) = (job.rows.count, job.layer.outputs);
    if outputs <= OUTPUTS {
        return dots::<ADD>(job);
    }
    let mut row = 0;
    if outputs <= LANES {
        // Four chains of two rows: the twelve sums of three are too many for the compiler, which keeps some of them
        // in memory.
        while row + 2 <= count {
            tile::<2, 1, 1, 8, 4, ADD>(job, (row, 0));
            row += 2;
        }
        if row < count {
            tile::<1, 1, 1, 8, 4, ADD>(job, (row, 0));
        }
        return;
    }
    if count >= 4 {
        for output in (0..outputs).step_by(16) {
            row = 0;
            // Eight rows, a line of many a convolution, are 4 and 4: 6 and 2 would take longer.
            while row + 6 <= count && row + 8 != count {
                tile::<6, 1, 2, 16, 1, ADD>(job, (row, output));
                row += 6;
            }
            while row + 4 <= count {
                tile::<4, 1, 2, 16, 1, ADD>(job, (row, output));
                row += 4;
            }
            while row + 2 <= count {
                tile::<2, 1, 2, 16, 1, ADD>(job, (row, output));
                row += 2;
            }
        }
    }
    while row < count {
        let mut output = 0;
        while output < job.layer.padded {
            if output + 64 <= job.layer.padded {
                tile::<1, 4, 2, 16, 1, ADD>(job, (row, output));
                output += 64;
            } else {
                tile::<1, 1, 2, 16, 1, ADD>(job, (row, output));
                output += 16;
            }
        }
        row += 1;
    }
}

accumulate_f32!("avx2,fma");
tile_f32!("avx2,fma");
dot_f32!("avx2,fma");

#[inline]
#[target_feature(enable = "avx2,fma")]
fn zero() -> Vector {
    _mm256_setzero_ps()
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn splat(value: f32) -> Vector {
    _mm256_set1_ps(value)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn multiply_add(a: Vector, b: Vector, c: Vector) -> Vector {
    _mm256_fmadd_ps(a, b, c)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn add(a: Vector, b: Vector) -> Vector {
    _mm256_add_ps(a, b)
}

/// NaN and -0 stay: the instruction gives its second operand then.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn at_least(low: Vector, value: Vector) -> Vector {
    _mm256_max_ps(low, value)
}

/// NaN stays.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn at_most(high: Vector, value: Vector) -> Vector {
    _mm256_min_ps(high, value)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn load(from: &[f32], at: usize) -> Vector {
    let from = &from[at..][..LANES];
    // SAFETY: the slice holds 8 values.
    unsafe { _mm256_loadu_ps(from.as_ptr()) }
}

/// The first lanes that there are values for, fewer than all.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn mask(values: usize) -> __m256i {
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_cmpgt_epi32(_mm256_set1_epi32(values as i32), lanes)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn load_some(from: &[f32]) -> Vector {
    if from.len() >= LANES {
        return load(from, 0);
    }
    // SAFETY: only lanes within the slice are read.
    unsafe { _mm256_maskload_ps(from.as_ptr(), mask(from.len())) }
}

/// The sum of each vector's lanes, in pairs.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn totals([a, b, c, d]: [Vector; 4]) -> [f32; 4] {
    let halves = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    let sums = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
    let mut all = [0.0; 4];
    // SAFETY: the array has room for 4 values.
    unsafe { _mm_storeu_ps(all.as_mut_ptr(), sums) }
    all
}

/// As many values as `to` has room for.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn store(to: &mut [f32], value: Vector) {
    if to.len() >= LANES {
        // SAFETY: the slice holds 8 values.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), value) }
    } else {
        // SAFETY: only lanes within the slice are written.
        unsafe { _mm256_maskstore_ps(to.as_mut_ptr(), mask(to.len()), value) }
    }
}
