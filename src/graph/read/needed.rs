//! Leaves out of a file what its useful outputs do not need.
//!
//! Classes, labels and maps of them are outputs that nobody here asks for, and what computes them may
//! be an operator that is not supported. A decoded graph goes in and comes out smaller. The declared
//! type of an output is a label that nobody checked: by it an output can only be left out.

use std::collections::HashSet;

use crate::graph::parts::LATENT;
use crate::graph::proto::type_proto::Value;
use crate::graph::proto::{GraphProto, NodeProto, ValueInfoProto};
use crate::graph::tensor::ElementType;

use super::attributes::ML_DOMAIN;

/// The element types of outputs that may be an answer of a model.
const NUMBERS: [ElementType; 3] = [ElementType::F32, ElementType::F16, ElementType::F64];
/// ONNX's number of bfloat16.
const BFLOAT16: i32 = 16;

/// Leaves out outputs of types that no answer has, if others remain, and the nodes that only those
/// need. A latent is kept: a decoder may be asked for.
pub(super) fn leave_out_others(graph: &mut GraphProto) {
    let numbers: HashSet<String> = maps(graph).map(str::to_owned).collect();
    let useful = |output: &ValueInfoProto| numbers.contains(&output.name) || may_be_answer(output);
    if graph.output.iter().any(useful) {
        graph.output.retain(useful);
    }
    let mut needed: HashSet<String> = graph.output.iter().map(|out| out.name.clone()).collect();
    needed.insert(LATENT.to_owned());
    // Nodes are in order, so one walk backwards finds all.
    let mut kept: Vec<NodeProto> = Vec::new();
    for mut node in std::mem::take(&mut graph.node).into_iter().rev() {
        if node.output.iter().any(|name| needed.contains(name)) {
            needed.extend(node.input.iter().filter(|name| !name.is_empty()).cloned());
            forget_outputs(&mut node, &needed);
            kept.push(node);
        }
    }
    kept.reverse();
    graph.node = kept;
}

/// Outputs that are maps of names to numbers, of which the numbers are of use: they tell a classifier.
fn maps(graph: &GraphProto) -> impl Iterator<Item = &str> {
    let maps =
        graph.node.iter().filter(|node| node.domain == ML_DOMAIN && node.op_type == "ZipMap");
    maps.flat_map(|node| &node.output).map(String::as_str)
}

/// Leaves out outputs of a node that nobody reads, the mask of a Dropout or the indices of a MaxPool;
/// those behind them keep their place. How many a Split has says how it splits.
fn forget_outputs(node: &mut NodeProto, needed: &HashSet<String>) {
    if node.op_type == "Split" {
        return;
    }
    for name in node.output.iter_mut().filter(|name| !needed.contains(*name)) {
        name.clear();
    }
    while node.output.last().is_some_and(String::is_empty) {
        node.output.pop();
    }
}

/// Whether an output is declared to hold numbers as a reconstruction or a score does, or not at all.
fn may_be_answer(output: &ValueInfoProto) -> bool {
    let Some(declared) = &output.r#type else { return true };
    // What is no tensor is not even decoded.
    let Some(Value::TensorType(tensor)) = &declared.value else { return false };
    let element = tensor.elem_type;
    element == 0 || element == BFLOAT16 || NUMBERS.iter().any(|number| number.onnx() == element)
}

/// Whether the file's scores are those of scikit-learn's outlier detectors as skl2onnx writes them,
/// which are lower for what is odd: beside `scores` or `score_samples` stands the `label` that is made
/// of them.
pub(super) fn are_scores_lower(producer: &str, graph: &GraphProto) -> bool {
    let gives = |name: &str| graph.output.iter().any(|output| output.name == name);
    producer == "skl2onnx" && gives("label") && (gives("scores") || gives("score_samples"))
}
