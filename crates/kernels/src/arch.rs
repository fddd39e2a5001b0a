//! The kernels by tier, behind one door: lengths have been checked, and the processor has the tier's instructions.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx2_int8;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod dot_f32;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "aarch64")]
mod neon_int8;
mod portable;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tile_f32;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tile_int8;
#[cfg(target_arch = "x86_64")]
mod vnni;

use crate::job::{F32Job, Int8Job};
use crate::tier::{FloatTier, Int8Tier};

/// Outputs that lie side by side in the packed weights of a layer, and how many elements of each do.
pub(crate) fn f32_packing(tier: FloatTier, outputs: usize) -> (usize, usize) {
    match tier {
        #[cfg(target_arch = "x86_64")]
        FloatTier::Avx2 => avx2::packing(outputs),
        #[cfg(target_arch = "x86_64")]
        FloatTier::Avx512 => avx512::packing(outputs),
        #[cfg(target_arch = "aarch64")]
        FloatTier::Neon => neon::packing(outputs),
        _ => portable::packing(outputs),
    }
}

/// The same for int8.
pub(crate) fn int8_packing(tier: Int8Tier, outputs: usize) -> (usize, usize) {
    match tier {
        #[cfg(target_arch = "x86_64")]
        Int8Tier::Avx2 => (avx2_int8::panel(outputs), avx2_int8::GROUP),
        #[cfg(target_arch = "x86_64")]
        Int8Tier::AvxVnni => (avx2_int8::panel(outputs), avx2_int8::vnni::GROUP),
        #[cfg(target_arch = "x86_64")]
        Int8Tier::Vnni => (vnni::panel(outputs), vnni::GROUP),
        #[cfg(target_arch = "aarch64")]
        Int8Tier::Neon => (neon_int8::panel(outputs), neon_int8::GROUP),
        #[cfg(target_arch = "aarch64")]
        Int8Tier::Sdot => (neon_int8::panel(outputs), neon_int8::dot::GROUP),
        #[cfg(target_arch = "aarch64")]
        Int8Tier::I8mm => (neon_int8::panel(outputs), neon_int8::matrix::GROUP),
        _ => (portable::panel(outputs), portable::GROUP),
    }
}

/// What a tier adds to the bias of an output with these weights.
pub(crate) fn int8_start(tier: Int8Tier, _weights: &[i8]) -> i32 {
    match tier {
        #[cfg(target_arch = "aarch64")]
        Int8Tier::Sdot => neon_int8::dot::start_of(_weights),
        _ => 0,
    }
}

/// Runs a layer over f32; `ADD` starts from y instead of the bias.
pub(crate) fn f32<const ADD: bool>(tier: FloatTier, job: &mut F32Job<'_>) {
    match tier {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        FloatTier::Avx2 => unsafe { avx2::run::<ADD>(job) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        FloatTier::Avx512 => unsafe { avx512::run::<ADD>(job) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        FloatTier::Neon => unsafe { neon::run::<ADD>(job) },
        _ => portable::f32::<ADD>(job),
    }
}

/// Runs a layer over int8.
pub(crate) fn int8(tier: Int8Tier, job: &mut Int8Job<'_>) {
    match tier {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        Int8Tier::Avx2 => unsafe { avx2_int8::run(job) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        Int8Tier::AvxVnni => unsafe { avx2_int8::vnni::run(job) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        Int8Tier::Vnni => unsafe { vnni::run(job) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        Int8Tier::Neon => unsafe { neon_int8::run(job) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        Int8Tier::Sdot => unsafe { neon_int8::dot::run(job) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: a layer is only made for a tier whose instructions are here.
        Int8Tier::I8mm => unsafe { neon_int8::matrix::run(job) },
        _ => portable::int8(job),
    }
}
