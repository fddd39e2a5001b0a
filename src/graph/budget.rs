//! What a run of a graph needs: memory that is taken at once, and work.
//!
//! A graph whose shapes are known goes in; nothing comes out, or an error that names the need, the
//! limit, and the option that raises it. Values are counted as long as they live: from the node that
//! computes them to the last that reads them. What does not depend on the input is computed when the
//! model is loaded and kept.

use std::collections::{HashMap, HashSet};

use super::error::{GraphPlace, ModelError};
use super::op::Op;
use super::options::Limits;
use super::parts::{Graph, Node, ValueFacts};
use super::tensor::volume;

/// What a node or a stored tensor counts in multiply-adds for each of them that there is: an optimiser
/// looks at the whole graph for each node that it improves. By the default limits 25 000 may be.
const NODE_WORK: u64 = 100;
/// What each number that a node reads or gives counts in multiply-adds: functions such as exp take
/// as long.
const VALUE_WORK: u64 = 8;
/// Bytes of a number: smaller ones may be computed in f32.
const NUMBER: u64 = 4;
/// Bytes of the patches of a convolution up to which an engine makes them all at once.
const EAGER: u64 = 4 << 20;
/// Bytes of the values of all windows of one go.
const GO_MEMORY: u64 = 256 << 20;
/// Multiply-adds of all windows of one go.
const GO_WORK: u64 = 1 << 30;

const MIB: u64 = 1 << 20;
const MILLION: u64 = 1_000_000;

/// Refuses more nodes and stored tensors than the work allows for, before any is looked at.
pub(crate) fn check_count(count: usize, limits: Limits) -> Result<(), ModelError> {
    match count_work(count) {
        work if work <= limits.multiply_adds => Ok(()),
        work => Err(too_much_work(count, work, limits)),
    }
}

fn count_work(count: usize) -> u64 {
    let count = count as u64;
    count.saturating_mul(count).saturating_mul(NODE_WORK)
}

fn too_much_work(count: usize, work: u64, limits: Limits) -> ModelError {
    let nodes = count_work(count).div_ceil(MILLION);
    let (millions, limit) = (work.div_ceil(MILLION), limits.multiply_adds / MILLION);
    let what = format!(
        "a run takes {millions} million multiply-adds, of which {nodes} million stand for its {count} \
         nodes and stored tensors; the limit is {limit} million, `--model-work {millions}M` raises it"
    );
    ModelError::too_large(GraphPlace::File, what)
}

/// Refuses a graph whose run needs more than its limits.
pub(crate) fn check(graph: &Graph) -> Result<(), ModelError> {
    let limits = graph.limits;
    let count = graph.nodes.len().saturating_add(graph.constants.len());
    let values = graph.nodes.iter().map(|node| value_work(node, &graph.facts));
    let work = values.chain([graph.macs, count_work(count)]).fold(0, u64::saturating_add);
    if work > limits.multiply_adds {
        return Err(too_much_work(count, work, limits));
    }
    let peak = peak(graph);
    if peak.bytes <= limits.memory {
        return Ok(());
    }
    let (need, limit) = (peak.bytes.div_ceil(MIB), limits.memory.div_ceil(MIB));
    let what = format!(
        "here a run needs {need} MiB at once, the limit is {limit} MiB; `--model-memory {need}M` \
         raises it"
    );
    let place = peak.node.and_then(|index| graph.nodes.get(index));
    Err(ModelError::too_large(place.map_or(GraphPlace::File, Node::place), what))
}

/// Windows that one run may take: at least one, which was checked.
pub(crate) fn windows_in_a_run(graph: &Graph) -> usize {
    let values = graph.facts.values().map(|fact| bytes(&fact.dims)).fold(1, u64::saturating_add);
    let scratch = graph.nodes.iter().map(|node| scratch(node, &graph.facts, false)).max();
    let memory = GO_MEMORY.min(graph.limits.memory);
    let by_memory = memory / values.saturating_add(scratch.unwrap_or(0));
    let by_work = GO_WORK / graph.macs.max(1);
    usize::try_from(by_memory.min(by_work)).unwrap_or(usize::MAX).max(1)
}

/// The most memory that is taken at once, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Peak {
    bytes: u64,
    /// Index of a node; `None` before the first.
    node: Option<usize>,
}

