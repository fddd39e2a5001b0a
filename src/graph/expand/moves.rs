//! Operators that only move elements, and Upsample.

use crate::graph::build::Part;
use crate::graph::error::ModelError;
use crate::graph::op::{Binary, Op};
use crate::graph::tensor::{ElementType, Tensor};

/// The size of a block, at least 1, and the four axes of the input.
fn planes(part: &Part<'_, '_>, block: i64) -> Result<(usize, [usize; 4]), ModelError> {
    let dims = part.dims(part.input(0)?)?;
    let Ok(axes) = <[usize; 4]>::try_from(dims.as_slice()) else {
        return Err(part.bad(format!("it needs [N, planes, height, width], its input is {dims:?}")));
    };
    match usize::try_from(block) {
        Ok(block @ 1..=4096) => Ok((block, axes)),
        _ => Err(part.bad(format!("{block} is not a size of blocks"))),
    }
}

/// Planes become blocks of a picture that is larger by `block` each way.
pub(super) fn depth_to_space(
    part: &mut Part<'_, '_>,
    block: i64,
    depth_first: bool,
) -> Result<(), ModelError> {
    let (b, [n, planes, height, width]) = planes(part, block)?;
    if planes % (b * b) != 0 {
        return Err(part.bad(format!("{planes} planes are not a multiple of {b} x {b}")));
    }
    let kept = planes / (b * b);
    let (apart, order) = if depth_first {
        ([n, b, b, kept, height, width], [0, 3, 4, 1, 5, 2])
    } else {
        ([n, kept, b, b, height, width], [0, 1, 4, 2, 5, 3])
    };
    rearrange(part, &apart, &order, &[n, kept, height * b, width * b])
}

/// Blocks of a picture become planes.
pub(super) fn space_to_depth(part: &mut Part<'_, '_>, block: i64) -> Result<(), ModelError> {
    let (b, [n, planes, height, width]) = planes(part, block)?;
    if height % b != 0 || width % b != 0 {
        return Err(part.bad(format!("{height} x {width} does not fall into blocks of {b}")));
    }
    let (rows, columns) = (height / b, width / b);
    let apart = [n, planes, rows, b, columns, b];
    rearrange(part, &apart, &[0, 3, 5, 1, 2, 4], &[n, planes * b * b, rows, columns])
}

fn rearrange(
    part: &mut Part<'_, '_>,
    apart: &[usize],
    order: &[usize],
    together: &[usize],
) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let apart = part.reshape(x, apart)?;
    let moved = part.transpose(&apart, order)?;
    let together = part.reshape(&moved, together)?;
    part.give(0, together);
    Ok(())
}

/// Upsample (ONNX, version 9): position `i` is taken from `i / scale`.
pub(super) fn upsample(
    part: &mut Part<'_, '_>,
    linear: bool,
    scales: Option<&[f32]>,
) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let dims = part.dims(x)?;
    let scales: Vec<f64> = match (scales, part.optional(1)) {
        (Some(scales), _) => scales.iter().map(|&scale| f64::from(scale)).collect(),
        (None, Some(name)) => {
            let known = part.known(name).map(<[f64]>::to_vec);
            known.ok_or_else(|| part.unsupported("its scales are not known before running"))?
        }
        (None, None) => return Err(part.bad("its scales are missing")),
    };
    if scales.len() != dims.len() {
        return Err(part.bad("it must have one scale for each axis"));
    }
    let mut value = x.to_owned();
    for (axis, (&length, &scale)) in dims.iter().zip(&scales).enumerate() {
        if scale == 1.0 {
            continue;
        }
        // In f32, as the scales are.
        let scale = scale as f32;
        let wanted = (length as f32 * scale).floor();
        if !(scale >= 1.0 && wanted <= (1 << 20) as f32) {
            return Err(part.bad(format!("{scale} is not a scale")));
        }
        part.ask((wanted as usize).saturating_mul(4))?;
        let places: Vec<f64> = (0..wanted as usize).map(|i| f64::from(i as f32 / scale)).collect();
        value = sampled(part, &value, (axis, length, dims.len()), &places, linear)?;
    }
    part.give(0, value);
    Ok(())
}

/// The values at `places` along an axis: the one below each, or a line to the one above it.
fn sampled(
    part: &mut Part<'_, '_>,
    x: &str,
    (axis, length, rank): (usize, usize, usize),
    places: &[f64],
    linear: bool,
) -> Result<String, ModelError> {
    let last = length.saturating_sub(1) as i64;
    let below: Vec<i64> = places.iter().map(|place| (place.floor() as i64).min(last)).collect();
    let gather = Op::Gather { axis: axis as i64 };
    let indices = part.integers(&below);
    let low = part.add(gather.clone(), &[x, &indices])?;
    if !linear {
        return Ok(low);
    }
    let above: Vec<i64> = below.iter().map(|&place| (place + 1).min(last)).collect();
    let indices = part.integers(&above);
    let high = part.add(gather, &[x, &indices])?;
    let share: Vec<f32> =
        places.iter().zip(&below).map(|(place, &below)| (place - below as f64) as f32).collect();
    let mut dims = vec![1; rank];
    if let Some(dim) = dims.get_mut(axis) {
        *dim = places.len();
    }
    let share = part.floats(&dims, &share);
    let rise = part.binary(Binary::Sub, &high, &low)?;
    let rise = part.binary(Binary::Mul, &rise, &share)?;
    part.binary(Binary::Add, &low, &rise)
}

/// Cast to the type of the second input.
pub(super) fn cast_like(part: &mut Part<'_, '_>) -> Result<(), ModelError> {
    let (x, like) = (part.input(0)?, part.input(1)?);
    let to =
        part.element(like).ok_or_else(|| part.bad("the type of its second input is unknown"))?;
    let value = part.add(Op::Cast { to, saturate: true }, &[x])?;
    part.give(0, value);
    Ok(())
}

/// One half of each matrix, zeros elsewhere.
pub(super) fn trilu(part: &mut Part<'_, '_>, upper: bool) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let dims = part.dims(x)?;
    let [.., rows, columns] = dims.as_slice() else {
        return Err(part.bad(format!("it needs matrices, its input is {dims:?}")));
    };
    let diagonal = match part.optional(1) {
        None => 0,
        Some(name) => match part.known(name) {
            Some(&[diagonal]) => diagonal as i64,
            _ => return Err(part.unsupported("its diagonal is not known before running")),
        },
    };
    let kept = |row: usize, column: usize| {
        let place = column as i64 - row as i64;
        if upper { place >= diagonal } else { place <= diagonal }
    };
    let all = rows.saturating_mul(*columns);
    part.ask(all)?;
    let bytes = (0..all).map(|i| u8::from(kept(i / columns, i % columns))).collect();
    let dims = vec![*rows, *columns];
    let mask = part.constant(Tensor { dims, element: ElementType::Bool, bytes });
    let zero = part.float(0.0);
    let zero = match part.element(x) {
        Some(ElementType::F32) | None => zero,
        Some(to) => part.add(Op::Cast { to, saturate: true }, &[&zero])?,
    };
    let value = part.add(Op::Where, &[&mask, x, &zero])?;
    part.give(0, value);
    Ok(())
}
