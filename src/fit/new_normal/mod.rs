//! A model and rows of what is normal from now on go in; its profile comes out, moved over to these rows.
//!
//! The network is kept. It is shown deviations from the mean, so that the means move over and the scales stay. What is
//! found from normal data is found anew, as `calibrate` does: score, threshold, what would just be raised, what was seen.
//! Is refused where a mean goes too far, or where more has changed than the level.

mod begin;
mod constants;
mod error;
mod moves;
mod seen;

use super::calibrate::look_through;
use super::data::Data;
use super::error::FitError;
use super::fold::FOLDS;
use super::idle::without_idle;
use super::options::FitOptions;
use super::paired::limit;
use super::prepared::Prepared;
use super::reconstructor::FoldJudge;
use super::survey::Survey;
use crate::decode::KeyColumn;
use crate::model::{Bundle, Model};
use crate::terminal::four_digits;
use begin::{Extent, begin};
use constants::constants;
use moves::Moves;
use oddity_core::profile::{FeatureSpec, FeedbackKind, Profile, ScoreKind, ThresholdRule};

pub use begin::Since;
pub use error::NewNormalError;

/// How many times as far off the network may be, with the means moved over. At more a network shows little of what it has
/// learned: the covariance that is found anew would take its errors for normal. On the simulated pump a pressure that is
/// noisier lies below it, and one that follows the load by a fifth less above; on SKAB the four valves that were tried lie
/// above while they are being closed (2.03 to 3.6), and the three with rows enough below when they are open again.
const MOST_TIMES: f64 = 2.0;
/// A period may differ by this factor: clocks are not exact, and some rows are lost.
const SAME_PERIOD: f64 = 1.5;
/// What has become of a profile.
pub struct NewNormal {
    /// It, without the step in its history.
    pub profile: Profile,
    /// First and last row of what is normal now.
    pub rows: (u64, u64),
    /// In words, a line each, for whoever asked for it.
    pub summary: Vec<String>,
    /// What should be looked at.
    pub warnings: Vec<String>,
}

/// Moves what is normal over to the rows from `since` on, with how that was written; to all rows without it.
///
/// # Errors
/// When the data cannot be read or is too little, and when the model would not do for it.
pub fn new_normal(
    bundle: &Bundle,
    data: Data,
    since: Option<(Since, &str)>,
) -> Result<NewNormal, NewNormalError> {
    let (model, old) = (bundle.model(), bundle.profile());
    refuse(old)?;
    let (data, rows) = begin(as_before(data, old), old, since)?;
    let data = match &old.when {
        Some(when) => without_idle(data, when)?,
        None => data,
    };
    let options = FitOptions {
        when: old.when.clone(),
        unprecedented: old.unprecedented.is_some(),
        drift: old.drift.is_some(),
        ..FitOptions::default()
    };
    let (data, mut survey, mut draft) = look_through(model, &data, &options)?;
    same_period(old.period_s, survey.period_s)?;
    (survey.period_s, draft.period_s) = (old.period_s, old.period_s);
    // Which streams have scales of their own is known.
    survey.unlike.said = None;
    let moves = Moves::of(old, (&data, &survey), rows)?;
    let still = of_still(&survey, rows);
    moves.check(rows.first)?;
    moves.apply(&mut draft.channels, &mut draft.streams);
    draft.advice = "if faults must show as before, fit again with these rows";
    let (constants, of_constants) = constants(&data, &old.constants)?;
    let mut prepared =
        Prepared::of_rows(data, survey, draft).map_err(|error| too_few(error, rows))?;
    let times = times(&prepared, old, model)?;
    if let Some(times) = times.filter(|times| *times > MOST_TIMES) {
        let Extent { first, last, .. } = rows;
        let (times, most) = (four_digits(times), MOST_TIMES);
        return Err(NewNormalError::Unlike { first, last, times, most });
    }
    // From here on rows are only told.
    let survey = &mut prepared.survey;
    survey.read.rows = rows.count;
    let whole = [const { FoldJudge::Whole }; FOLDS];
    let head = prepared.head().cloned();
    let fitted =
        prepared.finish_loaded((model.clone(), bundle.to_bytes()), &whole, head, vec![])?;
    let profile = seen::moved(old, fitted.bundle.profile(), constants);
    let mut summary = vec![format!("rows {} to {} are normal from now on", rows.first, rows.last)];
    summary.extend(moves.to_words());
    summary.extend(of_constants);
    summary.push(match times {
        Some(times) => format!(
            "with the means moved over the model is {} times as far off as before; up to {MOST_TIMES} times is taken",
            four_digits(times)
        ),
        None => "how far off the model is now cannot be told, as its threshold was set, not found: look at whether it \
                 still raises faults"
            .into(),
    });
    summary.extend(fitted.summary);
    let mut warnings = fitted.warnings;
    warnings.extend(of_streams(old));
    warnings.extend(still);
    Ok(NewNormal { profile, rows: (rows.first, rows.last), summary, warnings })
}

