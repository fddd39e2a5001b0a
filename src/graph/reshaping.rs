//! Shapes of the operators that move, repeat and cut, with the elements of small values, from which
//! exporters compute further shapes.
//!
//! The formulas are those of the ONNX operator specification (onnx.ai/onnx/operators).

use super::at::{At, Told};
use super::error::ModelError;
use super::fact::{Fact, KnownElements, SMALL};
use super::op::{PadMode, SliceAttributes};
use super::tensor::{RANK, Tensor, volume};
use super::values;

fn one(fact: Fact) -> Told {
    Ok((vec![fact], 0))
}

/// Same elements in the same order, in another shape.
fn reshaped(at: &At<'_>, dims: Vec<usize>) -> Told {
    let input = at.input(0)?;
    let dims = at.shape(dims)?;
    if volume(&dims) != volume(&input.dims) {
        return Err(at.bad(format!("{:?} cannot become {dims:?}", input.dims)));
    }
    one(Fact::with(dims, input.known.clone()))
}

pub(crate) fn reshape(at: &At<'_>, allow_zero: bool) -> Told {
    let (input, wanted) = (at.dims(0)?, at.integers(1)?);
    let mut dims = Vec::new();
    let mut unknown = None;
    for (axis, &number) in wanted.iter().enumerate() {
        dims.push(match number {
            -1 if unknown.is_none() => {
                unknown = Some(axis);
                1
            }
            0 if !allow_zero => {
                *input.get(axis).ok_or_else(|| at.bad("a 0 has no axis to copy"))?
            }
            number => at.dim(number)?,
        });
    }
    if let (Some(axis), Some(rest @ 1..), Some(all)) = (unknown, volume(&dims), volume(input)) {
        dims[axis] = all / rest;
    }
    reshaped(at, dims)
}

pub(crate) fn flatten(at: &At<'_>, axis: i64) -> Told {
    let input = at.dims(0)?;
    let axis = if axis == input.len() as i64 { input.len() } else { at.axis(axis, input.len())? };
    let (head, tail) = input.split_at(axis);
    reshaped(at, vec![volume(head).unwrap_or(0), volume(tail).unwrap_or(0)])
}

