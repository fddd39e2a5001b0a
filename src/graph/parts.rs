//! What a graph is made of: nodes, stored tensors, its input, and what is known of every value.

use std::collections::HashMap;

use super::contents::FileContents;
use super::error::GraphPlace;
use super::fact::Fact;
use super::notice::Notice;
use super::op::Op;
use super::options::Limits;
use super::tensor::Tensor;

/// Name of the value that lies between encoder and decoder.
pub(crate) const LATENT: &str = "latent";

/// One step of the computation. In a file its operator may also be one that others make up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node<O = Op> {
    /// May be empty.
    pub name: String,
    pub op: O,
    /// Names of values, by the position that the operator gives them; `None` where one is left out.
    pub inputs: Vec<Option<String>>,
    pub outputs: Vec<Option<String>>,
}

impl Node {
    /// Where it is, for messages.
    pub(crate) fn place(&self) -> GraphPlace {
        self.place_as(self.op.name())
    }
}

impl<O> Node<O> {
    /// Where it is, with the name of its operator.
    pub(crate) fn place_as(&self, operator: &str) -> GraphPlace {
        GraphPlace::Node { name: self.label().to_owned(), operator: operator.to_owned() }
    }

    /// Its name, or that of its first output where it has none.
    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { self.output(0).unwrap_or_default() } else { &self.name }
    }

    /// The name of an input that is there.
    pub(crate) fn input(&self, index: usize) -> Option<&str> {
        self.inputs.get(index).and_then(Option::as_deref)
    }

    /// The name of an output that is there.
    pub(crate) fn output(&self, index: usize) -> Option<&str> {
        self.outputs.get(index).and_then(Option::as_deref)
    }
}

/// A tensor that the file stores under a name of its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constant {
    pub name: String,
    pub tensor: Tensor,
}

/// The first axis of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    /// As many windows as one likes.
    Any,
    /// Exactly so many.
    Fixed(usize),
}

impl Batch {
    /// Windows that shapes are told for, and that one run takes.
    pub(crate) fn count(self) -> usize {
        match self {
            Batch::Any => 1,
            Batch::Fixed(count) => count,
        }
    }
}

/// The graph's one input: f32 windows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GraphInput {
    pub name: String,
    pub batch: Batch,
    /// The axes after the first.
    pub window: Vec<usize>,
    /// Which of those the file leaves free.
    pub free: Vec<usize>,
}

impl GraphInput {
    /// All axes.
    pub(crate) fn dims(&self) -> Vec<usize> {
        std::iter::once(self.batch.count()).chain(self.window.iter().copied()).collect()
    }
}

/// What is known of every value before anything runs, by its name.
pub(crate) type ValueFacts = HashMap<String, Fact>;

/// A checked graph: every operator is known with its attributes, every value with its shape.
///
/// Each value is computed once and before it is read. Memory and work of a run are bounded.
///
/// ```
/// use oddity::graph::Graph;
///
/// let graph = Graph::from_bytes(&std::fs::read("models/pump.onnx")?)?;
/// assert_eq!(graph.input_name(), "input");
/// assert_eq!(graph.output_names(), ["reconstruction", "latent"]);
/// assert!(graph.has_free_batch());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Version of the file format.
    pub(crate) ir_version: i64,
    /// Version of the default operator set.
    pub(crate) opset: i64,
    /// The program that wrote the file, with its version.
    pub(crate) producer: String,
    /// The file's `metadata_props`, in their order.
    pub(crate) metadata: Vec<(String, String)>,
    /// In an order in which they can run.
    pub(crate) nodes: Vec<Node>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) input: GraphInput,
    /// Whether the output `scores` is one of scikit-learn's outlier detectors: lower is odder.
    pub(crate) scores_are_lower: bool,
    pub(crate) contents: FileContents,
    /// Names of the values that the file gives back, but for those that cannot be f32.
    pub(crate) outputs: Vec<String>,
    /// Those of constants and of the input too. For a free batch the shapes are those of one window.
    pub(crate) facts: ValueFacts,
    /// Multiply-adds of a run.
    pub(crate) macs: u64,
    /// What it does otherwise than the file says.
    pub(crate) notices: Vec<Notice>,
    /// Within which the whole was checked.
    pub(crate) limits: Limits,
}

impl Graph {
    /// Version of the file format (IR).
    pub fn ir_version(&self) -> i64 {
        self.ir_version
    }

    /// Version of the default operator set.
    pub fn opset(&self) -> i64 {
        self.opset
    }

    /// Name of the input.
    pub fn input_name(&self) -> &str {
        &self.input.name
    }

    /// Names of the outputs, in the file's order; without those that the file declares to be of another
    /// type than a model's answers.
    pub fn output_names(&self) -> &[String] {
        &self.outputs
    }

    /// Axes of a value of that name, the batch first.
    pub fn dims(&self, name: &str) -> Option<&[usize]> {
        self.facts.get(name).map(|fact| fact.dims.as_slice())
    }

    /// Whether the first axis of the input is free.
    pub fn has_free_batch(&self) -> bool {
        self.input.batch == Batch::Any
    }

    /// The first stored tensor that no node reads.
    pub fn unread_tensor(&self) -> Option<&str> {
        let read: std::collections::HashSet<&str> =
            self.nodes.iter().flat_map(|node| &node.inputs).flatten().map(String::as_str).collect();
        let mut names = self.constants.iter().map(|constant| constant.name.as_str());
        names.find(|name| !read.contains(name) && !self.outputs.iter().any(|out| out == name))
    }
}