/// Models whose means cannot move.
fn refuse(old: &Profile) -> Result<(), NewNormalError> {
    if old.layout.is_picture() {
        return Err(NewNormalError::Pictures);
    }
    let as_they_are =
        old.channels.iter().all(|channel| channel.mean == 0.0 && channel.scale == 1.0);
    match as_they_are && old.streams.is_empty() {
        true => Err(NewNormalError::AsTheyAre),
        false => Ok(()),
    }
}

/// Read as the model says, where nobody says otherwise.
fn as_before(mut data: Data, old: &Profile) -> Data {
    // As somebody asks for them: how far rows lie apart is found out.
    data.features = old.features.map(|spec| FeatureSpec { period_s: None, ..spec });
    if let KeyColumn::AsBefore = data.key {
        data.key = old.key.clone().map_or(KeyColumn::None, KeyColumn::Named);
    }
    data
}

fn same_period(learned: Option<f64>, found: Option<f64>) -> Result<(), NewNormalError> {
    let (Some(learned), Some(found)) = (learned, found) else { return Ok(()) };
    match (1.0 / SAME_PERIOD..=SAME_PERIOD).contains(&(found / learned)) {
        true => Ok(()),
        false => {
            Err(NewNormalError::Period { found: four_digits(found), learned: four_digits(learned) })
        }
    }
}

/// How many times as far off the model is as it was: by the scores of which a threshold is made, as they were found
/// before. Of squares it is the root. `None` where the threshold says nothing of scores.
fn times(prepared: &Prepared<'_>, old: &Profile, model: &Model) -> Result<Option<f64>, FitError> {
    if let ThresholdRule::Fixed { .. } = old.threshold.rule {
        return Ok(None);
    }
    let times = limit(&prepared.windows, old, model)? / by_rule(old);
    Ok(Some(match old.score.kind() {
        ScoreKind::Mse | ScoreKind::WorstChannel | ScoreKind::Normalised | ScoreKind::T2q => {
            times.sqrt()
        }
        _ => times,
    }))
}

/// The threshold as its rule gave it, before anybody told of alerts.
fn by_rule(profile: &Profile) -> f64 {
    let steps = &profile.provenance.feedback;
    let moved = steps.iter().rposition(|step| step.kind == FeedbackKind::NewNormal);
    let since = steps.get(moved.map_or(0, |at| at + 1)..).unwrap_or_default();
    since.first().map_or(profile.threshold.value, |step| step.before)
}

fn too_few(error: FitError, rows: Extent) -> NewNormalError {
    match error {
        FitError::TooFew { windows, fewest, window, needed, .. } => {
            let Extent { first, last, .. } = rows;
            NewNormalError::TooFew { first, last, windows, window, fewest, needed }
        }
        // What should be looked at first may well be why.
        FitError::Explained { warnings, error } => match too_few(*error, rows) {
            NewNormalError::Fit(error) => NewNormalError::Fit(error.explained(warnings)),
            error => error,
        },
        error => NewNormalError::Fit(error),
    }
}

/// Channels that do not move at all, which a sensor that has failed does not either.
fn of_still(survey: &Survey, Extent { first, last, .. }: Extent) -> Vec<String> {
    let still = survey.channels.iter().filter_map(|(name, stats)| {
        let (low, high) = stats.range();
        (low >= high).then(|| {
            format!(
                "{name} stands still at {} in rows {first} to {last}: if its sensor is frozen, mend that first, for \
                 standing still is normal from now on",
                four_digits(low)
            )
        })
    });
    still.collect()
}

/// What is known of all streams together.
fn of_streams(old: &Profile) -> Option<String> {
    let key = old.key.as_deref().filter(|_| old.streams.is_empty())?;
    Some(format!(
        "the model has one mean, score and threshold for all that column {key} tells apart: they have moved over for \
         those, too, that are not in these rows"
    ))
}
