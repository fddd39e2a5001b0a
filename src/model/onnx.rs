//! Names, numbers and axes go in; the parts of an ONNX file come out, for [`super::Linear`] and
//! for the trainer.
//!
//! Nothing is checked here: whoever builds a graph loads it before it is used.

use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType,
    tensor_proto::DataType, tensor_shape_proto::Dimension, tensor_shape_proto::dimension,
    type_proto,
};

/// Version of the file format, old enough for every runtime in use.
pub const IR_VERSION: i64 = 8;
/// Version of the default operator set that goes with [`IR_VERSION`].
pub const OPSET: i64 = 17;

/// A file around a graph. `producer` is the program and its version.
pub fn model(graph: GraphProto, producer: (&str, &str), doc: &str) -> ModelProto {
    ModelProto {
        ir_version: IR_VERSION,
        producer_name: producer.0.into(),
        producer_version: producer.1.into(),
        doc_string: doc.into(),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        graph: Some(graph),
        ..ModelProto::default()
    }
}

/// A node of the default domain. An input or output named "" is left out.
pub fn operator(
    op_type: &str,
    name: &str,
    input: &[&str],
    output: &[&str],
    attribute: Vec<AttributeProto>,
) -> NodeProto {
    NodeProto {
        op_type: op_type.into(),
        name: name.into(),
        input: input.iter().map(|&s| s.into()).collect(),
        output: output.iter().map(|&s| s.into()).collect(),
        attribute,
        ..NodeProto::default()
    }
}

/// An attribute that is an integer.
pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Int as i32,
        i,
        ..AttributeProto::default()
    }
}

/// An attribute that is a list of integers.
pub fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints,
        ..AttributeProto::default()
    }
}

/// An attribute that is a number.
pub fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Float as i32,
        f,
        ..AttributeProto::default()
    }
}

/// An attribute that is a word.
pub fn text(name: &str, word: &str) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::String as i32,
        s: word.into(),
        ..AttributeProto::default()
    }
}

/// A stored f32 tensor; `dims` multiply to the number of `values`, the last axis runs fastest.
pub fn floats(name: &str, dims: &[usize], values: impl IntoIterator<Item = f32>) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.iter().map(|&d| d as i64).collect(),
        data_type: DataType::Float as i32,
        raw_data: values.into_iter().flat_map(f32::to_le_bytes).collect(),
        ..TensorProto::default()
    }
}

/// A stored list of integers.
pub fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: DataType::Int64 as i32,
        raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ..TensorProto::default()
    }
}

/// An input or output of the graph: f32, `[N, shape...]`.
pub fn value(name: &str, shape: &[usize]) -> ValueInfoProto {
    let batch = dimension::Value::DimParam("N".into());
    let dims = std::iter::once(batch)
        .chain(shape.iter().map(|&d| dimension::Value::DimValue(d as i64)))
        .map(|value| Dimension { value: Some(value), ..Dimension::default() })
        .collect();
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto { dim: dims }),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}
