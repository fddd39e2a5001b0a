//! Numbers of one kind go in, the readings of a channel or the scores; that they are not as they used to be comes out,
//! and that they are again.
//!
//! The last ones are held against normal data as a whole, not one by one: the shares that lie at or below a few marks, and
//! the largest difference between such shares, which is the Kolmogorov-Smirnov distance as far as the marks show it.
//! Memory is fixed. Knows nothing of models, alerts and clocks: it counts numbers.

mod distance;
mod stream;
mod usual;
mod watch;

pub use distance::Way;
pub use stream::StreamDrift;
pub use usual::{compared, usual};
pub use watch::{Drift, Drifted};

#[cfg(test)]
mod tests;
