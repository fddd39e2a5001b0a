//! Windows of normal data and their reconstructions go in; the statistics of a score come out.
//!
//! It streams: memory depends on channels and latents, not on windows.

use super::moments::{Moments, windows_for};
use oddity_core::profile::{ScoreKind, ScoreSpec};
use oddity_core::score::{ScoreError, errors, turned};
use oddity_core::window::WindowShape;

/// Added to a squared error (in units of the channel's variance) before its logarithm.
const LOG_FLOOR: f64 = 1e-9;

/// Gathers what one score needs.
#[derive(Clone, Debug)]
pub struct ScoreFit {
    kind: ScoreKind,
    shape: WindowShape,
    feature: Vec<f64>,
    errors: Moments,
    latent: Option<Moments>,
    t2: f64,
    /// Of a model that gives a score, the lowest one.
    lowest: f64,
}

impl ScoreFit {
    /// For windows of `shape`, and `latent` values of a latent (0 when the model gives none).
    ///
    /// # Errors
    /// [`ScoreError::Latent`] for t2q without a latent.
    pub fn new(kind: ScoreKind, shape: WindowShape, latent: usize) -> Result<Self, ScoreError> {
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
            lowest: f64::INFINITY,
        })
    }

    /// Takes one window of normal data.
    ///
    /// # Errors
    /// [`ScoreError::Latent`] when the latent has another length than was said, and
    /// [`ScoreError::Answers`] when there is no score where the model gives one.
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
        if self.kind.is_of_model() {
            let &[output] = reconstruction else {
                return Err(ScoreError::Answers { expected: 1, found: reconstruction.len() });
            };
            self.lowest = self.lowest.min(turned(output, self.kind == ScoreKind::ModelLow));
        }
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

    /// Whether so many windows are few for the covariance of this score.
    pub(super) fn needs(&self, count: u64) -> bool {
        self.with_covariance().is_some_and(|values| count < windows_for(values.len()))
    }

    /// What the last window is scored by, where that has a covariance.
    pub(super) fn with_covariance(&self) -> Option<&[f64]> {
        matches!(
            self.kind,
            ScoreKind::Mahalanobis | ScoreKind::MahalanobisLog | ScoreKind::MahalanobisWindow
        )
        .then_some(&self.feature)
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
            // An error counts from zero. What can be below it has no zero of its own.
            kind @ (ScoreKind::Model | ScoreKind::ModelLow) => ScoreSpec::Model {
                lower: kind == ScoreKind::ModelLow,
                origin: self.lowest.min(0.0),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oddity_core::score::Scorer;

    const SHAPE: WindowShape = WindowShape { window: 2, channels: 2, channels_first: false };

    #[test]
    fn a_fitted_gaussian_whitens_its_data() {
        let shape = WindowShape { window: 1, channels: 2, channels_first: false };
        let mut fit = ScoreFit::new(ScoreKind::Mahalanobis, shape, 0).unwrap();
        let data: Vec<[f32; 2]> = (0..5000)
            .map(|i| {
                let (a, b) = ((i as f32 * 0.7).sin(), (i as f32 * 1.3).cos());
                [100.0 + a, 0.01 * (a + b)]
            })
            .collect();
        for x in &data {
            fit.add(x, &[0.0; 2], &[]).unwrap();
        }
        let mut scorer = Scorer::new(&fit.finish().unwrap(), shape);
        let mean =
            data.iter().map(|x| scorer.score(x, &[0.0; 2], &[]).unwrap().powi(2)).sum::<f64>()
                / data.len() as f64;
        assert!((mean - 2.0).abs() < 0.01, "mean squared distance is the dimension: {mean}");
    }

    #[test]
    fn an_exact_channel_keeps_the_log_score_finite() {
        let shape = WindowShape { window: 1, channels: 2, channels_first: false };
        let mut fit = ScoreFit::new(ScoreKind::MahalanobisLog, shape, 0).unwrap();
        for i in 0..50 {
            fit.add(&[i as f32, 1.0], &[0.0, 1.0], &[]).unwrap();
        }
        let mut scorer = Scorer::new(&fit.finish().unwrap(), shape);
        let normal = scorer.score(&[25.0, 1.0], &[0.0, 1.0], &[]).unwrap();
        let odd = scorer.score(&[25.0, 9.0], &[0.0, 1.0], &[]).unwrap();
        assert!(normal.is_finite() && odd.is_finite() && odd > 10.0 * normal, "{normal} {odd}");
    }

    #[test]
    fn t2q_grows_with_the_latent_and_wants_one() {
        let mut fit = ScoreFit::new(ScoreKind::T2q, SHAPE, 1).unwrap();
        for i in 0..100 {
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            fit.add(&[sign; 4], &[0.0; 4], &[2.0 * sign]).unwrap();
        }
        let mut scorer = Scorer::new(&fit.finish().unwrap(), SHAPE);
        assert!((scorer.score(&[1.0; 4], &[0.0; 4], &[2.0]).unwrap() - 2.0).abs() < 1e-9);
        assert!((scorer.score(&[1.0; 4], &[0.0; 4], &[4.0]).unwrap() - 5.0).abs() < 1e-9);
        assert!(scorer.score(&[1.0; 4], &[0.0; 4], &[]).is_err());
        assert!(ScoreFit::new(ScoreKind::T2q, SHAPE, 0).is_err());
    }

    #[test]
    fn a_score_of_the_model_counts_from_zero_or_from_the_lowest_of_normal_data() {
        let fitted = |kind, outputs: [f32; 3]| {
            let mut fit = ScoreFit::new(kind, SHAPE, 0).unwrap();
            outputs.iter().for_each(|&output| fit.add(&[0.0; 4], &[output], &[]).unwrap());
            fit.finish().unwrap()
        };
        let errors = fitted(ScoreKind::Model, [0.5, 0.25, 1.0]);
        assert_eq!(errors, ScoreSpec::Model { lower: false, origin: 0.0 });
        let signed = fitted(ScoreKind::ModelLow, [0.5, -0.25, 0.125]);
        assert_eq!(signed, ScoreSpec::Model { lower: true, origin: -0.5 });
        let mut fit = ScoreFit::new(ScoreKind::Model, SHAPE, 0).unwrap();
        assert!(matches!(fit.add(&[0.0; 4], &[0.0; 4], &[]), Err(ScoreError::Answers { .. })));
    }

    #[test]
    fn a_shift_of_level_and_a_change_of_noise_both_show() {
        let shape = WindowShape { window: 4, channels: 1, channels_first: false };
        let mut fit = ScoreFit::new(ScoreKind::MahalanobisWindow, shape, 0).unwrap();
        let noise = |i: usize| ((i * i) as f32 * 0.618).sin();
        let window = |i: usize| [0, 1, 2, 3].map(|t| noise(4 * i + t));
        for i in 0..500 {
            fit.add(&window(i), &[0.0; 4], &[]).unwrap();
        }
        let mut scorer = Scorer::new(&fit.finish().unwrap(), shape);
        let mut score = |window: [f32; 4]| scorer.score(&window, &[0.0; 4], &[]).unwrap();
        let normal = score(window(600));
        assert!(score(window(600).map(|x| x + 3.0)) > 2.0 * normal, "level");
        assert!(score(window(600).map(|x| x * 10.0)) > 2.0 * normal, "noise");
        assert!(score(window(600).map(|x| x * 0.001)) > 2.0 * normal, "stuck");
    }
}
