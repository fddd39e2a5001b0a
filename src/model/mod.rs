//! From a checked graph to a model that is optimised, tried out, and runs.
//!
//! Bytes go in; a [`Model`] comes out, or a [`ModelError`] that names the node. A [`Session`] takes
//! windows and gives reconstructions. This room never reads a file or a stream, never looks at
//! where windows come from, and keeps nothing from one run to the next.

// Without an engine no model comes to be, and the compiler sees it.
#![cfg_attr(not(feature = "tract"), allow(dead_code, unreachable_code, unused_variables))]

mod bundle;
#[cfg(feature = "tract")]
mod catch;
mod describe;
mod engine;
pub mod limits;
mod load;
mod network;
mod session;
#[cfg(feature = "tract")]
mod tract;
mod trial;

pub use crate::graph::{
    FreeAxes, GraphPlace, Limits, MOST_BYTES, ModelError, ModelKind, ModelPart, ReadOptions,
    Sampling,
};
pub use bundle::{Bundle, BundleError, file_id};
pub use describe::{Arithmetic, Description, OperatorCount, ValueDescription};
pub use network::{Model, picture_layout};
pub use session::Session;
