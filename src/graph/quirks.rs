//! What the engine (tract 0.23.9) would get wrong without a word: refused here, node by node.
//!
//! - Recurrent layers: a sequence that runs backwards only, activations other than the usual ones,
//!   coupled gates, the batch-first layout, sequence lengths.
//! - Celu: its alpha divides but does not multiply.
//! - Between a dequantisation and the next quantisation the engine puts a table with one entry for
//!   each of the 256 numbers. That is right for operators that work element by element and stay in
//!   one type; Softmax and its kin, and a change from unsigned to signed, come out wrong.

use std::collections::HashMap;

use super::error::ModelError;
use super::op::{Direction, Op, Reach, RecurrentAttributes, RecurrentCell};
use super::parts::{Constant, Node};
use super::tensor::ElementType;

/// Element types of the stored tensors.
type Stored<'a> = HashMap<&'a str, ElementType>;

/// Refuses what would run, but wrongly.
pub(crate) fn check(nodes: &[Node], constants: &[Constant]) -> Result<(), ModelError> {
    let stored: Stored<'_> = constants
        .iter()
        .map(|constant| (constant.name.as_str(), constant.tensor.element))
        .collect();
    let producers: HashMap<&str, &Node> = nodes
        .iter()
        .flat_map(|node| node.outputs.iter().flatten().map(move |out| (out.as_str(), node)))
        .collect();
    for node in nodes {
        let refused = |what: &str| Err(ModelError::unsupported(node.place(), what));
        match &node.op {
            Op::Recurrent(said) => recurrent(node, said)?,
            Op::BatchNormalization { training: true, .. } => {
                return refused("it is in training mode; export the model in eval mode");
            }
            Op::Celu { alpha } if *alpha != 1.0 => {
                return refused(
                    "an alpha other than 1 would give wrong results; train with an alpha of 1 or \
                     with Elu",
                );
            }
            Op::QuantizeLinear { .. } => requantised(node, &producers, &stored)?,
            _ => {}
        }
    }
    Ok(())
}

fn recurrent(node: &Node, said: &RecurrentAttributes) -> Result<(), ModelError> {
    let refused = |what: &str| Err(ModelError::unsupported(node.place(), what));
    if said.direction == Direction::Reverse {
        return refused("direction `reverse` would run forward; reverse its input instead");
    }
    if said.batch_first {
        return refused("layout 1 (batch first) is not supported; export with layout 0");
    }
    if said.cell == (RecurrentCell::Lstm { input_forget: true }) {
        return refused("coupled input and forget gates are not supported");
    }
    if node.input(4).is_some() {
        return refused("sequence lengths are not supported; every window is full");
    }
    let usual = said.cell.usual_activations();
    let differs = |said: &Vec<String>| {
        said.is_empty()
            || !said.iter().zip(usual.iter().cycle()).all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    if said.activations.as_ref().is_some_and(differs) {
        return refused("its activations are not the default ones, and only those are supported");
    }
    Ok(())
}

/// Walks from a quantisation back to the dequantisation before it, if only single-input operators
/// lie between.
fn requantised(
    quantise: &Node,
    producers: &HashMap<&str, &Node>,
    stored: &Stored<'_>,
) -> Result<(), ModelError> {
    let zero_point = |node: &Node| match node.inputs.get(2) {
        None => Some(ElementType::U8),
        Some(name) => name.as_ref().and_then(|name| stored.get(name.as_str()).copied()),
    };
    let is_stored = |name: &str| stored.contains_key(name);
    let mut mixing: Option<&Node> = None;
    let mut name = quantise.input(0);
    // As many steps as there can be nodes; names are unique, so this cannot go round.
    while let Some(node) = name.and_then(|name| producers.get(name)) {
        if matches!(node.op, Op::DequantizeLinear { .. }) {
            if let Some(mixing) = mixing {
                let what = "between dequantisation and quantisation it would be run element by \
                            element; leave this operator out of the quantisation";
                return Err(ModelError::unsupported(mixing.place(), what));
            }
            let constant = node.input(0).is_some_and(is_stored);
            if !constant && zero_point(node) != zero_point(quantise) {
                let what = "it changes the type of what was dequantised just before, which would \
                            give wrong results; quantise all activations to one type";
                return Err(ModelError::unsupported(quantise.place(), what));
            }
            return Ok(());
        }
        let parameters = node.inputs.iter().skip(1);
        let alone = parameters.map(Option::as_deref).all(|name| name.is_some_and(is_stored));
        match node.op.reach() {
            Reach::Place if alone => {}
            Reach::Window | Reach::Axes if alone => mixing = Some(node),
            _ => return Ok(()),
        }
        name = node.input(0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::op::Unary;
    use crate::graph::tensor::Tensor;

    fn node(op: Op, inputs: &[&str], output: &str) -> Node {
        Node {
            name: format!("the_{}", op.name()),
            op,
            inputs: inputs.iter().map(|&name| Some(name.into())).collect(),
            outputs: vec![Some(output.into())],
        }
    }

    fn zero(name: &str, element: ElementType) -> Constant {
        Constant { name: name.into(), tensor: Tensor { element, ..Tensor::zero() } }
    }

    fn chain(middle: Op, to: ElementType) -> Result<(), ModelError> {
        let nodes = [
            node(Op::DequantizeLinear { axis: 1 }, &["q", "s", "z1"], "a"),
            node(middle, &["a"], "b"),
            node(Op::QuantizeLinear { axis: 1 }, &["b", "s", "z2"], "c"),
        ];
        check(&nodes, &[zero("z1", ElementType::U8), zero("z2", to), zero("s", ElementType::F32)])
    }

    #[test]
    fn softmax_between_dequantise_and_quantise_is_refused_by_name() {
        let relu = || Op::Unary(Unary::Relu);
        assert!(chain(relu(), ElementType::U8).is_ok());
        let softmax = chain(Op::Softmax { axis: 1 }, ElementType::U8);
        assert!(softmax.is_err_and(|e| e.to_string().contains("the_Softmax")));
        assert!(chain(Op::LogSoftmax { axis: 1 }, ElementType::U8).is_err());
        let changed = chain(relu(), ElementType::I8);
        assert!(changed.is_err_and(|e| e.to_string().contains("the_QuantizeLinear")));
    }

    #[test]
    fn celu_is_run_with_an_alpha_of_one_only() {
        let with = |alpha: f32| check(&[node(Op::Celu { alpha }, &["x"], "y")], &[]);
        assert!(with(1.0).is_ok());
        assert!(with(0.7).is_err_and(|e| e.to_string().contains("the_Celu")));
    }

    #[test]
    fn recurrent_layers_that_would_run_wrongly_are_refused() {
        let with = |direction: Direction, activations: Option<&str>| {
            let lstm = Op::Recurrent(RecurrentAttributes {
                cell: RecurrentCell::Lstm { input_forget: false },
                direction,
                hidden_size: None,
                activations: activations.map(|name| vec![name.into()]),
                batch_first: false,
            });
            check(&[node(lstm, &["x"], "y")], &[])
        };
        assert!(with(Direction::Forward, None).is_ok());
        let reverse = with(Direction::Reverse, None);
        assert!(reverse.is_err_and(|e| e.to_string().contains("the_LSTM")));
        assert!(with(Direction::Forward, Some("Relu")).is_err());
    }
}
