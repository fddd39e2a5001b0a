//! Repeats by Tile and Expand, said in a way that the engine can optimise.
//!
//! A decoder that repeats its latent over time with Tile or Expand makes the engine's optimiser
//! contradict itself in the recurrent layer behind it. A Gather that takes the same index again and
//! again computes the same and goes through.

use std::collections::HashMap;

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};

use super::fact::{Fact, INT64};

/// Replaces every Tile and Expand of `graph`; the shapes are those of `facts`.
pub(crate) fn replace(graph: &mut GraphProto, facts: &HashMap<String, Fact>) {
    let mut nodes = Vec::with_capacity(graph.node.len());
    for node in std::mem::take(&mut graph.node) {
        let shapes = match (node.op_type.as_str(), node.input.first(), node.output.first()) {
            ("Tile" | "Expand", Some(from), Some(to)) => facts.get(from).zip(facts.get(to)),
            _ => None,
        };
        match shapes {
            Some((from, to)) => {
                let steps = steps(&node, &from.dims, &to.dims, &mut graph.initializer);
                nodes.extend(steps);
            }
            None => nodes.push(node),
        }
    }
    graph.node = nodes;
}

fn steps(
    node: &NodeProto,
    from: &[usize],
    to: &[usize],
    stored: &mut Vec<TensorProto>,
) -> Vec<NodeProto> {
    let (Some(source), Some(result)) = (node.input.first(), node.output.first()) else {
        return vec![node.clone()];
    };
    let mut steps: Vec<NodeProto> = Vec::new();
    let mut current = source.clone();
    let mut add = |operator: &str, axis: Option<usize>, numbers: Vec<i64>| {
        let name = format!(
            "{result}.{}",
            operator.to_lowercase() + &axis.map_or(String::new(), |a| a.to_string())
        );
        let table = format!("{name}.numbers");
        steps.push(NodeProto {
            name: name.clone(),
            op_type: operator.into(),
            input: vec![std::mem::replace(&mut current, name.clone()), table.clone()],
            output: vec![name],
            attribute: axis.map(axis_attribute).into_iter().collect(),
            ..NodeProto::default()
        });
        stored.push(TensorProto {
            name: table,
            dims: vec![numbers.len() as i64],
            data_type: INT64,
            int64_data: numbers,
            ..TensorProto::default()
        });
    };
    // Expand may also put axes in front.
    let mut lengths = vec![1; to.len().saturating_sub(from.len())];
    lengths.extend_from_slice(from);
    if lengths.len() != from.len() {
        add("Reshape", None, lengths.iter().map(|&length| length as i64).collect());
    }
    for (axis, (&length, &wanted)) in lengths.iter().zip(to).enumerate() {
        if length != wanted {
            add("Gather", Some(axis), (0..wanted).map(|i| (i % length.max(1)) as i64).collect());
        }
    }
    match steps.last_mut() {
        Some(last) => last.output = vec![result.clone()],
        None => steps.push(NodeProto {
            name: node.name.clone(),
            op_type: "Identity".into(),
            input: vec![source.clone()],
            output: vec![result.clone()],
            ..NodeProto::default()
        }),
    }
    steps
}

fn axis_attribute(axis: usize) -> AttributeProto {
    AttributeProto {
        name: "axis".into(),
        r#type: AttributeType::Int as i32,
        i: axis as i64,
        ..AttributeProto::default()
    }
}
