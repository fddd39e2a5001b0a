//! What a run writes, and where: the model, its parts, its report and figures, its checkpoint.
//!
//! That the folders are there is looked at before training, which may take hours.

use std::path::{Path, PathBuf};

use anyhow::Context;
use oddity::sink::{WriteError, refuse_to_overwrite, write_whole};

use super::say;
use crate::net::Part;
use crate::plan::Command;
use crate::report::Report;

/// Paths of all that is written.
pub(super) struct Files {
    pub(super) checkpoint: PathBuf,
    pub(super) parts: Vec<(Part, PathBuf)>,
    report: Option<PathBuf>,
    figures: Option<PathBuf>,
    quiet: bool,
}

impl Files {
    pub(super) fn of(command: &Command) -> anyhow::Result<Self> {
        let model = &command.output;
        let beside = |ending: &str| match model.extension() {
            Some(extension) if extension == "onnx" => model.with_extension(ending),
            _ => PathBuf::from(format!("{}.{ending}", model.display())),
        };
        let parts =
            [(Part::Encoder, beside("encoder.onnx")), (Part::Decoder, beside("decoder.onnx"))];
        let report = match command.run.report.as_deref() {
            Some(path) if path == Path::new("none") => None,
            Some(path) => Some(path.to_path_buf()),
            // Beside standard output or a device there is no place.
            None if model == Path::new("-") || model.starts_with("/dev") => None,
            None => Some(beside("report.html")),
        };
        let files = Self {
            checkpoint: PathBuf::from(format!("{}.checkpoint", model.display())),
            parts: if command.run.parts { parts.into() } else { Vec::new() },
            report,
            figures: command.run.figures.clone(),
            quiet: command.run.quiet,
        };
        let parts = files.parts.iter().map(|(_, path)| path);
        for path in [model, &files.checkpoint].into_iter().chain(parts).chain(&files.report) {
            refuse_to_overwrite(&command.data, path)?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            anyhow::ensure!(
                folder.is_none_or(Path::is_dir),
                "{} cannot be written: there is no such folder",
                path.display()
            );
        }
        Ok(files)
    }

    /// Writes the report and its figures, where they are wanted.
    pub(super) fn report(&self, report: &Report) -> anyhow::Result<()> {
        if let Some(path) = &self.report {
            write_whole(path, report.html()?.as_bytes())
                .context("the model is written, but not its report")?;
            self.wrote(path);
        }
        if let Some(folder) = &self.figures {
            std::fs::create_dir_all(folder)
                .map_err(|source| WriteError { what: folder.display().to_string(), source })?;
            for (name, bytes) in report.figures()? {
                write_whole(&folder.join(name), &bytes)?;
            }
            self.wrote(folder);
        }
        Ok(())
    }

    fn wrote(&self, path: &Path) {
        if !self.quiet {
            say(&format!("wrote {}", path.display()));
        }
    }
}
