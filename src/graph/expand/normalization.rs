//! Normalisations that are made up of means, products and roots.

use super::part::{Part, PartResult};
use crate::graph::op::{Binary, Op};

/// GroupNormalization (onnx.ai/onnx/operators, version 21): channels `[N, C, ...]` fall into groups,
/// each of which has a mean of 0 and a variance of 1 before scale and bias. In version 18 these are
/// given for each group, then for each channel.
pub(super) fn group(part: &mut Part<'_, '_>, epsilon: f32, groups: i64) -> PartResult<()> {
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
) -> PartResult<String> {
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
