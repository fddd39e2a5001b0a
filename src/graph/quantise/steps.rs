//! Puts steps of 8 bits into a graph: QuantizeLinear and DequantizeLinear around its layers, as every
//! runtime fuses them to integer arithmetic.
//!
//! Weights are stored as i8 with a scale an output, biases as i32 with the product of the scales of input
//! and weights. What a layer reads is quantised before it, what it gives behind its Relu; whoever reads
//! that then reads the steps.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::layers::{LinearLayer, Linears};
use super::names::Names;
use crate::graph::error::{GraphPlace, ModelError};
use crate::graph::op::Op;
use crate::graph::parts::{Constant, Graph, Node};
use crate::graph::store;
use crate::graph::tensor::{ElementType, Tensor};

/// The steps of a value: `q = clip(round(x / scale) + zero_point, 0, 255)`, rounded half to even.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ActivationSteps {
    pub scale: f32,
    pub zero_point: u8,
}

/// The numbers of a quantised layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LayerSteps {
    /// As the layer's weights lie.
    pub weights: Vec<i8>,
    /// A scale an output.
    pub scales: Vec<f32>,
    /// Each with its scale.
    pub bias: Option<Vec<(i32, f32)>>,
}

/// The file of the graph with these layers, by their places, in steps; `values` are those of what they
/// read (by its root) and give.
///
/// # Errors
/// When steps are missing, or the graph cannot be written.
pub(crate) fn with_steps(
    graph: &Graph,
    linears: &Linears,
    chosen: &BTreeMap<usize, LayerSteps>,
    values: &BTreeMap<String, ActivationSteps>,
) -> Result<Vec<u8>, ModelError> {
    let mut writer = Writer {
        names: Names::of(graph),
        constants: graph.constants.clone(),
        nodes: Vec::new(),
        readable: HashMap::new(),
    };
    let layers = || chosen.keys().filter_map(|&at| linears.layers.get(at));
    let of = |value: &str| values.get(value).copied();
    let missing = |value: &str| {
        ModelError::invalid(GraphPlace::Tensor(value.to_owned()), "nothing is known of its range")
    };
    // What layers give is read as steps by everybody, what they only read by them alone.
    let given: HashMap<&str, ActivationSteps> = layers()
        .filter_map(|layer| of(&layer.output).map(|steps| (layer.output.as_str(), steps)))
        .collect();
    let read: HashSet<&str> = layers().map(|layer| layer.input.as_str()).collect();
    let mut wanted: HashMap<&str, ActivationSteps> = HashMap::new();
    for layer in layers() {
        if !given.contains_key(layer.input.as_str()) {
            let steps = of(&layer.root).ok_or_else(|| missing(&layer.root))?;
            wanted.insert(&layer.input, steps);
        }
    }
    if read.contains(graph.input.name.as_str()) {
        writer.read_as_steps(&graph.input.name, &wanted);
    }
    let by_node: HashMap<usize, (&LinearLayer, &LayerSteps)> = chosen
        .iter()
        .filter_map(|(&at, steps)| linears.layers.get(at).map(|layer| (layer.node, (layer, steps))))
        .collect();
    for (place, node) in graph.nodes.iter().enumerate() {
        let mut node = node.clone();
        if let Some((layer, steps)) = by_node.get(&place) {
            writer.quantise(&mut node, layer, steps);
        }
        // The steps get the name, so that outputs of the graph and readers find them.
        let mut behind = Vec::new();
        for name in node.outputs.iter_mut().flatten() {
            let value = name.clone();
            if let Some(&steps) = given.get(value.as_str()) {
                *name = writer.names.fresh(&format!("{value}.f32"));
                behind.push((name.clone(), value, Some(steps)));
            } else if read.contains(value.as_str()) {
                behind.push((String::new(), value, None));
            }
        }
        writer.nodes.push(node);
        for (float, value, steps) in behind {
            match steps {
                Some(steps) => writer.steps(&float, &value, &value, steps),
                None => writer.read_as_steps(&value, &wanted),
            }
        }
    }
    let Writer { constants, nodes, .. } = writer;
    let mut graph = Graph { constants, nodes, ..graph.clone() };
    let outputs = graph.outputs.clone();
    crate::graph::rewrite::keep_needed(&mut graph, &outputs);
    store::store(&graph)
}

