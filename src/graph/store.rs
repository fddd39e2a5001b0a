//! A checked graph goes in; the bytes of its ONNX file come out.
//!
//! What a file said in operators that others make up is written as these. Nothing is checked here:
//! whoever stores a graph loads it before it is used.

// Only what learns makes files of graphs.
#![cfg_attr(not(feature = "learn"), allow(dead_code))]

use prost::Message;

use super::error::ModelError;
use super::op::{Attribute, GeluFormula, Op};
use super::parts::{Batch, Constant, Graph, Node};
use super::proto::tensor_shape_proto::{Dimension, dimension};
use super::proto::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};
use super::tensor::ElementType;
use super::write::{attribute, stored};

/// The domain of onnxruntime's own operators.
const MICROSOFT: &str = "com.microsoft";
/// The operator set that has a Gelu.
const GELU: i64 = 20;
/// Attributes that came with newer operator sets, each with the value that older ones take: these
/// refuse to be told so.
const NEWER: [(&str, Attribute); 8] = [
    ("allowzero", Attribute::Int(0)),
    ("block_size", Attribute::Int(0)),
    ("layout", Attribute::Int(0)),
    ("noop_with_empty_axes", Attribute::Int(0)),
    ("saturate", Attribute::Int(1)),
    ("select_last_index", Attribute::Int(0)),
    ("start", Attribute::Int(0)),
    ("training_mode", Attribute::Int(0)),
];

/// The file of a graph, with its metadata, written by this program.
///
/// # Errors
/// When a node is of a kind that no operator of ONNX is.
pub(crate) fn store(graph: &Graph) -> Result<Vec<u8>, ModelError> {
    let nodes = graph.nodes.iter().map(|node| written(node, graph.opset));
    let constants = graph.constants.iter().cloned();
    let constants =
        constants.map(|Constant { name, tensor }| TensorProto { name, ..stored(tensor) }).collect();
    let metadata = graph.metadata.iter().cloned();
    let mut opsets = vec![OperatorSetIdProto { domain: String::new(), version: graph.opset }];
    if graph.nodes.iter().any(|node| is_foreign(&node.op, graph.opset)) {
        opsets.push(OperatorSetIdProto { domain: MICROSOFT.into(), version: 1 });
    }
    let model = ModelProto {
        ir_version: graph.ir_version,
        producer_name: "oddity".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        opset_import: opsets,
        metadata_props: metadata
            .map(|(key, value)| StringStringEntryProto { key, value })
            .collect(),
        graph: Some(GraphProto {
            name: "model".into(),
            node: nodes.collect::<Result<_, _>>()?,
            initializer: constants,
            input: vec![input(graph)],
            output: graph.outputs.iter().map(|name| output(graph, name)).collect(),
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    };
    Ok(model.encode_to_vec())
}

/// Whether an operator is one of the default domain only in newer operator sets.
fn is_foreign(op: &Op, opset: i64) -> bool {
    matches!(op, Op::Gelu(_)) && opset < GELU
}

fn written(node: &Node, opset: i64) -> Result<NodeProto, ModelError> {
    if matches!(node.op, Op::Forest(_) | Op::Steps(_)) {
        return Err(ModelError::unsupported(node.place(), "it cannot be written to a file again"));
    }
    let (domain, name) = match &node.op {
        op @ Op::Gelu(formula) if is_foreign(op, opset) => match formula {
            GeluFormula::Exact => (MICROSOFT, "Gelu"),
            GeluFormula::Tanh => (MICROSOFT, "FastGelu"),
        },
        op => ("", op.name()),
    };
    let attributes = match domain {
        "" => node.op.clone().into_attributes(),
        _ => Vec::new(),
    };
    let usual = |(name, value): &(&str, Attribute)| {
        let none = *name == "reduction" && *value == Attribute::Text("none".into());
        none || NEWER.iter().any(|(newer, default)| newer == name && default == value)
    };
    let attributes = attributes.into_iter().filter(|said| !usual(said));
    Ok(NodeProto {
        op_type: name.into(),
        domain: domain.into(),
        name: node.name.clone(),
        input: node.inputs.iter().map(|name| name.clone().unwrap_or_default()).collect(),
        output: node.outputs.iter().map(|name| name.clone().unwrap_or_default()).collect(),
        attribute: attributes.map(|(name, value)| attribute(name, value)).collect(),
        ..NodeProto::default()
    })
}

fn input(graph: &Graph) -> ValueInfoProto {
    declared(&graph.input.name, Some((graph.input.batch, &graph.input.window)))
}

/// An output, with its axes where the first is the batch.
fn output(graph: &Graph, name: &str) -> ValueInfoProto {
    let batch = graph.input.batch;
    let axes = match graph.dims(name) {
        Some([first, axes @ ..]) if *first == batch.count() => Some((batch, axes)),
        _ => None,
    };
    let element = graph.facts.get(name).and_then(|fact| fact.element).unwrap_or(ElementType::F32);
    let mut value = declared(name, axes);
    let kind = value.r#type.as_mut().and_then(|kind| kind.value.as_mut());
    if let Some(type_proto::Value::TensorType(tensor)) = kind {
        tensor.elem_type = element.onnx();
    }
    value
}

fn declared(name: &str, axes: Option<(Batch, &[usize])>) -> ValueInfoProto {
    let number = |dim: usize| dimension::Value::DimValue(dim as i64);
    let shape = axes.map(|(batch, window)| {
        let batch = match batch {
            Batch::Any => dimension::Value::DimParam("N".into()),
            Batch::Fixed(count) => number(count),
        };
        let dim = std::iter::once(batch)
            .chain(window.iter().map(|&dim| number(dim)))
            .map(|value| Dimension { value: Some(value), ..Dimension::default() })
            .collect();
        TensorShapeProto { dim }
    });
    let tensor = type_proto::Tensor { elem_type: ElementType::F32.onnx(), shape };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::onnx_files;

    #[test]
    fn a_graph_that_is_stored_and_read_again_is_the_same() {
        for (path, bytes) in onnx_files() {
            // What is refused has no graph; other tests say which files are.
            let Ok(graph) = Graph::from_bytes(&bytes) else { continue };
            // Trees are no operator of the default domain.
            let Ok(again) = store(&graph) else { continue };
            // What is made up of others is written as these.
            let contents = graph.contents.clone();
            let again = Graph::from_bytes(&again).map(|again| Graph {
                contents,
                producer: graph.producer.clone(),
                notices: graph.notices.clone(),
                ..again
            });
            assert_eq!(again.as_ref(), Ok(&graph), "{path}");
        }
    }
}
