//! An external model and normal data go in; the same model with a profile comes out.

use std::borrow::Cow;
#[cfg(feature = "pictures")]
use std::path::PathBuf;

use super::data::Data;
use super::draft::Draft;
use super::error::FitError;
use super::finish::Fitted;
use super::fold::FOLDS;
use super::options::FitOptions;
use super::prepared::Prepared;
use super::reconstructor::FoldJudge;
use super::survey::{Selection, Survey, survey, survey_features};
use crate::decode::{KeyColumn, TimeColumn};
use crate::model::{Model, ModelKind};
#[cfg(feature = "pictures")]
use crate::picture;
#[cfg(feature = "pictures")]
use oddity_core::profile::AlertSpec;
use oddity_core::profile::{FeatureSpec, Layout, Profile, ScoreKind};

/// Gives a profile from normal data to a model that has none, or a new one to a model that has; `onnx`
/// is the file that it was loaded from.
/// What is not said anew in `options` stays as it was.
///
/// # Errors
/// As [`fit`](super::fit), and when data and model do not fit together.
pub fn calibrate(
    (model, onnx): (Model, &[u8]),
    data: &Data,
    options: &FitOptions,
) -> Result<Fitted, FitError> {
    let prepared = prepare(&model, data, options)?;
    let (judges, head) = ([const { FoldJudge::Whole }; FOLDS], prepared.head().cloned());
    prepared.finish_loaded((model, onnx), &judges, head, Vec::new())
}

/// Looks through normal data for a model, which may have a profile: its windows are those that the model
/// takes. What is not said anew in `options` is as in that profile.
///
/// # Errors
/// As [`calibrate`], but for what the windows give.
pub fn prepare(
    model: &Model,
    data: &Data,
    options: &FitOptions,
) -> Result<Prepared<'static>, FitError> {
    let (data, survey, draft) = look_through(model, data, options)?;
    Prepared::of_rows(data, survey, draft)
}

/// What the rows are like, and how windows of them will lie for this model.
pub(super) fn look_through(
    model: &Model,
    data: &Data,
    options: &FitOptions,
) -> Result<(Cow<'static, Data>, Survey, Draft), FitError> {
    options.check()?;
    let old = model.profile()?;
    if takes_only_pictures(model, old.as_ref()) {
        return Err(FitError::Option(format!(
            "the model takes pictures, {:?}, not rows: give PNG, JPEG or MNIST idx files, or folders \
             of pictures",
            model.window_shape()
        )));
    }
    let (mut options, data) = match &old {
        Some(old) => renew(options, data, old)?,
        None => (options.clone(), data.clone()),
    };
    options.score = score_of(model, options.score)?;
    let options = &options;
    // A profile says what its frames are.
    let (data, survey) = match (&old, data.features) {
        (None, Some(_)) => survey_features(&data, options, Selection::All)?,
        _ => (Cow::Owned(data.clone()), survey(&data, options, Selection::All)?),
    };
    let layout = match &old {
        Some(profile) => profile.layout,
        None => layout_of(model, options, survey.channels.len())?,
    };
    let Some((window, wide)) = model.rows_and_channels(layout) else {
        return Err(FitError::Option(format!(
            "the model takes {:?}, which is not {layout}; choose another --layout",
            model.window_shape()
        )));
    };
    if options.window.is_some_and(|asked| asked != window) {
        return Err(FitError::Option(format!(
            "the model's windows have {window} rows; --window cannot change that"
        )));
    }
    if survey.channels.len() != wide {
        let data = survey.channels.into_iter().map(|(name, _)| name).collect();
        let hint = match model.picture_shape() {
            Some(_) => ", or give it pictures if it takes those",
            None => "",
        };
        return Err(FitError::Channels { model: wide, data, hint });
    }
    let mut draft =
        Draft::new(options, (&survey, data.features), window, layout, options.normalise);
    if let Some(profile) = &old {
        draft.constants.clone_from(&profile.constants);
    }
    draft.advice = "does it expect other channels, or --normalise?";
    if let (Some(profile), false) = (&old, options.normalise) {
        draft.keep_normalisation(profile);
    }
    Ok((data, survey, draft))
}

