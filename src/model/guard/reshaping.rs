//! Shapes of the operators that move, repeat and cut, with the elements of small values, from which
//! exporters compute further shapes.
//!
//! The formulas are those of the ONNX operator specification (onnx.ai/onnx/operators).

use super::fact::{At, Fact, SMALL, Value};
use super::layers::Outcome;
use super::tensor::{self, volume};
use super::values;
use crate::model::error::{ModelError, Place};

fn one(fact: Fact) -> Outcome {
    Ok((vec![fact], 0))
}

/// Same elements in the same order, in another shape.
fn reshaped(at: &At<'_>, dims: Vec<usize>) -> Outcome {
    let input = at.input(0)?;
    let dims = at.shape(dims)?;
    if volume(&dims) != volume(&input.dims) {
        return Err(at.bad(format!("{:?} cannot become {dims:?}", input.dims)));
    }
    one(Fact { dims, value: input.value.clone() })
}

/// A dimension that the file gives.
fn dim(at: &At<'_>, number: i64) -> Result<usize, ModelError> {
    match usize::try_from(number) {
        Ok(dim) if dim <= u32::MAX as usize => Ok(dim),
        _ => Err(at.bad(format!("{number} is no dimension"))),
    }
}

pub(crate) fn reshape(at: &At<'_>) -> Outcome {
    let (input, wanted) = (at.dims(0)?, at.integers(1)?);
    let keep_zero = at.flag("allowzero")?;
    let mut dims = Vec::new();
    let mut unknown = None;
    for (axis, &number) in wanted.iter().enumerate() {
        dims.push(match number {
            -1 if unknown.is_none() => {
                unknown = Some(axis);
                1
            }
            0 if !keep_zero => *input.get(axis).ok_or_else(|| at.bad("a 0 has no axis to copy"))?,
            number => dim(at, number)?,
        });
    }
    if let (Some(axis), Some(rest @ 1..), Some(all)) = (unknown, volume(&dims), volume(input)) {
        dims[axis] = all / rest;
    }
    reshaped(at, dims)
}

pub(crate) fn flatten(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let axis = at.int("axis", 1)?;
    let axis = if axis == input.len() as i64 { input.len() } else { at.axis(axis, input.len())? };
    let (head, tail) = input.split_at(axis);
    reshaped(at, vec![volume(head).unwrap_or(0), volume(tail).unwrap_or(0)])
}

fn axes_of(at: &At<'_>) -> Result<Option<Vec<i64>>, ModelError> {
    match (at.ints("axes")?, at.optional(1)) {
        (Some(axes), _) => Ok(Some(axes.to_vec())),
        (None, Some(_)) => at.integers(1).map(Some),
        (None, None) => Ok(None),
    }
}

pub(crate) fn squeeze(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let axes = match axes_of(at)? {
        Some(axes) => at.axes(&axes, input.len())?,
        None => {
            let what = "squeezing every axis of length 1 depends on the batch; export with `axes`";
            return Err(at.unsupported(what));
        }
    };
    if axes.iter().any(|&axis| input[axis] != 1) {
        return Err(at.bad(format!("cannot squeeze axes {axes:?} of {input:?}")));
    }
    let kept = input.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
    reshaped(at, kept.map(|(_, &dim)| dim).collect())
}

pub(crate) fn unsqueeze(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let axes = axes_of(at)?.ok_or_else(|| at.bad("its axes are missing"))?;
    let rank = input.len() + axes.len().min(tensor::RANK + 1);
    let axes = at.axes(&axes, rank)?;
    let mut rest = input.iter().copied();
    let dims =
        (0..rank).map(|axis| if axes.contains(&axis) { 1 } else { rest.next().unwrap_or(1) });
    reshaped(at, dims.collect())
}

