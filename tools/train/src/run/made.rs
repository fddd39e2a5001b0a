//! Windows and how to train go in; the networks of a run come out: those that judge a block of the
//! data, each trained without it, and the one that is written.

use oddity::fit::{FOLDS, FoldJudge};
use oddity::model::Model;

use super::set::RunSet;
use super::steps::{Goal, TrainedNetwork, Trainer};
use crate::data::{VALIDATION, WindowChoice};
use crate::net::{ExportPart, Network};
use crate::train::Trained;

/// The name of the training that is validated.
pub(super) const VALIDATED: &str = "validated";

/// Who judges a block of the data.
pub(super) enum BlockJudge {
    /// Nobody: each network has learned from it.
    None,
    /// The network that is written, which has not.
    Whole,
    /// Another one, which has not.
    Other(Box<Network>),
}

/// What training has made.
pub(super) struct Made {
    /// By name, in the order in which they were trained.
    pub(super) outcomes: Vec<(String, Trained)>,
    /// The network that is written.
    pub(super) whole: Network,
    pub(super) judges: [BlockJudge; FOLDS],
    /// Somebody stopped it before it was done.
    pub(super) interrupted: bool,
}

impl Made {
    /// The network that judges a block; `None` where each has learned from it.
    pub(super) fn judge(&self, fold: usize) -> Option<&Network> {
        match self.judges.get(fold)? {
            BlockJudge::None => None,
            BlockJudge::Whole => Some(&self.whole),
            BlockJudge::Other(network) => Some(network),
        }
    }

    /// Blocks that have a judge.
    pub(super) fn judged(&self) -> usize {
        (0..FOLDS).filter(|&fold| self.judge(fold).is_some()).count()
    }

    /// The judges as a device would run them.
    pub(super) fn fold_judges(&self) -> anyhow::Result<[FoldJudge; FOLDS]> {
        let mut judges = [const { FoldJudge::None }; FOLDS];
        for (judge, by) in judges.iter_mut().zip(&self.judges) {
            *judge = match by {
                BlockJudge::None => FoldJudge::None,
                BlockJudge::Whole => FoldJudge::Whole,
                BlockJudge::Other(network) => {
                    FoldJudge::Model(Model::from_bytes(&network.to_onnx(ExportPart::Whole)?)?)
                }
            };
        }
        Ok(judges)
    }
}

/// Trains the networks that judge, and the one that is judged.
pub(super) fn make(
    trainer: &mut Trainer,
    set: &RunSet<'_>,
    validated: Option<TrainedNetwork>,
    no_refit: bool,
) -> anyhow::Result<Made> {
    let validated = match validated {
        Some(trained) => trained,
        None => trainer.step(VALIDATED, set, WindowChoice::Without(VALIDATION), Goal::Best)?,
    };
    anyhow::ensure!(
        validated.outcome.best > 0,
        "interrupted before the end of the first epoch: nothing was written"
    );
    let rates = validated.outcome.rates.get(..validated.outcome.best).unwrap_or_default();
    let mut judges = [const { BlockJudge::None }; FOLDS];
    let mut outcomes = Vec::new();
    for (fold, judge) in judges.iter_mut().enumerate().filter(|(fold, _)| *fold != VALIDATION) {
        let name = format!("fold {}", fold + 1);
        if trainer.stopped() {
            break;
        }
        let trained = trainer.step(&name, set, WindowChoice::Without(fold), Goal::Repeat(rates))?;
        if !trained.outcome.interrupted {
            *judge = BlockJudge::Other(Box::new(trained.network));
            outcomes.push((name, trained.outcome));
        }
    }
    let mut last = None;
    if !no_refit && !trainer.stopped() {
        let trained = trainer.step("final", set, WindowChoice::All, Goal::Repeat(rates))?;
        if !trained.outcome.interrupted {
            outcomes.push(("final".into(), trained.outcome));
            last = Some(trained.network);
        }
    }
    let unfinished = validated.outcome.interrupted || (last.is_none() && !no_refit);
    outcomes.insert(0, (VALIDATED.into(), validated.outcome));
    let (whole, judge) = match last {
        Some(network) => (network, BlockJudge::Other(Box::new(validated.network))),
        None => (validated.network, BlockJudge::Whole),
    };
    if let Some(place) = judges.get_mut(VALIDATION) {
        *place = judge;
    }
    let untrained = judges.iter().any(|judge| matches!(judge, BlockJudge::None));
    Ok(Made { outcomes, whole, judges, interrupted: unfinished || untrained })
}
