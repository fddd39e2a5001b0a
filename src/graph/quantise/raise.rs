//! Brings a graph of an older operator set to the first one whose scales may differ along an axis.
//!
//! What was an attribute and is an input since is stored as a tensor. What means something else since is
//! refused.

use super::names::Names;
use crate::graph::error::ModelError;
use crate::graph::op::{Op, Reduction, Unary};
use crate::graph::parts::Graph;
use crate::graph::tensor::Tensor;

/// DequantizeLinear has an axis from this operator set on.
const LEAST: i64 = 13;
/// Every runtime that knows operator set 13 reads this version of the format.
const IR_VERSION: i64 = 8;

/// Raises the operator set to at least 13.
///
/// # Errors
/// Names a node that would compute something else.
pub(super) fn raise(graph: &mut Graph) -> Result<(), ModelError> {
    graph.ir_version = graph.ir_version.max(IR_VERSION);
    if graph.opset >= LEAST {
        return Ok(());
    }
    let opset = graph.opset;
    let mut names = Names::of(graph);
    let Graph { nodes, constants, facts, .. } = graph;
    for node in nodes {
        let label = node.label().to_owned();
        let place = node.place();
        let refused = || {
            let what = format!(
                "it means something else since operator set {LEAST}, and the file has {opset}; export with \
                 17 to quantise"
            );
            ModelError::unsupported(place, what)
        };
        let dims = node.input(0).and_then(|name| facts.get(name)).map(|fact| fact.dims.len());
        let rank = dims.and_then(|rank| i64::try_from(rank).ok()).unwrap_or(0);
        let ints = |all: Vec<i64>| Some(Tensor::integers(&all));
        let number = |x: f32| Tensor::floats(&[], &[x]);
        // Tensors that become inputs, the first of them at this place.
        let (first, tensors): (usize, Vec<Option<Tensor>>) = match &mut node.op {
            Op::Squeeze { axes } | Op::Unsqueeze { axes } => (1, vec![axes.take().and_then(ints)]),
            Op::Split { lengths, .. } => (1, vec![lengths.take().and_then(ints)]),
            Op::Reduce(reduce) if reduce.reduction == Reduction::Sum => {
                (1, vec![reduce.axes.take().and_then(ints)])
            }
            Op::Clip { min, max } => (1, [min, max].map(|x| x.take().map(number)).to_vec()),
            Op::Pad { pads, value, .. } if pads.is_some() => {
                (1, vec![pads.take().and_then(ints), value.take().map(number)])
            }
            Op::Slice(slice) if slice.starts.is_some() => {
                let all = [&mut slice.starts, &mut slice.ends, &mut slice.axes];
                (1, all.map(|all| all.take().and_then(ints)).to_vec())
            }
            op @ Op::Dropout { .. } => {
                *op = Op::Unary(Unary::Identity);
                node.inputs.truncate(1);
                node.outputs.truncate(1);
                continue;
            }
            // Up to then all axes from this one on were one.
            Op::Softmax { axis } | Op::LogSoftmax { axis } => {
                if *axis != -1 && *axis != rank - 1 {
                    return Err(refused());
                }
                continue;
            }
            Op::Resize(_) if opset < 11 => return Err(refused()),
            _ => continue,
        };
        for (at, tensor) in tensors.into_iter().enumerate() {
            let Some(tensor) = tensor else { continue };
            let name = names.store(constants, &format!("{label}.given"), tensor);
            let place = first + at;
            if node.inputs.len() <= place {
                node.inputs.resize(place + 1, None);
            }
            if let Some(input) = node.inputs.get_mut(place) {
                *input = Some(name);
            }
        }
    }
    graph.opset = LEAST;
    Ok(())
}
