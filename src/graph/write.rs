//! Names, numbers and axes go in; the bytes of an ONNX file come out, for the models that oddity and
//! its trainer make. Also puts metadata into a file that is there.
//!
//! Nothing is checked here: whoever writes a graph loads it before it is used.

use prost::Message;

use super::error::ModelError;
use super::op::Attribute;
use super::proto::attribute_proto::AttributeType;
use super::proto::tensor_shape_proto::{Dimension, dimension};
use super::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};
use super::tensor::{ElementType, Tensor};

/// Version of the file format, old enough for every runtime in use.
pub const IR_VERSION: i64 = 8;
/// Version of the default operator set that goes with [`IR_VERSION`].
pub const OPSET: i64 = 17;

/// An attribute of a node, with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeAttribute {
    name: String,
    value: Attribute,
}

/// An attribute that is an integer.
pub fn int(name: &str, i: i64) -> NodeAttribute {
    NodeAttribute { name: name.into(), value: Attribute::Int(i) }
}

/// An attribute that is a list of integers.
pub fn ints(name: &str, ints: Vec<i64>) -> NodeAttribute {
    NodeAttribute { name: name.into(), value: Attribute::Ints(ints) }
}

/// An attribute that is a number.
pub fn float(name: &str, f: f32) -> NodeAttribute {
    NodeAttribute { name: name.into(), value: Attribute::Float(f) }
}

/// An attribute that is a word.
pub fn text(name: &str, word: &str) -> NodeAttribute {
    NodeAttribute { name: name.into(), value: Attribute::Text(word.into()) }
}

/// An input or output of the graph: its name and its axes after the first, which is `N`. It holds f32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredValue {
    name: String,
    shape: Vec<usize>,
}

/// An input or output of the graph: f32, `[N, shape...]`.
pub fn value(name: &str, shape: &[usize]) -> DeclaredValue {
    DeclaredValue { name: name.into(), shape: shape.to_vec() }
}

/// A graph that grows node by node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphWriter {
    nodes: Vec<NodeProto>,
    tensors: Vec<TensorProto>,
}

impl GraphWriter {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node of the default domain. An input or output named "" is left out.
    pub fn node(
        &mut self,
        operator: &str,
        name: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: Vec<NodeAttribute>,
    ) {
        let attributes = attributes.into_iter();
        self.nodes.push(NodeProto {
            op_type: operator.into(),
            name: name.into(),
            input: inputs.iter().map(|&name| name.into()).collect(),
            output: outputs.iter().map(|&name| name.into()).collect(),
            attribute: attributes.map(|one| attribute(&one.name, one.value)).collect(),
            ..NodeProto::default()
        });
    }

    /// Stores an f32 tensor; `dims` multiply to the number of `values`, the last axis runs fastest.
    pub fn floats(&mut self, name: &str, dims: &[usize], values: impl IntoIterator<Item = f32>) {
        let bytes = values.into_iter().flat_map(f32::to_le_bytes).collect();
        self.store(name, Tensor { dims: dims.to_vec(), element: ElementType::F32, bytes });
    }

    /// Stores a list of integers.
    pub fn integers(&mut self, name: &str, values: &[i64]) {
        self.store(name, Tensor::integers(values));
    }

    /// Stores one integer without axes.
    pub fn integer(&mut self, name: &str, value: i64) {
        self.store(name, Tensor { dims: Vec::new(), ..Tensor::integers(&[value]) });
    }

    /// Stores an int8 tensor, as [`GraphWriter::floats`] does.
    pub fn int8s(&mut self, name: &str, dims: &[usize], values: impl IntoIterator<Item = i8>) {
        let bytes = values.into_iter().flat_map(i8::to_le_bytes).collect();
        self.store(name, Tensor { dims: dims.to_vec(), element: ElementType::I8, bytes });
    }

    /// Stores an int32 tensor, as [`GraphWriter::floats`] does.
    pub fn int32s(&mut self, name: &str, dims: &[usize], values: impl IntoIterator<Item = i32>) {
        let bytes = values.into_iter().flat_map(i32::to_le_bytes).collect();
        self.store(name, Tensor { dims: dims.to_vec(), element: ElementType::I32, bytes });
    }

    /// Stores one uint8 without axes.
    pub fn uint8(&mut self, name: &str, value: u8) {
        let tensor = Tensor { dims: Vec::new(), element: ElementType::U8, bytes: vec![value] };
        self.store(name, tensor);
    }

