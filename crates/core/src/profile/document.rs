//! The profile document itself: plain data, whose consistency `check` sees to.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::drift::DriftSpec;
use super::input::InputSpec;
use super::spec::{
    AlertSpec, FeatureSpec, MissingSpec, ScoreSpec, SmoothSpec, ThresholdRule, ThresholdSpec,
};
use super::unprecedented::UnprecedentedSpec;
use super::when::WhenSpec;

/// The `metadata_props` key that holds the profile.
pub const KEY: &str = "oddity.profile";

/// The newest version of the document that this program reads; it reads all before it.
pub const VERSION: u32 = 5;

/// How one sensor channel enters the model: `(reading - mean) / scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Name, as in the header of the data.
    pub name: String,
    /// Unit of the readings, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Subtracted from each reading, in the channel's unit.
    pub mean: f64,
    /// Divides each reading after that; above zero, in the channel's unit.
    pub scale: f64,
    /// Longest run of equal readings seen in normal data, in rows; `None` where it was not learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_run: Option<u64>,
    /// What normal data held of it; `None` where it was not learned, or where any reading can be one. An
    /// older program ignores it, and judges every reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenRange>,
    /// What would just be raised; `None` where it was not tried. An older program ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
}

/// What would just be raised in one channel, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// A shift that lasts, or that a drift has come to; `None` where no shift is raised.
    pub step: Option<f64>,
    /// Rows after which a step of twice that size is raised; `None` where it is not within a few windows.
    pub rows: Option<u64>,
    /// Deviation of noise on top of what is normal; `None` where no noise is raised.
    pub noise: Option<f64>,
}

/// The readings of one channel that normal data held, in the channel's unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenRange {
    /// The smallest.
    pub low: f64,
    /// The largest; not below `low`.
    pub high: f64,
    /// What came again and again and was no reading, besides what is known as such everywhere; at most
    /// [`SeenRange::MOST_ERRORS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<f64>,
}

impl SeenRange {
    /// Readings that are none, of one channel.
    pub const MOST_ERRORS: usize = 4;
}

/// What had one value throughout normal data: no channel of the model, but watched for a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// Name, as in the header of the data.
    pub name: String,
    /// Its value, in its own unit.
    pub value: f64,
}

/// Mean and scale of the channels in one stream, where those of all streams together do not do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamScale {
    /// The stream's name, as it stands in the key column.
    pub name: String,
    /// `[channels]`, as [`Channel::mean`].
    pub mean: Vec<f64>,
    /// `[channels]`, as [`Channel::scale`].
    pub scale: Vec<f64>,
}

/// How a window lies in the model's input and output tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `[N, features]`: each row of the data is a window.
    Features,
    /// `[N, time, channels]`.
    TimeChannels,
    /// `[N, channels, time]`.
    ChannelsTime,
    /// `[N, planes, height, width]`: a picture; its planes are the channels, its pixels the rows.
    Picture,
    /// `[N, height, width, planes]`: the same with its planes last, as Keras has them.
    PicturePlanesLast,
}

impl Layout {
    /// Whether all values of a channel lie together.
    pub fn is_channels_first(self) -> bool {
        matches!(self, Self::ChannelsTime | Self::Picture)
    }

    /// Whether windows are pictures.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Picture | Self::PicturePlanesLast)
    }
}

/// What a second output of the model, learned from labelled windows, says of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum HeadSpec {
    /// Output `class`, `[N, classes]`: probabilities.
    Class {
        /// The label of each, as in the data.
        classes: Vec<String>,
    },
    /// Output `estimate`, `[N, 1]`: `estimate * scale + mean` is the quantity.
    Estimate {
        /// Column that it was learned from.
        name: String,
        /// In the quantity's unit.
        mean: f64,
        /// Above zero, in the quantity's unit.
        scale: f64,
    },
}

impl HeadSpec {
    /// Values in the output.
    pub fn width(&self) -> usize {
        match self {
            Self::Class { classes } => classes.len(),
            Self::Estimate { .. } => 1,
        }
    }
}

/// A window with the answer that the model gave where the profile was made; every load repeats it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Golden {
    /// One window in the model's layout, normalised.
    pub input: Vec<f32>,
    /// The reconstruction that it must give; one number from a model that gives a score.
    pub output: Vec<f32>,
    /// The score, before smoothing, that it must give.
    pub score: f64,
}

/// What made this profile from what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Program and version.
    pub program: String,
    /// Subcommand and options.
    pub command: String,
    /// SHA-256 of the data, in hexadecimal.
    pub data_sha256: String,
    /// Rows read.
    pub rows: u64,
    /// Windows used.
    pub windows: u64,
    /// Channels that were left out, each with the reason.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// What was known of its alerts since, the first step first; each has moved the threshold. An older program ignores
    /// it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feedback: Vec<Feedback>,
    /// The profile as it was before the last [`FeedbackKind::NewNormal`], to go back to; it holds none itself. Since
    /// version 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<Profile>>,
}

/// What was known of some rows, and how the threshold was moved for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// What it was.
    pub kind: FeedbackKind,
    /// First and last row.
    pub rows: [u64; 2],
    /// The threshold before.
    pub before: f64,
    /// And after; above zero.
    pub after: f64,
}

