//! Shapes of the operators that pick elements by numbers, or put others in their place.
//!
//! Numbers that are known before running must lie inside; others are for the engine to check. The
//! formulas are those of the ONNX operator specification (onnx.ai/onnx/operators).

use super::at::{At, Told};
use super::error::ModelError;
use super::fact::Fact;
use super::op::ArgAttributes;

fn one(at: &At<'_>, dims: Vec<usize>) -> Told {
    Ok((vec![Fact::of(at.shape(dims)?)], 0))
}

/// Refuses known indices that lie outside of `length`.
fn inside(at: &At<'_>, index: i64, length: usize) -> Result<(), ModelError> {
    at.axis(index, length).map(drop)
}

/// Indices of the first input's rank, no longer on any axis but `axis`.
fn along(at: &At<'_>, axis: i64) -> Result<(), ModelError> {
    let (input, indices) = (at.dims(0)?, at.input(1)?);
    let axis = at.axis(axis, input.len())?;
    let shorter = |(place, (a, b)): (usize, (&usize, &usize))| place == axis || a <= b;
    let fits = indices.dims.len() == input.len()
        && indices.dims.iter().zip(input).enumerate().all(shorter);
    if !fits {
        return Err(at.bad(format!("indices {:?} do not fit {input:?}", indices.dims)));
    }
    match &indices.known {
        Some(known) => known.data.iter().try_for_each(|&x| inside(at, x as i64, input[axis])),
        None => Ok(()),
    }
}

pub(crate) fn gather_elements(at: &At<'_>, axis: i64) -> Told {
    along(at, axis)?;
    one(at, at.dims(1)?.to_vec())
}

pub(crate) fn scatter_elements(at: &At<'_>, axis: i64) -> Told {
    along(at, axis)?;
    if at.dims(1)? != at.dims(2)? {
        return Err(at.bad("its indices and its updates are not of one shape"));
    }
    one(at, at.dims(0)?.to_vec())
}

/// Axes of indices `[..., depth]`: those before, and the depth.
fn depth<'a>(at: &At<'a>, most: usize) -> Result<(&'a [usize], usize), ModelError> {
    match at.dims(1)? {
        [before @ .., depth] if (1..=most).contains(depth) => Ok((before, *depth)),
        dims => Err(at.bad(format!("indices {dims:?} do not name places of its input"))),
    }
}

/// Refuses known positions that lie outside of `axes`.
fn positions(at: &At<'_>, axes: &[usize]) -> Result<(), ModelError> {
    let Some(known) = &at.input(1)?.known else { return Ok(()) };
    let mut all = known.data.iter().zip(axes.iter().cycle());
    all.try_for_each(|(&index, &length)| inside(at, index as i64, length))
}

pub(crate) fn gather_nd(at: &At<'_>, batch_dims: i64) -> Told {
    let input = at.dims(0)?;
    let shared = usize::try_from(batch_dims).unwrap_or(usize::MAX);
    let (before, depth) = depth(at, input.len().saturating_sub(shared))?;
    if shared >= input.len() || before.get(..shared) != input.get(..shared) {
        return Err(at.bad(format!("`batch_dims` {batch_dims} does not fit its inputs")));
    }
    positions(at, &input[shared..shared + depth])?;
    one(at, [before, &input[shared + depth..]].concat())
}

pub(crate) fn scatter_nd(at: &At<'_>) -> Told {
    let input = at.dims(0)?;
    let (before, depth) = depth(at, input.len())?;
    positions(at, &input[..depth])?;
    if at.dims(2)? != [before, &input[depth..]].concat() {
        return Err(at.bad("its updates do not fit its indices"));
    }
    one(at, input.to_vec())
}

pub(crate) fn arg(at: &At<'_>, said: &ArgAttributes) -> Told {
    let mut dims = at.dims(0)?.to_vec();
    let axis = at.axis(said.axis, dims.len())?;
    if said.keep_dims {
        dims[axis] = 1;
    } else {
        dims.remove(axis);
    }
    one(at, dims)
}

pub(crate) fn top_k(at: &At<'_>, axis: i64) -> Told {
    let mut dims = at.dims(0)?.to_vec();
    let axis = at.axis(axis, dims.len())?;
    let count = match at.integers(1)?.as_slice() {
        &[count] => at.dim(count)?,
        _ => return Err(at.bad("how many it picks is not one number")),
    };
    if count > dims[axis] {
        return Err(at.bad(format!("it picks {count} of {}", dims[axis])));
    }
    dims[axis] = count;
    let dims = at.shape(dims)?;
    Ok((vec![Fact::of(dims.clone()), Fact::of(dims)], 0))
}

pub(crate) fn cum_sum(at: &At<'_>) -> Told {
    let dims = at.dims(0)?.to_vec();
    match at.integers(1)?.as_slice() {
        [axis] => at.axis(*axis, dims.len())?,
        _ => return Err(at.bad("its axis is not one number")),
    };
    one(at, dims)
}
