//! Numbers of a frame go in, their Fourier transform comes out, in place, by `microfft`: for each length
//! there is a function of its own.

use microfft::{Complex32, inverse, real};

/// Transform of `n` real values, from 32 to 16384: the bins from 0 to `n/2 - 1`; empty for another `n`.
pub(super) fn real(values: &mut [f32]) -> &mut [Complex32] {
    macro_rules! of {
        ($($length:literal $function:ident)*) => {
            match values.len() {
                $($length => values.try_into().map(|values| &mut real::$function(values)[..]),)*
                _ => return &mut [],
            }
        };
    }
    let bins = of!(32 rfft_32 64 rfft_64 128 rfft_128 256 rfft_256 512 rfft_512 1024 rfft_1024 2048 rfft_2048
        4096 rfft_4096 8192 rfft_8192 16384 rfft_16384);
    let Ok(bins) = bins else { return &mut [] };
    // The bin at half the rate comes packed into this place.
    if let Some(constant) = bins.first_mut() {
        constant.im = 0.0;
    }
    bins
}

/// Back from so many bins to as many complex values, for 32 to 8192 of them.
pub(super) fn inverse(bins: &mut [Complex32]) {
    macro_rules! of {
        ($($length:literal $function:ident)*) => {
            match bins.len() {
                $($length => {
                    if let Ok(bins) = <&mut [Complex32; $length]>::try_from(bins) {
                        let _ = inverse::$function(bins);
                    }
                })*
                _ => {}
            }
        };
    }
    of!(32 ifft_32 64 ifft_64 128 ifft_128 256 ifft_256 512 ifft_512 1024 ifft_1024 2048 ifft_2048
        4096 ifft_4096 8192 ifft_8192);
}
