//! A network and windows go in; the network comes out with the weights that did best on the windows
//! it was validated on.
//!
//! Same seed, same weights on one machine, also when training goes on from a [`TrainState`]. This room
//! reads and writes nothing.

mod adam;
mod course;
mod epochs;
mod error;
mod examples;
mod int8;
mod loss;
mod noise;
mod schedule;
mod settings;
mod text;
mod trained;

pub use adam::{TrainState, set_weights, weights};
pub use course::{Control, Course, Progress};
pub use epochs::{evaluate, train};
pub use error::TrainError;
pub use examples::Examples;
pub use int8::{fine_tuning, quantise};
pub use settings::{InputNoise, Loss, Optimiser, Schedule, Settings, SettingsError, Sparsity};
pub use trained::Trained;

#[cfg(test)]
mod tests;