    fn store(&mut self, name: &str, tensor: Tensor) {
        self.tensors.push(TensorProto { name: name.into(), ..stored(tensor) });
    }

    /// Gives the value `from` the name `to`: the node that computes it is changed where nobody reads
    /// it yet, else the value is copied.
    pub fn name_value(&mut self, from: &str, to: &str) {
        let read = self.nodes.iter().flat_map(|node| &node.input).any(|input| input == from);
        let mut outputs = self.nodes.iter_mut().flat_map(|node| &mut node.output);
        match outputs.find(|output| *output == from).filter(|_| !read) {
            Some(output) => *output = to.to_owned(),
            None => self.node("Identity", to, &[from], &[to], vec![]),
        }
    }

    /// The file. `name` is the graph's, `producer` the program and its version.
    pub fn finish(
        self,
        name: &str,
        input: DeclaredValue,
        outputs: Vec<DeclaredValue>,
        producer: (&str, &str),
        doc: &str,
    ) -> Vec<u8> {
        let graph = GraphProto {
            name: name.into(),
            node: self.nodes,
            initializer: self.tensors,
            input: vec![declared(input)],
            output: outputs.into_iter().map(declared).collect(),
            ..GraphProto::default()
        };
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: producer.0.into(),
            producer_version: producer.1.into(),
            doc_string: doc.into(),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
            graph: Some(graph),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }
}

/// Puts an entry into the `metadata_props` of a file, in place of those under the same key. The graph
/// is not touched.
///
/// # Errors
/// When the bytes are no ONNX file.
pub fn with_metadata(onnx: &[u8], key: &str, value: String) -> Result<Vec<u8>, ModelError> {
    let mut model = decoded(onnx)?;
    model.metadata_props.retain(|entry| entry.key != key);
    model.metadata_props.push(StringStringEntryProto { key: key.into(), value });
    Ok(model.encode_to_vec())
}

/// Takes the entries under a key out of the `metadata_props` of a file.
pub(crate) fn without_metadata(onnx: &[u8], key: &str) -> Result<Vec<u8>, ModelError> {
    let mut model = decoded(onnx)?;
    model.metadata_props.retain(|entry| entry.key != key);
    Ok(model.encode_to_vec())
}

/// Gives the free axes after the first of an input the lengths in `window`. Nothing else is touched.
pub(crate) fn with_fixed_axes(
    onnx: &[u8],
    input: &str,
    window: &[usize],
) -> Result<Vec<u8>, ModelError> {
    let mut model = decoded(onnx)?;
    let inputs = model.graph.iter_mut().flat_map(|graph| &mut graph.input);
    let kinds =
        inputs.filter(|value| value.name == input).filter_map(|value| value.r#type.as_mut());
    for kind in kinds {
        let Some(type_proto::Value::TensorType(tensor)) = &mut kind.value else { continue };
        let axes = tensor.shape.iter_mut().flat_map(|shape| shape.dim.iter_mut().skip(1));
        for (axis, &length) in axes.zip(window) {
            axis.value = Some(dimension::Value::DimValue(length as i64));
        }
    }
    Ok(model.encode_to_vec())
}

fn decoded(onnx: &[u8]) -> Result<ModelProto, ModelError> {
    ModelProto::decode(onnx).map_err(|error| ModelError::NotOnnx(error.to_string()))
}

pub(super) fn attribute(name: &str, value: Attribute) -> AttributeProto {
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

pub(super) fn stored(tensor: Tensor) -> TensorProto {
    TensorProto {
        dims: tensor.dims.iter().map(|&dim| dim as i64).collect(),
        data_type: tensor.element.onnx(),
        raw_data: tensor.bytes,
        ..TensorProto::default()
    }
}

fn declared(value: DeclaredValue) -> ValueInfoProto {
    let batch = dimension::Value::DimParam("N".into());
    let sizes = value.shape.iter().map(|&dim| dimension::Value::DimValue(dim as i64));
    let dim = std::iter::once(batch)
        .chain(sizes)
        .map(|value| Dimension { value: Some(value), ..Dimension::default() })
        .collect();
    let elem_type = ElementType::F32.onnx();
    let tensor = type_proto::Tensor { elem_type, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto {
        name: value.name,
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}
