//! Collects the nodes and stored tensors of one ONNX graph, and gives each value a name.
//!
//! Layers add nodes; nothing is checked here, see [`super::check`].

use oddity::graph::write::{DeclaredValue, GraphWriter, NodeAttribute};
use tch::Tensor;

use super::NetError;

/// A graph that grows. Layers add nodes under a name of their own, `encoder.0`.
#[derive(Debug, Default)]
pub(super) struct ExportGraph {
    writer: GraphWriter,
}

impl ExportGraph {
    /// Adds a node with one output, which has the node's name.
    pub(super) fn add(
        &mut self,
        operator: &str,
        name: &str,
        input: &[&str],
        attributes: Vec<NodeAttribute>,
    ) -> String {
        self.add_with_outputs(operator, name, input, &[name], attributes);
        name.to_owned()
    }

    /// Adds a node whose outputs are named by the caller.
    pub(super) fn add_with_outputs(
        &mut self,
        operator: &str,
        name: &str,
        input: &[&str],
        output: &[&str],
        attributes: Vec<NodeAttribute>,
    ) {
        self.writer.node(operator, name, input, output, attributes);
    }

    /// Stores a libtorch tensor as f32 in its own axes.
    pub(super) fn store(&mut self, name: &str, tensor: &Tensor) -> Result<String, NetError> {
        let dims: Vec<usize> = tensor.size().iter().map(|&dim| dim as usize).collect();
        let values = values(tensor)?;
        if !values.iter().all(|value| value.is_finite()) {
            return Err(NetError::Weights(format!(
                "`{name}` holds values that are not numbers: the training diverged; use a lower \
                 learning rate"
            )));
        }
        self.writer.floats(name, &dims, values);
        Ok(name.to_owned())
    }

    /// Stores numbers; `dims` multiply to their number.
    pub(super) fn store_floats(&mut self, name: &str, dims: &[usize], values: &[f32]) -> String {
        self.writer.floats(name, dims, values.iter().copied());
        name.to_owned()
    }

    /// Stores int8 numbers; `dims` multiply to their number.
    pub(super) fn store_int8s(&mut self, name: &str, dims: &[i64], values: &[i8]) -> String {
        let dims: Vec<usize> = dims.iter().map(|&dim| dim as usize).collect();
        self.writer.int8s(name, &dims, values.iter().copied());
        name.to_owned()
    }

    /// Stores a list of int32 numbers.
    pub(super) fn store_int32s(&mut self, name: &str, values: &[i32]) -> String {
        self.writer.int32s(name, &[values.len()], values.iter().copied());
        name.to_owned()
    }

    /// Stores one uint8 without axes.
    pub(super) fn store_uint8(&mut self, name: &str, value: u8) -> String {
        self.writer.uint8(name, value);
        name.to_owned()
    }

    /// Stores a list of integers.
    pub(super) fn store_integers(&mut self, name: &str, values: &[i64]) -> String {
        self.writer.integers(name, values);
        name.to_owned()
    }

    /// Stores one integer without axes.
    pub(super) fn store_integer(&mut self, name: &str, value: i64) -> String {
        self.writer.integer(name, value);
        name.to_owned()
    }

    /// Gives the value `from` the name `to`: the node that made it is renamed where nobody reads
    /// it yet, else the value is copied.
    pub(super) fn name(&mut self, from: &str, to: &str) {
        self.writer.name_value(from, to);
    }

    /// The file of the finished graph.
    pub(super) fn finish(self, input: DeclaredValue, outputs: Vec<DeclaredValue>) -> Vec<u8> {
        let producer = ("oddity-train", env!("CARGO_PKG_VERSION"));
        self.writer.finish("autoencoder", input, outputs, producer, "Autoencoder.")
    }
}

/// The numbers of a tensor, the last axis runs fastest.
pub(super) fn values(tensor: &Tensor) -> Result<Vec<f32>, NetError> {
    let flat = tensor.f_detach()?.f_contiguous()?.f_view([-1])?;
    Ok(Vec::<f32>::try_from(&flat)?)
}
