//! Elementary functions over f32 from products, sums, quotients and bits alone.
//!
//! A number goes in and a number comes out: the same bits on every processor and at every place of a
//! vector, since nothing is fused and no table is read. Written so that a loop over them becomes
//! vector instructions: no branches, no calls. What is not a number stays so.
//!
//! Coefficients of `exp`, `log` and `tanh`: S. L. Moshier, Cephes Math Library 2.2, single precision.

use core::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LN_2, LOG2_E};

/// Adding and taking it away rounds an f32 below 2^22 to the nearest integer, half to even; the low
/// bits of the sum are the integer.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// ln 2 in two parts: the first has so few bits that its products with exponents are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// 2^n, for n in -126..=127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// e^x as (1 + a rest) and a power of two, for |x| below 2^20.
#[inline(always)]
fn exp_parts(x: f32) -> (f32, i32) {
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let p = 1.987_569_2e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    (p * (r * r) + r, shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32)
}

/// e^x, within 2 ulp, subnormals included.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Beyond these it is infinite or zero; NaN passes both comparisons.
    let x = if x > 90.0 { 90.0 } else { x };
    let x = if x < -110.0 { -110.0 } else { x };
    let (rest, n) = exp_parts(x);
    // In two steps: 2^n itself may be infinite or subnormal where the result is not.
    let half = n >> 1;
    (rest + 1.0) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// The natural logarithm of a positive, normal number over 2^less.
#[inline(always)]
fn log_normal(x: f32, less: i32) -> f32 {
    let bits = x.to_bits();
    // The mantissa comes to lie in sqrt(1/2) .. sqrt(2).
    let exponent = (bits.wrapping_sub(FRAC_1_SQRT_2.to_bits()) as i32) >> 23;
    let m = f32::from_bits(bits.wrapping_sub((exponent as u32) << 23)) - 1.0;
    let e = (exponent - less) as f32;
    let z = m * m;
    let p = 7.037_683_6e-2;
    let p = p * m - 1.151_461e-1;
    let p = p * m + 1.167_699_9e-1;
    let p = p * m - 1.242_014_1e-1;
    let p = p * m + 1.424_932_3e-1;
    let p = p * m - 1.666_805_8e-1;
    let p = p * m + 2.000_071_5e-1;
    let p = p * m - 2.499_999_4e-1;
    let p = p * m + 3.333_333e-1;
    let y = p * m * z + e * LN_2_LOW - 0.5 * z;
    (m + y) + e * LN_2_HIGH
}

/// The natural logarithm, within 2 ulp.
#[inline(always)]
pub(crate) fn log(x: f32) -> f32 {
    let subnormal = x < f32::MIN_POSITIVE;
    let normal = if subnormal { x * 8_388_608.0 } else { x };
    let y = log_normal(normal, if subnormal { 23 } else { 0 });
    let y = if x == f32::INFINITY { x } else { y };
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    if x >= 0.0 { y } else { f32::NAN }
}

/// ln(1 + x) for x in 0..=1, also where 1 + x rounds to 1.
#[inline(always)]
fn log_1p(x: f32) -> f32 {
    let u = 1.0 + x;
    log_normal(u, 0) + (x - (u - 1.0)) / u
}

/// The hyperbolic tangent, within 2.5 ulp: with m = e^2|x| - 1 it is m / (m + 2), and m is as exact for
/// the smallest numbers as it is for large ones.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let a = x.abs();
    // From 9.02 on it rounds to 1.
    let (rest, n) = exp_parts(2.0 * if a > 10.0 { 10.0 } else { a });
    let power = power_of_two(n);
    let m = power * rest + (power - 1.0);
    (m / (m + 2.0)).copysign(x)
}

/// 1 / (1 + e^-x), within 3 ulp in both tails.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
}

/// ln(1 + e^x).
#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    let rest = log_1p(exp(-x.abs()));
    if x > 0.0 { x + rest } else { rest }
}

/// x tanh(ln(1 + e^x)), by (e^2x + 2 e^x) / (e^2x + 2 e^x + 2).
#[inline(always)]
pub(crate) fn mish(x: f32) -> f32 {
    let e = exp(if x > 20.0 { 20.0 } else { x });
    let n = e * (e + 2.0);
    x * (n / (n + 2.0))
}

/// The error function, within 3 ulp: 1 - e^-a p(a), with the polynomial of degree 8 that makes the
/// least relative error of the whole (4e-9) up to 3.93, from where on it rounds to 1.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let a = x.abs();
    let a = if a > 3.93 { 3.93 } else { a };
    let p = -9.25653e-6;
    let p = p * a + 1.17643445e-4;
    let p = p * a - 6.328439e-4;
    let p = p * a + 1.667039e-3;
    let p = p * a - 1.6040643e-4;
    let p = p * a - 1.9153059e-2;
    let p = p * a + 1.0277783e-1;
    let p = p * a + 6.366194e-1;
    let p = p * a + FRAC_2_SQRT_PI;
    let (rest, n) = exp_parts(-a * p);
    let power = power_of_two(n);
    (-power * rest + (1.0 - power)).copysign(x)
}

