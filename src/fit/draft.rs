//! What a profile will hold, as far as it is known before the data is read a second time; and
//! the defaults. `finish` puts it together.

use std::borrow::Cow;

use super::channel::HOLD;
use super::data::{Data, Wanted};
use super::error::FitError;
use super::judge::Judging;
use super::moments::windows_for;
use super::normal::{NormalData, enough};
use super::options::{FitOptions, MOST_INPUTS};
use super::survey::Survey;
use super::wide::WIDE;
use super::windows::{Pace, RowWindows};
use super::words::unit_of;
use oddity_core::profile::{
    AlertSpec, Channel, Constant, DriftSpec, Feature, FeatureSpec, HeadSpec, Layout, Profile,
    ScoreKind, SmoothSpec, StreamScale, ThresholdRule, WhenSpec, feature_of,
};
use oddity_core::score::errors;
use oddity_core::threshold::Scale;
use oddity_core::window::{IntakeSpec, WindowShape};

/// Rows in a window.
const WINDOW: usize = 20;
/// Rows in a window of more than [`WIDE`] channels: what goes on in so many at once tells more than what goes on in
/// time, and learning takes the third power of the values in a window. Two tell a movement from a level.
const WIDE_WINDOW: usize = 2;
/// A window moves on by this part of its length, so that a long one is not computed for nothing.
const HOPS: usize = 20;
/// About as slow as the mean of 30 windows (2 / alpha - 1).
const SMOOTH: SmoothSpec = SmoothSpec::Ewma { alpha: 0.065 };
/// Room for a shift of 1.9 deviations over a whole window: normal operation moves on after the fit, which no fold of the
/// fit can show.
const THRESHOLD: ThresholdRule = ThresholdRule::Margin { q: 0.99, k: 3.6 };
/// A row that is a window is a beat or a part: among the normal ones there are some that are not, and the largest say
/// nothing of what is to come. The same room, from the middle.
const ROW_THRESHOLD: ThresholdRule = ThresholdRule::Quantile { q: 0.5, factor: 4.5 };
/// Pictures do not drift as a machine does: what comes later is like what was fitted. A little room is
/// left, for the largest errors of few pictures are not yet the largest that there are.
#[cfg(feature = "pictures")]
const PICTURE_THRESHOLD: ThresholdRule = ThresholdRule::Quantile { q: 0.99, factor: 1.2 };

/// The scores that models give are often bounded: twice what is normal may be out of their reach.
const MODEL_THRESHOLD: ThresholdRule = ThresholdRule::Quantile { q: 0.99, factor: 1.2 };

/// Frames in a window.
const FRAMES: usize = 4;

/// To whoever has made a model from this very data.
const LEARN_MORE: &str = "it has learned too little, or the blocks of data differ: give it more \
                          data from all kinds of normal operation, or more training";

/// Rows in a window of so many channels, unless said otherwise. Frames hold time enough already, and are many rows
/// each: a window of a few is full soon. A row that is a signal is a window of its own.
pub(super) fn window_for(
    channels: usize,
    features: Option<&FeatureSpec>,
    is_signal: bool,
) -> usize {
    match features {
        Some(_) => FRAMES,
        None if is_signal => 1,
        None if 2 * channels > MOST_INPUTS => 1,
        None if channels > WIDE => WIDE_WINDOW,
        None => WINDOW,
    }
}

/// A profile in the making.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) channels: Vec<Channel>,
    /// What does not move, to be watched for a change.
    pub(super) constants: Vec<Constant>,
    /// Rows of data that are averaged to one row of a window.
    pub(super) average: usize,
    pub(super) window: usize,
    pub(super) hop: usize,
    pub(super) layout: Layout,
    pub(super) hold: u32,
    /// Streams with means and scales of their own.
    pub(super) streams: Vec<StreamScale>,
    /// How rows are made of frames of faster ones.
    pub(super) features: Option<FeatureSpec>,
    pub(super) period_s: Option<f64>,
    pub(super) head: Option<HeadSpec>,
    pub(super) score: ScoreKind,
    pub(super) smooth: SmoothSpec,
    pub(super) threshold: ThresholdRule,
    pub(super) alert: AlertSpec,
    pub(super) when: Option<WhenSpec>,
    /// What is usual, where the data cannot tell.
    pub(super) drift: Option<DriftSpec>,
    /// Whether to learn it from the data.
    pub(super) learns_drift: bool,
    pub(super) program: String,
    pub(super) command: String,
    /// What the pictures are, in words; `None` for rows.
    pub(super) pictures: Option<String>,
    /// What to do when the model reconstructs worse than the mean of the data would.
    pub(super) advice: &'static str,
}

