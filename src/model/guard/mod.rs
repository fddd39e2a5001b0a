//! Checks an ONNX file before the engine sees it.
//!
//! Untrusted bytes go in; a [`Guarded`] model comes out, in which every operator is one that runs
//! rightly, every shape is known, and memory and work are bounded. Nothing is run here. In order:
//! size, wire format, header, names, stored tensors, operators and attributes, known mistakes of
//! the engine, input and outputs, shapes; then the graph is cut down to what is needed.

mod fact;
mod infer;
mod interface;
mod layers;
mod operators;
mod quirks;
mod repeat;
mod reshaping;
mod rewrite;
mod tensor;
mod values;
mod wire;

use std::collections::{HashMap, HashSet};

use prost::Message;
use tract_onnx::pb::{GraphProto, ModelProto};

use super::error::{ModelError, Place};
use fact::Fact;
pub(crate) use interface::{Batch, LARGEST_BATCH};

/// Largest model file that is loaded, in bytes.
pub const MOST_BYTES: usize = 64 << 20;
const FILE: usize = MOST_BYTES;
/// Nodes of a graph; the engine's optimiser takes more than linear time in them.
const NODES: usize = 2048;
/// Stored tensors of a graph.
const TENSORS: usize = 4096;
/// Operator sets that the engine knows.
const OPSETS: std::ops::RangeInclusive<i64> = 9..=22;
/// Versions of the file format.
const IR_VERSIONS: std::ops::RangeInclusive<i64> = 3..=13;

/// A model that is safe to hand to the engine.
pub(crate) struct Guarded {
    /// As the file has it, for describing.
    pub original: ModelProto,
    /// Cut down; its outputs are the reconstruction and then, if there is one, the latent.
    pub runnable: ModelProto,
    /// Name of the input.
    pub input: String,
    pub batch: Batch,
    /// The input's axes after the first.
    pub window: Vec<usize>,
    /// The latent's axes after the first.
    pub latent: Option<Vec<usize>>,
    /// Multiply-adds of one window.
    pub macs: u64,
    /// Whether no operator lets the rows of a batch meet.
    pub row_by_row: bool,
}

/// Checks everything that can be checked without running.
pub(crate) fn check(bytes: &[u8]) -> Result<Guarded, ModelError> {
    if bytes.len() > FILE {
        let what = format!("the file has {} bytes; the limit is {FILE}", bytes.len());
        return Err(ModelError::too_large(Place::File, what));
    }
    wire::scan(bytes)?;
    let original = ModelProto::decode(bytes).map_err(|e| ModelError::NotOnnx(e.to_string()))?;
    let opset = header(&original)?;
    let Some(graph) = &original.graph else {
        return Err(ModelError::NotOnnx("it holds no graph".into()));
    };
    names(graph)?;
    let mut facts = HashMap::new();
    for stored in &graph.initializer {
        let fact = tensor::check(stored, Place::Tensor(stored.name.clone()))?;
        facts.insert(stored.name.clone(), fact);
    }
    graph.node.iter().try_for_each(|node| infer::check_node(node, opset))?;
    quirks::check(graph, opset)?;

    let input = interface::input(graph)?;
    let count = match input.batch {
        Batch::Any => 1,
        Batch::Fixed(count) => count,
    };
    let dims: Vec<usize> = std::iter::once(count).chain(input.window.iter().copied()).collect();
    facts.insert(input.name.clone(), Fact::of(dims.clone()));
    let inferred = infer::infer(graph, opset, facts)?;

    let same_shape = |name: &str| infer::fact(&inferred, name).is_ok_and(|fact| fact.dims == dims);
    let reconstruction = interface::reconstruction(graph, same_shape)?;
    let latent = latent(graph, &inferred, count)?;
    let mut outputs = vec![reconstruction];
    outputs.extend(latent.is_some().then(|| "latent".to_owned()));

    let mut runnable = ModelProto {
        ir_version: original.ir_version,
        opset_import: original.opset_import.clone(),
        graph: Some(graph.clone()),
        ..ModelProto::default()
    };
    let mut row_by_row = true;
    if let Some(graph) = &mut runnable.graph {
        rewrite::rewrite(graph, &inferred.facts, (&input.name, &dims), &outputs, opset);
        row_by_row = graph.node.iter().all(|node| operators::row_by_row(&node.op_type));
    }
    let macs = inferred.macs / count as u64;
    Ok(Guarded {
        original,
        runnable,
        input: input.name,
        batch: input.batch,
        window: input.window,
        latent,
        macs,
        row_by_row,
    })
}

