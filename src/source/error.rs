//! What can go wrong with an input, with its path.

use std::io;
use std::path::PathBuf;

use crate::blame::Blame;

/// Why an input cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Missing, or not allowed.
    #[error("cannot open {path:?}: {source}", path = .path.display().to_string())]
    Open {
        /// As it was given.
        path: PathBuf,
        /// From the system.
        source: io::Error,
    },
    /// A directory where a file was expected.
    #[error("{path:?} is a directory; give a file, or `-` for standard input", path = .path.display().to_string())]
    Directory {
        /// As it was given.
        path: PathBuf,
    },
    /// Reading failed after the input was open.
    #[error("cannot read from {name}: {source}")]
    Read {
        /// The path, or `standard input`.
        name: String,
        /// From the system.
        source: io::Error,
    },
    /// A thread could not be started.
    #[error("cannot start the thread that {does}: {source}")]
    Thread {
        /// What the thread is for.
        does: &'static str,
        /// From the system.
        source: io::Error,
    },
    /// The handlers for SIGINT and SIGTERM could not be installed.
    #[error("cannot install the handlers for SIGINT and SIGTERM: {0}")]
    Signals(io::Error),
}

impl SourceError {
    /// The machine's once the input was open.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Read { .. } => Blame::Machine,
            Self::Open { .. } | Self::Directory { .. } | Self::Thread { .. } | Self::Signals(_) => {
                Blame::CommandLine
            }
        }
    }
}
