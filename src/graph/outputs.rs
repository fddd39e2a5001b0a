//! What can be said of an output by its name, its type and its axes.

use super::error::{GraphPlace, ModelError};
use super::parts::{Graph, LATENT};
use super::tensor::ElementType;

pub(crate) const CLASS: &str = "class";
pub(crate) const ESTIMATE: &str = "estimate";

/// The axes of a value, of which the first is the batch.
pub(crate) fn batched<'a>(graph: &'a Graph, name: &str) -> Result<&'a [usize], ModelError> {
    let missing =
        || ModelError::invalid(GraphPlace::Output(name.to_owned()), "nothing computes it");
    let dims = graph.dims(name).ok_or_else(missing)?;
    // Of one window, one number is its own: runs are then of one window each.
    if dims.is_empty() && graph.input.batch.count() == 1 {
        return Ok(dims);
    }
    if dims.first() != Some(&graph.input.batch.count()) {
        let what = format!("it must have the batch as its first axis, but is {dims:?}");
        return Err(ModelError::unsupported(GraphPlace::Output(name.to_owned()), what));
    }
    Ok(dims)
}

/// Whether an output is something else by its name.
pub(crate) fn is_beside(name: &str) -> bool {
    [LATENT, CLASS, ESTIMATE, "mu", "logvar"].contains(&name)
}

/// Whether an output may hold f32; the others are of no use here.
pub(crate) fn is_float(graph: &Graph, name: &str) -> bool {
    let element = graph.facts.get(name).and_then(|fact| fact.element);
    element.is_none_or(|element| element == ElementType::F32)
}
