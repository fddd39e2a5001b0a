//! A profile in the making, a model and what normal data says of it go in; the model with its profile comes out, and what
//! is to be said of both.

use super::draft::Draft;
use super::error::FitError;
use super::false_alarms::{self, FalseAlarms};
use super::fold::FOLDS;
use super::judge::{self, Judgement};
use super::odd::{Odd, OddRows};
use super::stretch::{LEFT_OUT_FROM, NAMED_FROM};
use super::survey::Survey;
use super::words::{describe, just_raised, of_few, of_lone, of_model, warnings};
use crate::decode::Columns;
use crate::model::{Bundle, Model};
use oddity_core::profile::{
    Golden, MissingSpec, Profile, Provenance, ScoreSpec, Sensitivity, ThresholdSpec, VERSION,
};
use oddity_core::threshold::Scale;

/// What a fit or calibration gave.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The model with its profile.
    pub bundle: Bundle,
    /// How the data was read.
    pub columns: Option<Columns>,
    /// In words, a line each, for whoever started it.
    pub summary: Vec<String>,
    /// What should be looked at.
    pub warnings: Vec<String>,
    /// The smoothed out-of-fold scores that the threshold was found from, sorted; of very many,
    /// every so-manieth.
    pub scores: Vec<f64>,
    /// The number of the window that each of them is of, from 0 in the order of the data.
    pub scored: Vec<u64>,
    /// How often an alert is raised on data like this; `None` where there is too little to tell.
    pub false_alarms: Option<FalseAlarms>,
    /// Rows that are unlike the rest, as far as that can be told.
    pub odd: Vec<OddRows>,
    /// Share of the variance that is reconstructed of data that was not learned from. Not a number where
    /// the model gives a score and reconstructs nothing.
    pub explained: f64,
}

/// Puts the profile together, and into the file that `model` was loaded from.
pub(super) fn finish(
    draft: Draft,
    (model, onnx): (Model, &[u8]),
    survey: &Survey,
    mut judgement: Judgement,
    windows: u64,
    mut summary: Vec<String>,
) -> Result<Fitted, FitError> {
    let first = judgement.first_window.clone();
    let golden = judge::golden(&mut model.session()?, &judgement.score, draft.shape(), first)?;
    let (pictures, advice) = (draft.pictures.clone(), draft.advice);
    let profile = profile(draft, survey, &mut judgement, (golden, windows));
    let bundle = Bundle::new(model, onnx, profile)?;
    let profile = bundle.profile();
    summary.insert(
        0,
        match &pictures {
            Some(what) => format!("{} pictures of {what}", profile.provenance.rows),
            None => describe(profile),
        },
    );
    let mut warnings = warnings(survey, judgement.holes);
    warnings.extend(of_few(profile, windows));
    if judgement.explained.is_some_and(|explained| explained < 0.0) {
        warnings.push(format!(
            "the model reconstructs held-out normal data worse than its mean would: {advice}"
        ));
    }
    summary.extend(of_scores(&judgement, &bundle));
    let smoothed = Scale::of(profile).smoothed;
    let false_alarms = judgement.expected.filter(|_| smoothed);
    summary.extend(just_raised(profile));
    if smoothed {
        summary.push(false_alarms::to_words(false_alarms));
    }
    match &unlike(&judgement, profile, NAMED_FROM) {
        Some(odd) if odd.decide() => warnings.push(odd.to_string()),
        Some(odd) if odd.matter() => summary.push(odd.to_string()),
        _ => {}
    }
    warnings.extend(of_lone(&judgement.above, profile.provenance.rows));
    let lone = judgement.above.iter().map(|&row| OddRows { rows: (row, row), channels: vec![] });
    // Where the lower limit finds so much that it says nothing, what is named is left out.
    let found = unlike(&judgement, profile, LEFT_OUT_FROM);
    let found = found.or_else(|| unlike(&judgement, profile, NAMED_FROM));
    let odd = found.map(Odd::rows).unwrap_or_default().into_iter().chain(lone).collect();
    let columns = survey.read.columns.clone();
    let explained = judgement.explained.unwrap_or(f64::NAN);
    let Judgement { scores, scored, .. } = judgement;
    Ok(Fitted { bundle, columns, summary, warnings, scores, scored, false_alarms, odd, explained })
}

fn profile(
    draft: Draft,
    survey: &Survey,
    judgement: &mut Judgement,
    (golden, windows): (Golden, u64),
) -> Profile {
    let mut channels = draft.channels;
    for (channel, found) in channels.iter_mut().zip(&judgement.sensitivity) {
        let scale = |value: f64| value * channel.scale;
        let (step, noise) = (found.step.map(scale), found.noise.map(scale));
        channel.sensitivity = Some(Sensitivity { step, noise, ..*found });
    }
    let columns = survey.read.columns.as_ref();
    let usual = judgement.usual.take();
    let drift = usual.and_then(|usual| usual.finish(&channels, draft.period_s)).or(draft.drift);
    let mut profile = Profile {
        version: VERSION,
        channels,
        constants: draft.constants,
        features: draft.features,
        streams: draft.streams,
        period_s: draft.period_s,
        average: draft.average,
        window: draft.window,
        hop: draft.hop,
        layout: draft.layout,
        missing: MissingSpec { hold: draft.hold },
        time: columns.and_then(|c| c.time.clone()),
        key: columns.and_then(|c| c.key.clone()),
        input: columns.map(|c| c.input.clone()).unwrap_or_default(),
        unprecedented: survey.unprecedented.clone(),
        drift,
        score: judgement.score.clone(),
        smooth: draft.smooth,
        threshold: judgement.threshold,
        alert: draft.alert,
        head: draft.head,
        when: draft.when,
        golden,
        provenance: Provenance {
            program: draft.program,
            command: draft.command,
            data_sha256: survey.read.sha256.clone(),
            rows: survey.read.rows,
            windows,
            left_out: survey.left_out.clone(),
            feedback: Vec::new(),
            before: None,
        },
    };
    profile.version = profile.least_version();
    profile
}

/// How good the reconstructions are, and what the threshold is.
fn of_scores(judgement: &Judgement, bundle: &Bundle) -> [String; 2] {
    let blocks = match judgement.folds {
        FOLDS => String::new(),
        folds => format!(
            " (from {folds} of {FOLDS} blocks of the data, so not to be compared with a run that \
             was not interrupted)"
        ),
    };
    let reconstructs = match (judgement.explained, &bundle.profile().score) {
        (_, ScoreSpec::Model { lower, origin }) => of_model(bundle.model(), *lower, *origin),
        (explained, _) => format!(
            "reconstructs {:.1} % of the variance of held-out data{blocks}",
            100.0 * explained.unwrap_or_default()
        ),
    };
    let ThresholdSpec { value, rule, scores, .. } = judgement.threshold;
    let threshold = format!(
        "threshold {value:.6} ({rule}), found from {scores} scores in {} folds, {:.2} % of them above it",
        judgement.folds,
        100.0 * judgement.exceeding
    );
    [reconstructs, threshold]
}

/// Rows that are so many times as far from the calm ones as most.
fn unlike(judgement: &Judgement, profile: &Profile, times: f64) -> Option<Odd> {
    let threshold = (profile.threshold.rule, Scale::of(profile), profile.threshold.value);
    let gathered = judgement.gathered.as_ref()?;
    gathered.find(&profile.channels, profile.smooth, threshold, times)
}
