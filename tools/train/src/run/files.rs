//! What a run writes, and where: the model, its parts, its report and figures, its checkpoint.
//!
//! That the folders are there is looked at before training, which may take hours.

use std::path::{Path, PathBuf};

use anyhow::Context;
use oddity::files::{WriteError, refuse_to_overwrite, write_whole};
use oddity::picture::files_in;

use crate::net::ExportPart;
use crate::plan::TrainCommand;
use crate::progress::say;
use crate::report::ReportData;

/// Paths of all that is written.
pub(super) struct Files {
    /// Held while it runs; `None` where the model is no file.
    pub(super) lock: Option<PathBuf>,
    /// `None`: none is kept.
    pub(super) checkpoint: Option<PathBuf>,
    pub(super) parts: Vec<(ExportPart, PathBuf)>,
    report: Option<PathBuf>,
    figures: Option<PathBuf>,
    quiet: bool,
}

impl Files {
    pub(super) fn of(command: &TrainCommand) -> anyhow::Result<Self> {
        let model = &command.output;
        // Beside standard output or a device there is no place for other files.
        let alone = model == Path::new("-") || model.starts_with("/dev");
        let beside = |ending: &str| match model.extension() {
            Some(extension) if extension == "onnx" => model.with_extension(ending),
            _ => PathBuf::from(format!("{}.{ending}", model.display())),
        };
        anyhow::ensure!(
            !(alone && command.run.parts),
            "--parts writes files beside the model: give a file as --output"
        );
        let parts = [
            (ExportPart::Encoder, beside("encoder.onnx")),
            (ExportPart::Decoder, beside("decoder.onnx")),
        ];
        let report = match command.run.report.as_deref() {
            Some(path) if path == Path::new("none") => None,
            Some(path) => Some(path.to_path_buf()),
            None if alone => None,
            None => Some(beside("report.html")),
        };
        let checkpoint = PathBuf::from(format!("{}.checkpoint", model.display()));
        let lock = PathBuf::from(format!("{}.lock", model.display()));
        let files = Self {
            lock: (!alone).then_some(lock),
            checkpoint: (command.run.checkpoint > 0 && !alone).then_some(checkpoint),
            parts: if command.run.parts { parts.into() } else { Vec::new() },
            report,
            figures: command.run.figures.clone(),
            quiet: command.run.quiet,
        };
        files.check(command)?;
        Ok(files)
    }

    /// That each can be written, and none over another or over the data.
    fn check(&self, command: &TrainCommand) -> anyhow::Result<()> {
        let mut seen: Vec<&Path> = Vec::new();
        // What is no folder of pictures is told when it is read.
        let pictures = command.data.iter().filter_map(|path| files_in(path).ok()).flatten();
        let data: Vec<PathBuf> = command.data.iter().cloned().chain(pictures).collect();
        let parts = self.parts.iter().map(|(_, path)| path);
        let all = [&command.output].into_iter().chain(parts);
        for path in all.chain(&self.report).chain(&self.checkpoint).chain(&self.lock) {
            refuse_to_overwrite(&data, path)?;
            let shown = path.display();
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            anyhow::ensure!(
                folder.is_none_or(Path::is_dir),
                "{shown} cannot be written: there is no such folder"
            );
            anyhow::ensure!(!path.is_dir(), "{shown} is a folder: name a file in it");
            anyhow::ensure!(
                !seen.contains(&path.as_path()),
                "two files would be written to {shown}: give --output and --report names of their own"
            );
            seen.push(path);
        }
        if let Some(figures) = &self.figures {
            let shown = figures.display();
            anyhow::ensure!(
                figures.is_dir() || !figures.exists(),
                "--figures {shown} is a file: name a folder"
            );
            let place = |path: &PathBuf| std::fs::canonicalize(path).ok();
            let is_data = |path: &PathBuf| path.is_dir() && place(path) == place(figures);
            anyhow::ensure!(
                !command.data.iter().any(is_data),
                "--figures {shown} is the folder of the data: pictures there would be among them the \
                 next time"
            );
        }
        Ok(())
    }

    /// Whether anything of the report is wanted.
    pub(super) fn want_report(&self) -> bool {
        self.report.is_some() || self.figures.is_some()
    }

    /// Writes encoder and decoder.
    pub(super) fn parts(&self, parts: &[(&PathBuf, Vec<u8>)]) -> anyhow::Result<()> {
        for (path, bytes) in parts {
            write_whole(path, bytes).context("the model is written, but not all of its parts")?;
            self.wrote(path);
        }
        Ok(())
    }

    /// Writes the report and its figures, where they are wanted.
    pub(super) fn report(&self, report: &ReportData) -> anyhow::Result<()> {
        if let Some(path) = &self.report {
            write_whole(path, report.html()?.as_bytes())
                .context("the model is written, but not its report")?;
            self.wrote(path);
        }
        if let Some(folder) = &self.figures {
            let but = "the model is written, but not all figures of its report";
            std::fs::create_dir_all(folder)
                .map_err(|source| WriteError { what: folder.display().to_string(), source })
                .context(but)?;
            for (name, bytes) in report.figures()? {
                write_whole(&folder.join(name), &bytes).context(but)?;
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
