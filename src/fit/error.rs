//! Why normal data gives no model, or no profile.

use std::path::PathBuf;

use super::fold::FOLDS;
use crate::blame::Blame;
use crate::decode::DecodeError;
use crate::model::{BundleError, ModelError};
#[cfg(feature = "pictures")]
use crate::picture::PictureError;
use crate::source::SourceError;
use oddity_core::profile::ProfileError;
use oddity_core::score::ScoreError;
use oddity_core::threshold::ThresholdError;

/// Why normal data gives no model, or no profile.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Options that contradict each other, or data that cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Something in one file.
    #[error("{}: {source}", .path.display())]
    In {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: Box<FitError>,
    },
    /// Nothing to learn from.
    #[error("the data has no rows")]
    NoRows,
    /// Labels that leave nothing to learn from.
    #[error(
        "no row is normal: the labels in column {column} are {}, and those that mean normal are {}; give data with such rows or rows without a label, or say which labels mean normal",
        .seen.join(", "), .normal.join(", ")
    )]
    NoneNormal {
        /// The column of the labels.
        column: String,
        /// Some of those that were found.
        seen: Vec<String>,
        /// Those that mean normal.
        normal: Vec<String>,
    },
    /// Labels that leave too little to learn from.
    #[error(
        "{odd} of {rows} rows are not normal by their label in column {column}; that leaves only {fewest} windows of normal rows in one of the four blocks of rows, and at least {needed} are needed in each: give data with normal rows all along"
    )]
    TooFewNormal {
        /// The column of the labels.
        column: String,
        /// Rows that are not normal.
        odd: u64,
        /// Rows there are.
        rows: u64,
        /// Windows of normal rows in the block with the fewest.
        fewest: u64,
        /// Windows needed in each block.
        needed: u64,
    },
    /// More streams than memory is set aside for.
    #[error(
        "more than {most} streams in the data, which is the limit; is --key the column that names the stream?"
    )]
    TooManyStreams {
        /// The most.
        most: usize,
    },
    /// Nothing to watch.
    #[error("no channel can be watched: {}", .left_out.join("; "))]
    NoChannels {
        /// Each with the reason.
        left_out: Vec<String>,
    },
    /// A file became shorter from one pass to the next.
    #[error(
        "{} was cut while it was read, from {before} to {now} bytes: give a copy of it that nobody writes to",
        .path.display()
    )]
    Cut {
        /// The file.
        path: PathBuf,
        /// Bytes at first.
        before: u64,
        /// Bytes in a later pass.
        now: u64,
    },
    /// An error that something in the data may explain.
    #[error("{error}")]
    Explained {
        /// What should be looked at first, a sentence each.
        warnings: Vec<String>,
        /// What has failed.
        error: Box<FitError>,
    },
    /// Too little data.
    #[error(
        "{windows} whole windows of {window} rows came from {rows} rows, and only {fewest} from one of the four blocks of rows, but at least {needed} are needed in each; give more normal data, without gaps{hint}"
    )]
    TooFew {
        /// Windows there are.
        windows: u64,
        /// In the block with the fewest.
        fewest: u64,
        /// Rows in a window.
        window: usize,
        /// Rows there are.
        rows: u64,
        /// Windows needed in each block.
        needed: u64,
        /// What else may help.
        hint: &'static str,
    },
    /// Too few pictures.
    #[error(
        "there are {pictures} pictures, but at least {needed} are needed, {each} in each of {FOLDS} blocks; give more pictures of what is normal"
    )]
    TooFewPictures {
        /// Pictures there are.
        pictures: u64,
        /// Pictures needed.
        needed: u64,
        /// Pictures needed in each block.
        each: u64,
    },
    /// A picture cannot be read, or is of another size than the first.
    #[cfg(feature = "pictures")]
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The last of the raw windows is cut off.
    #[error(
        "{values} values are left over after whole windows of {length}: is the file cut off, or do its windows have another shape?"
    )]
    CutOff {
        /// Values that are left over.
        values: usize,
        /// Values in a window.
        length: usize,
    },
    /// A raw window holds what is no finite number.
    #[error(
        "value {place} of window {window} is not a finite number; raw windows are taken as they are: leave such windows out"
    )]
    NotANumber {
        /// From 1.
        window: usize,
        /// From 1.
        place: usize,
    },
    /// Too few raw windows.
    #[error("there are {windows} windows, but at least {needed} are needed; give more normal data")]
    TooFewWindows {
        /// Windows there are.
        windows: u64,
        /// Windows needed.
        needed: u64,
    },
    /// The covariance would not fit a small machine.
    #[error(
        "a window of {window} rows x {channels} channels has {inputs} values; `fit` takes at most {most}: lower --window, or choose --channels"
    )]
    TooLarge {
        /// Rows in a window.
        window: usize,
        /// Channels.
        channels: usize,
        /// Their product.
        inputs: usize,
        /// The most.
        most: usize,
    },
    /// One value a window: a linear autoencoder would copy it.
    #[error(
        "one channel with --window 1 leaves nothing to reconstruct from; use --window 2 or more"
    )]
    OneInput,
    /// The model takes another number of channels.
    #[error(
        "the model takes {model} channels, the data has {}: {}; choose them with --channels or --exclude{hint}",
        .data.len(), .data.join(", ")
    )]
    Channels {
        /// Channels of the model.
        model: usize,
        /// Channels of the data.
        data: Vec<String>,
        /// What else may help.
        hint: &'static str,
    },
    /// An option that does not go with this model.
    #[error("{0}")]
    Option(String),
    /// The model fails on normal data.
    #[error(
        "the model's output for a window of the data is not finite; does it expect other channels, or --normalise?"
    )]
    NotFinite,
    /// The eigen-solver failed.
    #[error(
        "the covariance of the windows has no eigenvectors; look for implausibly large readings"
    )]
    Eigen,
    /// The model fails.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The profile that the model has is not consistent.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No score.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// No threshold.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// The finished model does not pass the check of every load.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl FitError {
    /// Names the column of the labels as the cause, where these leave too few windows.
    pub(super) fn because_of(self, column: Option<&str>, odd: u64) -> Self {
        match (self, column) {
            (Self::TooFew { fewest, rows, needed, .. }, Some(column)) if odd > 0 => {
                Self::TooFewNormal { column: column.to_owned(), odd, rows, fewest, needed }
            }
            (error, _) => error,
        }
    }

    /// With what should be looked at first.
    pub(super) fn explained(self, warnings: Vec<String>) -> Self {
        match warnings.is_empty() {
            true => self,
            false => Self::Explained { warnings, error: Box::new(self) },
        }
    }

    /// What should be looked at before the error is, a sentence each.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Explained { warnings, .. } => warnings,
            _ => &[],
        }
    }

    /// An option that only rows of sensors have was given with pictures.
    #[cfg(feature = "pictures")]
    pub(crate) fn for_rows(option: &str) -> Self {
        Self::Option(format!("{option} is for rows of sensors, not for pictures: leave it out"))
    }

    /// The data's, but for what the command line or the files that it names are to answer for.
    pub fn blame(&self) -> Blame {
        match self {
            Self::In { source, .. } => source.blame(),
            Self::Explained { error, .. } => error.blame(),
            Self::Source(error) => error.blame(),
            Self::Decode(error) => error.blame(),
            #[cfg(feature = "pictures")]
            Self::Picture(error) => error.blame(),
            Self::Model(_) | Self::Bundle(_) | Self::Profile(_) | Self::Option(_) => {
                Blame::CommandLine
            }
            _ => Blame::Data,
        }
    }
}