/// Whether rows of sensors are nothing that a model can be calibrated from: its profile says so, or
/// its input has three axes. An input of one plane may be rows and channels.
pub fn takes_only_pictures(model: &Model, profile: Option<&Profile>) -> bool {
    match profile {
        Some(profile) => profile.layout.is_picture(),
        None => model.window_shape().len() == 3,
    }
}

/// As [`calibrate`], from pictures, all of them normal. They are brought to the model's size.
///
/// # Errors
/// As [`Prepared::pictures`], and when the model takes no pictures.
#[cfg(feature = "pictures")]
pub fn calibrate_pictures(
    (model, onnx): (Model, &[u8]),
    paths: &[PathBuf],
    options: &FitOptions,
) -> Result<Fitted, FitError> {
    let prepared = prepare_pictures(&model, paths, options)?;
    let (judges, head) = ([const { FoldJudge::Whole }; FOLDS], prepared.head().cloned());
    prepared.finish_loaded((model, onnx), &judges, head, Vec::new())
}

/// As [`prepare`], from pictures.
///
/// # Errors
/// As [`calibrate_pictures`], but for what the pictures give.
#[cfg(feature = "pictures")]
pub fn prepare_pictures(
    model: &Model,
    paths: &[PathBuf],
    options: &FitOptions,
) -> Result<Prepared<'static>, FitError> {
    let old = model.profile()?;
    let rows = old.as_ref().is_some_and(|profile| !profile.layout.is_picture());
    let kept = old.as_ref().map(|profile| profile.layout);
    let layout = kept.or(options.layout).or(model.picture_layout());
    if !rows && options.layout.is_some() && options.layout != layout {
        let what = "the model has a profile: --layout cannot change the order of its axes";
        return Err(FitError::Option(what.into()));
    }
    let shape = layout.and_then(|layout| model.picture_shape_as(layout));
    let shape = shape.filter(|(planes, ..)| matches!(planes, 1 | 3));
    let Some((planes, height, width)) = shape.filter(|_| !rows) else {
        return Err(FitError::Option(match rows {
            true => "the model has a profile for rows of sensors: give CSV or JSON Lines, not \
                     pictures"
                .into(),
            false => format!(
                "the model's windows {:?} are not pictures: those have the axes [planes, height, \
                 width] or [height, width, planes], with 1 plane (grey) or 3 (colour)",
                model.window_shape()
            ),
        }));
    };
    let mut options = FitOptions { layout, ..options.clone() };
    if let Some(old) = &old {
        let AlertSpec { raise, clear, .. } = old.alert;
        options.score.get_or_insert(old.score.kind());
        options.threshold.get_or_insert(old.threshold.rule);
        options.alert.get_or_insert(AlertSpec { raise, clear, ..AlertSpec::default() });
    }
    options.score = score_of(model, options.score)?;
    let size = picture::PictureOptions { size: Some((height, width)), planes: Some(planes) };
    let mut prepared = Prepared::pictures_for(paths, size, &options, old.as_ref())?;
    prepared.draft.advice = "was it trained on pictures like these, with values from 0 to 1?";
    Ok(prepared)
}

/// The score that was asked for, which must be one that the model has something for. A model that gives
/// a score itself has no other; which way it goes is known of scikit-learn's, and else it is higher the
/// odder.
fn score_of(model: &Model, asked: Option<ScoreKind>) -> Result<Option<ScoreKind>, FitError> {
    let gives_score = model.kind() == ModelKind::Score;
    match asked {
        None if gives_score && model.scores_are_lower() => Ok(Some(ScoreKind::ModelLow)),
        None if gives_score => Ok(Some(ScoreKind::Model)),
        Some(score) if score.is_of_model() != gives_score => {
            Err(FitError::Option(match gives_score {
                true => format!(
                    "the model gives a score, one number for a window, so there are no errors to make \
                 `{score}` of: choose --score model, or model-low where lower is odder"
                ),
                false => format!(
                    "the model gives a reconstruction: --score {score} is for models that give one number \
                 for a window"
                ),
            }))
        }
        asked => Ok(asked),
    }
}

