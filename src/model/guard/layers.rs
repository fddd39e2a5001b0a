//! Shapes and multiply-adds of the operators that compute: products, convolutions, pools, recurrent
//! layers, reductions.
//!
//! The formulas are those of the ONNX operator specification (onnx.ai/onnx/operators).

use super::fact::{At, Fact};
use super::tensor::volume;
use crate::model::error::ModelError;

/// Elements of the largest table that a convolution or a pool may need while it runs.
const WORKSPACE: usize = 64 << 20;
/// Largest kernel, stride, dilation and padding.
const GEOMETRY: i64 = 1 << 16;

/// Shapes of the outputs, and multiply-adds.
pub(crate) type Outcome = Result<(Vec<Fact>, u64), ModelError>;

fn one(dims: Vec<usize>, macs: usize) -> Outcome {
    Ok((vec![Fact::of(dims)], macs as u64))
}

pub(crate) fn matmul(at: &At<'_>, left: usize, right: usize) -> Outcome {
    let (a, b) = (at.dims(left)?, at.dims(right)?);
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

pub(crate) fn gemm(at: &At<'_>) -> Outcome {
    let ([a0, a1], [b0, b1]) = (at.dims(0)?, at.dims(1)?) else {
        return Err(at.bad("Gemm multiplies two matrices"));
    };
    let (rows, depth) = if at.flag("transA")? { (a1, a0) } else { (a0, a1) };
    let (inner, columns) = if at.flag("transB")? { (b1, b0) } else { (b0, b1) };
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

/// Kernel geometry of a convolution or a pool, one number a spatial axis.
struct Window {
    kernel: Vec<usize>,
    strides: Vec<usize>,
    dilations: Vec<usize>,
    before: Vec<usize>,
    after: Vec<usize>,
    auto: String,
}

impl Window {
    /// `kernel` from the weights; a pool has it as an attribute only.
    fn read(at: &At<'_>, kernel: Option<&[usize]>, spatial: usize) -> Result<Self, ModelError> {
        let numbers =
            |name: &str, least: i64, count: usize| -> Result<Option<Vec<usize>>, ModelError> {
                let Some(found) = at.ints(name)? else { return Ok(None) };
                if found.len() != count || found.iter().any(|x| !(least..=GEOMETRY).contains(x)) {
                    let what = format!(
                        "attribute `{name}` must be {count} numbers of {least} to {GEOMETRY}"
                    );
                    return Err(at.bad(what));
                }
                Ok(Some(found.iter().map(|&x| x as usize).collect()))
            };
        let said = numbers("kernel_shape", 1, spatial)?;
        let kernel = match (kernel, said) {
            (Some(stored), Some(said)) if stored != said => {
                return Err(at.bad("`kernel_shape` is not the shape of its weights"));
            }
            (Some(stored), _) => stored.to_vec(),
            (None, Some(said)) => said,
            (None, None) => return Err(at.bad("attribute `kernel_shape` is missing")),
        };
        let auto = at.text("auto_pad")?.unwrap_or_else(|| "NOTSET".into());
        if !["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(&auto.as_str()) {
            return Err(at.bad("attribute `auto_pad` is none of ONNX's words"));
        }
        let mut pads = numbers("pads", 0, 2 * spatial)?.unwrap_or_else(|| vec![0; 2 * spatial]);
        if auto != "NOTSET" && pads.iter().any(|&pad| pad > 0) {
            return Err(at.unsupported("`pads` and `auto_pad` contradict each other"));
        }
        let after = pads.split_off(spatial);
        Ok(Window {
            kernel,
            strides: numbers("strides", 1, spatial)?.unwrap_or_else(|| vec![1; spatial]),
            dilations: numbers("dilations", 1, spatial)?.unwrap_or_else(|| vec![1; spatial]),
            before: pads,
            after,
            auto,
        })
    }

    /// Reach of the kernel on one axis.
    fn reach(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1) * self.dilations[axis] + 1
    }

    fn slide(&self, at: &At<'_>, input: &[usize], ceil: bool) -> Result<Vec<usize>, ModelError> {
        let mut out = Vec::with_capacity(input.len());
        for (axis, &length) in input.iter().enumerate() {
            let stride = self.strides[axis];
            if self.auto.starts_with("SAME") {
                out.push(length.div_ceil(stride));
                continue;
            }
            let padded = length + self.before[axis] + self.after[axis];
            let Some(room) = padded.checked_sub(self.reach(axis)) else {
                return Err(at.bad(format!("its kernel reaches over all of {padded} steps")));
            };
            let mut steps = if ceil { room.div_ceil(stride) } else { room / stride } + 1;
            // With ceil_mode the last window must still begin inside the input or its left padding.
            if ceil && (steps - 1) * stride >= length + self.before[axis] {
                steps -= 1;
            }
            out.push(steps);
        }
        Ok(out)
    }
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

fn workspace(at: &At<'_>, factors: &[usize]) -> Result<(), ModelError> {
    match volume(factors) {
        Some(elements) if elements <= WORKSPACE => Ok(()),
        _ => Err(ModelError::too_large(at.place(), "it would need too much memory to run")),
    }
}

pub(crate) fn conv(at: &At<'_>, weights: usize) -> Outcome {
    let (batch, channels, spatial) = image(at, 0)?;
    let (out_channels, group_channels, kernel) = image(at, weights)?;
    let group = at.int("group", 1)?;
    let divides = usize::try_from(group).is_ok_and(|group| {
        group > 0
            && out_channels % group == 0
            && group_channels.checked_mul(group) == Some(channels)
    });
    if !divides || kernel.len() != spatial.len() {
        return Err(at.bad("its weights do not fit its input and `group`"));
    }
    let steps = Window::read(at, Some(kernel), spatial.len())?.slide(at, spatial, false)?;
    let mut dims = vec![batch, out_channels];
    dims.extend_from_slice(&steps);
    let dims = at.shape(dims)?;
    let taps = volume(kernel).unwrap_or(usize::MAX).saturating_mul(group_channels);
    let spread = volume(&steps).unwrap_or(usize::MAX);
    workspace(at, &[taps, group as usize, spread])?;
    let macs = work(at, &dims, taps)?;
    one(dims, macs)
}

pub(crate) fn conv_transpose(at: &At<'_>) -> Outcome {
    let (batch, channels, spatial) = image(at, 0)?;
    let (in_channels, group_out, kernel) = image(at, 1)?;
    let group = at.int("group", 1)?;
    let divides = usize::try_from(group).is_ok_and(|g| g > 0 && in_channels % g == 0);
    if !divides || in_channels != channels || kernel.len() != spatial.len() {
        return Err(at.bad("its weights do not fit its input and `group`"));
    }
    let window = Window::read(at, Some(kernel), spatial.len())?;
    if window.auto.starts_with("SAME") {
        return Err(at.unsupported("`auto_pad` SAME is not supported; export with `pads`"));
    }
    let extra = at.ints("output_padding")?.map_or_else(|| vec![0; spatial.len()], <[i64]>::to_vec);
    if extra.len() != spatial.len() {
        return Err(at.bad("`output_padding` has the wrong length"));
    }
    let mut dims = vec![batch, group_out.saturating_mul(group as usize)];
    for (axis, &length) in spatial.iter().enumerate() {
        let limit = window.strides[axis].max(window.dilations[axis]) as i64;
        if !(0..limit).contains(&extra[axis]) {
            return Err(at.bad("`output_padding` must be smaller than the stride or the dilation"));
        }
        let full = (length - 1) * window.strides[axis] + extra[axis] as usize + window.reach(axis);
        let kept = full.checked_sub(window.before[axis] + window.after[axis]);
        dims.push(kept.ok_or_else(|| at.bad("its padding is larger than its output"))?);
    }
    let dims = at.shape(dims)?;
    let taps = volume(kernel).unwrap_or(usize::MAX).saturating_mul(group_out);
    let spread = volume(spatial).unwrap_or(usize::MAX);
    workspace(at, &[taps, group as usize, spread])?;
    let macs = work(at, at.dims(0)?, taps)?;
    one(dims, macs)
}

pub(crate) fn pool(at: &At<'_>) -> Outcome {
    let (batch, channels, spatial) = image(at, 0)?;
    let window = Window::read(at, None, spatial.len())?;
    if window
        .before
        .iter()
        .chain(&window.after)
        .zip(window.kernel.iter().cycle())
        .any(|(pad, k)| pad >= k)
    {
        return Err(at.bad("its padding must be smaller than its kernel"));
    }
    let steps = window.slide(at, spatial, at.flag("ceil_mode")?)?;
    let mut dims = vec![batch, channels];
    dims.extend_from_slice(&steps);
    let dims = at.shape(dims)?;
    workspace(
        at,
        &[volume(&dims).unwrap_or(usize::MAX), volume(&window.kernel).unwrap_or(usize::MAX)],
    )?;
    one(dims, 0)
}

pub(crate) fn global_pool(at: &At<'_>) -> Outcome {
    let (batch, channels, spatial) = image(at, 0)?;
    let mut dims = vec![batch, channels];
    dims.resize(2 + spatial.len(), 1);
    one(at.shape(dims)?, 0)
}

pub(crate) fn reduce(at: &At<'_>) -> Outcome {
    let input = at.dims(0)?;
    let axes = match (at.ints("axes")?, at.optional(1)) {
        (Some(axes), _) => axes.to_vec(),
        (None, Some(_)) => at.integers(1)?,
        (None, None) => Vec::new(),
    };
    let axes = if axes.is_empty() {
        if at.flag("noop_with_empty_axes")? {
            return Err(at.unsupported("`noop_with_empty_axes` without axes is not supported"));
        }
        (0..input.len()).collect()
    } else {
        at.axes(&axes, input.len())?
    };
    let keep = at.int("keepdims", 1)? != 0;
    let dims = input.iter().enumerate().filter_map(|(axis, &dim)| match axes.contains(&axis) {
        true if keep => Some(1),
        true => None,
        false => Some(dim),
    });
    one(at.shape(dims.collect())?, 0)
}

/// X `[T, N, I]`, W `[D, gates*H, I]`, R `[D, gates*H, H]`, B `[D, 2*gates*H]`, states `[D, N, H]`.
pub(crate) fn recurrent(at: &At<'_>, gates: usize) -> Outcome {
    let ([steps, batch, width], [directions, rows, columns], [d2, rows2, hidden]) =
        (at.dims(0)?, at.dims(1)?, at.dims(2)?)
    else {
        return Err(at.bad("its first three inputs need three axes each"));
    };
    let (steps, batch, directions, hidden) = (*steps, *batch, *directions, *hidden);
    let wanted = if at.text("direction")?.as_deref() == Some("bidirectional") { 2 } else { 1 };
    let size = at.int("hidden_size", hidden as i64)?;
    let fits = directions == wanted
        && *d2 == directions
        && size == hidden as i64
        && columns == width
        && rows == rows2
        && hidden.checked_mul(gates) == Some(*rows);
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
    outputs.truncate(at.node.output.len());
    Ok((outputs, macs as u64))
}
