//! Samples go in; windows `[time, channels]` or `[channels, time]`, normalised, come out.
//!
//! [`Windower`] forms them of the checked rows of one stream, [`Intake`] has each row checked first,
//! [`Streams`] keeps the streams of one input apart. No clock, no I/O; a known stream allocates nothing.

mod intake;
mod mean;
mod ring;
mod shape;
mod streams;
mod windower;

pub use intake::{Intake, IntakeSpec, MOST_STREAMS, STREAM_MEMORY};
pub use shape::WindowShape;
pub use streams::Streams;
pub use windower::{WindowSpec, Windower};

#[cfg(test)]
mod tests;
