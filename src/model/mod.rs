//! From the untrusted bytes of an ONNX file to an autoencoder that is checked, optimised and runs.
//!
//! Bytes go in; a [`Model`] comes out, or a [`ModelError`] that names the node. A [`Session`] takes
//! windows and gives reconstructions. This room never reads a file or a stream, never looks at
//! where windows come from, and keeps nothing from one run to the next.

mod describe;
mod embed;
mod error;
mod guard;
pub mod limits;
mod linear;
mod load;
pub mod onnx;
mod quiet;
mod run;
mod trial;

pub use describe::{Arithmetic, Description, OperatorCount, ValueDescription};
pub use embed::{EmbedError, embed};
pub use error::{ModelError, Place};
pub use guard::MOST_BYTES;
pub use linear::Linear;
pub use load::Model;
pub use run::{Reconstruction, Session};
