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

    /// Leaves an axis of the input free, under a name; the batch is axis 0.
    pub fn free(mut self, axis: usize, name: &str) -> Self {
        let kind = self.0.input[0].r#type.as_mut().unwrap();
        let Some(Value::TensorType(tensor)) = &mut kind.value else { panic!("no tensor") };
        tensor.shape.as_mut().unwrap().dim[axis].value = Some(Dim::DimParam(name.into()));
        self
    }

    /// Adds the inputs of another graph behind its own.
    pub fn with_inputs_of(mut self, other: Self) -> Self {
        self.0.input.extend(other.0.input);
        self
    }

    /// A number as an attribute of the last node.
    pub fn float(mut self, name: &str, f: f32) -> Self {
        self.0.node.last_mut().unwrap().attribute.push(AttributeProto {
            name: name.into(),
            r#type: AttributeType::Float as i32,
            f,
            ..AttributeProto::default()
        });
        self
    }

    /// A node named after its output; `inputs` are split at blanks, and none where there is nothing.
    pub fn node(mut self, operator: &str, inputs: &str, output: &str) -> Self {
        self.0.node.push(NodeProto {
            op_type: operator.into(),
            name: format!("make_{output}"),
            input: inputs.split(' ').map(Into::into).filter(|_| !inputs.is_empty()).collect(),
            output: vec![output.into()],
            ..NodeProto::default()
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

    /// Stored numbers of at most 32 bits, of the element type of that number.
    pub fn numbers(mut self, name: &str, data_type: i32, dims: &[i64], values: &[i32]) -> Self {
        self.0.initializer.push(TensorProto {
            name: name.into(),
            dims: dims.to_vec(),
            data_type,
            int32_data: values.to_vec(),
            ..TensorProto::default()
        });
        self
    }

    /// One more output of the last node.
    pub fn also(mut self, output: &str) -> Self {
        self.0.node.last_mut().unwrap().output.push(output.into());
        self
    }

    /// Another name of the last node.
    pub fn named(mut self, name: &str) -> Self {
        self.0.node.last_mut().unwrap().name = name.into();
        self
    }

    /// A list of words as an attribute of the last node.
    pub fn texts(mut self, name: &str, texts: &[&str]) -> Self {
        self.0.node.last_mut().unwrap().attribute.push(AttributeProto {
            name: name.into(),
            r#type: AttributeType::Strings as i32,
            strings: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
            ..AttributeProto::default()
        });
        self
    }

    /// The domain of the last node.
    pub fn domain(mut self, domain: &str) -> Self {
        self.0.node.last_mut().unwrap().domain = domain.into();
        self
    }

    /// An integer as an attribute of the last node.
    pub fn int(mut self, name: &str, i: i64) -> Self {
        self.0.node.last_mut().unwrap().attribute.push(AttributeProto {
            name: name.into(),
            r#type: AttributeType::Int as i32,
            i,
            ..AttributeProto::default()
        });
        self
    }

    /// A list of integers as an attribute of the last node.
    pub fn ints(mut self, name: &str, ints: &[i64]) -> Self {
        self.0.node.last_mut().unwrap().attribute.push(AttributeProto {
            name: name.into(),
            r#type: AttributeType::Ints as i32,
            ints: ints.to_vec(),
            ..AttributeProto::default()
        });
        self
    }

    /// An autoencoder of pictures that sees squares of 2 x 2 pixels only: the latent holds their
    /// means, `[planes, height / 2, width / 2]`.
    pub fn squares(planes: i64, height: i64, width: i64) -> Self {
        Self::new("input", None, &[planes, height, width])
            .node("AveragePool", "input", "latent")
            .ints("kernel_shape", &[2, 2])
            .ints("strides", &[2, 2])
            .floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0])
            .node("Resize", "latent  scales", "reconstruction")
            .text("mode", "nearest")
            .text("coordinate_transformation_mode", "asymmetric")
            .text("nearest_mode", "floor")
    }

    /// A text attribute of the last node.
    pub fn text(mut self, name: &str, s: &str) -> Self {
        self.0.node.last_mut().unwrap().attribute.push(AttributeProto {
            name: name.into(),
            r#type: AttributeType::String as i32,
            s: s.as_bytes().to_vec(),
            ..AttributeProto::default()
        });
        self
    }

    /// A variational autoencoder of `[time, channels]` whose latent has two values: the first is the
    /// level of even channels, the second that of odd ones.
    pub fn variational(time: i64, channels: i64) -> Self {
        let (length, t) = ((time * channels) as usize, time as f32);
        let own = |i: usize, k: usize| f32::from(u8::from(i % channels as usize % 2 == k));
        let encode: Vec<f32> = (0..length).flat_map(|i| [own(i, 0) / t, own(i, 1) / t]).collect();
        let decode: Vec<f32> = (0..2).flat_map(|k| (0..length).map(move |i| own(i, k))).collect();
        Self::new("input", None, &[time, channels])
            .integers("flat", &[-1, length as i64])
            .integers("window", &[-1, time, channels])
            .floats("encoder", &[length as i64, 2], &encode)
            .floats("decoder", &[2, length as i64], &decode)
            .floats("two", &[1], &[-2.0])
            .node("Reshape", "input flat", "row")
            .node("MatMul", "row encoder", "mu")
            .node("Mul", "mu two", "logvar")
            .node("Identity", "mu", "latent")
            .node("MatMul", "latent decoder", "out")
            .node("Reshape", "out window", "reconstruction")
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
