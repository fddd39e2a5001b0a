//! What a model file holds, in numbers and names, for `inspect`.
//!
//! A checked graph goes in, plain data comes out. Nothing is run.

use serde::Serialize;

use super::arithmetic::Arithmetic;
use crate::graph::{Batch, ModelGraph, ModelKind};

/// One kind of node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatorCount {
    /// Name of the operator.
    pub operator: String,
    /// How many nodes.
    pub count: usize,
}

/// An input or output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueDescription {
    /// Its name in the file.
    pub name: String,
    /// Its axes; the first is "N" where the batch is free.
    pub shape: Vec<String>,
    /// Always `f32`.
    pub element: &'static str,
}

/// What a model file holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// What it makes of a window.
    pub kind: ModelKind,
    /// The one input.
    pub input: ValueDescription,
    /// All outputs that have a known use: the reconstruction or what else the model gives, then the
    /// latent, then a head (`class` or `estimate`).
    pub outputs: Vec<ValueDescription>,
    /// Whether the outputs `mu` and `logvar` tell the distribution of the latent.
    pub variational: bool,
    /// As the file has them, sorted by name.
    pub operators: Vec<OperatorCount>,
    /// Stored numbers that are not shapes or single scales.
    pub parameters: usize,
    /// Bytes of those; half floats count as the f32 that they become.
    pub weight_bytes: usize,
    /// Multiply-adds of the matrix products and convolutions for one window.
    pub multiply_adds: u64,
    /// How it is computed here.
    pub arithmetic: Arithmetic,
    /// Version of the default operator set.
    pub opset: i64,
    /// Version of the file format.
    pub ir_version: i64,
    /// The program that wrote the file, with its version.
    pub producer: String,
    /// Keys of the file's `metadata_props`, sorted.
    pub metadata_keys: Vec<String>,
    /// What is done otherwise than the file says, in words.
    pub notices: Vec<String>,
}

/// All but how it is computed, which the engine tells.
pub(super) fn describe(model: &ModelGraph) -> Description {
    let ModelGraph { graph, kind, outputs, variational, .. } = model;
    let batch = match graph.input.batch {
        Batch::Any => "N".to_owned(),
        Batch::Fixed(count) => count.to_string(),
    };
    let value = |name: &str, axes: &[usize]| ValueDescription {
        name: name.to_owned(),
        shape: std::iter::once(batch.clone()).chain(axes.iter().map(usize::to_string)).collect(),
        element: "f32",
    };
    let operators = graph.contents.operators.iter();
    let mut keys: Vec<String> = graph.metadata.iter().map(|(key, _)| key.clone()).collect();
    keys.sort_unstable();
    Description {
        kind: *kind,
        input: value(&graph.input.name, &graph.input.window),
        outputs: outputs.iter().map(|output| value(&output.name, &output.axes)).collect(),
        variational: *variational,
        arithmetic: Arithmetic::default(),
        operators: operators
            .map(|(&operator, &count)| OperatorCount { operator: operator.to_owned(), count })
            .collect(),
        parameters: graph.contents.parameters,
        weight_bytes: graph.contents.weight_bytes,
        multiply_adds: graph.macs / graph.input.batch.count() as u64,
        opset: graph.opset,
        ir_version: graph.ir_version,
        producer: graph.producer.clone(),
        metadata_keys: keys,
        notices: graph.notices.iter().map(ToString::to_string).collect(),
    }
}

/// Whether the file quantises anything, by the operators that it has.
pub(super) fn is_quantised(model: &ModelGraph) -> bool {
    let quantised = |name: &&str| {
        name.contains("Quant")
            || name.contains("Integer")
            || name.starts_with("QLinear")
            || matches!(*name, "QGemm" | "MatMulNBits")
    };
    model.graph.contents.operators.keys().any(quantised)
}
