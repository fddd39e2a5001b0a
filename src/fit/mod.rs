//! Normal data goes in; a model with its profile comes out, as the bytes of one ONNX file.
//!
//! [`fit`] learns a linear autoencoder on the spot; [`calibrate`] gives a profile to a model from
//! elsewhere. Both read the data several times and hold none of it, and judge windows only out
//! of fold.

mod calibrate;
mod data;
mod draft;
mod error;
mod glitch;
mod judge;
mod pca;
#[cfg(feature = "pictures")]
mod pictures;
mod prepared;
mod problems;
mod survey;
mod windows;

use crate::decode::Columns;
use crate::profile::{AlertSpec, Layout, Profile, ScoreKind, SmoothSpec, ThresholdRule};
use crate::score::Shape;

#[cfg(feature = "pictures")]
pub use calibrate::calibrate_pictures;
pub use calibrate::{calibrate, takes_only_pictures};
pub use data::{Data, Label, LabelValue, Meaning, USUALLY_NORMAL, count_rows};
pub use error::{Blame, FitError};
use judge::Reconstructor;
use pca::{LinearRun, Scatter};
pub use prepared::{FoldJudge, Prepared};
use prepared::{Normal, look_through};
pub use windows::{Example, FOLDS, Part};

/// Values in a window, at most: the covariance takes the square of it, once a fold.
pub const MOST_INPUTS: usize = 2048;
/// Share of the variance that the latent explains, unless said otherwise.
pub const DEFAULT_VARIANCE: f64 = 0.8;
/// Windows in a fold, at least.
const FOLD_WINDOWS: u64 = 5;

/// How to fit. [`Default`] is good without reading anything.
#[derive(Clone, Debug)]
pub struct Options {
    /// Channels to use; `None` uses every sensor that the data has.
    pub channels: Option<Vec<String>>,
    /// Channels not to use.
    pub exclude: Vec<String>,
    /// Rows in a window.
    pub window: Option<usize>,
    /// Rows from one window to the next.
    pub hop: Option<usize>,
    /// Share of the variance that the latent explains, between 0 and 1.
    pub variance: f64,
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
    /// Rows over which a missing reading is held.
    pub hold: Option<u32>,
    /// `calibrate` only: the order of the axes of a model that has no profile.
    pub layout: Option<Layout>,
    /// `calibrate` only: subtract the mean and divide by the deviation of each channel before the
    /// model sees it.
    pub normalise: bool,
    /// Program and version, for the record.
    pub program: String,
    /// What its command line was, for the record.
    pub command: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            channels: None,
            exclude: Vec::new(),
            window: None,
            hop: None,
            variance: DEFAULT_VARIANCE,
            latent: None,
            score: None,
            smooth: None,
            threshold: None,
            alert: None,
            hold: None,
            layout: None,
            normalise: false,
            program: concat!("oddity ", env!("CARGO_PKG_VERSION")).into(),
            command: String::new(),
        }
    }
}

impl Options {
    fn check(&self) -> Result<(), FitError> {
        if self.window == Some(0) || self.hop == Some(0) {
            return Err(FitError::Option("--window and --hop must be 1 or more".into()));
        }
        Ok(())
    }
}

/// What a fit or calibration gave.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The ONNX file with its profile.
    pub onnx: Vec<u8>,
    /// The profile in it.
    pub profile: Profile,
    /// How the data was read.
    pub columns: Option<Columns>,
    /// In words, a line each, for whoever started it.
    pub summary: Vec<String>,
    /// What should be looked at.
    pub warnings: Vec<String>,
    /// The smoothed out-of-fold scores that the threshold was found from, sorted; of very many,
    /// every so-manieth.
    pub scores: Vec<f64>,
    /// The number of the window that each of them is of, from 0 in the order of the data.
    pub scored: Vec<u64>,
    /// Share of the variance that is reconstructed of data that was not learned from.
    pub explained: f64,
}

/// Learns a linear autoencoder from normal data: principal components of windows.
///
/// # Errors
/// When the data cannot be read, is too little, or has no channel that can be watched.
pub fn fit(data: &Data, options: &Options) -> Result<Fitted, FitError> {
    let (survey, draft) = look_through(data, options)?;
    let Shape { window, channels, .. } = draft.shape();
    let inputs = window.saturating_mul(channels);
    if inputs > MOST_INPUTS {
        return Err(FitError::TooLarge { window, channels, inputs, most: MOST_INPUTS });
    }
    if inputs == 1 {
        return Err(FitError::OneInput);
    }
    let windows = Normal::Rows(draft.windows(data, &survey));
    let (folds, border) = gather(&windows, inputs)?;
    let counts: Vec<u64> = folds.iter().map(Scatter::count).collect();
    let count = enough(&counts, window, survey.read.rows)?;

    let all = Scatter::union(folds.iter().chain([&border]), inputs);
    let components = all.components().ok_or(FitError::Eigen)?;
    let latent = match options.latent {
        Some(latent) if latent >= 1 && latent < inputs => latent,
        Some(latent) => {
            return Err(FitError::Option(format!(
                "--latent {latent} must be at least 1 and less than the {inputs} values of a window"
            )));
        }
        None => components.latent_for(options.variance),
    };
    let mut without = Vec::with_capacity(FOLDS);
    for fold in 0..FOLDS {
        let others = folds.iter().enumerate().filter(|(i, _)| *i != fold).map(|(_, f)| f);
        let others = Scatter::union(others, inputs).components().ok_or(FitError::Eigen)?;
        without.push(LinearRun::new(others.linear(latent), others.scale_to(&components)));
    }
    let judgement = judge::judge(
        &windows,
        &mut Reconstructor::Linear(without),
        (draft.score, draft.shape(), latent),
        draft.threshold,
        count,
    )?;
    let onnx = components.linear(latent).to_onnx(window, channels);
    let explained = format!(
        "latent of {latent} out of {inputs} values, {:.1} % of the variance",
        100.0 * components.explained(latent)
    );
    draft.finish(&onnx, &survey, judgement, count, vec![explained])
}

/// Adds up the windows of each fold, and of the borders between them.
fn gather(windows: &Normal<'_>, inputs: usize) -> Result<(Vec<Scatter>, Scatter), FitError> {
    let mut folds = vec![Scatter::new(inputs); FOLDS];
    let mut border = Scatter::new(inputs);
    windows.each(|example, _| {
        match example.part {
            Part::Fold(fold) => folds.get_mut(fold).unwrap_or(&mut border).add(example.window),
            Part::Border => border.add(example.window),
            Part::Odd => {}
        }
        Ok(())
    })?;
    folds.iter_mut().for_each(Scatter::flush);
    border.flush();
    Ok((folds, border))
}

/// Every fold must have something to learn from, and to be judged by. Returns the windows in all.
fn enough(folds: &[u64], window: usize, rows: u64) -> Result<u64, FitError> {
    let windows = folds.iter().sum();
    let fewest = folds.iter().copied().min().unwrap_or(0);
    if fewest >= FOLD_WINDOWS {
        return Ok(windows);
    }
    let hint = match window {
        1 => "; with --time none rows count as they come",
        _ => ", or lower --window or --hop; with --time none rows count as they come",
    };
    Err(FitError::TooFew { windows, fewest, window, rows, needed: FOLD_WINDOWS, hint })
}
