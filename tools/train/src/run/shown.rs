//! What a run has made goes in; what its report shows comes out.
//!
//! All that is shown of reconstructions is of the last block of the data, as the model that has not
//! learned from it sees it.

use std::time::Duration;

use oddity::fit::Fitted;
use oddity::profile::{Channel, HeadSpec, Profile};
use oddity::score::{Scorer, Shape};
use tch::{Kind, Tensor};

use super::search::Trial;
use super::steps::Trainer;
use super::{Made, Set, VALIDATED};
use crate::data::{Choice, VALIDATION, Windows};
use crate::net::{Activation, Axes, Backbone, Network, Spec, TOLERANCE};
use crate::plan::Command;
use crate::progress::{short, span};
use crate::report::{
    self, Activity, Check, Colour, Curve, Latent, Points, Report, Scores, WindowAxes,
};
use crate::train::{Loss, Outcome, Settings, Sparsity};

/// Windows in a look at the network.
const LOOK: i64 = 1024;
/// Points of the latent space.
const POINTS: usize = 4000;
/// A unit of the latent is active above this.
const ACTIVE: f64 = 0.1;

type Facts = Vec<(String, String)>;

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
    stopped: bool,
    closed_form: bool,
}

impl About {
    pub(super) fn new(command: &Command, set: &Set<'_>, trainer: &Trainer) -> anyhow::Result<Self> {
        let prepared = &set.prepared;
        let files: Vec<String> =
            command.data.iter().map(|path| path.display().to_string()).collect();
        let kind = clap::ValueEnum::to_possible_value(&command.kind);
        let what = match set.windows.axes() {
            Axes::Picture { .. } => "pictures",
            _ => "rows",
        };
        let mut data = vec![
            fact("files", files.join(", ")),
            fact(what, prepared.rows_read()),
            fact("windows", set.windows.len()),
            fact("SHA-256", prepared.sha256()),
        ];
        if let Some(period) = prepared.period_s() {
            data.push(fact("period", format!("{period} s")));
        }
        if let Some(labels) = set.windows.labels() {
            data.push(fact("windows with a label", labels.labelled()));
        }
        Ok(Self {
            title: command.output.display().to_string(),
            kind: kind.map(|kind| kind.get_name().to_owned()).unwrap_or_default(),
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
            stopped: trainer.stopped(),
            closed_form: trainer.closed_form,
        })
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
        if self.stopped {
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
        Ok(Report {
            verdict: format!(
                "It reconstructs {:.1} % of the variance of data that it has not learned from; the \
                 threshold is {} ({}).",
                100.0 * fitted.explained,
                short(profile.threshold.value),
                profile.threshold.rule
            ),
            facts: self.facts(made, profile),
            loss: format!("{}, normalised readings", loss_name(self.settings.loss)),
            curves: curves(&made.outcomes, self.closed_form),
            scores: Scores {
                name: "score, smoothed as in detection".into(),
                values: fitted.scores.clone(),
                threshold: Some(profile.threshold.value),
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

    fn facts(&self, made: &Made, profile: &Profile) -> Vec<(String, Facts)> {
        let Settings { loss, optimiser, lr, schedule, batch, noise, sparsity, .. } = &self.settings;
        let mut network = vec![
            fact("kind", &self.kind),
            fact("input", in_words(self.axes)),
            fact("layers", layers(&self.spec)),
            fact("latent", self.spec.latent),
            fact(
                "weights",
                made.validated.parameters().iter().map(|(_, w)| w.numel()).sum::<usize>(),
            ),
        ];
        if self.spec.latent_activation != Activation::Identity {
            network.push(fact("on the latent", format!("{:?}", self.spec.latent_activation)));
        }
        if self.spec.output_activation != Activation::Identity {
            network.push(fact("on the output", format!("{:?}", self.spec.output_activation)));
        }
        if let Some(head) = &profile.head {
            network.push(fact(
                "second output",
                match head {
                    HeadSpec::Class { classes } => format!("class, one of {}", classes.join(", ")),
                    HeadSpec::Estimate { name, .. } => format!("estimate of {name}"),
                },
            ));
        }
        let mut training = match self.closed_form {
            true => vec![fact("weights", "principal components, by their formula")],
            false => vec![
                fact("loss", loss),
                fact("optimiser", format!("{optimiser:?}, learning rate {lr}, {schedule}")),
                fact("batch", batch),
                fact("noise on the input", noise),
                fact("penalty on the latent", sparsity),
            ],
        };
        training.push(fact("seed", self.settings.seed));
        training.push(fact("computed on", &self.device));
        let times: Facts = made
            .outcomes
            .iter()
            .map(|(name, outcome)| {
                let time = span(Duration::try_from_secs_f64(outcome.seconds).unwrap_or_default());
                fact(name, format!("{} epochs, {time}", outcome.training.len()))
            })
            .collect();
        let run =
            [vec![fact("command", format!("oddity-train {}", profile.provenance.command))], times];
        [
            ("Data", self.data.clone()),
            ("Network", network),
            ("Training", training),
            ("Run", run.concat()),
        ]
        .into_iter()
        .map(|(name, facts)| (name.to_owned(), facts))
        .collect()
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
        let count = seen.windows().count().max(1) as f64;
        self.channels.iter().zip(sums).map(|(c, sum)| (c.name.clone(), sum / count)).collect()
    }
}

/// Windows of the last block, and what two networks make of them.
struct Seen {
    len: usize,
    latent_len: usize,
    originals: Vec<f32>,
    /// By the network that has not learned from them.
    reconstructions: Vec<f32>,
    /// By the one that is written: the statistics of its latent are in the profile.
    latents: Vec<f32>,
}

impl Seen {
    fn new(made: &Made, windows: &Windows, shape: Shape) -> anyhow::Result<Self> {
        let windows = windows.examples(Choice::Fold(VALIDATION))?.windows;
        let mut seen = Self {
            len: (shape.window * shape.channels).max(1),
            latent_len: made.validated.spec().latent,
            originals: flat(&windows)?,
            reconstructions: Vec::new(),
            latents: Vec::new(),
        };
        for part in windows.f_split(LOOK, 0)? {
            let output = tch::no_grad(|| made.validated.forward(&part, false))?;
            seen.reconstructions.extend(flat(&output.reconstruction)?);
            let output = tch::no_grad(|| made.whole().forward(&part, false))?;
            seen.latents.extend(flat(&output.latent)?);
        }
        Ok(seen)
    }

    /// Each window with its reconstruction.
    fn windows(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        self.originals.chunks(self.len).zip(self.reconstructions.chunks(self.len))
    }

    fn latent(&self, at: usize) -> &[f32] {
        self.latents.get(at * self.latent_len..(at + 1) * self.latent_len).unwrap_or_default()
    }
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>, tch::TchError> {
    Vec::try_from(&tensor.f_contiguous()?.f_view([-1])?)
}

fn fact(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

fn in_words(axes: Axes) -> String {
    match axes {
        Axes::Features(features) => format!("{features} values, a row"),
        Axes::Rows { time, channels } => format!("{time} rows of {channels} channels"),
        Axes::Picture { planes, height, width } => {
            oddity::picture::describe((planes, height, width))
        }
    }
}

/// Widths on the way to the latent and back.
fn layers(spec: &Spec) -> String {
    let way = |name: &str, widths: &[usize]| {
        let way = widths.iter().chain([&spec.latent]).chain(widths.iter().rev());
        format!("{name} {}", way.map(usize::to_string).collect::<Vec<_>>().join(" → "))
    };
    match &spec.backbone {
        Backbone::Dense { hidden } => way("dense,", hidden),
        Backbone::Conv1d { filters, kernel, stride, growth }
        | Backbone::Conv2d { filters, kernel, stride, growth } => format!(
            "{}; kernel {kernel}, stride {stride}, {growth:?}",
            way("convolutions, filters", filters)
        ),
        Backbone::Lstm { hidden, layers } => way(&format!("LSTM, {layers} deep,"), &[*hidden]),
        Backbone::Gru { hidden, layers } => way(&format!("GRU, {layers} deep,"), &[*hidden]),
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

/// Windows of all the data in the latent space: its first two principal components.
fn latent(network: &Network, windows: &Windows) -> anyhow::Result<Option<Latent>> {
    let all = windows.examples(Choice::All)?;
    let count = usize::try_from(all.count()).unwrap_or(0);
    let step = count.div_ceil(POINTS).max(1);
    let rows: Vec<i64> = (0..count).step_by(step).map(|row| row as i64).collect();
    if rows.len() < 3 {
        return Ok(None);
    }
    let at = Tensor::f_from_slice(&rows)?.f_to(all.windows.device())?;
    let latents =
        tch::no_grad(|| network.forward(&all.windows.f_index_select(0, &at)?, false))?.latent;
    let latents = latents.f_to(tch::Device::Cpu)?.f_to_kind(Kind::Double)?;
    let colour = match windows.labels().map(|labels| labels.names(&rows)) {
        Some(labels) => Colour::Label(labels),
        None => Colour::Time {
            name: "window".into(),
            values: rows.iter().map(|&row| row as f64).collect(),
        },
    };
    if network.spec().latent == 1 {
        let values = Vec::<f64>::try_from(&latents.f_view([-1])?)?;
        return Ok(Some(Latent { points: Points::One(values), colour }));
    }
    let centred = latents.f_sub(&latents.f_mean_dim(&[0_i64][..], true, Kind::Double)?)?;
    let (_, spread, components) = centred.f_svd(true, true)?;
    let places = centred.f_matmul(&components.f_narrow(1, 0, 2)?)?.f_contiguous()?.f_view([-1])?;
    let points = Vec::<f64>::try_from(&places)?;
    let points = points.chunks_exact(2).filter_map(|pair| <[f64; 2]>::try_from(pair).ok());
    let variances: Vec<f64> =
        Vec::<f64>::try_from(&spread)?.iter().map(|value| value * value).collect();
    let whole = variances.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let share = [0, 1].map(|at| variances.get(at).copied().unwrap_or(0.0) / whole);
    Ok(Some(Latent { points: Points::Two { points: points.collect(), share }, colour }))
}

/// How active the units of a sparse latent are in the last block.
fn activity(
    network: &Network,
    windows: &Windows,
    sparsity: Sparsity,
) -> anyhow::Result<Option<Activity>> {
    let target = match sparsity {
        Sparsity::None => return Ok(None),
        Sparsity::L1 { .. } => None,
        Sparsity::Kl { target, .. } => Some(target),
    };
    let windows = windows.examples(Choice::Fold(VALIDATION))?.windows;
    let latent = tch::no_grad(|| network.forward(&windows, false))?.latent.f_abs()?;
    let mean = latent.f_mean_dim(&[0_i64][..], false, Kind::Float)?.f_to_kind(Kind::Double)?;
    let units = Vec::<f64>::try_from(&mean.f_to(tch::Device::Cpu)?)?;
    let active = latent.f_gt(ACTIVE)?.f_to_kind(Kind::Float)?.f_mean(Kind::Float)?;
    let whole = units.iter().sum::<f64>() / units.len().max(1) as f64;
    Ok(Some(Activity {
        name: "mean absolute activation".into(),
        facts: vec![
            fact("mean over all units", short(whole)),
            fact(
                &format!("units above {ACTIVE}, mean over the windows"),
                format!("{:.1} %", 100.0 * active.f_double_value(&[])?),
            ),
        ],
        units,
        target,
    }))
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