pub(crate) fn transpose(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let order = match at.ints("perm")? {
        Some(perm) if perm.len() == input.len() && perm.iter().all(|&axis| axis >= 0) => {
            at.axes(perm, input.len())?
        }
        Some(_) => return Err(at.bad(format!("`perm` is no order of {} axes", input.len()))),
        None => (0..input.len()).rev().collect(),
    };
    let dims = at.shape(order.iter().map(|&axis| input[axis]).collect())?;
    let value = at.input(0)?.value.as_ref().and_then(|value| {
        let strides = values::strides(input);
        let strides: Vec<isize> = order.iter().map(|&axis| strides[axis]).collect();
        values::walk(value, &dims, 0, &strides)
    });
    one(Fact { dims, value })
}

pub(crate) fn concat(at: &At<'_>) -> Outcome {
    let first = at.dims(0)?;
    if !at.node.attribute.iter().any(|attribute| attribute.name == "axis") {
        return Err(at.bad("attribute `axis` is missing"));
    }
    let axis = at.axis(at.int("axis", 0)?, first.len())?;
    let mut dims = first.to_vec();
    dims[axis] = 0;
    let mut data = Some(Vec::new());
    let mut data_type = None;
    for index in 0..at.inputs.len() {
        let part = at.input(index)?;
        let fits = part.dims.len() == dims.len()
            && part.dims.iter().zip(&dims).enumerate().all(|(i, (a, b))| i == axis || a == b);
        if !fits {
            return Err(at.bad(format!("{:?} cannot be joined to {first:?}", part.dims)));
        }
        dims[axis] += part.dims[axis];
        match (&part.value, &mut data) {
            (Some(value), Some(data)) if dims.len() == 1 => {
                data.extend_from_slice(&value.data);
                data_type = Some(value.data_type);
            }
            _ => data = None,
        }
    }
    let dims = at.shape(dims)?;
    let value = data.filter(|data| data.len() <= SMALL).zip(data_type);
    one(Fact { dims, value: value.map(|(data, data_type)| Value { data_type, data }) })
}

pub(crate) fn split(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let axis = at.axis(at.int("axis", 0)?, input.len())?;
    let count = at.node.output.len();
    let lengths = match (at.ints("split")?, at.optional(1)) {
        (Some(split), _) => split.to_vec(),
        (None, Some(_)) => at.integers(1)?,
        (None, None) if count > 0 && input[axis] % count == 0 => {
            vec![(input[axis] / count) as i64; count]
        }
        (None, None) => {
            return Err(at.unsupported("it splits into unequal parts without saying how"));
        }
    };
    let lengths: Vec<usize> = lengths.iter().map(|&n| dim(at, n)).collect::<Result<_, _>>()?;
    if lengths.len() != count || lengths.iter().sum::<usize>() != input[axis] {
        return Err(at.bad(format!("parts {lengths:?} do not make up axis {axis} of {input:?}")));
    }
    let part = |&length: &usize| {
        let mut dims = input.to_vec();
        dims[axis] = length;
        at.shape(dims).map(Fact::of)
    };
    Ok((lengths.iter().map(part).collect::<Result<_, _>>()?, 0))
}

pub(crate) fn slice(at: &At<'_>) -> Outcome {
    let input = at.input(0)?;
    let rank = input.dims.len();
    let list = |name: &str, index: usize| -> Result<Option<Vec<i64>>, ModelError> {
        match (at.ints(name)?, at.optional(index)) {
            (Some(found), _) => Ok(Some(found.to_vec())),
            (None, Some(_)) => at.integers(index).map(Some),
            (None, None) => Ok(None),
        }
    };
    let missing = || at.bad("its starts or ends are missing");
    let starts = list("starts", 1)?.ok_or_else(missing)?;
    let ends = list("ends", 2)?.ok_or_else(missing)?;
    let axes = list("axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = list("", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err(at.bad("its starts, ends, axes and steps differ in number"));
    }
    let mut dims = input.dims.clone();
    let (mut strides, mut origin) = (values::strides(&dims), 0isize);
    for (index, axis) in at.axes(&axes, rank)?.into_iter().enumerate() {
        let (length, step) = (input.dims[axis] as i64, steps[index]);
        if step == 0 || step.unsigned_abs() > 1 << 24 {
            return Err(at.bad(format!("{step} is no step")));
        }
        let clamp = |x: i64, low: i64, high: i64| {
            (if x < 0 { x.saturating_add(length) } else { x }).clamp(low, high)
        };
        let (start, end) = if step > 0 {
            (clamp(starts[index], 0, length), clamp(ends[index], 0, length))
        } else {
            (clamp(starts[index], 0, length - 1), clamp(ends[index], -1, length - 1))
        };
        let span = if step > 0 { end - start } else { start - end };
        let count = if span > 0 { (span as u64).div_ceil(step.unsigned_abs()) as usize } else { 0 };
        dims[axis] = count;
        origin += start as isize * strides[axis];
        strides[axis] *= step as isize;
    }
    let dims = at.shape(dims)?;
    let value = input.value.as_ref().and_then(|v| values::walk(v, &dims, origin, &strides));
    one(Fact { dims, value })
}

