//! Windows and what reconstructs them go in; score, threshold and golden sample come out.
//!
//! Out of fold: a window is judged by a model that has not seen its block of rows. The few numbers
//! of the score's own statistics come from the out-of-fold errors of all blocks together; leaving
//! the block out of these too made the threshold of a short fit far too high.

use super::error::FitError;
use super::fold::{Example, FOLDS, FoldPart, Holes};
use super::normal::NormalData;
use super::pca::LinearRun;
use super::score::ScoreFit;
use super::stretch::Gathered;
use crate::model::{Model, Session};
use oddity_core::profile::{Golden, ScoreKind, ScoreSpec, ThresholdRule, ThresholdSpec};
use oddity_core::score::Scorer;
use oddity_core::threshold;
use oddity_core::types::Reconstruction;
use oddity_core::window::WindowShape;

/// Scores that are kept to find the threshold from. Of more, every so-manieth is taken.
const MOST_SCORES: u64 = 1 << 18;

/// Who judges the windows of a fold.
#[derive(Clone, Debug)]
pub enum FoldJudge {
    /// Nobody: each model there is has learned from them.
    None,
    /// The finished model, which has not.
    Whole,
    /// Another model of the same kind, which has not.
    Model(Model),
}

/// What reconstructs windows.
pub(super) enum Reconstructor {
    /// One linear model a fold, each fitted without that fold.
    Linear(Vec<LinearRun>),
    /// Models that run in the engine.
    Models(Box<Models>),
}

/// Loaded models, and which of them judges which fold.
pub(super) struct Models {
    /// The finished model.
    whole: Session,
    /// Those that have not learned from a fold.
    others: Vec<Session>,
    by_fold: [ByFold; FOLDS],
    /// T² wants the latents of the finished model: two networks have no latent space in common.
    latent_of_whole: bool,
    out: Reconstruction,
    whole_out: Reconstruction,
}

/// Which of the models judges a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByFold {
    /// Nobody: each model has learned from them.
    None,
    /// The finished model, which has not learned from them.
    Whole,
    /// Another one.
    Other(usize),
}

/// Reconstruction and latent of a window.
type FoldAnswer<'a> = (&'a [f32], &'a [f32]);

impl Models {
    /// One model, that was trained elsewhere on other data.
    pub(super) fn whole(model: &Model) -> Result<Self, FitError> {
        Ok(Self {
            whole: model.session()?,
            others: Vec::new(),
            by_fold: [ByFold::Whole; FOLDS],
            latent_of_whole: false,
            out: Reconstruction::default(),
            whole_out: Reconstruction::default(),
        })
    }

    /// One that was trained on this data, with those that judge it.
    pub(super) fn trained(
        model: &Model,
        judges: &[FoldJudge; FOLDS],
        kind: ScoreKind,
    ) -> Result<Self, FitError> {
        let mut models = Self { latent_of_whole: kind == ScoreKind::T2q, ..Self::whole(model)? };
        for (fold, judge) in models.by_fold.iter_mut().zip(judges) {
            *fold = match judge {
                FoldJudge::None => ByFold::None,
                FoldJudge::Whole => ByFold::Whole,
                FoldJudge::Model(model) => {
                    models.others.push(model.session()?);
                    ByFold::Other(models.others.len() - 1)
                }
            };
        }
        Ok(models)
    }

    fn run(&mut self, fold: usize, window: &[f32]) -> Result<Option<FoldAnswer<'_>>, FitError> {
        let other = match self.by_fold.get(fold) {
            None | Some(ByFold::None) => return Ok(None),
            Some(ByFold::Whole) => None,
            Some(&ByFold::Other(index)) => self.others.get_mut(index),
        };
        let apart = other.is_some() && self.latent_of_whole;
        if apart {
            self.whole.run(window, 1, &mut self.whole_out)?;
        }
        other.unwrap_or(&mut self.whole).run(window, 1, &mut self.out)?;
        if !self.out.non_finite.is_empty() {
            return Err(FitError::NotFinite);
        }
        let latent = if apart { &self.whole_out.latent } else { &self.out.latent };
        Ok(Some((&self.out.values, latent)))
    }
}

impl Reconstructor {
    /// How many folds it can judge.
    fn folds(&self) -> usize {
        match self {
            Self::Linear(runs) => runs.len(),
            Self::Models(models) => models.by_fold.iter().filter(|&&by| by != ByFold::None).count(),
        }
    }

