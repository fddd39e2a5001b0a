//! Why the windows cannot be had, for programs (the variant) and for people (the text).

use oddity::fit::FitError;
use tch::TchError;

/// Bytes of windows that are held, at most.
pub(super) const MOST_BYTES: usize = 8 << 30;

/// Why the windows cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum WindowsError {
    /// The library's reading of the data.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Two kinds of data.
    #[error(
        "some of the data are pictures or folders, and others are not; a model learns from one kind"
    )]
    Mixed,
    /// Too many windows to hold.
    #[error(
        "the windows of this data take more than {} GiB; raise --hop, or use fewer --rows",
        MOST_BYTES >> 30
    )]
    TooLarge,
    /// The labels teach nothing.
    #[error("the labels in column {column} cannot be learned from: {why}")]
    Labels {
        /// The column.
        column: String,
        /// What is wrong with them.
        why: String,
    },
    /// libtorch.
    #[error("libtorch cannot hold the windows: {0}")]
    Torch(#[from] TchError),
}
