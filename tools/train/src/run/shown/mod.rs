//! What a run has made goes in; what its report shows comes out.
//!
//! All that is shown of reconstructions is of windows that the network at work has not learned from.

mod about;
mod examples;
mod facts;
mod latents;

use oddity::fit::{FOLDS, Fitted};
use oddity::profile::{HeadSpec, Profile, SmoothSpec};

use super::head::NO_ALERT;
use super::made::{Made, VALIDATED};
use super::search::SizeTrial;
use crate::data::WindowSet;
use crate::net::{Axes, Network, tolerance};
use crate::progress::{apart, short};
use crate::report::{Check, Curve, HeadPlot, ReportData, Scores, TrialRow};
use crate::train::{Loss, Trained};
pub(super) use about::About;

/// What came out of a run.
pub(super) struct Results<'a> {
    pub(super) made: &'a Made,
    pub(super) fitted: &'a Fitted,
    pub(super) trials: &'a [SizeTrial],
    /// Between libtorch and the written file.
    pub(super) difference: f32,
    /// How good the second output is, in words.
    pub(super) quality: Option<String>,
}

/// Puts the report together.
pub(super) fn report(
    about: About,
    windows: &WindowSet,
    results: &Results<'_>,
) -> anyhow::Result<ReportData> {
    let Results { made, fitted, trials, difference, .. } = results;
    let profile = fitted.bundle.profile();
    let of = match about.axes {
        Axes::Picture { .. } => "pixels from 0 to 1",
        _ => "normalised readings",
    };
    let smoothed = profile.smooth != SmoothSpec::None;
    let score = if smoothed { "score, smoothed as in detection" } else { "score" };
    Ok(ReportData {
        verdict: format!(
            "It {}reconstructs {:.1} % of the variance of held-out data; the \
             threshold is {} ({}).",
            if made.int8.is_some() { "runs in int8. It " } else { "" },
            100.0 * fitted.explained,
            short(profile.threshold.value),
            profile.threshold.rule
        ),
        facts: facts::facts(&about, made, profile),
        loss: format!("{}, {of}", loss_name(about.settings.loss)),
        curves: curves(&made.outcomes, about.closed_form),
        head: head_plot(profile.head.as_ref(), results),
        scores: Scores {
            name: score.into(),
            values: fitted.scores.clone(),
            threshold: Some(profile.threshold.value),
            smoothed,
        },
        windows: examples::windows(&about, windows, made, fitted)?,
        channel_errors: examples::channel_errors(&about, windows, made)?,
        axes: about.axes(),
        latent: latents::latent(&made.whole, windows)?,
        activity: latents::activity(&made.whole, windows, about.settings.sparsity)?,
        trials: trials.iter().map(row).collect(),
        checks: checks(*difference, &made.whole, profile),
        warnings: warnings(results),
        title: about.title,
    })
}

/// What the reader should know before believing the rest.
fn warnings(Results { made, fitted, trials, .. }: &Results<'_>) -> Vec<String> {
    let mut warnings = fitted.warnings.clone();
    if made.interrupted {
        warnings.push(format!(
            "The run was interrupted: this is the best that it had, judged by {} of the {FOLDS} blocks \
             of the data. Its numbers are not to be compared with those of a whole run.",
            made.judged()
        ));
    }
    if trials.len() > 1 {
        warnings.push(format!(
            "The sizes are the best of {} trials by their loss on the last block of the data, so that \
             loss flatters them.",
            trials.len()
        ));
    }
    warnings
}

fn loss_name(loss: Loss) -> &'static str {
    match loss {
        Loss::Mse => "mean squared error",
        Loss::Mae => "mean absolute error",
        Loss::Huber { .. } => "Huber loss",
        Loss::Bce => "binary cross-entropy",
    }
}

/// What has no epochs has no curve.
fn curves(outcomes: &[(String, Trained)], closed_form: bool) -> Vec<Curve> {
    let outcomes = if closed_form { &[] } else { outcomes };
    outcomes.iter().map(|(name, of)| curve(name, of, (&of.training, &of.validation))).collect()
}

fn curve(name: &str, outcome: &Trained, (train, validation): (&[f64], &[f64])) -> Curve {
    Curve {
        name: name.to_owned(),
        fold: name != VALIDATED,
        train: train.to_vec(),
        validation: validation.to_vec(),
        best: outcome.best.checked_sub(1).filter(|_| !validation.is_empty()),
    }
}

/// How the second output learned, where there is one.
fn head_plot(head: Option<&HeadSpec>, results: &Results<'_>) -> Option<HeadPlot> {
    let loss = match head? {
        HeadSpec::Class { .. } => "cross-entropy of the class".to_owned(),
        HeadSpec::Estimate { name, .. } => format!("mean squared error of {name}, normalised"),
    };
    let curve =
        |(name, of): &(String, Trained)| curve(name, of, (&of.head_training, &of.head_validation));
    let quality = results.quality.iter().map(|text| {
        let mut letters = text.chars();
        let first = letters.next().map(|c| c.to_uppercase().collect::<String>());
        format!("{}{}.", first.unwrap_or_default(), letters.as_str())
    });
    Some(HeadPlot {
        sentences: quality.chain([NO_ALERT.to_owned()]).collect(),
        loss,
        curves: results.made.outcomes.iter().map(curve).collect(),
    })
}

/// A trial as the report shows it.
fn row(trial: &SizeTrial) -> TrialRow {
    let mut settings = trial.sizes.clone();
    if let Err(why) = &trial.loss {
        settings.push(("outcome".into(), why.clone()));
    }
    TrialRow { settings, loss: trial.loss.clone().ok(), chosen: trial.chosen }
}

fn checks(difference: f32, network: &Network, profile: &Profile) -> Vec<Check> {
    let check = |name: &str, result: String| Check { name: name.into(), result, passed: true };
    let limit = tolerance(network);
    let (by, of) = match network.is_int8() {
        true => ("libtorch and oddity on windows of the last block", ", of the largest value"),
        false => ("libtorch and tract on windows of the last block", ""),
    };
    vec![
        check("structure of the file, by the rules of ONNX", "as it should be".into()),
        check(by, format!("they {}; {limit:.0e} is allowed{of}", apart(difference))),
        check(
            "golden sample, which every load repeats",
            format!("score {}", short(profile.golden.score)),
        ),
    ]
}
