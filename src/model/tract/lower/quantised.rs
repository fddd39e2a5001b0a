//! Quantised operators in f32: each quantised number is carried as the f32 of its value.
//!
//! Semantics are those of the ONNX specification: rounding half to even, saturation, products of
//! numbers less their zero points. A product of 8-bit numbers over up to 518 of them is exact in
//! f32; beyond that it is rounded as any f32 sum is.

use super::carried::{Carried, Quantised};
use crate::graph::{
    Binary, ElementType, ModelError, Op, Part, QuantisedSteps, QuantisedWay, Tensor, Unary,
    Variadic,
};

/// Says one quantised operator in f32.
pub(super) fn lower(
    op: &Op,
    part: &mut Part<'_, '_>,
    carried: &mut Carried,
) -> Result<(), ModelError> {
    match op {
        Op::QuantizeLinear { axis, block, to } => {
            let element = zero_element(part, carried).or(*to).unwrap_or(ElementType::U8);
            quantise(part, carried, (*axis, *block), element)
        }
        Op::DequantizeLinear { axis, block } => dequantise(part, carried, (*axis, *block)),
        Op::MatMulInteger => {
            let factors = factors(part, carried, -1)?;
            let product = part.add(Op::MatMul, &[&factors.0, &factors.1])?;
            give_carried(part, carried, 0, product);
            Ok(())
        }
        Op::ConvInteger(conv) => {
            let factors = factors(part, carried, 0)?;
            let product = part.add(Op::Conv(conv.clone()), &[&factors.0, &factors.1])?;
            give_carried(part, carried, 0, product);
            Ok(())
        }
        _ => Err(part.bad("it is not quantised")),
    }
}

/// The type of the third input, which is that of what comes out.
fn zero_element(part: &Part<'_, '_>, carried: &Carried) -> Option<ElementType> {
    part.optional(2).and_then(|zero| carried.element(zero))
}

fn give_carried(part: &mut Part<'_, '_>, carried: &mut Carried, index: usize, value: String) {
    if let Some(name) = part.output(index) {
        carried.insert(name);
    }
    part.give(index, value);
}

/// The smallest and the largest number of a type.
fn range(part: &Part<'_, '_>, element: ElementType) -> Result<(f32, f32), ModelError> {
    match element {
        ElementType::U8 => Ok((0.0, 255.0)),
        ElementType::I8 => Ok((-128.0, 127.0)),
        ElementType::U16 => Ok((0.0, 65535.0)),
        ElementType::I16 => Ok((-32768.0, 32767.0)),
        _ => Err(part.unsupported(
            "activations are quantised to 8 or 16 bits, not to this type; quantise weights alone \
             to 4 bits",
        )),
    }
}

/// Scale and zero point where each is a single stored number.
fn single(part: &Part<'_, '_>) -> Option<(f32, f32)> {
    let of = |index: usize| match part.optional(index) {
        Some(name) => part.stored(name).and_then(one_number).map(Some),
        None => Some(None),
    };
    Some((of(1)??, of(2)?.unwrap_or(0.0)))
}

fn one_number(tensor: &Tensor) -> Option<f32> {
    match tensor.to_f32()?.as_slice() {
        [number] => Some(*number),
        _ => None,
    }
}

fn quantise(
    part: &mut Part<'_, '_>,
    carried: &mut Carried,
    (axis, block): (i64, i64),
    element: ElementType,
) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let (lowest, highest) = range(part, element)?;
    if block != 0 {
        return Err(
            part.unsupported("activations are not quantised in blocks; quantise weights so")
        );
    }
    if let Some((scale, zero_point)) = single(part) {
        let way = QuantisedWay::Quantise;
        let steps = QuantisedSteps { scale, zero_point, lowest, highest, way };
        let value = part.add(Op::Steps(steps), &[x])?;
        if let Some(name) = part.output(0) {
            carried.quantise(name, Quantised { from: x.to_owned(), steps });
        }
        part.give(0, value);
        return Ok(());
    }
    let rank = part.dims(x)?.len();
    let scale = along(part, carried, 1, axis, rank)?;
    let scale = scale.ok_or_else(|| part.bad("its scale is missing"))?;
    let mut value = part.binary(Binary::Div, x, &scale)?;
    value = part.unary(Unary::Round, &value)?;
    if let Some(zero) = along(part, carried, 2, axis, rank)? {
        value = part.binary(Binary::Add, &value, &zero)?;
    }
    let (lowest, highest) = (part.float(lowest), part.float(highest));
    value = part.add(Op::Variadic(Variadic::Max), &[&value, &lowest])?;
    value = part.add(Op::Variadic(Variadic::Min), &[&value, &highest])?;
    give_carried(part, carried, 0, value);
    Ok(())
}

