//! A layer in its place: the values that it reads and writes.

use alloc::string::String;
use alloc::vec::Vec;

use super::layer::Layer;
use super::value::ValueId;

/// One layer with what it reads and writes.
#[derive(Debug)]
pub struct Step {
    pub(super) name: String,
    pub(super) layer: Layer,
    pub(super) reads: Vec<ValueId>,
    pub(super) writes: Vec<ValueId>,
}

impl Step {
    /// Of the node that it came of.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rows times weights that it computes of a window.
    pub(super) fn rows(&self) -> usize {
        match &self.layer {
            Layer::Dense { sweep, .. }
            | Layer::DenseInt8 { sweep, .. }
            | Layer::DenseDynamic { sweep, .. } => sweep.count(),
            _ => 0,
        }
    }

    /// What it computes.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }
}
