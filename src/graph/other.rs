//! What a file is that holds neither an autoencoder nor a model that gives a score.
//!
//! A checked graph goes in; what it seems to be comes out in words, with the numbers that say so and
//! what to do with such a file. Nothing is refused here that would load.

use super::error::{GraphPlace, ModelError, shown};
use super::op::Op;
use super::outputs::{batched, is_beside, is_float};
use super::parts::{Graph, LATENT};

/// What exporters call the output of a classifier.
const CLASSES: [&str; 7] =
    ["class", "classes", "logits", "output_probability", "probabilities", "probability", "probs"];

/// The output of a file that is an encoder and nothing else: `latent`, or the only one, shorter than a
/// window and no classes.
pub(super) fn encoder(graph: &Graph) -> Option<String> {
    let name = match graph.outputs.iter().any(|name| name == LATENT) {
        true => LATENT,
        false => main_output(graph).filter(|name| !is_classifier(graph, name))?,
    };
    (values(graph, name)? < window(graph)).then(|| name.to_owned())
}

/// Why a file is refused that has no reconstruction and no score.
pub(super) fn neither(graph: &Graph) -> ModelError {
    let Some(name) = graph
        .outputs
        .iter()
        .map(String::as_str)
        .find(|name| *name == LATENT)
        .or_else(|| main_output(graph))
    else {
        let what = "no output has the input's shape, or one number for a window, so the model is \
                    neither an autoencoder nor does it give a score";
        return ModelError::unsupported(GraphPlace::File, what);
    };
    let Some(found) = values(graph, name) else {
        return ModelError::unsupported(
            GraphPlace::Output(name.to_owned()),
            not_batched(graph, name),
        );
    };
    let (window, output) = (window(graph), shown(name));
    let numbers = format!(
        "its output `{output}` has {found} values per window, a reconstruction has {window}"
    );
    let what = if is_classifier(graph, name) {
        format!(
            "a classifier: {numbers}. What is odd cannot be told from classes: export an \
             autoencoder, or a model that gives one number for a window"
        )
    } else if found < window {
        format!(
            "an encoder: {numbers}. `oddity encode` takes it; to detect with it, export the \
             whole autoencoder, or the error as one number for a window"
        )
    } else if found > window {
        format!(
            "a decoder: {numbers}. `oddity generate` takes it; to detect with it, export the \
             whole autoencoder"
        )
    } else {
        let axes = |dims: &[usize]| format!("{:?}", dims.get(1..).unwrap_or_default());
        let found = axes(graph.dims(name).unwrap_or_default());
        format!(
            "no output has the input's shape, so the model is not an autoencoder: `{output}` has the \
             axes {found} after the batch, the input has {:?}",
            graph.input.window
        )
    };
    ModelError::unsupported(GraphPlace::File, what)
}

/// The first output of f32 that is not named as something else; of such alone, the first.
fn main_output(graph: &Graph) -> Option<&str> {
    let floats = || graph.outputs.iter().map(String::as_str).filter(|name| is_float(graph, name));
    floats().find(|name| !is_beside(name)).or_else(|| floats().next())
}

fn window(graph: &Graph) -> usize {
    graph.input.window.iter().product()
}

/// Values for a window, where the first axis is the batch.
fn values(graph: &Graph, name: &str) -> Option<usize> {
    let dims = batched(graph, name).ok()?;
    Some(dims.get(1..).unwrap_or_default().iter().product())
}

fn not_batched(graph: &Graph, name: &str) -> String {
    let dims = graph.dims(name).unwrap_or_default();
    match dims {
        [] => "it is one number for a whole batch: export it with one number for each window, \
               averaged over all axes but the first"
            .to_owned(),
        _ => format!("it must have the batch as its first axis, but is {dims:?}"),
    }
}

/// By the name of the output, or by what computes it.
fn is_classifier(graph: &Graph, name: &str) -> bool {
    let last = graph.nodes.iter().find(|node| node.outputs.iter().flatten().any(|out| out == name));
    let by_op = last.is_some_and(|node| {
        matches!(node.op, Op::Softmax { .. } | Op::LogSoftmax { .. }) && is_flat(graph, name)
    });
    by_op || CLASSES.contains(&name)
}

/// Whether an output has one axis besides the batch.
fn is_flat(graph: &Graph, name: &str) -> bool {
    graph.dims(name).is_some_and(|dims| dims.len() == 2)
}
