//! All windows of normal data go in; the largest score that the finished model gives them comes out, and whether its scores
//! are like those of the folds.

use super::error::FitError;
use super::fold::{Example, FoldPart};
use super::reconstructor::Reconstructor;
use oddity_core::profile::SmoothSpec;
use oddity_core::score::Scorer;
use oddity_core::smooth::Smoother;
use oddity_core::window::{MOST_STREAMS, Streams};

/// Scores of the finished model may be so many times those of the folds, in the middle.
const LIKE: f64 = 1.15;

/// The smoothed scores of the finished model, as it will give them: on the borders of the folds, too, and across them. What
/// it has learned from it must not raise.
pub(super) struct Whole {
    smooth: SmoothSpec,
    streams: Streams<Smoother>,
    largest: f64,
    /// Every so-manieth of them is kept.
    stride: u64,
    count: u64,
    scores: Vec<f64>,
}

impl Whole {
    pub(super) fn new(smooth: SmoothSpec, stride: u64) -> Self {
        let streams = Streams::new(MOST_STREAMS);
        Self { smooth, streams, largest: 0.0, stride, count: 0, scores: Vec::new() }
    }

    /// The largest of them.
    pub(super) fn largest(&self) -> f64 {
        self.largest
    }

    /// Whether it finds the data it has learned from as usual as the folds do what they have not. One that knows its data
    /// by heart finds its own errors unusually small, and the largest score says nothing.
    pub(super) fn is_like(&self, folds: &[f64]) -> bool {
        middle(&self.scores) <= LIKE * middle(folds)
    }

    pub(super) fn add(
        &mut self,
        &Example { part, window, stream, .. }: &Example<'_>,
        by: &mut Reconstructor,
        scorer: &mut Scorer,
    ) -> Result<(), FitError> {
        let new = || Smoother::new(self.smooth);
        let Some(smoother) = self.streams.get_or_insert(stream, new) else { return Ok(()) };
        if part == FoldPart::Odd {
            *smoother = new();
            return Ok(());
        }
        let (reconstruction, latent) = by.run_whole(window)?;
        let score = scorer.score(window, reconstruction, latent)?;
        let smoothed = smoother.push(score);
        self.largest = self.largest.max(smoothed);
        if self.count.is_multiple_of(self.stride) {
            self.scores.push(smoothed);
        }
        self.count += 1;
        Ok(())
    }
}

/// The median; 0 of none.
fn middle(scores: &[f64]) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_knows_its_data_by_heart_is_not_like_the_folds() {
        let with =
            |scores: &[f64]| Whole { scores: scores.to_vec(), ..Whole::new(SmoothSpec::None, 1) };
        // Whatever its largest ones are.
        assert!(with(&[1.0, 1.1, 9.0]).is_like(&[0.9, 1.0, 1.2]));
        assert!(!with(&[1.5, 2.0, 9.0]).is_like(&[0.9, 1.0, 1.2]));
        assert!(with(&[]).is_like(&[1.0]));
    }
}
