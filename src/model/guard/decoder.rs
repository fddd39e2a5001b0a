//! Cuts the decoder out of an autoencoder.
//!
//! A checked graph with its facts goes in; a graph of its own comes out, with the value `latent` as
//! its input and `reconstruction` as its output, to be checked like any other file. Nothing is run.

use std::collections::HashMap;

use tract_onnx::pb::{GraphProto, ModelProto};

use super::fact::{self, Fact};
use super::rewrite;
use crate::model::error::{ModelError, Place};

/// Name of the value that a decoder takes.
pub(crate) const LATENT: &str = "latent";

/// Whether some node of the graph computes a latent, so that there is a decoder to be cut out.
pub(crate) fn has_latent(graph: &GraphProto) -> bool {
    graph.node.iter().any(|node| node.output.iter().any(|name| name == LATENT))
}

/// The part of `model` from `latent` to `reconstruction`; `input` is the model's own input. The
/// batch stays free where it is (`dims` of the latent start with `None`).
pub(crate) fn cut(
    model: &ModelProto,
    facts: &HashMap<String, Fact>,
    (input, latent): (&str, &[Option<usize>]),
    reconstruction: &str,
) -> Result<ModelProto, ModelError> {
    let mut cut = model.clone();
    let Some(graph) = &mut cut.graph else { return Ok(cut) };
    // Shapes that are computed from the input are known, and no reason to need it.
    rewrite::fold(graph, facts);
    // The input from here on. Left out rather than removed: a node's outputs count by position.
    for name in graph.node.iter_mut().flat_map(|node| &mut node.output) {
        if name == LATENT {
            name.clear();
        }
    }
    rewrite::keep_needed(graph, &[reconstruction.to_owned()]);
    let reads =
        |wanted: &str| graph.node.iter().find(|node| node.input.iter().any(|name| name == wanted));
    if let Some(node) = reads(input) {
        let what = format!(
            "the reconstruction needs the input `{}` beside the latent, so the decoder cannot run \
             alone: a skip connection, or a decoder that reads another value than `latent`",
            crate::model::error::shown(input)
        );
        return Err(ModelError::unsupported(fact::place(node), what));
    }
    if reads(LATENT).is_none() {
        let what = "it does not depend on the latent, so there is no decoder";
        return Err(ModelError::unsupported(Place::Output(reconstruction.into()), what));
    }
    graph.input = vec![rewrite::described(LATENT, latent)];
    graph.output.retain(|output| output.name == reconstruction);
    graph.value_info.clear();
    Ok(cut)
}
