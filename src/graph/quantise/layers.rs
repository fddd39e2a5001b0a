//! The layers of a plain graph whose weights can be of 8 bits, and how they hang together.
//!
//! A graph goes in; its matrix products and convolutions with stored weights come out, in order, with
//! where their numbers come from and go to; and those that cannot be quantised, with the reason.

use std::collections::{HashMap, HashSet};

use super::flow::{behind_relu, makers, open, root, scales};
use super::names::Names;
use super::plain::readers;
use crate::graph::error::shown;
use crate::graph::fact::Fact;
use crate::graph::op::Op;
use crate::graph::parts::{Graph, Node};
use crate::graph::tensor::{ElementType, Tensor, volume};

/// What a layer does with its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerKind {
    Gemm,
    MatMul,
    Conv,
    ConvTranspose,
}

/// A layer with stored weights.
#[derive(Clone, Debug)]
pub(crate) struct LinearLayer {
    /// Its name in the file, for people.
    pub name: String,
    pub kind: LayerKind,
    /// Its place among the graph's nodes.
    pub node: usize,
    /// Axes of the weights.
    pub dims: Vec<usize>,
    pub weights: Vec<f32>,
    /// The axis of the weights along which outputs lie, and the one along which inputs lie.
    pub out_axis: usize,
    pub in_axis: usize,
    /// Groups of channels that do not meet.
    pub groups: usize,
    /// A number an output.
    pub bias: Option<Vec<f32>>,
    /// The value that it reads.
    pub input: String,
    /// The value whose range `input` has: what it was before its axes were moved about.
    pub root: String,
    /// What it gives, behind the Relu that belongs to it.
    pub output: String,
    /// Whether another layer reads what becomes of `output`.
    pub inner: bool,
}

impl LinearLayer {
    /// Numbers along the output axis of the weights.
    pub(crate) fn outputs(&self) -> usize {
        self.dims.get(self.out_axis).copied().unwrap_or(0)
    }

    /// Numbers along the input axis of the weights.
    pub(crate) fn inputs(&self) -> usize {
        self.dims.get(self.in_axis).copied().unwrap_or(0)
    }

    /// The place along `axis` of the weight at this place.
    pub(crate) fn along(&self, axis: usize, at: usize) -> usize {
        let after: usize = self.dims.iter().skip(axis + 1).product();
        at / after.max(1) % self.dims.get(axis).copied().unwrap_or(1).max(1)
    }
}

/// A layer that cannot be quantised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub name: String,
    pub reason: &'static str,
}

/// All layers of a graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Linears {
    pub layers: Vec<LinearLayer>,
    pub left_out: Vec<LeftOut>,
    /// Layers with nothing between them but what scales with its input: what comes out of the first is
    /// read by the second alone.
    pub pairs: Vec<(usize, usize)>,
    /// Whether each layer reads what grows with the input as far as that goes, for nothing bends it: such a
    /// network extrapolates.
    pub linear: bool,
}

impl Linears {
    /// The layers of a graph in plain form.
    pub(crate) fn of(graph: &Graph) -> Self {
        let mut all = Self::default();
        let readers = readers(graph);
        let stored: HashMap<&str, &Tensor> =
            graph.constants.iter().map(|one| (one.name.as_str(), &one.tensor)).collect();
        let makers = makers(graph);
        for (place, node) in graph.nodes.iter().enumerate() {
            if !matches!(node.op, Op::Gemm(_) | Op::MatMul | Op::Conv(_) | Op::ConvTranspose { .. })
            {
                continue;
            }
            match layer(graph, (place, node), &stored) {
                Ok(mut layer) => {
                    layer.root = root(graph, &makers, &layer.input);
                    layer.output = behind_relu(graph, &readers, &layer.output);
                    all.layers.push(layer);
                }
                Err(reason) => all.left_out.push(LeftOut { name: shown(node.label()), reason }),
            }
        }
        let open = open(graph, &stored);
        all.linear = all.layers.iter().all(|layer| open.contains(&layer.input));
        all.find_inner(graph);
        all.find_pairs(graph, &readers);
        all
    }

