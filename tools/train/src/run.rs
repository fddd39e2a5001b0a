//! A command line goes in; a trained, checked and calibrated model is written.
//!
//! Four models judge the four blocks of the data, each trained without its block; the one without
//! the last block also tells after how many epochs to stop. The model that is written is trained
//! on all of the data for so many epochs, unless it is asked not to be.

use std::io::{self, Write};

use anyhow::Context;
use oddity::fit::{FOLDS, FoldJudge, Label, Meaning, Prepared};
use oddity::model::Model;
use oddity::profile::Layout;
use oddity::sink::{printable, refuse_to_overwrite, write_whole};
use tch::Device;

use crate::data::{Choice, HeadKind, VALIDATION, Windows};
use crate::net::{Axes, Network, Part, Spec, check};
use crate::plan::{Command, DeviceChoice, network, settings};
use crate::train::{Outcome, Settings, train};

/// Windows on which libtorch and the exported file are compared.
const COMPARED: i64 = 64;

/// What a run trains with.
struct Run<'a> {
    windows: &'a Windows,
    spec: Spec,
    settings: Settings,
    device: Device,
}

/// Trains, checks, calibrates and writes.
///
/// # Errors
/// In the words of whatever failed; nothing is written then.
pub fn run(command: &Command) -> anyhow::Result<()> {
    refuse_to_overwrite(&command.data, &command.output)?;
    let settings = settings(command.kind, &command.training)?;
    anyhow::ensure!(command.run.threads > 0, "--threads must be 1 or more");
    tch::set_num_threads(i32::try_from(command.run.threads).unwrap_or(1));
    let device = device(command.run.device)?;
    let (mut data, _spool) = command.learn.data(&command.data)?;
    let head = command
        .training
        .label
        .as_deref()
        .map(|column| (command.training.head.unwrap_or(HeadKind::Class), column));
    data.label = head.map(|(kind, column)| Label {
        column: column.to_owned(),
        meaning: match kind {
            HeadKind::Class => Meaning::Class,
            HeadKind::Estimate => Meaning::Quantity,
        },
    });
    let prepared = Prepared::rows(&data, &command.learn.options()?)?;
    let shape = prepared.shape();
    let axes = match prepared.layout() {
        Layout::Features => Axes::Features(shape.channels),
        _ => Axes::Rows { time: shape.window, channels: shape.channels },
    };
    let windows = Windows::load(&prepared, axes, head, device)?;
    let spec = network(command.kind, &command.network, settings.sparsity, axes, windows.head())?;
    let run = Run { windows: &windows, spec, settings, device };

    let (validated, outcome) =
        run.step("validated", Choice::Without(VALIDATION), Some(VALIDATION), None)?;
    let mut judges = [const { FoldJudge::Whole }; FOLDS];
    for (fold, judge) in judges.iter_mut().enumerate() {
        *judge = match fold {
            VALIDATION if command.training.no_refit => FoldJudge::Whole,
            VALIDATION => FoldJudge::Model(run.export(&validated)?.1),
            _ => {
                let name = format!("fold {}", fold + 1);
                let epochs = Some(outcome.best);
                let (network, _) = run.step(&name, Choice::Without(fold), None, epochs)?;
                FoldJudge::Model(run.export(&network)?.1)
            }
        };
    }
    let network = match command.training.no_refit {
        true => validated,
        false => run.step("final", Choice::All, None, Some(outcome.best))?.0,
    };
    let (onnx, _) = run.export(&network)?;
    let sample = windows.examples(Choice::Fold(VALIDATION))?.windows;
    let count = COMPARED.min(sample.size().first().copied().unwrap_or(0));
    let difference = check(&network, &onnx, &sample.f_narrow(0, 0, count)?)?;
    let summary = vec![
        format!("best validation loss in epoch {} of {}", outcome.best, outcome.training.len()),
        format!("libtorch and the written file differ by {difference:.1e} at most"),
    ];
    let labels = windows.labels().map(|labels| labels.spec().clone());
    let fitted = prepared.finish(&onnx, &judges, labels, summary)?;
    write_whole(&command.output, &fitted.onnx)?;
    fitted.warnings.iter().for_each(|warning| say(&format!("oddity-train: warn: {warning}")));
    fitted.summary.iter().for_each(|line| say(line));
    say(&format!("wrote {} ({} bytes)", command.output.display(), fitted.onnx.len()));
    Ok(())
}

impl Run<'_> {
    /// Trains one network from the seed.
    fn step(
        &self,
        name: &str,
        choice: Choice,
        validation: Option<usize>,
        epochs: Option<usize>,
    ) -> anyhow::Result<(Network, Outcome)> {
        tch::manual_seed(self.settings.seed as i64);
        let network = Network::new(&self.spec, self.device)?;
        let mut settings = self.settings.clone();
        settings.epochs = epochs.unwrap_or(settings.epochs);
        let examples = self.windows.examples(choice)?;
        let validation =
            validation.map(|fold| self.windows.examples(Choice::Fold(fold))).transpose()?;
        let mut last = String::new();
        let outcome =
            train(&network, &examples, validation.as_ref(), &settings, |epoch, loss, validated| {
                let validated = validated.map_or(String::new(), |v| format!(", validation {v:.5}"));
                last = format!("{name}: epoch {epoch}, loss {loss:.5}{validated}");
            })
            .with_context(|| format!("training the {name} model"))?;
        say(&last);
        Ok((network, outcome))
    }

    fn export(&self, network: &Network) -> anyhow::Result<(Vec<u8>, Model)> {
        let onnx = network.to_onnx(Part::Whole)?;
        let model = Model::from_bytes(&onnx)?;
        Ok((onnx, model))
    }
}

/// A line on standard error; names in it come from data that is not trusted. One that is closed is
/// no reason to fail.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
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
