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
use crate::train::{self, Control, Course, Examples, Settings, Trained, train};

/// What all networks of a run are trained with.
pub(super) struct Trainer {
    pub(super) settings: Settings,
    pub(super) device: Device,
    /// How they are fine-tuned in int8; `None` where they stay f32.
    pub(super) int8: Option<Settings>,
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

/// What fine-tuning in int8 gave.
pub(super) struct Tuned {
    /// The validation loss before it, with weights and activations rounded.
    pub(super) rounded: Option<f64>,
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
        let blocks = Blocks::of(set, goal)?;
        let settings = self.settings.clone();
        let outcome = self.train(name, &network, &examples, blocks.course(goal), &settings)?;
        Ok(TrainedNetwork { network, outcome })
    }

    /// Makes a trained network run in int8 and fine-tunes it, as `--int8` wants; `None` where nothing does.
    pub(super) fn tune(
        &mut self,
        name: &str,
        set: &RunSet<'_>,
        choice: WindowChoice,
        goal: Goal<'_>,
        network: &mut Network,
    ) -> anyhow::Result<Option<Tuned>> {
        let Some(settings) = self.int8.clone() else { return Ok(None) };
        let name = format!("{name}, int8");
        let examples = set.windows.examples(choice)?;
        train::quantise(network, &examples)
            .with_context(|| format!("rounding the {name} model"))?;
        let blocks = Blocks::of(set, goal)?;
        let rounded = match &blocks.validation {
            Some(block) => Some(train::evaluate(network, block, &settings)?),
            None => None,
        };
        if let Some(finished) = self.checkpoint.finished(&name) {
            train::set_weights(network, &finished.weights)?;
            return Ok(Some(Tuned { rounded, outcome: finished.outcome.clone() }));
        }
        if self.stopped() {
            let outcome = Trained { interrupted: true, ..Trained::default() };
            return Ok(Some(Tuned { rounded, outcome }));
        }
        let before = train::weights(network)?;
        let outcome = self.train(&name, network, &examples, blocks.course(goal), &settings)?;
        if outcome.best == 0 {
            // Broken off within the first epoch: as it was rounded.
            train::set_weights(network, &before)?;
        }
        Ok(Some(Tuned { rounded, outcome }))
    }

    /// The loop, with what a person and the checkpoint are told of it.
    fn train(
        &mut self,
        name: &str,
        network: &Network,
        examples: &Examples,
        course: Course<'_>,
        settings: &Settings,
    ) -> anyhow::Result<Trained> {
        let failed = || format!("training the {name} model");
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
        let outcome = train(network, examples, course, settings, from, told);
        let outcome = outcome.with_context(failed)?;
        kept?;
        bar.finish(&outcome);
        if !outcome.interrupted {
            self.checkpoint.finish(Finished {
                name: name.into(),
                outcome: outcome.clone(),
                weights: train::weights(network)?,
            })?;
        }
        Ok(outcome)
    }
}

/// Windows that tell how long to train.
struct Blocks {
    /// `None` where another training has told.
    validation: Option<Examples>,
    labelled: Option<Examples>,
}

impl Blocks {
    fn of(set: &RunSet<'_>, goal: Goal<'_>) -> anyhow::Result<Self> {
        let best = matches!(goal, Goal::Best);
        let block = |wanted: bool, choice| wanted.then(|| set.windows.examples(choice)).transpose();
        Ok(Self {
            validation: block(best, WindowChoice::Fold(VALIDATION))?,
            labelled: block(
                best && set.windows.labels().is_some(),
                WindowChoice::Inside(VALIDATION),
            )?,
        })
    }

    fn course<'a>(&'a self, goal: Goal<'a>) -> Course<'a> {
        match (goal, &self.validation) {
            (Goal::Repeat(rates), _) => Course::Repeat(rates),
            (Goal::Best, Some(validation)) => {
                Course::Search { validation, labelled: self.labelled.as_ref() }
            }
            (Goal::Best, None) => Course::Repeat(&[]),
        }
    }
}
