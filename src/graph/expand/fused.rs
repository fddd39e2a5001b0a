//! Layers that onnxruntime's optimiser has joined to what follows them.

use crate::graph::build::Part;
use crate::graph::error::ModelError;
use crate::graph::op::{
    Binary, ConvAttributes, FusedActivation, GeluFormula, GemmAttributes, Op, Unary, Variadic,
};

/// Adds the activation, if there is one.
fn activated(
    part: &mut Part<'_, '_>,
    x: String,
    activation: Option<&FusedActivation>,
) -> Result<String, ModelError> {
    match activation {
        None => Ok(x),
        Some(FusedActivation::Op(op)) => part.add(op.clone(), &[&x]),
        Some(FusedActivation::Clip { min, max }) => {
            let (min, max) = (part.float(*min), part.float(*max));
            let x = part.add(Op::Variadic(Variadic::Max), &[&x, &min])?;
            part.add(Op::Variadic(Variadic::Min), &[&x, &max])
        }
    }
}

pub(super) fn gemm(
    part: &mut Part<'_, '_>,
    gemm: &GemmAttributes,
    activation: Option<&FusedActivation>,
) -> Result<(), ModelError> {
    let inputs = [part.input(0)?, part.input(1)?, part.or_none(2)];
    let product = part.add(Op::Gemm(gemm.clone()), &inputs)?;
    let value = activated(part, product, activation)?;
    part.give(0, value);
    Ok(())
}

/// Either matrix transposed first, the product times `alpha`.
pub(super) fn matmul(
    part: &mut Part<'_, '_>,
    (alpha, trans_a, trans_b): (f32, bool, bool),
    activation: Option<&FusedActivation>,
) -> Result<(), ModelError> {
    let mut factors = Vec::new();
    for (index, transposed) in [(0, trans_a), (1, trans_b)] {
        let name = part.input(index)?;
        let rank = part.dims(name)?.len();
        factors.push(if transposed && rank > 1 {
            let order: Vec<usize> = (0..rank - 2).chain([rank - 1, rank - 2]).collect();
            part.transpose(name, &order)?
        } else {
            name.to_owned()
        });
    }
    let factors: Vec<&str> = factors.iter().map(String::as_str).collect();
    let mut product = part.add(Op::MatMul, &factors)?;
    if alpha != 1.0 {
        let alpha = part.float(alpha);
        product = part.binary(Binary::Mul, &product, &alpha)?;
    }
    let value = activated(part, product, activation)?;
    part.give(0, value);
    Ok(())
}

/// The fourth input is added before the activation.
pub(super) fn conv(
    part: &mut Part<'_, '_>,
    conv: &ConvAttributes,
    activation: Option<&FusedActivation>,
    planes_last: bool,
) -> Result<(), ModelError> {
    let x = planes_first(part, part.input(0)?, planes_last)?;
    let inputs = [&x, part.input(1)?, part.or_none(2)];
    let mut value = part.add(Op::Conv(conv.clone()), &inputs)?;
    if let Some(more) = part.optional(3) {
        let more = planes_first(part, more, planes_last)?;
        value = part.binary(Binary::Add, &value, &more)?;
    }
    value = activated(part, value, activation)?;
    value = planes_back(part, value, planes_last)?;
    part.give(0, value);
    Ok(())
}

/// `[N, spatial..., planes]` as `[N, planes, spatial...]`.
pub(super) fn planes_first(
    part: &mut Part<'_, '_>,
    name: &str,
    planes_last: bool,
) -> Result<String, ModelError> {
    let rank = part.dims(name)?.len();
    if !planes_last || rank < 3 {
        return Ok(name.to_owned());
    }
    let order: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
    part.transpose(name, &order)
}

/// The way back from [`planes_first`].
pub(super) fn planes_back(
    part: &mut Part<'_, '_>,
    name: String,
    planes_last: bool,
) -> Result<String, ModelError> {
    let rank = part.dims(&name)?.len();
    if !planes_last || rank < 3 {
        return Ok(name);
    }
    let order: Vec<usize> = [0].into_iter().chain(2..rank).chain([1]).collect();
    part.transpose(&name, &order)
}

pub(super) fn planes_last_pool(part: &mut Part<'_, '_>, pool: &Op) -> Result<(), ModelError> {
    let x = planes_first(part, part.input(0)?, true)?;
    let value = part.add(pool.clone(), &[&x])?;
    let value = planes_back(part, value, true)?;
    part.give(0, value);
    Ok(())
}

/// Gelu of a sum.
pub(super) fn bias_gelu(part: &mut Part<'_, '_>, exact: bool) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let sum = match part.optional(1) {
        Some(bias) => part.binary(Binary::Add, x, bias)?,
        None => x.to_owned(),
    };
    let formula = if exact { GeluFormula::Exact } else { GeluFormula::Tanh };
    let value = part.add(Op::Gelu(formula), &[&sum])?;
    part.give(0, value);
    Ok(())
}

/// `x * sigmoid(alpha * x)`.
pub(super) fn swish(part: &mut Part<'_, '_>, alpha: f32) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let alpha = part.float(alpha);
    let scaled = part.binary(Binary::Mul, x, &alpha)?;
    let share = part.unary(Unary::Sigmoid, &scaled)?;
    let value = part.binary(Binary::Mul, x, &share)?;
    part.give(0, value);
    Ok(())
}

/// Softmax of a sum, over the last axis.
pub(super) fn bias_softmax(
    part: &mut Part<'_, '_>,
    axis: i64,
    inner: bool,
) -> Result<(), ModelError> {
    let (x, bias) = (part.input(0)?, part.input(1)?);
    let rank = part.dims(x)?.len();
    if part.axis(axis, rank)? + 1 != rank || inner && part.dims(bias)?.len() != rank {
        return Err(part.unsupported("only its last axis is supported, and a bias of as many axes"));
    }
    let sum = part.binary(Binary::Add, x, bias)?;
    let value = part.add(Op::Softmax { axis: rank as i64 - 1 }, &[&sum])?;
    part.give(0, value);
    Ok(())
}
