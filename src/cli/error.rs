//! What ends a run before its input does, or leaves it without a result: an enum of the program's own.

use std::io;

use oddity::blame::Blame;
use oddity::decode::DecodeError;
use oddity::detector::DetectError;
use oddity::files::WriteError;
use oddity::model::ModelError;
#[cfg(all(feature = "sensor", target_os = "linux"))]
use oddity::sensor::SensorError;
use oddity::source::SourceError;

/// Why a run has failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// The input cannot be opened or read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The sensors cannot be read at all.
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    #[error(transparent)]
    Sensor(#[from] SensorError),
    /// The input cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A row cannot be judged.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// The model fails on a raw window or a picture.
    #[error("cannot run the model")]
    Model(#[source] ModelError),
    /// Bad data ends a strict run.
    #[error("{0}; stopped because of --strict")]
    Strict(String),
    /// Nothing of the input could be judged.
    #[error("no row of the input could be used")]
    NoRows,
    /// The end of the input could not be read.
    #[error("the input could not be read from line {line} to its end: {reason}")]
    Blind {
        /// The first one.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Rows that were to be measured with are too few.
    #[error("{rows} rows complete no window of {window} rows: more rows are needed")]
    NoWindow {
        /// That could be read.
        rows: usize,
        /// Rows in a window.
        window: usize,
    },
    /// A row that says neither that it is normal nor that it is odd.
    #[cfg(feature = "learn")]
    #[error(
        "line {line}: the label is missing or not a number; 0 is normal, any other number is not"
    )]
    Label {
        /// From 1.
        line: u64,
    },
    /// None of the pictures could be read.
    #[cfg(feature = "pictures")]
    #[error("no picture could be read")]
    NoPictures,
    /// A model of pictures in the smallest build.
    #[cfg(not(feature = "pictures"))]
    #[error(
        "model {} takes pictures, which this build cannot read: build with the cargo feature pictures",
        .model.display()
    )]
    PicturesLeftOut {
        /// Its file.
        model: std::path::PathBuf,
    },
    /// The last one of the raw windows is cut off.
    #[error(
        "{left} bytes are left over after {windows} windows of {each} bytes ({shape:?} of f32): is \
         the input cut off, or do its windows have another shape?"
    )]
    LeftOver {
        /// Bytes of it that are there.
        left: usize,
        /// Windows before it.
        windows: u64,
        /// Bytes of a window.
        each: usize,
        /// Axes of a window.
        shape: Vec<usize>,
    },
    /// The output cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl RunError {
    /// Writing to standard output failed.
    pub(super) fn stdout(source: io::Error) -> Self {
        Self::Write(WriteError::stdout(source))
    }

    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::Source(error) => error.blame(),
            #[cfg(all(feature = "sensor", target_os = "linux"))]
            Self::Sensor(error) => error.blame(),
            Self::Decode(error) => error.blame(),
            Self::Detect(DetectError::TooManyStreams(_)) => Blame::Data,
            Self::Detect(_) | Self::Model(_) => Blame::CommandLine,
            Self::Strict(_)
            | Self::NoRows
            | Self::Blind { .. }
            | Self::NoWindow { .. }
            | Self::LeftOver { .. } => Blame::Data,
            #[cfg(feature = "learn")]
            Self::Label { .. } => Blame::Data,
            #[cfg(feature = "pictures")]
            Self::NoPictures => Blame::Data,
            #[cfg(not(feature = "pictures"))]
            Self::PicturesLeftOut { .. } => Blame::CommandLine,
            Self::Write(error) => error.blame(),
        }
    }
}
