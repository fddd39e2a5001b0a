//! Operators that other operators make up, with their attributes: how a file says them.
//!
//! [`crate::graph::expand`] puts the others in their place, so no engine meets one.

use super::Op;

/// The operator of a node as the file says it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Written {
    /// One that engines know.
    Op(Op),
    /// One that others make up.
    Composite(Composite),
}

/// An operator that others make up. Semantics are those of the ONNX specification.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Composite {
    /// Inputs: x, scale, bias. The epsilon is within the root.
    GroupNormalization { epsilon: f32, groups: i64 },
}

impl Composite {
    /// Its name in an ONNX file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Composite::GroupNormalization { .. } => "GroupNormalization",
        }
    }
}
