//! In: a seed. Out: random numbers that have the same bits on every platform.
//! Never calls a mathematical function whose last digit depends on the platform's library.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Source of all randomness of one simulation.
pub(super) struct Noise(Pcg64Mcg);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// Uniform in [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / TWO_32
    }

    /// Mean 0, variance 1, close to normal: twelve uniform numbers added (Irwin-Hall), minus 6.
    /// Integers and one exact division; Box-Muller would need `ln` and `cos`. The tails end at
    /// 6 standard deviations.
    pub(super) fn normal(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| u64::from(self.0.next_u32())).sum();
        sum as f64 / TWO_32 - 6.0
    }
}

const TWO_32: f64 = 4_294_967_296.0;

/// A value that wanders about 0 with standard deviation 1 and forgets in about `tau` seconds
/// (first-order autoregression), cut off at 2.5 so that an hour shows all that it can do.
pub(super) struct Wander {
    tau: f64,
    value: f64,
}

impl Wander {
    pub(super) fn new(tau: f64, noise: &mut Noise) -> Self {
        let value = noise.normal();
        Self { tau, value }
    }

    /// Advances by `dt` seconds; the variance stays 1 for every `dt`.
    pub(super) fn step(&mut self, dt: f64, noise: &mut Noise) -> f64 {
        let keep = self.tau / (self.tau + dt);
        self.value = keep * self.value + (1.0 - keep * keep).sqrt() * noise.normal();
        self.value.clamp(-2.5, 2.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f64]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n)
    }

    #[test]
    fn normal_has_mean_0_and_variance_1() {
        let mut noise = Noise::new(3);
        let values: Vec<f64> = (0..50_000).map(|_| noise.normal()).collect();
        let (mean, variance) = moments(&values);
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }

    #[test]
    fn wander_keeps_its_variance_for_every_step_length() {
        for dt in [0.1, 1.0, 100.0] {
            let mut noise = Noise::new(5);
            let mut wander = Wander::new(10.0, &mut noise);
            let values: Vec<f64> = (0..200_000).map(|_| wander.step(dt, &mut noise)).collect();
            let (mean, variance) = moments(&values);
            assert!(mean.abs() < 0.1, "{dt}: {mean}");
            assert!((variance - 0.97).abs() < 0.1, "{dt}: {variance}");
        }
    }
}
