//! Quantised operators as a float one between DequantizeLinear and QuantizeLinear, which is how the
//! specifications of QLinear operators define them. The stored numbers stay as they are.

use super::fused::{planes_back, planes_first};
use crate::graph::build::Part;
use crate::graph::error::ModelError;
use crate::graph::op::{
    Binary, ConvAttributes, GemmAttributes, Op, RecurrentAttributes, ReduceAttributes,
};
use crate::graph::tensor::{ElementType, Tensor};

const CAST: Op = Op::Cast { to: ElementType::F32, saturate: true };

/// Input `index` in float; its scale and zero point are the two inputs from `scale` on. Where there is
/// more than one they stand along `axis`.
fn float(
    part: &mut Part<'_, '_>,
    index: usize,
    scale: usize,
    axis: i64,
) -> Result<String, ModelError> {
    let (x, scale, zero) = (part.input(index)?, part.input(scale)?, part.optional(scale + 1));
    dequantised(part, x, scale, zero, axis)
}

fn dequantised(
    part: &mut Part<'_, '_>,
    x: &str,
    scale: &str,
    zero: Option<&str>,
    axis: i64,
) -> Result<String, ModelError> {
    let op = Op::DequantizeLinear { axis, block: 0 };
    part.add(op, &[x, scale, zero.unwrap_or_default()])
}

/// Quantises output 0 by the scale and zero point that are the two inputs from `scale` on.
fn give(part: &mut Part<'_, '_>, value: &str, scale: usize) -> Result<(), ModelError> {
    let (scale, zero) = (part.input(scale)?, part.optional(scale + 1));
    let op = Op::QuantizeLinear { axis: 1, block: 0, to: None };
    let value = part.add(op, &[value, scale, zero.unwrap_or_default()])?;
    part.give(0, value);
    Ok(())
}

/// The product of scales, stored where both are.
fn product(part: &mut Part<'_, '_>, a: &str, b: &str) -> Result<String, ModelError> {
    let values = |part: &Part<'_, '_>, name: &str| part.stored(name).and_then(Tensor::to_f32);
    match (values(part, a), values(part, b)) {
        (Some(one), Some(many)) | (Some(many), Some(one)) if one.len() == 1 => {
            let one = one.first().copied().unwrap_or(1.0);
            let product: Vec<f32> = many.iter().map(|scale| scale * one).collect();
            let dims = if product.len() == 1 { vec![] } else { vec![product.len()] };
            Ok(part.floats(&dims, &product))
        }
        _ => part.binary(Binary::Mul, a, b),
    }
}

/// A bias of whole numbers, whose scale is that of the product; "" where input `index` is left out.
fn bias(part: &mut Part<'_, '_>, index: usize, scale: &str) -> Result<String, ModelError> {
    let Some(bias) = part.optional(index) else { return Ok(String::new()) };
    let axis = part.dims(bias)?.len() as i64 - 1;
    dequantised(part, bias, scale, None, axis.max(0))
}

pub(super) fn matmul(part: &mut Part<'_, '_>) -> Result<(), ModelError> {
    let a = float(part, 0, 1, -2)?;
    let b = float(part, 3, 4, -1)?;
    let value = part.add(Op::MatMul, &[&a, &b])?;
    give(part, &value, 6)
}

pub(super) fn conv(
    part: &mut Part<'_, '_>,
    conv: &ConvAttributes,
    planes_last: bool,
) -> Result<(), ModelError> {
    let x = float(part, 0, 1, 1)?;
    let x = planes_first(part, &x, planes_last)?;
    let weights = float(part, 3, 4, 0)?;
    let scale = product(part, part.input(1)?, part.input(4)?)?;
    let added = bias(part, 8, &scale)?;
    let value = part.add(Op::Conv(conv.clone()), &[&x, &weights, &added])?;
    let value = planes_back(part, value, planes_last)?;
    give(part, &value, 6)
}

/// QGemm: `alpha * A * B + C`, whose result stays float where no scale is given for it.
pub(super) fn gemm(part: &mut Part<'_, '_>, gemm: &GemmAttributes) -> Result<(), ModelError> {
    let a = float(part, 0, 1, 1)?;
    let b = float(part, 3, 4, if gemm.trans_b { 0 } else { 1 })?;
    let mut scale = product(part, part.input(1)?, part.input(4)?)?;
    if gemm.alpha != 1.0 {
        let alpha = part.float(gemm.alpha);
        scale = product(part, &scale, &alpha)?;
    }
    let added = bias(part, 6, &scale)?;
    let value = part.add(Op::Gemm(gemm.clone()), &[&a, &b, &added])?;
    if part.optional(7).is_some() {
        return give(part, &value, 7);
    }
    part.give(0, value);
    Ok(())
}

