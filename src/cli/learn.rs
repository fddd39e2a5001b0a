//! What `fit`, `calibrate` and `evaluate --fit-first` take: normal data, and what to make of it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use oddity::fit::{DEFAULT_VARIANCE, Data, Fitted, Options};
use oddity::profile::{AlertSpec, ScoreKind, SmoothSpec, ThresholdRule};
use tempfile::NamedTempFile;

use super::args::{AlertArgs, ReadArgs};
use super::exit::{self, WriteError};
use super::read::describe;

/// What is learned from normal data, for `fit` and `calibrate`.
#[derive(Clone, Debug, Args)]
pub(super) struct LearnArgs {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Use only the first ROWS rows of all the data
    #[arg(long)]
    pub(super) rows: Option<u64>,
    /// Use only these columns, in this order
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', conflicts_with = "exclude")]
    pub(super) channels: Option<Vec<String>>,
    /// Do not use these columns
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub(super) exclude: Vec<String>,
    /// Rows in a window [default: 20; 1 with more than 64 channels; a model has its own]
    #[arg(long, value_name = "ROWS")]
    pub(super) window: Option<usize>,
    /// Rows from one window to the next [default: a twentieth of the window]
    #[arg(long, value_name = "ROWS")]
    pub(super) hop: Option<usize>,
    /// mse, mae, worst-channel, normalised, mahalanobis, mahalanobis-log, mahalanobis-window, t2q
    /// [default: mahalanobis-window; mse where a row is a window]
    #[arg(long)]
    pub(super) score: Option<ScoreKind>,
    /// none, ewma:ALPHA, mean:WINDOWS, median:WINDOWS [default: ewma:0.065; none where a row is a window]
    #[arg(long)]
    pub(super) smooth: Option<SmoothSpec>,
    /// fixed:VALUE, quantile:Q[:FACTOR], sigma:K, pot:RISK[:INITIAL] [default: quantile:0.99:2]
    #[arg(long)]
    pub(super) threshold: Option<ThresholdRule>,
    /// Rows over which the last reading stands in for a missing one [default: 5]
    #[arg(long, value_name = "ROWS")]
    pub(super) hold: Option<u32>,
    #[command(flatten)]
    pub(super) alert: AlertArgs,
}

impl LearnArgs {
    /// Whether anything is asked for that only fitting can give.
    pub(super) fn is_any(&self) -> bool {
        self.rows.is_some()
            || self.channels.is_some()
            || !self.exclude.is_empty()
            || self.window.is_some()
            || self.hop.is_some()
            || self.score.is_some()
            || self.smooth.is_some()
            || self.threshold.is_some()
            || self.hold.is_some()
    }

    /// The data as the library takes it. It is read more than once, so what comes on standard input
    /// or through another pipe is kept in temporary files, which live as long as what is returned.
    pub(super) fn data(&self, files: &[PathBuf]) -> anyhow::Result<(Data, Vec<NamedTempFile>)> {
        let mut spooled = Vec::new();
        let mut paths = files.to_vec();
        let stdin = |path: &Path| path == Path::new("-");
        anyhow::ensure!(
            paths.iter().filter(|path| stdin(path)).count() < 2,
            "standard input can be read once: name `-` once"
        );
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
            rows: self.rows,
        };
        Ok((data, spooled))
    }

    pub(super) fn options(&self) -> anyhow::Result<Options> {
        let alert = match self.alert.any() {
            true => Some(self.alert.over(AlertSpec::default())?),
            false => None,
        };
        Ok(Options {
            channels: self.channels.clone(),
            exclude: self.exclude.clone(),
            window: self.window,
            hop: self.hop,
            variance: DEFAULT_VARIANCE,
            latent: None,
            score: self.score,
            smooth: self.smooth,
            threshold: self.threshold,
            alert,
            hold: self.hold,
            layout: None,
            normalise: false,
            command: command_line(),
        })
    }
}

/// For the record. Arguments need not be text.
fn command_line() -> String {
    let words = std::env::args_os().skip(1);
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn spool(mut from: impl Read) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    io::copy(&mut from, &mut file)?;
    file.flush()?;
    Ok(file)
}

/// How much the latent keeps.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct SizeArgs {
    /// Share of the variance that the latent explains
    /// [default: 0.8]
    #[arg(long, value_parser = share)]
    variance: Option<f64>,
    /// Width of the latent, instead of --variance
    #[arg(long)]
    latent: Option<usize>,
}

impl SizeArgs {
    pub(super) fn is_any(&self) -> bool {
        self.variance.is_some() || self.latent.is_some()
    }

    pub(super) fn over(self, mut options: Options) -> Options {
        options.variance = self.variance.unwrap_or(options.variance);
        options.latent = self.latent;
        options
    }
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| *share > 0.0 && *share <= 1.0)
        .ok_or_else(|| "must be a number above 0 and at most 1".into())
}

/// Says on stderr what was learned.
pub(super) fn report(fitted: &Fitted) {
    if let Some(columns) = &fitted.columns {
        log::info!("{}", describe(columns));
    }
    for warning in &fitted.warnings {
        log::warn!("{warning}");
    }
    for line in &fitted.summary {
        exit::note(line);
    }
}
