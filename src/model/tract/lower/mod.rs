//! Says a graph in the operators that tract (0.23.9) runs rightly.
//!
//! A checked graph goes in; one that computes the same comes out, or an error that names the node
//! which tract would get wrong without a word. Quantised numbers are carried in f32, which holds
//! each of them exactly: tract runs them in f32 anyway, and mixes up what lies between.

mod carried;
mod pointwise;
mod quantised;
mod recurrent;
mod repeat;
mod unroll;

use carried::Carried;

use crate::graph::{Graph, ModelError, Node, Op, Part, Unfolded, facts_before, keep_needed};

/// The same graph in tract's operators.
pub(super) fn lower(mut graph: Graph) -> Result<Graph, ModelError> {
    let nodes = std::mem::take(&mut graph.nodes);
    let mut carried = Carried::of(std::mem::take(&mut graph.facts));
    let before = facts_before(&graph.input, &graph.constants);
    let mut unfolded = Unfolded::new(graph.opset, &mut graph.constants, before, graph.limits);
    unfolded.reserve(nodes.iter().flat_map(|node| &node.outputs).flatten());
    for node in nodes {
        step(node, &mut unfolded, &mut carried)?;
    }
    let (nodes, facts, macs) = (unfolded.nodes, unfolded.facts, unfolded.tally.macs);
    (graph.nodes, graph.facts, graph.macs) = (nodes, facts, macs);
    let outputs = graph.outputs.clone();
    keep_needed(&mut graph, &outputs);
    Ok(graph)
}

fn step(mut node: Node, graph: &mut Unfolded<'_>, carried: &mut Carried) -> Result<(), ModelError> {
    let name = node.op.name();
    match &node.op {
        Op::QuantizeLinear { .. }
        | Op::DequantizeLinear { .. }
        | Op::MatMulInteger
        | Op::ConvInteger(_) => {
            let mut part = Part::of(&node, name, graph);
            quantised::lower(&node.op, &mut part, carried)?;
            part.finish()
        }
        Op::DynamicQuantizeLinear => {
            pointwise::fill(&mut node, graph, carried);
            for name in [node.output(0), node.output(2)].into_iter().flatten() {
                carried.insert(name);
            }
            graph.push(node)
        }
        Op::Celu { alpha } => {
            let mut part = Part::of(&node, name, graph);
            pointwise::celu(&mut part, *alpha)?;
            part.finish()
        }
        Op::Softmax { axis } | Op::LogSoftmax { axis } => {
            let log = matches!(node.op, Op::LogSoftmax { .. });
            let mut part = Part::of(&node, name, graph);
            pointwise::softmax(&mut part, *axis, log)?;
            part.finish()
        }
        Op::Mod { fmod: false } => {
            let mut part = Part::of(&node, name, graph);
            pointwise::modulo(&mut part)?;
            part.finish()
        }
        Op::Tile | Op::Expand => {
            let to = carried.dims(node.output(0).unwrap_or_default());
            let mut part = Part::of(&node, name, graph);
            repeat::gather(&mut part, &to)?;
            part.finish()?;
            carried.follow(&node);
            Ok(())
        }
        Op::Recurrent(said) => {
            let mut part = Part::of(&node, name, graph);
            recurrent::lower(&mut part, said)?;
            part.finish()
        }
        _ => {
            pointwise::fill(&mut node, graph, carried);
            carried.join(&mut node, graph)?;
            graph.push(node)
        }
    }
}
