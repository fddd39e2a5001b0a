//! The command line goes in; a network and how it learns come out, checked.
//!
//! Nothing here reads data or trains.

pub mod args;
mod defaults;

pub use args::{Command, DeviceChoice, Kind};
pub use defaults::{network, scaled, settings};

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