    /// Puts weights and biases that have changed back into their graph.
    pub(crate) fn write_back(&self, graph: &mut Graph) {
        let mut names = Names::of(graph);
        let Graph { nodes, constants, facts, .. } = graph;
        let mut store = |wanted: &str, tensor: Tensor| {
            let fact = Fact::of_stored(&tensor);
            let name = names.store(constants, wanted, tensor);
            facts.insert(name.clone(), fact);
            Some(name)
        };
        for layer in &self.layers {
            let Some(node) = nodes.get_mut(layer.node) else { continue };
            let weights = store("weights", Tensor::floats(&layer.dims, &layer.weights));
            if let Some(input) = node.inputs.get_mut(1) {
                *input = weights;
            }
            if let (Some(bias), Some(input)) = (&layer.bias, node.inputs.get_mut(2)) {
                *input = store("bias", Tensor::floats(&[bias.len()], bias));
            }
        }
    }

    /// Whether a layer's output is on the way to another layer.
    fn find_inner(&mut self, graph: &Graph) {
        let places: HashSet<usize> = self.layers.iter().map(|layer| layer.node).collect();
        // Values that some layer needs; nodes are in order, so one walk backwards finds all.
        let mut needed: HashSet<&str> = HashSet::new();
        for (place, node) in graph.nodes.iter().enumerate().rev() {
            let wanted = node.outputs.iter().flatten().any(|name| needed.contains(name.as_str()));
            if wanted || places.contains(&place) {
                needed.extend(node.inputs.iter().flatten().map(String::as_str));
            }
        }
        for layer in &mut self.layers {
            layer.inner = needed.contains(layer.output.as_str());
        }
    }

    fn find_pairs(&mut self, graph: &Graph, readers: &HashMap<&str, usize>) {
        let by_input: HashMap<&str, usize> =
            self.layers.iter().enumerate().map(|(at, layer)| (layer.input.as_str(), at)).collect();
        for (at, layer) in self.layers.iter().enumerate() {
            let Some(node) = graph.nodes.get(layer.node) else { continue };
            let Some(mut value) = node.output(0) else { continue };
            // At most two nodes lie between: a Relu and an Identity.
            for _ in 0..3 {
                if readers.get(value) != Some(&1) || graph.outputs.iter().any(|out| out == value) {
                    break;
                }
                if let Some(&next) = by_input.get(value) {
                    let second = self.layers.get(next);
                    let fits = second.is_some_and(|second| {
                        second.groups == 1
                            && layer.groups == 1
                            && second.inputs() == layer.outputs()
                            && second.kind.moves_channels() == layer.kind.moves_channels()
                    });
                    if fits {
                        self.pairs.push((at, next));
                    }
                    break;
                }
                let reads = |node: &&Node| node.inputs.iter().flatten().any(|name| name == value);
                let Some(next) = graph.nodes.iter().find(reads).filter(|node| scales(&node.op))
                else {
                    break;
                };
                let Some(given) = next.output(0) else { break };
                value = given;
            }
        }
    }
}

impl LayerKind {
    /// Whether its channels lie along the axis 1 of what it reads and gives, not along the last.
    fn moves_channels(self) -> bool {
        matches!(self, Self::Conv | Self::ConvTranspose)
    }
}

