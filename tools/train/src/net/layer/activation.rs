//! Element by element, without weights.

use oddity::graph::write::float;
use tch::Tensor;

use crate::net::error::NetError;
use crate::net::graph::ExportGraph;
use crate::net::spec::Activation;

pub(super) fn forward(activation: Activation, x: &Tensor) -> Result<Tensor, NetError> {
    Ok(match activation {
        Activation::Identity => x.shallow_clone(),
        Activation::Relu => x.f_relu()?,
        Activation::LeakyRelu => x.f_leaky_relu()?,
        Activation::Elu => x.f_elu()?,
        Activation::Tanh => x.f_tanh()?,
        Activation::Sigmoid => x.f_sigmoid()?,
    })
}

pub(super) fn export(
    activation: Activation,
    graph: &mut ExportGraph,
    name: &str,
    x: &str,
) -> String {
    match activation {
        Activation::Identity => x.to_owned(),
        Activation::Relu => graph.add("Relu", name, &[x], vec![]),
        // libtorch's slope.
        Activation::LeakyRelu => graph.add("LeakyRelu", name, &[x], vec![float("alpha", 0.01)]),
        Activation::Elu => graph.add("Elu", name, &[x], vec![float("alpha", 1.0)]),
        Activation::Tanh => graph.add("Tanh", name, &[x], vec![]),
        Activation::Sigmoid => graph.add("Sigmoid", name, &[x], vec![]),
    }
}
