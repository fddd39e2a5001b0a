//! Options that several subcommands share.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use oddity::decode::{Format, TimeColumn};
use oddity::fit::{DEFAULT_VARIANCE, Data, Key, Options};
use oddity::profile::{AlertSpec, ScoreKind, SmoothSpec, ThresholdRule};
use tempfile::NamedTempFile;

use super::exit::WriteError;

/// How data is read.
#[derive(Clone, Debug, Args)]
pub(super) struct ReadArgs {
    /// How the data is written: auto, csv (with header), bare (CSV without), jsonl
    #[arg(long, default_value = "auto")]
    pub(super) format: Format,
    /// Column with the time; `none` takes rows as they come [default: found by itself]
    #[arg(long, value_name = "COLUMN")]
    pub(super) time: Option<String>,
    /// Column that names the stream a row belongs to; each is watched on its own. `none` takes all
    /// rows for one stream [default: as the model's profile says]
    #[arg(long, value_name = "COLUMN")]
    pub(super) key: Option<String>,
}

impl ReadArgs {
    pub(super) fn key(&self) -> Key {
        match self.key.as_deref() {
            None => Key::AsBefore,
            Some("none") => Key::None,
            Some(name) => Key::Named(name.into()),
        }
    }

    pub(super) fn time(&self) -> TimeColumn {
        match self.time.as_deref() {
            None => TimeColumn::Auto,
            Some("none") => TimeColumn::None,
            Some(name) => TimeColumn::Named(name.into()),
        }
    }
}

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
                what: format!("a temporary copy of {}", path.display()),
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

/// When ratios become alerts.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct AlertArgs {
    /// Raise when the ratio is above this [default: 1]
    #[arg(long, value_name = "RATIO")]
    raise: Option<f64>,
    /// Clear when it is at or below this [default: 0.9 of --raise]
    #[arg(long, value_name = "RATIO")]
    clear: Option<f64>,
    /// Raise when K of the last N windows are above, as K/N [default: 1/1]
    #[arg(long, value_name = "K/N", value_parser = k_of_n)]
    k_of_n: Option<(u32, u32)>,
    /// Raise only what lasts this long [default: 0]
    #[arg(long, value_name = "SECONDS")]
    min_duration: Option<f64>,
    /// Raise nothing for this long after an alert has cleared [default: 0]
    #[arg(long, value_name = "SECONDS")]
    cooldown: Option<f64>,
}

impl AlertArgs {
    fn any(&self) -> bool {
        self.raise.is_some()
            || self.clear.is_some()
            || self.k_of_n.is_some()
            || self.min_duration.is_some()
            || self.cooldown.is_some()
    }

    /// What is said here, over what was said before.
    pub(super) fn over(&self, base: AlertSpec) -> anyhow::Result<AlertSpec> {
        let raise = self.raise.unwrap_or(base.raise);
        let (k, of) = self.k_of_n.unwrap_or((base.k, base.of));
        let spec = AlertSpec {
            raise,
            clear: self.clear.unwrap_or(base.clear / base.raise * raise),
            k,
            of,
            min_duration_s: self.min_duration.unwrap_or(base.min_duration_s),
            cooldown_s: self.cooldown.unwrap_or(base.cooldown_s),
        };
        spec.check().map_err(anyhow::Error::msg)?;
        Ok(spec)
    }
}

fn k_of_n(text: &str) -> Result<(u32, u32), String> {
    text.split_once('/')
        .and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)))
        .ok_or_else(|| "write it as K/N, such as 3/5".into())
}
