//! The matrix product of ARMv8.6: eight products for two rows by two outputs in one instruction, of u8 by s8.
//! The intrinsics are not stable yet.

use core::arch::aarch64::*;
use core::arch::asm;

use super::{LANES, Vector, add, finish, run_int8, start, zero};
use crate::arch::tile_int8::{panels, tile_int8};
use crate::job::Int8Job as Job;

/// Elements of an output side by side.
pub(crate) const GROUP: usize = 8;

run_int8!("neon,i8mm");
tile_int8!("neon,i8mm");

/// Adds a piece of `len` elements to every sum, eight x of two rows at a time. A row without a partner runs
/// beside zeros: the weights have to be read for it all the same.
#[inline]
#[target_feature(enable = "neon,i8mm")]
fn accumulate<const R: usize, const P: usize, const J: usize, const B: usize, const C: usize>(
    sums: &mut [[[[Vector; J]; P]; R]; C],
    xs: [&[u8]; R],
    weights: [&[u8]; P],
    len: usize,
) {
    let len = len / GROUP;
    // Cut to one length, so that the compiler sees that no index below is out of range.
    let (mut eights, mut steps) = ([&[][..]; R], [&[][..]; P]);
    for r in 0..R {
        eights[r] = &xs[r].as_chunks::<GROUP>().0[..len];
    }
    for p in 0..P {
        steps[p] = &weights[p].as_chunks::<B>().0[..len];
    }
    // For each pair of rows and of outputs: both sums of the one row, then of the other.
    let mut squares = [[[[zero(); 2]; J]; P]; R];
    for i in 0..len {
        let mut x = [vdupq_n_u8(0); R];
        for r in (0..R).step_by(2) {
            let other = if r + 1 < R { load_half(&eights[(r + 1) % R][i]) } else { vdup_n_u8(0) };
            x[r] = vcombine_u8(load_half(&eights[r][i]), other);
        }
        for p in 0..P {
            for j in 0..J {
                for half in 0..2 {
                    let w = load(&steps[p][i], (2 * j + half) * 2 * GROUP);
                    for r in (0..R).step_by(2) {
                        let square = &mut squares[r][p][j][half];
                        *square = multiply(*square, x[r], w);
                    }
                }
            }
        }
    }
    for r in 0..R {
        for p in 0..P {
            for j in 0..J {
                let [a, b] = squares[r - r % 2][p][j].map(|square| vreinterpretq_s64_s32(square));
                let row = if r % 2 == 0 { vtrn1q_s64(a, b) } else { vtrn2q_s64(a, b) };
                sums[0][r][p][j] = add(sums[0][r][p][j], vreinterpretq_s32_s64(row));
            }
        }
    }
}

/// Adds the products of two rows of x and the weights of two outputs.
#[inline]
#[target_feature(enable = "neon,i8mm")]
fn multiply(mut square: Vector, x: uint8x16_t, weights: uint8x16_t) -> Vector {
    // SAFETY: the instruction is there with `i8mm`, and only changes `square`.
    unsafe {
        asm!(
            "usmmla {square:v}.4s, {x:v}.16b, {weights:v}.16b",
            square = inout(vreg) square,
            x = in(vreg) x,
            weights = in(vreg) weights,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    square
}

#[inline]
#[target_feature(enable = "neon,i8mm")]
fn load_half(from: &[u8; 8]) -> uint8x8_t {
    // SAFETY: 8 bytes are what is read.
    unsafe { vld1_u8(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon,i8mm")]
fn load(from: &[u8], at: usize) -> uint8x16_t {
    let from = &from[at..][..16];
    // SAFETY: the slice holds 16 bytes.
    unsafe { vld1q_u8(from.as_ptr()) }
}
