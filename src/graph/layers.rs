//! Shapes and multiply-adds of the operators that compute: products, convolutions, pools, recurrent
//! layers, reductions.
//!
//! The formulas are those of the ONNX operator specification (onnx.ai/onnx/operators).

use super::at::{At, Told};
use super::error::ModelError;
use super::fact::Fact;
use super::kernel::KernelGeometry;
use super::op::{
    ConvAttributes, Direction, GemmAttributes, KernelAttributes, RecurrentAttributes,
    ReduceAttributes,
};
use super::tensor::volume;
use super::values;

fn one(dims: Vec<usize>, macs: usize) -> Told {
    Ok((vec![Fact::of(dims)], macs as u64))
}

pub(crate) fn matmul(at: &At<'_>) -> Told {
    let (a, b) = (at.dims(0)?, at.dims(1)?);
    let ([.., depth], false) = (a, b.is_empty()) else {
        return Err(at.bad("a matrix product needs at least one axis on each side"));
    };
    // A vector on a side is a matrix of one row or one column whose axis is then dropped.
    let (a_lead, rows) = a.split_at(a.len().saturating_sub(2));
    let (b_lead, inner, columns): (&[usize], usize, &[usize]) = match b {
        [inner] => (&[], *inner, &[]),
        [lead @ .., inner, _] => (lead, *inner, &b[b.len() - 1..]),
        [] => (&[], 0, &[]),
    };
    if *depth != inner {
        return Err(at.bad(format!("cannot multiply {a:?} by {b:?}")));
    }
    let mut dims = at.broadcast(a_lead, b_lead)?;
    dims.extend_from_slice(&rows[..rows.len() - 1]);
    dims.extend_from_slice(columns);
    let dims = at.shape(dims)?;
    let macs = work(at, &dims, *depth)?;
    one(dims, macs)
}

pub(crate) fn gemm(at: &At<'_>, gemm: &GemmAttributes) -> Told {
    let ([a0, a1], [b0, b1]) = (at.dims(0)?, at.dims(1)?) else {
        return Err(at.bad("Gemm multiplies two matrices"));
    };
    let (rows, depth) = if gemm.trans_a { (a1, a0) } else { (a0, a1) };
    let (inner, columns) = if gemm.trans_b { (b1, b0) } else { (b0, b1) };
    if depth != inner {
        return Err(at.bad(format!("the inner dimensions {depth} and {inner} differ")));
    }
    let dims = at.shape(vec![*rows, *columns])?;
    if let Some(bias) = at.optional(2)
        && at.broadcast(&dims, &bias.dims)? != dims
    {
        return Err(at.bad("the third input is larger than the product"));
    }
    let macs = work(at, &dims, *depth)?;
    one(dims, macs)
}

/// Multiply-adds of `dims` outputs of `each`, when they can be counted.
fn work(at: &At<'_>, dims: &[usize], each: usize) -> Result<usize, ModelError> {
    let macs = volume(dims).and_then(|n| n.checked_mul(each));
    macs.ok_or_else(|| ModelError::too_large(at.place(), "its work cannot be counted"))
}

/// `[batch, channels, spatial...]` taken apart.
fn image<'a>(at: &At<'a>, index: usize) -> Result<(usize, usize, &'a [usize]), ModelError> {
    match at.dims(index)? {
        [batch, channels, spatial @ ..] if (1..=3).contains(&spatial.len()) => {
            Ok((*batch, *channels, spatial))
        }
        dims => Err(at.unsupported(format!("needs 1 to 3 spatial axes, its input is {dims:?}"))),
    }
}

pub(crate) fn conv(at: &At<'_>, conv: &ConvAttributes) -> Told {
    let (batch, channels, spatial) = image(at, 0)?;
    let (out_channels, group_channels, kernel) = image(at, 1)?;
    let group = conv.group;
    let divides = usize::try_from(group).is_ok_and(|group| {
        group > 0
            && out_channels % group == 0
            && group_channels.checked_mul(group) == Some(channels)
    });
    if !divides || kernel.len() != spatial.len() {
        return Err(at.bad("its weights do not fit its input and `group`"));
    }
    let geometry = KernelGeometry::of(at, &conv.kernel, Some(kernel), spatial.len())?;
    let steps = geometry.slide(at, spatial, false)?;
    let mut dims = vec![batch, out_channels];
    dims.extend_from_slice(&steps);
    let dims = at.shape(dims)?;
    let taps = volume(kernel).unwrap_or(usize::MAX).saturating_mul(group_channels);
    let macs = work(at, &dims, taps)?;
    one(dims, macs)
}

