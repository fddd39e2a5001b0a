//! The int8 kernels for AVX-VNNI, the byte products of processors without AVX-512: four products an output
//! and instruction, summed exactly. What begins and ends a tile is that of AVX2.

use core::arch::x86_64::*;

use super::{LANES, Vector, finish, start, zero};
use crate::arch::tile_int8::{accumulate_int8, panels, tile_int8};
use crate::job::Int8Job as Job;

/// Elements of an output side by side.
pub(crate) const GROUP: usize = 4;
type Value = u8;

/// Runs a layer that was packed for the panels of AVX2.
#[target_feature(enable = "avx2,avxvnni")]
pub(crate) fn run(job: &mut Job<'_>) {
    let (count, outputs) = (job.rows.count, job.layer.outputs);
    let mut row = 0;
    if outputs <= LANES {
        while row + 6 <= count {
            tile::<6, 1, 1, 32, 1>(job, (row, 0));
            row += 6;
        }
        while row < count {
            tile::<1, 1, 1, 32, 4>(job, (row, 0));
            row += 1;
        }
        return;
    }
    if count >= 4 {
        for output in (0..outputs).step_by(16) {
            row = 0;
            while row + 6 <= count {
                tile::<6, 1, 2, 64, 1>(job, (row, output));
                row += 6;
            }
            while row + 2 <= count {
                tile::<2, 1, 2, 64, 1>(job, (row, output));
                row += 2;
            }
        }
    }
    while row < count {
        let mut output = 0;
        while output < job.layer.padded {
            if output + 64 <= job.layer.padded {
                tile::<1, 4, 2, 64, 1>(job, (row, output));
                output += 64;
            } else {
                tile::<1, 1, 2, 64, 4>(job, (row, output));
                output += 16;
            }
        }
        row += 1;
    }
}

accumulate_int8!("avx2,avxvnni");
tile_int8!("avx2,avxvnni");

#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn splat(group: [u8; GROUP]) -> Vector {
    _mm256_set1_epi32(i32::from_ne_bytes(group))
}

/// Adds the products of a group of x and the weights of 8 outputs.
#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn dot(sum: Vector, x: Vector, weights: Vector) -> Vector {
    _mm256_dpbusd_avx_epi32(sum, x, weights)
}

#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn load_weights(from: &[u8], at: usize) -> Vector {
    let from = &from[at..][..LANES * GROUP];
    // SAFETY: the slice holds 32 bytes.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}
