//! The weights of a linear autoencoder go in; an ONNX file that any runtime loads comes out.
//!
//! The graph is `latent = (x - mean) V`, `reconstruction = latent Vᵀ + mean` with the input
//! flattened to `[N, time * channels]`.

use prost::Message;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

use super::onnx::{self, int, integers, operator, value};

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
        let producer = ("oddity", env!("CARGO_PKG_VERSION"));
        let doc = "Linear autoencoder: principal components of windows.";
        onnx::model(self.graph(window, channels), producer, doc).encode_to_vec()
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
            let axis = vec![int("axis", 1)];
            node.push(operator("Flatten", "flatten", &["input"], &["flat_input"], axis));
        }
        node.push(gemm("encode", [first, "encoder_weight", "encoder_bias"], "latent"));
        node.push(gemm("decode", ["latent", "decoder_weight", "decoder_bias"], last));
        if !flat {
            initializer.push(integers("window_shape", &[-1, window as i64, channels as i64]));
            node.push(operator(
                "Reshape",
                "unflatten",
                &["flat_reconstruction", "window_shape"],
                &["reconstruction"],
                vec![],
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
    operator("Gemm", name, &input, &[output], vec![])
}

fn floats(name: &str, dims: &[usize], values: &[f64]) -> TensorProto {
    onnx::floats(name, dims, values.iter().map(|&v| v as f32))
}
