//! Walks the graph once, in order, and tells the shape of every value before anything runs.
//!
//! A checked graph and the shape of its input go in; the facts and the multiply-adds come out. A
//! model whose shapes cannot be told, or which would need too much memory or work, is refused: this
//! is what keeps a small file from asking for gigabytes.

use std::collections::HashMap;

use tract_onnx::pb::GraphProto;

use super::fact::{self, At, Fact};
use super::operators::{self, Rule};
use super::tensor::volume;
use super::{layers, reshaping, values};
use crate::model::error::{ModelError, Place};

/// Elements of all values of a run together.
const ALL_ELEMENTS: usize = 64 << 20;
/// Multiply-adds of a run.
const ALL_MACS: u64 = 1 << 30;

/// What is known of every value, by name, and the multiply-adds of a run.
pub(crate) struct Inferred {
    pub facts: HashMap<String, Fact>,
    pub macs: u64,
}

/// Tells all shapes. `facts` holds those of the input and of the stored tensors.
pub(crate) fn infer(
    graph: &GraphProto,
    opset: i64,
    mut facts: HashMap<String, Fact>,
) -> Result<Inferred, ModelError> {
    let (mut elements, mut macs) = (0usize, 0u64);
    for node in &graph.node {
        let inputs = node.input.iter().map(|name| facts.get(name)).collect();
        let at = At { node, inputs, opset };
        let (outputs, work) = outcome(&at)?;
        if outputs.len() < node.output.len() {
            return Err(at.bad("it has more outputs than its operator gives"));
        }
        macs = macs.saturating_add(work);
        for fact in &outputs {
            elements = elements.saturating_add(volume(&fact.dims).unwrap_or(usize::MAX));
        }
        if macs > ALL_MACS || elements > ALL_ELEMENTS {
            let what = format!(
                "up to here a window needs {macs} multiply-adds and {elements} values; \
                 the limits are {ALL_MACS} and {ALL_ELEMENTS}"
            );
            return Err(ModelError::too_large(at.place(), what));
        }
        let named = node.output.iter().zip(outputs).filter(|(name, _)| !name.is_empty());
        facts.extend(named.map(|(name, fact)| (name.clone(), fact)));
    }
    Ok(Inferred { facts, macs })
}

fn outcome(at: &At<'_>) -> layers::Outcome {
    let Some(operator) = operators::find(&at.node.op_type) else {
        return Err(at.unsupported("this operator is not supported"));
    };
    match operator.rule {
        Rule::Same => same(at),
        Rule::Broadcast => broadcast(at),
        Rule::DynamicQuantize => {
            let dims = at.shape(at.dims(0)?.to_vec())?;
            Ok((vec![Fact::of(dims), Fact::of(vec![]), Fact::of(vec![])], 0))
        }
        Rule::MatMul(left, right) => layers::matmul(at, left, right),
        Rule::Gemm => layers::gemm(at),
        Rule::Conv(weights) => layers::conv(at, weights),
        Rule::ConvTranspose => layers::conv_transpose(at),
        Rule::Pool => layers::pool(at),
        Rule::GlobalPool => layers::global_pool(at),
        Rule::Reduce => layers::reduce(at),
        Rule::Recurrent(gates) => layers::recurrent(at, gates),
        Rule::Reshape => reshaping::reshape(at),
        Rule::Flatten => reshaping::flatten(at),
        Rule::Squeeze => reshaping::squeeze(at),
        Rule::Unsqueeze => reshaping::unsqueeze(at),
        Rule::Transpose => reshaping::transpose(at),
        Rule::Concat => reshaping::concat(at),
        Rule::Split => reshaping::split(at),
        Rule::Slice => reshaping::slice(at),
        Rule::Gather => reshaping::gather(at),
        Rule::Pad => reshaping::pad(at),
        Rule::Tile => reshaping::tile(at),
        Rule::Expand => reshaping::expand(at),
        Rule::Resize => reshaping::resize(at),
        Rule::Constant => reshaping::constant(at),
        Rule::ConstantOfShape => reshaping::constant_of_shape(at),
        Rule::Range => reshaping::range(at),
        Rule::Shape => reshaping::shape(at),
        Rule::Size => {
            let elements = volume(at.dims(0)?).unwrap_or(usize::MAX);
            Ok((vec![Fact::integers(vec![], vec![elements as f64])], 0))
        }
    }
}