pub(super) fn binary(part: &mut Part<'_, '_>, binary: Binary) -> Result<(), ModelError> {
    let (a, b) = (float(part, 0, 1, 1)?, float(part, 3, 4, 1)?);
    let value = part.binary(binary, &a, &b)?;
    give(part, &value, 6)
}

pub(super) fn unary(part: &mut Part<'_, '_>, op: &Op, planes_last: bool) -> Result<(), ModelError> {
    let x = float(part, 0, 1, 1)?;
    let rank = part.dims(&x)?.len();
    if let Op::Softmax { axis } = op
        && part.axis(*axis, rank)? + 1 != rank
    {
        return Err(part.unsupported("only its last axis is supported"));
    }
    if let Op::Reduce(said) = op {
        let value = mean(part, &x, said)?;
        return give(part, &value, 3);
    }
    let x = planes_first(part, &x, planes_last)?;
    let value = part.add(op.clone(), &[&x])?;
    let value = planes_back(part, value, planes_last)?;
    give(part, &value, 3)
}

/// The axes stay an attribute in every operator set.
fn mean(part: &mut Part<'_, '_>, x: &str, said: &ReduceAttributes) -> Result<String, ModelError> {
    let axes = part.axes(x, said.axes.as_deref().unwrap_or_default())?;
    let value = part.reduce(said.reduction, x, &axes)?;
    if said.keep_dims { Ok(value) } else { part.without(&value, &axes) }
}

/// Inputs: scale and zero point of the result, then three for each part.
pub(super) fn concat(part: &mut Part<'_, '_>, axis: i64) -> Result<(), ModelError> {
    let mut parts = Vec::new();
    while part.optional(2 + 3 * parts.len()).is_some() {
        let index = 2 + 3 * parts.len();
        parts.push(float(part, index, index + 1, 1)?);
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let value = part.add(Op::Concat { axis }, &parts)?;
    give(part, &value, 0)
}

pub(super) fn choose(part: &mut Part<'_, '_>) -> Result<(), ModelError> {
    let (a, b) = (float(part, 1, 2, 1)?, float(part, 4, 5, 1)?);
    let value = part.add(Op::Where, &[part.input(0)?, &a, &b])?;
    give(part, &value, 7)
}

/// Quantises input 0 by its own range, then as [`integer_product`].
pub(super) fn dynamic_matmul(part: &mut Part<'_, '_>) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let asked = vec![true, true, true];
    let found = part.add_some(Op::DynamicQuantizeLinear, &[x], asked)?;
    let [Some(x), Some(scale), Some(zero)] = found.as_slice() else {
        return Err(part.bad("its input cannot be quantised"));
    };
    let (weights, by, off) = (part.input(1)?, part.input(2)?, part.optional(3));
    integer_product(part, [x, weights], [scale, by], [Some(zero), off], part.optional(4))
}

pub(super) fn matmul_to_float(part: &mut Part<'_, '_>) -> Result<(), ModelError> {
    let factors = [part.input(0)?, part.input(1)?];
    let scales = [part.input(2)?, part.input(3)?];
    let zeros = [part.optional(4), part.optional(5)];
    integer_product(part, factors, scales, zeros, part.optional(6))
}

/// A product of whole numbers, then its scale and its bias.
fn integer_product(
    part: &mut Part<'_, '_>,
    factors: [&str; 2],
    scales: [&str; 2],
    zeros: [Option<&str>; 2],
    bias: Option<&str>,
) -> Result<(), ModelError> {
    let mut inputs = factors.to_vec();
    inputs.extend(zeros.iter().map(|zero| zero.unwrap_or_default()));
    let whole = part.add(Op::MatMulInteger, &inputs)?;
    let value = part.add(CAST, &[&whole])?;
    let scale = part.binary(Binary::Mul, scales[0], scales[1])?;
    let mut value = part.binary(Binary::Mul, &value, &scale)?;
    if let Some(bias) = bias {
        value = part.binary(Binary::Add, &value, bias)?;
    }
    part.give(0, value);
    Ok(())
}

