//! The int8 kernels for AVX2, which has no exact product of u8 by s8: both are widened to 16 bits, and two
//! products an output are added in 32 bits by one instruction.
//!
//! The x of six rows are widened once for all outputs, so that a pair of them is one broadcast from memory.

pub(crate) mod vnni;

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::tile_int8::{Limits, accumulate_int8, lanes, panels, parts_int8};
use crate::clamp::Clamp;
use crate::finish::Finish;
use crate::job::{Int8Job as Job, Int8Layer as Layer, Target};

const LANES: usize = 8;
/// Elements of an output side by side.
pub(crate) const GROUP: usize = 2;
type Vector = __m256i;
type Value = i16;

/// Rows that are widened together.
const ROWS: usize = 6;
/// Values of a row that are widened together.
const MOST: usize = 1024;
/// Values that are widened by one instruction.
const STEP: usize = 16;

/// The widened x of up to [`ROWS`] rows, on the stack, with room for the last step.
type Wide = [MaybeUninit<i16>; ROWS * MOST + STEP];

/// Outputs in a panel.
pub(crate) fn panel(outputs: usize) -> usize {
    if outputs <= LANES { LANES } else { 2 * LANES }
}

/// Runs a layer that was packed for [`panel`].
#[target_feature(enable = "avx2")]
pub(crate) fn run(job: &mut Job<'_>) {
    let mut wide: Wide = [MaybeUninit::uninit(); _];
    let count = job.rows.count;
    let mut row = 0;
    while row + ROWS <= count {
        strip::<ROWS>(job, row, &mut wide);
        row += ROWS;
    }
    while row + 2 <= count {
        strip::<2>(job, row, &mut wide);
        row += 2;
    }
    if row < count {
        strip::<1>(job, row, &mut wide);
    }
}

/// All outputs of `R` rows.
#[inline]
#[target_feature(enable = "avx2")]
fn strip<const R: usize>(job: &mut Job<'_>, row: usize, wide: &mut Wide) {
    let Layer { outputs, padded, offsets, padded_len, .. } = job.layer;
    if job.layer.row() <= MOST {
        // Row by row from the front: what the last step of a piece writes behind it, the next overwrites.
        for r in 0..R {
            for (piece, &offset) in offsets.iter().enumerate() {
                let at = r * job.layer.row() + piece * padded_len;
                widen(job, (row + r, offset, padded_len), &mut wide[at..]);
            }
        }
    }
    if outputs <= LANES {
        return tile::<R, 1, 1, 16>(job, (row, 0), wide);
    }
    let mut output = 0;
    while output < padded {
        if R == 1 && output + 64 <= padded {
            tile::<R, 4, 2, 32>(job, (row, output), wide);
            output += 64;
        } else {
            tile::<R, 1, 2, 32>(job, (row, output), wide);
            output += 16;
        }
    }
}

/// `R` rows from `row` on by `P` panels from `output` on, of `J` vectors and `B = J * LANES * GROUP` bytes of
/// weights a group each. `wide` holds the rows if it can hold them.
#[inline]
#[target_feature(enable = "avx2")]
fn tile<const R: usize, const P: usize, const J: usize, const B: usize>(
    job: &mut Job<'_>,
    (row, output): (usize, usize),
    wide: &mut Wide,
) {
    let layer = job.layer;
    if row + R > job.rows.count || output + P * J * LANES > layer.padded {
        debug_assert!(false, "a tile outside of its layer");
        return;
    }
    let mut sums = start::<R, P, J, 1>(job, (row, output));
    // SAFETY: all panels lie below `padded`.
    let mut weights = unsafe { panels::<P>(&layer, output, J * LANES) };
    // One part if the strip has widened the row, otherwise part after part.
    let whole = layer.row() <= MOST;
    let (pieces, len) =
        if whole { (1, layer.row()) } else { (layer.offsets.len(), layer.padded_len) };
    for &offset in layer.offsets.iter().take(pieces) {
        let mut done = 0;
        while done < len {
            let part = MOST.min(len - done);
            if !whole {
                widen_rows::<R>(job, (row, offset + done, part), wide);
            }
            // SAFETY: these values have been widened.
            let xs = unsafe { rows_of::<R>(wide, part) };
            let mut here = [&layer.weights[..0]; P];
            for p in 0..P {
                // SAFETY: no more is taken than a row has values.
                let split = unsafe { weights[p].split_at_unchecked(part * J * LANES) };
                (here[p], weights[p]) = split;
            }
            accumulate::<R, P, J, B, 1>(&mut sums, xs, here, part);
            done += part;
        }
    }
    finish(job, sums, (row, output));
}

/// Widens `len` values from `offset` on of `R` rows from `row` on, one row behind the other.
#[cold]
#[inline(never)]
#[target_feature(enable = "avx2")]
fn widen_rows<const R: usize>(
    job: &Job<'_>,
    (row, offset, len): (usize, usize, usize),
    wide: &mut Wide,
) {
    for r in 0..R {
        widen(job, (row + r, offset, len), &mut wide[r * len..]);
    }
}

/// Widens `len` values from `offset` on of row `row`, and some behind them to make whole steps.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(job: &Job<'_>, (row, offset, len): (usize, usize, usize), wide: &mut [MaybeUninit<i16>]) {
    let whole = len.next_multiple_of(STEP);
    let x = job.x[row * job.rows.x_step + offset..][..whole].as_chunks::<STEP>().0;
    for (x, wide) in x.iter().zip(wide[..whole].as_chunks_mut::<STEP>().0) {
        // SAFETY: both arrays have 16 values.
        unsafe {
            let values = _mm256_cvtepu8_epi16(_mm_loadu_si128(x.as_ptr().cast()));
            _mm256_storeu_si256(wide.as_mut_ptr().cast(), values);
        }
    }
}

