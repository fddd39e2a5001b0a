//! One labelled file goes in; a score, an alarm and a label for each of its rows come out.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, ensure};
use oddity::decode::{DecodeError, Decoder, Item};
use oddity::detector::{DetectError, Detector, Output};
use oddity::fit;
use oddity::metrics::{RowRange, ZBaseline, ZReduce, label_ranges};
use oddity::model::Model;
use oddity::profile::{Profile, ThresholdRule};
use oddity::score::Smoother;
use oddity::source::{self, Block};
use oddity::threshold;
use oddity::types::{Sample, Time};

use super::labels::Labels;
use crate::cli::args::LearnArgs;
use crate::cli::detect::decoder_options;
use crate::cli::fit::SizeArgs;

/// |z| above which the baseline alarms, where there are no training rows to find it from.
const Z_FIXED: f64 = 3.0;

/// How many of a file's first rows are fitted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Training {
    Rows(u64),
    Share { share: f64, most: u64 },
}

impl FromStr for Training {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} must be ROWS, SHARE% or SHARE%,MOST, such as 15%,750");
        if let Some((percent, most)) = text.split_once('%') {
            let share = percent.parse::<f64>().map_err(|_| wrong())? / 100.0;
            let most = match most.strip_prefix(',') {
                Some(most) => most.parse().map_err(|_| wrong())?,
                None if most.is_empty() => u64::MAX,
                None => return Err(wrong()),
            };
            return if share > 0.0 && share < 1.0 {
                Ok(Self::Share { share, most })
            } else {
                Err(wrong())
            };
        }
        text.parse().ok().filter(|&rows| rows > 0).map(Self::Rows).ok_or_else(wrong)
    }
}

/// One file, row by row; only the rows that are judged.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    /// Smoothed score over threshold; of a row at which no window ended, the last one; zero
    /// before the first.
    pub(super) ratio: Vec<f64>,
    pub(super) alarm: Vec<bool>,
    pub(super) label: Vec<bool>,
    /// Odd spans, in judged rows.
    pub(super) ranges: Vec<RowRange>,
    /// Seconds since the first judged row, never falling.
    pub(super) seconds: Vec<f64>,
    pub(super) z: Vec<f64>,
    pub(super) z_alarm: Vec<bool>,
    /// As `ratio` and `alarm`, but for all rows of the file: NAB has a probation of its own.
    pub(super) whole: Vec<(f64, bool)>,
    /// Odd spans, in all rows.
    pub(super) whole_ranges: Vec<RowRange>,
    /// Rows before the first score.
    pub(super) unscored: u64,
    /// Rows fitted on.
    pub(super) trained: u64,
    /// Score, smoothing and threshold rule.
    pub(super) rule: String,
}

/// Runs files, each with a fresh detector.
pub(super) struct Runner<'a> {
    pub(super) model: Option<(Model, Profile)>,
    pub(super) training: Option<Training>,
    pub(super) skip: Option<u64>,
    pub(super) by_window: bool,
    pub(super) learn: &'a LearnArgs,
    pub(super) size: SizeArgs,
    pub(super) labels: &'a Labels,
}

/// All rows of a file as they were read.
#[derive(Default)]
struct Rows {
    values: Vec<Vec<f64>>,
    time: Vec<Option<Time>>,
    label: Vec<bool>,
    /// Ratio and state at the windows that ended.
    scored: Vec<Option<(f64, bool)>>,
}

enum Stop {
    Decode(DecodeError),
    Detect(DetectError),
}

impl From<DecodeError> for Stop {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<DetectError> for Stop {
    fn from(error: DetectError) -> Self {
        Self::Detect(error)
    }
}

impl From<Stop> for anyhow::Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Decode(error) => error.into(),
            Stop::Detect(error) => error.into(),
        }
    }
}

