//! The networks: a [`Spec`] goes in; a [`Network`] that libtorch trains and an ONNX file that
//! tract runs come out.
//!
//! This room never reads a file, never trains, and knows nothing of data.

mod arch;
mod check;
mod closed_form;
mod error;
mod export;
mod graph;
mod grid;
mod layer;
mod network;
mod rounding;
pub mod spec;

pub use check::{check, tolerance};
pub use error::NetError;
pub use network::{NetOutput, Network};
pub use spec::{Activation, Axes, Backbone, ExportPart, Growth, Head, Spec};

impl Network {
    /// Writes a part as an ONNX file (opset 17, IR 8) with a free batch `N`.
    ///
    /// # Errors
    /// When weights cannot be read, or the file would break a rule of ONNX.
    pub fn to_onnx(&self, part: ExportPart) -> Result<Vec<u8>, NetError> {
        export::export(self, part)
    }
}
