//! The command line goes in; a network and how it learns come out, checked.
//!
//! Nothing here reads data or trains.

pub mod args;
mod defaults;
mod error;

pub use args::{DeviceChoice, Kind, TrainCommand};
pub use defaults::{network, scaled, settings};
pub use error::PlanError;