/// The first input's shape; the others are parameters that must fit into it.
fn same(at: &At<'_>) -> layers::Outcome {
    let dims = at.shape(at.dims(0)?.to_vec())?;
    for other in at.inputs.iter().skip(1).flatten() {
        let one_an_axis = matches!(other.dims.as_slice(), [length] if dims.contains(length));
        let single = volume(&other.dims) == Some(1);
        if !single && !one_an_axis && at.broadcast(&dims, &other.dims)? != dims {
            return Err(at.bad(format!("a parameter {:?} does not fit {dims:?}", other.dims)));
        }
    }
    normalised_axes(at, &dims)?;
    let value = values::elementwise(at, &dims);
    Ok((vec![Fact { dims, value }], 0))
}

/// Operators that work along axes must have them; the engine loops for ever on some that have not.
fn normalised_axes(at: &At<'_>, dims: &[usize]) -> Result<(), ModelError> {
    let (least, default) = match at.node.op_type.as_str() {
        "BatchNormalization" => (2, None),
        "InstanceNormalization" => (3, None),
        "LayerNormalization" | "LpNormalization" => (1, Some(-1)),
        "Softmax" | "LogSoftmax" => (1, Some(if at.opset < 13 { 1 } else { -1 })),
        // A single scale has no axis.
        "QuantizeLinear" | "DequantizeLinear" => {
            let single = at.optional(1).is_some_and(|scale| volume(&scale.dims) == Some(1));
            (0, (!single).then_some(1))
        }
        _ => return Ok(()),
    };
    if dims.len() < least {
        return Err(at.bad(format!("it needs {least} axes or more, its input is {dims:?}")));
    }
    match default {
        Some(default) => at.axis(at.int("axis", default)?, dims.len()).map(drop),
        None => Ok(()),
    }
}

fn broadcast(at: &At<'_>) -> layers::Outcome {
    let mut dims = at.dims(0)?.to_vec();
    for index in 1..at.inputs.len() {
        dims = at.broadcast(&dims, at.dims(index)?)?;
    }
    let dims = at.shape(dims)?;
    let value = values::elementwise(at, &dims);
    Ok((vec![Fact { dims, value }], 0))
}

/// The fact of a value that must be there.
pub(crate) fn fact<'a>(inferred: &'a Inferred, name: &str) -> Result<&'a Fact, ModelError> {
    let missing = || ModelError::invalid(Place::Output(name.to_owned()), "nothing computes it");
    inferred.facts.get(name).ok_or_else(missing)
}

