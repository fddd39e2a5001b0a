//! A window and its reconstruction go in; one number and the share of each channel come out.
//!
//! A model may give the number itself; then no channel has a share in it. Scores are higher the odder
//! the window. This room knows nothing of thresholds or streams;
//! once made, a scorer allocates nothing.

pub mod errors;
mod gaussian;

use alloc::vec;
use alloc::vec::Vec;

use crate::profile::{Profile, ScoreSpec};
use crate::window::WindowShape;

/// How many values are wanted, in words; nothing where any number would do.
struct Values(usize);

impl core::fmt::Display for Values {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            0 => Ok(()),
            wanted => write!(f, " of {wanted} values"),
        }
    }
}

/// Why a score cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// T² needs a latent.
    #[error(
        "the score t2q needs a model with an output named `latent`{}; choose another --score",
        Values(*.expected)
    )]
    Latent {
        /// Values that the profile expects; 0 when any number would do.
        expected: usize,
    },
    /// A model's answers are not those to the windows that it was given.
    #[error("the model gave {found} values where {expected} are expected")]
    Answers {
        /// Values that its answers should have.
        expected: usize,
        /// Values that came.
        found: usize,
    },
    /// Statistics from fewer than two windows.
    #[error(
        "the score's statistics need at least 2 windows, but there are {windows}; give more rows"
    )]
    TooFew {
        /// How many there were.
        windows: u64,
    },
}

/// Makes scores. One a thread; holds only buffers besides its specification.
#[derive(Debug)]
pub struct Scorer {
    spec: ScoreSpec,
    shape: WindowShape,
    /// A number a channel: errors, then contributions to the score.
    feature: Vec<f64>,
    contribution: Vec<f64>,
    shares: Vec<f64>,
}

impl Scorer {
    /// For windows of `shape`, with the statistics of `spec`.
    pub fn new(spec: &ScoreSpec, shape: WindowShape) -> Self {
        Self {
            spec: spec.clone(),
            shape,
            feature: vec![0.0; errors::features(spec.kind(), shape.channels)],
            contribution: vec![0.0; errors::features(spec.kind(), shape.channels)],
            shares: vec![0.0; shape.channels],
        }
    }

    /// The scorer of a profile.
    pub fn of(profile: &Profile) -> Self {
        Self::new(&profile.score, WindowShape::of(profile))
    }

    /// Scores one window. `input` and `reconstruction` are in the model's layout, normalised;
    /// `latent` may be empty unless the score is t2q. Of a model that gives a score,
    /// `reconstruction` is that one number.
    ///
    /// # Errors
    /// [`ScoreError::Latent`] when t2q is asked for and the latent has another length;
    /// [`ScoreError::Answers`] when a score is expected and there is not exactly one.
    pub fn score(
        &mut self,
        input: &[f32],
        reconstruction: &[f32],
        latent: &[f32],
    ) -> Result<f64, ScoreError> {
        errors::fill(self.spec.kind(), self.shape, input, reconstruction, &mut self.feature);
        let channels = self.feature.len().max(1) as f64;
        let score = match &self.spec {
            ScoreSpec::Mse | ScoreSpec::Mae => {
                self.shares.copy_from_slice(&self.feature);
                self.feature.iter().sum::<f64>() / channels
            }
            ScoreSpec::WorstChannel { level } => {
                divide(&mut self.shares, &self.feature, level);
                self.shares.iter().copied().fold(0.0, f64::max)
            }
            ScoreSpec::Normalised { level } => {
                divide(&mut self.shares, &self.feature, level);
                self.shares.iter().sum::<f64>() / channels
            }
            ScoreSpec::Mahalanobis { normal } => {
                gaussian::distance(normal, &mut self.feature, &mut self.shares)
            }
            ScoreSpec::MahalanobisLog { normal, floor }
            | ScoreSpec::MahalanobisWindow { normal, floor } => {
                errors::logarithms(&mut self.feature, self.shape.channels, *floor);
                let distance =
                    gaussian::distance(normal, &mut self.feature, &mut self.contribution);
                self.shares.fill(0.0);
                for part in self.contribution.chunks(self.shape.channels.max(1)) {
                    self.shares.iter_mut().zip(part).for_each(|(share, part)| *share += part);
                }
                distance
            }
            ScoreSpec::T2q { latent_mean, latent_variance, t2_level, q_level } => {
                self.shares.copy_from_slice(&self.feature);
                let t2 = hotelling(latent, latent_mean, latent_variance)?;
                let q = self.feature.iter().sum::<f64>() / channels;
                t2 / t2_level + q / q_level
            }
            ScoreSpec::Model { lower, origin } => {
                self.shares.fill(0.0);
                of_model(reconstruction, *lower, *origin)?
            }
        };
        normalise(&mut self.shares);
        Ok(score)
    }

    /// Blames the channel with the largest value in `input`, where the score says nothing: its
    /// arithmetic overflowed.
    pub fn blame_largest(&mut self, input: &[f32]) {
        let largest = input.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let at = largest.map_or(0, |(at, _)| at);
        self.shares.fill(0.0);
        if let Some(share) = self.shares.get_mut(self.shape.channel(at)) {
            *share = 1.0;
        }
    }

    /// Share of each channel in the last score, `[channels]`; they add up to 1, or are all zero, as
    /// those of a score that the model gives itself.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }
}

/// The score that a model gives: `answer` is its output, one number.
fn of_model(answer: &[f32], lower: bool, origin: f64) -> Result<f64, ScoreError> {
    let &[output] = answer else {
        return Err(ScoreError::Answers { expected: 1, found: answer.len() });
    };
    let score = turned(output, lower) - origin;
    // Not `max`, which would make a number of what is none.
    Ok(if score < 0.0 { 0.0 } else { score })
}

/// A model's output, with the sign by which it is higher the odder the window.
pub fn turned(output: f32, lower: bool) -> f64 {
    if lower { -f64::from(output) } else { f64::from(output) }
}

fn divide(out: &mut [f64], errors: &[f64], level: &[f64]) {
    for ((out, error), level) in out.iter_mut().zip(errors).zip(level) {
        *out = error / level;
    }
}

/// Hotelling's T², `sum (z - mean)² / variance`, over the latent (Jackson & Mudholkar 1979,
/// Technometrics 21(3)). The latents of a PCA are uncorrelated, so their covariance is diagonal.
fn hotelling(latent: &[f32], mean: &[f64], variance: &[f64]) -> Result<f64, ScoreError> {
    if latent.len() != mean.len() {
        return Err(ScoreError::Latent { expected: mean.len() });
    }
    Ok(latent
        .iter()
        .zip(mean)
        .zip(variance)
        .map(|((&z, mean), variance)| {
            let distance = f64::from(z) - mean;
            distance * distance / variance
        })
        .sum())
}

/// Scales contributions to shares of 1. A contribution below zero (a channel that explains
/// another's error away) is no blame.
fn normalise(shares: &mut [f64]) {
    let total: f64 = shares.iter().map(|s| s.max(0.0)).sum();
    for share in shares {
        *share = if total > 0.0 { share.max(0.0) / total } else { 0.0 };
    }
}

#[cfg(test)]
mod tests;