impl Draft {
    pub(super) fn new(
        options: &FitOptions,
        (survey, features): (&Survey, Option<FeatureSpec>),
        window: usize,
        layout: Layout,
        normalise: bool,
    ) -> Self {
        let numbers = survey.read.columns.iter().flat_map(|columns| &columns.input.numbers);
        let behind = |column: &str| {
            numbers.clone().find(|spec| spec.column == column).and_then(|spec| spec.unit.clone())
        };
        let unit = |column: &str| unit_of(column).or_else(|| behind(column));
        let channels = survey.channels.iter().map(|(name, stats)| Channel {
            name: name.clone(),
            unit: match (features, feature_of(name)) {
                (Some(_), Some((column, Feature::Rms))) => unit(column),
                (Some(_), _) => None,
                (None, _) => unit(name).map(|unit| survey.unit(name, unit)),
            },
            mean: if normalise { stats.mean } else { 0.0 },
            scale: if normalise { stats.scale() } else { 1.0 },
            longest_run: Some(stats.longest_run),
            // A fault multiplies what a frame holds, and a row that is a window is a spectrum or a beat.
            seen: stats.seen().filter(|_| features.is_none() && window > 1),
            sensitivity: None,
        });
        let score = match (window, channels.len()) {
            (1, _) => ScoreKind::Mse,
            // How hundreds of errors go together takes more rows to know than there mostly are.
            (_, wide) if wide > WIDE => ScoreKind::Mse,
            _ => ScoreKind::MahalanobisWindow,
        };
        // A row that is a window of its own and has no time is a beat or a part, not the next of a stream.
        let smooth = match (window, survey.period_s) {
            (1, None) => SmoothSpec::None,
            _ => SMOOTH,
        };
        Self {
            channels: channels.collect(),
            constants: survey.constants.clone(),
            average: options.average.unwrap_or(1),
            window,
            hop: options.hop.unwrap_or(window / HOPS).max(1),
            layout,
            hold: options.hold.or(survey.hold).unwrap_or(HOLD),
            streams: if normalise { survey.unlike.streams.clone() } else { Vec::new() },
            features,
            period_s: survey.period_s,
            head: None,
            score: options.score.unwrap_or(score),
            smooth: options.smooth.unwrap_or(smooth),
            threshold: options.threshold.unwrap_or(match options.score {
                Some(score) if score.is_of_model() => MODEL_THRESHOLD,
                _ if smooth == SmoothSpec::None => ROW_THRESHOLD,
                _ => THRESHOLD,
            }),
            alert: options.alert.unwrap_or_default(),
            when: options.when.clone(),
            drift: None,
            learns_drift: options.drift,
            program: options.program.clone(),
            command: options.command.clone(),
            pictures: None,
            advice: LEARN_MORE,
        }
    }

    /// Of pictures: nothing is learned of their planes, whose values lie between 0 and 1 as they are.
    #[cfg(feature = "pictures")]
    pub(super) fn pictures(
        options: &FitOptions,
        shape: crate::picture::PictureShape,
        layout: Layout,
    ) -> Self {
        let crate::picture::PictureShape { planes, height, width } = shape;
        let names: &[&str] = if planes == 1 { &["grey"] } else { &["red", "green", "blue"] };
        let channels = names.iter().map(|&name| Channel {
            name: name.into(),
            unit: None,
            mean: 0.0,
            scale: 1.0,
            longest_run: None,
            seen: None,
            sensitivity: None,
        });
        Self {
            channels: channels.collect(),
            constants: Vec::new(),
            average: 1,
            window: height * width,
            hop: height * width,
            layout,
            hold: 0,
            streams: Vec::new(),
            features: None,
            period_s: None,
            head: None,
            score: options.score.unwrap_or(ScoreKind::Mse),
            smooth: SmoothSpec::None,
            threshold: options.threshold.unwrap_or(PICTURE_THRESHOLD),
            alert: options.alert.unwrap_or_default(),
            when: options.when.clone(),
            drift: None,
            learns_drift: options.drift,
            program: options.program.clone(),
            command: options.command.clone(),
            pictures: Some(shape.to_string()),
            advice: LEARN_MORE,
        }
    }

