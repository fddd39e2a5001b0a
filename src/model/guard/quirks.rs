//! What the engine (tract 0.23.9) would get wrong without a word: refused here, node by node.
//!
//! - Recurrent layers: a sequence that runs backwards only, activations other than the usual ones,
//!   coupled gates, the batch-first layout, sequence lengths.
//! - Celu: its alpha divides but does not multiply.
//! - Between a dequantisation and the next quantisation the engine puts a table with one entry for
//!   each of the 256 numbers. That is right for operators that work element by element and stay in
//!   one type; Softmax and its kin, and a change from unsigned to signed, come out wrong.

use std::collections::HashMap;

use tract_onnx::pb::{GraphProto, NodeProto};

use super::fact::{At, place};
use super::operators::{self, Rule};
use crate::model::error::ModelError;

const UINT8: i32 = 2;

/// Refuses what would run, but wrongly.
pub(crate) fn check(graph: &GraphProto, opset: i64) -> Result<(), ModelError> {
    let types: HashMap<&str, i32> =
        graph.initializer.iter().map(|stored| (stored.name.as_str(), stored.data_type)).collect();
    let producers: HashMap<&str, &NodeProto> = graph
        .node
        .iter()
        .flat_map(|node| node.output.iter().map(move |output| (output.as_str(), node)))
        .collect();
    for node in &graph.node {
        let at = At { node, inputs: Vec::new(), opset };
        match node.op_type.as_str() {
            "LSTM" | "GRU" | "RNN" => recurrent(&at)?,
            "BatchNormalization" if at.flag("training_mode")? => {
                return Err(at.unsupported("it is in training mode; export the model in eval mode"));
            }
            "Celu" if node.attribute.iter().any(|alpha| alpha.f != 1.0) => {
                return Err(at.unsupported("an alpha other than 1 would be run wrongly; train with an alpha of 1 or with Elu"));
            }
            "QuantizeLinear" => requantised(node, &producers, &types)?,
            _ => {}
        }
    }
    Ok(())
}