/// `R` rows of `len` values.
///
/// # Safety
/// They have been widened.
#[inline]
unsafe fn rows_of<const R: usize>(wide: &Wide, len: usize) -> [&[i16]; R] {
    core::array::from_fn(|r| {
        let row = &wide[r * len..][..len];
        // SAFETY: the caller says that the values have been written.
        unsafe { core::slice::from_raw_parts(row.as_ptr().cast::<i16>(), len) }
    })
}

accumulate_int8!("avx2");
parts_int8!("avx2");

#[inline]
#[target_feature(enable = "avx2")]
fn zero() -> Vector {
    _mm256_setzero_si256()
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat([a, b]: [i16; GROUP]) -> Vector {
    _mm256_set1_epi32(i32::from(a as u16) | i32::from(b) << 16)
}

/// Adds the products of a pair of x and the weights of 8 outputs.
#[inline]
#[target_feature(enable = "avx2")]
fn dot(sum: Vector, x: Vector, weights: Vector) -> Vector {
    _mm256_add_epi32(sum, _mm256_madd_epi16(x, weights))
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(a: Vector, b: Vector) -> Vector {
    _mm256_add_epi32(a, b)
}

/// `sum - a * b`, wrapping.
#[inline]
#[target_feature(enable = "avx2")]
fn take_off(sum: Vector, a: Vector, b: i32) -> Vector {
    _mm256_sub_epi32(sum, _mm256_mullo_epi32(a, _mm256_set1_epi32(b)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_weights(from: &[u8], at: usize) -> Vector {
    let from = &from[at..][..LANES * GROUP];
    // SAFETY: the slice holds 16 bytes.
    _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(from.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(from: &[i32; LANES]) -> Vector {
    // SAFETY: 8 values are what is read.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_f32(from: &[f32; LANES]) -> __m256 {
    // SAFETY: 8 values are what is read.
    unsafe { _mm256_loadu_ps(from.as_ptr()) }
}

/// `round_half_even(sums as f32 * scales)`; what leaves i32 above is cut off far beyond every byte, and what
/// leaves it below becomes the lowest number.
#[inline]
#[target_feature(enable = "avx2")]
fn scaled(sums: Vector, scales: &[f32; LANES]) -> Vector {
    let scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), load_f32(scales));
    _mm256_cvtps_epi32(_mm256_min_ps(scaled, _mm256_set1_ps(30_000.0)))
}

/// The zero point added and brought within the limits, saturating: the bytes of the four one behind the other.
#[inline]
#[target_feature(enable = "avx2")]
fn narrow([a, b, c, d]: [Vector; 4], limits: Limits) -> Vector {
    let zero = _mm256_set1_epi16(i16::from(limits.zero));
    let early = _mm256_adds_epi16(_mm256_packs_epi32(a, b), zero);
    let late = _mm256_adds_epi16(_mm256_packs_epi32(c, d), zero);
    let bytes = _mm256_packus_epi16(early, late);
    let bytes = _mm256_max_epu8(bytes, _mm256_set1_epi8(limits.low as i8));
    let bytes = _mm256_min_epu8(bytes, _mm256_set1_epi8(limits.high as i8));
    // Packing works on each half by itself: gather the halves of a, then of b, c and d.
    _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
}

/// `width` quarters of `bytes` from quarter `from` on, as many bytes as `to` has room for.
#[inline]
#[target_feature(enable = "avx2")]
fn store_bytes(to: &mut [u8], bytes: Vector, from: usize, width: usize) {
    let half =
        if from < 2 { _mm256_castsi256_si128(bytes) } else { _mm256_extracti128_si256::<1>(bytes) };
    let quarter = if from.is_multiple_of(2) { half } else { _mm_unpackhi_epi64(half, half) };
    if to.len() < width * LANES {
        return store_few(to, bytes, from);
    }
    match width {
        // SAFETY: the slice has room for four quarters, two or one.
        4 => unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), bytes) },
        // SAFETY: as above.
        2 => unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), half) },
        // SAFETY: as above.
        _ => unsafe { _mm_storel_epi64(to.as_mut_ptr().cast(), quarter) },
    }
}

/// The bytes from quarter `from` on that `to` has room for.
#[cold]
#[inline(never)]
#[target_feature(enable = "avx2")]
fn store_few(to: &mut [u8], bytes: Vector, from: usize) {
    let mut all = [0u8; 4 * LANES];
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_storeu_si256(all.as_mut_ptr().cast(), bytes) };
    let all = &all[from * LANES..][..to.len()];
    to.copy_from_slice(all);
}

/// The sums as f32, as many as `to` has room for.
#[inline]
#[target_feature(enable = "avx2")]
fn store_f32(
    to: &mut [f32],
    sums: Vector,
    scales: &[f32; LANES],
    bias: &[f32; LANES],
    clamp: Clamp,
) {
    let scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), load_f32(scales));
    let mut value = _mm256_add_ps(scaled, load_f32(bias));
    // NaN and -0 stay: both instructions give their second operand then.
    value = _mm256_max_ps(_mm256_set1_ps(clamp.low), value);
    value = _mm256_min_ps(_mm256_set1_ps(clamp.high), value);
    if to.len() >= LANES {
        // SAFETY: the slice has room for 8 values.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), value) }
    } else {
        let mut all = [0f32; LANES];
        // SAFETY: the array has 8 values.
        unsafe { _mm256_storeu_ps(all.as_mut_ptr(), value) };
        to.copy_from_slice(&all[..to.len()]);
    }
}
