//! Which vector instructions the kernels use, found out once. Nothing is computed here.

use alloc::vec;
use alloc::vec::Vec;

/// Whether every feature is there: asked of the processor, or, without `std`, of the compiler.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! has {
    ($detected:ident, $($feature:tt),+) => {
        cfg!(not(miri)) && $({
            #[cfg(any(feature = "std", test))]
            { std::arch::$detected!($feature) }
            #[cfg(not(any(feature = "std", test)))]
            { cfg!(target_feature = $feature) }
        })&&+
    };
}

/// The instructions of the f32 kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatTier {
    /// Plain Rust, multiplied and added in two roundings.
    Portable,
    /// AVX2 with FMA.
    Avx2,
    /// AVX-512F.
    Avx512,
    /// NEON of 64-bit ARM.
    Neon,
}

/// The instructions of the int8 kernels. All give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Int8Tier {
    /// Plain Rust.
    Portable,
    /// AVX2: bytes widened to 16 bits.
    Avx2,
    /// AVX2 with the VNNI of processors without AVX-512.
    AvxVnni,
    /// AVX-512 with VNNI.
    Vnni,
    /// NEON of 64-bit ARM: bytes widened to 16 bits.
    Neon,
    /// The dot product of ARMv8.2.
    Sdot,
    /// The matrix product of ARMv8.6.
    I8mm,
}

impl FloatTier {
    /// What `inspect` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "f32",
            Self::Avx2 => "f32 AVX2",
            Self::Avx512 => "f32 AVX-512",
            Self::Neon => "f32 NEON",
        }
    }

    /// Whether this processor has the instructions.
    pub fn is_here(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has!(is_x86_feature_detected, "avx2", "fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => has!(is_x86_feature_detected, "avx512f"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => has!(is_aarch64_feature_detected, "neon"),
            _ => false,
        }
    }
}

impl Int8Tier {
    /// What `inspect` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "int8",
            Self::Avx2 => "int8 AVX2",
            Self::AvxVnni => "int8 AVX-VNNI",
            Self::Vnni => "int8 VNNI",
            Self::Neon => "int8 NEON",
            Self::Sdot => "int8 SDOT",
            Self::I8mm => "int8 I8MM",
        }
    }

    /// Whether this processor has the instructions.
    pub fn is_here(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has!(is_x86_feature_detected, "avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => has!(is_x86_feature_detected, "avx2", "avxvnni"),
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => {
                has!(is_x86_feature_detected, "avx512f", "avx512bw", "avx512vl", "avx512vnni")
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => has!(is_aarch64_feature_detected, "neon"),
            #[cfg(target_arch = "aarch64")]
            Self::Sdot => has!(is_aarch64_feature_detected, "neon", "dotprod"),
            #[cfg(target_arch = "aarch64")]
            Self::I8mm => has!(is_aarch64_feature_detected, "neon", "i8mm"),
            _ => false,
        }
    }
}

/// The instructions that a program runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tier {
    /// For f32.
    pub float: FloatTier,
    /// For int8.
    pub int8: Int8Tier,
}

// From the slowest to the fastest.
const FLOATS: [FloatTier; 4] =
    [FloatTier::Portable, FloatTier::Neon, FloatTier::Avx2, FloatTier::Avx512];
const INT8S: [Int8Tier; 7] = [
    Int8Tier::Portable,
    Int8Tier::Neon,
    Int8Tier::Sdot,
    Int8Tier::I8mm,
    Int8Tier::Avx2,
    Int8Tier::AvxVnni,
    Int8Tier::Vnni,
];

impl Tier {
    /// What runs everywhere.
    pub const PORTABLE: Self = Self { float: FloatTier::Portable, int8: Int8Tier::Portable };

    /// The fastest that this processor runs. Without `std`, what the compiler was told it has.
    pub fn detect() -> Self {
        let float = FLOATS.into_iter().rev().find(|tier| tier.is_here());
        let int8 = INT8S.into_iter().rev().find(|tier| tier.is_here());
        Self {
            float: float.unwrap_or(FloatTier::Portable),
            int8: int8.unwrap_or(Int8Tier::Portable),
        }
    }

    /// Every pair of instructions worth a test on this processor; each one of either kind at least once.
    pub fn all_here() -> Vec<Self> {
        let mut all = vec![];
        for int8 in INT8S.into_iter().filter(|tier| tier.is_here()) {
            all.push(Self { float: FloatTier::Portable, int8 });
        }
        for float in FLOATS.into_iter().skip(1).filter(|tier| tier.is_here()) {
            all.push(Self { float, int8: Self::detect().int8 });
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_detected_is_among_those_here() {
        let all = Tier::all_here();
        assert!(all.contains(&Tier::PORTABLE));
        let best = Tier::detect();
        assert!(all.iter().any(|tier| tier.float == best.float));
        assert!(all.iter().any(|tier| tier.int8 == best.int8));
        assert!(all.iter().all(|tier| tier.float.is_here() && tier.int8.is_here()));
    }
}
