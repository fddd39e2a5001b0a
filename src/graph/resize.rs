//! Shape of a Resize.
//!
//! The formula is that of the ONNX operator specification (onnx.ai/onnx/operators).

use super::at::{At, Told};
use super::fact::Fact;
use super::op::{AspectPolicy, ResizeAttributes};

pub(crate) fn resize(at: &At<'_>, said: &ResizeAttributes) -> Told {
    let input = at.dims(0)?;
    let axes: Vec<usize> = match &said.axes {
        Some(axes) => at.axes(axes, input.len())?,
        None => (0..input.len()).collect(),
    };
    let scales = if at.opset < 11 { 1 } else { 2 };
    let mut dims = input.to_vec();
    let given = |index: usize| at.optional(index).filter(|fact| fact.dims != [0]);
    if given(scales).is_some() {
        let factors = &at.known(scales)?.data;
        if factors.len() != axes.len() {
            return Err(at.bad("it must have one scale for each axis"));
        }
        for (&axis, &factor) in axes.iter().zip(factors) {
            if !(factor > 0.0 && factor <= 65536.0) {
                return Err(at.bad(format!("{factor} is not a scale")));
            }
            dims[axis] = (input[axis] as f64 * factor).floor() as usize;
        }
    } else if given(3).is_some() {
        let sizes = at.integers(3)?;
        if sizes.len() != axes.len()
            || said.aspect.is_some_and(|policy| policy != AspectPolicy::Stretch)
        {
            return Err(at.unsupported("its sizes must be one for each axis, used as they are"));
        }
        for (&axis, &size) in axes.iter().zip(&sizes) {
            dims[axis] = at.dim(size)?;
        }
    } else {
        return Err(at.bad("it has neither scales nor sizes"));
    }
    Ok((vec![Fact::of(at.shape(dims)?)], 0))
}
