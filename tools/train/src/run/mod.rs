//! A command line goes in; a trained, checked and calibrated model is written, and its report.
//!
//! Four models judge the four blocks of the data, each trained without its block; the one without
//! the last block also tells after how many epochs to stop. The model that is written is trained
//! on all of the data for so many epochs, unless it is asked not to be. Stopped from outside, the
//! run ends with the best that it has.

mod files;
mod search;
mod shown;
mod steps;

use std::time::Duration;

use anyhow::Context;
use oddity::args::{LearnArgs, command_line};
use oddity::fit::{FOLDS, FitError, FoldJudge, Label, Meaning, Prepared};
use oddity::model::Model;
use oddity::files::write_whole;
use tch::Device;

use crate::checkpoint::{Checkpoint, Identity};
use crate::data::{Choice, HeadKind, Source, VALIDATION, Windows};
use crate::net::{Network, Part, Spec, check};
use crate::plan::{Command, DeviceChoice, network, settings};
use crate::progress::say;
use crate::signals;
use crate::train::Settings;
use files::Files;
use search::Trial;
use steps::{Goal, Trained, Trainer};

/// Windows on which libtorch and the exported file are compared.
const COMPARED: i64 = 64;

/// The data, as windows of one size, and the network for it.
struct Set<'a> {
    prepared: Prepared<'a>,
    windows: Windows,
    spec: Spec,
}

/// The name of the training that is validated.
const VALIDATED: &str = "validated";

/// What training has made.
struct Made {
    /// By name, in the order in which they were trained.
    outcomes: Vec<(String, crate::train::Outcome)>,
    /// Without the last block of the data.
    validated: Network,
    /// On all of it; `None` where the validated one is to be written.
    last: Option<Network>,
    judges: [FoldJudge; FOLDS],
    /// Somebody stopped it before it was done.
    interrupted: bool,
}

impl Made {
    /// The network that is written.
    fn whole(&self) -> &Network {
        self.last.as_ref().unwrap_or(&self.validated)
    }
}

/// Trains, checks, calibrates and writes.
///
/// # Errors
/// In the words of whatever failed; no model is written then.
pub fn run(command: &Command) -> anyhow::Result<()> {
    let files = Files::of(command)?;
    let pictures = Source::are_pictures(&command.data)?;
    let settings = settings(command, pictures)?;
    tch::set_num_threads(command.run.threads.into());
    let device = device(command.run.device)?;
    let (source, _spool) = source(command, pictures)?;
    let mut options = match pictures {
        true => command.learn.options_for_pictures()?,
        false => command.learn.options()?,
    };
    options.program = concat!("oddity-train ", env!("CARGO_PKG_VERSION")).into();
    // A run that resumes makes the same file as one that was never cut.
    options.command = command_line(&["--resume"]);

    let load = |learn: &LearnArgs| -> anyhow::Result<Set<'_>> {
        let mut options = options.clone();
        options.window = learn.window;
        load(command, &source, &options, &settings, device)
    };
    let first = load(&command.learn)?;
    let identity = Identity {
        program: options.program.clone(),
        command: options.command.clone(),
        data: first.prepared.sha256().to_owned(),
    };
    let mut trainer = Trainer {
        settings: settings.clone(),
        device,
        closed_form: command.training.closed_form,
        quiet: command.run.quiet,
        checkpoint: checkpoint(command, &files, identity)?,
        stop: signals::stop_flag()?,
    };
    let (set, trials, validated) = match command.training.trials {
        0 => (first, Vec::new(), None),
        count => search::search(&mut trainer, command, first, count, &load)?,
    };
    let made = make(&mut trainer, &set, validated, command.training.no_refit)?;
    let interrupted = made.interrupted;
    write(command, &files, &trainer, set, made, &trials)?;
    if interrupted {
        let again = match trainer.checkpoint.is_kept() {
            true => "; the same command with --resume trains on from the last checkpoint",
            false => "",
        };
        say(&format!("oddity-train: warn: interrupted: this is the best so far{again}"));
    } else {
        trainer.checkpoint.remove();
    }
    Ok(())
}

/// Anew, or what a run that was cut off has left.
fn checkpoint(command: &Command, files: &Files, identity: Identity) -> anyhow::Result<Checkpoint> {
    let every = Duration::from_secs(command.run.checkpoint);
    Ok(match (&files.checkpoint, command.run.resume) {
        (Some(path), true) => Checkpoint::resume(path, every, identity)?,
        (None, true) => anyhow::bail!(
            "--resume goes on from a checkpoint, and --checkpoint 0 or an --output that is no file \
             keeps none"
        ),
        (path, false) => Checkpoint::new(path.clone(), every, identity)?,
    })
}

