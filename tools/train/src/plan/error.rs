//! What can be wrong with a command line, in words.

use crate::train::SettingsError;

/// Why a command line cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Options that do not go together.
    #[error("{0}")]
    Option(String),
    /// How it learns.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}
