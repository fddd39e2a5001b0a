//! From a checked graph to a model that is optimised, tried out, and runs.
//!
//! Bytes go in; a [`Model`] comes out, or a [`ModelError`] that names the node. A [`Session`] takes
//! windows and gives reconstructions. This room never reads a file or a stream, never looks at
//! where windows come from, and keeps nothing from one run to the next.

mod arithmetic;
mod bundle;
#[cfg(feature = "tract")]
mod catch;
mod describe;
mod engine;
pub mod limits;
mod load;
mod native;
mod network;
mod overlap;
#[cfg(feature = "tract")]
mod reference;
mod session;
#[cfg(feature = "tract")]
mod tract;
mod trial;

pub use crate::graph::{
    FreeAxes, GraphPlace, Limits, MOST_BYTES, ModelError, ModelKind, ModelPart, ReadOptions,
    Sampling,
};
pub use arithmetic::{Arithmetic, LayerArithmetic};
pub use bundle::{Bundle, BundleError, file_id};
pub use describe::{Description, OperatorCount, ValueDescription};
pub use load::PreparedModel;
pub use network::{Model, picture_layout};
pub use overlap::{OverlapEnd, OverlapLayer, Overlapping};
pub use session::Session;
