//! Leaves of a checked graph only what is needed to run it.
//!
//! Shape arithmetic whose result is known becomes a constant; nodes and tensors that no wanted
//! output needs go. What is computed stays the same.

use std::collections::HashSet;

use super::fact::Fact;
use super::op::Op;
use super::parts::{Constant, Graph, Node, ValueFacts};
use super::tensor::{ElementType, Tensor};

/// Rewrites the graph to compute `outputs`, in this order.
pub(crate) fn simplify(graph: &mut Graph, outputs: Vec<String>) {
    fold(graph);
    keep_needed(graph, &outputs);
    graph.outputs = outputs;
}

/// Replaces nodes whose only output is known integers by a stored tensor.
pub(crate) fn fold(graph: &mut Graph) {
    let Graph { nodes, constants, facts, .. } = graph;
    nodes.retain(|node| {
        let folded = folded(node, facts);
        let keep = folded.is_none();
        constants.extend(folded);
        keep
    });
}

fn folded(node: &Node, facts: &ValueFacts) -> Option<Constant> {
    let [Some(name)] = node.outputs.as_slice() else { return None };
    let Fact { dims, known: Some(known), .. } = facts.get(name)? else { return None };
    if matches!(node.op, Op::Constant(_)) {
        return None;
    }
    let data = known.data.iter();
    let bytes = match known.element {
        ElementType::I32 => data.flat_map(|&x| (x as i32).to_le_bytes()).collect(),
        ElementType::I64 => data.flat_map(|&x| (x as i64).to_le_bytes()).collect(),
        _ => return None,
    };
    let tensor = Tensor { dims: dims.clone(), element: known.element, bytes };
    Some(Constant { name: name.clone(), tensor })
}

/// Leaves the nodes and stored tensors that `outputs` are computed from.
pub(crate) fn keep_needed(graph: &mut Graph, outputs: &[String]) {
    let mut needed: HashSet<String> = outputs.iter().cloned().collect();
    // Nodes are in order, so one walk backwards finds all.
    let mut kept: Vec<Node> = std::mem::take(&mut graph.nodes)
        .into_iter()
        .rev()
        .filter(|node| {
            let wanted = node.outputs.iter().flatten().any(|name| needed.contains(name));
            if wanted {
                needed.extend(node.inputs.iter().flatten().cloned());
            }
            wanted
        })
        .collect();
    kept.reverse();
    graph.nodes = kept;
    graph.constants.retain(|constant| needed.contains(&constant.name));
}
