//! The weights of a linear autoencoder go in; an ONNX file that any runtime loads comes out.
//!
//! The graph is `latent = (x - mean) V`, `reconstruction = latent Vᵀ + mean` with the input
//! flattened to `[N, time * channels]`.

use crate::graph::write::{GraphWriter, int, value};

/// A linear autoencoder over windows of `inputs` values, `[time, channels]` flattened.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearAutoencoder {
    /// `[inputs]`: mean window.
    pub mean: Vec<f64>,
    /// `[latent, inputs]`: orthonormal rows, the largest variance first.
    pub basis: Vec<f64>,
    /// Width of the latent.
    pub latent: usize,
}

impl LinearAutoencoder {
    /// Writes the model with input and output `[N, time, channels]`, or `[N, channels]` where
    /// `window` is 1.
    ///
    /// `window * channels` is the length of [`LinearAutoencoder::mean`].
    pub fn to_onnx(&self, window: usize, channels: usize) -> Vec<u8> {
        let inputs = self.mean.len();
        let shape: &[usize] = if window == 1 { &[channels] } else { &[window, channels] };
        let flat = shape.len() == 1;
        let (first, last) =
            if flat { ("input", "reconstruction") } else { ("flat_input", "flat_reconstruction") };
        let mut graph = GraphWriter::new();
        floats(&mut graph, "encoder_weight", &[inputs, self.latent], &self.encoder());
        floats(&mut graph, "encoder_bias", &[self.latent], &self.encoder_bias());
        floats(&mut graph, "decoder_weight", &[self.latent, inputs], &self.basis);
        floats(&mut graph, "decoder_bias", &[inputs], &self.mean);
        if !flat {
            let axis = vec![int("axis", 1)];
            graph.node("Flatten", "flatten", &["input"], &["flat_input"], axis);
        }
        gemm(&mut graph, "encode", [first, "encoder_weight", "encoder_bias"], "latent");
        gemm(&mut graph, "decode", ["latent", "decoder_weight", "decoder_bias"], last);
        if !flat {
            graph.integers("window_shape", &[-1, window as i64, channels as i64]);
            let inputs = ["flat_reconstruction", "window_shape"];
            graph.node("Reshape", "unflatten", &inputs, &["reconstruction"], vec![]);
        }
        let outputs = vec![value("reconstruction", shape), value("latent", &[self.latent])];
        let producer = ("oddity", env!("CARGO_PKG_VERSION"));
        let doc = "Linear autoencoder: principal components of windows.";
        graph.finish("linear_autoencoder", value("input", shape), outputs, producer, doc)
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

fn gemm(graph: &mut GraphWriter, name: &str, inputs: [&str; 3], output: &str) {
    graph.node("Gemm", name, &inputs, &[output], vec![]);
}

fn floats(graph: &mut GraphWriter, name: &str, dims: &[usize], values: &[f64]) {
    graph.floats(name, dims, values.iter().map(|&v| v as f32));
}
