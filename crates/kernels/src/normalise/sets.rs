//! Layer, instance and group normalisation: what the sets are, and what they are multiplied and shifted by.

use alloc::vec::Vec;

use crate::error::{KernelError, at_least};
use crate::reduce::needed;
use crate::walk::{Walk, holds};

/// Sets of numbers brought to mean 0 and deviation 1, then multiplied and shifted: layer, instance
/// and group normalisation of ONNX.
///
/// `y = (x - mean) / sqrt(variance + epsilon) scale + bias`, with the mean taken first and the
/// variance of the differences from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardise {
    pub(super) outer: Walk<2>,
    pub(super) inner: Walk<2>,
    pub(super) epsilon: f32,
    pub(super) scale: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) needs: usize,
}

impl Standardise {
    /// `outer` walks from set to set, over (values, scale), `inner` over the numbers of a set: each
    /// number takes the scale and the bias at the place that both steps together lead to.
    ///
    /// # Errors
    /// The walks reach out of the scale or the bias, or epsilon is negative or not a number.
    pub fn new(
        outer: Walk<2>,
        inner: Walk<2>,
        epsilon: f32,
        scale: Vec<f32>,
        bias: Vec<f32>,
    ) -> Result<Self, KernelError> {
        holds(epsilon >= 0.0, "epsilon is a number that is not negative")?;
        let ([outer_x, outer_s], [inner_x, inner_s]) = (outer.needs(), inner.needs());
        let scales = needed(outer_s, inner_s)?;
        at_least("the scale of a normalisation", Some(scales), scale.len())?;
        at_least("the bias of a normalisation", Some(scales), bias.len())?;
        let needs = needed(outer_x, inner_x)?;
        Ok(Self { outer, inner, epsilon, scale, bias, needs })
    }
}
