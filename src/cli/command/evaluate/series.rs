//! One labelled file goes in; a score, an alarm and a label for each of its rows come out.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, ensure};
use oddity::args::LearnArgs;
use oddity::fit;
use oddity::metrics::{RowRange, ZBaseline, ZReduce, label_ranges};
use oddity::model::Bundle;
use oddity::profile::{AlertSpec, Profile, SmoothSpec, ThresholdRule};
use oddity::smooth::Smoother;
use oddity::threshold::{self, Scale};

use super::labels::LabelSource;
use super::rows::{self, MeasuredRows};
use crate::cli::size::SizeArgs;

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
    /// Whether something was said of a channel by itself, of all rows.
    pub(super) told: Vec<bool>,
    /// Odd spans, in all rows.
    pub(super) whole_ranges: Vec<RowRange>,
    /// Windows: judged rows before the one at which it ended, score, seconds on the stream's clock.
    pub(super) windows: Vec<(usize, f64, f64)>,
    /// How scores are smoothed.
    pub(super) smooth: Option<SmoothSpec>,
    /// What a smoothed score is held against.
    pub(super) threshold: f64,
    /// When ratios become alerts.
    pub(super) alert: AlertSpec,
    /// The channel that the alert blames which stands at a row.
    pub(super) blamed: Vec<Option<String>>,
    /// Rows before the first score.
    pub(super) unscored: u64,
    /// Rows fitted on.
    pub(super) trained: u64,
    /// Score, smoothing and threshold rule.
    pub(super) rule: String,
}

impl Series {
    /// Seconds that were judged; none where rows have no time.
    pub(super) fn duration(&self) -> Option<f64> {
        self.seconds.as_ref().map(|seconds| seconds.last().copied().unwrap_or(0.0))
    }
}

/// Runs files, each with a fresh detector.
pub(super) struct Runner<'a> {
    pub(super) training: Option<Training>,
    pub(super) skip: Option<u64>,
    pub(super) by_window: bool,
    pub(super) learn: &'a LearnArgs,
    pub(super) size: SizeArgs,
    pub(super) labels: &'a LabelSource,
}

impl Runner<'_> {
    /// A series for each stream of the file, by `bundle` or by one that is fitted on its first rows.
    pub(super) fn run(
        &self,
        path: &Path,
        anomalous: bool,
        bundle: Option<&Bundle>,
    ) -> anyhow::Result<Vec<Series>> {
        let fitted;
        let (bundle, trained) = match bundle {
            Some(bundle) => (bundle, 0),
            None => {
                let (own, trained) = self.fit(path)?;
                fitted = own;
                (&fitted, trained)
            }
        };
        let profile = bundle.profile();
        let rows = rows::measure(path, bundle, &self.learn.read, self.labels, anomalous)?;
        let up_to = |row: u64| rows.number.partition_point(|&number| number <= row);
        let (first, trained) = (up_to(self.skip.unwrap_or(trained)), up_to(trained));
        ensure!(
            rows.time.len() > first,
            "no rows are left to judge: it has {} good rows, the first {first} of which are not \
             judged",
            rows.time.len()
        );
        let z = z_scores(&rows, trained, profile)?;
        let trained = trained as u64;
        let series = rows.streams.iter().map(|(name, own)| {
            let file = path.display();
            let name = if name.is_empty() { file.to_string() } else { format!("{file}: {name}") };
            self.series(name, (&rows, own), first, &z, (trained, profile))
        });
        // Streams that ended with the rows that were fitted on have nothing to judge.
        Ok(series.filter(|series| !series.label.is_empty()).collect())
    }

    fn fit(&self, path: &Path) -> anyhow::Result<(Bundle, u64)> {
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
        let data = self.learn.leave_out(data, &options)?;
        let fitted = fit::fit(&data, &options)?;
        Ok((fitted.bundle, trained))
    }

    /// The judged rows of one stream.
    fn series(
        &self,
        name: String,
        (rows, own): (&MeasuredRows, &[usize]),
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
            alert: profile.alert,
            smooth: Some(profile.smooth),
            threshold: profile.threshold.value,
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
        let (mut state, mut latest, mut blamed) = (None, 0.0, None);
        for (count, &row) in own.iter().enumerate() {
            let scored = rows.scored.get(row).copied().flatten();
            state = scored.map(|(ratio, raised, _)| (ratio, raised)).or(state);
            let newly = rows.blamed.get(row).copied().flatten();
            blamed = newly.and_then(|at| Some(profile.channels.get(at)?.name.clone())).or(blamed);
            if let Some((.., score)) = scored {
                let untimed = || (count + 1) as f64 * profile.period_s.unwrap_or(1.0);
                let now_s = time(row).map_or_else(untimed, |time| time.0 as f64 / 1e9);
                series.windows.push((series.label.len(), score, now_s));
            }
            series.whole.push(state.unwrap_or((0.0, false)));
            series.told.push(rows.told.get(row).copied().unwrap_or(false));
            if row < first || (self.by_window && scored.is_none()) {
                continue;
            }
            let (ratio, alarm) = state.unwrap_or((0.0, false));
            let (z, z_alarm) = z.get(row).copied().unwrap_or((0.0, false));
            series.unscored += u64::from(state.is_none());
            series.ratio.push(ratio);
            series.alarm.push(alarm);
            series.label.push(label(row));
            series.blamed.push(blamed.clone().filter(|_| alarm));
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

/// The baseline |z|: mean over channels of |x - mean| / deviation, smoothed as the model's score is,
/// with an alarm above the 0.99 quantile of the training rows. Without training rows, mean and
/// deviation are the profile's, and the alarm is above 3.
fn z_scores(
    rows: &MeasuredRows,
    trained: usize,
    profile: &Profile,
) -> anyhow::Result<Vec<(f64, bool)>> {
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
            threshold::find(rule, Scale::of(profile), &mut normal.to_vec())
                .context("the |z| baseline")?
                .value
        }
        _ => Z_FIXED,
    };
    Ok(z.into_iter().map(|z| (z, z > limit)).collect())
}
