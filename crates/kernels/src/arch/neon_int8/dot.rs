//! The dot product of ARMv8.2: four products an output and instruction, of s8 by s8.
//!
//! x is taken as `x - 128`; what that takes off the sums is in the bias. The intrinsics are not stable yet.

use core::arch::aarch64::*;
use core::arch::asm;

use super::{LANES, Vector, finish, run_int8, start};
use crate::arch::tile_int8::{panels, tile_int8};
use crate::job::Int8Job as Job;

/// Elements of an output side by side.
pub(crate) const GROUP: usize = 4;

/// What the bias needs for x to be taken as `x - 128`. Wraps like the sums.
pub(crate) fn start_of(weights: &[i8]) -> i32 {
    weights.iter().map(|&w| i32::from(w) * 128).sum()
}

run_int8!("neon,dotprod");
tile_int8!("neon,dotprod");

/// Adds a piece of `len` elements to every sum, four groups of x at a time.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn accumulate<const R: usize, const P: usize, const J: usize, const B: usize, const C: usize>(
    sums: &mut [[[[Vector; J]; P]; R]; C],
    xs: [&[u8]; R],
    weights: [&[u8]; P],
    len: usize,
) {
    let whole = len / 16;
    // Cut to one length, so that the compiler sees that no index below is out of range.
    let (mut fours, mut steps) = ([&[][..]; R], [&[][..]; P]);
    let (mut rest_x, mut rest) = ([&[][..]; R], [&[][..]; P]);
    for r in 0..R {
        (fours[r], rest_x[r]) = xs[r].as_chunks::<GROUP>().0.as_chunks::<4>();
        fours[r] = &fours[r][..whole];
    }
    for p in 0..P {
        (steps[p], rest[p]) = weights[p].as_chunks::<B>().0.as_chunks::<4>();
        steps[p] = &steps[p][..whole];
    }
    for i in 0..whole {
        let mut x = [vdupq_n_s8(0); R];
        for r in 0..R {
            x[r] = less_128(load(fours[r][i].as_flattened(), 0));
        }
        macro_rules! lane {
            ($lane:literal) => {
                for p in 0..P {
                    for j in 0..J {
                        let w = load(&steps[p][i][$lane], j * LANES * GROUP);
                        for r in 0..R {
                            let sum = &mut sums[0][r][p][j];
                            *sum = dot::<$lane>(*sum, vreinterpretq_s8_u8(w), x[r]);
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
    for i in 0..len / GROUP % 4 {
        for p in 0..P {
            for j in 0..J {
                let w = load(&rest[p][i], j * LANES * GROUP);
                for r in 0..R {
                    let x = vreinterpretq_u8_u32(vdupq_n_u32(u32::from_ne_bytes(rest_x[r][i])));
                    let sum = &mut sums[0][r][p][j];
                    *sum = dot::<0>(*sum, vreinterpretq_s8_u8(w), less_128(x));
                }
            }
        }
    }
}

/// Adds the products of the weights of four outputs and group `LANE` of x.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn dot<const LANE: i32>(mut sum: Vector, weights: int8x16_t, x: int8x16_t) -> Vector {
    // SAFETY: the instruction is there with `dotprod`, and only changes `sum`.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {weights:v}.16b, {x:v}.4b[{lane}]",
            sum = inout(vreg) sum,
            weights = in(vreg) weights,
            x = in(vreg) x,
            lane = const LANE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn less_128(x: uint8x16_t) -> int8x16_t {
    vreinterpretq_s8_u8(veorq_u8(x, vdupq_n_u8(128)))
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn load(from: &[u8], at: usize) -> uint8x16_t {
    let from = &from[at..][..16];
    // SAFETY: the slice holds 16 bytes.
    unsafe { vld1q_u8(from.as_ptr()) }
}
