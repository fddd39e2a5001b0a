//! Which of a model's inputs takes windows, and which are the noise of a variational autoencoder.
//!
//! All that the file declares goes in; the input for windows comes out, and the shapes of the others.
//! What is not plainly noise is refused: a mask or a condition must not become zeros without a word.

use std::collections::{HashMap, HashSet};

use super::input::{self, WindowAxis};
use crate::graph::error::{GraphPlace, ModelError, shown};
use crate::graph::op::{Binary, Composite, Op, Unary, Written};
use crate::graph::options::FreeAxes;
use crate::graph::parts::{Batch, Constant, GraphInput, Node};
use crate::graph::proto::ValueInfoProto;

/// Words that a name of noise has in it.
const WORDS: [&str; 5] = ["eps", "epsilon", "noise", "gaussian", "znoise"];

/// Inputs of a file, at most.
const MOST: usize = 64;

/// An input that the file wants filled with standard normal noise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoiseInput {
    pub name: String,
    /// For a free batch those of one window.
    pub dims: Vec<usize>,
}

/// The input for windows, and those for noise.
pub(crate) fn inputs(
    inputs: &[ValueInfoProto],
    constants: &[Constant],
    nodes: &[Node<Written>],
    free: Option<FreeAxes>,
) -> Result<(GraphInput, Vec<NoiseInput>), ModelError> {
    let stored: HashSet<&str> = constants.iter().map(|constant| constant.name.as_str()).collect();
    let open = || inputs.iter().filter(|input| !stored.contains(input.name.as_str()));
    if open().count() < 2 {
        let Some(only) = open().next() else {
            return Err(ModelError::invalid(GraphPlace::File, "it has no input for a window"));
        };
        return Ok((input::declared(only, free)?, Vec::new()));
    }
    if open().count() > MOST {
        let what = format!("it has more than {MOST} inputs, but windows are all there is");
        return Err(ModelError::unsupported(GraphPlace::File, what));
    }
    let flow = Flow::of(nodes, &stored);
    let mut others = open().filter(|input| !is_named(&input.name) && !flow.is_noise(&input.name));
    let or_else = open().find(|input| !is_named(&input.name)).or_else(|| open().next());
    let Some(windows) = others.next().or(or_else) else {
        return Err(ModelError::invalid(GraphPlace::File, "it has no input for a window"));
    };
    if let Some(second) = others.next() {
        let what = format!(
            "besides `{}` the model needs this, but windows are all there is, and it does not look \
             like the noise of a variational autoencoder: such an input is multiplied by a deviation \
             and added to a mean, or named `eps` or `noise`. Export the model without it",
            shown(&windows.name)
        );
        return Err(ModelError::unsupported(GraphPlace::Input(second.name.clone()), what));
    }
    let window = input::declared(windows, free)?;
    let noise = open().filter(|input| input.name != windows.name);
    let noise = noise.map(|input| shape(input, windows, &window)).collect::<Result<_, _>>()?;
    Ok((window, noise))
}

/// Whether the name of an input has a word in it that says noise.
fn is_named(name: &str) -> bool {
    let word = |word: &str| WORDS.contains(&word.to_ascii_lowercase().as_str());
    name.split(|c: char| !c.is_ascii_alphabetic()).any(word)
}

/// Where values go.
struct Flow<'a> {
    /// The node that reads a value; `None` where there are several.
    readers: HashMap<&'a str, Option<&'a Node<Written>>>,
    /// Values that are the same in each run.
    known: HashSet<&'a str>,
    nodes: usize,
}

impl<'a> Flow<'a> {
    fn of(nodes: &'a [Node<Written>], stored: &HashSet<&'a str>) -> Self {
        let mut readers: HashMap<&str, Option<&Node<Written>>> = HashMap::new();
        for node in nodes {
            let inputs: HashSet<&str> = node.inputs.iter().flatten().map(String::as_str).collect();
            for input in inputs {
                readers.entry(input).and_modify(|reader| *reader = None).or_insert(Some(node));
            }
        }
        let constants = nodes.iter().filter(|node| matches!(node.op, Written::Op(Op::Constant(_))));
        let known = constants.filter_map(|node| node.output(0)).chain(stored.iter().copied());
        Self { readers, known: known.collect(), nodes: nodes.len() }
    }

    /// Whether all that reads a value is a product with something computed, whose result goes into a
    /// sum: `mean + deviation * noise`.
    fn is_noise(&self, name: &str) -> bool {
        let (mut value, mut scaled) = (name, false);
        // One step forward at a time; a chain is never longer than the graph.
        for _ in 0..self.nodes {
            let Some(&Some(reader)) = self.readers.get(value) else { return false };
            let mut others = reader.inputs.iter().flatten().filter(|input| *input != value);
            let computed = others.any(|other| !self.known.contains(other.as_str()));
            match step(&reader.op) {
                Some(Step::Product) => scaled |= computed,
                Some(Step::Sum) => return scaled && computed,
                Some(Step::Same) => {}
                None => return false,
            }
            let Some(next) = reader.output(0) else { return false };
            value = next;
        }
        false
    }
}

/// What noise goes through.
enum Step {
    Product,
    Sum,
    /// The same numbers in another form.
    Same,
}

fn step(op: &Written) -> Option<Step> {
    let binary = match op {
        Written::Op(Op::Binary(binary)) => binary,
        Written::Op(
            Op::Unary(Unary::Identity)
            | Op::Cast { .. }
            | Op::QuantizeLinear { .. }
            | Op::DequantizeLinear { .. },
        ) => return Some(Step::Same),
        Written::Composite(composite) => match &**composite {
            Composite::QLinearBinary(binary) => binary,
            _ => return None,
        },
        Written::Op(_) => return None,
    };
    match binary {
        Binary::Mul => Some(Step::Product),
        Binary::Add => Some(Step::Sum),
        _ => None,
    }
}

/// The shape of a noise: its batch is that of the windows, and a free axis is as long as the axis of
/// the window that has its name.
fn shape(
    noise: &ValueInfoProto,
    windows: &ValueInfoProto,
    window: &GraphInput,
) -> Result<NoiseInput, ModelError> {
    let place = || GraphPlace::Input(noise.name.clone());
    let unknown = || {
        let what = "it is noise, but its shape is not known: export it with fixed axes after the \
                    first (the batch), or export the mean (mu) instead of a sample";
        ModelError::unsupported(place(), what)
    };
    let axes = input::dims(noise)?.ok_or_else(unknown)?;
    let named: Vec<WindowAxis<'_>> =
        input::dims(windows)?.unwrap_or_default().iter().map(WindowAxis::of).collect();
    let lengths = window.dims();
    let dims = axes.iter().enumerate().map(|(at, axis)| match WindowAxis::of(axis) {
        WindowAxis::Fixed(length) if length > 0 => Some(length),
        WindowAxis::Free(_) if at == 0 => match window.batch {
            Batch::Any => Some(1),
            Batch::Fixed(count) => Some(count),
        },
        WindowAxis::Free(name) if !name.is_empty() => {
            let same =
                |axis: &WindowAxis<'_>| matches!(axis, WindowAxis::Free(own) if *own == name);
            named.iter().position(same).and_then(|at| lengths.get(at).copied())
        }
        _ => None,
    });
    let dims = dims.collect::<Option<Vec<usize>>>().ok_or_else(unknown)?;
    Ok(NoiseInput { name: noise.name.clone(), dims })
}
