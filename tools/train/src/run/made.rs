//! Windows and how to train go in; the networks of a run come out: those that judge a block of the
//! data, each trained without it, and the one that is written.

use oddity::fit::{FOLDS, FoldJudge};
use oddity::model::Model;

use super::set::RunSet;
use super::steps::{Goal, TrainedNetwork, Trainer, Tuned};
use crate::data::{VALIDATION, WindowChoice};
use crate::net::{ExportPart, Network};
use crate::progress::short;
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

/// How the networks of a run were fine-tuned in int8, and what the validated one lost by rounding.
pub(super) struct Int8Course {
    /// By name, as [`Made::outcomes`].
    pub(super) outcomes: Vec<(String, Trained)>,
    /// Validation losses: in f32, rounded, and rounded after fine-tuning.
    pub(super) losses: [Option<f64>; 3],
}

impl Int8Course {
    fn new(float: &Trained, tuned: Tuned) -> Self {
        let losses = [float.validated(), tuned.rounded, tuned.outcome.validated()];
        Self { outcomes: vec![(VALIDATED.into(), tuned.outcome)], losses }
    }

    /// The learning rates of the epochs up to the best one, for the others to repeat.
    fn rates(&self) -> Vec<f64> {
        let best = self.outcomes.first().and_then(|(_, of)| of.rates.get(..of.best));
        best.unwrap_or_default().to_vec()
    }

    /// In words.
    pub(super) fn line(&self) -> String {
        let [float, rounded, tuned] =
            self.losses.map(|loss| loss.map_or("unknown".to_owned(), short));
        format!(
            "int8: validation loss {float} in f32, {rounded} rounded to 8 bits, {tuned} after \
             fine-tuning"
        )
    }
}

/// What training has made.
pub(super) struct Made {
    /// By name, in the order in which they were trained.
    pub(super) outcomes: Vec<(String, Trained)>,
    /// The network that is written.
    pub(super) whole: Network,
    pub(super) judges: [BlockJudge; FOLDS],
    /// What fine-tuning in int8 did; `None` where it is f32.
    pub(super) int8: Option<Int8Course>,
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
    let mut validated = match validated {
        Some(trained) => trained,
        None => trainer.step(VALIDATED, set, WindowChoice::Without(VALIDATION), Goal::Best)?,
    };
    anyhow::ensure!(
        validated.outcome.best > 0,
        "interrupted before the end of the first epoch: nothing was written"
    );
    let rates = validated.outcome.rates.get(..validated.outcome.best).unwrap_or_default();
    let without = WindowChoice::Without(VALIDATION);
    let tuned = trainer.tune(VALIDATED, set, without, Goal::Best, &mut validated.network)?;
    let mut int8 = tuned.map(|tuned| Int8Course::new(&validated.outcome, tuned));
    let int8_rates: Vec<f64> = int8.iter().flat_map(Int8Course::rates).collect();
    let mut judges = [const { BlockJudge::None }; FOLDS];
    let mut outcomes = Vec::new();
    for (fold, judge) in judges.iter_mut().enumerate().filter(|(fold, _)| *fold != VALIDATION) {
        let name = format!("fold {}", fold + 1);
        if trainer.stopped() {
            break;
        }
        let repeat = (Goal::Repeat(rates), Goal::Repeat(&int8_rates));
        let choice = WindowChoice::Without(fold);
        let trained = repeated(trainer, &name, set, choice, repeat, &mut int8)?;
        if !trained.outcome.interrupted {
            *judge = BlockJudge::Other(Box::new(trained.network));
            outcomes.push((name, trained.outcome));
        }
    }
    let mut last = None;
    if !no_refit && !trainer.stopped() {
        let repeat = (Goal::Repeat(rates), Goal::Repeat(&int8_rates));
        let trained = repeated(trainer, "final", set, WindowChoice::All, repeat, &mut int8)?;
        if !trained.outcome.interrupted {
            outcomes.push(("final".into(), trained.outcome));
            last = Some(trained.network);
        }
    }
    let broken_off = |int8: &Int8Course| int8.outcomes.iter().any(|(_, of)| of.interrupted);
    let unfinished = validated.outcome.interrupted
        || int8.as_ref().is_some_and(broken_off)
        || (last.is_none() && !no_refit);
    outcomes.insert(0, (VALIDATED.into(), validated.outcome));
    let (whole, judge) = match last {
        Some(network) => (network, BlockJudge::Other(Box::new(validated.network))),
        None => (validated.network, BlockJudge::Whole),
    };
    if let Some(place) = judges.get_mut(VALIDATION) {
        *place = judge;
    }
    let untrained = judges.iter().any(|judge| matches!(judge, BlockJudge::None));
    Ok(Made { outcomes, whole, judges, int8, interrupted: unfinished || untrained })
}

/// Trains a network as the validated one was, in f32 and then in int8.
fn repeated(
    trainer: &mut Trainer,
    name: &str,
    set: &RunSet<'_>,
    choice: WindowChoice,
    (float, rounded): (Goal<'_>, Goal<'_>),
    int8: &mut Option<Int8Course>,
) -> anyhow::Result<TrainedNetwork> {
    let mut trained = trainer.step(name, set, choice, float)?;
    if let Some(tuned) = trainer.tune(name, set, choice, rounded, &mut trained.network)?
        && let Some(int8) = int8
    {
        trained.outcome.interrupted |= tuned.outcome.interrupted;
        int8.outcomes.push((name.into(), tuned.outcome));
    }
    Ok(trained)
}
