//! A model and normal data go in; the quantised model comes out, with its threshold fitted anew and what it
//! all cost.

use super::calibration::Calibration;
use super::cost::{Cost, KEY, KeptLayer};
use super::error::QuantiseError;
use super::options::QuantiseOptions;
use super::search::{Found, alike, search};
use super::trial::Trial;
use crate::fit::{FOLDS, FitError, FoldJudge, Prepared, RawWindows, WindowScore};
use crate::graph::write::with_metadata;
use crate::model::{Bundle, Model, ModelKind, ModelPart};
use oddity_core::profile::{Profile, ScoreKind};
use oddity_core::window::WindowShape;

/// Rounds in which a file is told its own size.
const ROUNDS: usize = 4;
/// Windows from which ranges are found, at least.
const LEAST: usize = 20;

/// That other data than the model has learned from gives another threshold.
const FORGOTTEN: &str = "the model has not learned from this data, so the threshold is found anew: the feedback that it has \
                         had is not in it; give it again, or quantise with the data that it was fitted on";

/// That the data shows what was normal once.
const MOVED: &str = "the model was moved over to a new normal since it learned from this data: give rows of what is normal now";

/// Normal data for a model.
pub enum Normal<'a> {
    /// Rows, pictures or windows of which a profile can be made.
    Prepared(Box<Prepared<'a>>),
    /// Windows for a model without a profile: nobody knows what lies in them, so that none is made.
    Raw(RawWindows),
}

/// A quantised model.
pub struct Quantised {
    /// Its file.
    pub onnx: Vec<u8>,
    /// What it cost.
    pub cost: Cost,
    /// In words, a line each: how the profile was made.
    pub summary: Vec<String>,
    /// What should be looked at.
    pub warnings: Vec<String>,
}

/// Quantises a model that was loaded from these bytes.
///
/// # Errors
/// When it is quantised already or has nothing to quantise, when the data is too little or has what is not
/// finite in it, and when model and data do not fit together.
pub fn quantise(
    (model, onnx): (Model, &[u8]),
    normal: &Normal<'_>,
    options: &QuantiseOptions,
) -> Result<Quantised, QuantiseError> {
    if model.description().arithmetic.quantised {
        let operators = model.description().operators.iter();
        let names = operators.map(|count| count.operator.as_str());
        let names: Vec<&str> =
            names.filter(|name| name.contains('Q') || name.ends_with("Integer")).collect();
        return Err(QuantiseError::Already { operators: names.join(", ") });
    }
    match normal {
        Normal::Prepared(prepared) => with_profile((model, onnx), prepared, options),
        Normal::Raw(windows) => without_profile((model, onnx), windows, options),
    }
}

/// The score of what has no profile is the mean squared error.
fn without_profile(
    (model, onnx): (Model, &[u8]),
    windows: &RawWindows,
    options: &QuantiseOptions,
) -> Result<Quantised, QuantiseError> {
    let calibration = Calibration::of_raw(windows);
    let count = windows.windows().len();
    if count < LEAST {
        let (windows, needed) = (count as u64, LEAST as u64);
        return Err(FitError::TooFewWindows { windows, needed }.into());
    }
    if model.kind() == ModelKind::Score {
        return Err(QuantiseError::NoProfile);
    }
    let shape = WindowShape { window: 1, channels: windows.length(), channels_first: false };
    let limits = model.read_options().limits;
    let trial = Trial::new(&calibration, (ScoreKind::Mse, shape), limits);
    let found = search((&model, onnx), &trial, options)?;
    let scores = |model: &Model| -> Result<Vec<WindowScore>, QuantiseError> {
        let scores = trial.scores(model)?.into_iter();
        Ok(scores.map(|score| WindowScore { score, ratio: 0.0, odd: false }).collect())
    };
    let mut cost = told(&found, options);
    cost.compare(&scores(&model)?, &scores(&found.model)?, None);
    let onnx = finish((&model, onnx), (&found.model, &found.onnx), cost, &trial)?;
    Ok(Quantised { onnx: onnx.0, cost: onnx.1, summary: Vec::new(), warnings: Vec::new() })
}

