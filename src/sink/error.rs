//! What it means when something cannot be written.

use std::io;

/// Writing failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {what}: {source}")]
pub struct WriteError {
    /// What was to be written.
    pub what: String,
    /// Why it was not.
    pub source: io::Error,
}

impl WriteError {
    /// Standard output.
    pub fn stdout(source: io::Error) -> Self {
        Self { what: "standard output".into(), source }
    }
}