/// The square root, rounded correctly.
#[inline(always)]
pub(crate) fn sqrt(x: f32) -> f32 {
    #[cfg(feature = "std")]
    return x.sqrt();
    #[cfg(not(feature = "std"))]
    libm::sqrtf(x)
}

/// To the nearest integer, half to even.
#[inline(always)]
pub(crate) fn round(x: f32) -> f32 {
    // From 2^23 on all are integers.
    let whole = ((x.abs() + 8_388_608.0) - 8_388_608.0).copysign(x);
    if x.abs() < 8_388_608.0 { whole } else { x }
}

/// The largest integer that is not above.
#[inline(always)]
pub(crate) fn floor(x: f32) -> f32 {
    let whole = round(x);
    if whole > x { whole - 1.0 } else { whole }
}

/// The smallest integer that is not below.
#[inline(always)]
pub(crate) fn ceil(x: f32) -> f32 {
    let whole = round(x);
    // -0.5 goes up to -0.0.
    (if whole < x { whole + 1.0 } else { whole }).copysign(x)
}

/// At most `high`, then at least `low`, as ONNX's Clip: `high` wins where it lies below `low`.
#[inline(always)]
pub(crate) fn clip(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// Sum of products that belong to ln 2: kept so that both parts stay one number.
const _: () = assert!(LN_2_HIGH + LN_2_LOW == LN_2);

#[cfg(test)]
mod tests {
    use super::*;

    /// A number of floats over all of them, and all around the places where formulas change.
    fn samples() -> impl Iterator<Item = f32> {
        let corners = [0.0, 0.5, 0.71, 1.0, 9.01, 10.0, 17.3, 20.0, 87.3, 88.7, 103.9];
        let around = corners.into_iter().flat_map(|c: f32| {
            (0..2000u32)
                .map(move |i| f32::from_bits(c.to_bits().wrapping_add(i).wrapping_sub(1000)))
        });
        (0..=u32::MAX).step_by(9973).map(f32::from_bits).chain(around).flat_map(|x| [x, -x])
    }

    /// The largest error in units of the last place of the true value; what is not finite must be
    /// the same.
    fn worst(f: impl Fn(f32) -> f32, truth: impl Fn(f64) -> f64) -> f64 {
        let mut worst = 0.0f64;
        for x in samples() {
            let (y, t) = (f(x), truth(f64::from(x)));
            assert_eq!(y.is_nan(), t.is_nan(), "at {x}: {y} instead of {t}");
            if t.is_nan() {
                continue;
            }
            let nearest = t as f32;
            if !nearest.is_finite() || !y.is_finite() {
                // One place short of infinity is as good as infinity.
                let end = |y: f32| y.abs() >= f32::MAX * 0.999_999;
                assert!(end(y) && end(nearest) && y.signum() == nearest.signum(), "at {x}: {y}");
                continue;
            }
            let place = f64::from(f32::from_bits((nearest.abs().to_bits()).max(0x0080_0000)))
                * f64::from(f32::EPSILON);
            // The unit of the last place, of normal numbers at least.
            let unit = 2f64.powi((place.log2().floor()) as i32).max(2f64.powi(-149));
            let error = (f64::from(y) - t).abs() / unit;
            if error > worst {
                worst = error;
            }
        }
        worst
    }

    #[test]
    fn functions_are_right_within_a_few_places() {
        let logistic = |x: f64| {
            let e = (-x.abs()).exp();
            if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
        };
        let soft = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        let all = [
            ("exp", worst(exp, f64::exp), 2.0),
            ("log", worst(log, f64::ln), 2.0),
            ("tanh", worst(tanh, f64::tanh), 2.5),
            ("sigmoid", worst(sigmoid, logistic), 3.0),
            ("erf", worst(erf, libm::erf), 3.0),
            ("softplus", worst(softplus, |x| if x.is_nan() { x } else { soft(x) }), 4.0),
            ("sqrt", worst(sqrt, f64::sqrt), 0.5),
        ];
        std::println!("{all:?}");
        for (name, error, most) in all {
            assert!(error <= most, "{name} is wrong by {error} places");
        }
    }

    #[test]
    fn roundings_are_exact() {
        let same = |a: f32, b: f32, x: f32| {
            assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{a} {b} of {x}");
        };
        for x in samples().chain((-20..20).map(|i| i as f32 * 0.25)) {
            same(round(x), x.round_ties_even(), x);
            same(floor(x), x.floor(), x);
            same(ceil(x), x.ceil(), x);
        }
    }
}
