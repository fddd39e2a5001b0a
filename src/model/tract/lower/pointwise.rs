//! Operators without memory that tract reads in another way than ONNX says.

use super::carried::Carried;
use crate::graph::{
    Binary, ElementType, ModelError, Node, Op, Part, Reduction, Tensor, Unary, Unfolded, Variadic,
};

/// `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`: tract's alpha does not multiply.
pub(super) fn celu(part: &mut Part<'_, '_>, alpha: f32) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let (zero, one, by) = (part.float(0.0), part.float(1.0), part.float(alpha));
    let above = part.add(Op::Variadic(Variadic::Max), &[x, &zero])?;
    let scaled = part.binary(Binary::Div, x, &by)?;
    let grown = part.unary(Unary::Exp, &scaled)?;
    let grown = part.binary(Binary::Sub, &grown, &one)?;
    let grown = part.binary(Binary::Mul, &grown, &by)?;
    let below = part.add(Op::Variadic(Variadic::Min), &[&grown, &zero])?;
    let both = part.binary(Binary::Add, &above, &below)?;
    part.give(0, both);
    Ok(())
}

/// The remainder with the sign of the divisor: tract's has that of the dividend. `((a % b) + b) % b`.
pub(super) fn modulo(part: &mut Part<'_, '_>) -> Result<(), ModelError> {
    let (a, b) = (part.input(0)?, part.input(1)?);
    let rest = part.add(Op::Mod { fmod: true }, &[a, b])?;
    let shifted = part.binary(Binary::Add, &rest, b)?;
    let rest = part.add(Op::Mod { fmod: true }, &[&shifted, b])?;
    part.give(0, rest);
    Ok(())
}

/// Writes out what tract fills in otherwise than ONNX, or counts on although it may be left out.
pub(super) fn fill(node: &mut Node, graph: &mut Unfolded<'_>, carried: &Carried) {
    match &mut node.op {
        // Without a value ONNX says f32 zero, tract f64.
        Op::ConstantOfShape { value } => {
            value.get_or_insert_with(Tensor::zero);
        }
        // In operator sets 11 and 12 tract counts on all inputs.
        Op::Resize(_) if (11..13).contains(&graph.opset) => {
            for name in node.inputs.iter_mut().skip(1).take(2).filter(|name| name.is_none()) {
                let empty = Tensor { dims: vec![0], element: ElementType::F32, bytes: Vec::new() };
                *name = Some(graph.store("nothing", empty));
            }
        }
        // tract gives all outputs, read or not.
        Op::TopK { .. } | Op::DynamicQuantizeLinear => {
            let all = if matches!(node.op, Op::TopK { .. }) { 2 } else { 3 };
            node.outputs.resize(all, None);
            for output in node.outputs.iter_mut().filter(|name| name.is_none()) {
                *output = Some(graph.fresh("unread".to_owned()));
            }
        }
        // A position or an axis that stands alone.
        Op::Slice(_) => {
            for name in node.inputs.iter_mut().skip(1).flatten() {
                if let ([], Some(&[place])) = (carried.dims(name).as_slice(), carried.known(name)) {
                    *name = graph.store(name, Tensor::integers(&[place as i64]));
                }
            }
        }
        // tract counts from the front only.
        Op::GatherNd { batch_dims } => {
            let shared = usize::try_from(*batch_dims).unwrap_or(0);
            count_from_front(node, graph, carried, shared);
        }
        Op::ScatterNd { .. } => count_from_front(node, graph, carried, 0),
        // Parts that are empty say nothing.
        Op::Concat { .. } => {
            let empty = |name: &String| carried.dims(name).contains(&0);
            let left = |name: &Option<String>| !name.as_ref().is_some_and(empty);
            if node.inputs.iter().any(left) {
                node.inputs.retain(left);
            }
        }
        _ => {}
    }
}

/// Makes known positions, which may count from the end of an axis, count from its front.
fn count_from_front(node: &mut Node, graph: &mut Unfolded<'_>, carried: &Carried, shared: usize) {
    let lengths = carried.dims(node.input(0).unwrap_or_default());
    let Some(Some(name)) = node.inputs.get_mut(1) else { return };
    let (dims, Some(known)) = (carried.dims(name), carried.known(name)) else { return };
    let depth = dims.last().copied().unwrap_or(1).max(1);
    if known.iter().all(|&index| index >= 0.0) {
        return;
    }
    let place = |(at, &index): (usize, &f64)| {
        let length = lengths.get(shared + at % depth).copied().unwrap_or(0);
        if index < 0.0 { index as i64 + length as i64 } else { index as i64 }
    };
    let places: Vec<i64> = known.iter().enumerate().map(place).collect();
    *name = graph.store(name, Tensor { dims, ..Tensor::integers(&places) });
}

/// Softmax, or its logarithm, by what it is made of: tract moves the strides of a later convolution up
/// through its own, as if that looked at each element alone.
pub(super) fn softmax(part: &mut Part<'_, '_>, axis: i64, log: bool) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let rank = part.dims(x)?.len();
    let first = part.axis(axis, rank)?;
    let last = if part.opset() < 13 { rank } else { first + 1 };
    let axes: Vec<usize> = (first..last).collect();
    let largest = part.reduce(Reduction::Max, x, &axes)?;
    let shifted = part.binary(Binary::Sub, x, &largest)?;
    let powers = part.unary(Unary::Exp, &shifted)?;
    let sum = part.reduce(Reduction::Sum, &powers, &axes)?;
    let value = if log {
        let sum = part.unary(Unary::Log, &sum)?;
        part.binary(Binary::Sub, &shifted, &sum)?
    } else {
        part.binary(Binary::Div, &powers, &sum)?
    };
    part.give(0, value);
    Ok(())
}