pub(crate) fn conv_transpose(
    at: &At<'_>,
    conv: &ConvAttributes,
    output_padding: Option<&Vec<i64>>,
) -> Told {
    let (batch, channels, spatial) = image(at, 0)?;
    let (in_channels, group_out, kernel) = image(at, 1)?;
    let group = conv.group;
    let divides = usize::try_from(group).is_ok_and(|g| g > 0 && in_channels % g == 0);
    if !divides || in_channels != channels || kernel.len() != spatial.len() {
        return Err(at.bad("its weights do not fit its input and `group`"));
    }
    let geometry = KernelGeometry::of(at, &conv.kernel, Some(kernel), spatial.len())?;
    if geometry.is_same() {
        return Err(at.unsupported("`auto_pad` SAME is not supported; export with `pads`"));
    }
    let extra = output_padding.cloned().unwrap_or_else(|| vec![0; spatial.len()]);
    if extra.len() != spatial.len() {
        return Err(at.bad("`output_padding` has the wrong length"));
    }
    let mut dims = vec![batch, group_out.saturating_mul(group as usize)];
    for (axis, &length) in spatial.iter().enumerate() {
        let limit = geometry.strides[axis].max(geometry.dilations[axis]) as i64;
        if !(0..limit).contains(&extra[axis]) {
            return Err(at.bad("`output_padding` must be smaller than the stride or the dilation"));
        }
        let full =
            (length - 1) * geometry.strides[axis] + extra[axis] as usize + geometry.reach(axis);
        let kept = full.checked_sub(geometry.before[axis] + geometry.after[axis]);
        dims.push(kept.ok_or_else(|| at.bad("its padding is larger than its output"))?);
    }
    let dims = at.shape(dims)?;
    let taps = volume(kernel).unwrap_or(usize::MAX).saturating_mul(group_out);
    let macs = work(at, at.dims(0)?, taps)?;
    one(dims, macs)
}

pub(crate) fn pool(at: &At<'_>, kernel: &KernelAttributes, ceil: bool) -> Told {
    let (batch, channels, spatial) = image(at, 0)?;
    let geometry = KernelGeometry::of(at, kernel, None, spatial.len())?;
    if geometry
        .before
        .iter()
        .chain(&geometry.after)
        .zip(geometry.kernel.iter().cycle())
        .any(|(pad, k)| pad >= k)
    {
        return Err(at.bad("its padding must be smaller than its kernel"));
    }
    let steps = geometry.slide(at, spatial, ceil)?;
    let mut dims = vec![batch, channels];
    dims.extend_from_slice(&steps);
    one(at.shape(dims)?, 0)
}

pub(crate) fn global_pool(at: &At<'_>) -> Told {
    let (batch, channels, spatial) = image(at, 0)?;
    let mut dims = vec![batch, channels];
    dims.resize(2 + spatial.len(), 1);
    one(at.shape(dims)?, 0)
}

pub(crate) fn reduce(at: &At<'_>, reduce: &ReduceAttributes) -> Told {
    let input = at.dims(0)?;
    let axes = at.listed(reduce.axes.as_ref(), 1)?.unwrap_or_default();
    let axes = if axes.is_empty() {
        if reduce.noop_with_empty_axes {
            return Err(at.unsupported("`noop_with_empty_axes` without axes is not supported"));
        }
        (0..input.len()).collect()
    } else {
        at.axes(&axes, input.len())?
    };
    let dims = input.iter().enumerate().filter_map(|(axis, &dim)| match axes.contains(&axis) {
        true if reduce.keep_dims => Some(1),
        true => None,
        false => Some(dim),
    });
    let dims = at.shape(dims.collect())?;
    let known = at.input(0)?.known.as_ref().filter(|_| volume(&dims) == Some(1));
    let known = known.and_then(|known| values::reduced(known, reduce.reduction));
    Ok((vec![Fact::with(dims, known)], 0))
}

/// X `[T, N, I]`, W `[D, gates*H, I]`, R `[D, gates*H, H]`, B `[D, 2*gates*H]`, states `[D, N, H]`.
pub(crate) fn recurrent(at: &At<'_>, said: &RecurrentAttributes) -> Told {
    let ([steps, batch, width], [directions, rows, columns], [d2, rows2, hidden]) =
        (at.dims(0)?, at.dims(1)?, at.dims(2)?)
    else {
        return Err(at.bad("its first three inputs need three axes each"));
    };
    let (steps, batch, directions, hidden) = (*steps, *batch, *directions, *hidden);
    let wanted = if said.direction == Direction::Bidirectional { 2 } else { 1 };
    let size = said.hidden_size.unwrap_or(hidden as i64);
    let fits = directions == wanted
        && *d2 == directions
        && size == hidden as i64
        && columns == width
        && rows == rows2
        && hidden.checked_mul(said.cell.gates()) == Some(*rows);
    if !fits {
        return Err(at.bad("its weights do not fit its input, `hidden_size` and `direction`"));
    }
    let state = vec![directions, batch, hidden];
    let bias = vec![directions, 2 * rows];
    for (index, shape) in [(3, &bias), (5, &state), (6, &state)] {
        if at.optional(index).is_some_and(|fact| fact.dims != *shape) {
            return Err(at.bad(format!("input {index} must be of shape {shape:?}")));
        }
    }
    let sequence = at.shape(vec![steps, directions, batch, hidden])?;
    let macs = work(at, &[steps, directions, batch, *rows], columns.saturating_add(hidden))?;
    let mut outputs = vec![Fact::of(sequence), Fact::of(at.shape(state.clone())?), Fact::of(state)];
    outputs.truncate(at.node.outputs.len());
    Ok((outputs, macs as u64))
}
