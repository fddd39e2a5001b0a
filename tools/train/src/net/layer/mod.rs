//! The layers that networks are made of. Each says twice what it computes, side by side: to
//! libtorch (`forward`) and to ONNX (`export`).
//!
//! A tensor goes in, a tensor comes out; the first axis is the batch, and no layer mixes its rows.

mod activation;
mod conv;
mod initial;
mod linear;
mod recurrent;
mod resize;
mod rounded;
mod shape;

pub(super) use conv::Conv;
pub(super) use linear::LinearLayer;
pub(super) use recurrent::{Cell, Recurrent};
pub(super) use resize::Resize;
pub(super) use shape::{LastStep, Repeat, Reshape, SwapAxes};

use tch::Tensor;

use super::error::NetError;
use super::graph::ExportGraph;
use super::grid::Grid;
use super::spec::Activation;

/// One step of a network.
#[derive(Debug)]
pub(super) enum Layer {
    Linear(LinearLayer),
    Activation(Activation),
    Conv(Conv),
    Resize(Resize),
    Recurrent(Recurrent),
    Reshape(Reshape),
    SwapAxes(SwapAxes),
    LastStep(LastStep),
    Repeat(Repeat),
}

impl Layer {
    /// Whether it has weights.
    pub(super) fn is_weighted(&self) -> bool {
        matches!(self, Self::Linear(_) | Self::Conv(_) | Self::Recurrent(_))
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        match self {
            Self::Linear(layer) => layer.forward(x),
            Self::Activation(layer) => activation::forward(*layer, x),
            Self::Conv(layer) => layer.forward(x),
            Self::Resize(layer) => layer.forward(x),
            Self::Recurrent(layer) => layer.forward(x),
            Self::Reshape(layer) => layer.forward(x),
            Self::SwapAxes(layer) => layer.forward(x),
            Self::LastStep(layer) => layer.forward(x),
            Self::Repeat(layer) => layer.forward(x),
        }
    }

    /// Adds nodes that read the value `x`; their names start with `name`. Gives the value that
    /// they make.
    pub(super) fn export(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
    ) -> Result<String, NetError> {
        match self {
            Self::Linear(layer) => layer.export(graph, name, x),
            Self::Activation(layer) => Ok(activation::export(*layer, graph, name, x)),
            Self::Conv(layer) => layer.export(graph, name, x),
            Self::Resize(layer) => Ok(layer.export(graph, name, x)),
            Self::Recurrent(layer) => layer.export(graph, name, x),
            Self::Reshape(layer) => Ok(layer.export(graph, name, x)),
            Self::SwapAxes(layer) => Ok(layer.export(graph, name, x)),
            Self::LastStep(layer) => Ok(layer.export(graph, name, x)),
            Self::Repeat(layer) => Ok(layer.export(graph, name, x)),
        }
    }
}

impl Layer {
    /// The same with weights in 8 bits, where it has any, of an input with these steps.
    pub(super) fn forward_int8(&self, x: &Tensor, input: Grid) -> Result<Tensor, NetError> {
        match self {
            Self::Linear(layer) => layer.forward_int8(x, input),
            Self::Conv(layer) => layer.forward_int8(x, input),
            _ => self.forward(x),
        }
    }

    /// Adds the nodes of [`Layer::forward_int8`].
    pub(super) fn export_int8(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
        input: Grid,
    ) -> Result<String, NetError> {
        match self {
            Self::Linear(layer) => layer.export_int8(graph, name, x, input),
            Self::Conv(layer) => layer.export_int8(graph, name, x, input),
            _ => self.export(graph, name, x),
        }
    }
}

/// Runs `x` through all layers.
pub(super) fn forward(layers: &[Layer], x: &Tensor) -> Result<Tensor, NetError> {
    layers.iter().try_fold(x.shallow_clone(), |x, layer| layer.forward(&x))
}

/// Adds all layers to `graph`, named `name.0`, `name.1`, and so on; gives the value that the last
/// one makes.
pub(super) fn export(
    layers: &[Layer],
    graph: &mut ExportGraph,
    name: &str,
    x: &str,
) -> Result<String, NetError> {
    let mut numbered = layers.iter().enumerate();
    numbered.try_fold(x.to_owned(), |x, (index, layer)| {
        layer.export(graph, &format!("{name}.{index}"), &x)
    })
}
