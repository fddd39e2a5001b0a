//! Each function against its formula in f64, at its edges, and by every tier.

use std::vec::Vec;

use super::*;
use crate::tier::Tier;

const ALL: [Activation; 41] = [
    Activation::Relu,
    Activation::LeakyRelu { alpha: 0.01 },
    Activation::ThresholdedRelu { alpha: 1.0 },
    Activation::Elu { alpha: 1.5 },
    Activation::Selu { alpha: 1.673_263_2, gamma: 1.050_701 },
    Activation::Celu { alpha: 2.0 },
    Activation::Sigmoid,
    Activation::HardSigmoid { alpha: 0.2, beta: 0.5 },
    Activation::Tanh,
    Activation::Softplus,
    Activation::Softsign,
    Activation::GeluExact,
    Activation::GeluTanh,
    Activation::HardSwish,
    Activation::Silu,
    Activation::Mish,
    Activation::Clip { low: -1.0, high: 2.0 },
    Activation::Abs,
    Activation::Neg,
    Activation::Exp,
    Activation::Log,
    Activation::Sqrt,
    Activation::Reciprocal,
    Activation::Erf,
    Activation::Floor,
    Activation::Ceil,
    Activation::Round,
    Activation::Sign,
    Activation::Sin,
    Activation::Cos,
    Activation::Tan,
    Activation::Asin,
    Activation::Acos,
    Activation::Atan,
    Activation::Sinh,
    Activation::Cosh,
    Activation::Asinh,
    Activation::Acosh,
    Activation::Atanh,
    Activation::IsNaN,
    Activation::Not,
];

/// The formula of the specification in f64.
fn formula(activation: Activation, x: f64) -> f64 {
    use Activation as A;
    let elu = |alpha: f32| if x < 0.0 { f64::from(alpha) * x.exp_m1() } else { x };
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    match activation {
        A::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        A::LeakyRelu { alpha } => {
            if x < 0.0 {
                f64::from(alpha) * x
            } else {
                x
            }
        }
        A::ThresholdedRelu { alpha } => {
            if x <= f64::from(alpha) {
                0.0
            } else {
                x
            }
        }
        A::Elu { alpha } => elu(alpha),
        A::Selu { alpha, gamma } => f64::from(gamma) * elu(alpha),
        A::Celu { alpha } => {
            let alpha = f64::from(alpha);
            if x < 0.0 { alpha * (x / alpha).exp_m1() } else { x }
        }
        A::Sigmoid => logistic(x),
        A::HardSigmoid { alpha, beta } => (f64::from(alpha) * x + f64::from(beta)).clamp(0.0, 1.0),
        A::Tanh => x.tanh(),
        A::Softplus => {
            if x > 40.0 {
                x
            } else {
                x.exp().ln_1p()
            }
        }
        A::Softsign => x / (1.0 + x.abs()),
        A::GeluExact => 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt())),
        A::GeluTanh => {
            let inner = (2.0 / core::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            0.5 * x * (1.0 + inner.tanh())
        }
        A::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        A::Silu => x * logistic(x),
        A::Mish => x * (if x > 40.0 { x } else { x.exp().ln_1p() }).tanh(),
        A::Clip { low, high } => x.clamp(low.into(), high.into()),
        A::Abs => x.abs(),
        A::Neg => -x,
        A::Exp => x.exp(),
        A::Log => x.ln(),
        A::Sqrt => x.sqrt(),
        A::Reciprocal => 1.0 / x,
        A::Erf => libm::erf(x),
        A::Floor => x.floor(),
        A::Ceil => x.ceil(),
        A::Round => x.round_ties_even(),
        A::Sign => {
            if x == 0.0 || x.is_nan() {
                x
            } else {
                x.signum()
            }
        }
        A::Sin => x.sin(),
        A::Cos => x.cos(),
        A::Tan => x.tan(),
        A::Asin => x.asin(),
        A::Acos => x.acos(),
        A::Atan => x.atan(),
        A::Sinh => x.sinh(),
        A::Cosh => x.cosh(),
        A::Asinh => x.asinh(),
        A::Acosh => x.acosh(),
        A::Atanh => x.atanh(),
        A::IsNaN => {
            if x.is_nan() {
                1.0
            } else {
                0.0
            }
        }
        A::Not => {
            if x == 0.0 {
                1.0
            } else {
                0.0
            }
        }
    }
}

