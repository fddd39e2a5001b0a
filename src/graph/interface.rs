//! The outputs of a model: which they are, and of what shape.
//!
//! The declared shapes of outputs and of values in between are labels that nobody checked; they are
//! not read. What the outputs really are follows from the input by [`super::infer`].

use super::cut::LATENT;
use super::error::{GraphPlace, ModelError};
use super::parts::Graph;

/// An output that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GraphOutput {
    pub name: String,
    /// The axes after the first.
    pub axes: Vec<usize>,
    /// Values for one window: the product of the axes.
    pub len: usize,
}

/// The outputs that are kept, in this order in the runnable graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GraphOutputs {
    pub reconstruction: GraphOutput,
    pub latent: Option<GraphOutput>,
    /// What a head says about the window: the output `class` or `estimate`.
    pub head: Option<GraphOutput>,
}

impl GraphOutputs {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &GraphOutput> {
        std::iter::once(&self.reconstruction).chain(&self.latent).chain(&self.head)
    }
}

/// What is asked of a file: an autoencoder, or the decoder in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelPart {
    /// The whole autoencoder: its reconstruction has the input's shape.
    Whole,
    /// The decoder alone: its input is the latent, its reconstruction has a shape of its own.
    Decoder,
}

/// The outputs of a graph that is this part.
pub(crate) fn outputs(graph: &Graph, part: ModelPart) -> Result<GraphOutputs, ModelError> {
    let dims = graph.input.dims();
    let reconstruction = match part {
        ModelPart::Whole => reconstruction(graph, &dims)?,
        ModelPart::Decoder => match (graph.outputs.as_slice(), has(graph, RECONSTRUCTION)) {
            (_, true) => RECONSTRUCTION.to_owned(),
            ([only], false) => only.clone(),
            _ => {
                let what = "a decoder needs one output, or one that is named `reconstruction`";
                return Err(ModelError::unsupported(GraphPlace::File, what));
            }
        },
    };
    let output = |name: &str| -> Result<GraphOutput, ModelError> {
        let axes = batched(graph, name)?.get(1..).unwrap_or_default().to_vec();
        let len = axes.iter().product();
        Ok(GraphOutput { name: name.to_owned(), axes, len })
    };
    let named = |name: &str| has(graph, name).then(|| output(name)).transpose();
    let reconstruction = output(&reconstruction)?;
    if part == ModelPart::Decoder {
        return Ok(GraphOutputs { reconstruction, latent: None, head: None });
    }
    let head = match (named(CLASS)?, named(ESTIMATE)?) {
        (Some(_), Some(_)) => {
            let what = "there is `class` as well; a model may have one of the two";
            return Err(ModelError::unsupported(GraphPlace::Output(ESTIMATE.into()), what));
        }
        (class, estimate) => class.or(estimate),
    };
    if let Some(head) = &head {
        let (fits, wanted) = match head.name.as_str() {
            CLASS => (head.axes.len() == 1, "[N, classes]"),
            _ => (head.axes == [1], "[N, 1]"),
        };
        if !fits {
            let what = format!("it has axes {:?} after N; it must be {wanted}", head.axes);
            return Err(ModelError::unsupported(GraphPlace::Output(head.name.clone()), what));
        }
    }
    Ok(GraphOutputs { reconstruction, latent: named(LATENT)?, head })
}

const RECONSTRUCTION: &str = "reconstruction";
const CLASS: &str = "class";
const ESTIMATE: &str = "estimate";

fn has(graph: &Graph, name: &str) -> bool {
    graph.outputs.iter().any(|output| output == name)
}

/// The axes of a value, of which the first is the batch.
pub(crate) fn batched<'a>(graph: &'a Graph, name: &str) -> Result<&'a [usize], ModelError> {
    let missing =
        || ModelError::invalid(GraphPlace::Output(name.to_owned()), "nothing computes it");
    let dims = graph.dims(name).ok_or_else(missing)?;
    if dims.first() != Some(&graph.input.batch.count()) {
        let what = format!("it must have the batch as its first axis, but is {dims:?}");
        return Err(ModelError::unsupported(GraphPlace::Output(name.to_owned()), what));
    }
    Ok(dims)
}

/// Whether the outputs `mu` and `logvar` tell the latent's distribution: two of the same shape, and
/// of that of the latent.
pub(crate) fn is_variational(graph: &Graph) -> bool {
    let (mu, logvar) = (graph.dims("mu"), graph.dims("logvar"));
    let fits =
        mu.is_some() && mu == logvar && graph.dims(LATENT).is_none_or(|dims| mu == Some(dims));
    fits && has(graph, "mu") && has(graph, "logvar")
}

/// The outputs that may be the reconstruction but for the order of their axes: none where one has the
/// input's shape.
pub(crate) fn unlike_the_input(graph: &Graph) -> Vec<String> {
    let dims = graph.input.dims();
    let all = graph.outputs.iter();
    let may_be: Vec<String> = match has(graph, RECONSTRUCTION) {
        true => vec![RECONSTRUCTION.to_owned()],
        false => all.filter(|name| !is_other(name)).cloned().collect(),
    };
    match may_be.iter().any(|name| graph.dims(name) == Some(&dims)) {
        true => Vec::new(),
        false => may_be,
    }
}

/// Whether an output is known to be something else: a latent may be as long as a window.
fn is_other(name: &str) -> bool {
    [LATENT, CLASS, ESTIMATE, "mu", "logvar"].contains(&name)
}

/// Name of the reconstruction: the output of that name, else the first with the input's shape that
/// is not named as something else.
fn reconstruction(graph: &Graph, dims: &[usize]) -> Result<String, ModelError> {
    let has_input_shape = |name: &str| graph.dims(name) == Some(dims);
    let mut names = graph.outputs.iter().map(String::as_str);
    if let Some(named) = names.clone().find(|&name| name == RECONSTRUCTION) {
        if !has_input_shape(named) {
            let what = "it does not have the input's shape, so the model is not an autoencoder";
            return Err(ModelError::unsupported(GraphPlace::Output(named.into()), what));
        }
        return Ok(named.into());
    }
    names.find(|&name| !is_other(name) && has_input_shape(name)).map(str::to_owned).ok_or_else(
        || {
            let what = "no output has the input's shape, so the model is not an autoencoder";
            ModelError::unsupported(GraphPlace::File, what)
        },
    )
}
