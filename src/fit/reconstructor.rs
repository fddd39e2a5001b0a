//! A window and the number of its fold go in; what a model that has not learned from that fold makes of it comes out.

use super::error::FitError;
use super::fold::FOLDS;
use super::pca::LinearRun;
use crate::model::{Model, Session};
use oddity_core::profile::ScoreKind;
use oddity_core::types::Reconstruction;

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
    /// One linear model a fold, each fitted without that fold, and that of all.
    Linear(Vec<LinearRun>, Box<LinearRun>),
    /// Models that run in the engine.
    Models(Box<Models>),
}

/// Loaded models, and which of them judges which fold.
pub(super) struct Models {
    multiply_adds: usize,
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
            multiply_adds: usize::try_from(model.description().multiply_adds).unwrap_or(usize::MAX),
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

    pub(super) fn run(
        &mut self,
        fold: usize,
        window: &[f32],
    ) -> Result<Option<FoldAnswer<'_>>, FitError> {
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

impl Models {
    fn run_whole(&mut self, window: &[f32]) -> Result<FoldAnswer<'_>, FitError> {
        self.whole.run(window, 1, &mut self.whole_out)?;
        match self.whole_out.non_finite.is_empty() {
            true => Ok((&self.whole_out.values, &self.whole_out.latent)),
            false => Err(FitError::NotFinite),
        }
    }
}

impl Reconstructor {
    /// Multiplications that one answer takes, about, for windows of so many values and a latent of so many.
    pub(super) fn work(&self, inputs: usize, latent: usize) -> usize {
        match self {
            Self::Linear(..) => 2 * inputs * latent.max(1),
            Self::Models(models) => models.multiply_adds,
        }
    }

    /// How many folds it can judge.
    pub(super) fn folds(&self) -> usize {
        match self {
            Self::Linear(runs, _) => runs.len(),
            Self::Models(models) => models.by_fold.iter().filter(|&&by| by != ByFold::None).count(),
        }
    }

    /// Reconstruction and latent of one window, by a model that has not learned from `fold`; `None`
    /// where there is no such model.
    pub(super) fn run(
        &mut self,
        fold: usize,
        window: &[f32],
    ) -> Result<Option<FoldAnswer<'_>>, FitError> {
        match self {
            Self::Linear(runs, _) => Ok(runs.get_mut(fold).map(|run| run.run(window))),
            Self::Models(models) => models.run(fold, window),
        }
    }

    /// Reconstruction and latent of one window, by the finished model.
    pub(super) fn run_whole(&mut self, window: &[f32]) -> Result<FoldAnswer<'_>, FitError> {
        match self {
            Self::Linear(_, whole) => Ok(whole.run(window)),
            Self::Models(models) => models.run_whole(window),
        }
    }
}
