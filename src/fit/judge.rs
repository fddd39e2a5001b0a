//! Windows and what reconstructs them go in; score, threshold and golden sample come out.
//!
//! Out of fold: a window is judged by a model that has not seen its block of rows. The few numbers
//! of the score's own statistics come from the out-of-fold errors of all blocks together; leaving
//! the block out of these too made the threshold of a short fit far too high.

use super::FitError;
use super::pca::LinearRun;
use super::windows::{Holes, Part, Windows};
use crate::model::{Reconstruction, Session};
use crate::profile::{Golden, ScoreKind, ScoreSpec, ThresholdRule, ThresholdSpec};
use crate::score::{ScoreFit, Scorer, Shape};
use crate::threshold;

/// Scores that are kept to find the threshold from. Of more, every so-manieth is taken.
const MOST_SCORES: u64 = 1 << 18;

/// What reconstructs windows.
pub(super) enum Reconstructor {
    /// One linear model a fold, each fitted without that fold.
    Folds(Vec<LinearRun>),
    /// One model for all: it was trained elsewhere.
    Whole(Box<Session>, Reconstruction),
}

impl Reconstructor {
    /// Reconstruction and latent of one window, by a model that has not learned from `fold`.
    fn run(&mut self, fold: usize, window: &[f32]) -> Result<(&[f32], &[f32]), FitError> {
        match self {
            Self::Folds(runs) => match runs.get_mut(fold) {
                Some(run) => Ok(run.run(window)),
                None => Ok((&[], &[])),
            },
            Self::Whole(session, out) => {
                session.run(window, 1, out)?;
                if !out.non_finite.is_empty() {
                    return Err(FitError::NotFinite);
                }
                Ok((&out.values, &out.latent))
            }
        }
    }
}

/// What normal data says about a model.
pub(super) struct Judgement {
    pub(super) score: ScoreSpec,
    pub(super) threshold: ThresholdSpec,
    /// First whole window.
    pub(super) first_window: Vec<f32>,
    /// Share of the out-of-fold windows above the threshold.
    pub(super) exceeding: f64,
    /// Share of the windows' variance that the reconstructions explain, out of fold; below zero
    /// where the mean would be better.
    pub(super) explained: f64,
    /// What was missing from the data.
    pub(super) holes: Holes,
}

/// Reads the data twice: for the statistics of the score, then for the threshold.
pub(super) fn judge(
    windows: &Windows<'_>,
    by: &mut Reconstructor,
    (kind, shape, latent): (ScoreKind, Shape, usize),
    rule: ThresholdRule,
    count: u64,
) -> Result<Judgement, FitError> {
    let mut fit = ScoreFit::new(kind, shape, latent)?;
    let mut explained = Explained::new(shape);
    let mut first_window = Vec::new();
    let holes = windows.each(|part, window, _| {
        if first_window.is_empty() {
            first_window.extend_from_slice(window);
        }
        let Part::Fold(fold) = part else { return Ok(()) };
        let (reconstruction, latent) = by.run(fold, window)?;
        explained.add(window, reconstruction);
        Ok(fit.add(window, reconstruction, latent)?)
    })?;
    let score = fit.finish()?;
    let mut scorer = Scorer::new(&score, shape);
    let stride = count.div_ceil(MOST_SCORES).max(1);
    let (mut scores, mut number) = (Vec::new(), 0u64);
    windows.each(|part, window, smoother| {
        let Part::Fold(fold) = part else { return Ok(()) };
        let (reconstruction, latent) = by.run(fold, window)?;
        let smoothed = smoother.push(scorer.score(window, reconstruction, latent)?);
        if number.is_multiple_of(stride) {
            scores.push(smoothed);
        }
        number += 1;
        Ok(())
    })?;
    let threshold = threshold::find(rule, &mut scores)?;
    let above = scores.iter().filter(|&&s| s > threshold.value).count();
    let exceeding = above as f64 / scores.len().max(1) as f64;
    Ok(Judgement { score, threshold, first_window, exceeding, explained: explained.share(), holes })
}

/// Squared errors beside squared distances from each channel's mean.
struct Explained {
    shape: Shape,
    count: f64,
    errors: f64,
    squares: f64,
    sums: Vec<f64>,
}

impl Explained {
    fn new(shape: Shape) -> Self {
        Self { shape, count: 0.0, errors: 0.0, squares: 0.0, sums: vec![0.0; shape.channels] }
    }

    fn add(&mut self, window: &[f32], reconstruction: &[f32]) {
        self.count += self.shape.window as f64;
        for (at, (&x, &y)) in window.iter().zip(reconstruction).enumerate() {
            let (x, y) = (f64::from(x), f64::from(y));
            self.errors += (x - y).powi(2);
            self.squares += x * x;
            if let Some(sum) = self.sums.get_mut(self.shape.channel(at)) {
                *sum += x;
            }
        }
    }

    fn share(&self) -> f64 {
        let means: f64 = self.sums.iter().map(|sum| sum * sum / self.count).sum();
        let variance = self.squares - means;
        if variance > 0.0 { 1.0 - self.errors / variance } else { 0.0 }
    }
}

/// Runs the first window through the finished model.
pub(super) fn golden(
    session: &mut Session,
    score: &ScoreSpec,
    shape: Shape,
    input: Vec<f32>,
) -> Result<Golden, FitError> {
    let mut out = Reconstruction::default();
    session.run(&input, 1, &mut out)?;
    let score = Scorer::new(score, shape).score(&input, &out.values, &out.latent)?;
    Ok(Golden { input, output: out.values, score })
}