fn latent(
    graph: &GraphProto,
    inferred: &infer::Inferred,
    count: usize,
) -> Result<Option<Vec<usize>>, ModelError> {
    if !graph.output.iter().any(|output| output.name == "latent") {
        return Ok(None);
    }
    match infer::fact(inferred, "latent")?.dims.as_slice() {
        [batch, rest @ ..] if *batch == count => Ok(Some(rest.to_vec())),
        dims => {
            let what = format!("it must have the batch as its first axis, but is {dims:?}");
            Err(ModelError::unsupported(Place::Output("latent".into()), what))
        }
    }
}

/// The operator set of the default domain.
fn header(model: &ModelProto) -> Result<i64, ModelError> {
    if !IR_VERSIONS.contains(&model.ir_version) {
        let what =
            format!("ONNX format version {} is not supported (3 to 13 are)", model.ir_version);
        return Err(ModelError::unsupported(Place::File, what));
    }
    let mut sets =
        model.opset_import.iter().filter(|set| matches!(set.domain.as_str(), "" | "ai.onnx"));
    let (Some(set), None) = (sets.next(), sets.next()) else {
        let what = "it must import the default operator set exactly once";
        return Err(ModelError::invalid(Place::File, what));
    };
    if !OPSETS.contains(&set.version) {
        let what = format!(
            "operator set {} is not supported; export with an operator set of 9 to 22, best 17",
            set.version
        );
        return Err(ModelError::unsupported(Place::File, what));
    }
    if !model.functions.is_empty() || !model.training_info.is_empty() {
        let what = "it holds functions or training graphs; export for inference, inlined";
        return Err(ModelError::unsupported(Place::File, what));
    }
    Ok(set.version)
}

/// Every name is given once and used after it was given; so there is no cycle either.
fn names(graph: &GraphProto) -> Result<(), ModelError> {
    if graph.node.len() > NODES || graph.initializer.len() > TENSORS {
        let what = format!(
            "it has {} nodes and {} stored tensors; the limits are {NODES} and {TENSORS}",
            graph.node.len(),
            graph.initializer.len()
        );
        return Err(ModelError::too_large(Place::File, what));
    }
    if !graph.sparse_initializer.is_empty() {
        let what = "it stores sparse tensors, which are not supported; store them dense";
        return Err(ModelError::unsupported(Place::File, what));
    }
    let mut given: HashSet<&str> = HashSet::new();
    for stored in &graph.initializer {
        if stored.name.is_empty() || !given.insert(&stored.name) {
            let what = "a stored tensor needs a name of its own";
            return Err(ModelError::invalid(Place::Tensor(stored.name.clone()), what));
        }
    }
    let mut inputs: HashSet<&str> = HashSet::new();
    for input in &graph.input {
        if input.name.is_empty() || !inputs.insert(&input.name) {
            let what = "an input needs a name of its own";
            return Err(ModelError::invalid(Place::Input(input.name.clone()), what));
        }
    }
    given.extend(inputs);
    for node in &graph.node {
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            if !given.contains(name.as_str()) {
                let what =
                    format!("its input `{}` is not computed before it", super::error::shown(name));
                return Err(ModelError::invalid(fact::place(node), what));
            }
        }
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            if !given.insert(name) {
                let what = format!("its output `{}` is computed twice", super::error::shown(name));
                return Err(ModelError::invalid(fact::place(node), what));
            }
        }
    }
    let mut outputs: HashSet<&str> = HashSet::new();
    for output in &graph.output {
        if !given.contains(output.name.as_str()) || !outputs.insert(&output.name) {
            let what = "nothing computes it, or it is named twice";
            return Err(ModelError::invalid(Place::Output(output.name.clone()), what));
        }
    }
    Ok(())
}
