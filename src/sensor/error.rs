//! What can go wrong before the first row, with what to do about it.

use std::io;
use std::path::PathBuf;

use crate::blame::Blame;
use crate::source::SourceError;

/// Something in a file of sensors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{problem}", .key.as_ref().map_or_else(String::new, |key| format!("{key}: ")))]
pub struct FileError {
    /// From 1.
    pub line: usize,
    /// The key, as it stands in the file.
    pub key: Option<String>,
    /// What is wrong, and what would be right.
    pub problem: String,
}

/// Why there are no rows.
#[derive(Debug, thiserror::Error)]
pub enum SensorError {
    /// The file cannot be read.
    #[error("cannot read {path:?}: {source}", path = .path.display().to_string())]
    Read {
        /// As it was given.
        path: PathBuf,
        /// From the system.
        source: io::Error,
    },
    /// The file says what cannot be.
    #[error("{path:?}, {error}", path = .path.display().to_string())]
    File {
        /// As it was given.
        path: PathBuf,
        /// Where, and what.
        error: FileError,
    },
    /// The sensors do not measure what a model wants.
    #[error(
        "the sensors measure {measured}, but the model wants {wanted}: there is no {missing}; a column is called \
         after its sensor's name and its channel, and `oddity record` shows it",
        measured = .measured.join(", "), wanted = .wanted.join(", "), missing = .missing.join(", ")
    )]
    Channels {
        /// The channels of the model.
        wanted: Vec<String>,
        /// Those of them that are not measured.
        missing: Vec<String>,
        /// The columns of the sensors.
        measured: Vec<String>,
    },
    /// A bus, or what a driver of the kernel reads, cannot be opened.
    #[error("sensor {sensor:?}: cannot open {path:?}: {problem}", path = .path.display().to_string())]
    Open {
        /// Name of the sensor.
        sensor: String,
        /// What was to be opened.
        path: PathBuf,
        /// Why not, and what to do.
        problem: String,
    },
    /// A sensor does not start.
    #[error("sensor {sensor:?} does not start: {problem}")]
    Start {
        /// Name of the sensor.
        sensor: String,
        /// What it says.
        problem: String,
    },
    /// No thread to read them, or no handlers for signals.
    #[error(transparent)]
    Thread(SourceError),
    /// The timer fails.
    #[error("cannot wait for the next row: {0}")]
    Timer(io::Error),
}

impl SensorError {
    /// The machine's, once the file is right.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Read { .. } | Self::File { .. } | Self::Channels { .. } => Blame::CommandLine,
            Self::Open { .. } | Self::Start { .. } | Self::Timer(_) => Blame::Machine,
            Self::Thread(error) => error.blame(),
        }
    }
}
