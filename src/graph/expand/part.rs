//! The graph while it grows, and the view of one operator that is being put in other words.

use std::collections::HashSet;

use crate::graph::error::{GraphPlace, ModelError};
use crate::graph::infer::Tally;
use crate::graph::op::{Binary, Composite, Op, ReduceAttributes, Reduction, Unary};
use crate::graph::parts::{Constant, Node, ValueFacts};
use crate::graph::tensor::{ElementType, Tensor};

/// What comes of a step of an expansion.
pub(crate) type PartResult<T> = Result<T, ModelError>;

/// A graph whose nodes are added one by one, each with the shapes of what it gives.
pub(crate) struct Unfolded<'a> {
    pub opset: i64,
    pub constants: &'a mut Vec<Constant>,
    pub nodes: Vec<Node>,
    pub facts: ValueFacts,
    pub tally: Tally,
    /// Names that the file gives to values later on.
    taken: HashSet<String>,
}

impl<'a> Unfolded<'a> {
    /// No nodes yet; `facts` are those of the input and the stored tensors.
    pub(crate) fn new(opset: i64, constants: &'a mut Vec<Constant>, facts: ValueFacts) -> Self {
        let (nodes, tally, taken) = (Vec::new(), Tally::default(), HashSet::new());
        Unfolded { opset, constants, nodes, facts, tally, taken }
    }

    /// Keeps new values from taking these names.
    pub(crate) fn reserve<'n>(&mut self, names: impl Iterator<Item = &'n String>) {
        self.taken.extend(names.cloned());
    }

    /// Adds a node.
    pub(crate) fn push(&mut self, node: Node) -> PartResult<()> {
        self.tally.step(&node, self.opset, &mut self.facts)?;
        self.nodes.push(node);
        Ok(())
    }

    /// A name that nothing has.
    fn fresh(&mut self, wanted: String) -> String {
        let mut name = wanted.clone();
        let mut number = 1;
        while self.facts.contains_key(&name) || self.taken.contains(&name) {
            number += 1;
            name = format!("{wanted}.{number}");
        }
        self.taken.insert(name.clone());
        name
    }
}

/// One operator that is being put in other words.
pub(crate) struct Part<'a, 'g> {
    pub node: &'a Node<Composite>,
    graph: &'a mut Unfolded<'g>,
    /// The first node that belongs to it.
    first: usize,
    given: Vec<(usize, String)>,
}

impl<'a, 'g> Part<'a, 'g> {
    pub(super) fn of(node: &'a Node<Composite>, graph: &'a mut Unfolded<'g>) -> Self {
        let first = graph.nodes.len();
        Part { node, graph, first, given: Vec::new() }
    }

    pub(crate) fn place(&self) -> GraphPlace {
        self.node.place_as(self.node.op.name())
    }

    pub(crate) fn bad(&self, what: impl Into<String>) -> ModelError {
        ModelError::invalid(self.place(), what)
    }

    pub(crate) fn unsupported(&self, what: impl Into<String>) -> ModelError {
        ModelError::unsupported(self.place(), what)
    }

    pub(crate) fn opset(&self) -> i64 {
        self.graph.opset
    }

