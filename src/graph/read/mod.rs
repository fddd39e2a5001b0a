//! From the untrusted bytes of an ONNX file to typed nodes and tensors.
//!
//! The only place that knows operators by their names. In order: size, wire format, functions, header,
//! names, stored tensors, operators with their arity and attributes. What the values are is not looked at;
//! see [`super::infer`].

mod attributes;
mod composite;
mod distances;
mod foreign;
mod functions;
mod input;
mod ml;
mod needed;
mod noise;
mod operator;
mod operators;
mod parse;
mod tensor;
#[cfg(test)]
mod tests;
mod trees;
mod vendors;
mod wire;

use std::collections::HashSet;

use prost::Message;

use super::error::{GraphPlace, ModelError, shown};
use super::op::Written;
use super::options::{Limits, ReadOptions};
use super::parts::{Constant, Node};
use super::proto::{GraphProto, ModelProto, NodeProto, ValueInfoProto};
use super::tensor::ElementType;
use super::{budget, write};
use attributes::Said;
pub(crate) use attributes::place;
pub use foreign::refuse_foreign;
pub(crate) use input::{LARGEST_BATCH, input_of};
pub(crate) use noise::{NoiseInput, inputs};
use operator::Operator;
pub(crate) use wire::scan;

/// Operator sets that the engine knows.
const OPSETS: std::ops::RangeInclusive<i64> = 9..=25;
/// Versions of the file format.
const IR_VERSIONS: std::ops::RangeInclusive<i64> = 3..=14;

/// What a file holds, each part checked for itself.
pub(crate) struct OnnxFile {
    pub ir_version: i64,
    pub opset: i64,
    pub producer: String,
    pub metadata: Vec<(String, String)>,
    pub nodes: Vec<Node<Written>>,
    pub constants: Vec<Constant>,
    /// As declared: some may be stored tensors.
    pub inputs: Vec<ValueInfoProto>,
    pub outputs: Vec<String>,
    pub scores_are_lower: bool,
    /// Whether it stores float16 or bfloat16.
    pub half: bool,
}

/// Reads a file. Stored tensors are moved where they are raw data.
pub(crate) fn file(bytes: &[u8], options: &ReadOptions) -> Result<OnnxFile, ModelError> {
    let mut model = decode(bytes, options.limits)?;
    functions::inline(&mut model, options.limits)?;
    let opset = header(&model)?;
    let producer = format!("{} {}", model.producer_name, model.producer_version);
    let metadata = model.metadata_props.into_iter().map(|entry| (entry.key, entry.value));
    let Some(mut graph) = model.graph else {
        return Err(ModelError::NotOnnx("it holds no graph".into()));
    };
    let count = graph.node.len().saturating_add(graph.initializer.len());
    budget::check_count(count, options.limits)?;
    names(&graph)?;
    let scores_are_lower = needed::are_scores_lower(&model.producer_name, &graph);
    needed::leave_out_others(&mut graph);
    let half = holds_half_floats(&graph);
    let stored = graph.initializer.into_iter().map(|mut stored| {
        let name = std::mem::take(&mut stored.name);
        let tensor = tensor::tensor(stored, GraphPlace::Tensor(name.clone()))?;
        Ok(Constant { name, tensor })
    });
    let constants = stored.collect::<Result<_, ModelError>>()?;
    let operators: Vec<&Operator> =
        graph.node.iter().map(|said| operator_of(said, opset)).collect::<Result<_, _>>()?;
    let nodes = graph.node.into_iter().zip(operators);
    let nodes = nodes.map(|(said, operator)| node(said, operator, opset));
    Ok(OnnxFile {
        ir_version: model.ir_version,
        opset,
        producer: producer.trim().to_owned(),
        metadata: metadata.collect(),
        constants,
        nodes: nodes.collect::<Result<_, ModelError>>()?,
        inputs: graph.input,
        outputs: graph.output.into_iter().map(|output| output.name).collect(),
        scores_are_lower,
        half,
    })
}

fn holds_half_floats(graph: &GraphProto) -> bool {
    let kinds = [ElementType::F16.onnx(), ElementType::BF16.onnx()];
    graph.initializer.iter().any(|stored| kinds.contains(&stored.data_type))
}

fn decode(bytes: &[u8], limits: Limits) -> Result<ModelProto, ModelError> {
    refuse_foreign(bytes)?;
    limits.check_file(bytes.len() as u64)?;
    wire::scan(bytes)?;
    ModelProto::decode(bytes).map_err(|e| ModelError::NotOnnx(e.to_string()))
}