/// What was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedbackKind {
    /// An alert was raised, and nothing was wrong.
    FalseAlarm,
    /// Something was wrong, and none was raised.
    Missed,
    /// What was normal has changed for good: means, score and threshold have moved over to these rows. Since version 5.
    NewNormal,
}

/// All that detection needs besides the network. Made by [`Profile::from_json`] it is consistent:
/// lengths agree, scales are above zero, numbers are finite.
///
/// ```
/// use oddity_core::profile::Profile;
///
/// let error = Profile::from_json("{\"version\": 99}").unwrap_err();
/// assert!(error.to_string().contains("version 99"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The first version that can say all that is in it, at most [`VERSION`]; see
    /// [`Profile::least_version`].
    pub version: u32,
    /// In the order of the model's channel axis.
    pub channels: Vec<Channel>,
    /// What did not move in normal data. Since version 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constants: Vec<Constant>,
    /// How rows are made of frames of faster ones, where they are; the channels are then features, and all
    /// that follows counts in frames. Since version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<FeatureSpec>,
    /// Streams with means and scales of their own; all others have those of `channels`. Since version 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<StreamScale>,
    /// Seconds between rows; `None` where the data had no time.
    pub period_s: Option<f64>,
    /// Rows of data that are averaged to one row of a window. Since version 5.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub average: usize,
    /// Rows in a window.
    pub window: usize,
    /// Rows of windows from one to the next.
    pub hop: usize,
    /// Order of the axes.
    pub layout: Layout,
    /// What to do about readings that are missing.
    pub missing: MissingSpec,
    /// Column with the time, where the data had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Column that tells the streams apart, where the data had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How the data was written. Since version 4, but for what any program may ignore.
    #[serde(default, skip_serializing_if = "InputSpec::is_empty")]
    pub input: InputSpec,
    /// When rows are judged at all; `None` always. Since version 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<WhenSpec>,
    /// What normal data held, to tell what was never seen. Since version 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unprecedented: Option<UnprecedentedSpec>,
    /// What normal data was like as a whole, to tell when what comes is not like it any more. Since version 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftSpec>,
    /// From window and reconstruction to one number.
    pub score: ScoreSpec,
    /// From that number to a smoothed one.
    pub smooth: SmoothSpec,
    /// From that to a ratio: above 1 is anomalous.
    pub threshold: ThresholdSpec,
    /// From ratios to alerts.
    pub alert: AlertSpec,
    /// What the model's second output says, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<HeadSpec>,
    /// Checked at every load.
    pub golden: Golden,
    /// What made this from what.
    pub provenance: Provenance,
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_one(average: &usize) -> bool {
    *average == 1
}

impl Profile {
    /// What is read besides the channels, in the order in which it stands behind them in a sample: the constants, then
    /// what conditions ask for and neither has.
    pub fn besides(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.constants.iter().map(|one| one.name.as_str()).collect();
        for condition in self.when.iter().flat_map(|when| &when.all) {
            let column = condition.column.as_str();
            if !names.contains(&column) && self.channels.iter().all(|one| one.name != column) {
                names.push(column);
            }
        }
        names
    }

    /// Where in a sample the readings of the conditions stand.
    pub fn places_of_conditions(&self) -> Vec<usize> {
        let besides = self.besides();
        let channel = |column: &str| self.channels.iter().position(|one| one.name == column);
        let beside = |column: &str| besides.iter().position(|name| *name == column);
        let conditions = self.when.iter().flat_map(|when| &when.all);
        conditions
            .map(|condition| {
                let beside = || beside(&condition.column).unwrap_or(usize::MAX);
                channel(&condition.column)
                    .unwrap_or_else(|| self.channels.len().saturating_add(beside()))
            })
            .collect()
    }

    /// Rows of data from one window to the next.
    pub fn rows_apart(&self) -> usize {
        self.hop.saturating_mul(self.average)
    }

    /// Rows of data that a window covers.
    pub fn rows_covered(&self) -> usize {
        self.window.saturating_mul(self.average)
    }

    /// Values in a window: rows times channels.
    pub fn window_len(&self) -> usize {
        self.window * self.channels.len()
    }

    /// Values in the model's answer to a window: a reconstruction has as many, a score is one.
    pub fn answer_len(&self) -> usize {
        if self.score.kind().is_of_model() { 1 } else { self.window_len() }
    }

    /// The first version that can say all that is in it: what an older program can read is written so that
    /// it can.
    pub fn least_version(&self) -> u32 {
        let later = !self.constants.is_empty() || !self.streams.is_empty();
        let rule = self.threshold.rule;
        let Provenance { feedback, before, .. } = &self.provenance;
        let moved = |step: &Feedback| step.kind == FeedbackKind::NewNormal;
        if self.average > 1
            || self.when.is_some()
            || self.unprecedented.is_some()
            || self.drift.is_some()
            || before.is_some()
            || feedback.iter().any(moved)
            || matches!(rule, ThresholdRule::Margin { .. } | ThresholdRule::FalseAlarms { .. })
        {
            5
        } else if !self.input.is_optional() || later {
            4
        } else if self.features.is_some() {
            3
        } else if self.score.kind().is_of_model() {
            2
        } else {
            1
        }
    }
}
