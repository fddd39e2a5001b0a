//! A model in f32 goes in; the file with the layers in steps that may be comes out.
//!
//! In order: the plain form, with channels equalised where that lowers the cost; then each layer alone; at
//! last all but those that cost too much. A cost is the mean change of the score, as a share of its mean.

use std::collections::BTreeSet;

use super::candidate::Candidate;
use super::error::QuantiseError;
use super::options::QuantiseOptions;
use super::trial::Trial;
use crate::graph::Graph;
use crate::graph::quantise::{LeftOut, plain};
use crate::model::{Model, ModelPart, ReadOptions};

/// The plain form may be off by so much, relative to the largest number: f32 rounds it otherwise.
const PLAIN: f32 = 1e-3;

/// Equalising must lower the squared error to this share of what it was, or it is luck.
const HELPS: f64 = 0.9;

/// What was found.
pub(super) struct Found {
    pub(super) candidate: Candidate,
    /// Places of the layers that are in steps.
    pub(super) chosen: BTreeSet<usize>,
    /// What each layer costs alone.
    pub(super) costs: Vec<f64>,
    pub(super) equalised: bool,
    pub(super) onnx: Vec<u8>,
    pub(super) model: Model,
}

impl Found {
    /// Layers that could not be quantised.
    pub(super) fn left_out(&self) -> &[LeftOut] {
        &self.candidate.linears.left_out
    }
}

/// Quantises a model that was loaded from a file.
pub(super) fn search(
    (model, onnx): (&Model, &[u8]),
    trial: &Trial<'_>,
    options: &QuantiseOptions,
) -> Result<Found, QuantiseError> {
    let graph = plain_graph((model, onnx), trial)?;
    let before = trial.scores(model)?;
    let cost = |onnx: &[u8]| -> Result<f64, QuantiseError> {
        let model = trial.load(onnx, ModelPart::Whole)?;
        Ok(change(&before, &trial.scores(&model)?))
    };
    let helps = options.equalise && equalising_helps(model, &graph, trial, options)?;
    let mut candidate = Candidate::new(graph, trial, options)?;
    let other = if helps { candidate.equalised(trial, options)? } else { None };
    let equalised = other.is_some();
    candidate = other.unwrap_or(candidate);
    let alone = candidate.all().into_iter();
    let costs = alone.map(|layer| cost(&candidate.file(&BTreeSet::from([layer]))?));
    let costs: Vec<f64> = costs.collect::<Result<_, QuantiseError>>()?;
    let cheap = costs.iter().enumerate().filter(|(_, cost)| **cost <= options.most_cost);
    let chosen: BTreeSet<usize> = cheap.map(|(layer, _)| layer).collect();
    if chosen.is_empty() {
        let named = candidate.linears.layers.iter().zip(&costs);
        let least = named.min_by(|a, b| a.1.total_cmp(b.1));
        let (name, least) = least.map(|(layer, cost)| (layer.name.clone(), *cost)).unzip();
        return Err(QuantiseError::AllKept {
            most: options.most_cost,
            name: name.unwrap_or_default(),
            least: least.unwrap_or_default(),
        });
    }
    let onnx = candidate.file(&chosen)?;
    let model = trial.load(&onnx, ModelPart::Whole)?;
    Ok(Found { candidate, chosen, costs, equalised, onnx, model })
}

/// Whether with channels of like ranges the answers to windows are nearer to those in f32 that ranges were not
/// found from. On those that they were it would seem so too often: with all channels at their largest nothing
/// is left for what is a little larger.
fn equalising_helps(
    model: &Model,
    graph: &Graph,
    trial: &Trial<'_>,
    options: &QuantiseOptions,
) -> Result<bool, QuantiseError> {
    let (first, second) = trial.windows().halves();
    let (found, judged) = (trial.on(&first), trial.on(&second));
    let plain = Candidate::new(graph.clone(), &found, options)?;
    let Some(equalised) = plain.equalised(&found, options)? else { return Ok(false) };
    let error = |candidate: &Candidate| -> Result<f64, QuantiseError> {
        let quantised = judged.load(&candidate.file(&candidate.all())?, ModelPart::Whole)?;
        judged.error(model, &quantised)
    };
    Ok(error(&equalised)? < HELPS * error(&plain)?)
}

/// Quantises the same layers of another model of the same make: one that judges a fold.
pub(super) fn alike(
    onnx: &[u8],
    trial: &Trial<'_>,
    chosen: &BTreeSet<usize>,
    options: &QuantiseOptions,
) -> Result<Model, QuantiseError> {
    let model = trial.load(onnx, ModelPart::Whole)?;
    let candidate = Candidate::new(plain_graph((&model, onnx), trial)?, trial, options)?;
    trial.load(&candidate.file(chosen)?, ModelPart::Whole)
}

/// The graph in plain form, if it gives the same.
fn plain_graph((model, onnx): (&Model, &[u8]), trial: &Trial<'_>) -> Result<Graph, QuantiseError> {
    let options: &ReadOptions = model.read_options();
    let graph = plain(Graph::from_bytes_with(onnx, options)?, options)?;
    let stored = trial.load(&crate::graph::quantise::stored(&graph)?, ModelPart::Whole)?;
    let off = trial.difference(model, &stored)?;
    // Negated, so that what is no number fails too.
    let same = off <= PLAIN;
    if !same {
        return Err(QuantiseError::Plain { off });
    }
    Ok(graph)
}

/// Mean change of the score, as a share of its mean.
pub(super) fn change(before: &[f64], after: &[f64]) -> f64 {
    let changes: f64 = before.iter().zip(after).map(|(a, b)| (a - b).abs()).sum();
    let mean: f64 = before.iter().map(|score| score.abs()).sum();
    if changes == 0.0 { 0.0 } else { changes / mean }
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn a_change_is_a_share_of_the_mean() {
        assert_eq!(change(&[1.0, 3.0], &[1.5, 2.5]), 0.25);
        assert_eq!(change(&[0.0, 0.0], &[0.0, 0.0]), 0.0);
        assert_eq!(change(&[0.0], &[1.0]), f64::INFINITY);
    }
}