fn peak(graph: &Graph) -> Peak {
    let Graph { nodes, facts, .. } = graph;
    let of = |name: &str| facts.get(name).map_or(0, |fact| bytes(&fact.dims));
    let stored = graph.constants.iter().map(|constant| bytes(&constant.tensor.dims));
    let mut kept = stored.fold(0, u64::saturating_add);
    let last = last_readers(graph);
    let mut from_input: HashSet<&str> = HashSet::from([graph.input.name.as_str()]);
    let mut live = of(&graph.input.name);
    let mut peak = Peak { bytes: kept.saturating_add(live), node: None };
    for (index, node) in nodes.iter().enumerate() {
        let depends = node.inputs.iter().flatten().any(|name| from_input.contains(name.as_str()));
        let outputs = node.outputs.iter().flatten();
        for name in outputs.clone() {
            if depends {
                from_input.insert(name);
                live = live.saturating_add(of(name));
            } else {
                kept = kept.saturating_add(of(name));
            }
        }
        let now = [kept, scratch(node, facts, true)].into_iter().fold(live, u64::saturating_add);
        if now > peak.bytes {
            peak = Peak { bytes: now, node: Some(index) };
        }
        let mut done: Vec<&str> =
            node.inputs.iter().flatten().chain(outputs).map(String::as_str).collect();
        done.sort_unstable();
        done.dedup();
        for name in done.into_iter().filter(|name| from_input.contains(name)) {
            // An output that nobody reads goes at once.
            if last.get(name).copied().unwrap_or(index) <= index {
                live = live.saturating_sub(of(name));
            }
        }
    }
    peak
}

/// The index of the last node that reads a value; past the end for what the graph gives.
fn last_readers(graph: &Graph) -> HashMap<&str, usize> {
    let nodes = graph.nodes.iter().enumerate();
    let read = nodes.flat_map(|(index, node)| {
        node.inputs.iter().flatten().map(move |name| (name.as_str(), index))
    });
    let given = graph.outputs.iter().map(|name| (name.as_str(), graph.nodes.len()));
    // The later of two entries stays.
    read.chain(given).collect()
}

fn bytes(dims: &[usize]) -> u64 {
    volume(dims).and_then(|n| (n as u64).checked_mul(NUMBER)).unwrap_or(u64::MAX)
}

/// Work that is not in multiply-adds of products.
fn value_work(node: &Node, facts: &ValueFacts) -> u64 {
    let values = node.inputs.iter().chain(&node.outputs).flatten();
    let numbers = values.filter_map(|name| facts.get(name)).map(|fact| elements(&fact.dims));
    let numbers = numbers.fold(0, u64::saturating_add);
    let taps = match &node.op {
        Op::AveragePool { kernel, .. } | Op::MaxPool { kernel, .. } => {
            let shape = kernel.kernel_shape.iter().flatten();
            shape.fold(1u64, |taps, &length| taps.saturating_mul(length.unsigned_abs()))
        }
        _ => VALUE_WORK,
    };
    numbers.saturating_mul(taps.max(VALUE_WORK))
}

fn elements(dims: &[usize]) -> u64 {
    volume(dims).map_or(u64::MAX, |n| n as u64)
}