    /// Averages fewer rows, down to none, until there are windows enough for all that is learned.
    ///
    /// # Errors
    /// When the data cannot be read.
    pub(super) fn average_for(&mut self, data: &Data, survey: &Survey) -> Result<(), FitError> {
        let needed = windows_for(errors::features(self.score, self.channels.len()));
        while self.average > 1 {
            let windows = NormalData::Rows(Box::new(self.windows(Cow::Borrowed(data), survey)));
            let (counts, _) = windows.count()?;
            let found = enough(&counts, (self.window, self.average), survey.read.rows);
            if found.is_ok_and(|windows| windows >= needed) {
                break;
            }
            self.average = self.average * 2 / 3;
        }
        Ok(())
    }

    /// All as in an earlier profile: windows that are cut already say nothing of the rows that they are of.
    pub(super) fn of_profile(profile: &Profile, options: &FitOptions) -> Self {
        Self {
            channels: profile.channels.clone(),
            constants: profile.constants.clone(),
            average: profile.average,
            window: profile.window,
            hop: profile.hop,
            layout: profile.layout,
            hold: profile.missing.hold,
            streams: profile.streams.clone(),
            features: profile.features,
            period_s: profile.period_s,
            head: profile.head.clone(),
            score: options.score.unwrap_or(profile.score.kind()),
            smooth: options.smooth.unwrap_or(profile.smooth),
            threshold: options.threshold.unwrap_or(profile.threshold.rule),
            alert: options.alert.unwrap_or(profile.alert),
            when: profile.when.clone(),
            // Scores are found anew.
            drift: profile.drift.clone().map(|drift| DriftSpec { score: None, ..drift }),
            learns_drift: false,
            program: options.program.clone(),
            command: options.command.clone(),
            pictures: None,
            advice: LEARN_MORE,
        }
    }

    pub(super) fn smooth(&self) -> SmoothSpec {
        self.smooth
    }

    /// How scores become ratios.
    pub(super) fn judging(&self) -> Judging {
        let Self { average, window, hop, smooth, threshold: rule, .. } = *self;
        let period_s = self.period_s.map(|period| period * average as f64);
        Judging {
            rule,
            scale: Scale::new(self.score, (self.channels.len(), window, hop), smooth, period_s),
            smooth,
            pace: Pace { hop, average },
            drift: self.learns_drift,
        }
    }

    /// Means, scales, units and head as in an earlier profile: the model was trained with them. By
    /// position, for a channel may have another name today.
    pub(super) fn keep_normalisation(&mut self, profile: &Profile) {
        for (channel, old) in self.channels.iter_mut().zip(&profile.channels) {
            channel.mean = old.mean;
            channel.scale = old.scale;
            channel.unit.clone_from(&old.unit);
        }
        self.streams.clone_from(&profile.streams);
        self.head.clone_from(&profile.head);
    }

    pub(super) fn shape(&self) -> WindowShape {
        WindowShape {
            window: self.window,
            channels: self.channels.len(),
            channels_first: self.layout.is_channels_first(),
        }
    }

    pub(super) fn windows<'a>(&self, data: Cow<'a, Data>, survey: &Survey) -> RowWindows<'a> {
        RowWindows {
            data,
            spec: IntakeSpec::of(
                &self.channels,
                (self.window, self.hop, self.layout),
                self.period_s,
                self.hold,
            )
            .averaging(self.average)
            .with_streams(&self.streams),
            wanted: Wanted::known(
                self.channels.iter().map(|c| c.name.clone()).collect(),
                &survey.read,
            ),
            bounds: survey.channels.iter().map(|(_, stats)| stats.bounds).collect(),
            smooth: self.smooth,
            rows: survey.read.rows,
        }
    }
}
