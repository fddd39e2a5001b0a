//! Runs files of models on the calibration windows: scores, and the values between layers.

use std::collections::BTreeMap;
use std::time::Instant;

use super::calibration::Calibration;
use super::error::QuantiseError;
use super::histogram::Histogram;
use crate::fit::{FitError, ScoreFit};
use crate::graph::Graph;
use crate::graph::quantise::{LayerKind, Linears, observed};
use crate::model::{Limits, Model, ModelPart, ReadOptions};
use oddity_core::profile::ScoreKind;
use oddity_core::score::Scorer;
use oddity_core::types::Reconstruction;
use oddity_core::window::WindowShape;

/// Windows that scores are compared on, at most: there is a run of all of them for each layer.
const COMPARED: usize = 512;
/// Rounds of runs that are timed, of which the fastest counts; windows in each, and seconds after which no
/// other one begins.
const ROUNDS: usize = 7;
const TIMED: usize = 64;
const SECONDS: f64 = 0.1;

/// What models are tried on, and by which score.
pub(super) struct Trial<'a> {
    /// For ranges.
    windows: &'a Calibration,
    /// For scores.
    compared: Calibration,
    score: ScoreKind,
    shape: WindowShape,
    limits: Limits,
}

/// What the values between layers are like.
pub(super) struct Observations {
    /// By the name of the value.
    pub(super) histograms: BTreeMap<String, Histogram>,
    /// Of each pair of layers the largest number that each channel between them takes.
    pub(super) channels: Vec<Vec<f32>>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(
        windows: &'a Calibration,
        (score, shape): (ScoreKind, WindowShape),
        limits: Limits,
    ) -> Self {
        Self { windows, compared: windows.some(COMPARED), score, shape, limits }
    }