    /// Reconstruction and latent of one window, by a model that has not learned from `fold`; `None`
    /// where there is no such model.
    fn run(&mut self, fold: usize, window: &[f32]) -> Result<Option<FoldAnswer<'_>>, FitError> {
        match self {
            Self::Linear(runs) => Ok(runs.get_mut(fold).map(|run| run.run(window))),
            Self::Models(models) => models.run(fold, window),
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
    /// where the mean would be better. `None` without reconstructions.
    pub(super) explained: Option<f64>,
    /// Folds that had somebody to judge them.
    pub(super) folds: usize,
    /// What was missing from the data.
    pub(super) holes: Holes,
    /// The smoothed scores that the threshold was found from, sorted.
    pub(super) scores: Vec<f64>,
    /// The number of the window that each of them is of.
    pub(super) scored: Vec<u64>,
    /// What the windows are scored by, where rows that are unlike the rest can be told by it.
    pub(super) gathered: Option<Gathered>,
}

/// Reads the data twice: for the statistics of the score, then for the threshold.
pub(super) fn judge(
    windows: &NormalData<'_>,
    by: &mut Reconstructor,
    (kind, shape, latent): (ScoreKind, WindowShape, usize),
    rule: ThresholdRule,
    count: u64,
) -> Result<Judgement, FitError> {
    let mut fit = ScoreFit::new(kind, shape, latent)?;
    let mut explained = (!kind.is_of_model()).then(|| Explained::new(shape));
    let mut first_window = Vec::new();
    // A row that is a window of its own is no part of a stretch.
    let stretches = shape.window > 1 && matches!(windows, NormalData::Rows(_));
    let width = fit.with_covariance().filter(|_| stretches).map(<[f64]>::len);
    let mut gathered = width.and_then(Gathered::new);
    let holes = windows.each(|&Example { part, window, rows, .. }, _| {
        if first_window.is_empty() && part != FoldPart::Odd {
            first_window.extend_from_slice(window);
        }
        let FoldPart::Fold(fold) = part else { return Ok(()) };
        let Some((reconstruction, latent)) = by.run(fold, window)? else { return Ok(()) };
        if let Some(explained) = &mut explained {
            explained.add(window, reconstruction);
        }
        fit.add(window, reconstruction, latent)?;
        if let (Some(gathered), Some(values)) = (&mut gathered, fit.with_covariance()) {
            gathered.add(values, rows, fold);
        }
        Ok(())
    })?;
    let score = fit.finish()?;
    let mut scorer = Scorer::new(&score, shape);
    let stride = count.div_ceil(MOST_SCORES).max(1);
    let (mut scores, mut number) = (Vec::new(), 0u64);
    let (mut scored, mut at) = (Vec::new(), 0u64);
    windows.each(|&Example { part, window, .. }, smoother| {
        at += 1;
        let FoldPart::Fold(fold) = part else { return Ok(()) };
        let Some((reconstruction, latent)) = by.run(fold, window)? else { return Ok(()) };
        let smoothed = smoother.push(scorer.score(window, reconstruction, latent)?);
        if number.is_multiple_of(stride) {
            scores.push(smoothed);
            scored.push((smoothed, at - 1));
        }
        number += 1;
        Ok(())
    })?;
    scored.sort_by(|(a, _), (b, _): &(f64, u64)| a.total_cmp(b));
    let scored = scored.into_iter().map(|(_, window)| window).collect();
    let threshold = threshold::find(rule, &mut scores)?;
    let above = scores.iter().filter(|&&s| s > threshold.value).count();
    let exceeding = above as f64 / scores.len().max(1) as f64;
    let explained = explained.map(|explained| explained.share());
    let folds = by.folds();
    Ok(Judgement {
        score,
        threshold,
        first_window,
        exceeding,
        explained,
        folds,
        holes,
        scores,
        scored,
        gathered,
    })
}

/// Squared errors beside squared distances from each channel's mean.
struct Explained {
    shape: WindowShape,
    count: f64,
    errors: f64,
    squares: f64,
    sums: Vec<f64>,
}

impl Explained {
    fn new(shape: WindowShape) -> Self {
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
    shape: WindowShape,
    input: Vec<f32>,
) -> Result<Golden, FitError> {
    let mut out = Reconstruction::default();
    session.run(&input, 1, &mut out)?;
    let score = Scorer::new(score, shape).score(&input, &out.values, &out.latent)?;
    Ok(Golden { input, output: out.values, score })
}
