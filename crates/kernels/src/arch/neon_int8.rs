//! The int8 kernels for NEON of 64-bit ARM: bytes widened to 16 bits and multiplied into 32, in [`dot`] the dot
//! product of bytes instead, and in [`matrix`] the matrix product.
//!
//! All walk through a layer as the f32 kernels for NEON do.

pub(crate) mod dot;
pub(crate) mod matrix;

use core::arch::aarch64::*;

use super::tile_int8::{Limits, lanes, panels, parts_int8, tile_int8};
use crate::clamp::Clamp;
use crate::finish::Finish;
use crate::job::{Int8Job as Job, Target};

const LANES: usize = 4;
/// Elements of an output side by side.
pub(crate) const GROUP: usize = 1;
type Vector = int32x4_t;

/// Outputs in a panel.
pub(crate) fn panel(outputs: usize) -> usize {
    if outputs <= 8 { 8 } else { 16 }
}

/// Writes `fn run` over `tile`, for panels of 8 and of 16 outputs of `GROUP` bytes of weights each.
macro_rules! run_int8 {
    ($feature:literal) => {
        /// Runs a layer that was packed for `panel` and `GROUP`.
        #[target_feature(enable = $feature)]
        pub(crate) fn run(job: &mut Job<'_>) {
            let (count, outputs) = (job.rows.count, job.layer.outputs);
            let mut row = 0;
            if outputs <= 8 {
                while row + 4 <= count {
                    tile::<4, 1, 2, { 8 * GROUP }, 1>(job, (row, 0));
                    row += 4;
                }
                while row < count {
                    tile::<1, 1, 2, { 8 * GROUP }, 1>(job, (row, 0));
                    row += 1;
                }
                return;
            }
            if count >= 4 {
                for output in (0..outputs).step_by(16) {
                    row = 0;
                    while row + 4 <= count {
                        tile::<4, 1, 4, { 16 * GROUP }, 1>(job, (row, output));
                        row += 4;
                    }
                }
            }
            while row < count {
                let mut output = 0;
                while output < job.layer.padded {
                    if output + 32 <= job.layer.padded {
                        tile::<1, 2, 4, { 16 * GROUP }, 1>(job, (row, output));
                        output += 32;
                    } else {
                        tile::<1, 1, 4, { 16 * GROUP }, 1>(job, (row, output));
                        output += 16;
                    }
                }
                row += 1;
            }
        }
    };
}
use run_int8;

run_int8!("neon");
parts_int8!("neon");
tile_int8!("neon");

