//! Functions of one number, over a slice.
//!
//! f32 in and out, each element for itself; formulas and edges as in the ONNX operator
//! specification (onnx.ai/onnx/operators). What is not a number stays so.

use crate::error::{KernelError, same_length};
use crate::math;
use crate::multi::{by_tier, each};
use crate::tier::FloatTier;

/// A function of one number. Truth is 1.0 and 0.0; every number but zero is true.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the fields are the attributes of the operator of that name")]
pub enum Activation {
    Relu,
    LeakyRelu {
        alpha: f32,
    },
    ThresholdedRelu {
        alpha: f32,
    },
    Elu {
        alpha: f32,
    },
    Selu {
        alpha: f32,
        gamma: f32,
    },
    Celu {
        alpha: f32,
    },
    Sigmoid,
    HardSigmoid {
        alpha: f32,
        beta: f32,
    },
    Tanh,
    Softplus,
    Softsign,
    /// Gelu with `approximate` "none".
    GeluExact,
    /// Gelu with `approximate` "tanh".
    GeluTanh,
    HardSwish,
    /// x times its sigmoid.
    Silu,
    Mish,
    /// At least `low`, then at most `high`.
    Clip {
        low: f32,
        high: f32,
    },
    Abs,
    Neg,
    Exp,
    Log,
    Sqrt,
    Reciprocal,
    Erf,
    Floor,
    Ceil,
    /// Half to even.
    Round,
    Sign,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Asinh,
    Acosh,
    Atanh,
    IsNaN,
    Not,
}

impl Activation {
    /// Replaces each value by its function.
    pub fn run(self, tier: FloatTier, values: &mut [f32]) {
        map(tier, self, values);
    }

    /// Writes the function of each element of `x` to `y`.
    ///
    /// # Errors
    /// The slices differ in length.
    pub fn run_to(self, tier: FloatTier, x: &[f32], y: &mut [f32]) -> Result<(), KernelError> {
        same_length("the output of an activation", x.len(), y.len())?;
        y.copy_from_slice(x);
        self.run(tier, y);
        Ok(())
    }

    /// The function of one number: the same bits as in a slice.
    pub fn of(self, x: f32) -> f32 {
        let mut value = [x];
        body(self, &mut value);
        value[0]
    }
}

by_tier! {
    fn map(activation: Activation, values: &mut [f32]) = body;
}

/// A match outside of the loops, so that each loop is of one function.
#[inline(always)]
fn body(activation: Activation, values: &mut [f32]) {
    use Activation as A;
    match activation {
        A::Relu => each(values, |x| if x < 0.0 { 0.0 } else { x }),
        A::LeakyRelu { alpha } => each(values, |x| if x < 0.0 { alpha * x } else { x }),
        A::ThresholdedRelu { alpha } => each(values, |x| if x <= alpha { 0.0 } else { x }),
        A::Elu { alpha } => each(values, |x| elu(x, alpha)),
        A::Selu { alpha, gamma } => each(values, |x| gamma * elu(x, alpha)),
        A::Celu { alpha } => {
            each(values, |x| if x < 0.0 { alpha * (math::exp(x / alpha) - 1.0) } else { x })
        }
        A::Sigmoid => each(values, math::sigmoid),
        A::HardSigmoid { alpha, beta } => each(values, |x| math::clip(alpha * x + beta, 0.0, 1.0)),
        A::Tanh => each(values, math::tanh),
        A::Softplus => each(values, math::softplus),
        A::Softsign => each(values, |x| x / (1.0 + x.abs())),
        A::GeluExact => {
            each(values, |x| 0.5 * x * (1.0 + math::erf(x * core::f32::consts::FRAC_1_SQRT_2)))
        }
        A::GeluTanh => each(values, |x| {
            // The square root of 2 / pi.
            0.5 * x * (1.0 + math::tanh(0.797_884_6 * (x + 0.044_715 * (x * x * x))))
        }),
        A::HardSwish => each(values, |x| x * math::clip(x / 6.0 + 0.5, 0.0, 1.0)),
        A::Silu => each(values, |x| x * math::sigmoid(x)),
        A::Mish => each(values, math::mish),
        A::Clip { low, high } => each(values, |x| math::clip(x, low, high)),
        A::Abs => each(values, f32::abs),
        A::Neg => each(values, |x| -x),
        A::Exp => each(values, math::exp),
        A::Log => each(values, math::log),
        A::Sqrt => each(values, math::sqrt),
        A::Reciprocal => each(values, |x| 1.0 / x),
        A::Erf => each(values, math::erf),
        A::Floor => each(values, math::floor),
        A::Ceil => each(values, math::ceil),
        A::Round => each(values, math::round),
        A::Sign => each(values, |x| {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                x * 0.0
            }
        }),
        A::IsNaN => each(values, |x| truth(x.is_nan())),
        A::Not => each(values, |x| truth(x == 0.0)),
        rare => seldom(rare, values),
    }
}

/// Functions that models rarely have, one number at a time, from libm.
#[inline(never)]
fn seldom(activation: Activation, values: &mut [f32]) {
    use Activation as A;
    let f: fn(f32) -> f32 = match activation {
        A::Sin => libm::sinf,
        A::Cos => libm::cosf,
        A::Tan => libm::tanf,
        A::Asin => libm::asinf,
        A::Acos => libm::acosf,
        A::Atan => libm::atanf,
        A::Sinh => libm::sinhf,
        A::Cosh => libm::coshf,
        A::Asinh => libm::asinhf,
        // libm's own gives numbers for negative ones.
        A::Acosh => |x| if x >= 1.0 { libm::acoshf(x) } else { f32::NAN },
        A::Atanh => libm::atanhf,
        _ => return,
    };
    values.iter_mut().for_each(|value| *value = f(*value));
}

#[inline(always)]
fn elu(x: f32, alpha: f32) -> f32 {
    if x < 0.0 { alpha * (math::exp(x) - 1.0) } else { x }
}

/// 1.0 where it holds, 0.0 where not.
#[inline(always)]
pub(crate) fn truth(holds: bool) -> f32 {
    if holds { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests;
