//! A model with all that is known to quantise it: its graph, its layers, the steps of the values between.
//! Which layers are to be in steps goes in; a file comes out.

use std::collections::{BTreeMap, BTreeSet};

use super::equalise::{factors, largest_by_input, rescale};
use super::error::QuantiseError;
use super::histogram::Histogram;
use super::options::QuantiseOptions;
use super::range::{range, steps, widened};
use super::trial::{Observations, Trial};
use super::weights::layer_steps;
use crate::graph::quantise::{ActivationSteps, LayerKind, LinearLayer, Linears, with_steps};
use crate::graph::{Graph, ModelError};

/// Rounds of equalisation: a layer stands in two pairs, and each moves the other's.
const ROUNDS: usize = 4;

/// A model that is ready to be quantised.
pub(super) struct Candidate {
    graph: Graph,
    pub(super) linears: Linears,
    /// Of each value that a layer reads or gives.
    steps: BTreeMap<String, ActivationSteps>,
    output_steps: bool,
    observations: Observations,
}

impl Candidate {
    /// Observes the values between the layers of a graph in plain form.
    pub(super) fn new(
        graph: Graph,
        trial: &Trial<'_>,
        options: &QuantiseOptions,
    ) -> Result<Self, QuantiseError> {
        let linears = Linears::of(&graph);
        if linears.layers.is_empty() {
            let left_out = linears.left_out.into_iter();
            let left_out = left_out.map(|layer| format!("`{}`: {}", layer.name, layer.reason));
            return Err(QuantiseError::Nothing { left_out: left_out.collect() });
        }
        let observations = trial.observe(&graph, &linears)?;
        let headroom = if linears.linear { options.headroom } else { 1.0 };
        let of = |own: &Histogram| steps(widened(range(own, options.range), headroom));
        let histograms = observations.histograms.iter();
        let steps = histograms.map(|(name, own)| (name.clone(), of(own))).collect();
        Ok(Self { graph, linears, steps, output_steps: options.output_steps, observations })
    }

    /// The same function with channels of like ranges between its layers; `None` where no two layers
    /// allow it.
    pub(super) fn equalised(
        &self,
        trial: &Trial<'_>,
        options: &QuantiseOptions,
    ) -> Result<Option<Self>, QuantiseError> {
        if self.linears.pairs.is_empty() {
            return Ok(None);
        }
        let mut linears = self.linears.clone();
        let mut between = self.observations.channels.clone();
        for _ in 0..ROUNDS {
            for (&pair, between) in self.linears.pairs.iter().zip(&mut between) {
                let Some((first, second)) = two(&mut linears.layers, pair) else { continue };
                let factors = factors(between, &largest_by_input(second));
                rescale(first, second, &factors);
                between.iter_mut().zip(&factors).for_each(|(most, factor)| *most /= factor);
            }
        }
        let mut graph = self.graph.clone();
        linears.write_back(&mut graph);
        Self::new(graph, trial, options).map(Some)
    }

    /// All layers.
    pub(super) fn all(&self) -> BTreeSet<usize> {
        (0..self.linears.layers.len()).collect()
    }

    /// The file with these layers in steps.
    pub(super) fn file(&self, chosen: &BTreeSet<usize>) -> Result<Vec<u8>, ModelError> {
        let layers = || chosen.iter().filter_map(|&at| Some((at, self.linears.layers.get(at)?)));
        let mut values = BTreeMap::new();
        let mut add = |name: &String| {
            values.extend(self.steps.get(name).map(|&steps| (name.clone(), steps)));
        };
        for (_, layer) in layers() {
            add(&layer.root);
            if self.gives_steps(layer) {
                add(&layer.output);
            }
        }
        let scale = |layer: &LinearLayer| self.steps.get(&layer.root).map_or(1.0, |own| own.scale);
        let layers = layers().map(|(at, layer)| (at, layer_steps(layer, scale(layer)))).collect();
        with_steps(&self.graph, &self.linears, &layers, &values)
    }

    /// Whether what a layer gives is in steps although no other reads it so: engines run a convolution
    /// in integers only between steps.
    fn gives_steps(&self, layer: &LinearLayer) -> bool {
        let slides = matches!(layer.kind, LayerKind::Conv | LayerKind::ConvTranspose);
        if layer.inner { slides } else { self.output_steps }
    }
}

/// Two different layers of a list.
fn two(
    layers: &mut [LinearLayer],
    (first, second): (usize, usize),
) -> Option<(&mut LinearLayer, &mut LinearLayer)> {
    layers.get_disjoint_mut([first, second]).ok().map(|[first, second]| (first, second))
}
