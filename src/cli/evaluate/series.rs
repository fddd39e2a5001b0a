//! One labelled file goes in; a score, an alarm and a label for each of its rows come out.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, ensure};
use oddity::args::LearnArgs;
use oddity::decode::Item;
use oddity::detector::{Detector, Output};
use oddity::fit;
use oddity::metrics::{RowRange, ZBaseline, ZReduce, label_ranges};
use oddity::model::Model;
use oddity::profile::{Profile, ThresholdRule};
use oddity::score::Smoother;
use oddity::source;
use oddity::threshold;
use oddity::types::{Sample, Time};

use super::labels::Labels;
use crate::cli::learn::SizeArgs;
use crate::cli::read::{self, LabelError, Problems, Stop};

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

/// One stream of one file, row by row; only the rows that are judged.
#[derive(Debug, Default)]
pub(super) struct Series {
    pub(super) name: String,
    /// Smoothed score over threshold; of a row at which no window ended, the last one; zero
    /// before the first.
    pub(super) ratio: Vec<f64>,
    pub(super) alarm: Vec<bool>,
    pub(super) label: Vec<bool>,
    /// Odd spans, in judged rows.
    pub(super) ranges: Vec<RowRange>,
    /// Seconds since the first judged row, never falling; none where rows have no time.
    pub(super) seconds: Option<Vec<f64>>,
    pub(super) z: Vec<f64>,
    pub(super) z_alarm: Vec<bool>,
    /// As `ratio` and `alarm`, but for all rows of the stream: NAB has a probation of its own.
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
    /// Number in the file: bad rows count, but are not here.
    number: Vec<u64>,
    values: Vec<Vec<f64>>,
    time: Vec<Option<Time>>,
    label: Vec<bool>,
    /// Ratio and state at the windows that ended.
    scored: Vec<Option<(f64, bool)>>,
    /// Index of the stream.
    stream: Vec<usize>,
    /// Each with its rows.
    streams: Vec<(String, Vec<usize>)>,
    by_name: HashMap<String, usize>,
}

impl Runner<'_> {
    /// A series for each stream of the file, by `model` or by one that is fitted on its first rows.
    pub(super) fn run(
        &self,
        path: &Path,
        anomalous: bool,
        model: Option<&(Model, Profile)>,
    ) -> anyhow::Result<Vec<Series>> {
        let (model, profile, trained) = match model {
            Some((model, profile)) => (model.clone(), profile.clone(), 0),
            None => self.fit(path)?,
        };
        let rows = self.read(path, &model, &profile, anomalous)?;
        let up_to = |row: u64| rows.number.partition_point(|&number| number <= row);
        let (first, trained) = (up_to(self.skip.unwrap_or(trained)), up_to(trained));
        ensure!(
            rows.time.len() > first,
            "no rows are left to judge: it has {} good rows, the first {first} of which are not \
             judged",
            rows.time.len()
        );
        let z = z_scores(&rows, trained, &profile)?;
        let trained = trained as u64;
        let series = rows.streams.iter().map(|(name, own)| {
            let file = path.display();
            let name = if name.is_empty() { file.to_string() } else { format!("{file}: {name}") };
            self.series(name, (&rows, own), first, &z, (trained, &profile))
        });
        // Streams that ended with the rows that were fitted on have nothing to judge.
        Ok(series.filter(|series| !series.label.is_empty()).collect())
    }

    fn fit(&self, path: &Path) -> anyhow::Result<(Model, Profile, u64)> {
        ensure!(
            path != Path::new("-") && !std::fs::metadata(path).is_ok_and(|data| !data.is_file()),
            "--fit-first reads its data more than once: give the name of a file"
        );
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
        let mut options = self.size.over(self.learn.options()?);
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
        let options = read::options(&self.learn.read, profile, self.labels.column());
        let mut source = source::open(Some(path))?;
        let (mut rows, mut problems) = (Rows::default(), Problems::default());
        let wants_label = self.labels.column().is_some();
        read::rows(&mut source, options, |item| {
            let (sample, label, line) = match item {
                Item::Row { sample, label, line } => (sample, label, line),
                Item::Problem(problem) => {
                    problems.tell(&problem);
                    return Ok(());
                }
            };
            if wants_label && label.is_none() {
                return Err(Stop::Label(LabelError { line }));
            }
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
        })?;
        problems.sum_up();
        Ok(rows)
    }

    /// The judged rows of one stream.
    fn series(
        &self,
        name: String,
        (rows, own): (&Rows, &[usize]),
        first: usize,
        z: &[(f64, bool)],
        (trained, profile): (u64, &Profile),
    ) -> Series {
        let label = |row: usize| rows.label.get(row).copied().unwrap_or(false);
        let time = |row: usize| rows.time.get(row).copied().flatten();
        let labels: Vec<bool> = own.iter().map(|&row| label(row)).collect();
        let mut series = Series {
            name,
            whole_ranges: label_ranges(&labels),
            trained,
            rule: format!(
                "{} | {} | {}",
                profile.score.kind(),
                profile.smooth,
                profile.threshold.rule
            ),
            ..Series::default()
        };
        let start = own.iter().copied().find(|&row| row >= first).and_then(time);
        let mut seconds = start.map(|_| Vec::new());
        let (mut state, mut latest) = (None, 0.0);
        for &row in own {
            let scored = rows.scored.get(row).copied().flatten();
            state = scored.or(state);
            series.whole.push(state.unwrap_or((0.0, false)));
            if row < first || (self.by_window && scored.is_none()) {
                continue;
            }
            let (ratio, alarm) = state.unwrap_or((0.0, false));
            let (z, z_alarm) = z.get(row).copied().unwrap_or((0.0, false));
            series.unscored += u64::from(state.is_none());
            series.ratio.push(ratio);
            series.alarm.push(alarm);
            series.label.push(label(row));
            series.z.push(z);
            series.z_alarm.push(z_alarm);
            if let (Some(seconds), Some(start)) = (&mut seconds, start) {
                // Late rows do not turn the clock back.
                latest = time(row).map_or(latest, |time| time.seconds_since(start).max(latest));
                seconds.push(latest);
            }
        }
        series.seconds = seconds;
        series.ranges = label_ranges(&series.label);
        series
    }
}

