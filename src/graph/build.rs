//! A graph while it grows, and the view of one node that is being put in other words.
//!
//! Nodes are added in an order in which they can run; each is sized at once, so that a graph that
//! asks for too much is refused while it grows. Values that are new get names that nothing has and
//! that begin with that of the node, so that a message still leads to it.

use std::collections::{HashMap, HashSet};

use super::budget;
use super::error::{GraphPlace, ModelError};
use super::fact::Fact;
use super::infer::Tally;
use super::op::{Binary, Op, ReduceAttributes, Reduction, Unary};
use super::options::Limits;
use super::parts::{Constant, Node, ValueFacts};
use super::tensor::{ElementType, Tensor};

/// A graph whose nodes are added one by one, each with the shapes of what it gives.
pub(crate) struct Unfolded<'a> {
    pub opset: i64,
    constants: &'a mut Vec<Constant>,
    /// Where each of them is.
    places: HashMap<String, usize>,
    pub nodes: Vec<Node>,
    pub facts: ValueFacts,
    pub tally: Tally,
    /// Names that the file gives to values later on.
    taken: HashSet<String>,
    /// The last number that a name was given.
    numbers: HashMap<String, usize>,
    limits: Limits,
    /// Bytes of tensors that were asked for.
    asked: u64,
}

impl<'a> Unfolded<'a> {
    /// No nodes yet; `facts` are those of the input and the stored tensors.
    pub(crate) fn new(
        opset: i64,
        constants: &'a mut Vec<Constant>,
        facts: ValueFacts,
        limits: Limits,
    ) -> Self {
        let (nodes, tally, taken) = (Vec::new(), Tally::default(), HashSet::new());
        let names = constants.iter().enumerate();
        let places = names.map(|(place, constant)| (constant.name.clone(), place)).collect();
        let (numbers, asked) = (HashMap::new(), 0);
        Unfolded { opset, constants, places, nodes, facts, tally, taken, numbers, limits, asked }
    }

    /// Keeps new values from taking these names.
    pub(crate) fn reserve<'n>(&mut self, names: impl Iterator<Item = &'n String>) {
        self.taken.extend(names.cloned());
    }

    /// Adds a node.
    pub(crate) fn push(&mut self, node: Node) -> Result<(), ModelError> {
        budget::check_count(self.nodes.len().saturating_add(1), self.limits)?;
        self.tally.step(&node, self.opset, &mut self.facts)?;
        self.nodes.push(node);
        Ok(())
    }

    /// Stores a tensor under a name like this one.
    pub(crate) fn store(&mut self, name: &str, tensor: Tensor) -> String {
        let name = self.fresh(name.to_owned());
        self.facts.insert(name.clone(), Fact::of_stored(&tensor));
        self.places.insert(name.clone(), self.constants.len());
        self.constants.push(Constant { name: name.clone(), tensor });
        name
    }

    /// A name that nothing has.
    pub(crate) fn fresh(&mut self, wanted: String) -> String {
        let mut name = wanted.clone();
        // Counted on, so that many of one name are no more work than others.
        let mut number = self.numbers.get(&wanted).copied().unwrap_or(1);
        while self.facts.contains_key(&name) || self.taken.contains(&name) {
            number += 1;
            name = format!("{wanted}.{number}");
        }
        self.numbers.insert(wanted, number);
        self.taken.insert(name.clone());
        name
    }
}

/// One node that is being put in other words.
pub(crate) struct Part<'a, 'g> {
    /// Of its operator.
    name: &'static str,
    label: &'a str,
    inputs: &'a [Option<String>],
    outputs: &'a [Option<String>],
    graph: &'a mut Unfolded<'g>,
    /// The first node that belongs to it.
    first: usize,
    given: Vec<(usize, String)>,
}

impl<'a, 'g> Part<'a, 'g> {
    /// `name` is that of the operator.
    pub(crate) fn of<O>(
        node: &'a Node<O>,
        name: &'static str,
        graph: &'a mut Unfolded<'g>,
    ) -> Self {
        let first = graph.nodes.len();
        let (inputs, outputs) = (node.inputs.as_slice(), node.outputs.as_slice());
        Part { name, label: node.label(), inputs, outputs, graph, first, given: Vec::new() }
    }

