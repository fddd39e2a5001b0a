//! What was trained goes in; it is checked, gets its profile, and is written, with its report.

use anyhow::Context;
use oddity::files::write_whole;

use super::files::Files;
use super::made::{Int8Course, Made};
use super::search::SizeTrial;
use super::set::RunSet;
use super::steps::Trainer;
use super::{head, parts, shown};
use crate::data::{VALIDATION, WindowChoice};
use crate::net::{ExportPart, check};
use crate::plan::TrainCommand;
use crate::progress::{apart, counted, say};

/// Windows on which libtorch and the exported file are compared.
const COMPARED: i64 = 64;

/// Checks what was trained, gives it its profile, and writes it. `said` are the warnings that were
/// given before training.
pub(super) fn write(
    command: &TrainCommand,
    files: &Files,
    trainer: &Trainer,
    set: RunSet<'_>,
    made: &Made,
    trials: &[SizeTrial],
    said: &[String],
) -> anyhow::Result<()> {
    let onnx = made.whole.to_onnx(ExportPart::Whole)?;
    let sample = set.windows.examples(WindowChoice::Fold(VALIDATION))?.windows;
    let count = COMPARED.min(sample.size().first().copied().unwrap_or(0));
    let sample = sample.f_narrow(0, 0, count)?;
    let difference = check(&made.whole, &onnx, &sample)?;
    let about = shown::About::new(command, &set, trainer);
    let labels = set.windows.labels().map(|labels| labels.spec().clone());
    let quality = head::quality(made, &set.windows)?;
    let mut summary: Vec<String> = trials.iter().map(SizeTrial::line).collect();
    if let Some((_, validated)) = made.outcomes.first()
        && !trainer.closed_form
    {
        let of = validated.training.len();
        summary.push(format!("best validation loss in epoch {} of {of}", validated.best));
    }
    summary.extend(made.int8.as_ref().map(Int8Course::line));
    summary.push(format!(
        "on {} libtorch and the written file {}",
        counted(usize::try_from(count).unwrap_or(0), "window"),
        apart(difference)
    ));
    if let Some(quality) = &quality {
        summary.extend([quality.clone(), head::NO_ALERT.into()]);
    }
    let fitted = set.prepared.finish(&onnx, &made.fold_judges()?, labels, summary)?;
    let mut parts = Vec::new();
    for (part, path) in &files.parts {
        let bytes = made.whole.to_onnx(*part)?;
        check(&made.whole, &bytes, &sample)?;
        parts.push((path, parts::documented(&bytes, made.whole.spec(), fitted.bundle.profile())?));
    }
    write_whole(&command.output, fitted.bundle.to_bytes())?;
    let new = fitted.warnings.iter().filter(|warning| !said.contains(warning));
    new.for_each(|warning| say(&format!("oddity-train: warn: {warning}")));
    if !command.run.quiet {
        fitted.summary.iter().for_each(|line| say(line));
        say(&format!(
            "wrote {} ({} bytes)",
            command.output.display(),
            fitted.bundle.to_bytes().len()
        ));
    }
    files.parts(&parts)?;
    if files.want_report() {
        let seen = shown::Results { made, fitted: &fitted, trials, difference, quality };
        let report = shown::report(about, &set.windows, &seen);
        files.report(&report.context("the model is written, but not its report")?)?;
    }
    Ok(())
}