fn dequantise(
    part: &mut Part<'_, '_>,
    carried: &Carried,
    (axis, block): (i64, i64),
) -> Result<(), ModelError> {
    let x = part.input(0)?;
    if let Some(value) = stored(part, (axis, block))? {
        let name = part.constant(value);
        part.give(0, name);
        return Ok(());
    }
    if block != 0 {
        return Err(part.unsupported("only stored weights may be quantised in blocks"));
    }
    if let Some((scale, zero_point)) = single(part) {
        let steps = QuantisedSteps {
            scale,
            zero_point,
            lowest: f32::MIN,
            highest: f32::MAX,
            way: QuantisedWay::Dequantise,
        };
        // Both ways at once where nothing lies between: one pass over the values instead of two.
        let both = carried
            .quantised(x)
            .filter(|before| (before.steps.scale, before.steps.zero_point) == (scale, zero_point));
        let value = match both {
            Some(Quantised { from, steps }) => {
                let steps = QuantisedSteps { way: QuantisedWay::Both, ..*steps };
                part.add(Op::Steps(steps), &[from])?
            }
            None => {
                let x = wide(part, carried, x)?;
                part.add(Op::Steps(steps), &[&x])?
            }
        };
        part.give(0, value);
        return Ok(());
    }
    let rank = part.dims(x)?.len();
    let mut value = wide(part, carried, x)?;
    if let Some(zero) = along(part, carried, 2, axis, rank)? {
        value = part.binary(Binary::Sub, &value, &zero)?;
    }
    let scale = along(part, carried, 1, axis, rank)?;
    let scale = scale.ok_or_else(|| part.bad("its scale is missing"))?;
    value = part.binary(Binary::Mul, &value, &scale)?;
    part.give(0, value);
    Ok(())
}

/// What comes of stored numbers with a stored scale.
fn stored(part: &Part<'_, '_>, axes: (i64, i64)) -> Result<Option<Tensor>, ModelError> {
    let tensor = |index: usize| part.optional(index).and_then(|name| part.stored(name));
    let (Some(x), Some(scale)) = (tensor(0), tensor(1)) else { return Ok(None) };
    if part.optional(2).is_some() && tensor(2).is_none() {
        return Ok(None);
    }
    x.dequantised(scale, tensor(2), axes)
        .map(Some)
        .ok_or_else(|| part.bad("its scale and zero point do not fit its axes"))
}

/// A value in f32, whatever integers it holds.
fn wide(part: &mut Part<'_, '_>, carried: &Carried, name: &str) -> Result<String, ModelError> {
    if carried.has(name) {
        return Ok(name.to_owned());
    }
    if let Some(values) =
        part.stored(name).and_then(|tensor| Some((tensor.dims.clone(), tensor.to_f32()?)))
    {
        return Ok(part.floats(&values.0, &values.1));
    }
    part.add(Op::Cast { to: ElementType::F32, saturate: true }, &[name])
}

/// Scale (1) or zero point (2) in f32, so that it stands along `axis`; `None` where it is left out.
fn along(
    part: &mut Part<'_, '_>,
    carried: &Carried,
    index: usize,
    axis: i64,
    rank: usize,
) -> Result<Option<String>, ModelError> {
    let Some(name) = part.optional(index) else { return Ok(None) };
    let value = wide(part, carried, name)?;
    placed(part, value, axis, rank).map(Some)
}

fn placed(
    part: &mut Part<'_, '_>,
    value: String,
    axis: i64,
    rank: usize,
) -> Result<String, ModelError> {
    match part.dims(&value)?.as_slice() {
        &[length] if length > 1 && rank > 0 => {
            let mut dims = vec![1; rank];
            let axis = part.axis(axis, rank)?;
            if let Some(dim) = dims.get_mut(axis) {
                *dim = length;
            }
            part.reshape(&value, &dims)
        }
        [1] => part.reshape(&value, &vec![1; rank]),
        _ => Ok(value),
    }
}

/// The two factors of an integer product in f32, less their zero points (inputs 2 and 3); `axis` is
/// that of the second one's.
fn factors(
    part: &mut Part<'_, '_>,
    carried: &Carried,
    axis: i64,
) -> Result<(String, String), ModelError> {
    let mut less = |index: usize, zero: usize, axis: i64| {
        let name = part.input(index)?;
        let rank = part.dims(name)?.len();
        let value = wide(part, carried, name)?;
        match along(part, carried, zero, axis, rank)? {
            Some(zero) => part.binary(Binary::Sub, &value, &zero),
            None => Ok(value),
        }
    };
    Ok((less(0, 2, -2)?, less(1, 3, axis)?))
}
