//! Trains one network of a run: from the seed, from a checkpoint, or not at all where it was
//! trained before a break.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context;
use tch::Device;

use super::set::RunSet;
use crate::checkpoint::{Checkpoint, Finished};
use crate::data::{VALIDATION, WindowChoice};
use crate::net::Network;
use crate::progress::TrainingBar;
use crate::train::{self, Control, Course, Settings, Trained, train};

/// What all networks of a run are trained with.
pub(super) struct Trainer {
    pub(super) settings: Settings,
    pub(super) device: Device,
    pub(super) closed_form: bool,
    pub(super) quiet: bool,
    pub(super) checkpoint: Checkpoint,
    pub(super) stop: Arc<AtomicBool>,
}

/// A network that is trained.
pub(super) struct TrainedNetwork {
    pub(super) network: Network,
    pub(super) outcome: Trained,
}

/// How long a network is trained.
#[derive(Clone, Copy)]
pub(super) enum Goal<'a> {
    /// To the best loss on the block that is left for validation.
    Best,
    /// An epoch with each of these learning rates.
    Repeat(&'a [f64]),
}

impl Trainer {
    /// Whether somebody wants the run to end.
    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Trains the network called `name` on some of the windows.
    pub(super) fn step(
        &mut self,
        name: &str,
        set: &RunSet<'_>,
        choice: WindowChoice,
        goal: Goal<'_>,
    ) -> anyhow::Result<TrainedNetwork> {
        tch::manual_seed(self.settings.seed.cast_signed());
        let mut network = Network::new(&set.spec, self.device)?;
        if let Some(finished) = self.checkpoint.finished(name) {
            train::set_weights(&network, &finished.weights)?;
            return Ok(TrainedNetwork { network, outcome: finished.outcome.clone() });
        }
        let examples = set.windows.examples(choice)?;
        let validation = || set.windows.examples(WindowChoice::Fold(VALIDATION));
        let failed = || format!("training the {name} model");
        if self.closed_form {
            let started = Instant::now();
            network.set_linear_closed_form(&examples.windows).with_context(failed)?;
            let loss = |examples| train::evaluate(&network, examples, &self.settings);
            let outcome = Trained {
                training: vec![loss(&examples)?],
                validation: vec![loss(&validation()?)?],
                best: 1,
                seconds: started.elapsed().as_secs_f64(),
                ..Trained::default()
            };
            return Ok(TrainedNetwork { network, outcome });
        }
        let (block, labelled);
        let course = match goal {
            Goal::Best => {
                block = validation()?;
                labelled = match set.windows.labels() {
                    Some(_) => Some(set.windows.examples(WindowChoice::Inside(VALIDATION))?),
                    None => None,
                };
                Course::Search { validation: &block, labelled: labelled.as_ref() }
            }
            Goal::Repeat(rates) => Course::Repeat(rates),
        };
        let mut bar = TrainingBar::new(name, self.quiet);
        let from = self.checkpoint.take(name);
        let (checkpoint, stop) = (&mut self.checkpoint, &self.stop);
        let mut kept = Ok(());
        let told = |progress: &train::Progress<'_>| {
            bar.show(progress);
            if let Some(state) = progress.state {
                kept = checkpoint.keep(name, state);
            }
            match kept.is_err() || stop.load(Ordering::SeqCst) {
                true => Control::Stop,
                false => Control::Continue,
            }
        };
        let outcome = train(&network, &examples, course, &self.settings, from, told);
        let outcome = outcome.with_context(failed)?;
        kept?;
        bar.finish(&outcome);
        if !outcome.interrupted {
            self.checkpoint.finish(Finished {
                name: name.into(),
                outcome: outcome.clone(),
                weights: train::weights(&network)?,
            })?;
        }
        Ok(TrainedNetwork { network, outcome })
    }
}