fn inputs() -> Vec<f32> {
    let fine = (-4000..4000).map(|i| i as f32 * 0.005);
    let ends = [
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        1e-40,
        -1e-40,
        0.0,
        -0.0,
        88.8,
        -88.8,
        -104.5,
        0.5,
        1.5,
        2.5,
        -2.5,
    ];
    fine.chain(ends).collect()
}

#[test]
fn every_function_is_its_formula() {
    for activation in ALL {
        for x in inputs() {
            let (y, t) = (activation.of(x), formula(activation, f64::from(x)));
            // Formulas of infinity, and of numbers whose square overflows, may differ.
            if t.is_nan() || y.is_nan() {
                let far = x.abs() > 1e30;
                assert!(t.is_nan() == y.is_nan() || far, "{activation:?} of {x}: {y}, not {t}");
                continue;
            }
            let near = (f64::from(y) - t).abs() <= 5e-7 * (t.abs() + 1.0);
            assert!(near || t as f32 == y, "{activation:?} of {x}: {y} instead of {t}");
        }
    }
}

#[test]
fn every_tier_and_place_gives_the_same_bits() {
    let x = inputs();
    for activation in ALL {
        let alone: Vec<_> = x.iter().map(|&x| activation.of(x)).collect();
        for tier in Tier::all_here() {
            for from in [0, 1, 3, x.len() - 5] {
                let mut y = x[from..].to_vec();
                activation.run(tier.float, &mut y);
                for ((y, a), x) in y.iter().zip(&alone[from..]).zip(&x[from..]) {
                    let same = y.to_bits() == a.to_bits() || (y.is_nan() && a.is_nan());
                    assert!(same, "{activation:?} of {x} by {tier:?}: {y} {a}");
                }
            }
        }
    }
}

#[test]
fn every_processor_gives_the_same_bits() {
    // FNV-1a over what comes out, as x86_64 and 64-bit ARM both have it.
    let sum = |activation: Activation| {
        let mut y = inputs();
        activation.run(Tier::detect().float, &mut y);
        let bits = y.iter().map(|y| if y.is_nan() { 0 } else { y.to_bits() });
        bits.fold(0x811c_9dc5u32, |sum, bits| (sum ^ bits).wrapping_mul(0x0100_0193))
    };
    let sums = [
        (Activation::Exp, 0x5a61_1edb),
        (Activation::Log, 0x8ad4_a33f),
        (Activation::Tanh, 0xcd34_8057),
        (Activation::Sigmoid, 0xde3c_d43a),
        (Activation::Softplus, 0x71f0_46d6),
        (Activation::Erf, 0x3def_98f2),
        (Activation::GeluExact, 0x962a_b8b8),
        (Activation::GeluTanh, 0xfdf3_c0a2),
        (Activation::Mish, 0x6ace_6c84),
    ];
    for (activation, expected) in sums {
        assert_eq!(sum(activation), expected, "{activation:?}");
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    for activation in ALL {
        let y = activation.of(f32::NAN);
        match activation {
            Activation::IsNaN => assert_eq!(y, 1.0),
            Activation::Not => assert_eq!(y, 0.0),
            _ => assert!(y.is_nan(), "{activation:?} of NaN is {y}"),
        }
    }
}

#[test]
fn ends_are_those_of_the_specification() {
    let inf = f32::INFINITY;
    for (activation, x, y) in [
        (Activation::Exp, inf, inf),
        (Activation::Exp, -inf, 0.0),
        (Activation::Log, 0.0, -inf),
        (Activation::Log, inf, inf),
        (Activation::Tanh, -inf, -1.0),
        (Activation::Sigmoid, -inf, 0.0),
        (Activation::Sigmoid, inf, 1.0),
        (Activation::Softplus, inf, inf),
        (Activation::Softplus, -inf, 0.0),
        (Activation::Clip { low: 3.0, high: 1.0 }, 2.0, 1.0),
        (Activation::ThresholdedRelu { alpha: 1.0 }, 1.0, 0.0),
        (Activation::Elu { alpha: 2.0 }, -inf, -2.0),
    ] {
        assert_eq!(activation.of(x), y, "{activation:?} of {x}");
    }
}

#[test]
fn slices_of_other_lengths_are_refused() {
    let ran = Activation::Relu.run_to(FloatTier::Portable, &[0.0; 3], &mut [0.0; 2]);
    assert!(ran.is_err());
}