pub(crate) fn gather(at: &At<'_>) -> Outcome {
    let (input, indices) = (at.input(0)?, at.input(1)?);
    let axis = at.axis(at.int("axis", 0)?, input.dims.len())?;
    let known = at.integers(1)?;
    let picked: Vec<usize> =
        known.iter().map(|&index| at.axis(index, input.dims[axis])).collect::<Result<_, _>>()?;
    let mut dims = input.dims[..axis].to_vec();
    dims.extend_from_slice(&indices.dims);
    dims.extend_from_slice(&input.dims[axis + 1..]);
    let value = input.value.as_ref().filter(|_| input.dims.len() == 1);
    let value = value.and_then(|value| values::pick(value, &picked));
    one(Fact { dims: at.shape(dims)?, value })
}

pub(crate) fn pad(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let mode = at.text("mode")?.unwrap_or_else(|| "constant".into());
    if !["constant", "reflect", "edge"].contains(&mode.as_str()) {
        return Err(at.unsupported("its mode is neither constant, reflect nor edge"));
    }
    let pads = match at.ints("pads")? {
        Some(pads) => pads.to_vec(),
        None => at.integers(1)?,
    };
    let axes: Vec<usize> = match at.optional(3) {
        Some(_) => at.axes(&at.integers(3)?, input.len())?,
        None => (0..input.len()).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(at.bad("it has not two pads an axis"));
    }
    let mut dims = input.to_vec();
    for (index, &axis) in axes.iter().enumerate() {
        for &pad in [&pads[index], &pads[index + axes.len()]] {
            let pad = usize::try_from(pad)
                .map_err(|_| at.unsupported("negative pads are not supported; use Slice"))?;
            if mode == "reflect" && pad >= input[axis] {
                return Err(at.bad("it reflects more than there is"));
            }
            dims[axis] = dims[axis].saturating_add(pad);
        }
    }
    one(Fact::of(at.shape(dims)?))
}

pub(crate) fn tile(at: &At<'_>) -> Outcome {
    let (input, repeats) = (at.dims(0)?, at.integers(1)?);
    if repeats.len() != input.len() {
        return Err(at.bad("it has not one repeat an axis"));
    }
    let dims =
        input.iter().zip(&repeats).map(|(&length, &n)| Ok(length.saturating_mul(dim(at, n)?)));
    one(Fact::of(at.shape(dims.collect::<Result<_, ModelError>>()?)?))
}

pub(crate) fn expand(at: &At<'_>) -> Outcome {
    let input = at.input(0)?;
    let wanted: Vec<usize> =
        at.integers(1)?.iter().map(|&n| dim(at, n)).collect::<Result<_, _>>()?;
    if wanted.len() > tensor::RANK {
        return Err(at.bad("its output has more than 8 axes"));
    }
    let dims = at.shape(at.broadcast(&input.dims, &wanted)?)?;
    let value = input.value.as_ref().and_then(|value| values::spread(value, &dims));
    one(Fact { dims, value })
}

