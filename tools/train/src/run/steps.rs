//! Trains one network of a run: from the seed, from a checkpoint, or not at all where it was
//! trained before a break.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use tch::Device;

use super::Set;
use crate::checkpoint::{Checkpoint, Finished};
use crate::data::{Choice, VALIDATION};
use crate::net::Network;
use crate::progress::Bar;
use crate::train::{self, Control, Course, Outcome, Settings, train};

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
pub(super) struct Trained {
    pub(super) network: Network,
    pub(super) outcome: Outcome,
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
        set: &Set<'_>,
        choice: Choice,
        goal: Goal<'_>,
    ) -> anyhow::Result<Trained> {
        tch::manual_seed(self.settings.seed.cast_signed());
        let mut network = Network::new(&set.spec, self.device)?;
        if let Some(finished) = self.checkpoint.finished(name) {
            train::set_weights(&network, &finished.weights)?;
            return Ok(Trained { network, outcome: finished.outcome.clone() });
        }
        let examples = set.windows.examples(choice)?;
        let validation = || set.windows.examples(Choice::Fold(VALIDATION));
        let failed = || format!("training the {name} model");
        if self.closed_form {
            network.set_linear_closed_form(&examples.windows).with_context(failed)?;
            let loss = |examples| train::evaluate(&network, examples, &self.settings);
            let outcome = Outcome {
                training: vec![loss(&examples)?],
                validation: vec![loss(&validation()?)?],
                best: 1,
                ..Outcome::default()
            };
            return Ok(Trained { network, outcome });
        }
        let block;
        let course = match goal {
            Goal::Best => {
                block = validation()?;
                Course::Search(&block)
            }
            Goal::Repeat(rates) => Course::Repeat(rates),
        };
        let mut bar = Bar::new(name, self.quiet);
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
        Ok(Trained { network, outcome })
    }
}
