//! Repeats by Tile and Expand, said in a way that the engine can optimise.
//!
//! A decoder that repeats its latent over time with Tile or Expand makes the engine's optimiser
//! contradict itself in the recurrent layer behind it. A Gather that takes the same index again and
//! again computes the same and goes through.

use super::fact::Fact;
use super::op::{Op, Unary};
use super::parts::{Constant, Graph, Node, ValueFacts};
use super::tensor::Tensor;

/// Replaces every Tile and Expand of `graph`.
pub(crate) fn replace(graph: &mut Graph) {
    let mut nodes = Vec::with_capacity(graph.nodes.len());
    for node in std::mem::take(&mut graph.nodes) {
        let ends = match node.op {
            Op::Tile | Op::Expand => node.input(0).zip(node.output(0)),
            _ => None,
        };
        let steps = ends.and_then(|(source, result)| {
            let from = graph.facts.get(source)?.clone();
            let to = graph.facts.get(result)?.dims.clone();
            let steps = Steps { source, result, name: &node.name };
            Some(steps.build(from, &to, &mut graph.constants, &mut graph.facts))
        });
        match steps {
            Some(steps) => nodes.extend(steps),
            None => nodes.push(node),
        }
    }
    graph.nodes = nodes;
}

/// What replaces one repeat.
struct Steps<'a> {
    source: &'a str,
    result: &'a str,
    name: &'a str,
}

impl Steps<'_> {
    fn build(
        self,
        from: Fact,
        to: &[usize],
        constants: &mut Vec<Constant>,
        facts: &mut ValueFacts,
    ) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        // Expand may also put axes in front.
        let mut dims = vec![1; to.len().saturating_sub(from.dims.len())];
        dims.extend_from_slice(&from.dims);
        let mut add = |label: String, op: Op, numbers: Vec<i64>, dims: &[usize]| {
            let name = format!("{}.{label}", self.result);
            let table = Tensor::integers(&numbers);
            let source = nodes.last().and_then(|last| last.output(0)).unwrap_or(self.source);
            let inputs = vec![Some(source.to_owned()), Some(format!("{name}.numbers"))];
            facts.insert(format!("{name}.numbers"), Fact::of_stored(&table));
            let dims = dims.to_vec();
            facts.insert(name.clone(), Fact { dims, element: from.element, known: None });
            constants.push(Constant { name: format!("{name}.numbers"), tensor: table });
            nodes.push(Node { name: name.clone(), op, inputs, outputs: vec![Some(name)] });
        };
        if dims.len() != from.dims.len() {
            let numbers = dims.iter().map(|&length| length as i64).collect();
            add("reshape".into(), Op::Reshape { allow_zero: false }, numbers, &dims);
        }
        for (axis, &wanted) in to.iter().enumerate() {
            let Some(length) = dims.get(axis).copied().filter(|&length| length != wanted) else {
                continue;
            };
            let numbers = (0..wanted).map(|i| (i % length.max(1)) as i64).collect();
            if let Some(dim) = dims.get_mut(axis) {
                *dim = wanted;
            }
            add(format!("gather{axis}"), Op::Gather { axis: axis as i64 }, numbers, &dims);
        }
        match nodes.last_mut() {
            Some(last) => last.outputs = vec![Some(self.result.to_owned())],
            None => nodes.push(Node {
                name: self.name.to_owned(),
                op: Op::Unary(Unary::Identity),
                inputs: vec![Some(self.source.to_owned())],
                outputs: vec![Some(self.result.to_owned())],
            }),
        }
        nodes
    }
}