    /// The same on other windows.
    pub(super) fn on<'b>(&self, windows: &'b Calibration) -> Trial<'b> {
        Trial::new(windows, (self.score, self.shape), self.limits)
    }

    /// The windows that ranges are found from.
    pub(super) fn windows(&self) -> &Calibration {
        self.windows
    }

    /// Loads a file that was made here.
    pub(super) fn load(&self, onnx: &[u8], part: ModelPart) -> Result<Model, QuantiseError> {
        let options = ReadOptions { limits: self.limits, ..ReadOptions::default() };
        Ok(Model::part_from_bytes(onnx, part, &options)?)
    }

    /// The score of each window by this model, with statistics of its own: these are fitted anew in the
    /// end, too.
    pub(super) fn scores(&self, model: &Model) -> Result<Vec<f64>, QuantiseError> {
        let mut fit = ScoreFit::new(self.score, self.shape, model.latent_len().unwrap_or(0))?;
        self.answers(&self.compared, model, |window, answer| {
            Ok(fit.add(window, answer.0, answer.1)?)
        })?;
        let mut scorer = Scorer::new(&fit.finish()?, self.shape);
        let mut scores = Vec::with_capacity(self.compared.windows().len());
        self.answers(&self.compared, model, |window, answer| {
            scores.push(scorer.score(window, answer.0, answer.1)?);
            Ok(())
        })?;
        Ok(scores)
    }

    /// Largest difference between what two models give, relative to the largest number.
    pub(super) fn difference(&self, one: &Model, other: &Model) -> Result<f32, QuantiseError> {
        let (mut largest, mut off) = (f32::MIN_POSITIVE, 0.0f32);
        self.both(one, other, |value, other| {
            largest = largest.max(value.abs());
            off = off.max((value - other).abs());
        })?;
        Ok(off / largest)
    }

    /// Mean squared difference between what two models give.
    pub(super) fn error(&self, one: &Model, other: &Model) -> Result<f64, QuantiseError> {
        let (mut sum, mut count) = (0.0, 0.0);
        self.both(one, other, |value, other| {
            sum += f64::from(value - other).powi(2);
            count += 1.0;
        })?;
        Ok(if count > 0.0 { sum / count } else { 0.0 })
    }

    /// Hands over each number that one model gives with that of another.
    fn both(
        &self,
        one: &Model,
        other: &Model,
        mut each: impl FnMut(f32, f32),
    ) -> Result<(), QuantiseError> {
        let mut values = Vec::new();
        self.answers(&self.compared, one, |_, answer| {
            values.extend_from_slice(answer.0);
            Ok(())
        })?;
        let mut values = values.into_iter();
        self.answers(&self.compared, other, |_, answer| {
            // The other numbers last: a pair ends with the first list that does.
            answer.0.iter().zip(&mut values).for_each(|(&other, value)| each(value, other));
            Ok(())
        })
    }

    /// Hands over each window with what the model makes of it: values and latent.
    fn answers(
        &self,
        windows: &Calibration,
        model: &Model,
        mut each: impl FnMut(&[f32], (&[f32], &[f32])) -> Result<(), QuantiseError>,
    ) -> Result<(), QuantiseError> {
        let mut session = model.session()?;
        let mut out = Reconstruction::default();
        for (chunk, count) in windows.chunks(session.at_once()) {
            session.run(chunk, count, &mut out)?;
            if !out.non_finite.is_empty() {
                return Err(FitError::NotFinite.into());
            }
            for (index, window) in chunk.chunks(windows.length.max(1)).enumerate() {
                let answer = out.answer(index, count);
                each(window, (answer.values, answer.latent))?;
            }
        }
        Ok(())
    }

    /// Microseconds that a window takes by each of two models, run in turns.
    pub(super) fn times(&self, models: [&Model; 2]) -> Result<[f64; 2], QuantiseError> {
        let mut sessions = [models[0].session()?, models[1].session()?];
        let mut fastest = [f64::INFINITY; 2];
        let mut out = Reconstruction::default();
        for _ in 0..ROUNDS {
            for (session, fastest) in sessions.iter_mut().zip(&mut fastest) {
                let start = Instant::now();
                let mut windows = 0u32;
                for window in self.windows.windows().take(TIMED) {
                    session.run(window, 1, &mut out)?;
                    windows += 1;
                    if start.elapsed().as_secs_f64() > SECONDS {
                        break;
                    }
                }
                let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(windows.max(1));
                *fastest = fastest.min(each);
            }
        }
        Ok(fastest)
    }

    /// What the values are like that layers read and give.
    pub(super) fn observe(
        &self,
        graph: &Graph,
        linears: &Linears,
    ) -> Result<Observations, QuantiseError> {
        let layers = linears.layers.iter();
        let mut names: Vec<String> =
            layers.flat_map(|layer| [layer.root.clone(), layer.output.clone()]).collect();
        names.sort();
        names.dedup();
        names.retain(|name| name != graph.input_name());
        let shown = observed(graph, &names)?;
        names.insert(0, graph.input_name().to_owned());
        let model = self.load(&shown.onnx, ModelPart::Decoder)?;
        let mut ends = vec![(f32::INFINITY, f32::NEG_INFINITY); names.len()];
        let mut channels = Channels::new(graph, linears, &names);
        let split = |values: &[f32], each: &mut dyn FnMut(usize, &[f32])| {
            let mut rest = values;
            for (index, &length) in shown.lengths.iter().enumerate() {
                let Some((own, others)) = rest.split_at_checked(length) else { return };
                each(index, own);
                rest = others;
            }
        };
        self.answers(self.windows, &model, |_, (values, _)| {
            split(values, &mut |index, own| {
                if let Some((low, high)) = ends.get_mut(index) {
                    *low = own.iter().copied().fold(*low, f32::min);
                    *high = own.iter().copied().fold(*high, f32::max);
                }
                channels.add(index, own);
            });
            Ok(())
        })?;
        let mut histograms: Vec<Histogram> =
            ends.into_iter().map(|(low, high)| Histogram::new(low, high)).collect();
        self.answers(self.windows, &model, |_, (values, _)| {
            split(values, &mut |index, own| {
                if let Some(histogram) = histograms.get_mut(index) {
                    histogram.add(own);
                }
            });
            Ok(())
        })?;
        let histograms = names.into_iter().zip(histograms).collect();
        Ok(Observations { histograms, channels: channels.largest })
    }
}

/// The largest numbers of the channels between pairs of layers.
struct Channels {
    /// Which of the observed values each pair has between it, how many channels that has, and how many
    /// numbers of a channel lie together.
    places: Vec<(usize, usize, usize)>,
    largest: Vec<Vec<f32>>,
}

impl Channels {
    fn new(graph: &Graph, linears: &Linears, names: &[String]) -> Self {
        let place = |&(_, second): &(usize, usize)| {
            let layer = linears.layers.get(second)?;
            let index = names.iter().position(|name| *name == layer.root)?;
            let dims = graph.dims(&layer.root)?;
            let together = match layer.kind {
                LayerKind::Gemm | LayerKind::MatMul => 1,
                LayerKind::Conv | LayerKind::ConvTranspose => dims.iter().skip(2).product(),
            };
            Some((index, layer.inputs(), together))
        };
        let places: Vec<_> =
            linears.pairs.iter().map(|pair| place(pair).unwrap_or((usize::MAX, 0, 1))).collect();
        let largest = places.iter().map(|&(_, channels, _)| vec![0.0; channels]).collect();
        Self { places, largest }
    }

    fn add(&mut self, value: usize, numbers: &[f32]) {
        for (&(index, channels, together), largest) in self.places.iter().zip(&mut self.largest) {
            if index != value {
                continue;
            }
            for (at, number) in numbers.iter().enumerate() {
                let channel = at / together.max(1) % channels.max(1);
                if let Some(most) = largest.get_mut(channel) {
                    *most = most.max(number.abs());
                }
            }
        }
    }
}
