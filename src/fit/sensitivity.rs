//! Windows of normal data, a model, its score and its threshold go in; what would just be raised comes out, for each
//! channel in its own unit: a step, and noise on top.
//!
//! Found by trying: the change is made to windows of normal data, the model answers, and the change is halved or doubled
//! until the score is the threshold. A slow drift is raised when it has come to the step.

use super::error::FitError;
use super::reconstructor::Reconstructor;
use super::windows::Pace;
use oddity_core::profile::{Sensitivity, SmoothSpec};
use oddity_core::score::Scorer;
use oddity_core::smooth::Smoother;
use oddity_core::window::WindowShape;

/// Windows that are tried.
pub(super) const WINDOWS: u64 = 8;
/// Halvings of the interval in which a change lies.
const STEPS: usize = 14;
/// The largest change that is tried, in the channel's scale.
const MOST: f64 = 1024.0;
/// Multiplications that models may be asked for in all: more would take longer than the fit. With fewer, fewer windows
/// are tried, and none where one is too many.
const BUDGET: usize = 3_000_000_000;
/// Windows after which what is not raised never will be.
const PATIENCE: usize = 400;
/// A step of so many times what is just raised shows how soon.
const CLEAR: f64 = 2.0;

/// What is tried, and what with.
pub(super) struct Trial<'a> {
    /// Each window is answered by who has not learned from it: to the others it is quieter than what is to come.
    pub(super) by: &'a mut Reconstructor,
    pub(super) scorer: &'a mut Scorer,
    pub(super) shape: WindowShape,
    pub(super) pace: Pace,
    pub(super) smooth: SmoothSpec,
    pub(super) threshold: f64,
    /// Windows of normal data, in the model's layout, normalised, with their folds.
    pub(super) windows: &'a [(usize, Vec<f32>)],
    /// Multiplications that one answer takes, about.
    pub(super) work: usize,
}

/// A change to one channel of a window.
#[derive(Clone, Copy)]
enum Change {
    /// A step of this size, `rows` rows ago.
    Step { size: f64, rows: usize },
    /// Noise of this deviation.
    Noise(f64),
}

impl Trial<'_> {
    /// What would just be raised in each channel, in its scale; nothing where that would take too long.
    ///
    /// # Errors
    /// When the model fails.
    pub(super) fn find(mut self) -> Result<Vec<Sensitivity>, FitError> {
        let channels = self.shape.channels;
        let each = (channels * 3 * (STEPS + 1)).saturating_mul(self.work).max(1);
        let windows = self.windows.get(..BUDGET / each).unwrap_or(self.windows);
        let mut found = Vec::new();
        if windows.is_empty() {
            return Ok(found);
        }
        self.windows = windows;
        for at in 0..channels {
            let step = self.just_raised(at, |size| {
                [1.0, -1.0].map(|sign| Change::Step { size: sign * size, rows: usize::MAX })
            })?;
            let noise = self.just_raised(at, |size| [Change::Noise(size); 2])?;
            let rows = match step {
                Some(step) => self.rows_until(at, CLEAR * step)?,
                None => None,
            };
            // Of so many readings the mean has less of it.
            let noise = noise.map(|noise| noise * (self.pace.average as f64).sqrt());
            found.push(Sensitivity { step, rows, noise });
        }
        Ok(found)
    }

    /// The size at which the lesser of two changes reaches the threshold; `None` where none does.
    fn just_raised(
        &mut self,
        channel: usize,
        changes: impl Fn(f64) -> [Change; 2],
    ) -> Result<Option<f64>, FitError> {
        let mut raised = |size: f64| -> Result<bool, FitError> {
            let [one, other] = changes(size);
            let first = self.score(channel, one)?;
            let second = match other {
                Change::Noise(_) => first,
                Change::Step { .. } => self.score(channel, other)?,
            };
            Ok(first.min(second) > self.threshold)
        };
        if !raised(MOST)? {
            return Ok(None);
        }
        // By factors: nobody knows the order of magnitude.
        let (mut low, mut high) = (MOST.recip(), MOST);
        for _ in 0..STEPS {
            let middle = (low * high).sqrt();
            match raised(middle)? {
                true => high = middle,
                false => low = middle,
            }
        }
        Ok(Some(high))
    }

    /// Rows until a step of this size is raised.
    fn rows_until(&mut self, channel: usize, size: f64) -> Result<Option<u64>, FitError> {
        let mut smoother = Smoother::new(self.smooth);
        // What it is while all is normal.
        let normal = self.score(channel, Change::Noise(0.0))?;
        for _ in 0..PATIENCE {
            smoother.push(normal);
        }
        let mut score = normal;
        let Pace { hop, average } = self.pace;
        for window in 1..=PATIENCE {
            let rows = window * hop;
            if rows <= self.shape.window + hop {
                score = self.score(channel, Change::Step { size, rows })?;
            }
            if smoother.push(score) > self.threshold {
                return Ok(Some((rows * average) as u64));
            }
        }
        Ok(None)
    }

    /// The middle of the windows' scores with a change.
    fn score(&mut self, channel: usize, change: Change) -> Result<f64, FitError> {
        let mut scores = Vec::with_capacity(self.windows.len());
        for (number, (fold, window)) in self.windows.iter().enumerate() {
            let changed = self.changed(window, channel, change, number);
            let Some((answer, latent)) = self.by.run(*fold, &changed)? else { continue };
            let score = self.scorer.score(&changed, answer, latent)?;
            scores.push(if score.is_finite() { score } else { f64::INFINITY });
        }
        scores.sort_unstable_by(f64::total_cmp);
        Ok(scores.get(scores.len() / 2).copied().unwrap_or(f64::INFINITY))
    }

    fn changed(&self, window: &[f32], channel: usize, change: Change, number: usize) -> Vec<f32> {
        let mut changed = window.to_vec();
        for row in 0..self.shape.window {
            let add = match change {
                Change::Step { size, rows } if self.shape.window - row <= rows => size,
                Change::Step { .. } => 0.0,
                Change::Noise(deviation) => deviation * normal(number * self.shape.window + row),
            };
            if let Some(value) = changed.get_mut(self.shape.place(row, channel)) {
                *value += add as f32;
            }
        }
        changed
    }
}

/// Nearly a normal distribution of deviation 1, always the same: the sum of twelve uniform ones, less 6.
fn normal(number: usize) -> f64 {
    let uniform = |part: usize| {
        let x = ((12 * number + part) as f64 * 12.9898).sin() * 43_758.547;
        x - x.floor()
    };
    (0..12).map(uniform).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_has_a_deviation_of_one() {
        let values: Vec<f64> = (0..4000).map(normal).collect();
        let mean = values.iter().sum::<f64>() / 4000.0;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 4000.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.08, "{mean} {variance}");
    }
}
