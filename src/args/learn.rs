//! What is learned from normal data, and from which: for `fit`, `calibrate`, and trainers.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;

#[cfg(feature = "pictures")]
use super::HintArgs;
use super::{AlertArgs, ReadArgs};
#[cfg(feature = "pictures")]
use crate::decode::Format;
use crate::files::WriteError;
#[cfg(feature = "pictures")]
use crate::fit::FitError;
use crate::fit::{Data, FitOptions};
use oddity_core::profile::{
    AlertSpec, FeatureSpec, ProfileError, ScoreKind, SmoothSpec, ThresholdRule,
};

/// Why data cannot be had from the files that were named.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// What comes on standard input comes once.
    #[error("standard input can be read only once: name `-` once")]
    Twice,
    /// A pipe cannot be kept.
    #[error(transparent)]
    Spool(#[from] WriteError),
}

/// What is learned from normal data, for `fit` and `calibrate`.
#[derive(Clone, Debug, Args)]
pub struct LearnArgs {
    /// How it is read.
    #[command(flatten)]
    pub read: ReadArgs,
    /// Use only the first ROWS rows of all the data
    #[arg(long)]
    pub rows: Option<u64>,
    /// Use only these columns, in this order
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', conflicts_with = "exclude")]
    pub channels: Option<Vec<String>>,
    /// Do not use these columns
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Watch how fast these columns rise, instead of what they read: counters such as meters [default: those that are
    /// set back to 0 now and then, and only rise else]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', conflicts_with = "features")]
    pub difference: Vec<String>,
    /// Features of frames instead of rows.
    #[arg(
        long,
        value_name = "FRAME[:HOP[:BANDS[:ENVELOPE]]]",
        help = "Learn from features of frames of FRAME rows (a power of two from 64 to 16384), one every HOP \
rows: root mean square, crest factor, kurtosis, BANDS bands of the spectrum, ENVELOPE bands of the \
envelope's. For vibration and sound; --window and --hop then count in frames [default: HOP as FRAME, \
12 bands, 4 of the envelope]"
    )]
    pub features: Option<FeatureSpec>,
    /// Rows in a window [default: 20; 2 with more than 64 channels; 1 where a row is a signal; 4 frames;
    /// a model has its own]
    #[arg(long, value_name = "ROWS")]
    pub window: Option<usize>,
    /// Rows from one window to the next [default: a twentieth of the window]
    #[arg(long, value_name = "ROWS")]
    pub hop: Option<usize>,
    /// The number that is made of a window.
    #[arg(
        long,
        help = "mse, mae, worst-channel, normalised, mahalanobis, mahalanobis-log, mahalanobis-window, \
t2q [default: mahalanobis-window; mse with more than 64 channels, where a row is a window, and for pictures]. Of a model that \
gives one number for a window: model (higher is odder) or model-low (lower is odder, as \
scikit-learn's outlier scores are) [default: model; model-low for skl2onnx's outlier detectors]"
    )]
    pub score: Option<ScoreKind>,
    /// none, ewma:ALPHA, mean:WINDOWS, median:WINDOWS [default: ewma:0.065; none where a row is a
    /// window and has no time, and for pictures]
    #[arg(long)]
    pub smooth: Option<SmoothSpec>,
    /// The rule that finds the threshold.
    #[arg(
        long,
        help = "fixed:VALUE, quantile:Q[:FACTOR], sigma:K, pot:RISK[:INITIAL] [default: quantile:0.99:2; for pictures and scores of the model quantile:0.99:1.2]"
    )]
    pub threshold: Option<ThresholdRule>,
    /// Rows for which the last value is held where a reading is missing [default: 5]
    #[arg(long, value_name = "ROWS")]
    pub hold: Option<u32>,
    /// When an alert is raised.
    #[command(flatten)]
    pub alert: AlertArgs,
}

impl LearnArgs {
    /// Whether anything is asked for that only fitting can give.
    pub fn is_any(&self) -> bool {
        self.rows.is_some()
            || self.channels.is_some()
            || !self.exclude.is_empty()
            || !self.difference.is_empty()
            || self.features.is_some()
            || self.window.is_some()
            || self.hop.is_some()
            || self.score.is_some()
            || self.smooth.is_some()
            || self.threshold.is_some()
            || self.hold.is_some()
    }

    /// The data as the library takes it. It is read more than once, so what comes on standard input
    /// or through another pipe is kept in temporary files, which live as long as what is returned.
    ///
    /// # Errors
    /// When a pipe cannot be read, or its copy not be written.
    pub fn data(&self, files: &[PathBuf]) -> Result<(Data, Vec<NamedTempFile>), DataError> {
        let mut spooled = Vec::new();
        let mut paths = files.to_vec();
        let stdin = |path: &Path| path == Path::new("-");
        if paths.iter().filter(|path| stdin(path)).count() > 1 {
            return Err(DataError::Twice);
        }
        for path in &mut paths {
            let pipe =
                std::fs::metadata(&*path).is_ok_and(|data| !data.is_file() && !data.is_dir());
            let file = match (stdin(path), pipe) {
                (true, _) => spool(io::stdin().lock()),
                (false, true) => File::open(&*path).and_then(spool),
                (false, false) => continue,
            };
            let file = file.map_err(|source| WriteError {
                what: format!("a temporary copy of {}, or read it", path.display()),
                source,
            })?;
            *path = file.path().to_path_buf();
            spooled.push(file);
        }
        let data = Data {
            files: paths,
            format: self.read.format,
            time: self.read.time(),
            key: self.read.key(),
            hints: self.read.hints(),
            rows: self.rows,
            features: self.features,
            label: None,
        };
        Ok((data, spooled))
    }

    /// What to make of the data.
    ///
    /// # Errors
    /// When the numbers of the alert do not go together.
    pub fn options(&self) -> Result<FitOptions, ProfileError> {
        let alert = match self.alert.any() {
            true => Some(self.alert.over(AlertSpec::default())?),
            false => None,
        };
        Ok(FitOptions {
            channels: self.channels.clone(),
            exclude: self.exclude.clone(),
            difference: self.difference.clone(),
            window: self.window,
            hop: self.hop,
            score: self.score,
            smooth: self.smooth,
            threshold: self.threshold,
            alert,
            hold: self.hold,
            command: command_line(&[]),
            ..FitOptions::default()
        })
    }
}

#[cfg(feature = "pictures")]
impl LearnArgs {
    /// What to make of pictures.
    ///
    /// # Errors
    /// As [`LearnArgs::options`]; and when something is asked for that only rows have.
    pub fn options_for_pictures(&self) -> Result<FitOptions, FitError> {
        let ReadArgs { format, time, key, hints } = &self.read;
        let given = [
            ("--format", *format != Format::Auto),
            ("--time", time.is_some()),
            ("--key", key.is_some()),
            ("an option for how rows are written", *hints != HintArgs::default()),
            ("--rows", self.rows.is_some()),
            ("--difference", !self.difference.is_empty()),
            ("--features", self.features.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(FitError::for_rows(option)),
            None => Ok(self.options()?),
        }
    }
}

/// This process's arguments, but for those in `without`, as a shell would take them. They need not be
/// text.
pub fn command_line(without: &[&str]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let words = words.filter(|word| !without.contains(&word.as_str()));
    let quoted = words.map(|word| match !word.is_empty() && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', "'\\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

fn spool(mut from: impl Read) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    io::copy(&mut from, &mut file)?;
    file.flush()?;
    Ok(file)
}
