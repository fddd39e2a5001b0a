//! One body of plain loops, compiled once a tier: the processor's widest vectors, the same bits.
//!
//! No copy may fuse a product with a sum, so `fma` is never enabled here.

/// Makes `fn name(tier, arguments)` that runs an `#[inline(always)]` body of the same arguments with
/// the vector instructions of the tier, or portably where this processor does not have them.
///
/// After `narrow:` AVX-512 runs the copy of AVX2: for short rows, and where memory sets the pace.
macro_rules! by_tier {
    (narrow: $(
        $(#[$note:meta])*
        $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $body:path;
    )*) => {$(
        $(#[$note])*
        $vis fn $name(tier: $crate::tier::FloatTier, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                use $crate::tier::FloatTier;

                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $ty),*) {
                    $body($($arg),*)
                }
                if matches!(tier, FloatTier::Avx2 | FloatTier::Avx512) && FloatTier::Avx2.is_here()
                {
                    // SAFETY: the processor has AVX2, as has just been asked.
                    return unsafe { avx2($($arg),*) };
                }
            }
            // NEON belongs to every 64-bit ARM: the portable copy has it.
            let _ = tier;
            $body($($arg),*)
        }
    )*};
    ($(
        $(#[$note:meta])*
        $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $body:path;
    )*) => {$(
        $(#[$note])*
        $vis fn $name(tier: $crate::tier::FloatTier, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                use $crate::tier::FloatTier;

                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $ty),*) {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx512f")]
                fn avx512($($arg: $ty),*) {
                    $body($($arg),*)
                }
                if tier == FloatTier::Avx512 && tier.is_here() {
                    // SAFETY: the processor has AVX-512F, as has just been asked.
                    return unsafe { avx512($($arg),*) };
                }
                if tier == FloatTier::Avx2 && tier.is_here() {
                    // SAFETY: the processor has AVX2, as has just been asked.
                    return unsafe { avx2($($arg),*) };
                }
            }
            // NEON belongs to every 64-bit ARM: the portable copy has it.
            let _ = tier;
            $body($($arg),*)
        }
    )*};
}

pub(crate) use by_tier;

/// Numbers that are worked on at once: one vector of AVX-512, two of AVX2, four of SSE2 or NEON.
pub(crate) const LANES: usize = 16;

// Loops here are plain: what `for_each` calls may end up outside of the copy that a tier has, and so
// without its instructions.

/// Replaces each value. What is left behind the last whole block is filled up to one, since what is
/// behind whole vectors would else go one by one.
#[inline(always)]
pub(crate) fn each(values: &mut [f32], f: impl Fn(f32) -> f32) {
    let (whole, rest) = values.split_at_mut(values.len() / LANES * LANES);
    let mut block = [0.0; LANES];
    for (to, &from) in block.iter_mut().zip(&*rest) {
        *to = from;
    }
    let filled = if rest.is_empty() { &mut [][..] } else { &mut block };
    for part in [whole, filled] {
        for value in part {
            *value = f(*value);
        }
    }
    for (to, &from) in rest.iter_mut().zip(&block) {
        *to = from;
    }
}

/// Writes what becomes of each a and b, as far as all go. A block is read before it is written, so
/// that nobody has to prove that y lies apart.
#[inline(always)]
pub(crate) fn pair(y: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) {
    let (y, y_rest) = y.as_chunks_mut::<LANES>();
    let done = y.len() * LANES;
    for ((y, a), b) in y.iter_mut().zip(a.as_chunks::<LANES>().0).zip(b.as_chunks::<LANES>().0) {
        let mut new = *a;
        for (a, &b) in new.iter_mut().zip(b) {
            *a = f(*a, b);
        }
        *y = new;
    }
    let (a, b) = (a.get(done..).unwrap_or_default(), b.get(done..).unwrap_or_default());
    for ((y, &a), &b) in y_rest.iter_mut().zip(a).zip(b) {
        *y = f(a, b);
    }
}
