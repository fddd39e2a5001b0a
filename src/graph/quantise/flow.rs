//! How values hang together: which are the same numbers moved about, which grow with the input, and what
//! belongs to the layer before it.

use std::collections::{HashMap, HashSet};

use crate::graph::op::{Binary, Interpolation, Op, Unary};
use crate::graph::parts::{Graph, Node};
use crate::graph::tensor::Tensor;

/// Whether twice the input gives twice the output.
pub(super) fn scales(op: &Op) -> bool {
    matches!(
        op,
        Op::Unary(Unary::Relu | Unary::Identity) | Op::LeakyRelu { .. } | Op::Dropout { .. }
    )
}

/// The input, and what is computed from it by linear operators alone.
pub(super) fn open(graph: &Graph, stored: &HashMap<&str, &Tensor>) -> HashSet<String> {
    let mut open = HashSet::from([graph.input.name.clone()]);
    for node in &graph.nodes {
        let linear = only_moves(graph, node)
            || matches!(
                node.op,
                Op::Gemm(_)
                    | Op::MatMul
                    | Op::Conv(_)
                    | Op::ConvTranspose { .. }
                    | Op::BatchNormalization { .. }
                    | Op::AveragePool { .. }
                    | Op::GlobalAveragePool
                    | Op::Concat { .. }
                    | Op::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div)
            );
        let is_open = |name: &&String| open.contains(name.as_str());
        let mut varying =
            node.inputs.iter().flatten().filter(|name| !stored.contains_key(name.as_str()));
        // A product of two that vary is not linear.
        let product = matches!(node.op, Op::Binary(Binary::Mul | Binary::Div) | Op::MatMul);
        let most = if product { 1 } else { usize::MAX };
        let count = varying.clone().count();
        if linear && (1..=most).contains(&count) && varying.all(|name| is_open(&name)) {
            open.extend(node.outputs.iter().flatten().cloned());
        }
    }
    open
}

/// Which node gives each value.
pub(super) fn makers(graph: &Graph) -> HashMap<&str, usize> {
    let nodes = graph.nodes.iter().enumerate();
    nodes
        .flat_map(|(at, node)| node.outputs.iter().flatten().map(move |name| (name.as_str(), at)))
        .collect()
}

/// The Relu that alone reads a value gives what the layer gives.
pub(super) fn behind_relu(graph: &Graph, readers: &HashMap<&str, usize>, value: &str) -> String {
    if readers.get(value) == Some(&1) {
        let reads = |node: &&Node| node.input(0) == Some(value);
        let relu = graph.nodes.iter().find(reads);
        let relu = relu.filter(|node| is_relu(graph, node));
        if let Some(given) = relu.and_then(|node| node.output(0)) {
            return given.to_owned();
        }
    }
    value.to_owned()
}

/// Whether a node cuts off what is below zero: a Relu, or a Clip from zero on.
fn is_relu(graph: &Graph, node: &Node) -> bool {
    let stored = || {
        let own = |name: &str| graph.constants.iter().find(|constant| constant.name == name);
        node.input(1).and_then(own).and_then(|constant| constant.tensor.to_f32())
    };
    match &node.op {
        Op::Unary(Unary::Relu) => true,
        Op::Clip { min, .. } => min.map(|min| vec![min]).or_else(stored) == Some(vec![0.0]),
        _ => false,
    }
}

/// The value that this one was before its axes were moved about.
pub(super) fn root(graph: &Graph, makers: &HashMap<&str, usize>, value: &str) -> String {
    let mut value = value;
    loop {
        let node = makers.get(value).and_then(|&at| graph.nodes.get(at));
        let Some(node) = node.filter(|node| only_moves(graph, node)) else { break };
        let Some(before) = node.input(0) else { break };
        value = before;
    }
    value.to_owned()
}

/// Whether each number that comes out is one that went in, or zero, so that its steps are the same.
fn only_moves(graph: &Graph, node: &Node) -> bool {
    match &node.op {
        Op::Unary(Unary::Identity)
        | Op::Dropout { .. }
        | Op::Reshape { .. }
        | Op::Flatten { .. }
        | Op::Squeeze { .. }
        | Op::Unsqueeze { .. }
        | Op::Transpose { .. }
        | Op::Slice(_)
        | Op::MaxPool { .. } => true,
        Op::Resize(resize) => resize.mode == Interpolation::Nearest,
        Op::Pad { value, .. } => {
            let given = graph.constants.iter().find(|one| Some(one.name.as_str()) == node.input(2));
            let given = match node.input(2) {
                Some(_) => given.and_then(|one| one.tensor.to_f32()),
                None => Some(vec![value.unwrap_or(0.0)]),
            };
            given.is_some_and(|values| values.iter().all(|value| *value == 0.0))
        }
        _ => false,
    }
}
