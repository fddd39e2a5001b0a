//! What quantising asks of a graph: to be put in plain form, to name its layers with weights, to show the
//! values between them, and to be written with steps of 8 bits.
//!
//! Nothing is measured or decided here: ranges, scales and which layers come from whoever quantises.

mod flow;
mod layers;
mod names;
mod observe;
mod plain;
mod raise;
mod steps;

pub(crate) use layers::{LayerKind, LeftOut, LinearLayer, Linears};
pub(crate) use observe::observed;
pub(crate) use plain::{plain, stored};
pub(crate) use steps::{ActivationSteps, LayerSteps, with_steps};