/// The operator of a node, which must have its arity, and no attributes but its own.
fn operator_of(said: &NodeProto, opset: i64) -> Result<&'static Operator, ModelError> {
    let Some(operator) = operators::find(&said.domain, &said.op_type) else {
        if let Some(what) = ml::refused(said) {
            return Err(ModelError::unsupported(attributes::place(said), what));
        }
        let what = "this operator is not supported; export with standard ONNX operators, without \
                    control flow, vendor extensions, or random numbers that are neither normal nor \
                    uniform";
        return Err(ModelError::unsupported(attributes::place(said), what));
    };
    let counts = [(operator.inputs, said.input.len()), (operator.outputs, said.output.len())];
    for (((least, most), count), what) in counts.into_iter().zip(["inputs", "outputs"]) {
        if !(least..=most).contains(&count) {
            let what = format!("it has {count} {what}; {least} to {most} are supported");
            return Err(ModelError::unsupported(attributes::place(said), what));
        }
    }
    let retired = |attribute: &str| operator.has_retired(attribute, opset);
    attributes::check(said, opset, operator.attributes, retired)?;
    Ok(operator)
}

/// A node with its attributes read.
fn node(mut said: NodeProto, operator: &Operator, opset: i64) -> Result<Node<Written>, ModelError> {
    let attributes = std::mem::take(&mut said.attribute);
    let op = operator.parse(&mut Said::new(&said, attributes, opset))?;
    let named = |name: String| (!name.is_empty()).then_some(name);
    Ok(Node {
        name: said.name,
        op,
        inputs: said.input.into_iter().map(named).collect(),
        outputs: said.output.into_iter().map(named).collect(),
    })
}

/// Whether this is the domain of the standard operators.
fn is_default(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// The operator set of the default domain, which a file of other operators may leave out.
fn header(model: &ModelProto) -> Result<i64, ModelError> {
    if !IR_VERSIONS.contains(&model.ir_version) {
        let what =
            format!("ONNX format version {} is not supported (3 to 14 are)", model.ir_version);
        return Err(ModelError::unsupported(GraphPlace::File, what));
    }
    let sets = model.opset_import.iter().enumerate();
    // skl2onnx writes some twice, under either name.
    let again = |at: usize, version: i64| {
        let before = model.opset_import.iter().take(at);
        before.into_iter().any(|set| is_default(&set.domain) && set.version == version)
    };
    let mut sets = sets
        .filter(|(at, set)| is_default(&set.domain) && !again(*at, set.version))
        .map(|(_, set)| set);
    let set = match (sets.next(), sets.next()) {
        (Some(set), None) => set,
        // What has none of the default operators need not import them.
        (None, _) if !model.opset_import.is_empty() => return Ok(write::OPSET),
        _ => {
            let what = "it must import the default operator set exactly once";
            return Err(ModelError::invalid(GraphPlace::File, what));
        }
    };
    if !OPSETS.contains(&set.version) {
        let what = format!(
            "operator set {} is not supported; export with an operator set from 9 to 25, \
             preferably 17",
            set.version
        );
        return Err(ModelError::unsupported(GraphPlace::File, what));
    }
    if !model.training_info.is_empty() {
        let what = "it holds training graphs; export for inference";
        return Err(ModelError::unsupported(GraphPlace::File, what));
    }
    Ok(set.version)
}

/// Every name is given once and used after it was given; so there is no cycle either.
fn names(graph: &GraphProto) -> Result<(), ModelError> {
    if !graph.sparse_initializer.is_empty() {
        let what = "it stores sparse tensors, which are not supported; store them dense";
        return Err(ModelError::unsupported(GraphPlace::File, what));
    }
    let mut given: HashSet<&str> = HashSet::new();
    for stored in &graph.initializer {
        if stored.name.is_empty() || !given.insert(&stored.name) {
            let what = "a stored tensor needs a name of its own";
            return Err(ModelError::invalid(GraphPlace::Tensor(stored.name.clone()), what));
        }
    }
    let mut inputs: HashSet<&str> = HashSet::new();
    for input in &graph.input {
        if input.name.is_empty() || !inputs.insert(&input.name) {
            let what = "an input needs a name of its own";
            return Err(ModelError::invalid(GraphPlace::Input(input.name.clone()), what));
        }
    }
    given.extend(inputs);
    for node in &graph.node {
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            if !given.contains(name.as_str()) {
                let what = format!("its input `{}` is not computed before it", shown(name));
                return Err(ModelError::invalid(attributes::place(node), what));
            }
        }
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            if !given.insert(name) {
                let what = format!("its output `{}` is computed twice", shown(name));
                return Err(ModelError::invalid(attributes::place(node), what));
            }
        }
    }
    let mut outputs: HashSet<&str> = HashSet::new();
    for output in &graph.output {
        if !given.contains(output.name.as_str()) || !outputs.insert(&output.name) {
            let what = "nothing computes it, or it is named twice";
            return Err(ModelError::invalid(GraphPlace::Output(output.name.clone()), what));
        }
    }
    Ok(())
}