/// An LSTM with quantised weights, run with the numbers that these stand for. Weights are
/// `[D, inputs, 4 * H]`; their scales are one for each direction, or for each direction and column.
pub(super) fn lstm(part: &mut Part<'_, '_>, said: &RecurrentAttributes) -> Result<(), ModelError> {
    if part.optional(7).is_some() {
        return Err(part.unsupported("peepholes are not supported"));
    }
    let (weights, recurrent) = (lstm_weights(part, 1, 8)?, lstm_weights(part, 2, 10)?);
    let mut inputs = vec![part.input(0)?, &weights, &recurrent];
    inputs.extend((3..7).map(|index| part.or_none(index)));
    let asked = (0..3).map(|index| part.output(index).is_some()).collect();
    let outputs = part.add_some(Op::Recurrent(said.clone()), &inputs, asked)?;
    for (index, output) in outputs.into_iter().enumerate() {
        if let Some(output) = output {
            part.give(index, output);
        }
    }
    Ok(())
}

fn lstm_weights(part: &mut Part<'_, '_>, index: usize, scale: usize) -> Result<String, ModelError> {
    let (x, scale, zero) = (part.input(index)?, part.input(scale)?, part.input(scale + 1)?);
    let mut placed = |name: &str| {
        let wide = part.add(CAST, &[name])?;
        let dims = match part.dims(name)?.as_slice() {
            &[directions] => vec![directions, 1, 1],
            &[directions, columns] => vec![directions, 1, columns],
            dims => return Err(part.bad(format!("a scale of axes {dims:?} is not supported"))),
        };
        part.reshape(&wide, &dims)
    };
    let (scale, zero) = (placed(scale)?, placed(zero)?);
    let wide = part.add(CAST, &[x])?;
    let moved = part.binary(Binary::Sub, &wide, &zero)?;
    let scaled = part.binary(Binary::Mul, &moved, &scale)?;
    part.transpose(&scaled, &[0, 2, 1])
}

/// MatMulNBits (onnxruntime): each column's weights lie one after the other in blocks, 4 or 8 bits
/// each; without zero points these are in the middle.
pub(super) fn few_bits(
    part: &mut Part<'_, '_>,
    (depth, columns): (i64, i64),
    (bits, block): (i64, i64),
) -> Result<(), ModelError> {
    let sizes = [depth, columns, block].map(|size| usize::try_from(size).unwrap_or(0));
    let [depth, columns, block] = sizes;
    if sizes.contains(&0) || !matches!(bits, 4 | 8) {
        return Err(part.unsupported("only weights of 4 or 8 bits in blocks are supported"));
    }
    if part.optional(4).is_some() {
        return Err(part.unsupported("groups in another order (`g_idx`) are not supported"));
    }
    let missing = || "its weights must be stored in the file";
    let packed = part.stored(part.input(1)?).map(|tensor| tensor.bytes.clone());
    let scales = part.stored(part.input(2)?).and_then(Tensor::to_f32);
    let (Some(packed), Some(scales)) = (packed, scales) else {
        return Err(part.unsupported(missing()));
    };
    let zeros = match part.optional(3) {
        Some(name) => {
            let stored = part.stored(name).filter(|zeros| zeros.element == ElementType::U8);
            Some(stored.ok_or_else(|| part.unsupported(missing()))?.bytes.clone())
        }
        None => None,
    };
    let blocks = depth.div_ceil(block);
    let number = |bytes: &[u8], row: usize, length: usize, place: usize| match bits {
        4 => bytes
            .get(row * length.div_ceil(2) + place / 2)
            .map(|byte| if place.is_multiple_of(2) { byte & 15 } else { byte >> 4 }),
        _ => bytes.get(row * length + place).copied(),
    };
    let weight = |row: usize, column: usize| {
        let place = (row / block, row % block);
        let whole = number(&packed, column * blocks + place.0, block, place.1)?;
        let zero = match &zeros {
            Some(zeros) => number(zeros, column, blocks, place.0)?,
            None => 1 << (bits - 1),
        };
        let scale = scales.get(column * blocks + place.0)?;
        Some((f32::from(whole) - f32::from(zero)) * scale)
    };
    let all = depth.checked_mul(columns).filter(|&all| all <= packed.len().saturating_mul(2));
    let all = all.ok_or_else(|| part.bad("its weights do not fill its shape"))?;
    part.ask(all)?;
    let values: Option<Vec<f32>> = (0..all).map(|i| weight(i / columns, i % columns)).collect();
    let values = values.ok_or_else(|| part.bad("its weights do not fill its shape"))?;
    let weights = part.floats(&[depth, columns], &values);
    let mut value = part.add(Op::MatMul, &[part.input(0)?, &weights])?;
    if let Some(bias) = part.optional(5) {
        value = part.binary(Binary::Add, &value, bias)?;
    }
    part.give(0, value);
    Ok(())
}