/// The order of axes that was asked for; else the one by which the model takes as many channels as
/// the data has, rows before channels where both would do.
fn layout_of(model: &Model, options: &FitOptions, channels: usize) -> Result<Layout, FitError> {
    match (model.window_shape(), options.layout) {
        ([_], None) if model.free_layout().is_some() => Ok(Layout::TimeChannels),
        ([_], None | Some(Layout::Features)) => Ok(Layout::Features),
        ([_], Some(Layout::TimeChannels)) => Ok(Layout::TimeChannels),
        ([_, _], Some(layout @ (Layout::TimeChannels | Layout::ChannelsTime))) => Ok(layout),
        ([first, last], None) => {
            Ok(model.free_layout().unwrap_or(if *first == channels && *last != channels {
                Layout::ChannelsTime
            } else {
                Layout::TimeChannels
            }))
        }
        (axes, _) => Err(FitError::Option(format!(
            "--layout does not apply to a model whose windows have the axes {axes:?}"
        ))),
    }
}

/// As somebody asks for it.
fn without_period(spec: FeatureSpec) -> FeatureSpec {
    FeatureSpec { period_s: None, ..spec }
}

/// What is not asked for is taken from the profile that the model has.
fn renew(options: &FitOptions, data: &Data, old: &Profile) -> Result<(FitOptions, Data), FitError> {
    let (mut options, mut data) = (options.clone(), data.clone());
    let names: Vec<String> = old.channels.iter().map(|c| c.name.clone()).collect();
    let refuse = |what: &str| {
        Err(FitError::Option(format!(
            "the model has a profile, with the channels {}; {what}",
            names.join(", ")
        )))
    };
    if !options.exclude.is_empty() {
        return refuse("it needs them all: leave out --exclude");
    }
    if options.layout.is_some_and(|layout| layout != old.layout) {
        return refuse("--layout cannot change the order of its axes");
    }
    if data.features.is_some_and(|asked| Some(asked) != old.features.map(without_period)) {
        return refuse("--features cannot change what they are made of");
    }
    data.features = old.features;
    if let Some(asked) = &options.channels {
        let moved =
            |(at, name)| names.iter().position(|old| old == name).is_some_and(|old| old != at);
        if asked.len() != names.len() || asked.iter().enumerate().any(moved) {
            return refuse("--channels can rename them, but must name them all in this order");
        }
    }
    let now = options.channels.clone().unwrap_or_else(|| names.clone());
    let place = |column: &String| names.iter().position(|name| name == column);
    let counters =
        old.input.difference.iter().filter_map(|spec| now.get(place(&spec.column)?).cloned());
    let counters: Vec<String> = counters.collect();
    if !options.difference.is_empty() && options.difference != counters {
        return refuse("--difference cannot change what they are");
    }
    options.difference = counters;
    options.channels = Some(now);
    options.average.get_or_insert(old.average);
    options.hop.get_or_insert(old.hop);
    options.score.get_or_insert(old.score.kind());
    options.smooth.get_or_insert(old.smooth);
    options.threshold.get_or_insert(old.threshold.rule);
    options.alert.get_or_insert(old.alert);
    options.hold.get_or_insert(old.missing.hold);
    if let KeyColumn::AsBefore = data.key {
        data.key = old.key.clone().map_or(KeyColumn::None, KeyColumn::Named);
    }
    if data.time == TimeColumn::Auto {
        data.time = match &old.time {
            Some(name) => TimeColumn::Likely(name.clone()),
            None => TimeColumn::None,
        };
    }
    Ok((options, data))
}
