//! Softmax, and bringing sets of numbers to mean 0 and deviation 1 or to length 1, in place.
//!
//! An outer walk goes from set to set, an inner one over the numbers of a set; a set may be strided.
//! Sums are in the order of [`crate::reduce`]. What is not a number makes its whole set so.

mod columns;
mod sets;

pub use sets::Standardise;

use crate::error::{KernelError, at_least};
use crate::math;
use crate::multi::by_tier;
use crate::reduce::{fold, larger, needed};
use crate::tier::FloatTier;
use crate::walk::{Walk, place};

/// Sets of numbers that are brought to one scale by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaling {
    op: ScalingOp,
    outer: Walk<1>,
    inner: Walk<1>,
    needs: usize,
}

/// What a set is brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalingOp {
    /// Exponentials that sum up to 1.
    Softmax,
    /// The logarithms of those.
    LogSoftmax,
    /// Magnitudes that sum up to 1 (LpNormalization with p 1); zeros stay so.
    L1,
    /// Squares that sum up to 1 (LpNormalization with p 2); zeros stay so.
    L2,
}

impl Scaling {
    /// `outer` walks from set to set, `inner` over the numbers of a set.
    ///
    /// # Errors
    /// The walks together reach further than can be counted.
    pub fn new(op: ScalingOp, outer: Walk<1>, inner: Walk<1>) -> Result<Self, KernelError> {
        let needs = needed(outer.needs()[0], inner.needs()[0])?;
        Ok(Self { op, outer, inner, needs })
    }

    /// Scales each set in place.
    ///
    /// # Errors
    /// `values` is too short for the walks.
    pub fn run(&self, tier: FloatTier, values: &mut [f32]) -> Result<(), KernelError> {
        at_least("the values of a scaling", Some(self.needs), values.len())?;
        scale(tier, self, values);
        Ok(())
    }
}

by_tier! {
    fn scale(scaling: &Scaling, values: &mut [f32]) = scale_body;
    fn standardise(layer: &Standardise, values: &mut [f32]) = standardise_body;
}

#[inline(always)]
fn scale_body(scaling: &Scaling, values: &mut [f32]) {
    if scaling.op == ScalingOp::Softmax && columns::are_columns(&scaling.outer, &scaling.inner) {
        return columns::softmax(&scaling.outer, &scaling.inner, values);
    }
    let (inner, sum) = (&scaling.inner, |a: f32, b: f32| a + b);
    for [from] in scaling.outer.each() {
        match scaling.op {
            ScalingOp::Softmax => {
                let top = fold(inner, values, from, f32::NEG_INFINITY, |x| x, larger);
                each(inner, values, from, |x| math::exp(x - top));
                let total = fold(inner, values, from, 0.0, |x| x, sum);
                each(inner, values, from, |x| x / total);
            }
            ScalingOp::LogSoftmax => {
                let top = fold(inner, values, from, f32::NEG_INFINITY, |x| x, larger);
                let total = fold(inner, values, from, 0.0, |x| math::exp(x - top), sum);
                let log = math::log(total);
                each(inner, values, from, |x| (x - top) - log);
            }
            ScalingOp::L1 => {
                let norm = fold(inner, values, from, 0.0, f32::abs, sum);
                let norm = if norm == 0.0 { 1.0 } else { norm };
                each(inner, values, from, |x| x / norm);
            }
            ScalingOp::L2 => {
                let norm = math::sqrt(fold(inner, values, from, 0.0, |x| x * x, sum));
                let norm = if norm == 0.0 { 1.0 } else { norm };
                each(inner, values, from, |x| x / norm);
            }
        }
    }
}

#[inline(always)]
fn each(walk: &Walk<1>, values: &mut [f32], from: usize, f: impl Fn(f32) -> f32) {
    let (len, [step]) = walk.inner();
    for [at] in walk.runs() {
        if step == 1 {
            for value in values.get_mut(from + at..).unwrap_or_default().iter_mut().take(len) {
                *value = f(*value);
            }
        } else {
            for i in 0..len {
                if let Some(value) = values.get_mut(from + place(at, step, i)) {
                    *value = f(*value);
                }
            }
        }
    }
}

impl Standardise {
    /// Normalises each set in place.
    ///
    /// # Errors
    /// `values` is too short for the walks.
    pub fn run(&self, tier: FloatTier, values: &mut [f32]) -> Result<(), KernelError> {
        at_least("the values of a normalisation", Some(self.needs), values.len())?;
        standardise(tier, self, values);
        Ok(())
    }
}

#[inline(always)]
fn standardise_body(layer: &Standardise, values: &mut [f32]) {
    if columns::are_columns(&layer.outer, &layer.inner) {
        return columns::standardise(layer, values);
    }
    let (inner, sum) = (&layer.inner, |a: f32, b: f32| a + b);
    let count = inner.count() as f32;
    let (len, steps) = inner.inner();
    for [from, channel] in layer.outer.each() {
        let mean = fold(inner, values, from, 0.0, |x| x, sum) / count;
        let square = |x: f32| (x - mean) * (x - mean);
        let variance = fold(inner, values, from, 0.0, square, sum) / count;
        let factor = 1.0 / math::sqrt(variance + layer.epsilon);
        for [at, scale_at] in inner.runs() {
            let values = values.get_mut(from + at..).unwrap_or_default();
            let scale = layer.scale.get(channel + scale_at..).unwrap_or_default();
            let bias = layer.bias.get(channel + scale_at..).unwrap_or_default();
            match (steps, scale, bias) {
                ([1, 1], _, _) => {
                    for ((x, s), b) in values.iter_mut().zip(scale).zip(bias).take(len) {
                        *x = (*x - mean) * factor * s + b;
                    }
                }
                ([1, 0], [s, ..], [b, ..]) => {
                    for x in values.iter_mut().take(len) {
                        *x = (*x - mean) * factor * s + b;
                    }
                }
                _ => {}
            }
        }
        if !matches!(steps, [1, 0 | 1]) {
            for [at, scale_at] in inner.each() {
                let (s, b) =
                    (layer.scale.get(channel + scale_at), layer.bias.get(channel + scale_at));
                if let (Some(x), Some(s), Some(b)) = (values.get_mut(from + at), s, b) {
                    *x = (*x - mean) * factor * s + b;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
