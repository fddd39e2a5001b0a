//! The weights of a linear autoencoder go in; an ONNX file that any runtime loads comes out.
//!
//! The graph is `latent = (x - mean) V`, `reconstruction = latent Vᵀ + mean` with the input
//! flattened to `[N, time * channels]`.

use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType,
    tensor_proto::DataType, tensor_shape_proto::Dimension, tensor_shape_proto::dimension,
    type_proto,
};

const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;

/// A linear autoencoder over windows of `inputs` values, `[time, channels]` flattened.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// `[inputs]`: mean window.
    pub mean: Vec<f64>,
    /// `[latent, inputs]`: orthonormal rows, the largest variance first.
    pub basis: Vec<f64>,
    /// Width of the latent.
    pub latent: usize,
}

impl Linear {
    /// Writes the model with input and output `[N, time, channels]`, or `[N, channels]` where
    /// `window` is 1.
    ///
    /// `window * channels` is the length of [`Linear::mean`].
    pub fn to_onnx(&self, window: usize, channels: usize) -> Vec<u8> {
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "oddity".into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            doc_string: "Linear autoencoder: principal components of windows.".into(),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
            graph: Some(self.graph(window, channels)),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }

    fn graph(&self, window: usize, channels: usize) -> GraphProto {
        let inputs = self.mean.len();
        let shape: &[usize] = if window == 1 { &[channels] } else { &[window, channels] };
        let flat = shape.len() == 1;
        let (first, last) =
            if flat { ("input", "reconstruction") } else { ("flat_input", "flat_reconstruction") };
        let mut node = Vec::new();
        let mut initializer = vec![
            floats("encoder_weight", &[inputs, self.latent], &self.encoder()),
            floats("encoder_bias", &[self.latent], &self.encoder_bias()),
            floats("decoder_weight", &[self.latent, inputs], &self.basis),
            floats("decoder_bias", &[inputs], &self.mean),
        ];
        if !flat {
            node.push(operator("Flatten", "flatten", &["input"], "flat_input", Some(("axis", 1))));
        }
        node.push(gemm("encode", [first, "encoder_weight", "encoder_bias"], "latent"));
        node.push(gemm("decode", ["latent", "decoder_weight", "decoder_bias"], last));
        if !flat {
            initializer.push(integers("window_shape", &[-1, window as i64, channels as i64]));
            node.push(operator(
                "Reshape",
                "unflatten",
                &["flat_reconstruction", "window_shape"],
                "reconstruction",
                None,
            ));
        }
        GraphProto {
            name: "linear_autoencoder".into(),
            node,
            initializer,
            input: vec![value("input", shape)],
            output: vec![value("reconstruction", shape), value("latent", &[self.latent])],
            ..GraphProto::default()
        }
    }

    /// `[inputs, latent]`.
    fn encoder(&self) -> Vec<f64> {
        let inputs = self.mean.len();
        let at = |i: usize, k: usize| self.basis.get(k * inputs + i).copied().unwrap_or(0.0);
        (0..inputs).flat_map(|i| (0..self.latent).map(move |k| at(i, k))).collect()
    }

    fn encoder_bias(&self) -> Vec<f64> {
        self.basis
            .chunks_exact(self.mean.len().max(1))
            .map(|row| -row.iter().zip(&self.mean).map(|(v, m)| v * m).sum::<f64>())
            .collect()
    }
}

fn gemm(name: &str, input: [&str; 3], output: &str) -> NodeProto {
    operator("Gemm", name, &input, output, None)
}

fn operator(
    op_type: &str,
    name: &str,
    input: &[&str],
    output: &str,
    attribute: Option<(&str, i64)>,
) -> NodeProto {
    NodeProto {
        op_type: op_type.into(),
        name: name.into(),
        input: input.iter().map(|&s| s.into()).collect(),
        output: vec![output.into()],
        attribute: attribute
            .map(|(name, i)| AttributeProto {
                name: name.into(),
                r#type: AttributeType::Int as i32,
                i,
                ..AttributeProto::default()
            })
            .into_iter()
            .collect(),
        ..NodeProto::default()
    }
}

fn floats(name: &str, dims: &[usize], values: &[f64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.iter().map(|&d| d as i64).collect(),
        data_type: DataType::Float as i32,
        raw_data: values.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect(),
        ..TensorProto::default()
    }
}

fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: DataType::Int64 as i32,
        raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ..TensorProto::default()
    }
}

/// An f32 tensor `[N, shape...]`.
fn value(name: &str, shape: &[usize]) -> ValueInfoProto {
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
