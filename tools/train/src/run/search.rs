//! `--trials N`: a few sizes of network and window go in; the one with the smallest validation loss
//! comes out, with what was tried.
//!
//! The first trial is what would have been trained without a search. The others have half or double
//! of its window, latent and layers, in an order drawn from the seed; what was asked for by an
//! option stays. Losses are means over the values of a window, so that those of long and short
//! windows can be compared.

use oddity::args::LearnArgs;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

use super::steps::{Goal, Trained, Trainer};
use super::{Set, say};
use crate::data::{Choice, VALIDATION};
use crate::net::{Axes, Backbone, Spec};
use crate::plan::{Command, scaled};
use crate::progress::short;

const FACTORS: [f64; 3] = [1.0, 0.5, 2.0];
/// Rows of a window, at least.
const LEAST_WINDOW: usize = 2;

/// What was tried, and what came of it.
pub(super) struct Trial {
    /// Names and values.
    pub(super) sizes: Vec<(String, String)>,
    /// The validation loss, or why there is none.
    pub(super) loss: Result<f64, String>,
    pub(super) chosen: bool,
}

impl Trial {
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
type Candidate = [f64; 3];

/// Tries up to `count` sizes. Gives the data and network of the best, all trials, and the network
/// that was trained for it.
pub(super) fn search<'a>(
    trainer: &mut Trainer,
    command: &Command,
    first: Set<'a>,
    count: usize,
    load: &impl Fn(&LearnArgs) -> anyhow::Result<Set<'a>>,
) -> anyhow::Result<(Set<'a>, Vec<Trial>, Option<Trained>)> {
    let shape = first.prepared.shape();
    let rows = matches!(first.windows.axes(), Axes::Rows { .. });
    let may = [
        rows && command.learn.window.is_none(),
        command.network.latent.is_none(),
        command.network.hidden.is_none()
            && command.network.filters.is_none()
            && !matches!(&first.spec.backbone, Backbone::Dense { hidden } if hidden.is_empty()),
    ];
    let mut best: Option<(f64, Set<'a>, Trained)> = None;
    let mut trials: Vec<Trial> = Vec::new();
    let mut first = Some(first);
    for (number, [window, latent, width]) in
        candidates(may, trainer.settings.seed, count).enumerate()
    {
        if number > 0 && trainer.stopped() {
            break;
        }
        let mut learn = command.learn.clone();
        let rows = ((shape.window as f64 * window).round() as usize).max(LEAST_WINDOW);
        if window != 1.0 {
            learn.window = Some(rows);
        }
        let set = match first.take() {
            Some(set) => Ok(set),
            None => load(&learn),
        };
        let mut sizes = Vec::new();
        let tried = set.and_then(|mut set| {
            set.spec = scaled(&set.spec, latent, width);
            sizes = in_words(&set);
            let name = format!("trial {}", number + 1);
            let trained = trainer.step(&name, &set, Choice::Without(VALIDATION), Goal::Best)?;
            Ok((set, trained))
        });
        let loss = match tried {
            Ok((set, trained)) => match trained.outcome.validated() {
                Some(loss) => {
                    if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
                        trials.iter_mut().for_each(|trial| trial.chosen = false);
                        best = Some((loss, set, trained));
                    }
                    Ok(loss)
                }
                None => Err("interrupted".into()),
            },
            // What the command line itself asks for must work.
            Err(error) if number == 0 => return Err(error),
            Err(error) => {
                if sizes.is_empty() {
                    sizes.push(("window".into(), rows.to_string()));
                }
                Err(format!("failed ({error:#})"))
            }
        };
        let chosen = best.as_ref().is_some_and(|(least, ..)| Ok(*least) == loss);
        trials.push(Trial { sizes, loss, chosen });
    }
    if trials.len() < count && !trainer.stopped() {
        say(&format!(
            "oddity-train: warn: only {} sizes to try: options that were given stay as they are",
            trials.len()
        ));
    }
    match best {
        Some((_, set, trained)) => Ok((set, trials, Some(trained))),
        None => anyhow::bail!("interrupted before the first epoch was over: nothing is written"),
    }
}

/// The default, then others in a random order.
fn candidates(may: [bool; 3], seed: u64, count: usize) -> impl Iterator<Item = Candidate> {
    let of = |may: bool| FACTORS.into_iter().take(if may { FACTORS.len() } else { 1 });
    let [window, latent, width] = may;
    let mut all: Vec<Candidate> = Vec::new();
    for window in of(window) {
        for latent in of(latent) {
            all.extend(of(width).map(|width| [window, latent, width]));
        }
    }
    if let Some((_, others)) = all.split_first_mut() {
        others.shuffle(&mut Pcg64Mcg::seed_from_u64(seed));
    }
    all.into_iter().take(count)
}

/// The sizes of a network and its windows.
fn in_words(set: &Set<'_>) -> Vec<(String, String)> {
    let Spec { axes, backbone, latent, .. } = &set.spec;
    let list = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
    let (name, layers) = match backbone {
        Backbone::Dense { hidden } => ("hidden", list(hidden)),
        Backbone::Conv1d { filters, .. } | Backbone::Conv2d { filters, .. } => {
            ("filters", list(filters))
        }
        Backbone::Lstm { hidden, .. } | Backbone::Gru { hidden, .. } => {
            ("hidden", hidden.to_string())
        }
    };
    let mut words = Vec::new();
    if let Axes::Rows { time, .. } = axes {
        words.push(("window".to_owned(), time.to_string()));
    }
    words.push(("latent".into(), latent.to_string()));
    if !layers.is_empty() {
        words.push((name.into(), layers));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_tried_first_and_nothing_twice() {
        let all: Vec<Candidate> = candidates([true; 3], 1, 100).collect();
        assert_eq!((all.len(), all[0]), (27, [1.0; 3]));
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one));
        }
        assert_ne!(all, candidates([true; 3], 2, 100).collect::<Vec<_>>());
        let some: Vec<Candidate> = candidates([false, true, false], 1, 2).collect();
        assert!(some.len() == 2 && some.iter().all(|c| c[0] == 1.0 && c[2] == 1.0));
    }
}
