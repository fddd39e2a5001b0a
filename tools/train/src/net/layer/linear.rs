//! Fully connected: `y = x Wᵀ + b` over the last axis.

use tch::{Tensor, nn};

use super::initial::uniform;
use super::rounded::Rounded;
use crate::net::error::NetError;
use crate::net::graph::ExportGraph;
use crate::net::grid::Grid;

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

    /// The same with rounded weights, of an input with these steps.
    pub(crate) fn forward_int8(&self, x: &Tensor, input: Grid) -> Result<Tensor, NetError> {
        let rounded = Rounded::new(&self.weight, &self.bias, 0, input)?;
        Ok(x.f_linear(&rounded.weight, Some(&rounded.bias))?)
    }

    /// As [`Self::forward_int8`] computes; there are no axes between the batch and the last one.
    pub(crate) fn export_int8(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
        input: Grid,
    ) -> Result<String, NetError> {
        let rounded = Rounded::new(&self.weight, &self.bias, 0, input)?.transposed()?;
        let [weight, bias] = rounded.store(graph, name, 1)?;
        Ok(graph.add("Gemm", name, &[x, &weight, &bias], vec![]))
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