    /// The name of an input that may be left out.
    pub(crate) fn optional(&self, index: usize) -> Option<&'a str> {
        self.node.input(index)
    }

    /// The name of an input that must be there.
    pub(crate) fn input(&self, index: usize) -> PartResult<&'a str> {
        self.optional(index).ok_or_else(|| self.bad(format!("input {index} is left out")))
    }

    /// The axes of a value.
    pub(crate) fn dims(&self, name: &str) -> PartResult<Vec<usize>> {
        let fact = self.graph.facts.get(name);
        fact.map(|fact| fact.dims.clone()).ok_or_else(|| self.bad("one of its inputs is missing"))
    }

    /// The element type of a value.
    pub(crate) fn element(&self, name: &str) -> Option<ElementType> {
        self.graph.facts.get(name).and_then(|fact| fact.element)
    }

    /// The stored tensor of that name.
    pub(crate) fn stored(&self, name: &str) -> Option<&Tensor> {
        let constants = self.graph.constants.iter().rev();
        let mut found = constants.filter(|constant| constant.name == name);
        found.next().map(|constant| &constant.tensor)
    }

    /// Axis `axis` of `rank`, counted from the end where it is negative.
    pub(crate) fn axis(&self, axis: i64, rank: usize) -> PartResult<usize> {
        let shifted = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        let found = usize::try_from(shifted).ok().filter(|&axis| axis < rank);
        found.ok_or_else(|| self.bad(format!("axis {axis} is outside of {rank} axes")))
    }

    /// Stores a tensor.
    pub(crate) fn constant(&mut self, tensor: Tensor) -> String {
        let name = self.graph.fresh(format!("{}/stored", self.node.label()));
        self.graph.facts.insert(name.clone(), crate::graph::fact::Fact::of_stored(&tensor));
        self.graph.constants.push(Constant { name: name.clone(), tensor });
        name
    }

    /// Stores f32 values.
    pub(crate) fn floats(&mut self, dims: &[usize], values: &[f32]) -> String {
        self.constant(Tensor::floats(dims, values))
    }

    /// Stores one f32 value without axes.
    pub(crate) fn float(&mut self, value: f32) -> String {
        self.floats(&[], &[value])
    }

    /// Stores a list of integers.
    pub(crate) fn integers(&mut self, values: &[i64]) -> String {
        self.constant(Tensor::integers(values))
    }

    /// Adds a node with one output, which it names.
    pub(crate) fn add(&mut self, op: Op, inputs: &[&str]) -> PartResult<String> {
        self.add_many(op, inputs, 1).map(|mut names| names.pop().unwrap_or_default())
    }

    /// Adds a node with some outputs. An input named "" is left out.
    pub(crate) fn add_many(
        &mut self,
        op: Op,
        inputs: &[&str],
        outputs: usize,
    ) -> PartResult<Vec<String>> {
        let label = format!("{}/{}", self.node.label(), op.name());
        let names: Vec<String> = (0..outputs).map(|_| self.graph.fresh(label.clone())).collect();
        let named = |&name: &&str| (!name.is_empty()).then(|| name.to_owned());
        self.graph.push(Node {
            name: names.first().cloned().unwrap_or_default(),
            op,
            inputs: inputs.iter().map(named).collect(),
            outputs: names.iter().cloned().map(Some).collect(),
        })?;
        Ok(names)
    }

    pub(crate) fn unary(&mut self, unary: Unary, x: &str) -> PartResult<String> {
        self.add(Op::Unary(unary), &[x])
    }

    pub(crate) fn binary(&mut self, binary: Binary, a: &str, b: &str) -> PartResult<String> {
        self.add(Op::Binary(binary), &[a, b])
    }

    /// The same elements in another shape. The first axis stays open where it is the batch's.
    pub(crate) fn reshape(&mut self, x: &str, dims: &[usize]) -> PartResult<String> {
        let dims: Vec<i64> = dims.iter().map(|&dim| dim as i64).collect();
        let dims = self.integers(&dims);
        self.add(Op::Reshape { allow_zero: false }, &[x, &dims])
    }

    pub(crate) fn transpose(&mut self, x: &str, perm: &[usize]) -> PartResult<String> {
        let perm = perm.iter().map(|&axis| axis as i64).collect();
        self.add(Op::Transpose { perm: Some(perm) }, &[x])
    }

    /// One number out of many along axes, which stay with length 1.
    pub(crate) fn reduce(
        &mut self,
        reduction: Reduction,
        x: &str,
        axes: &[usize],
    ) -> PartResult<String> {
        let axes: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let since = if reduction == Reduction::Sum { 13 } else { 18 };
        let listed = (self.opset() < since).then(|| axes.clone());
        let given = if listed.is_none() { self.integers(&axes) } else { String::new() };
        let op = Op::Reduce(ReduceAttributes {
            reduction,
            axes: listed,
            keep_dims: true,
            noop_with_empty_axes: false,
        });
        if given.is_empty() { self.add(op, &[x]) } else { self.add(op, &[x, &given]) }
    }

    /// Says that the value is this output.
    pub(crate) fn give(&mut self, index: usize, value: String) {
        self.given.push((index, value));
    }

    /// Gives the outputs their names.
    pub(super) fn finish(mut self) -> PartResult<()> {
        for (index, value) in std::mem::take(&mut self.given) {
            let Some(name) = self.node.output(index) else { continue };
            let name = name.to_owned();
            let own = self.graph.nodes.iter_mut().skip(self.first);
            let mut outputs = own.flat_map(|node| &mut node.outputs).flatten();
            if let Some(output) = outputs.find(|output| **output == value) {
                output.clone_from(&name);
                let own = self.graph.nodes.iter_mut().skip(self.first);
                for input in own.flat_map(|node| &mut node.inputs).flatten() {
                    if *input == value {
                        input.clone_from(&name);
                    }
                }
                let fact = self.graph.facts.remove(&value);
                self.graph.facts.extend(fact.map(|fact| (name, fact)));
            } else {
                // A value that was there before, or is another output too.
                let (op, label) = (Op::Unary(Unary::Identity), name.clone());
                let (inputs, outputs) = (vec![Some(value)], vec![Some(name)]);
                self.graph.push(Node { name: label, op, inputs, outputs })?;
            }
        }
        let asked = self.node.outputs.iter().flatten();
        match asked.clone().find(|name| !self.graph.facts.contains_key(*name)) {
            Some(_) => Err(self.bad("it has more outputs than are supported")),
            None => Ok(()),
        }
    }
}
