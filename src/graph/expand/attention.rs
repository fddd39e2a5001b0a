//! Attention by scaled products (onnx.ai/onnx/operators, version 23), without past keys and values.

use crate::graph::build::Part;
use crate::graph::error::ModelError;
use crate::graph::op::{AttentionAttributes, Binary, Op, Unary};
use crate::graph::tensor::{ElementType, Tensor};

/// The weight of a place that may not be looked at: exp of it is zero in f32.
const HIDDEN: f32 = -1e30;

/// Inputs: query, key, value `[N, heads, steps, size]` or `[N, steps, heads * size]`, mask.
pub(super) fn attention(
    part: &mut Part<'_, '_>,
    said: &AttentionAttributes,
) -> Result<(), ModelError> {
    let inputs = [part.input(0)?, part.input(1)?, part.input(2)?];
    let answer = answers(part, said, inputs, part.optional(3))?;
    part.give(0, answer);
    Ok(())
}

/// Attention of onnxruntime's optimiser: inputs are x `[N, steps, inputs]`, the weights `[inputs, sizes]` of
/// query, key and value, and their bias. The sizes are equal where none are given.
pub(super) fn joined(
    part: &mut Part<'_, '_>,
    said: &AttentionAttributes,
    sizes: Option<&[i64]>,
) -> Result<(), ModelError> {
    let (x, weights) = (part.input(0)?, part.input(1)?);
    if let Some(index) = (3..7).find(|&index| part.optional(index).is_some()) {
        return Err(
            part.unsupported(format!("its input {index}, a mask or a past, is not supported"))
        );
    }
    let mut product = part.add(Op::MatMul, &[x, weights])?;
    if let Some(bias) = part.optional(2) {
        product = part.binary(Binary::Add, &product, bias)?;
    }
    let dims = part.dims(&product)?;
    let all = dims.last().map_or(0, |&all| all as i64);
    let sizes = match sizes {
        Some(sizes) => sizes.to_vec(),
        None => vec![all / 3; 3],
    };
    let fits = dims.len() == 3 && sizes.len() == 3 && sizes.iter().all(|&size| size > 0);
    if !fits || sizes.iter().try_fold(0i64, |sum, &size| sum.checked_add(size)) != Some(all) {
        return Err(part.bad(format!("query, key and value {sizes:?} do not make up {dims:?}")));
    }
    part.ask(usize::try_from(all).unwrap_or(usize::MAX))?;
    let mut parts = Vec::new();
    let mut from = 0;
    for size in sizes {
        let columns: Vec<i64> = (from..from + size).collect();
        from += size;
        let columns = part.integers(&columns);
        parts.push(part.add(Op::Gather { axis: 2 }, &[&product, &columns])?);
    }
    let [query, key, value] = parts.as_slice() else { return Err(part.bad("it has no parts")) };
    let answer = answers(part, said, [query, key, value], None)?;
    part.give(0, answer);
    Ok(())
}

/// What attention makes of query, key and value.
fn answers(
    part: &mut Part<'_, '_>,
    said: &AttentionAttributes,
    [query, key, value]: [&str; 3],
    mask: Option<&str>,
) -> Result<String, ModelError> {
    let (query, wide) = heads(part, query, said.heads.map(|(query, _)| query))?;
    let (key, _) = heads(part, key, said.heads.map(|(_, key)| key))?;
    let (value, _) = heads(part, value, said.heads.map(|(_, key)| key))?;
    let [_, ours, steps, size] = four(part, &query)?;
    let [_, theirs, seen, _] = four(part, &key)?;
    let (mut key, mut value) = (key, value);
    if ours != theirs {
        if theirs == 0 || ours % theirs != 0 {
            return Err(
                part.bad(format!("{theirs} heads of the key do not fit {ours} of the query"))
            );
        }
        // Heads of the query share one of key and value.
        let each = ours / theirs;
        let shared: Vec<i64> = (0..ours).map(|head| (head / each) as i64).collect();
        let shared = part.integers(&shared);
        key = part.add(Op::Gather { axis: 1 }, &[&key, &shared])?;
        value = part.add(Op::Gather { axis: 1 }, &[&value, &shared])?;
    }
    let turned = part.transpose(&key, &[0, 1, 3, 2])?;
    let scale = said.scale.unwrap_or(1.0 / (size as f32).sqrt());
    let scale = part.float(scale);
    let scaled = part.binary(Binary::Mul, &query, &scale)?;
    let mut weights = part.add(Op::MatMul, &[&scaled, &turned])?;
    if said.softcap > 0.0 {
        let cap = part.float(said.softcap);
        let share = part.binary(Binary::Div, &weights, &cap)?;
        let share = part.unary(Unary::Tanh, &share)?;
        weights = part.binary(Binary::Mul, &share, &cap)?;
    }
    // Which places may be looked at. Where none may, the answer is zero.
    let mut shown = Vec::new();
    if said.causal {
        part.ask(steps.saturating_mul(seen))?;
        let bytes = (0..steps * seen).map(|i| u8::from(i % seen <= i / seen)).collect();
        let dims = vec![steps, seen];
        shown.push(part.constant(Tensor { dims, element: ElementType::Bool, bytes }));
    }
    match mask {
        Some(mask) if part.element(mask) == Some(ElementType::Bool) => shown.push(mask.to_owned()),
        Some(mask) => weights = part.binary(Binary::Add, &weights, mask)?,
        None => {}
    }
    let (zero, hidden) = (part.float(0.0), part.float(HIDDEN));
    for mask in &shown {
        weights = part.add(Op::Where, &[mask, &weights, &hidden])?;
    }
    weights = part.add(Op::Softmax { axis: 3 }, &[&weights])?;
    for mask in &shown {
        weights = part.add(Op::Where, &[mask, &weights, &zero])?;
    }
    let mut answer = part.add(Op::MatMul, &[&weights, &value])?;
    if wide {
        let [batch, heads, steps, size] = four(part, &answer)?;
        answer = part.transpose(&answer, &[0, 2, 1, 3])?;
        answer = part.reshape(&answer, &[batch, steps, heads * size])?;
    }
    Ok(answer)
}

fn four(part: &Part<'_, '_>, name: &str) -> Result<[usize; 4], ModelError> {
    let dims = part.dims(name)?;
    let axes = <[usize; 4]>::try_from(dims.as_slice());
    axes.map_err(|_| part.bad(format!("it needs inputs of 3 or 4 axes, one is {dims:?}")))
}

/// An input as `[N, heads, steps, size]`, and whether its heads had to be taken apart.
fn heads(
    part: &mut Part<'_, '_>,
    name: &str,
    heads: Option<i64>,
) -> Result<(String, bool), ModelError> {
    let dims = part.dims(name)?;
    let &[batch, steps, width] = dims.as_slice() else { return Ok((name.to_owned(), false)) };
    let heads = heads.and_then(|heads| usize::try_from(heads).ok());
    let heads = heads.filter(|&heads| heads > 0 && width % heads == 0);
    let heads = heads.ok_or_else(|| part.bad("its number of heads does not divide its inputs"))?;
    let apart = part.reshape(name, &[batch, steps, heads, width / heads])?;
    Ok((part.transpose(&apart, &[0, 2, 1, 3])?, true))
}
