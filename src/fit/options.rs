//! How to fit or calibrate: what was asked for, before the data has been seen.

use super::error::FitError;
use oddity_core::profile::{
    AlertSpec, Layout, MAX_AVERAGE, ScoreKind, SmoothSpec, ThresholdRule, WhenSpec,
};

/// Values in a window, at most: the covariance takes the square of it, once a fold.
pub const MOST_INPUTS: usize = 2048;

/// Share of the variance that the latent explains, unless said otherwise.
pub const DEFAULT_VARIANCE: f64 = 0.8;

/// How to fit. [`Default`] is good without reading anything.
#[derive(Clone, Debug)]
pub struct FitOptions {
    /// Channels to use; `None` uses every sensor that the data has.
    pub channels: Option<Vec<String>>,
    /// Channels not to use.
    pub exclude: Vec<String>,
    /// Channels that are watched by how fast they rise, by name.
    pub difference: Vec<String>,
    /// Rows of data that are averaged to one row of a window; `None`: from the data, where neither it nor a model says how
    /// long a window is.
    pub average: Option<usize>,
    /// Rows in a window.
    pub window: Option<usize>,
    /// Rows of windows from one to the next.
    pub hop: Option<usize>,
    /// Share of the variance that the latent explains, between 0 and 1; `None`: [`DEFAULT_VARIANCE`], but of no more
    /// components than stand out of noise.
    pub variance: Option<f64>,
    /// Width of the latent, instead of `variance`.
    pub latent: Option<usize>,
    /// Score.
    pub score: Option<ScoreKind>,
    /// Smoothing of the scores.
    pub smooth: Option<SmoothSpec>,
    /// Rule that finds the threshold.
    pub threshold: Option<ThresholdRule>,
    /// When ratios become alerts.
    pub alert: Option<AlertSpec>,
    /// When rows are judged, and learned from, at all; with [`Data::idle`](super::Data::idle) from
    /// [`without_idle`](super::without_idle).
    pub when: Option<WhenSpec>,
    /// Rows over which a missing reading is held.
    pub hold: Option<u32>,
    /// The order of the axes of a model that has no profile, or of the windows of pictures.
    pub layout: Option<Layout>,
    /// Learn what was seen of each channel of slow rows, to tell what never was.
    pub unprecedented: bool,
    /// Learn what channels and scores are usually like, to tell when they are not any more.
    pub drift: bool,
    /// `calibrate` only: subtract the mean and divide by the deviation of each channel before the
    /// model sees it.
    pub normalise: bool,
    /// Program and version, for the record.
    pub program: String,
    /// What its command line was, for the record.
    pub command: String,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            channels: None,
            exclude: Vec::new(),
            difference: Vec::new(),
            average: None,
            window: None,
            hop: None,
            variance: None,
            latent: None,
            score: None,
            smooth: None,
            threshold: None,
            alert: None,
            when: None,
            hold: None,
            layout: None,
            unprecedented: true,
            drift: true,
            normalise: false,
            program: concat!("oddity ", env!("CARGO_PKG_VERSION")).into(),
            command: String::new(),
        }
    }
}

impl FitOptions {
    /// As [`FitOptions::check`], for a model that will be an autoencoder.
    pub(super) fn check_reconstructs(&self) -> Result<(), FitError> {
        if let Some(score) = self.score.filter(|score| score.is_of_model()) {
            return Err(FitError::Option(format!(
                "--score {score} is for models that give a score themselves; what is learned here is \
                 an autoencoder, which gives a reconstruction"
            )));
        }
        self.check()
    }

    pub(super) fn check(&self) -> Result<(), FitError> {
        if self.window == Some(0) || self.hop == Some(0) {
            return Err(FitError::Option("--window and --hop must be 1 or more".into()));
        }
        if self.average.is_some_and(|average| !(1..=MAX_AVERAGE).contains(&average)) {
            return Err(FitError::Option(format!("--average must be 1 to {MAX_AVERAGE}")));
        }
        Ok(())
    }
}
