//! What a run has made goes in; what its report shows comes out.
//!
//! All that is shown of reconstructions is of the last block of the data, as the model that has not
//! learned from it sees it.

mod facts;
mod seen;

use oddity::fit::Fitted;
use oddity::profile::{Channel, Profile, SmoothSpec};
use oddity::score::{Scorer, Shape};

use super::search::Trial;
use super::steps::Trainer;
use super::{Made, Set, VALIDATED};
use crate::data::Windows;
use crate::net::{Axes, Spec, TOLERANCE};
use crate::plan::Command;
use crate::progress::short;
use crate::report::{self, Check, Curve, Report, Scores, WindowAxes};
use crate::train::{Loss, Outcome, Settings};
use facts::{Facts, fact, name};
use seen::{Seen, activity, latent};

/// What is known before the model has its profile.
pub(super) struct About {
    title: String,
    kind: String,
    data: Facts,
    channels: Vec<Channel>,
    shape: Shape,
    axes: Axes,
    period_s: Option<f64>,
    spec: Spec,
    settings: Settings,
    device: String,
    closed_form: bool,
}

impl About {
    pub(super) fn new(command: &Command, set: &Set<'_>, trainer: &Trainer) -> Self {
        let prepared = &set.prepared;
        let files: Vec<String> =
            command.data.iter().map(|path| path.display().to_string()).collect();
        let mut data = vec![fact("files", files.join(", "))];
        match set.windows.axes() {
            Axes::Picture { .. } => data.push(fact("pictures", prepared.rows_read())),
            _ => data
                .extend([fact("rows", prepared.rows_read()), fact("windows", set.windows.len())]),
        }
        data.push(fact("SHA-256", prepared.sha256()));
        if let Some(period) = prepared.period_s() {
            data.push(fact("period", format!("{period} s")));
        }
        if let Some(labels) = set.windows.labels() {
            data.push(fact("windows with a label", labels.labelled()));
        }
        Self {
            title: command.output.display().to_string(),
            kind: name(&command.kind),
            data,
            channels: prepared.channels().to_vec(),
            shape: prepared.shape(),
            axes: set.windows.axes(),
            period_s: prepared.period_s(),
            spec: set.spec.clone(),
            settings: trainer.settings.clone(),
            device: match trainer.device {
                tch::Device::Cpu => format!("processor, --threads {}", command.run.threads),
                tch::Device::Cuda(number) => format!("CUDA device {number}"),
                device => format!("{device:?}"),
            },
            closed_form: trainer.closed_form,
        }
    }

    pub(super) fn report(
        self,
        windows: &Windows,
        made: &Made,
        fitted: &Fitted,
        trials: &[Trial],
        difference: f32,
    ) -> anyhow::Result<Report> {
        let profile = &fitted.profile;
        let seen = Seen::new(made, windows, self.shape)?;
        let mut warnings = fitted.warnings.clone();
        if made.interrupted {
            warnings.push("The run was interrupted: this is the best that it had.".into());
        }
        if trials.len() > 1 {
            warnings.push(format!(
                "The sizes are the best of {} trials by their loss on the last block of the data, so \
                 that loss flatters them.",
                trials.len()
            ));
        }
        let network = made.whole();
        let of = match self.axes {
            Axes::Picture { .. } => "pixels from 0 to 1",
            _ => "normalised readings",
        };
        let smoothed = profile.smooth != SmoothSpec::None;
        let score = if smoothed { "score, smoothed as in detection" } else { "score" };
        if profile.head.is_some() {
            warnings.push(
                "The training loss holds the second output's as well; the validation loss, by which \
                 the number of epochs was chosen, does not."
                    .into(),
            );
        }
        Ok(Report {
            verdict: format!(
                "It reconstructs {:.1} % of the variance of data that it has not learned from; the \
                 threshold is {} ({}).",
                100.0 * fitted.explained,
                short(profile.threshold.value),
                profile.threshold.rule
            ),
            facts: self.facts(made, profile),
            loss: format!("{}, {of}", loss_name(self.settings.loss)),
            curves: curves(&made.outcomes, self.closed_form),
            scores: Scores {
                name: score.into(),
                values: fitted.scores.clone(),
                threshold: Some(profile.threshold.value),
                smoothed,
            },
            windows: self.windows(&seen, profile)?,
            channel_errors: self.channel_errors(&seen),
            axes: self.axes(),
            latent: latent(network, windows)?,
            activity: activity(network, windows, self.settings.sparsity)?,
            trials: trials.iter().map(Trial::shown).collect(),
            checks: checks(difference, profile),
            warnings,
            title: self.title,
        })
    }

