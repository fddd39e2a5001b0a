//! What is learned from normal data, and from which: for `fit`, `calibrate`, and trainers.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use tempfile::NamedTempFile;

use super::{AlertArgs, HintArgs, ReadArgs};
use crate::decode::Format;
use crate::files::WriteError;
use crate::fit::{Data, FitError, FitOptions, RowRanges, without_idle, without_odd};
use oddity_core::profile::{
    AlertSpec, FeatureSpec, ProfileError, ScoreKind, SmoothSpec, ThresholdRule, WhenSpec,
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

/// How many alerts there may be while all is normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlarmRate {
    per_week: f64,
}

impl AlarmRate {
    /// What finds such a threshold.
    fn rule(self) -> ThresholdRule {
        ThresholdRule::FalseAlarms { per_week: self.per_week }
    }
}

impl FromStr for AlarmRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').map(|(number, time)| (number.trim(), time.trim()));
        let weeks = |time: &str| {
            Some(match time {
                "hour" | "h" => 1.0 / 168.0,
                "day" | "d" => 1.0 / 7.0,
                "week" | "w" => 1.0,
                "month" => 365.25 / 84.0,
                "year" | "y" => 365.25 / 7.0,
                _ => return None,
            })
        };
        let rate =
            parts.and_then(|(number, time)| Some(number.parse::<f64>().ok()? / weeks(time)?));
        match rate {
            Some(per_week) if per_week > 0.0 && per_week.is_finite() => Ok(Self { per_week }),
            _ => Err("must be a number above 0, a slash, and hour, day, week, month or year, such as 1/week".into()),
        }
    }
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
    /// Rows of data that are averaged to one row of a window, so that windows cover hours of slow rows [default: 1; with a
    /// row a minute or fewer that repeat from day to day, as many as make windows of a third of a day]
    #[arg(long, value_name = "ROWS")]
    pub average: Option<usize>,
    /// Rows of windows from one to the next [default: a twentieth of the window]
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
        help = "fixed:VALUE, margin:K[:QUANTILE] (the quantile, and room for a shift of sqrt(K) deviations), \
quantile:Q[:FACTOR], sigma:K, pot:RISK[:INITIAL] [default: margin:3.6; quantile:0.5:4.5 where a row is a window; \
quantile:0.99:1.2 for pictures and scores of the model]"
    )]
    pub threshold: Option<ThresholdRule>,
    /// A threshold that is passed as often as this while all is normal, such as 1/week or 3/year; found from how the
    /// scores of the normal data rise
    #[arg(long, value_name = "N/TIME", conflicts_with = "threshold")]
    pub false_alarms: Option<AlarmRate>,
    /// Rows for which the last value is held where a reading is missing [default: 5]
    #[arg(long, value_name = "ROWS")]
    pub hold: Option<u32>,
    /// Learn from rows, and judge them, only while this holds, such as "current > 0.5"; several with "and" between them.
    /// The rest of the time the stream is idle
    #[arg(long, value_name = "CONDITION", conflicts_with = "features")]
    pub when: Option<WhenSpec>,
    /// With --when: how long it has to hold first, for a start is not what comes after it [default: 0]
    #[arg(long, value_name = "SECONDS", requires = "when", value_parser = seconds)]
    pub settle: Option<f64>,
    /// Do not learn from rows that are unlike all the rest: a fault among the normal rows
    #[arg(long)]
    pub leave_out_odd: bool,
    /// Do not learn what was seen of each channel, to tell readings that were never seen before: of rows that come
    /// once a minute or more slowly
    #[arg(long)]
    pub no_unprecedented: bool,
    /// Do not learn what channels and scores are usually like, to tell when they are not any more
    #[arg(long)]
    pub no_drift: bool,
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
            || self.average.is_some()
            || self.window.is_some()
            || self.hop.is_some()
            || self.score.is_some()
            || self.smooth.is_some()
            || self.threshold.is_some()
            || self.false_alarms.is_some()
            || self.hold.is_some()
            || self.no_unprecedented
            || self.no_drift
            || self.leave_out_odd
            || self.when.is_some()
    }

    /// The data without what is not to be learned from.
    ///
    /// # Errors
    /// As [`fit`](crate::fit::fit()), where that has to be found out.
    pub fn leave_out(&self, data: Data, options: &FitOptions) -> Result<Data, FitError> {
        let data = match &options.when {
            Some(when) => without_idle(data, when)?,
            None => data,
        };
        if self.leave_out_odd { without_odd(&data, options) } else { Ok(data) }
    }

    /// As [`ReadArgs::data`].
    ///
    /// # Errors
    /// As [`ReadArgs::data`].
    pub fn data(&self, files: &[PathBuf]) -> Result<(Data, Vec<NamedTempFile>), DataError> {
        let (data, spooled) = self.read.data(files)?;
        Ok((Data { rows: self.rows, features: self.features, ..data }, spooled))
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
            average: self.average,
            window: self.window,
            hop: self.hop,
            score: self.score,
            smooth: self.smooth,
            threshold: self.threshold.or(self.false_alarms.map(AlarmRate::rule)),
            alert,
            when: self
                .when
                .as_ref()
                .map(|when| WhenSpec { settle_s: self.settle.unwrap_or(0.0), ..when.clone() }),
            hold: self.hold,
            unprecedented: !self.no_unprecedented,
            drift: !self.no_drift,
            command: command_line(&[]),
            ..FitOptions::default()
        })
    }
}

