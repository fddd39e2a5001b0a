//! The int8 kernels for AVX-512 with VNNI: four products an output and instruction, summed exactly.
//!
//! Laid out and walked through as the f32 kernels for AVX-512 are.

use core::arch::x86_64::*;

use super::tile_int8::{Limits, accumulate_int8, lanes, panels, parts_int8, tile_int8};
use crate::clamp::Clamp;
use crate::finish::Finish;
use crate::job::{Int8Job as Job, Target};

const LANES: usize = 16;
/// Elements of an output side by side.
pub(crate) const GROUP: usize = 4;
type Vector = __m512i;
type Value = u8;

/// Outputs in a panel.
pub(crate) fn panel(outputs: usize) -> usize {
    if outputs <= LANES { LANES } else { 2 * LANES }
}

/// Runs a layer that was packed for [`panel`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(crate) fn run(job: &mut Job<'_>) {
    let (count, outputs) = (job.rows.count, job.layer.outputs);
    let mut row = 0;
    if outputs <= LANES {
        while row + 8 <= count {
            tile::<8, 1, 1, 64, 1>(job, (row, 0));
            row += 8;
        }
        if row + 4 <= count {
            tile::<4, 1, 1, 64, 1>(job, (row, 0));
            row += 4;
        }
        while row < count {
            tile::<1, 1, 1, 64, 4>(job, (row, 0));
            row += 1;
        }
        return;
    }
    if count >= 4 {
        for output in (0..outputs).step_by(32) {
            row = 0;
            while row + 8 <= count {
                tile::<8, 1, 2, 128, 1>(job, (row, output));
                row += 8;
            }
            if row + 4 <= count {
                tile::<4, 1, 2, 128, 1>(job, (row, output));
                row += 4;
            }
        }
    }
    while row < count {
        let mut output = 0;
        while output < job.layer.padded {
            if output + 128 <= job.layer.padded {
                tile::<1, 4, 2, 128, 1>(job, (row, output));
                output += 128;
            } else if output + 64 <= job.layer.padded {
                tile::<1, 2, 2, 128, 1>(job, (row, output));
                output += 64;
            } else {
                tile::<1, 1, 2, 128, 2>(job, (row, output));
                output += 32;
            }
        }
        row += 1;
    }
}

accumulate_int8!("avx512f,avx512bw,avx512vl,avx512vnni");
parts_int8!("avx512f,avx512bw,avx512vl,avx512vnni");
tile_int8!("avx512f,avx512bw,avx512vl,avx512vnni");

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn zero() -> Vector {
    _mm512_setzero_si512()
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn splat(group: [u8; GROUP]) -> Vector {
    _mm512_set1_epi32(i32::from_ne_bytes(group))
}

/// Adds the products of a group of x and the weights of 16 outputs.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn dot(sum: Vector, x: Vector, weights: Vector) -> Vector {
    _mm512_dpbusd_epi32(sum, x, weights)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn add(a: Vector, b: Vector) -> Vector {
    _mm512_add_epi32(a, b)
}

/// `sum - a * b`, wrapping.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn take_off(sum: Vector, a: Vector, b: i32) -> Vector {
    _mm512_sub_epi32(sum, _mm512_mullo_epi32(a, _mm512_set1_epi32(b)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn load_weights(from: &[u8], at: usize) -> Vector {
    let from = &from[at..][..LANES * GROUP];
    // SAFETY: the slice holds 64 bytes.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn load(from: &[i32; LANES]) -> Vector {
    // SAFETY: 16 values are what is read.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn load_f32(from: &[f32; LANES]) -> __m512 {
    // SAFETY: 16 values are what is read.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

/// The first lanes that there are values for.
#[inline]
fn mask(values: usize) -> __mmask16 {
    if values >= LANES { !0 } else { (1 << values) - 1 }
}

/// `round_half_even(sums as f32 * scales)`; what leaves i32 above is cut off far beyond every byte, and what
/// leaves it below becomes the lowest number.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn scaled(sums: Vector, scales: &[f32; LANES]) -> Vector {
    let scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), load_f32(scales));
    _mm512_cvtps_epi32(_mm512_min_ps(scaled, _mm512_set1_ps(30_000.0)))
}

/// The zero point added and brought within the limits, saturating: the bytes of the four one behind the other.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn narrow([a, b, c, d]: [Vector; 4], limits: Limits) -> Vector {
    let zero = _mm512_set1_epi16(i16::from(limits.zero));
    let early = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero);
    let late = _mm512_adds_epi16(_mm512_packs_epi32(c, d), zero);
    let bytes = _mm512_packus_epi16(early, late);
    let bytes = _mm512_max_epu8(bytes, _mm512_set1_epi8(limits.low as i8));
    let bytes = _mm512_min_epu8(bytes, _mm512_set1_epi8(limits.high as i8));
    // Packing works on each quarter by itself: gather the quarters of a, then of b, c and d.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_permutexvar_epi32(order, bytes)
}

/// `width` quarters of `bytes` from quarter `from` on, as many bytes as `to` has room for.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn store_bytes(to: &mut [u8], bytes: Vector, from: usize, width: usize) {
    let len = to.len();
    let mask = |bytes: usize| -> u64 { if len >= bytes { !0 } else { (1 << len) - 1 } };
    match (width, from) {
        // SAFETY: only bytes within the slice are written.
        (4, _) => unsafe { _mm512_mask_storeu_epi8(to.as_mut_ptr().cast(), mask(64), bytes) },
        (2, _) => {
            let half = if from == 0 {
                _mm512_castsi512_si256(bytes)
            } else {
                _mm512_extracti64x4_epi64::<1>(bytes)
            };
            // SAFETY: only bytes within the slice are written.
            unsafe { _mm256_mask_storeu_epi8(to.as_mut_ptr().cast(), mask(32) as u32, half) }
        }
        _ => {
            let quarter = match from {
                0 => _mm512_castsi512_si128(bytes),
                1 => _mm512_extracti32x4_epi32::<1>(bytes),
                2 => _mm512_extracti32x4_epi32::<2>(bytes),
                _ => _mm512_extracti32x4_epi32::<3>(bytes),
            };
            // SAFETY: only bytes within the slice are written.
            unsafe { _mm_mask_storeu_epi8(to.as_mut_ptr().cast(), mask(16) as u16, quarter) }
        }
    }
}

/// The sums as f32, as many as `to` has room for.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn store_f32(
    to: &mut [f32],
    sums: Vector,
    scales: &[f32; LANES],
    bias: &[f32; LANES],
    clamp: Clamp,
) {
    let scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), load_f32(scales));
    let mut value = _mm512_add_ps(scaled, load_f32(bias));
    // NaN and -0 stay: both instructions give their second operand then.
    value = _mm512_max_ps(_mm512_set1_ps(clamp.low), value);
    value = _mm512_min_ps(_mm512_set1_ps(clamp.high), value);
    // SAFETY: only lanes within the slice are written.
    unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), mask(to.len()), value) }
}