/// The models that judge, and the one that is judged.
fn make(
    trainer: &mut Trainer,
    set: &Set<'_>,
    validated: Option<Trained>,
    no_refit: bool,
) -> anyhow::Result<Made> {
    let validated = match validated {
        Some(trained) => trained,
        None => trainer.step(VALIDATED, set, Choice::Without(VALIDATION), Goal::Best)?,
    };
    anyhow::ensure!(
        validated.outcome.best > 0,
        "interrupted before the first epoch was over: nothing is written"
    );
    let rates = validated.outcome.rates.get(..validated.outcome.best).unwrap_or_default();
    let mut judges = [const { FoldJudge::None }; FOLDS];
    let mut outcomes = Vec::new();
    for (fold, judge) in judges.iter_mut().enumerate().filter(|(fold, _)| *fold != VALIDATION) {
        let name = format!("fold {}", fold + 1);
        if trainer.stopped() {
            break;
        }
        let trained = trainer.step(&name, set, Choice::Without(fold), Goal::Repeat(rates))?;
        if !trained.outcome.interrupted {
            *judge = judge_by(&trained.network)?;
            outcomes.push((name, trained.outcome));
        }
    }
    let mut last = None;
    if !no_refit && !trainer.stopped() {
        let trained = trainer.step("final", set, Choice::All, Goal::Repeat(rates))?;
        if !trained.outcome.interrupted {
            outcomes.push(("final".into(), trained.outcome));
            last = Some(trained.network);
        }
    }
    if let Some(judge) = judges.get_mut(VALIDATION) {
        *judge = match last {
            Some(_) => judge_by(&validated.network)?,
            None => FoldJudge::Whole,
        };
    }
    let untrained = judges.iter().any(|judge| matches!(judge, FoldJudge::None));
    let interrupted = untrained || validated.outcome.interrupted || (last.is_none() && !no_refit);
    outcomes.insert(0, (VALIDATED.into(), validated.outcome));
    Ok(Made { outcomes, validated: validated.network, last, judges, interrupted })
}

/// Checks what was trained, gives it its profile, and writes it.
fn write(
    command: &Command,
    files: &Files,
    trainer: &Trainer,
    set: Set<'_>,
    made: Made,
    trials: &[Trial],
) -> anyhow::Result<()> {
    let network = made.whole();
    let onnx = network.to_onnx(Part::Whole)?;
    let sample = set.windows.examples(Choice::Fold(VALIDATION))?.windows;
    let count = COMPARED.min(sample.size().first().copied().unwrap_or(0));
    let difference = check(network, &onnx, &sample.f_narrow(0, 0, count)?)?;
    let mut parts = Vec::new();
    for (part, path) in files.parts.iter() {
        let bytes = network.to_onnx(*part)?;
        check(network, &bytes, &sample.f_narrow(0, 0, count)?)?;
        parts.push((path, bytes));
    }
    let about = shown::About::new(command, &set, trainer);
    let labels = set.windows.labels().map(|labels| labels.spec().clone());
    let mut summary: Vec<String> = trials.iter().map(Trial::line).collect();
    if let Some((_, validated)) = made.outcomes.first()
        && !trainer.closed_form
    {
        let of = validated.training.len();
        summary.push(format!("best validation loss in epoch {} of {of}", validated.best));
    }
    summary.push(format!("libtorch and the written file differ by {difference:.1e} at most"));
    let fitted = set.prepared.finish(&onnx, &made.judges, labels, summary)?;
    write_whole(&command.output, &fitted.onnx)?;
    fitted.warnings.iter().for_each(|warning| say(&format!("oddity-train: warn: {warning}")));
    if !command.run.quiet {
        fitted.summary.iter().for_each(|line| say(line));
        say(&format!("wrote {} ({} bytes)", command.output.display(), fitted.onnx.len()));
    }
    files.parts(&parts)?;
    if files.want_report() {
        let report = about.report(&set.windows, &made, &fitted, trials, difference);
        files.report(&report.context("the model is written, but not its report")?)?;
    }
    Ok(())
}

/// Rows or pictures, as they were named; pipes are kept in files that live as long as what is
/// returned.
fn source(command: &Command, pictures: bool) -> anyhow::Result<(Source, impl Sized + use<>)> {
    if pictures {
        anyhow::ensure!(
            command.training.label.is_none(),
            "--label names a column: pictures have none"
        );
        let source = Source::Pictures(command.data.clone(), command.pictures.options());
        return Ok((source, Vec::new()));
    }
    anyhow::ensure!(
        !command.pictures.is_any(),
        "--size, --grey and --colour go with pictures, but the data are rows"
    );
    let (mut data, spool) = command.learn.data(&command.data)?;
    data.label = head(command).map(|(kind, column)| Label {
        column: column.to_owned(),
        meaning: match kind {
            HeadKind::Class => Meaning::Class,
            HeadKind::Estimate => Meaning::Quantity,
        },
    });
    Ok((Source::Rows(data), spool))
}

fn head(command: &Command) -> Option<(HeadKind, &str)> {
    let kind = command.training.head.unwrap_or(HeadKind::Class);
    command.training.label.as_deref().map(|column| (kind, column))
}

fn load<'a>(
    command: &Command,
    source: &'a Source,
    options: &oddity::fit::Options,
    settings: &Settings,
    device: Device,
) -> anyhow::Result<Set<'a>> {
    let (prepared, axes) = source.prepare(options).map_err(|error| match error {
        error @ FitError::NoneNormal { .. } => anyhow::Error::from(error)
            .context("--label takes classes; a quantity wants --head estimate"),
        error => error.into(),
    })?;
    let windows = Windows::load(&prepared, axes, head(command), device)?;
    let spec = network(command.kind, &command.network, settings, axes, windows.head())?;
    Ok(Set { prepared, windows, spec })
}

/// As a device would run it.
fn judge_by(network: &Network) -> anyhow::Result<FoldJudge> {
    Ok(FoldJudge::Model(Model::from_bytes(&network.to_onnx(Part::Whole)?)?))
}

fn device(choice: DeviceChoice) -> anyhow::Result<Device> {
    let count = usize::try_from(tch::Cuda::device_count()).unwrap_or(0);
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Auto if count == 0 => Ok(Device::Cpu),
        DeviceChoice::Auto => Ok(Device::Cuda(0)),
        DeviceChoice::Cuda(number) if number < count => Ok(Device::Cuda(number)),
        DeviceChoice::Cuda(number) => anyhow::bail!(
            "--device cuda:{number}: this libtorch finds {count} CUDA devices; use --device cpu"
        ),
    }
}