/// Checks what a node says about itself: operator, arity, attributes.
pub(crate) fn check_node(node: &tract_onnx::pb::NodeProto, opset: i64) -> Result<(), ModelError> {
    let place = || fact::place(node);
    let standard = matches!(node.domain.as_str(), "" | "ai.onnx");
    let operator = operators::find(&node.op_type).filter(|_| standard);
    let Some(operator) = operator else {
        let what = "this operator is not supported; export with standard ONNX operators, without \
                    control flow, random numbers or vendor extensions";
        return Err(ModelError::unsupported(place(), what));
    };
    let counts = [(operator.inputs, node.input.len()), (operator.outputs, node.output.len())];
    for ((least, most), count) in counts {
        if !(least..=most).contains(&count) {
            return Err(ModelError::invalid(
                place(),
                "it has the wrong number of inputs or outputs",
            ));
        }
    }
    for (index, attribute) in node.attribute.iter().enumerate() {
        let name = attribute.name.as_str();
        let retired = operators::RETIRED
            .iter()
            .any(|&(op, attr, since)| op == operator.name && attr == name && opset >= since);
        if !operator.attributes.contains(&name) || retired {
            let what = format!(
                "attribute `{}` is not supported in operator set {opset}",
                crate::model::error::shown(name)
            );
            return Err(ModelError::unsupported(place(), what));
        }
        if node.attribute[..index].iter().any(|other| other.name == name) {
            return Err(ModelError::invalid(place(), format!("attribute `{name}` is given twice")));
        }
        let nested = attribute.g.is_some()
            || !attribute.graphs.is_empty()
            || !attribute.ref_attr_name.is_empty()
            || attribute.ints.len().max(attribute.floats.len()) > fact::SMALL;
        if nested {
            let what = format!("attribute `{name}` holds a graph, a reference or too long a list");
            return Err(ModelError::unsupported(place(), what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tract_onnx::pb::attribute_proto::AttributeType;
    use tract_onnx::pb::{AttributeProto, NodeProto};

    fn attribute(name: &str, ints: &[i64]) -> AttributeProto {
        AttributeProto {
            name: name.into(),
            r#type: AttributeType::Ints as i32,
            ints: ints.to_vec(),
            ..AttributeProto::default()
        }
    }

    /// The shape that `op` gives for inputs of these shapes; `shape` is a known last input.
    fn run(
        op: &str,
        inputs: &[&[usize]],
        shape: Option<&[i64]>,
        attributes: &[AttributeProto],
    ) -> Result<(Vec<usize>, u64), ModelError> {
        let mut facts = HashMap::new();
        let mut names = Vec::new();
        for (index, dims) in inputs.iter().enumerate() {
            names.push(format!("i{index}"));
            facts.insert(format!("i{index}"), Fact::of(dims.to_vec()));
        }
        if let Some(shape) = shape {
            names.push("shape".into());
            let data = shape.iter().map(|&x| x as f64).collect();
            facts.insert("shape".into(), Fact::integers(vec![shape.len()], data));
        }
        let node = NodeProto {
            op_type: op.into(),
            input: names,
            output: vec!["out".into()],
            attribute: attributes.to_vec(),
            ..NodeProto::default()
        };
        let graph = GraphProto { node: vec![node], ..GraphProto::default() };
        let inferred = infer(&graph, 17, facts)?;
        Ok((fact(&inferred, "out")?.dims.clone(), inferred.macs))
    }

    #[test]
    fn layers_have_the_shapes_and_the_work_of_the_specification() {
        let x: &[usize] = &[1, 4, 128];
        let strided = [attribute("strides", &[2]), attribute("pads", &[2, 2])];
        assert_eq!(
            run("Conv", &[x, &[8, 4, 5]], None, &strided),
            Ok((vec![1, 8, 64], 8 * 64 * 20))
        );
        let out = run("ConvTranspose", &[x, &[4, 8, 4]], None, &[attribute("strides", &[2])]);
        assert_eq!(out, Ok((vec![1, 8, 258], 4 * 128 * 32)));
        let pool = [attribute("kernel_shape", &[3]), attribute("strides", &[2])];
        assert_eq!(run("MaxPool", &[x], None, &pool), Ok((vec![1, 4, 63], 0)));
        assert_eq!(run("MatMul", &[&[2, 3, 4], &[4, 5]], None, &[]), Ok((vec![2, 3, 5], 120)));
        assert_eq!(run("Reshape", &[x], Some(&[0, -1]), &[]), Ok((vec![1, 512], 0)));
        assert!(run("MatMul", &[&[2, 3], &[4, 5]], None, &[]).is_err());
        assert!(run("Conv", &[x, &[8, 3, 5]], None, &[]).is_err());
    }

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        let huge: &[i64] = &[100_000, 100_000];
        for (op, inputs) in
            [("Expand", &[&[1usize, 1][..]][..]), ("Tile", &[&[1, 1]]), ("ConstantOfShape", &[])]
        {
            let outcome = run(op, inputs, Some(huge), &[]);
            assert!(matches!(outcome, Err(ModelError::TooLarge { .. })), "{op}: {outcome:?}");
        }
        let pads = [attribute("pads", &[60_000, 60_000])];
        let wide = run("Conv", &[&[1, 1, 60_000], &[1, 1, 60_000]], None, &pads);
        assert!(matches!(wide, Err(ModelError::TooLarge { .. })), "{wide:?}");
        assert!(run("Reshape", &[&[4]], Some(&[i64::MAX, i64::MAX]), &[]).is_err());
        // A loop without end in the engine.
        assert!(run("LayerNormalization", &[&[], &[]], None, &[]).is_err());
    }
}
