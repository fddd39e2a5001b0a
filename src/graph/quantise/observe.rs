//! A graph and names of values go in; a model that gives these values instead of what it gave comes out.

use super::names::Names;
use crate::graph::error::ModelError;
use crate::graph::op::Op;
use crate::graph::parts::{Batch, Constant, Graph, LATENT, Node};
use crate::graph::rewrite::keep_needed;
use crate::graph::store;
use crate::graph::tensor::{Tensor, volume};

/// A model whose one output is the input, then each of some values, all in one row a window.
pub(crate) struct Observed {
    /// Its file; it loads as a decoder.
    pub onnx: Vec<u8>,
    /// Numbers of the input, and of each value, in a window.
    pub lengths: Vec<usize>,
}

/// The model that shows these values.
///
/// # Errors
/// When the graph cannot be written.
pub(crate) fn observed(graph: &Graph, values: &[String]) -> Result<Observed, ModelError> {
    let mut graph = graph.clone();
    let mut names = Names::of(&graph);
    if graph.input.batch == Batch::Any {
        graph.input.batch = Batch::Fixed(1);
    }
    let count = graph.input.batch.count();
    let mut lengths = Vec::new();
    let all: Vec<String> = std::iter::once(&graph.input.name).chain(values).cloned().collect();
    for name in &all {
        let length = graph.dims(name).and_then(volume).unwrap_or(0) / count;
        lengths.push(length);
    }
    // A value of that name would be cut at.
    let inner = names.fresh("observed.latent");
    let renamed = |name: &mut Option<String>| {
        if name.as_deref() == Some(LATENT) {
            *name = Some(inner.clone());
        }
    };
    if graph.input.name != LATENT {
        let ends =
            graph.nodes.iter_mut().flat_map(|node| node.inputs.iter_mut().chain(&mut node.outputs));
        ends.for_each(renamed);
    }
    let rows = Tensor::integers(&[i64::try_from(count).unwrap_or(1), -1]);
    let shape = names.fresh("observed.shape");
    graph.constants.push(Constant { name: shape.clone(), tensor: rows });
    let mut flat = Vec::new();
    for name in all {
        let moved = name == LATENT && graph.input.name != LATENT;
        let name = if moved { inner.clone() } else { name };
        let row = names.fresh("observed.row");
        graph.nodes.push(Node {
            name: String::new(),
            op: Op::Reshape { allow_zero: false },
            inputs: vec![Some(name), Some(shape.clone())],
            outputs: vec![Some(row.clone())],
        });
        flat.push(Some(row));
    }
    let observed = names.fresh("observed");
    graph.nodes.push(Node {
        name: String::new(),
        op: Op::Concat { axis: 1 },
        inputs: flat,
        outputs: vec![Some(observed.clone())],
    });
    graph.outputs = vec![observed];
    let outputs = graph.outputs.clone();
    keep_needed(&mut graph, &outputs);
    graph.metadata.clear();
    Ok(Observed { onnx: store::store(&graph)?, lengths })
}
