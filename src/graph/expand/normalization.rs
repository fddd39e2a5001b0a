//! Normalisations that are made up of means, products and roots.

use crate::graph::build::Part;
use crate::graph::error::ModelError;
use crate::graph::op::{Binary, Op, Reduction, Unary};

/// GroupNormalization (onnx.ai/onnx/operators, version 21): channels `[N, C, ...]` fall into groups,
/// each of which has a mean of 0 and a variance of 1 before scale and bias. In version 18 these are
/// given for each group, then for each channel.
pub(super) fn group(part: &mut Part<'_, '_>, epsilon: f32, groups: i64) -> Result<(), ModelError> {
    let (x, scale, bias) = (part.input(0)?, part.input(1)?, part.input(2)?);
    let dims = part.dims(x)?;
    let (batch, channels) = match dims.as_slice() {
        [batch, channels, _, ..] => (*batch, *channels),
        _ => return Err(part.bad(format!("it needs 3 axes or more, its input is {dims:?}"))),
    };
    let groups = usize::try_from(groups).ok().filter(|&g| g > 0 && channels % g == 0);
    let groups = groups.ok_or_else(|| part.bad("`num_groups` must divide the channels"))?;
    let each = dims.iter().product::<usize>() / (batch * groups);
    let apart = part.reshape(x, &[batch, groups, each])?;
    let (ones, zeros) = (vec![1.0; groups], vec![0.0; groups]);
    let (ones, zeros) = (part.floats(&[groups], &ones), part.floats(&[groups], &zeros));
    let even = part.add(Op::InstanceNormalization { epsilon }, &[&apart, &ones, &zeros])?;
    let even = part.reshape(&even, &dims)?;
    let scale = along_channels(part, scale, channels, dims.len())?;
    let bias = along_channels(part, bias, channels, dims.len())?;
    let scaled = part.binary(Binary::Mul, &even, &scale)?;
    let moved = part.binary(Binary::Add, &scaled, &bias)?;
    part.give(0, moved);
    Ok(())
}

/// A parameter for each channel, or for each group of them, as `[C, 1, ...]`.
fn along_channels(
    part: &mut Part<'_, '_>,
    parameter: &str,
    channels: usize,
    rank: usize,
) -> Result<String, ModelError> {
    let count = match part.dims(parameter)?.as_slice() {
        &[count] if count > 0 && channels.is_multiple_of(count) => count,
        dims => {
            return Err(part.bad(format!("a parameter {dims:?} does not fit {channels} channels")));
        }
    };
    let mut shape = vec![channels];
    shape.resize(rank - 1, 1);
    if count == channels {
        return part.reshape(parameter, &shape);
    }
    let column = part.reshape(parameter, &[count, 1])?;
    let to = part.integers(&[count as i64, (channels / count) as i64]);
    let spread = part.add(Op::Expand, &[&column, &to])?;
    part.reshape(&spread, &shape)
}

/// RMSNormalization (version 23): over the axes from `axis` on the mean of the squares becomes 1.
pub(super) fn rms(
    part: &mut Part<'_, '_>,
    x: &str,
    scale: &str,
    (axis, epsilon): (i64, f32),
) -> Result<String, ModelError> {
    let rank = part.dims(x)?.len();
    let axes: Vec<usize> = (part.axis(axis, rank)?..rank).collect();
    let squares = part.binary(Binary::Mul, x, x)?;
    let mean = part.reduce(Reduction::Mean, &squares, &axes)?;
    let epsilon = part.float(epsilon);
    let sum = part.binary(Binary::Add, &mean, &epsilon)?;
    let root = part.unary(Unary::Sqrt, &sum)?;
    let even = part.binary(Binary::Div, x, &root)?;
    part.binary(Binary::Mul, &even, scale)
}

