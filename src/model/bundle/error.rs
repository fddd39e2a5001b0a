//! Why model and profile cannot be used together.

use crate::graph::ModelError;
use oddity_core::profile::{Layout, ProfileError, ScoreKind};
use oddity_core::score::ScoreError;

/// Why model and profile cannot be used together.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The score.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// There is none.
    #[error("it has no profile: `oddity calibrate` makes one from normal data")]
    NoProfile,
    /// The model gives other numbers than where its profile was made.
    #[error(
        "the model's golden sample gives {what} {found:.6} on this machine where {expected:.6} was recorded; the file is damaged or this machine computes it differently; renew it here with `oddity calibrate`"
    )]
    Golden {
        /// Which of the two.
        what: &'static str,
        /// What came out.
        found: f64,
        /// What should have.
        expected: f64,
    },
    /// The profile does not fit the model.
    #[error(
        "the profile describes windows of {rows} rows x {channels} channels as {layout}, the model takes {model:?}; renew it with `oddity calibrate`"
    )]
    Shape {
        /// Rows in a window by the profile.
        rows: usize,
        /// Channels by the profile.
        channels: usize,
        /// Order of the axes by the profile.
        layout: Layout,
        /// Axes of the model's input, without the batch.
        model: Vec<usize>,
    },
    /// A score of errors without a reconstruction, or the other way round.
    #[error(
        "the profile's score is `{score}`, but the model gives {what}; renew it with `oddity calibrate`"
    )]
    Kind {
        /// The score by the profile.
        score: ScoreKind,
        /// What the model gives.
        what: &'static str,
    },
    /// The second output is not what the profile says.
    #[error(
        "the profile describes a second output (class or estimate) of {expected} values, the model gives {found}; train or export it again"
    )]
    Head {
        /// Values by the profile.
        expected: usize,
        /// Values that the model gives; 0 without such an output.
        found: usize,
    },
}