pub(crate) fn squeeze(at: &At<'_>, axes: Option<&Vec<i64>>) -> Told {
    let input = at.dims(0)?;
    let axes = match at.listed(axes, 1)? {
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

pub(crate) fn unsqueeze(at: &At<'_>, axes: Option<&Vec<i64>>) -> Told {
    let input = at.dims(0)?;
    let axes = at.listed(axes, 1)?.ok_or_else(|| at.bad("its axes are missing"))?;
    let rank = input.len() + axes.len().min(RANK + 1);
    let axes = at.axes(&axes, rank)?;
    let mut rest = input.iter().copied();
    let dims =
        (0..rank).map(|axis| if axes.contains(&axis) { 1 } else { rest.next().unwrap_or(1) });
    reshaped(at, dims.collect())
}

pub(crate) fn transpose(at: &At<'_>, perm: Option<&Vec<i64>>) -> Told {
    let input = at.dims(0)?;
    let order = match perm {
        Some(perm) if perm.len() == input.len() && perm.iter().all(|&axis| axis >= 0) => {
            at.axes(perm, input.len())?
        }
        Some(_) => return Err(at.bad(format!("`perm` is not an order of {} axes", input.len()))),
        None => (0..input.len()).rev().collect(),
    };
    let dims = at.shape(order.iter().map(|&axis| input[axis]).collect())?;
    let value = at.input(0)?.known.as_ref().and_then(|value| {
        let strides = values::strides(input);
        let strides: Vec<isize> = order.iter().map(|&axis| strides[axis]).collect();
        values::walk(value, &dims, 0, &strides)
    });
    one(Fact::with(dims, value))
}

pub(crate) fn concat(at: &At<'_>, axis: i64) -> Told {
    let first = at.dims(0)?;
    let axis = at.axis(axis, first.len())?;
    let mut dims = first.to_vec();
    dims[axis] = 0;
    let mut data = Some(Vec::new());
    let mut element = None;
    for index in 0..at.inputs.len() {
        let part = at.input(index)?;
        let fits = part.dims.len() == dims.len()
            && part.dims.iter().zip(&dims).enumerate().all(|(i, (a, b))| i == axis || a == b);
        if !fits {
            return Err(at.bad(format!("{:?} cannot be joined to {first:?}", part.dims)));
        }
        dims[axis] += part.dims[axis];
        match (&part.known, &mut data) {
            (Some(known), Some(data)) if dims.len() == 1 => {
                data.extend_from_slice(&known.data);
                element = Some(known.element);
            }
            _ => data = None,
        }
    }
    let dims = at.shape(dims)?;
    let known = data.filter(|data| data.len() <= SMALL).zip(element);
    one(Fact::with(dims, known.map(|(data, element)| KnownElements { element, data })))
}

pub(crate) fn split(
    at: &At<'_>,
    axis: i64,
    lengths: Option<&Vec<i64>>,
    parts: Option<i64>,
) -> Told {
    let input = at.dims(0)?;
    let axis = at.axis(axis, input.len())?;
    let count = at.node.outputs.len();
    let lengths = match at.listed(lengths, 1)? {
        Some(lengths) => lengths,
        None if count > 0 && input[axis] % count == 0 => {
            vec![(input[axis] / count) as i64; count]
        }
        // The last part is what is left.
        None if parts.is_some() && count > 0 => {
            let each = input[axis].div_ceil(count);
            let length = |part: usize| input[axis].saturating_sub(part * each).min(each) as i64;
            (0..count).map(length).collect()
        }
        None => {
            return Err(at.unsupported("it splits into unequal parts without saying how"));
        }
    };
    let lengths: Vec<usize> = lengths.iter().map(|&n| at.dim(n)).collect::<Result<_, _>>()?;
    if lengths.len() != count || lengths.iter().sum::<usize>() != input[axis] {
        return Err(at.bad(format!("parts {lengths:?} do not make up axis {axis} of {input:?}")));
    }
    let known = at.input(0)?.known.as_ref().filter(|_| input.len() == 1);
    let mut from = 0;
    let part = |&length: &usize| {
        let mut dims = input.to_vec();
        dims[axis] = length;
        let value = known.and_then(|known| {
            let places: Vec<usize> = (from..from + length).collect();
            values::pick(known, &places)
        });
        from += length;
        at.shape(dims).map(|dims| Fact { element: None, ..Fact::with(dims, value) })
    };
    Ok((lengths.iter().map(part).collect::<Result<_, _>>()?, 0))
}

pub(crate) fn slice(at: &At<'_>, said: &SliceAttributes) -> Told {
    let input = at.input(0)?;
    let rank = input.dims.len();
    let missing = || at.bad("its starts or ends are missing");
    let starts = at.listed(said.starts.as_ref(), 1)?.ok_or_else(missing)?;
    let ends = at.listed(said.ends.as_ref(), 2)?.ok_or_else(missing)?;
    let axes = at.listed(said.axes.as_ref(), 3)?;
    let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = at.listed(None, 4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err(at.bad("its starts, ends, axes and steps differ in number"));
    }
    let mut dims = input.dims.clone();
    let (mut strides, mut origin) = (values::strides(&dims), 0isize);
    for (index, axis) in at.axes(&axes, rank)?.into_iter().enumerate() {
        let (length, step) = (input.dims[axis] as i64, steps[index]);
        if step == 0 || step.unsigned_abs() > 1 << 24 {
            return Err(at.bad(format!("{step} is not a step")));
        }
        let clamp = |x: i64, low: i64, high: i64| {
            (if x < 0 { x.saturating_add(length) } else { x }).clamp(low, high)
        };
        let (start, end) = if length == 0 {
            (0, 0)
        } else if step > 0 {
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
    let value = input.known.as_ref().and_then(|v| values::walk(v, &dims, origin, &strides));
    one(Fact::with(dims, value))
}

pub(crate) fn gather(at: &At<'_>, axis: i64) -> Told {
    let (input, indices) = (at.input(0)?, at.input(1)?);
    let axis = at.axis(axis, input.dims.len())?;
    // Numbers that come of the window, such as those of a codebook, are for the engine to check.
    let known = if indices.known.is_some() { at.integers(1)? } else { Vec::new() };
    let picked: Vec<usize> =
        known.iter().map(|&index| at.axis(index, input.dims[axis])).collect::<Result<_, _>>()?;
    let mut dims = input.dims[..axis].to_vec();
    dims.extend_from_slice(&indices.dims);
    dims.extend_from_slice(&input.dims[axis + 1..]);
    let one_axis = input.dims.len() == 1 && indices.known.is_some();
    let value = input.known.as_ref().filter(|_| one_axis);
    let value = value.and_then(|value| values::pick(value, &picked));
    one(Fact::with(at.shape(dims)?, value))
}

pub(crate) fn pad(at: &At<'_>, mode: PadMode, pads: Option<&Vec<i64>>) -> Told {
    let input = at.dims(0)?;
    let pads = match pads {
        Some(pads) => pads.clone(),
        None => at.integers(1)?,
    };
    let axes: Vec<usize> = match at.optional(3) {
        Some(_) => at.axes(&at.integers(3)?, input.len())?,
        None => (0..input.len()).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(at.bad("it must have two pads for each axis"));
    }
    let mut dims = input.to_vec();
    for (index, &axis) in axes.iter().enumerate() {
        for &pad in [&pads[index], &pads[index + axes.len()]] {
            let pad = usize::try_from(pad)
                .map_err(|_| at.unsupported("negative pads are not supported; use Slice"))?;
            if mode == PadMode::Reflect && pad >= input[axis] {
                return Err(at.bad("it reflects more values than there are"));
            }
            dims[axis] = dims[axis].saturating_add(pad);
        }
    }
    one(Fact::of(at.shape(dims)?))
}

pub(crate) fn tile(at: &At<'_>) -> Told {
    let (input, repeats) = (at.dims(0)?, at.integers(1)?);
    if repeats.len() != input.len() {
        return Err(at.bad("it must have one repeat for each axis"));
    }
    let dims =
        input.iter().zip(&repeats).map(|(&length, &n)| Ok(length.saturating_mul(at.dim(n)?)));
    one(Fact::of(at.shape(dims.collect::<Result<_, ModelError>>()?)?))
}

pub(crate) fn expand(at: &At<'_>) -> Told {
    let input = at.input(0)?;
    let wanted: Vec<usize> =
        at.integers(1)?.iter().map(|&n| at.dim(n)).collect::<Result<_, _>>()?;
    if wanted.len() > RANK {
        return Err(at.bad("its output has more than 8 axes"));
    }
    let dims = at.shape(at.broadcast(&input.dims, &wanted)?)?;
    let value = input.known.as_ref().and_then(|value| values::spread(value, &dims));
    one(Fact::with(dims, value))
}

pub(crate) fn shape(at: &At<'_>, start: i64, end: Option<i64>) -> Told {
    let input = at.dims(0)?;
    let rank = input.len() as i64;
    let limit = |x: i64| (if x < 0 { x.saturating_add(rank) } else { x }).clamp(0, rank) as usize;
    let (from, to) = (limit(start), limit(end.unwrap_or(rank)));
    let data: Vec<f64> =
        input.get(from..to).unwrap_or_default().iter().map(|&x| x as f64).collect();
    one(Fact::integers(at.shape(vec![data.len()])?, data))
}

pub(crate) fn constant_of_shape(at: &At<'_>, value: Option<&Tensor>) -> Told {
    let wanted: Vec<usize> =
        at.integers(0)?.iter().map(|&n| at.dim(n)).collect::<Result<_, _>>()?;
    let dims = at.shape(wanted)?;
    if value.is_some_and(|value| volume(&value.dims) != Some(1)) {
        return Err(at.bad("its value must be a single element"));
    }
    let fill = value.and_then(|value| Fact::of_stored(value).known);
    let known = fill.and_then(|fill| values::spread(&fill, &dims));
    one(Fact::with(dims, known))
}

pub(crate) fn size(at: &At<'_>) -> Told {
    let elements = volume(at.dims(0)?).unwrap_or(usize::MAX);
    one(Fact::integers(vec![], vec![elements as f64]))
}

pub(crate) fn range(at: &At<'_>) -> Told {
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
    let known = KnownElements { element: at.known(0)?.element, data };
    one(Fact::with(vec![count as usize], Some(known)))
}