/// A layer's sum with what goes round it, normalised (onnxruntime's SkipLayerNormalization). The
/// fourth output is the sum.
pub(super) fn skip(
    part: &mut Part<'_, '_>,
    epsilon: f32,
    rms_only: bool,
) -> Result<(), ModelError> {
    let (x, skip, scale) = (part.input(0)?, part.input(1)?, part.input(2)?);
    let mut sum = part.binary(Binary::Add, x, skip)?;
    if let Some(bias) = part.optional(if rms_only { 3 } else { 4 }) {
        sum = part.binary(Binary::Add, &sum, bias)?;
    }
    let even = if rms_only {
        rms(part, &sum, scale, (-1, epsilon))?
    } else {
        let op = Op::LayerNormalization { axis: -1, epsilon, stash_type: 1 };
        part.add(op, &[&sum, scale, part.or_none(3)])?
    };
    part.give(0, even);
    part.give(3, sum);
    Ok(())
}

/// How values lie along some axes: their mean, what is left of them without it, and its mean square.
struct Spread {
    mean: String,
    moved: String,
    variance: String,
}

fn spread(part: &mut Part<'_, '_>, x: &str, axes: &[usize]) -> Result<Spread, ModelError> {
    let mean = part.reduce(Reduction::Mean, x, axes)?;
    let moved = part.binary(Binary::Sub, x, &mean)?;
    let squares = part.binary(Binary::Mul, &moved, &moved)?;
    let variance = part.reduce(Reduction::Mean, &squares, axes)?;
    Ok(Spread { mean, moved, variance })
}

/// MeanVarianceNormalization: `(x - mean) / (sqrt(variance) + 1e-9)` over axes.
pub(super) fn mean_variance(part: &mut Part<'_, '_>, axes: &[i64]) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let rank = part.dims(x)?.len();
    let axes = axes.iter().map(|&axis| part.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?;
    let Spread { moved, variance, .. } = spread(part, x, &axes)?;
    let root = part.unary(Unary::Sqrt, &variance)?;
    let least = part.float(1e-9);
    let root = part.binary(Binary::Add, &root, &least)?;
    let even = part.binary(Binary::Div, &moved, &root)?;
    part.give(0, even);
    Ok(())
}

/// LayerNormalization with the mean and one by the deviation where they are asked for.
pub(super) fn layer(part: &mut Part<'_, '_>, axis: i64, epsilon: f32) -> Result<(), ModelError> {
    let (x, scale) = (part.input(0)?, part.input(1)?);
    let op = Op::LayerNormalization { axis, epsilon, stash_type: 1 };
    let value = part.add(op, &[x, scale, part.or_none(2)])?;
    part.give(0, value);
    if part.output(1).is_none() && part.output(2).is_none() {
        return Ok(());
    }
    let rank = part.dims(x)?.len();
    let axes: Vec<usize> = (part.axis(axis, rank)?..rank).collect();
    let Spread { mean, variance, .. } = spread(part, x, &axes)?;
    let epsilon = part.float(epsilon);
    let sum = part.binary(Binary::Add, &variance, &epsilon)?;
    let root = part.unary(Unary::Sqrt, &sum)?;
    let inverse = part.unary(Unary::Reciprocal, &root)?;
    part.give(1, mean);
    part.give(2, inverse);
    Ok(())
}

/// The logarithm of a sum, of exponentials less the largest where these are summed.
pub(super) fn log_sum(
    part: &mut Part<'_, '_>,
    axes: Option<&[i64]>,
    keep_dims: bool,
    exponents: bool,
) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let listed: Vec<i64> = match (axes, part.optional(1)) {
        (Some(axes), _) => axes.to_vec(),
        (None, Some(name)) => {
            let known = part.known(name).map(|all| all.iter().map(|&x| x as i64).collect());
            known.ok_or_else(|| part.unsupported("its axes are not known before running"))?
        }
        (None, None) => Vec::new(),
    };
    let axes = part.axes(x, &listed)?;
    let mut value = if exponents {
        let largest = part.reduce(Reduction::Max, x, &axes)?;
        let less = part.binary(Binary::Sub, x, &largest)?;
        let grown = part.unary(Unary::Exp, &less)?;
        let sum = part.reduce(Reduction::Sum, &grown, &axes)?;
        let log = part.unary(Unary::Log, &sum)?;
        part.binary(Binary::Add, &log, &largest)?
    } else {
        let sum = part.reduce(Reduction::Sum, x, &axes)?;
        part.unary(Unary::Log, &sum)?
    };
    if !keep_dims {
        value = part.without(&value, &axes)?;
    }
    part.give(0, value);
    Ok(())
}
