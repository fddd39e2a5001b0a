//! Why a model is not quantised.

use crate::blame::Blame;
use crate::fit::FitError;
use crate::model::{BundleError, ModelError};
use oddity_core::score::ScoreError;

/// Why a model is not quantised.
#[derive(Debug, thiserror::Error)]
pub enum QuantiseError {
    /// It holds quantised operators.
    #[error(
        "the model is quantised already ({operators}): give the f32 model that it was made from"
    )]
    Already {
        /// Some of these.
        operators: String,
    },
    /// It has no layer that could be.
    #[error(
        "the model has no matrix product or convolution with stored f32 weights, so there is nothing to quantise{}",
        reasons(.left_out)
    )]
    Nothing {
        /// Layers that could not be, each with the reason.
        left_out: Vec<String>,
    },
    /// Each layer costs too much.
    #[error(
        "each layer alone changes the score by more than {:.3} % of its mean (the least, `{name}`, by {:.3} %), so all would stay in f32: allow more with --most-cost, or try another --range or --headroom",
        100.0 * .most, 100.0 * .least
    )]
    AllKept {
        /// The share that was allowed.
        most: f64,
        /// The layer with the least cost.
        name: String,
        /// That cost.
        least: f64,
    },
    /// The plain form computes something else.
    #[error(
        "rewritten in plain layers the model gives other numbers (off by {off:.1e} of the largest): it cannot be quantised safely"
    )]
    Plain {
        /// Largest difference, relative to the largest number.
        off: f32,
    },
    /// Raw windows for a model that gives a score.
    #[error(
        "the model gives a score and has no profile, so nobody knows which way it goes: run `oddity calibrate` first"
    )]
    NoProfile,
    /// Labels without windows of both kinds.
    #[error(
        "the labels call {odd} of {windows} windows odd: to compare by them, give data with both normal and odd rows"
    )]
    Labels {
        /// Odd windows.
        odd: usize,
        /// Windows.
        windows: usize,
    },
    /// The report cannot be written.
    #[error("the report cannot be written: {0}")]
    Report(#[from] serde_json::Error),
    /// The data.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Model and profile.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The score.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

fn reasons(left_out: &[String]) -> String {
    match left_out {
        [] => String::new(),
        all => format!(": {}", all.join("; ")),
    }
}

impl QuantiseError {
    /// The data's where that is bad, else the command line's.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Fit(error) => error.blame(),
            Self::Labels { .. } => Blame::Data,
            _ => Blame::CommandLine,
        }
    }
}
