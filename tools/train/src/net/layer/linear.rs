//! Fully connected: `y = x Wᵀ + b` over the last axis.

use tch::{Tensor, nn};

use super::initial::uniform;
use crate::net::error::NetError;
use crate::net::graph::ExportGraph;

/// A fully connected layer.
#[derive(Debug)]
pub(crate) struct LinearLayer {
    /// `[outputs, inputs]`.
    pub weight: Tensor,
    /// `[outputs]`.
    pub bias: Tensor,
    /// Whether there are axes between the batch and the last one.
    pub steps: bool,
}

impl LinearLayer {
    /// Starts as `torch.nn.LinearLayer` does: uniform to `1 / sqrt(inputs)`.
    pub(crate) fn new(
        path: &nn::Path<'_>,
        inputs: usize,
        outputs: usize,
        steps: bool,
    ) -> Result<Self, NetError> {
        let bound = 1.0 / (inputs as f64).sqrt();
        Ok(Self {
            weight: uniform(path, "weight", &[outputs, inputs], bound)?,
            bias: uniform(path, "bias", &[outputs], bound)?,
            steps,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        Ok(x.f_linear(&self.weight, Some(&self.bias))?)
    }

    pub(crate) fn export(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
    ) -> Result<String, NetError> {
        let weight = graph.store(&format!("{name}.weight"), &self.weight.f_tr()?)?;
        let bias = graph.store(&format!("{name}.bias"), &self.bias)?;
        if !self.steps {
            return Ok(graph.add("Gemm", name, &[x, &weight, &bias], vec![]));
        }
        // Gemm takes matrices only.
        let product = graph.add("MatMul", &format!("{name}.product"), &[x, &weight], vec![]);
        Ok(graph.add("Add", name, &[&product, &bias], vec![]))
    }
}