/// Bytes that a convolution takes besides its input and output: patches of its input, or what a
/// transposed one adds up. Large patches are made bit by bit where the batch is a single window, if
/// `alone`.
fn scratch(node: &Node, facts: &ValueFacts, alone: bool) -> u64 {
    let dims = |name: Option<&str>| {
        name.and_then(|name| facts.get(name)).map(|fact| fact.dims.as_slice()).unwrap_or_default()
    };
    let (weights, input, output) = (dims(node.input(1)), dims(node.input(0)), dims(node.output(0)));
    let group = match &node.op {
        Op::Conv(conv) | Op::ConvInteger(conv) | Op::ConvTranspose { conv, .. } => conv.group,
        _ => return 0,
    };
    let taps = elements(weights.get(1..).unwrap_or_default());
    let (transposed, plain) =
        (matches!(node.op, Op::ConvTranspose { .. }), matches!(node.op, Op::Conv(_)));
    let places = if transposed { input } else { output };
    let batch = places.first().copied().unwrap_or(1);
    let spread = elements(places.get(2..).unwrap_or_default());
    let factors = [taps, group.unsigned_abs(), spread, batch as u64, NUMBER];
    let all = factors.into_iter().fold(1, u64::saturating_mul);
    if plain && alone && batch == 1 && all > EAGER {
        // The input with its padding, and where each patch begins.
        return bytes(input).saturating_add(spread.saturating_mul(2 * NUMBER)).max(EAGER);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::options::ReadOptions;
    use crate::graph::write::{GraphWriter, value};

    const MEMORY: Limits = Limits { memory: 10 << 20, multiply_adds: 1_000_000_000 };

    /// Pictures of one MiB that go through these nodes: operator, inputs, output.
    fn read(nodes: &[(&str, &[&str], &str)], limits: Limits) -> Result<Graph, ModelError> {
        let mut graph = GraphWriter::new();
        graph.integers("shape", &[1, 1, 512, 512]);
        graph.floats("weights", &[1, 1, 3, 3], [0.0; 9]);
        for (operator, inputs, output) in nodes {
            graph.node(operator, output, inputs, &[output], vec![]);
        }
        let last = nodes.last().map_or("x", |node| node.2);
        let axes = &[1, 512, 512];
        let (input, outputs) = (value("x", axes), vec![value(last, axes)]);
        let bytes = graph.finish("test", input, outputs, ("test", "1"), "");
        let options = ReadOptions { limits, ..ReadOptions::default() };
        Graph::from_bytes_with(&bytes, &options)
    }

    fn mib(graph: Result<Graph, ModelError>) -> Option<u64> {
        graph.ok().map(|graph| peak(&graph).bytes >> 20)
    }

    #[test]
    fn values_count_as_long_as_they_live() {
        let names: Vec<String> = (0..40).map(|index| format!("v{index}")).collect();
        let inputs: Vec<[&str; 1]> =
            std::iter::once(["x"]).chain(names.iter().map(|name| [name.as_str()])).collect();
        let chain: Vec<(&str, &[&str], &str)> =
            inputs.iter().zip(&names).map(|(from, to)| ("Relu", &from[..], to.as_str())).collect();
        assert_eq!(mib(read(&chain, MEMORY)), Some(2));
        // The first value is read again at the end.
        let mut skipped = chain.clone();
        skipped.push(("Add", &["v39", "x"], "y"));
        assert_eq!(mib(read(&skipped, MEMORY)), Some(3));
    }

    #[test]
    fn what_does_not_depend_on_the_input_is_kept_from_the_start() {
        let names: Vec<String> = (0..8).map(|index| format!("c{index}")).collect();
        let mut nodes: Vec<(&str, &[&str], &str)> = Vec::new();
        let sums: Vec<String> = (0..8).map(|index| format!("s{index}")).collect();
        let pairs: Vec<[&str; 2]> = (0..8)
            .map(|i| [if i == 0 { "x" } else { sums[i - 1].as_str() }, names[i].as_str()])
            .collect();
        for i in 0..8 {
            nodes.push(("ConstantOfShape", &["shape"], &names[i]));
            nodes.push(("Add", &pairs[i], &sums[i]));
        }
        assert_eq!(mib(read(&nodes, Limits { memory: 20 << 20, ..MEMORY })), Some(10));
    }

    #[test]
    fn patches_of_a_convolution_count() {
        let conv: &[(&str, &[&str], &str)] = &[("ConvTranspose", &["x", "weights"], "y")];
        // Nine numbers for each pixel, beside the pixels.
        assert!(mib(read(conv, Limits { memory: 20 << 20, ..MEMORY })).is_some_and(|mib| mib > 10));
    }

    #[test]
    fn a_refusal_names_the_need_the_limit_and_the_option() {
        let relu: &[(&str, &[&str], &str)] = &[("Relu", &["x"], "y")];
        let said = |limits| read(relu, limits).err().map(|error| error.to_string());
        let limits = Limits { memory: 1 << 20, ..MEMORY };
        let wanted = "node `y` (Relu): here a run needs 3 MiB at once, the limit is 1 MiB; \
                      `--model-memory 3M` raises it";
        assert_eq!(said(limits).as_deref(), Some(wanted));
        assert!(read(relu, Limits { memory: 3 << 20, ..MEMORY }).is_ok());
        let limits = Limits { multiply_adds: 2_000_000, ..MEMORY };
        let wanted = "the model: a run takes 5 million multiply-adds, of which 1 million stand for \
                      its 3 nodes and stored tensors; the limit is 2 million, `--model-work 5M` \
                      raises it";
        assert_eq!(said(limits).as_deref(), Some(wanted));
        assert!(read(relu, Limits { multiply_adds: 5_000_000, ..MEMORY }).is_ok());
        // As a flood of them would, which is refused before any is looked at.
        let limits = Limits { multiply_adds: 800, ..MEMORY };
        assert!(said(limits).is_some_and(|said| said.contains("3 nodes and stored tensors")));
    }
}