    fn axes(&self) -> WindowAxes {
        let channels = self.channels.iter().map(|channel| report::Channel {
            name: channel.name.clone(),
            unit: channel.unit.clone(),
        });
        match self.axes {
            Axes::Features(_) => WindowAxes::Features(channels.collect()),
            Axes::Rows { .. } => {
                WindowAxes::Rows { channels: channels.collect(), period_s: self.period_s }
            }
            Axes::Picture { planes, height, width } => {
                WindowAxes::Picture { planes, height, width }
            }
        }
    }

    /// The windows with the smallest, the median and the largest score.
    fn windows(&self, seen: &Seen, profile: &Profile) -> anyhow::Result<Vec<report::Window>> {
        let mut scorer = Scorer::of(profile);
        let mut scores = Vec::new();
        for (at, (original, reconstruction)) in seen.windows().enumerate() {
            scores.push((scorer.score(original, reconstruction, seen.latent(at))?, at));
        }
        scores.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let last = scores.len().saturating_sub(1);
        let mut shown = Vec::new();
        for (name, rank) in [("Best", 0), ("Median", last / 2), ("Worst", last)] {
            let Some(&(score, at)) = scores.get(rank) else { continue };
            let Some((original, reconstruction)) = seen.windows().nth(at) else { continue };
            shown.push(report::Window {
                title: format!("{name}: number {} of {} in the last block", at + 1, scores.len()),
                score,
                errors: self.by_channel(original, reconstruction),
                original: self.in_units(original),
                reconstruction: self.in_units(reconstruction),
            });
        }
        Ok(shown)
    }

    /// Mean squared error of each channel, normalised.
    fn by_channel(&self, original: &[f32], reconstruction: &[f32]) -> Vec<f64> {
        let mut errors = vec![0.0; self.shape.channels];
        for (at, (a, b)) in original.iter().zip(reconstruction).enumerate() {
            if let Some(error) = errors.get_mut(self.shape.channel(at)) {
                *error += f64::from(a - b).powi(2);
            }
        }
        errors.iter().map(|error| error / self.shape.window.max(1) as f64).collect()
    }

    fn in_units(&self, values: &[f32]) -> Vec<f32> {
        let unit = |(at, value): (usize, &f32)| match self.channels.get(self.shape.channel(at)) {
            Some(channel) => (f64::from(*value) * channel.scale + channel.mean) as f32,
            None => *value,
        };
        values.iter().enumerate().map(unit).collect()
    }

    fn channel_errors(&self, seen: &Seen) -> Vec<(String, f64)> {
        let mut sums = vec![0.0; self.channels.len()];
        for (original, reconstruction) in seen.windows() {
            let errors = self.by_channel(original, reconstruction);
            sums.iter_mut().zip(errors).for_each(|(sum, error)| *sum += error);
        }
        if sums.len() < 2 {
            // There is nothing to compare it with.
            return Vec::new();
        }
        let count = seen.windows().count().max(1) as f64;
        self.channels.iter().zip(sums).map(|(c, sum)| (c.name.clone(), sum / count)).collect()
    }
}

fn loss_name(loss: Loss) -> &'static str {
    match loss {
        Loss::Mse => "mean squared error",
        Loss::Mae => "mean absolute error",
        Loss::Huber { .. } => "Huber loss",
        Loss::Bce => "binary cross-entropy",
    }
}

fn curves(outcomes: &[(String, Outcome)], closed_form: bool) -> Vec<Curve> {
    // What has no epochs has no curve.
    let outcomes = if closed_form { &[] } else { outcomes };
    outcomes
        .iter()
        .map(|(name, outcome)| Curve {
            name: name.clone(),
            fold: name != VALIDATED,
            train: outcome.training.clone(),
            validation: outcome.validation.clone(),
            best: outcome.best.checked_sub(1).filter(|_| !outcome.validation.is_empty()),
        })
        .collect()
}

impl Trial {
    fn shown(&self) -> report::Trial {
        let mut settings = self.sizes.clone();
        if let Err(why) = &self.loss {
            settings.push(("outcome".into(), why.clone()));
        }
        report::Trial { settings, loss: self.loss.clone().ok(), chosen: self.chosen }
    }
}

fn checks(difference: f32, profile: &Profile) -> Vec<Check> {
    let check = |name: &str, result: String| Check { name: name.into(), result, passed: true };
    vec![
        check("structure of the file, by the rules of ONNX", "as it should be".into()),
        check(
            "libtorch and tract on windows of the last block",
            format!("at most {difference:.1e} apart, of which {TOLERANCE:.0e} are allowed"),
        ),
        check(
            "golden sample, which every load repeats",
            format!("score {}", short(profile.golden.score)),
        ),
    ]
}
