//! The parts of the profile that say how to score, smooth, judge and alert.
//!
//! Plain data: names and numbers. The rooms `score`, `threshold` and `alert` act on them.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// What to do about readings that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingSpec {
    /// Rows for which the last value is held where a reading is missing. A longer hole is said, and
    /// no window is formed over it.
    pub hold: u32,
}

/// A channel that counts on, and is watched by how fast it rises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceSpec {
    /// Its column, which names the channel, too.
    pub column: String,
    /// Seconds between rows, for rows without times: then it is the rise a second. `None`: the rise a row.
    pub period_s: Option<f64>,
}

/// Which features are made of frames of fast readings, for channels that are called `NAME:FEATURE`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureSpec {
    /// Rows in a frame: a power of two from 64 to 16384.
    pub frame: usize,
    /// Rows from one frame to the next, 1 or more.
    pub hop: usize,
    /// Bands of the spectrum, at most 64 and a quarter of the frame.
    pub bands: usize,
    /// Bands of the spectrum of the envelope, at most 64 and a sixteenth of the frame.
    pub envelope: usize,
    /// Seconds between the rows that frames are made of; `None` where they had no times that tell.
    pub period_s: Option<f64>,
}

/// Which number is made of a window and its reconstruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreKind {
    /// Mean squared error over the window.
    Mse,
    /// Mean absolute error over the window.
    Mae,
    /// Largest of the channels' normalised errors.
    WorstChannel,
    /// Mean of the channels' errors, each divided by its error in normal data.
    Normalised,
    /// Mahalanobis distance of the last row's residual.
    Mahalanobis,
    /// Mahalanobis distance of the logarithms of the channels' errors.
    MahalanobisLog,
    /// Mahalanobis distance of the logarithms of the channels' errors together with the means of
    /// their residuals: sees a change of level as well as one of noise.
    MahalanobisWindow,
    /// Hotelling's T² of the latent together with Q, the squared error.
    T2q,
    /// The model's own output, which is higher the odder the window.
    Model,
    /// The model's own output, which is lower the odder the window.
    ModelLow,
}

impl ScoreKind {
    /// Whether it is made of the model's own score, not of a reconstruction.
    pub fn is_of_model(self) -> bool {
        matches!(self, Self::Model | Self::ModelLow)
    }
}

/// Mean and inverse covariance of a vector in normal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gaussian {
    /// `[n]`.
    pub mean: Vec<f64>,
    /// `[n, n]`, row by row, symmetric.
    pub precision: Vec<f64>,
}

/// A score with the statistics that it was fitted with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ScoreSpec {
    /// See [`ScoreKind::Mse`].
    Mse,
    /// See [`ScoreKind::Mae`].
    Mae,
    /// `level[c]` is the channel's mean squared error in normal data.
    WorstChannel {
        /// `[channels]`, above zero.
        level: Vec<f64>,
    },
    /// `level[c]` as above.
    Normalised {
        /// `[channels]`, above zero.
        level: Vec<f64>,
    },
    /// Of the residual, `[channels]`.
    Mahalanobis {
        /// Of the last row's residual in normal data.
        normal: Gaussian,
    },
    /// Of the log errors, `[channels]`.
    MahalanobisLog {
        /// Of the log errors in normal data.
        normal: Gaussian,
        /// Added to each error before the logarithm: keeps it finite where a channel is exact.
        floor: f64,
    },
    /// Of the log errors and, after them, the mean residuals, `[2 channels]`.
    MahalanobisWindow {
        /// Of both in normal data.
        normal: Gaussian,
        /// As above.
        floor: f64,
    },
    /// Needs the model's latent output.
    T2q {
        /// `[latent]`: mean of the latent in normal data.
        latent_mean: Vec<f64>,
        /// `[latent]`: variance of the latent in normal data, above zero.
        latent_variance: Vec<f64>,
        /// Mean of T² in normal data, above zero.
        t2_level: f64,
        /// Mean of Q in normal data, above zero.
        q_level: f64,
    },
    /// The output of a model that gives a score instead of a reconstruction. Since version 2.
    Model {
        /// Whether the output is lower the odder the window, so that its sign is turned.
        lower: bool,
        /// Subtracted after that: 0, or the lowest score of normal data where that is below zero. A
        /// score below it counts as 0.
        origin: f64,
    },
}

/// How the scores of one stream are smoothed. All are causal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SmoothSpec {
    /// Each score as it is.
    None,
    /// Exponentially weighted moving average, `0 < alpha <= 1`.
    Ewma {
        /// Weight of the newest score.
        alpha: f64,
    },
    /// Mean of the last `windows`.
    Mean {
        /// At least 1.
        windows: usize,
    },
    /// Median of the last `windows`.
    Median {
        /// At least 1.
        windows: usize,
    },
}

/// The rule that found a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ThresholdRule {
    /// Given by hand.
    Fixed {
        /// The threshold itself.
        value: f64,
    },
    /// A quantile of the scores of normal data, times a factor.
    Quantile {
        /// Between 0 and 1.
        q: f64,
        /// Above zero.
        factor: f64,
    },
    /// A quantile of the scores of normal data, and room for a shift: [`threshold::Scale`](crate::threshold::Scale)
    /// says how much that adds to which score. Since version 5.
    Margin {
        /// Between 0 and 1.
        q: f64,
        /// The square of the shift, in deviations of the reconstruction's error. Zero or more.
        k: f64,
    },
    /// As many false alarms as asked for, if what follows is like the normal data. Since version 5.
    FalseAlarms {
        /// Above zero.
        per_week: f64,
    },
    /// Mean plus `k` standard deviations of the scores of normal data.
    Sigma {
        /// Above zero.
        k: f64,
    },
    /// Peaks over threshold: a generalised Pareto tail fitted above the `initial` quantile.
    Pot {
        /// Share of normal windows that may exceed the threshold.
        risk: f64,
        /// Quantile where the tail begins.
        initial: f64,
    },
}

/// The tail that peaks-over-threshold found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PotFit {
    /// Where the tail begins.
    pub initial: f64,
    /// Shape of the generalised Pareto distribution.
    pub shape: f64,
    /// Its scale.
    pub scale: f64,
    /// Scores above `initial`.
    pub peaks: u64,
}

/// A threshold and how it was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdSpec {
    /// Above zero; a score above it is anomalous.
    pub value: f64,
    /// The rule that gave it.
    pub rule: ThresholdRule,
    /// Smoothed scores of normal data that it was found from.
    pub scores: u64,
    /// The fitted tail, for [`ThresholdRule::Pot`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pot: Option<PotFit>,
}

/// When ratios become alerts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertSpec {
    /// A window counts against the stream when its ratio is above this.
    pub raise: f64,
    /// A raised alert clears when the ratio is at or below this; not above `raise`.
    pub clear: f64,
    /// Windows that must count, out of the last `of`.
    pub k: u32,
    /// See `k`.
    pub of: u32,
    /// Seconds for which the condition must hold before the alert is raised.
    pub min_duration_s: f64,
    /// Seconds after a clear in which nothing is raised.
    pub cooldown_s: f64,
}

impl Default for AlertSpec {
    fn default() -> Self {
        Self { raise: 1.0, clear: 0.9, k: 1, of: 1, min_duration_s: 0.0, cooldown_s: 0.0 }
    }
}
