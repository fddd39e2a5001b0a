//! Cuts the decoder out of an autoencoder.
//!
//! A checked graph goes in; a graph of its own comes out, checked too, with the value `latent` as its
//! input and the reconstruction as its output. Nothing is run.

use super::error::{GraphPlace, ModelError, shown};
use super::parts::{Graph, LATENT, Node};
use super::read::input_of;
use super::{infer, rewrite};

/// Whether some node of the graph computes a latent, so that there is a decoder to be cut out.
pub(crate) fn has_latent(graph: &Graph) -> bool {
    graph.nodes.iter().flat_map(|node| &node.outputs).flatten().any(|name| name == LATENT)
}

/// The part of `graph` from `latent` to `reconstruction`. The batch stays free where it is.
pub(crate) fn decoder(mut graph: Graph, reconstruction: String) -> Result<Graph, ModelError> {
    let input = std::mem::take(&mut graph.input.name);
    let batch = graph.input.batch;
    let window = match graph.dims(LATENT) {
        Some([first, window @ ..]) if *first == batch.count() && !window.is_empty() => window,
        dims => {
            let dims = dims.unwrap_or_default();
            let what = format!("it must have the batch as its first axis, but is {dims:?}");
            return Err(ModelError::unsupported(GraphPlace::Output(LATENT.into()), what));
        }
    };
    let window = window.to_vec();
    // Shapes that are computed from the input are known, and no reason to need it.
    rewrite::fold(&mut graph);
    // The input from here on. Left out rather than removed: a node's outputs count by position.
    for output in graph.nodes.iter_mut().flat_map(|node| &mut node.outputs) {
        if output.as_deref() == Some(LATENT) {
            *output = None;
        }
    }
    graph.outputs = vec![reconstruction];
    let outputs = graph.outputs.clone();
    rewrite::keep_needed(&mut graph, &outputs);
    if let Some(node) = reader(&graph, &input) {
        let what = format!(
            "the reconstruction needs the input `{}` beside the latent, so the decoder cannot run \
             alone: a skip connection, or a decoder that reads another value than `latent`",
            shown(&input)
        );
        return Err(ModelError::unsupported(node.place(), what));
    }
    if reader(&graph, LATENT).is_none() {
        let what = "it does not depend on the latent, so there is no decoder";
        let place = outputs.into_iter().next().unwrap_or_default();
        return Err(ModelError::unsupported(GraphPlace::Output(place), what));
    }
    graph.input = input_of(LATENT, batch, &window)?;
    infer::complete(graph)
}

/// The first node that reads this value.
fn reader<'a>(graph: &'a Graph, name: &str) -> Option<&'a Node> {
    let reads = |node: &&Node| node.inputs.iter().flatten().any(|input| input == name);
    graph.nodes.iter().find(reads)
}
