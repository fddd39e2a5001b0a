//! A command line goes in; a trained, checked and calibrated model is written, and its report.
//!
//! Four models judge the four blocks of the data, each trained without its block; the one without
//! the last block also tells after how many epochs to stop. The model that is written is trained
//! on all of the data for so many epochs, unless it is asked not to be. Stopped from outside, the
//! run ends with the best that it has.

mod files;
mod head;
mod made;
mod parts;
mod search;
mod set;
mod shown;
mod steps;
mod write;

use std::time::Duration;

use oddity::args::{LearnArgs, command_line};
use tch::Device;

use crate::checkpoint::{Checkpoint, Identity};
use crate::data::WindowSource;
use crate::lock::RunLock;
use crate::plan::{DeviceChoice, TrainCommand, settings};
use crate::progress::say;
use crate::signals;
use crate::train::fine_tuning;
use files::Files;
use set::RunSet;
use steps::Trainer;

/// Options that change nothing of what is made: a run that resumes may have others.
const NO_MATTER: [&str; 3] = ["--resume", "-q", "--quiet"];

/// Trains, checks, calibrates and writes.
///
/// # Errors
/// In the words of whatever failed; no model is written then.
pub fn run(command: &TrainCommand) -> anyhow::Result<()> {
    let files = Files::of(command)?;
    let pictures = WindowSource::are_pictures(&command.data)?;
    let settings = settings(command, pictures)?;
    let _lock = files.lock.as_deref().map(RunLock::take).transpose()?;
    tch::set_num_threads(command.run.threads.into());
    let device = device(command.run.device)?;
    let (source, _spool) = set::source(command, pictures)?;
    let mut options = match pictures {
        true => command.learn.options_for_pictures()?,
        false => command.learn.options()?,
    };
    let source = source.without(&command.learn, &options)?;
    options.program = concat!("oddity-train ", env!("CARGO_PKG_VERSION")).into();
    // A run that resumes makes the same file as one that was never cut.
    options.command = command_line(&NO_MATTER);

    let load = |learn: &LearnArgs| -> anyhow::Result<RunSet<'_>> {
        let mut options = options.clone();
        (options.average, options.window) = (learn.average, learn.window);
        set::load(command, &source, &options, &settings, device)
    };
    let first = load(&command.learn)?;
    let warnings = first.prepared.warnings();
    warnings.iter().for_each(|warning| say(&format!("oddity-train: warn: {warning}")));
    let identity = Identity {
        program: options.program.clone(),
        command: options.command.clone(),
        data: first.prepared.sha256().to_owned(),
    };
    let mut trainer = Trainer {
        settings: settings.clone(),
        device,
        int8: command.training.int8.then(|| fine_tuning(&settings, command.training.int8_epochs)),
        closed_form: command.training.closed_form,
        quiet: command.run.quiet,
        checkpoint: checkpoint(command, &files, identity)?,
        stop: signals::stop_flag()?,
    };
    let (set, trials, validated) = match command.training.trials {
        0 => (first, Vec::new(), None),
        count => search::search(&mut trainer, command, first, count, &load)?,
    };
    let made = made::make(&mut trainer, &set, validated, command.training.no_refit)?;
    write::write(command, &files, &trainer, set, &made, &trials, &warnings)?;
    if made.interrupted {
        let again = match trainer.checkpoint.is_kept() {
            true => "; the same command with --resume continues from the last checkpoint",
            false => "",
        };
        say(&format!("oddity-train: warn: interrupted: this is the best so far{again}"));
    } else {
        trainer.checkpoint.remove();
    }
    Ok(())
}

/// Anew, or what a run that was cut off has left.
fn checkpoint(
    command: &TrainCommand,
    files: &Files,
    identity: Identity,
) -> anyhow::Result<Checkpoint> {
    let every = Duration::from_secs(command.run.checkpoint);
    Ok(match (&files.checkpoint, command.run.resume) {
        (Some(path), true) => Checkpoint::resume(path, every, identity)?,
        (None, true) => anyhow::bail!(
            "--resume continues from a checkpoint, but --checkpoint 0, or an --output that is not \
             a file, keeps none"
        ),
        (path, false) => Checkpoint::new(path.clone(), every, identity)?,
    })
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
