//! Samples of one stream, checked, go in; windows `[time, channels]` or `[channels, time]`,
//! normalised, come out.
//!
//! A pure state machine: no clock, no I/O, and nothing allocated once made.

mod intake;
mod ring;
mod shape;
mod streams;
mod windower;

pub use intake::{Intake, IntakeSpec, MOST_STREAMS};
pub use shape::WindowShape;
pub use streams::Streams;
pub use windower::{WindowSpec, Windower};

#[cfg(test)]
mod tests;