fn recurrent(at: &At<'_>) -> Result<(), ModelError> {
    let direction = at.text("direction")?.unwrap_or_else(|| "forward".into());
    if direction != "forward" && direction != "bidirectional" {
        return Err(
            at.unsupported("direction `reverse` would run forward; reverse its input instead")
        );
    }
    if at.int("layout", 0)? != 0 {
        return Err(at.unsupported("layout 1 (batch first) is not supported; export with layout 0"));
    }
    if at.int("input_forget", 0)? != 0 {
        return Err(at.unsupported("coupled input and forget gates are not supported"));
    }
    if at.node.input.get(4).is_some_and(|name| !name.is_empty()) {
        return Err(at.unsupported("sequence lengths are not supported; every window is full"));
    }
    let usual: &[&[u8]] = match at.node.op_type.as_str() {
        "LSTM" => &[b"Sigmoid", b"Tanh", b"Tanh"],
        "GRU" => &[b"Sigmoid", b"Tanh"],
        _ => &[b"Tanh"],
    };
    let said = at.node.attribute.iter().find(|attribute| attribute.name == "activations");
    let differs = |said: &tract_onnx::pb::AttributeProto| {
        said.strings.is_empty()
            || !said
                .strings
                .iter()
                .zip(usual.iter().cycle())
                .all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    if said.is_some_and(differs) {
        return Err(at.unsupported("its activations are not the usual ones, which alone are run"));
    }
    Ok(())
}

/// Walks from a quantisation back to the dequantisation before it, if only single-input operators
/// lie between.
fn requantised(
    quantise: &NodeProto,
    producers: &HashMap<&str, &NodeProto>,
    types: &HashMap<&str, i32>,
) -> Result<(), ModelError> {
    let zero_point = |node: &NodeProto| {
        node.input.get(2).map_or(Some(UINT8), |name| types.get(name.as_str()).copied())
    };
    let mut mixing: Option<&NodeProto> = None;
    let mut name = quantise.input.first();
    // As many steps as there can be nodes; names are unique, so this cannot go round.
    while let Some(node) = name.and_then(|name| producers.get(name.as_str())) {
        if node.op_type == "DequantizeLinear" {
            if let Some(mixing) = mixing {
                let what = "between dequantisation and quantisation it would be run element by \
                            element; leave this operator out of the quantisation";
                return Err(ModelError::unsupported(place(mixing), what));
            }
            let constant = node.input.first().is_some_and(|data| types.contains_key(data.as_str()));
            if !constant && zero_point(node) != zero_point(quantise) {
                let what = "it changes the type of what was dequantised just before, which would \
                            be run wrongly; quantise all activations to one type";
                return Err(ModelError::unsupported(place(quantise), what));
            }
            return Ok(());
        }
        let alone = node.input.iter().skip(1).all(|input| types.contains_key(input.as_str()));
        match operators::find(&node.op_type).map(|operator| operator.rule) {
            Some(Rule::Same | Rule::Reduce | Rule::Broadcast) if alone => {
                if !elementwise(&node.op_type) {
                    mixing = Some(node);
                }
            }
            _ => return Ok(()),
        }
        name = node.input.first();
    }
    Ok(())
}

fn elementwise(operator: &str) -> bool {
    !operator.contains("ormalization")
        && !operator.contains("Softmax")
        && !operator.starts_with("Reduce")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tract_onnx::pb::attribute_proto::AttributeType;
    use tract_onnx::pb::{AttributeProto, TensorProto};

    fn node(op: &str, inputs: &[&str], output: &str) -> NodeProto {
        NodeProto {
            op_type: op.into(),
            name: format!("the_{op}"),
            input: inputs.iter().map(|&name| name.into()).collect(),
            output: vec![output.into()],
            ..NodeProto::default()
        }
    }

    fn zero(name: &str, data_type: i32) -> TensorProto {
        TensorProto { name: name.into(), data_type, ..TensorProto::default() }
    }

    fn chain(middle: &str, to: i32) -> Result<(), ModelError> {
        let graph = GraphProto {
            node: vec![
                node("DequantizeLinear", &["q", "s", "z1"], "a"),
                node(middle, &["a"], "b"),
                node("QuantizeLinear", &["b", "s", "z2"], "c"),
            ],
            initializer: vec![zero("z1", 2), zero("z2", to), zero("s", 1)],
            ..GraphProto::default()
        };
        check(&graph, 17)
    }

    #[test]
    fn softmax_between_dequantise_and_quantise_is_refused_by_name() {
        assert!(chain("Relu", 2).is_ok());
        assert!(chain("Softmax", 2).is_err_and(|e| e.to_string().contains("the_Softmax")));
        assert!(chain("LogSoftmax", 2).is_err());
        assert!(chain("Relu", 3).is_err_and(|e| e.to_string().contains("the_QuantizeLinear")));
    }

    #[test]
    fn celu_is_run_with_an_alpha_of_one_only() {
        let with = |f: f32| {
            let alpha = AttributeProto { name: "alpha".into(), f, ..AttributeProto::default() };
            let celu = NodeProto { attribute: vec![alpha], ..node("Celu", &["x"], "y") };
            check(&GraphProto { node: vec![celu], ..GraphProto::default() }, 17)
        };
        assert!(with(1.0).is_ok());
        assert!(with(0.7).is_err_and(|e| e.to_string().contains("the_Celu")));
    }

    #[test]
    fn recurrent_layers_that_would_run_wrongly_are_refused() {
        let with = |name: &str, text: &str| {
            let attribute = AttributeProto {
                name: name.into(),
                r#type: AttributeType::String as i32,
                s: text.into(),
                strings: vec![text.into()],
                ..AttributeProto::default()
            };
            let lstm = NodeProto { attribute: vec![attribute], ..node("LSTM", &["x"], "y") };
            check(&GraphProto { node: vec![lstm], ..GraphProto::default() }, 17)
        };
        assert!(with("direction", "forward").is_ok());
        assert!(with("direction", "reverse").is_err_and(|e| e.to_string().contains("the_LSTM")));
        assert!(with("activations", "Relu").is_err());
    }
}
