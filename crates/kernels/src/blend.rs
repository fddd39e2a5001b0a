//! Resizing along one axis: each output is a weighted sum of a few inputs.
//!
//! f32 goes in as `[outer][inputs][inner]` and comes out as `[outer][outputs][inner]`. Which inputs
//! and weights is the caller's part: two for linear, four for cubic interpolation.

use alloc::vec::Vec;

use crate::error::{KernelError, same_length};
use crate::multi::by_tier;
use crate::tier::FloatTier;
use crate::walk::{holds, product};

/// The weights of each output.
#[derive(Debug, Clone, PartialEq)]
pub struct Blend {
    inputs: usize,
    inner: usize,
    /// Inputs of one output.
    each: usize,
    taps: Vec<(u32, f32)>,
}

impl Blend {
    /// `each` inputs and weights an output, one output after the other; `inner` elements of a place
    /// lie side by side.
    ///
    /// # Errors
    /// A place is not one of the inputs, or the taps are not `each` an output.
    pub fn new(
        inputs: usize,
        inner: usize,
        each: usize,
        taps: Vec<(u32, f32)>,
    ) -> Result<Self, KernelError> {
        holds(inputs > 0 && inner > 0 && each > 0, "a resize needs inputs")?;
        holds(
            taps.len().is_multiple_of(each),
            "each output of a resize takes as many inputs as the others",
        )?;
        holds(taps.iter().all(|tap| (tap.0 as usize) < inputs), "a resize takes what it has not")?;
        product(&[inputs, inner])?;
        product(&[taps.len(), inner])?;
        Ok(Self { inputs, inner, each, taps })
    }

    /// How many places come out.
    pub fn outputs(&self) -> usize {
        self.taps.len() / self.each
    }

    /// Resizes `x` to `y`.
    ///
    /// # Errors
    /// `x` is not a whole number of sets, or `y` not as many.
    pub fn run(&self, tier: FloatTier, x: &[f32], y: &mut [f32]) -> Result<(), KernelError> {
        let (from, to) = (self.inputs * self.inner, self.outputs() * self.inner);
        holds(x.len().is_multiple_of(from), "the input of a resize is not a whole number of sets")?;
        same_length("the output of a resize", (x.len() / from).saturating_mul(to), y.len())?;
        if to > 0 {
            tiered(tier, self, x, y);
        }
        Ok(())
    }
}

by_tier! { narrow:
    fn tiered(blend: &Blend, x: &[f32], y: &mut [f32]) = body;
}

#[inline(always)]
fn body(blend: &Blend, x: &[f32], y: &mut [f32]) {
    let inner = blend.inner;
    let sets = x.chunks_exact(blend.inputs * inner);
    for (x, y) in sets.zip(y.chunks_exact_mut(blend.outputs() * inner)) {
        for (y, taps) in y.chunks_exact_mut(inner).zip(blend.taps.chunks_exact(blend.each)) {
            let place = |tap: u32| x.get(tap as usize * inner..).unwrap_or_default();
            if let [(first, v), (second, w)] = *taps {
                for ((y, a), b) in y.iter_mut().zip(place(first)).zip(place(second)) {
                    *y = a * v + b * w;
                }
                continue;
            }
            y.fill(0.0);
            for &(tap, weight) in taps {
                for (y, x) in y.iter_mut().zip(place(tap)) {
                    *y += x * weight;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::tier::Tier;

    #[test]
    fn two_and_four_taps_are_weighted_sums() {
        for (each, inner) in [(2, 1), (2, 19), (4, 1), (4, 7), (1, 3)] {
            let (inputs, outputs) = (5usize, 9usize);
            let taps: Vec<_> = (0..outputs * each)
                .map(|i| ((i * 7 % inputs) as u32, (i as f32 * 0.3).cos()))
                .collect();
            let blend = Blend::new(inputs, inner, each, taps.clone()).unwrap();
            let x: Vec<_> = (0..2 * inputs * inner).map(|i| (i as f32 * 0.9).sin()).collect();
            let mut portable = vec![7.0; 2 * outputs * inner];
            blend.run(FloatTier::Portable, &x, &mut portable).unwrap();
            for tier in Tier::all_here() {
                let mut y = portable.clone();
                blend.run(tier.float, &x, &mut y).unwrap();
                assert_eq!(y, portable);
            }
            for (i, &y) in portable.iter().enumerate() {
                let (set, output, at) = (i / inner / outputs, i / inner % outputs, i % inner);
                let t: f64 = taps[output * each..][..each]
                    .iter()
                    .map(|&(tap, weight)| {
                        let x = x[(set * inputs + tap as usize) * inner + at];
                        f64::from(x) * f64::from(weight)
                    })
                    .sum();
                assert!((f64::from(y) - t).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Blend::new(2, 1, 2, vec![(0, 1.0), (2, 0.0)]).is_err());
        assert!(Blend::new(2, 1, 2, vec![(0, 1.0)]).is_err());
        assert!(Blend::new(0, 1, 1, vec![]).is_err());
        let blend = Blend::new(2, 3, 2, vec![(0, 1.0), (1, 0.0)]).unwrap();
        assert!(blend.run(FloatTier::Portable, &[0.0; 5], &mut [0.0; 3]).is_err());
        assert!(blend.run(FloatTier::Portable, &[0.0; 6], &mut [0.0; 6]).is_err());
        assert!(blend.run(FloatTier::Portable, &[0.0; 12], &mut [0.0; 6]).is_ok());
    }
}
