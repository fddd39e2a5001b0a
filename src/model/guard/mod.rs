//! Checks an ONNX file before the engine sees it.
//!
//! Untrusted bytes go in; a [`Guarded`] model comes out, in which every operator is one that runs
//! rightly, every shape is known, and memory and work are bounded. Nothing is run here. In order:
//! size, wire format, header, names, stored tensors, operators and attributes, known mistakes of
//! the engine, input and outputs, shapes; then the graph is cut down to what is needed.

mod decoder;
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
pub(crate) use interface::{Batch, LARGEST_BATCH, Output, Outputs};
use interface::{Input, Role};

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
    /// Cut down; its outputs are those of `outputs`, in order.
    pub runnable: ModelProto,
    /// Name of the input.
    pub input: String,
    pub batch: Batch,
    /// The input's axes after the first.
    pub window: Vec<usize>,
    pub outputs: Outputs,
    /// Whether the file tells the distribution of its latent.
    pub variational: bool,
    /// Whether the file holds an autoencoder, not a decoder alone.
    pub whole: bool,
    /// Multiply-adds of one window.
    pub macs: u64,
    /// Whether no operator lets the rows of a batch meet.
    pub row_by_row: bool,
}

/// Checks everything that can be checked of an autoencoder without running.
pub(crate) fn check(bytes: &[u8]) -> Result<Guarded, ModelError> {
    let model = decode(bytes)?;
    let known = know(&model)?;
    guarded(model, known, Role::Autoencoder)
}

/// The same of the decoder in the file of an autoencoder, or of a file that is nothing but one.
pub(crate) fn check_decoder(bytes: &[u8]) -> Result<Guarded, ModelError> {
    let model = decode(bytes)?;
    let known = know(&model)?;
    let Some(graph) = &model.graph else { return Err(no_graph()) };
    let dims = known.dims();
    if decoder::has_latent(graph) {
        let outputs = interface::outputs(graph, &known.inferred, &dims, Role::Autoencoder)?;
        let variational = interface::is_variational(graph, &known.inferred);
        let mut latent: Vec<_> = known.dims_of(decoder::LATENT)?.into_iter().map(Some).collect();
        if let (Batch::Any, Some(batch)) = (known.input.batch, latent.first_mut()) {
            *batch = None;
        }
        let facts = &known.inferred.facts;
        let ends = (known.input.name.as_str(), latent.as_slice());
        let cut = decoder::cut(&model, facts, ends, &outputs.reconstruction.name)?;
        let known = know(&cut)?;
        return Ok(Guarded { variational, whole: true, ..guarded(cut, known, Role::Decoder)? });
    }
    let outputs = interface::outputs(graph, &known.inferred, &dims, Role::Decoder);
    let is_decoder = |outputs: &Outputs| {
        known.input.name == decoder::LATENT || outputs.reconstruction.axes != known.input.window
    };
    if !outputs.is_ok_and(|outputs| is_decoder(&outputs)) {
        let what = "it has no value named `latent`, so where its decoder begins is not known; give \
                    the output of its encoder that name";
        return Err(ModelError::unsupported(Place::File, what));
    }
    guarded(model, known, Role::Decoder)
}

fn no_graph() -> ModelError {
    ModelError::NotOnnx("it holds no graph".into())
}

fn decode(bytes: &[u8]) -> Result<ModelProto, ModelError> {
    if bytes.len() > FILE {
        let what = format!("the file has {} bytes; the limit is {FILE}", bytes.len());
        return Err(ModelError::too_large(Place::File, what));
    }
    wire::scan(bytes)?;
    ModelProto::decode(bytes).map_err(|e| ModelError::NotOnnx(e.to_string()))
}

/// What is known of a graph before its outputs are looked at.
struct Known {
    opset: i64,
    input: Input,
    inferred: infer::Inferred,
}

impl Known {
    /// Windows in a run.
    fn count(&self) -> usize {
        match self.input.batch {
            Batch::Any => 1,
            Batch::Fixed(count) => count,
        }
    }

    /// Dimensions of the input.
    fn dims(&self) -> Vec<usize> {
        std::iter::once(self.count()).chain(self.input.window.iter().copied()).collect()
    }

    /// Dimensions of a value, which must have the batch as its first.
    fn dims_of(&self, name: &str) -> Result<Vec<usize>, ModelError> {
        let dims = &infer::fact(&self.inferred, name)?.dims;
        if dims.len() < 2 || dims.first() != Some(&self.count()) {
            let what = format!("it must have the batch as its first axis, but is {dims:?}");
            return Err(ModelError::unsupported(Place::Output(name.to_owned()), what));
        }
        Ok(dims.clone())
    }
}

fn know(model: &ModelProto) -> Result<Known, ModelError> {
    let opset = header(model)?;
    let Some(graph) = &model.graph else { return Err(no_graph()) };
    names(graph)?;
    let mut facts = HashMap::new();
    for stored in &graph.initializer {
        let fact = tensor::check(stored, Place::Tensor(stored.name.clone()))?;
        facts.insert(stored.name.clone(), fact);
    }
    graph.node.iter().try_for_each(|node| infer::check_node(node, opset))?;
    quirks::check(graph, opset)?;
    let input = interface::input(graph)?;
    let mut known = Known { opset, input, inferred: infer::Inferred { facts, macs: 0 } };
    let mut facts = std::mem::take(&mut known.inferred.facts);
    facts.insert(known.input.name.clone(), Fact::of(known.dims()));
    known.inferred = infer::infer(graph, opset, facts)?;
    Ok(known)
}

fn guarded(original: ModelProto, known: Known, role: Role) -> Result<Guarded, ModelError> {
    let Some(graph) = &original.graph else { return Err(no_graph()) };
    let (dims, count) = (known.dims(), known.count());
    let Known { opset, input, inferred } = known;
    let outputs = interface::outputs(graph, &inferred, &dims, role)?;
    let variational = interface::is_variational(graph, &inferred);
    let mut runnable = ModelProto {
        ir_version: original.ir_version,
        opset_import: original.opset_import.clone(),
        graph: Some(graph.clone()),
        ..ModelProto::default()
    };
    let mut row_by_row = true;
    if let Some(graph) = &mut runnable.graph {
        let names: Vec<String> = outputs.iter().map(|output| output.name.clone()).collect();
        rewrite::rewrite(graph, &inferred.facts, (&input.name, &dims), &names, opset);
        row_by_row = graph.node.iter().all(|node| operators::row_by_row(&node.op_type));
    }
    let macs = inferred.macs / count as u64;
    let Input { name: input, batch, window } = input;
    let whole = role == Role::Autoencoder;
    Ok(Guarded {
        original,
        runnable,
        input,
        batch,
        window,
        outputs,
        variational,
        whole,
        macs,
        row_by_row,
    })
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