    pub(crate) fn place(&self) -> GraphPlace {
        let (name, operator) = (self.label.to_owned(), self.name.to_owned());
        GraphPlace::Node { name, operator }
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

    /// The name of an output, where anything asks for it.
    pub(crate) fn output(&self, index: usize) -> Option<&'a str> {
        self.outputs.get(index).and_then(Option::as_deref)
    }

    /// The name of an input that may be left out.
    pub(crate) fn optional(&self, index: usize) -> Option<&'a str> {
        self.inputs.get(index).and_then(Option::as_deref)
    }

    /// The same, "" where it is left out: how a node is told so.
    pub(crate) fn or_none(&self, index: usize) -> &'a str {
        self.optional(index).unwrap_or_default()
    }

    /// The name of an input that must be there.
    pub(crate) fn input(&self, index: usize) -> Result<&'a str, ModelError> {
        self.optional(index).ok_or_else(|| self.bad(format!("input {index} is left out")))
    }

    /// The axes of a value.
    pub(crate) fn dims(&self, name: &str) -> Result<Vec<usize>, ModelError> {
        let fact = self.graph.facts.get(name);
        fact.map(|fact| fact.dims.clone()).ok_or_else(|| self.bad("one of its inputs is missing"))
    }

    /// The element type of a value.
    pub(crate) fn element(&self, name: &str) -> Option<ElementType> {
        self.graph.facts.get(name).and_then(|fact| fact.element)
    }

    /// The stored tensor of that name.
    pub(crate) fn stored(&self, name: &str) -> Option<&Tensor> {
        let place = self.graph.places.get(name)?;
        self.graph.constants.get(*place).map(|constant| &constant.tensor)
    }

    /// The elements of a value that is known before running.
    pub(crate) fn known(&self, name: &str) -> Option<&[f64]> {
        let known = self.graph.facts.get(name).and_then(|fact| fact.known.as_ref());
        known.map(|known| known.data.as_slice())
    }

    /// Axis `axis` of `rank`, counted from the end where it is negative.
    pub(crate) fn axis(&self, axis: i64, rank: usize) -> Result<usize, ModelError> {
        let shifted = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        let found = usize::try_from(shifted).ok().filter(|&axis| axis < rank);
        found.ok_or_else(|| self.bad(format!("axis {axis} is outside of {rank} axes")))
    }

    /// Asks for a tensor of so many numbers before it is made: all together must fit into the memory.
    pub(crate) fn ask(&mut self, elements: usize) -> Result<(), ModelError> {
        let bytes = (elements as u64).saturating_mul(8);
        self.graph.asked = self.graph.asked.saturating_add(bytes);
        if self.graph.asked <= self.graph.limits.memory {
            return Ok(());
        }
        let need = self.graph.asked.div_ceil(1 << 20);
        let what = format!("tables for it take {need} MiB; `--model-memory {need}M` allows that");
        Err(ModelError::too_large(self.place(), what))
    }

    /// Refuses inputs without elements.
    pub(crate) fn refuse_empty(&self) -> Result<(), ModelError> {
        let empty = |name: &String| self.dims(name).is_ok_and(|dims| dims.contains(&0));
        match self.inputs.iter().flatten().any(empty) {
            true => Err(self.bad("one of its inputs is empty")),
            false => Ok(()),
        }
    }

    /// Stores a tensor.
    pub(crate) fn constant(&mut self, tensor: Tensor) -> String {
        self.graph.store(&format!("{}/stored", self.label), tensor)
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

    /// Adds a node with one output, which it names. An input named "" is left out.
    pub(crate) fn add(&mut self, op: Op, inputs: &[&str]) -> Result<String, ModelError> {
        let names = self.add_some(op, inputs, vec![true])?;
        Ok(names.into_iter().flatten().next().unwrap_or_default())
    }

    /// Adds a node with some of its outputs. An input named "" is left out.
    pub(crate) fn add_some(
        &mut self,
        op: Op,
        inputs: &[&str],
        outputs: Vec<bool>,
    ) -> Result<Vec<Option<String>>, ModelError> {
        let label = format!("{}/{}", self.label, op.name());
        let name = self.graph.fresh(label.clone());
        let output = |asked: bool| asked.then(|| self.graph.fresh(label.clone()));
        let mut outputs: Vec<Option<String>> = outputs.into_iter().map(output).collect();
        while outputs.last().is_some_and(Option::is_none) {
            outputs.pop();
        }
        let named = |&name: &&str| (!name.is_empty()).then(|| name.to_owned());
        let mut inputs: Vec<Option<String>> = inputs.iter().map(named).collect();
        while inputs.last().is_some_and(Option::is_none) {
            inputs.pop();
        }
        self.graph.push(Node { name, op, inputs, outputs: outputs.clone() })?;
        Ok(outputs)
    }

    pub(crate) fn unary(&mut self, unary: Unary, x: &str) -> Result<String, ModelError> {
        self.add(Op::Unary(unary), &[x])
    }

    pub(crate) fn binary(
        &mut self,
        binary: Binary,
        a: &str,
        b: &str,
    ) -> Result<String, ModelError> {
        self.add(Op::Binary(binary), &[a, b])
    }

    /// The same elements in another shape.
    pub(crate) fn reshape(&mut self, x: &str, dims: &[usize]) -> Result<String, ModelError> {
        let dims: Vec<i64> = dims.iter().map(|&dim| dim as i64).collect();
        let dims = self.integers(&dims);
        self.add(Op::Reshape { allow_zero: false }, &[x, &dims])
    }

    pub(crate) fn transpose(&mut self, x: &str, perm: &[usize]) -> Result<String, ModelError> {
        let perm = perm.iter().map(|&axis| axis as i64).collect();
        self.add(Op::Transpose { perm: Some(perm) }, &[x])
    }

    /// One number out of many along axes, which stay with length 1.
    pub(crate) fn reduce(
        &mut self,
        reduction: Reduction,
        x: &str,
        axes: &[usize],
    ) -> Result<String, ModelError> {
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

    /// These axes of a value, all of them where none are named.
    pub(crate) fn axes(&self, x: &str, axes: &[i64]) -> Result<Vec<usize>, ModelError> {
        let rank = self.dims(x)?.len();
        match axes {
            [] => Ok((0..rank).collect()),
            axes => axes.iter().map(|&axis| self.axis(axis, rank)).collect(),
        }
    }

    /// The same elements without axes of length 1.
    pub(crate) fn without(&mut self, x: &str, axes: &[usize]) -> Result<String, ModelError> {
        let dims = self.dims(x)?;
        let kept = dims.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        let kept: Vec<usize> = kept.map(|(_, &dim)| dim).collect();
        self.reshape(x, &kept)
    }

    /// Says that the value is this output.
    pub(crate) fn give(&mut self, index: usize, value: String) {
        self.given.push((index, value));
    }

    /// Says that this output is a stored tensor.
    pub(crate) fn give_stored(&mut self, index: usize, tensor: Tensor) {
        let Some(name) = self.output(index).map(str::to_owned) else { return };
        let Unfolded { facts, places, constants, .. } = &mut *self.graph;
        facts.insert(name.clone(), Fact::of_stored(&tensor));
        places.insert(name.clone(), constants.len());
        constants.push(Constant { name, tensor });
    }

    /// Gives the outputs their names.
    pub(crate) fn finish(mut self) -> Result<(), ModelError> {
        for (index, value) in std::mem::take(&mut self.given) {
            let Some(name) = self.outputs.get(index).and_then(Option::as_deref) else { continue };
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
        let asked = self.outputs.iter().flatten();
        match asked.clone().find(|name| !self.graph.facts.contains_key(*name)) {
            Some(_) => Err(self.bad("it has more outputs than are supported")),
            None => Ok(()),
        }
    }
}
