//! `--trials N`: a few sizes of network and window go in; the one with the smallest validation loss
//! comes out, with what was tried.
//!
//! The first trial is what would have been trained without a search. The others have half or double
//! of its window, latent and layers, in an order drawn from the seed; what was asked for by an
//! option stays. Losses are means over the values of a window, so that those of long and short
//! windows can be compared.

use oddity::args::LearnArgs;
use oddity::blame::Blame;
use oddity::fit::FitError;
use oddity::terminal::in_words;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

use super::set::RunSet;
use super::steps::{Goal, TrainedNetwork, Trainer};
use crate::data::{VALIDATION, WindowChoice};
use crate::net::{Axes, Backbone, NetError, Spec};
use crate::plan::{TrainCommand, scaled};
use crate::progress::{say, short};
use crate::train::TrainError;

const FACTORS: [f64; 3] = [1.0, 0.5, 2.0];
/// Rows of a window, at least.
const LEAST_WINDOW: usize = 2;

/// What was tried, and what came of it.
pub(super) struct SizeTrial {
    /// Names and values.
    pub(super) sizes: Vec<(String, String)>,
    /// The validation loss, or why there is none.
    pub(super) loss: Result<f64, String>,
    pub(super) chosen: bool,
}

impl SizeTrial {
    /// In words.
    pub(super) fn line(&self) -> String {
        let sizes: Vec<String> =
            self.sizes.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let loss = match &self.loss {
            Ok(loss) => format!("validation {}", short(*loss)),
            Err(why) => why.clone(),
        };
        let chosen = if self.chosen { " (chosen)" } else { "" };
        format!("trial with {}: {loss}{chosen}", sizes.join(", "))
    }
}

/// Factors of window, latent and layers.
type SizeFactors = [f64; 3];

/// The best so far: its loss, its data and network, and what was trained.
type Best<'a> = Option<(f64, RunSet<'a>, TrainedNetwork)>;

/// Tries up to `count` sizes. Gives the data and network of the best, all trials, and the network
/// that was trained for it.
pub(super) fn search<'a>(
    trainer: &mut Trainer,
    command: &TrainCommand,
    first: RunSet<'a>,
    count: usize,
    load: &impl Fn(&LearnArgs) -> anyhow::Result<RunSet<'a>>,
) -> anyhow::Result<(RunSet<'a>, Vec<SizeTrial>, Option<TrainedNetwork>)> {
    let (shape, average) = (first.prepared.shape(), first.prepared.average());
    let base = first.spec.clone();
    let mut all = candidates(may(command, &first), trainer.settings.seed);
    let mut tried: Vec<Spec> = Vec::new();
    let mut trials: Vec<SizeTrial> = Vec::new();
    let mut best: Best<'a> = None;
    let mut first = Some(first);
    while trials.len() < count {
        let Some([window, latent, width]) = all.next() else {
            say(&format!("oddity-train: warn: there are only {} sizes to try", trials.len()));
            break;
        };
        if !trials.is_empty() && trainer.stopped() {
            break;
        }
        let mut learn = command.learn.clone();
        let mut axes = base.axes;
        if let Axes::Rows { time, .. } = &mut axes
            && window != 1.0
        {
            *time = ((shape.window as f64 * window).round() as usize).max(LEAST_WINDOW);
            learn.window = Some(*time);
            // As it was found for the window that nobody asked for.
            learn.average = Some(average);
        }
        let spec = scaled(&base, axes, latent, width);
        if tried.contains(&spec) {
            continue;
        }
        tried.push(spec.clone());
        let set = first.take().map_or_else(|| load(&learn), Ok);
        let name = format!("trial {}", trials.len() + 1);
        let outcome = set.and_then(|set| {
            let set = RunSet { spec: spec.clone(), ..set };
            let trained =
                trainer.step(&name, &set, WindowChoice::Without(VALIDATION), Goal::Best)?;
            Ok((set, trained))
        });
        let loss = match outcome {
            Ok((set, trained)) => {
                let loss = trained.outcome.validated().ok_or("interrupted".to_owned());
                if let Ok(loss) = loss
                    && best.as_ref().is_none_or(|(least, ..)| loss < *least)
                {
                    best = Some((loss, set, trained));
                    trials.iter_mut().for_each(|trial| trial.chosen = false);
                }
                loss
            }
            // What the command line itself asks for must work, and the disk always.
            Err(error) if trials.is_empty() || !is_of_sizes(&error) => return Err(error),
            Err(error) => Err(format!("failed ({})", in_words(error.as_ref()))),
        };
        let chosen = best.as_ref().is_some_and(|(_, set, _)| set.spec == spec);
        trials.push(SizeTrial { sizes: sizes(&spec), loss, chosen });
    }
    match best {
        Some((_, set, trained)) => Ok((set, trials, Some(trained))),
        None => anyhow::bail!("interrupted before the end of the first epoch: nothing was written"),
    }
}

/// Whether it hangs on the sizes, so that others may do.
fn is_of_sizes(error: &anyhow::Error) -> bool {
    let too_few = |error: &FitError| error.blame() == Blame::Data;
    error.is::<TrainError>()
        || error.is::<NetError>()
        || error.downcast_ref::<FitError>().is_some_and(too_few)
}

/// What may change of window, latent and layers: not what was asked for by an option.
fn may(command: &TrainCommand, first: &RunSet<'_>) -> [bool; 3] {
    let rows = matches!(first.spec.axes, Axes::Rows { .. });
    let bare = first.spec.backbone.widths().is_empty();
    let network = &command.network;
    [
        rows && command.learn.window.is_none(),
        network.latent.is_none(),
        network.hidden.is_none() && network.filters.is_none() && !bare,
    ]
}

/// The default, then others in a random order.
fn candidates(may: [bool; 3], seed: u64) -> impl Iterator<Item = SizeFactors> {
    let of = |may: bool| FACTORS.into_iter().take(if may { FACTORS.len() } else { 1 });
    let [window, latent, width] = may;
    let mut all: Vec<SizeFactors> = Vec::new();
    for window in of(window) {
        for latent in of(latent) {
            all.extend(of(width).map(|width| [window, latent, width]));
        }
    }
    if let Some((_, others)) = all.split_first_mut() {
        others.shuffle(&mut Pcg64Mcg::seed_from_u64(seed));
    }
    all.into_iter()
}

/// The sizes of a network and its windows.
fn sizes(spec: &Spec) -> Vec<(String, String)> {
    let name = match &spec.backbone {
        Backbone::Conv1d { .. } | Backbone::Conv2d { .. } => "filters",
        Backbone::Dense { .. } | Backbone::Lstm { .. } | Backbone::Gru { .. } => "hidden",
    };
    let widths = spec.backbone.widths().iter().map(usize::to_string).collect::<Vec<_>>();
    let mut words = Vec::new();
    if let Axes::Rows { time, .. } = spec.axes {
        words.push(("window".to_owned(), time.to_string()));
    }
    words.push(("latent".into(), spec.latent.to_string()));
    if !widths.is_empty() {
        words.push((name.into(), widths.join("-")));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_tried_first_and_nothing_twice() {
        let all: Vec<SizeFactors> = candidates([true; 3], 1).collect();
        assert_eq!((all.len(), all[0]), (27, [1.0; 3]));
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one));
        }
        assert_ne!(all, candidates([true; 3], 2).collect::<Vec<_>>());
        let some: Vec<SizeFactors> = candidates([false, true, false], 1).collect();
        assert!(some.len() == 3 && some.iter().all(|c| c[0] == 1.0 && c[2] == 1.0));
    }
}
