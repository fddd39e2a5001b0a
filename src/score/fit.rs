//! Windows of normal data and their reconstructions go in; the statistics of a score come out.
//!
//! It streams: memory depends on channels and latents, not on windows.

use super::ScoreError;
use super::errors::{self, Shape};
use super::moments::Moments;
use crate::profile::{ScoreKind, ScoreSpec};

/// Added to a squared error (in units of the channel's variance) before its logarithm.
const LOG_FLOOR: f64 = 1e-9;

/// Gathers what one score needs.
#[derive(Clone, Debug)]
pub struct ScoreFit {
    kind: ScoreKind,
    shape: Shape,
    feature: Vec<f64>,
    errors: Moments,
    latent: Option<Moments>,
    t2: f64,
}

impl ScoreFit {
    /// For windows of `shape`, and `latent` values of a latent (0 when the model gives none).
    ///
    /// # Errors
    /// [`ScoreError::Latent`] for t2q without a latent.
    pub fn new(kind: ScoreKind, shape: Shape, latent: usize) -> Result<Self, ScoreError> {
        let t2q = kind == ScoreKind::T2q;
        if t2q && latent == 0 {
            return Err(ScoreError::Latent { expected: 0 });
        }
        let features = errors::features(kind, shape.channels);
        Ok(Self {
            kind,
            shape,
            feature: vec![0.0; features],
            errors: match kind {
                ScoreKind::Mahalanobis
                | ScoreKind::MahalanobisLog
                | ScoreKind::MahalanobisWindow => Moments::full(features),
                _ => Moments::diagonal(features),
            },
            latent: t2q.then(|| Moments::diagonal(latent)),
            t2: latent as f64,
        })
    }

    /// Takes one window of normal data.
    ///
    /// # Errors
    /// [`ScoreError::Latent`] when the latent has another length than was said.
    pub fn add(
        &mut self,
        input: &[f32],
        reconstruction: &[f32],
        latent: &[f32],
    ) -> Result<(), ScoreError> {
        errors::fill(self.kind, self.shape, input, reconstruction, &mut self.feature);
        if matches!(self.kind, ScoreKind::MahalanobisLog | ScoreKind::MahalanobisWindow) {
            errors::logarithms(&mut self.feature, self.shape.channels, LOG_FLOOR);
        }
        self.errors.add(&self.feature);
        if let Some(moments) = &mut self.latent {
            let expected = self.t2 as usize;
            if latent.len() != expected {
                return Err(ScoreError::Latent { expected });
            }
            let latent: Vec<f64> = latent.iter().map(|&z| f64::from(z)).collect();
            moments.add(&latent);
        }
        Ok(())
    }

    /// The score with its statistics.
    ///
    /// # Errors
    /// [`ScoreError::TooFew`] with fewer than two windows.
    pub fn finish(&self) -> Result<ScoreSpec, ScoreError> {
        if self.errors.count() < 2 {
            return Err(ScoreError::TooFew { windows: self.errors.count() });
        }
        let level = || -> Vec<f64> { self.errors.mean().iter().map(|l| l.max(1e-12)).collect() };
        Ok(match self.kind {
            ScoreKind::Mse => ScoreSpec::Mse,
            ScoreKind::Mae => ScoreSpec::Mae,
            ScoreKind::WorstChannel => ScoreSpec::WorstChannel { level: level() },
            ScoreKind::Normalised => ScoreSpec::Normalised { level: level() },
            ScoreKind::Mahalanobis => ScoreSpec::Mahalanobis { normal: self.errors.gaussian() },
            ScoreKind::MahalanobisLog => {
                ScoreSpec::MahalanobisLog { normal: self.errors.gaussian(), floor: LOG_FLOOR }
            }
            ScoreKind::MahalanobisWindow => {
                ScoreSpec::MahalanobisWindow { normal: self.errors.gaussian(), floor: LOG_FLOOR }
            }
            ScoreKind::T2q => {
                let Some(latent) = &self.latent else {
                    return Err(ScoreError::Latent { expected: 0 });
                };
                ScoreSpec::T2q {
                    latent_mean: latent.mean(),
                    latent_variance: latent.variance().iter().map(|v| v.max(1e-12)).collect(),
                    // Each of the k terms of T² has mean 1 by construction.
                    t2_level: self.t2,
                    q_level: (level().iter().sum::<f64>() / self.shape.channels as f64).max(1e-12),
                }
            }
        })
    }
}