impl Runner<'_> {
    pub(super) fn run(&self, path: &Path, anomalous: bool) -> anyhow::Result<Series> {
        let (model, profile, trained) = match &self.model {
            Some((model, profile)) => (model.clone(), profile.clone(), 0),
            None => self.fit(path)?,
        };
        let rows = self.read(path, &model, &profile, anomalous)?;
        ensure!(rows.time.len() as u64 > trained, "no rows are left to judge after the fit");
        let first = usize::try_from(self.skip.unwrap_or(trained)).unwrap_or(usize::MAX);
        let z = z_scores(&rows, usize::try_from(trained)?, &profile)?;
        Ok(self.series(path, &rows, first, z, (trained, &profile)))
    }

    fn fit(&self, path: &Path) -> anyhow::Result<(Model, Profile, u64)> {
        let (mut data, _) = self.learn.data(&[path.to_path_buf()])?;
        let trained = match self.training {
            Some(Training::Rows(rows)) => rows,
            Some(Training::Share { share, most }) => {
                let rows = fit::count_rows(&data)?;
                ((rows as f64 * share) as u64).min(most)
            }
            None => 0,
        };
        data.rows = Some(trained);
        let mut options = self.learn.options(self.size.variance, self.size.latent)?;
        options.exclude.extend(self.labels.column());
        let fitted = fit::fit(&data, &options)?;
        Ok((Model::from_bytes(&fitted.onnx)?, fitted.profile, trained))
    }

    fn read(
        &self,
        path: &Path,
        model: &Model,
        profile: &Profile,
        anomalous: bool,
    ) -> anyhow::Result<Rows> {
        let spans = self.labels.spans(path)?;
        let mut detector = Detector::new(model, profile)?;
        let options = decoder_options(&self.learn.read, profile, self.labels.column());
        let mut decoder = Decoder::new(options)?;
        let mut source = source::open(Some(path))?;
        let mut rows = Rows::default();
        let mut each = |item: Item<'_>| -> Result<(), Stop> {
            let Item::Row { sample, label, .. } = item else { return Ok(()) };
            let in_span =
                |time: Time| spans.iter().any(|(start, end)| (start..=end).contains(&&time));
            let odd = anomalous
                || label.is_some_and(|label| label != 0.0)
                || sample.time.is_some_and(in_span);
            rows.push(&sample, odd);
            detector.push(&sample, |output| {
                if let (Output::Score(score), Some(last)) = (output, rows.scored.last_mut()) {
                    *last = Some((score.ratio, score.raised));
                }
                Ok(())
            })
        };
        while let Block::Bytes(bytes) = source.next_block()? {
            decoder.push(bytes, &mut each)?;
        }
        decoder.finish(&mut each)?;
        Ok(rows)
    }

    fn series(
        &self,
        path: &Path,
        rows: &Rows,
        first: usize,
        (z, z_alarm): (Vec<f64>, Vec<bool>),
        (trained, profile): (u64, &Profile),
    ) -> Series {
        let mut series = Series {
            name: path.display().to_string(),
            ratio: Vec::new(),
            alarm: Vec::new(),
            label: Vec::new(),
            ranges: Vec::new(),
            seconds: Vec::new(),
            z: Vec::new(),
            z_alarm: Vec::new(),
            whole: Vec::new(),
            whole_ranges: label_ranges(&rows.label),
            unscored: 0,
            trained,
            rule: format!(
                "{} | {} | {}",
                profile.score.kind(),
                profile.smooth,
                profile.threshold.rule
            ),
        };
        let start = rows.time.get(first).copied().flatten();
        let period = profile.period_s.unwrap_or(1.0);
        let (mut state, mut latest) = (None, 0.0);
        for (index, &scored) in rows.scored.iter().enumerate() {
            state = scored.or(state);
            series.whole.push(state.unwrap_or((0.0, false)));
            if index < first || (self.by_window && scored.is_none()) {
                continue;
            }
            let (ratio, alarm) = state.unwrap_or((0.0, false));
            series.unscored += u64::from(state.is_none());
            let time = rows.time.get(index).copied().flatten();
            // Late rows do not turn the clock back.
            latest = match (time, start) {
                (Some(time), Some(start)) => time.seconds_since(start).max(latest),
                _ => (index - first) as f64 * period,
            };
            series.ratio.push(ratio);
            series.alarm.push(alarm);
            series.label.push(rows.label.get(index).copied().unwrap_or(false));
            series.seconds.push(latest);
            series.z.push(z.get(index).copied().unwrap_or(0.0));
            series.z_alarm.push(z_alarm.get(index).copied().unwrap_or(false));
        }
        series.ranges = label_ranges(&series.label);
        series
    }
}

impl Rows {
    fn push(&mut self, sample: &Sample<'_>, odd: bool) {
        self.values.push(sample.values.to_vec());
        self.time.push(sample.time);
        self.label.push(odd);
        self.scored.push(None);
    }
}

/// The baseline |z|: mean over channels of |x - mean| / deviation, smoothed and held against a
/// threshold by the same rules as the model's score, all from the training rows. Without training
/// rows, mean and deviation are the profile's, and the threshold is 3.
fn z_scores(
    rows: &Rows,
    trained: usize,
    profile: &Profile,
) -> anyhow::Result<(Vec<f64>, Vec<bool>)> {
    let training = rows.values.get(..trained).unwrap_or_default();
    let mut smoother = Smoother::new(profile.smooth);
    if training.is_empty() {
        let z = rows.values.iter().map(|values| {
            let z =
                values.iter().zip(&profile.channels).map(|(x, c)| ((x - c.mean) / c.scale).abs());
            let z: Vec<f64> = z.filter(|z| z.is_finite()).collect();
            smoother.push(z.iter().sum::<f64>() / z.len().max(1) as f64)
        });
        let z: Vec<f64> = z.collect();
        let alarm = z.iter().map(|&z| z > Z_FIXED).collect();
        return Ok((z, alarm));
    }
    let baseline = ZBaseline::fit(training)?;
    let z: Vec<f64> = baseline
        .scores(&rows.values, ZReduce::Mean)?
        .into_iter()
        .map(|z| smoother.push(z))
        .collect();
    let mut normal = z.get(..trained).unwrap_or_default().to_vec();
    let rule = match profile.threshold.rule {
        ThresholdRule::Fixed { .. } => ThresholdRule::Quantile { q: 0.99, factor: 1.0 },
        rule => rule,
    };
    let limit = threshold::find(rule, &mut normal).context("the |z| baseline")?;
    let alarm = z.iter().map(|&z| z > limit.value).collect();
    Ok((z, alarm))
}