impl Rows {
    fn push(&mut self, sample: &Sample<'_>, odd: bool) {
        let stream = match self.by_name.get(sample.stream) {
            Some(&stream) => stream,
            None => {
                self.streams.push((sample.stream.to_owned(), Vec::new()));
                self.by_name.insert(sample.stream.to_owned(), self.streams.len() - 1);
                self.streams.len() - 1
            }
        };
        if let Some((_, rows)) = self.streams.get_mut(stream) {
            rows.push(self.stream.len());
        }
        self.stream.push(stream);
        self.number.push(sample.row);
        self.values.push(sample.values.to_vec());
        self.time.push(sample.time);
        self.label.push(odd);
        self.scored.push(None);
    }
}

/// The baseline |z|: mean over channels of |x - mean| / deviation, smoothed as the model's score is,
/// with an alarm above the 0.99 quantile of the training rows. Without training rows, mean and
/// deviation are the profile's, and the alarm is above 3.
fn z_scores(rows: &Rows, trained: usize, profile: &Profile) -> anyhow::Result<Vec<(f64, bool)>> {
    let training = rows.values.get(..trained).unwrap_or_default();
    let raw: Vec<f64> = if training.is_empty() {
        let of_row = |values: &Vec<f64>| {
            let z =
                values.iter().zip(&profile.channels).map(|(x, c)| ((x - c.mean) / c.scale).abs());
            let z: Vec<f64> = z.filter(|z| z.is_finite()).collect();
            z.iter().sum::<f64>() / z.len().max(1) as f64
        };
        rows.values.iter().map(of_row).collect()
    } else {
        ZBaseline::fit(training)?.scores(&rows.values, ZReduce::Mean)?
    };
    let mut smoothers = vec![Smoother::new(profile.smooth); rows.streams.len()];
    let smooth = |(z, &stream): (f64, &usize)| match smoothers.get_mut(stream) {
        Some(smoother) => smoother.push(z),
        None => z,
    };
    let z: Vec<f64> = raw.into_iter().zip(&rows.stream).map(smooth).collect();
    let limit = match z.get(..trained) {
        Some(normal) if !normal.is_empty() => {
            let rule = ThresholdRule::Quantile { q: 0.99, factor: 1.0 };
            threshold::find(rule, &mut normal.to_vec()).context("the |z| baseline")?.value
        }
        _ => Z_FIXED,
    };
    Ok(z.into_iter().map(|z| (z, z > limit)).collect())
}
