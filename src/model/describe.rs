//! What a model file holds, in numbers and names, for `inspect`.
//!
//! A checked protobuf goes in, plain data comes out. Nothing is run.

use std::collections::BTreeMap;

use serde::Serialize;
use tract_onnx::pb::{ModelProto, TensorProto};

use super::guard::{Batch, Outputs};

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

/// How the numbers are really computed here, whatever the file is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arithmetic {
    /// f32 weights and f32 arithmetic.
    F32,
    /// Weights stored in 8 bits, arithmetic in f32 between quantise and dequantise nodes.
    QuantisedInF32,
    /// Products of 8-bit integers, summed in 32 bits.
    Integer,
}

/// What a model file holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// The one input.
    pub input: ValueDescription,
    /// All outputs that have a known use: the reconstruction, then the latent, then a head (`class`
    /// or `estimate`).
    pub outputs: Vec<ValueDescription>,
    /// Whether the outputs `mu` and `logvar` tell the distribution of the latent.
    pub variational: bool,
    /// Sorted by name.
    pub operators: Vec<OperatorCount>,
    /// Stored numbers that are not shapes or single scales.
    pub parameters: usize,
    /// Bytes of those.
    pub weight_bytes: usize,
    /// Multiply-adds of the matrix products and convolutions for one window.
    pub multiply_adds: u64,
    /// See [`Arithmetic`].
    pub arithmetic: Arithmetic,
    /// Version of the default operator set.
    pub opset: i64,
    /// Version of the file format.
    pub ir_version: i64,
    /// The program that wrote the file, with its version.
    pub producer: String,
    /// Keys of the file's `metadata_props`, sorted.
    pub metadata_keys: Vec<String>,
}

pub(super) fn describe(
    model: &ModelProto,
    (input, window): (&str, &[usize]),
    batch: Batch,
    outputs: &Outputs,
    variational: bool,
    multiply_adds: u64,
) -> Description {
    let nodes = model.graph.iter().flat_map(|graph| &graph.node);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for node in nodes.clone() {
        *counts.entry(&node.op_type).or_default() += 1;
    }
    let value = |name: &str, axes: &[usize]| ValueDescription {
        name: name.to_owned(),
        shape: std::iter::once(match batch {
            Batch::Any => "N".to_owned(),
            Batch::Fixed(count) => count.to_string(),
        })
        .chain(axes.iter().map(usize::to_string))
        .collect(),
        element: "f32",
    };
    let stored = model.graph.iter().flat_map(|graph| &graph.initializer);
    let constants =
        nodes.flat_map(|node| &node.attribute).filter_map(|attribute| attribute.t.as_ref());
    let weights = stored.chain(constants).filter_map(weight);
    let (parameters, weight_bytes) = weights.fold((0, 0), |(n, b), (m, c)| (n + m, b + c));
    let sets = model.opset_import.iter();
    let mut opset = sets.filter(|set| matches!(set.domain.as_str(), "" | "ai.onnx"));
    let mut keys: Vec<String> =
        model.metadata_props.iter().map(|entry| entry.key.clone()).collect();
    keys.sort_unstable();
    Description {
        input: value(input, window),
        outputs: outputs.iter().map(|output| value(&output.name, &output.axes)).collect(),
        variational,
        arithmetic: arithmetic(&counts),
        operators: counts
            .into_iter()
            .map(|(operator, count)| OperatorCount { operator: operator.to_owned(), count })
            .collect(),
        parameters,
        weight_bytes,
        multiply_adds,
        opset: opset.next().map_or(0, |set| set.version),
        ir_version: model.ir_version,
        producer: format!("{} {}", model.producer_name, model.producer_version).trim().to_owned(),
        metadata_keys: keys,
    }
}

fn arithmetic(counts: &BTreeMap<&str, usize>) -> Arithmetic {
    let any = |names: &[&str]| names.iter().any(|name| counts.contains_key(name));
    if any(&["ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul"]) {
        Arithmetic::Integer
    } else if any(&["DequantizeLinear"]) {
        Arithmetic::QuantisedInF32
    } else {
        Arithmetic::F32
    }
}

/// Elements and bytes of a stored tensor, unless it is a shape or a single number.
fn weight(tensor: &TensorProto) -> Option<(usize, usize)> {
    let bytes = match tensor.data_type {
        2 | 3 => 1,
        10 => 2,
        1 | 6 => 4,
        11 => 8,
        _ => return None,
    };
    if tensor.dims.is_empty() {
        return None;
    }
    let elements: i64 = tensor.dims.iter().product();
    let elements = usize::try_from(elements).ok()?;
    Some((elements, elements * bytes))
}