fn layer(
    graph: &Graph,
    (place, node): (usize, &Node),
    stored: &HashMap<&str, &Tensor>,
) -> Result<LinearLayer, &'static str> {
    let constant = |index: usize| node.input(index).and_then(|name| stored.get(name)).copied();
    let (Some(input), Some(weights)) = (node.input(0), constant(1)) else {
        return Err("its weights are not stored in the file");
    };
    if stored.contains_key(input) {
        return Err("what it multiplies is stored in the file");
    }
    if weights.element != ElementType::F32 {
        return Err("its weights are not f32");
    }
    let batch = graph.input.batch.count();
    if batch > 1 && graph.dims(input).is_none_or(|dims| dims.first() != Some(&batch)) {
        return Err("its windows do not lie along the first axis");
    }
    let (kind, out_axis, in_axis, groups) = match (&node.op, weights.dims.len()) {
        (Op::Gemm(gemm), 2) if !gemm.trans_a && gemm.alpha == 1.0 => {
            let out = usize::from(!gemm.trans_b);
            (LayerKind::Gemm, out, 1 - out, 1)
        }
        (Op::MatMul, 2) => (LayerKind::MatMul, 1, 0, 1),
        (Op::Conv(conv), 3..) => (LayerKind::Conv, 0, 1, conv.group),
        (Op::ConvTranspose { conv, .. }, 3..) => (LayerKind::ConvTranspose, 1, 0, conv.group),
        _ => return Err("its matrices are turned, scaled, or of more than two axes"),
    };
    let values = weights.to_f32().unwrap_or_default();
    if !values.iter().all(|weight| weight.is_finite()) {
        return Err("its weights are not finite");
    }
    let groups = usize::try_from(groups).unwrap_or(1);
    let spread = if kind == LayerKind::ConvTranspose { groups } else { 1 };
    let outputs = weights.dims.get(out_axis).copied().unwrap_or(0);
    let bias = match (node.input(2), constant(2)) {
        (None, _) => None,
        (Some(_), Some(bias)) if bias.element == ElementType::F32 => {
            let values = bias.to_f32().unwrap_or_default();
            let plain = !matches!(&node.op, Op::Gemm(gemm) if gemm.beta != 1.0);
            if values.len() != outputs * spread || bias.dims.len() != 1 || !plain {
                return Err("its bias is not one number an output");
            }
            Some(values)
        }
        _ => return Err("its bias is not stored in the file as f32"),
    };
    if values.is_empty() || outputs == 0 || volume(&weights.dims) != Some(values.len()) {
        return Err("it has no weights");
    }
    let output = node.output(0).unwrap_or_default().to_owned();
    Ok(LinearLayer {
        name: shown(node.label()),
        kind,
        node: place,
        dims: weights.dims.clone(),
        weights: values,
        out_axis,
        in_axis,
        groups,
        bias,
        input: input.to_owned(),
        root: String::new(),
        output,
        inner: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::ReadOptions;
    use crate::graph::quantise::plain;
    use crate::graph::write::{DeclaredValue, GraphWriter, int, value};

    /// Two layers with an activation between them, of windows of 2 x 3.
    fn two(activation: &str, outputs: Vec<DeclaredValue>) -> Linears {
        let mut graph = GraphWriter::new();
        graph.floats("w0", &[6, 4], [0.5; 24]);
        graph.floats("w1", &[4, 6], [0.25; 24]);
        graph.integers("shape", &[-1, 2, 3]);
        graph.node("Flatten", "flatten", &["input"], &["flat"], vec![int("axis", 1)]);
        graph.node("Gemm", "encode", &["flat", "w0"], &["latent"], vec![]);
        graph.node(activation, "bend", &["latent"], &["bent"], vec![]);
        graph.node("MatMul", "decode", &["bent", "w1"], &["out"], vec![]);
        graph.node("Reshape", "shape", &["out", "shape"], &["reconstruction"], vec![]);
        let file = graph.finish("two", value("input", &[2, 3]), outputs, ("test", "1"), "");
        let options = ReadOptions::default();
        Linears::of(&plain(Graph::from_bytes(&file).unwrap(), &options).unwrap())
    }

    #[test]
    fn layers_know_what_they_read_and_what_hangs_on_them() {
        let outputs = || vec![value("reconstruction", &[2, 3])];
        let linears = two("Relu", outputs());
        let [encode, decode] = linears.layers.as_slice() else { panic!("{linears:?}") };
        // Steps are those of the input, whose axes alone were moved; and lie behind the Relu.
        assert_eq!((encode.root.as_str(), encode.output.as_str()), ("input", "bent"));
        assert_eq!((decode.root.as_str(), decode.output.as_str()), ("bent", "out"));
        assert_eq!((encode.inner, decode.inner), (true, false));
        assert_eq!((encode.inputs(), encode.outputs(), decode.inputs()), (6, 4, 4));
        assert_eq!(linears.pairs, [(0, 1)]);
        assert!(!linears.linear);
        let bent = two("Tanh", outputs());
        assert!(bent.pairs.is_empty() && !bent.linear);
        assert_eq!(bent.layers[0].output, "latent");
        let straight = two("Identity", outputs());
        assert!(straight.linear);
        assert_eq!(
            (straight.pairs.as_slice(), straight.layers[1].root.as_str()),
            (&[(0, 1)][..], "latent")
        );
        // What others see of the latent must not change.
        let seen = two("Identity", vec![value("reconstruction", &[2, 3]), value("latent", &[4])]);
        assert!(seen.pairs.is_empty() && seen.linear);
    }
}