/// Adds a piece of `len` elements to every sum, eight x at a time.
#[inline]
#[target_feature(enable = "neon")]
fn accumulate<const R: usize, const P: usize, const J: usize, const B: usize, const C: usize>(
    sums: &mut [[[[Vector; J]; P]; R]; C],
    xs: [&[u8]; R],
    weights: [&[u8]; P],
    len: usize,
) {
    let whole = len / 8;
    // Cut to one length, so that the compiler sees that no index below is out of range.
    let (mut eights, mut steps) = ([&[][..]; R], [&[][..]; P]);
    for r in 0..R {
        eights[r] = &xs[r].as_chunks::<8>().0[..whole];
    }
    let mut rest = [&[][..]; P];
    for p in 0..P {
        (steps[p], rest[p]) = weights[p].as_chunks::<B>().0.as_chunks::<8>();
        steps[p] = &steps[p][..whole];
    }
    for i in 0..whole {
        let mut x = [vdupq_n_s16(0); R];
        for r in 0..R {
            x[r] = widened(&eights[r][i]);
        }
        macro_rules! lane {
            ($lane:literal) => {
                for p in 0..P {
                    for pair in 0..J / 2 {
                        let w = weights_at(&steps[p][i][$lane], pair * 8);
                        for r in 0..R {
                            let sums = &mut sums[0][r][p];
                            let (low, high) = (sums[2 * pair], sums[2 * pair + 1]);
                            sums[2 * pair] = vmlal_laneq_s16::<$lane>(low, vget_low_s16(w), x[r]);
                            sums[2 * pair + 1] = vmlal_high_laneq_s16::<$lane>(high, w, x[r]);
                        }
                    }
                }
            };
        }
        lane!(0);
        lane!(1);
        lane!(2);
        lane!(3);
        lane!(4);
        lane!(5);
        lane!(6);
        lane!(7);
    }
    for i in 0..len % 8 {
        for p in 0..P {
            for pair in 0..J / 2 {
                let w = weights_at(&rest[p][i], pair * 8);
                for r in 0..R {
                    let x = i16::from(xs[r][whole * 8 + i]);
                    let sums = &mut sums[0][r][p];
                    let (low, high) = (sums[2 * pair], sums[2 * pair + 1]);
                    sums[2 * pair] = vmlal_n_s16(low, vget_low_s16(w), x);
                    sums[2 * pair + 1] = vmlal_high_n_s16(high, w, x);
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn widened(x: &[u8; 8]) -> int16x8_t {
    // SAFETY: 8 bytes are what is read.
    vreinterpretq_s16_u16(vmovl_u8(unsafe { vld1_u8(x.as_ptr()) }))
}

/// The weights of 8 outputs, widened.
#[inline]
#[target_feature(enable = "neon")]
fn weights_at(from: &[u8], at: usize) -> int16x8_t {
    let from = &from[at..][..8];
    // SAFETY: the slice holds 8 bytes.
    vmovl_s8(unsafe { vld1_s8(from.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "neon")]
fn zero() -> Vector {
    vdupq_n_s32(0)
}

#[inline]
#[target_feature(enable = "neon")]
fn add(a: Vector, b: Vector) -> Vector {
    vaddq_s32(a, b)
}

/// `sum - a * b`, wrapping.
#[inline]
#[target_feature(enable = "neon")]
fn take_off(sum: Vector, a: Vector, b: i32) -> Vector {
    vmlsq_n_s32(sum, a, b)
}

#[inline]
#[target_feature(enable = "neon")]
fn load(from: &[i32; LANES]) -> Vector {
    // SAFETY: 4 values are what is read.
    unsafe { vld1q_s32(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn load_f32(from: &[f32; LANES]) -> float32x4_t {
    // SAFETY: 4 values are what is read.
    unsafe { vld1q_f32(from.as_ptr()) }
}

/// `round_half_even(sums as f32 * scales)`, saturating.
#[inline]
#[target_feature(enable = "neon")]
fn scaled(sums: Vector, scales: &[f32; LANES]) -> Vector {
    vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sums), load_f32(scales)))
}

/// The zero point added and brought within the limits, saturating: the bytes of the four one behind the other.
#[inline]
#[target_feature(enable = "neon")]
fn narrow([a, b, c, d]: [Vector; 4], limits: Limits) -> uint8x16_t {
    let zero = vdupq_n_s16(i16::from(limits.zero));
    let early = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(a), b), zero);
    let late = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(c), d), zero);
    let bytes = vqmovun_high_s16(vqmovun_s16(early), late);
    let bytes = vmaxq_u8(bytes, vdupq_n_u8(limits.low));
    vminq_u8(bytes, vdupq_n_u8(limits.high))
}

/// `width` quarters of `bytes` from quarter `from` on, as many bytes as `to` has room for.
#[inline]
#[target_feature(enable = "neon")]
fn store_bytes(to: &mut [u8], bytes: uint8x16_t, from: usize, width: usize) {
    if to.len() < width * LANES || width < 2 {
        return store_few(to, bytes, from * LANES);
    }
    match (width, from) {
        // SAFETY: the slice has room for 16 bytes.
        (4, _) => unsafe { vst1q_u8(to.as_mut_ptr(), bytes) },
        // SAFETY: the slice has room for 8 bytes.
        (_, 0) => unsafe { vst1_u8(to.as_mut_ptr(), vget_low_u8(bytes)) },
        // SAFETY: the slice has room for 8 bytes.
        _ => unsafe { vst1_u8(to.as_mut_ptr(), vget_high_u8(bytes)) },
    }
}

/// The bytes from byte `from` on that `to` has room for.
#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
fn store_few(to: &mut [u8], bytes: uint8x16_t, from: usize) {
    let mut all = [0; 4 * LANES];
    // SAFETY: the array has room for 16 bytes.
    unsafe { vst1q_u8(all.as_mut_ptr(), bytes) };
    to.copy_from_slice(&all[from..][..to.len()]);
}

/// The sums as f32, as many as `to` has room for.
#[inline]
#[target_feature(enable = "neon")]
fn store_f32(
    to: &mut [f32],
    sums: Vector,
    scales: &[f32; LANES],
    bias: &[f32; LANES],
    clamp: Clamp,
) {
    let scaled = vmulq_f32(vcvtq_f32_s32(sums), load_f32(scales));
    let mut value = vaddq_f32(scaled, load_f32(bias));
    // NaN and -0 stay, other than with `fmax`.
    let (low, high) = (vdupq_n_f32(clamp.low), vdupq_n_f32(clamp.high));
    value = vbslq_f32(vcgtq_f32(low, value), low, value);
    value = vbslq_f32(vcltq_f32(high, value), high, value);
    if to.len() >= LANES {
        // SAFETY: the slice has room for 4 values.
        return unsafe { vst1q_f32(to.as_mut_ptr(), value) };
    }
    let mut all = [0.0; LANES];
    // SAFETY: the array has room for 4 values.
    unsafe { vst1q_f32(all.as_mut_ptr(), value) };
    to.copy_from_slice(&all[..to.len()]);
}