pub(crate) fn resize(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let axes: Vec<usize> = match at.ints("axes")? {
        Some(axes) => at.axes(axes, input.len())?,
        None => (0..input.len()).collect(),
    };
    let scales = if at.opset < 11 { 1 } else { 2 };
    let mut dims = input.to_vec();
    let given = |index: usize| at.optional(index).filter(|fact| fact.dims != [0]);
    if given(scales).is_some() {
        let factors = &at.known(scales)?.data;
        if factors.len() != axes.len() {
            return Err(at.bad("it has not one scale an axis"));
        }
        for (&axis, &factor) in axes.iter().zip(factors) {
            if !(factor > 0.0 && factor <= 65536.0) {
                return Err(at.bad(format!("{factor} is no scale")));
            }
            dims[axis] = (input[axis] as f64 * factor).floor() as usize;
        }
    } else if given(3).is_some() {
        let sizes = at.integers(3)?;
        if sizes.len() != axes.len()
            || at.text("keep_aspect_ratio_policy")?.is_some_and(|p| p != "stretch")
        {
            return Err(at.unsupported("its sizes are not one an axis, taken as they are"));
        }
        for (&axis, &size) in axes.iter().zip(&sizes) {
            dims[axis] = dim(at, size)?;
        }
    } else {
        return Err(at.bad("it has neither scales nor sizes"));
    }
    one(Fact::of(at.shape(dims)?))
}

pub(crate) fn shape(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let rank = input.len() as i64;
    let end = |x: i64| (if x < 0 { x.saturating_add(rank) } else { x }).clamp(0, rank) as usize;
    let (from, to) = (end(at.int("start", 0)?), end(at.int("end", rank)?));
    let data: Vec<f64> =
        input.get(from..to).unwrap_or_default().iter().map(|&x| x as f64).collect();
    one(Fact::integers(at.shape(vec![data.len()])?, data))
}

pub(crate) fn constant_of_shape(at: &At<'_>) -> Outcome {
    let wanted: Vec<usize> =
        at.integers(0)?.iter().map(|&n| dim(at, n)).collect::<Result<_, _>>()?;
    let dims = at.shape(wanted)?;
    let fill = at.node.attribute.iter().find_map(|attribute| attribute.t.as_ref());
    let fill = fill.map(|fill| tensor::check(fill, at.place())).transpose()?;
    if fill.as_ref().is_some_and(|fill| volume(&fill.dims) != Some(1)) {
        return Err(at.bad("its value must be a single element"));
    }
    let value = fill.and_then(|fill| fill.value).and_then(|value| values::spread(&value, &dims));
    one(Fact { dims, value })
}

pub(crate) fn constant(at: &At<'_>) -> Outcome {
    let [attribute] = at.node.attribute.as_slice() else {
        return Err(at.bad("it must have exactly one value"));
    };
    let list = |data_type: i32, data: Vec<f64>, dims: Vec<usize>| {
        let fits = data.len() <= SMALL;
        Fact { dims, value: fits.then_some(Value { data_type, data }) }
    };
    one(match (attribute.name.as_str(), &attribute.t) {
        ("value", Some(stored)) => tensor::check(stored, Place::Tensor(at.node.output.concat()))?,
        ("value_int", _) => Fact::integers(vec![], vec![attribute.i as f64]),
        ("value_float", _) => list(1, vec![f64::from(attribute.f)], vec![]),
        ("value_ints", _) => {
            list(7, attribute.ints.iter().map(|&x| x as f64).collect(), vec![attribute.ints.len()])
        }
        ("value_floats", _) => list(
            1,
            attribute.floats.iter().map(|&x| f64::from(x)).collect(),
            vec![attribute.floats.len()],
        ),
        _ => return Err(at.bad("its value is missing")),
    })
}

pub(crate) fn range(at: &At<'_>) -> Outcome {
    let scalar = |index: usize| -> Result<f64, ModelError> {
        let value = at.known(index)?;
        value.data.first().copied().ok_or_else(|| at.bad("a limit is missing"))
    };
    let (start, limit, step) = (scalar(0)?, scalar(1)?, scalar(2)?);
    let count = ((limit - start) / step).ceil();
    if !(count >= 1.0 && count <= SMALL as f64) {
        return Err(ModelError::too_large(at.place(), format!("it counts {count} steps")));
    }
    let data = (0..count as usize).map(|i| start + i as f64 * step).collect();
    let value = Value { data_type: at.known(0)?.data_type, data };
    one(Fact { dims: vec![count as usize], value: Some(value) })
}
