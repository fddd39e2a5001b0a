//! Leaves of a checked graph only what is needed to run it.
//!
//! Shape arithmetic whose result is known becomes a constant; nodes and tensors that no wanted
//! output needs go, and so do all labels (declared shapes, dimension names, documentation), which
//! the engine would otherwise parse. What is computed stays the same.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_shape_proto::Dimension;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as DimValue;
use tract_onnx::pb::type_proto;
use tract_onnx::pb::{
    AttributeProto, GraphProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
};

use super::fact::{Fact, INT32};
use super::repeat;

/// Rewrites `graph` to compute `outputs` from `input` of shape `dims`.
pub(crate) fn rewrite(
    graph: &mut GraphProto,
    facts: &HashMap<String, Fact>,
    input: (&str, &[usize]),
    outputs: &[String],
    opset: i64,
) {
    fold(graph, facts);
    repeat::replace(graph, facts);
    if (11..13).contains(&opset) {
        fill_resize(graph);
    }
    keep_needed(graph, outputs);
    graph.value_info.clear();
    graph.quantization_annotation.clear();
    graph.doc_string.clear();
    let dims: Vec<Option<usize>> = input.1.iter().copied().map(Some).collect();
    graph.input = vec![described(input.0, &dims)];
    graph.output = outputs
        .iter()
        .map(|name| ValueInfoProto { name: name.clone(), ..ValueInfoProto::default() })
        .collect();
    for node in &mut graph.node {
        node.doc_string.clear();
        // Without a value ONNX says f32 zero, but the engine says f64.
        if node.op_type == "ConstantOfShape" && node.attribute.is_empty() {
            node.attribute.push(zero());
        }
    }
}

/// In operator sets 11 and 12 the engine counts on all inputs of Resize, even those left out.
fn fill_resize(graph: &mut GraphProto) {
    const EMPTY: &str = "nothing.for.resize";
    let mut used = false;
    for node in graph.node.iter_mut().filter(|node| node.op_type == "Resize") {
        for name in node.input.iter_mut().skip(1).take(2).filter(|name| name.is_empty()) {
            *name = EMPTY.to_owned();
            used = true;
        }
    }
    if used && !graph.initializer.iter().any(|stored| stored.name == EMPTY) {
        let empty = TensorProto {
            name: EMPTY.to_owned(),
            dims: vec![0],
            data_type: 1,
            ..TensorProto::default()
        };
        graph.initializer.push(empty);
    }
}

/// Replaces nodes whose only output is known integers by a stored tensor.
pub(crate) fn fold(graph: &mut GraphProto, facts: &HashMap<String, Fact>) {
    let mut stored = Vec::new();
    graph.node.retain(|node| {
        let [name] = node.output.as_slice() else { return true };
        let Some(Fact { dims, value: Some(value) }) = facts.get(name) else { return true };
        if !value.is_integer() || node.op_type == "Constant" {
            return true;
        }
        let mut tensor = TensorProto {
            name: name.clone(),
            dims: dims.iter().map(|&dim| dim as i64).collect(),
            data_type: value.data_type,
            ..TensorProto::default()
        };
        if value.data_type == INT32 {
            tensor.int32_data = value.data.iter().map(|&x| x as i32).collect();
        } else {
            tensor.int64_data = value.data.iter().map(|&x| x as i64).collect();
        }
        stored.push(tensor);
        false
    });
    graph.initializer.append(&mut stored);
}

/// Leaves the nodes and stored tensors that `outputs` are computed from.
pub(crate) fn keep_needed(graph: &mut GraphProto, outputs: &[String]) {
    let mut needed: HashSet<String> = outputs.iter().cloned().collect();
    // Nodes are in order, so one walk backwards finds all.
    let mut kept: Vec<_> = std::mem::take(&mut graph.node)
        .into_iter()
        .rev()
        .filter(|node| {
            let wanted = |name: &String| !name.is_empty() && needed.contains(name);
            let wanted = node.output.iter().any(wanted);
            if wanted {
                needed.extend(node.input.iter().cloned());
            }
            wanted
        })
        .collect();
    kept.reverse();
    graph.node = kept;
    graph.initializer.retain(|stored| needed.contains(&stored.name));
}

/// An f32 tensor of these dimensions; `None` is free.
pub(crate) fn described(name: &str, dims: &[Option<usize>]) -> ValueInfoProto {
    let dim = |dim: &Option<usize>| Dimension {
        value: dim.map(|dim| DimValue::DimValue(dim as i64)),
        ..Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: 1,
        shape: Some(TensorShapeProto { dim: dims.iter().map(dim).collect() }),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

fn zero() -> AttributeProto {
    let value = TensorProto {
        dims: vec![1],
        data_type: 1,
        float_data: vec![0.0],
        ..TensorProto::default()
    };
    AttributeProto {
        name: "value".into(),
        r#type: AttributeType::Tensor as i32,
        t: Some(value),
        ..AttributeProto::default()
    }
}
