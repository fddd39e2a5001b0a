//! Small ONNX files for tests: nodes and numbers go in, the bytes of a file come out.

use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_shape_proto::Dimension;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Dim;
use tract_onnx::pb::type_proto::{Tensor, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};

/// A graph in the making.
#[derive(Clone, Default)]
pub struct Onnx(pub GraphProto);

impl Onnx {
    /// With one f32 input `[N, axes...]`, or `[batch, axes...]`.
    pub fn new(input: &str, batch: Option<i64>, axes: &[i64]) -> Self {
        let first = batch.map_or(Dim::DimParam("N".into()), Dim::DimValue);
        let dim = std::iter::once(first)
            .chain(axes.iter().map(|&dim| Dim::DimValue(dim)))
            .map(|value| Dimension { value: Some(value), ..Dimension::default() })
            .collect();
        let tensor = Tensor { elem_type: 1, shape: Some(TensorShapeProto { dim }) };
        let r#type = TypeProto { value: Some(Value::TensorType(tensor)), ..TypeProto::default() };
        let input = ValueInfoProto {
            name: input.into(),
            r#type: Some(r#type),
            ..ValueInfoProto::default()
        };
        Self(GraphProto { name: "test".into(), input: vec![input], ..GraphProto::default() })
    }

    /// A node named after its output; `inputs` are split at blanks.
    pub fn node(mut self, operator: &str, inputs: &str, output: &str) -> Self {
        self.0.node.push(NodeProto {
            op_type: operator.into(),
            name: format!("make_{output}"),
            input: inputs.split(' ').map(Into::into).collect(),
            output: vec![output.into()],
            ..NodeProto::default()
        });
        self
    }

    /// An integer attribute of the last node.
    pub fn int(mut self, name: &str, i: i64) -> Self {
        self.0.node.last_mut().unwrap().attribute.push(AttributeProto {
            name: name.into(),
            r#type: AttributeType::Int as i32,
            i,
            ..AttributeProto::default()
        });
        self
    }

    /// A stored f32 tensor.
    pub fn floats(mut self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.0.initializer.push(TensorProto {
            name: name.into(),
            dims: dims.to_vec(),
            data_type: 1,
            float_data: values.to_vec(),
            ..TensorProto::default()
        });
        self
    }

    /// A stored list of integers.
    pub fn integers(mut self, name: &str, values: &[i64]) -> Self {
        self.0.initializer.push(TensorProto {
            name: name.into(),
            dims: vec![values.len() as i64],
            data_type: 7,
            int64_data: values.to_vec(),
            ..TensorProto::default()
        });
        self
    }

    /// The file with these outputs, split at blanks.
    pub fn file(mut self, outputs: &str) -> Vec<u8> {
        self.0.output = outputs
            .split(' ')
            .map(|name| ValueInfoProto { name: name.into(), ..ValueInfoProto::default() })
            .collect();
        let opset = OperatorSetIdProto { domain: String::new(), version: 17 };
        let model = ModelProto {
            ir_version: 8,
            opset_import: vec![opset],
            graph: Some(self.0),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }

    /// An autoencoder of four features whose latent is the first two: the reconstruction repeats
    /// them, so that `a b c d` becomes `a b a b`.
    pub fn halves() -> Self {
        Self::new("input", None, &[4])
            .floats("take", &[4, 2], &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
            .floats("repeat", &[2, 4], &[1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0])
            .node("MatMul", "input take", "latent")
            .node("MatMul", "latent repeat", "reconstruction")
    }
}
