//! The outputs of a model: which they are, and of what shape; and by these, what kind of model it is.
//!
//! The declared shapes of outputs and of values in between are labels that nobody checked; they are
//! not read. What the outputs really are follows from the input by [`super::infer`].

use serde::Serialize;

use super::error::{GraphPlace, ModelError, shown};
use super::other;
use super::outputs::{CLASS, ESTIMATE, batched, is_beside, is_float};
use super::parts::{Graph, LATENT};

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
    /// What the model is for: see [`ModelKind`].
    pub values: GraphOutput,
    pub latent: Option<GraphOutput>,
    /// What a head says about the window: the output `class` or `estimate`.
    pub head: Option<GraphOutput>,
}

impl GraphOutputs {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &GraphOutput> {
        std::iter::once(&self.values).chain(&self.latent).chain(&self.head)
    }
}

/// What is asked of a file: all that it judges windows by, or a part of an autoencoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelPart {
    /// The whole: an autoencoder, whose reconstruction has the input's shape, or a model that gives a
    /// score.
    Whole,
    /// The decoder alone: its input is the latent, its reconstruction has a shape of its own.
    Decoder,
    /// What gives a latent: an autoencoder with an output of that name, or an encoder alone.
    Encoder,
}

/// What a model makes of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// A reconstruction, of the input's shape.
    Autoencoder,
    /// One number: how odd the window is, or how normal.
    Score,
    /// A latent alone.
    Encoder,
    /// A window out of a latent.
    Decoder,
}

/// The outputs of a graph that is this part, and what kind of model it is by them.
pub(crate) fn outputs(
    graph: &Graph,
    part: ModelPart,
) -> Result<(ModelKind, GraphOutputs), ModelError> {
    let (kind, values) = match part {
        ModelPart::Whole => whole(graph)?,
        ModelPart::Encoder => match whole(graph) {
            Ok(whole) => whole,
            Err(error) => (ModelKind::Encoder, other::encoder(graph).ok_or(error)?),
        },
        ModelPart::Decoder => (ModelKind::Decoder, decoder(graph)?),
    };
    let output = |name: &str| -> Result<GraphOutput, ModelError> {
        let axes = batched(graph, name)?.get(1..).unwrap_or_default().to_vec();
        let len = axes.iter().product();
        Ok(GraphOutput { name: name.to_owned(), axes, len })
    };
    let named = |name: &str| has(graph, name).then(|| output(name)).transpose();
    let values = output(&values)?;
    if matches!(kind, ModelKind::Decoder | ModelKind::Encoder) {
        return Ok((kind, GraphOutputs { values, latent: None, head: None }));
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
    Ok((kind, GraphOutputs { values, latent: named(LATENT)?, head }))
}

/// The output that the file is for: a reconstruction, or else a score.
fn whole(graph: &Graph) -> Result<(ModelKind, String), ModelError> {
    if let Some(name) = reconstruction(graph)? {
        return Ok((ModelKind::Autoencoder, name));
    }
    match score(graph)? {
        Some(name) => Ok((ModelKind::Score, name)),
        None => Err(other::neither(graph)),
    }
}

fn decoder(graph: &Graph) -> Result<String, ModelError> {
    match (graph.outputs.as_slice(), has(graph, RECONSTRUCTION)) {
        (_, true) => Ok(RECONSTRUCTION.to_owned()),
        ([only], false) => Ok(only.clone()),
        _ => {
            let what = "a decoder needs one output, or one that is named `reconstruction`";
            Err(ModelError::unsupported(GraphPlace::File, what))
        }
    }
}

const RECONSTRUCTION: &str = "reconstruction";
/// What exporters call a score; the first of them that is there is taken.
const SCORES: [&str; 5] = ["score", "scores", "anomaly_score", "anomaly_scores", "score_samples"];

fn has(graph: &Graph, name: &str) -> bool {
    graph.outputs.iter().any(|output| output == name)
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
        false => all.filter(|name| !is_beside(name)).cloned().collect(),
    };
    match may_be.iter().any(|name| graph.dims(name) == Some(&dims)) {
        true => Vec::new(),
        false => may_be,
    }
}

/// Name of the reconstruction: the output of that name, else the first with the input's shape that
/// is not named as something else. A latent may be as long as a window.
fn reconstruction(graph: &Graph) -> Result<Option<String>, ModelError> {
    let dims = graph.input.dims();
    let has_input_shape = |name: &str| graph.dims(name) == Some(&dims);
    let mut names = graph.outputs.iter().map(String::as_str);
    if let Some(named) = names.clone().find(|&name| name == RECONSTRUCTION) {
        if !has_input_shape(named) {
            let what = "it does not have the input's shape, so the model is not an autoencoder";
            return Err(ModelError::unsupported(GraphPlace::Output(named.into()), what));
        }
        return Ok(Some(named.into()));
    }
    Ok(names.find(|&name| !is_beside(name) && has_input_shape(name)).map(str::to_owned))
}

/// Name of the score: of the outputs with one f32 for a window, the one that is named so, or the only
/// one.
fn score(graph: &Graph) -> Result<Option<String>, ModelError> {
    let one_each = |name: &&String| {
        let number = is_float(graph, name) && !is_beside(name);
        let axes = batched(graph, name).ok().map(|dims| dims.get(1..).unwrap_or_default());
        number && axes.is_some_and(|axes| axes.iter().all(|&axis| axis == 1))
    };
    let found: Vec<&String> = graph.outputs.iter().filter(one_each).collect();
    let named = SCORES.iter().find_map(|score| found.iter().find(|name| name.as_str() == *score));
    match (named, found.as_slice()) {
        (Some(name), _) => Ok(Some((*name).clone())),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some((*only).clone())),
        (None, [first, second, ..]) => {
            let what = format!(
                "`{}` and `{}` both give one number for a window; name the one that is the score \
                 `score`",
                shown(first),
                shown(second)
            );
            Err(ModelError::unsupported(GraphPlace::File, what))
        }
    }
}