struct Writer {
    names: Names,
    constants: Vec<Constant>,
    nodes: Vec<Node>,
    /// The steps of values that keep their name, for those who read them.
    readable: HashMap<String, String>,
}

impl Writer {
    /// Adds the steps of a value beside it.
    fn read_as_steps(&mut self, value: &str, wanted: &HashMap<&str, ActivationSteps>) {
        let Some(&steps) = wanted.get(value) else { return };
        let name = self.names.fresh(&format!("{value}.steps"));
        self.steps(value, &name, value, steps);
        self.readable.insert(value.to_owned(), name);
    }

    /// Adds two nodes that give the steps of `from` as `to`.
    fn steps(&mut self, from: &str, to: &str, label: &str, steps: ActivationSteps) {
        let store = |writer: &mut Self, what: &str, tensor: Tensor| {
            Some(writer.names.store(&mut writer.constants, &format!("{label}.{what}"), tensor))
        };
        let scale = store(self, "scale", Tensor::floats(&[], &[steps.scale]));
        let zero = store(self, "zero_point", bytes(ElementType::U8, &[], vec![steps.zero_point]));
        let quantised = self.names.fresh(&format!("{label}.u8"));
        self.nodes.push(Node {
            name: self.names.fresh(&format!("{label}.quantise")),
            op: Op::QuantizeLinear { axis: 1, block: 0, to: None },
            inputs: vec![Some(from.to_owned()), scale.clone(), zero.clone()],
            outputs: vec![Some(quantised.clone())],
        });
        self.nodes.push(Node {
            name: self.names.fresh(&format!("{label}.dequantise")),
            op: Op::DequantizeLinear { axis: 1, block: 0 },
            inputs: vec![Some(quantised), scale, zero],
            outputs: vec![Some(to.to_owned())],
        });
    }

    /// Gives a layer's node its quantised weights and bias, and the steps of its input.
    fn quantise(&mut self, node: &mut Node, layer: &LinearLayer, steps: &LayerSteps) {
        let label = node.label().to_owned();
        let weights = steps.weights.iter().map(|&weight| weight as u8).collect();
        let weights = bytes(ElementType::I8, &layer.dims, weights);
        let zeros = bytes(ElementType::I8, &[steps.scales.len()], vec![0; steps.scales.len()]);
        let axis = layer.out_axis as i64;
        let read = self.stored(&format!("{label}.weights"), (weights, zeros), &steps.scales, axis);
        let input = self.readable.get(&layer.input).cloned();
        let mut inputs = vec![Some(input.unwrap_or_else(|| layer.input.clone())), Some(read)];
        if let Some(bias) = &steps.bias {
            let values = bias.iter().flat_map(|(value, _)| value.to_le_bytes()).collect();
            let scales: Vec<f32> = bias.iter().map(|(_, scale)| *scale).collect();
            let zeros = bytes(ElementType::I32, &[bias.len()], vec![0; 4 * bias.len()]);
            let values = bytes(ElementType::I32, &[bias.len()], values);
            inputs.push(Some(self.stored(&format!("{label}.bias"), (values, zeros), &scales, 0)));
        }
        node.inputs = inputs;
    }

    /// Stores numbers with a scale for each place along the axis; gives what dequantises them.
    fn stored(
        &mut self,
        label: &str,
        (values, zeros): (Tensor, Tensor),
        scales: &[f32],
        axis: i64,
    ) -> String {
        let element = if values.element == ElementType::I8 { "i8" } else { "i32" };
        let scale = Tensor::floats(&[scales.len()], scales);
        let mut store = |what: &str, tensor: Tensor| {
            Some(self.names.store(&mut self.constants, &format!("{label}.{what}"), tensor))
        };
        let inputs =
            vec![store(element, values), store("scale", scale), store("zero_point", zeros)];
        let given = self.names.fresh(label);
        self.nodes.push(Node {
            name: self.names.fresh(&format!("{label}.dequantise")),
            op: Op::DequantizeLinear { axis, block: 0 },
            inputs,
            outputs: vec![Some(given.clone())],
        });
        given
    }
}

fn bytes(element: ElementType, dims: &[usize], bytes: Vec<u8>) -> Tensor {
    Tensor { dims: dims.to_vec(), element, bytes }
}