impl ReadArgs {
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
            format: self.format,
            time: self.time(),
            key: self.key(),
            hints: self.hints(),
            rows: None,
            features: None,
            label: None,
            without: RowRanges::default(),
            idle: RowRanges::default(),
            earlier: RowRanges::default(),
        };
        Ok((data, spooled))
    }

    /// An option of these that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        let Self { format, time, key, hints } = self;
        let given = [
            ("--format", *format != Format::Auto),
            ("--time", time.is_some()),
            ("--key", key.is_some()),
            ("an option for how rows are written", *hints != HintArgs::default()),
        ];
        given.iter().find(|(_, is_given)| *is_given).map(|(option, _)| *option)
    }
}

#[cfg(feature = "pictures")]
impl LearnArgs {
    /// What to make of pictures.
    ///
    /// # Errors
    /// As [`LearnArgs::options`]; and when something is asked for that only rows have.
    pub fn options_for_pictures(&self) -> Result<FitOptions, FitError> {
        let given = [
            ("--rows", self.rows.is_some()),
            ("--difference", !self.difference.is_empty()),
            ("--features", self.features.is_some()),
            ("--leave-out-odd", self.leave_out_odd),
            ("--when", self.when.is_some()),
            ("--no-unprecedented", self.no_unprecedented),
            ("--no-drift", self.no_drift),
        ];
        let given = given.iter().find(|(_, is_given)| *is_given).map(|(option, _)| *option);
        match self.read.given().or(given) {
            Some(option) => Err(FitError::for_rows(option)),
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

/// Seconds, as such or with a unit: 90, 90s, 1.5m, 2h.
fn seconds(text: &str) -> Result<f64, String> {
    let units = [("s", 1.0), ("min", 60.0), ("m", 60.0), ("h", 3600.0)];
    let unit = units.iter().find_map(|(unit, s)| Some((text.strip_suffix(unit)?, *s)));
    let (number, unit_s) = unit.unwrap_or((text, 1.0));
    let seconds = number.trim().parse::<f64>().ok().map(|number| number * unit_s);
    seconds
        .filter(|seconds| *seconds >= 0.0 && seconds.is_finite())
        .ok_or_else(|| "must be seconds, zero or more, such as 60, 60s, 5m or 1h".into())
}

fn spool(mut from: impl Read) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    io::copy(&mut from, &mut file)?;
    file.flush()?;
    Ok(file)
}
