//! The graph in tract's own terms. Stored data are moved, not copied.

use std::collections::HashSet;

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_shape_proto::Dimension;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as DimValue;
use tract_onnx::pb::type_proto;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};

use crate::graph::{Attribute, ElementType, Graph, Node};

/// The newest operator set that tract knows. What newer ones change has been read by then.
const NEWEST: i64 = 22;

/// The graph in tract's own terms, without labels (declared shapes, dimension names), which tract
/// would parse. Stored data are moved, not copied.
pub(super) fn hand_over(graph: Graph) -> ModelProto {
    let dims = graph.input.dims();
    let values = graph.constants.iter().map(|constant| constant.name.clone());
    let mut names: HashSet<String> = values.chain([graph.input.name.clone()]).collect();
    let constants = graph.constants.into_iter();
    let graph_proto = GraphProto {
        initializer: constants
            .map(|constant| TensorProto { name: constant.name, ..stored(constant.tensor) })
            .collect(),
        node: graph.nodes.into_iter().map(|said| node(said, &mut names)).collect(),
        input: vec![input(graph.input.name, &dims)],
        output: graph
            .outputs
            .into_iter()
            .map(|name| ValueInfoProto { name, ..ValueInfoProto::default() })
            .collect(),
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: graph.ir_version,
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: graph.opset.min(NEWEST),
        }],
        graph: Some(graph_proto),
        ..ModelProto::default()
    }
}

/// A node, with a name that no other has: files need not give any, or may give one twice.
fn node(node: Node, names: &mut HashSet<String>) -> NodeProto {
    let mut name = node.label().to_owned();
    while !names.insert(name.clone()) {
        name = format!("{name}/{}", names.len());
    }
    let op_type = node.op.name().to_owned();
    let attributes = node.op.into_attributes().into_iter();
    NodeProto {
        op_type,
        name,
        input: node.inputs.into_iter().map(Option::unwrap_or_default).collect(),
        output: node.outputs.into_iter().map(Option::unwrap_or_default).collect(),
        attribute: attributes.map(|(name, value)| attribute(name, value)).collect(),
        ..NodeProto::default()
    }
}

fn attribute(name: &str, value: Attribute) -> AttributeProto {
    let of = |kind: AttributeType| AttributeProto {
        name: name.into(),
        r#type: kind as i32,
        ..AttributeProto::default()
    };
    match value {
        Attribute::Int(i) => AttributeProto { i, ..of(AttributeType::Int) },
        Attribute::Ints(ints) => AttributeProto { ints, ..of(AttributeType::Ints) },
        Attribute::Float(f) => AttributeProto { f, ..of(AttributeType::Float) },
        Attribute::Text(text) => {
            AttributeProto { s: text.into_bytes(), ..of(AttributeType::String) }
        }
        Attribute::Texts(texts) => {
            let strings = texts.into_iter().map(String::into_bytes).collect();
            AttributeProto { strings, ..of(AttributeType::Strings) }
        }
        Attribute::Tensor(tensor) => {
            AttributeProto { t: Some(stored(tensor)), ..of(AttributeType::Tensor) }
        }
    }
}

fn stored(tensor: crate::graph::Tensor) -> TensorProto {
    TensorProto {
        dims: tensor.dims.iter().map(|&dim| dim as i64).collect(),
        data_type: tensor.element.onnx(),
        raw_data: tensor.bytes,
        ..TensorProto::default()
    }
}

fn input(name: String, dims: &[usize]) -> ValueInfoProto {
    let dim = |&dim: &usize| Dimension {
        value: Some(DimValue::DimValue(dim as i64)),
        ..Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: ElementType::F32.onnx(),
        shape: Some(TensorShapeProto { dim: dims.iter().map(dim).collect() }),
    };
    ValueInfoProto {
        name,
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}