fn with_profile(
    (model, onnx): (Model, &[u8]),
    prepared: &Prepared<'_>,
    options: &QuantiseOptions,
) -> Result<Quantised, QuantiseError> {
    let old = model.profile().map_err(FitError::from)?;
    let has_feedback = old.as_ref().is_some_and(|profile| !profile.provenance.feedback.is_empty());
    let has_moved = old.as_ref().is_some_and(|profile| profile.provenance.before.is_some());
    let is_of = |old: &Profile| old.provenance.data_sha256 == prepared.sha256();
    if has_moved && old.as_ref().is_some_and(is_of) {
        return Err(FitError::Option(MOVED.into()).into());
    }
    // What is normal has moved over to rows like these: the profile holds for them as they are.
    let learned_from = old.filter(|old| has_moved || is_of(old));
    let whole = [const { FoldJudge::Whole }; FOLDS];
    let head = prepared.head().cloned();
    let before = match &learned_from {
        Some(_) => Bundle::of(model.clone(), onnx.to_vec())?,
        None => prepared.finish_loaded((model.clone(), onnx), &whole, head.clone(), vec![])?.bundle,
    };
    let calibration = Calibration::of(prepared)?;
    let profile = before.profile();
    let limits = model.read_options().limits;
    let (score, shape) = (profile.score.kind(), WindowShape::of(profile));
    let trial = Trial::new(&calibration, (score, shape), limits);
    let found = search((&model, onnx), &trial, options)?;
    let ready = (found.model.clone(), found.onnx.as_slice());
    // A threshold that is found anew does not know what was told of alerts, and of what is normal now.
    let linear = linear_latent(&found, &model).filter(|_| !has_feedback);
    let forgotten = (has_feedback && learned_from.is_none()).then(|| FORGOTTEN.to_owned());
    let (bundle, summary, mut warnings) = match (&learned_from, linear) {
        (Some(_), None) => {
            let bundle = prepared.finish_in_place(ready, &before)?;
            let moved = bundle.profile().threshold.value / profile.threshold.value;
            let summary = format!(
                "threshold {:.6}: the profile was made from this data, which the model may have learned \
                 from, so the threshold stays, times {moved:.4}, as the scores have moved",
                bundle.profile().threshold.value
            );
            (bundle, vec![summary], prepared.warnings())
        }
        (learned_from, linear) => {
            let judges = match (learned_from, linear) {
                (Some(_), Some(latent)) => judges(prepared, latent, &trial, &found, options)?,
                _ => whole,
            };
            let fitted = prepared.finish_loaded(ready, &judges, head, vec![])?;
            (fitted.bundle, fitted.summary, fitted.warnings)
        }
    };
    warnings.extend(forgotten);
    let (one, other) = (prepared.scores(&before)?, prepared.scores(&bundle)?);
    let odd = one.iter().filter(|score| score.odd).count();
    if prepared.has_labels() && (odd == 0 || odd == one.len()) {
        return Err(QuantiseError::Labels { odd, windows: one.len() });
    }
    let mut cost = told(&found, options);
    cost.compare(&one, &other, Some(profile.alert.raise));
    let (onnx, cost) = finish((&model, onnx), (bundle.model(), bundle.to_bytes()), cost, &trial)?;
    Ok(Quantised { onnx, cost, summary, warnings })
}

/// The width of the latent where the model is what `fit` makes.
fn linear_latent(found: &Found, model: &Model) -> Option<usize> {
    let linears = &found.candidate.linears;
    let names = linears.layers.iter().map(|layer| layer.name.as_str());
    let made = model.description().producer.starts_with("oddity ");
    let linear = made && names.eq(["encode", "decode"]);
    model.latent_len().filter(|_| linear)
}

/// What judges each fold of the data that a model of `fit` learned from: it learned from the others, and
/// is quantised alike.
fn judges(
    prepared: &Prepared<'_>,
    latent: usize,
    trial: &Trial<'_>,
    found: &Found,
    options: &QuantiseOptions,
) -> Result<[FoldJudge; FOLDS], QuantiseError> {
    let mut judges = [const { FoldJudge::None }; FOLDS];
    let models = prepared.linear_judges(latent)?;
    for (fold, (judge, onnx)) in judges.iter_mut().zip(models).enumerate() {
        let windows = trial.windows().without(fold);
        let trial = trial.on(&windows);
        *judge = FoldJudge::Model(alike(&onnx, &trial, &found.chosen, options)?);
    }
    Ok(judges)
}

/// What was decided.
fn told(found: &Found, options: &QuantiseOptions) -> Cost {
    let layers = found.candidate.linears.layers.iter().zip(&found.costs).enumerate();
    let kept = layers.filter(|(at, _)| !found.chosen.contains(at)).map(|(_, (layer, cost))| {
        let reason = format!(
            "alone in 8 bits it changes the score by {:.2} % of its mean, and {:.2} % are allowed",
            100.0 * cost,
            100.0 * options.most_cost
        );
        KeptLayer { name: layer.name.clone(), cost: Some(*cost), reason }
    });
    let left_out = found.left_out().iter().map(|layer| KeptLayer {
        name: layer.name.clone(),
        cost: None,
        reason: layer.reason.into(),
    });
    Cost {
        range: options.range.to_string(),
        equalised: found.equalised,
        layers: found.chosen.len(),
        kept: kept.chain(left_out).collect(),
        ..Cost::default()
    }
}

/// Measures sizes and times, and puts the report into the file, which is read once more.
fn finish(
    (before, old): (&Model, &[u8]),
    (after, new): (&Model, &[u8]),
    cost: Cost,
    trial: &Trial<'_>,
) -> Result<(Vec<u8>, Cost), QuantiseError> {
    let [micros_before, micros_after] = trial.times([before, after])?;
    // The model that runs was loaded before its profile was in it; its weights are the same.
    let mut cost = Cost {
        bytes_before: old.len(),
        weight_bytes_before: before.description().weight_bytes,
        weight_bytes_after: after.description().weight_bytes,
        micros_before,
        micros_after,
        ..cost
    };
    let mut onnx = new.to_vec();
    for _ in 0..ROUNDS {
        cost.bytes_after = onnx.len();
        onnx = with_metadata(&onnx, KEY, serde_json::to_string(&cost)?)?;
        if onnx.len() == cost.bytes_after {
            break;
        }
    }
    let read = trial.load(&onnx, ModelPart::Whole)?;
    if read.profile().map_err(FitError::from)?.is_some() {
        Bundle::of(read, onnx.clone())?;
    }
    Ok((onnx, cost))
}
