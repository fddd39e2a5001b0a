//! The loop: batches go through the network, gradients into its weights, epoch by epoch.

use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;
use tch::{Kind, Tensor};

use super::loss::{Purpose, loss, normal};
use super::schedule;
use super::{Control, Course, Examples, Noise, Outcome, Progress, Settings, State, TrainError};
use crate::net::Network;

/// Trains `network`. With windows to validate on it keeps the weights of the best epoch, else those
/// of the last.
///
/// `from` goes on where another run with the same settings and examples was. `told` is called after
/// each batch and each epoch, and may stop it.
///
/// # Errors
/// When the loss diverges, `from` is of another network, or libtorch fails.
pub fn train(
    network: &Network,
    training: &Examples,
    course: Course<'_>,
    settings: &Settings,
    from: Option<State>,
    mut told: impl FnMut(&Progress<'_>) -> Control,
) -> Result<Outcome, TrainError> {
    let mut weights: Vec<Tensor> = network.parameters().into_iter().map(|(_, w)| w).collect();
    let state = tch::no_grad(|| match from {
        Some(state) => state.enter(&mut weights),
        None => Ok(State::new(&mut weights)?),
    })?;
    let extremes = match settings.noise {
        Noise::SaltAndPepper { .. } => {
            let windows = normal(&training.windows, training)?;
            (windows.f_min()?.f_double_value(&[])?, windows.f_max()?.f_double_value(&[])?)
        }
        _ => (0.0, 0.0),
    };
    let mut run = Run { network, training, course, settings, state, weights, extremes };
    let before = run.state.outcome.seconds;
    let started = Instant::now();
    while let Some(lr) = run.next() {
        let stopped = run.epoch(lr, &mut told)? == Control::Stop;
        let outcome = &mut run.state.outcome;
        outcome.seconds = before + started.elapsed().as_secs_f64();
        if stopped || run.tell(1.0, &mut told) == Control::Stop {
            run.state.outcome.interrupted = true;
            break;
        }
    }
    run.close()
}

struct Run<'a> {
    network: &'a Network,
    training: &'a Examples,
    course: Course<'a>,
    settings: &'a Settings,
    state: State,
    /// Views of the state's.
    weights: Vec<Tensor>,
    extremes: (f64, f64),
}

impl Run<'_> {
    /// The learning rate of the next epoch, where there is one.
    fn next(&self) -> Option<f64> {
        let outcome = &self.state.outcome;
        let done = outcome.training.len();
        match self.course {
            Course::Repeat(rates) => rates.get(done).copied(),
            Course::Search(_) if done >= self.settings.epochs => None,
            Course::Search(_) if schedule::is_over(self.settings, outcome) => None,
            Course::Search(_) => Some(schedule::rate(self.settings, outcome)),
        }
    }

    fn tell(&self, share: f64, told: &mut impl FnMut(&Progress<'_>) -> Control) -> Control {
        let outcome = &self.state.outcome;
        let ended = share >= 1.0;
        told(&Progress {
            epoch: if ended { outcome.training.len() } else { outcome.training.len() + 1 },
            epochs: match self.course {
                Course::Repeat(rates) => rates.len(),
                Course::Search(_) => self.settings.epochs,
            },
            share,
            outcome,
            state: ended.then_some(&self.state),
        })
    }

    /// One pass over the training windows, and a look at those to validate on.
    fn epoch(
        &mut self,
        lr: f64,
        told: &mut impl FnMut(&Progress<'_>) -> Control,
    ) -> Result<Control, TrainError> {
        let epoch = self.state.outcome.training.len() + 1;
        // Each epoch has a seed of its own, so that none depends on what was drawn before it.
        let seed = self.settings.seed.wrapping_mul(1_000_003).wrapping_add(epoch as u64);
        let mut order: Vec<i64> = (0..self.training.count()).collect();
        order.shuffle(&mut Pcg64Mcg::seed_from_u64(seed));
        tch::manual_seed(seed.cast_signed());
        let device = self.training.windows.device();
        // Summed where it is computed: to fetch each step's loss would hold up the next.
        let mut sum = Tensor::f_zeros([], (Kind::Float, device))?;
        let mut done = 0;
        for batch in order.chunks(self.settings.batch) {
            let at = Tensor::f_from_slice(batch)?.f_to(device)?;
            let purpose = Purpose::Training(epoch, self.extremes);
            let loss = loss(self.network, &self.training.pick(&at)?, self.settings, purpose)?;
            let gradients = Tensor::f_run_backward(&[&loss], &self.weights, false, false)?;
            tch::no_grad(|| self.state.step(&gradients, self.settings, lr))?;
            sum = sum.f_add(&loss.f_detach()?.f_mul_scalar(batch.len() as f64)?)?;
            done += batch.len();
            if done < order.len() {
                let share = done as f64 / order.len() as f64;
                if self.tell(share, told) == Control::Stop {
                    return Ok(Control::Stop);
                }
            }
        }
        let mean = sum.f_double_value(&[])? / order.len().max(1) as f64;
        let validated = match self.course {
            Course::Search(examples) => Some(evaluate(self.network, examples, self.settings)?),
            Course::Repeat(_) => None,
        };
        if !mean.is_finite() || validated.is_some_and(|loss| !loss.is_finite()) {
            return Err(TrainError::Diverged { epoch });
        }
        let outcome = &mut self.state.outcome;
        let better = match (validated, outcome.validated()) {
            (Some(loss), Some(best)) => loss < best,
            _ => true,
        };
        outcome.training.push(mean);
        outcome.validation.extend(validated);
        outcome.rates.push(lr);
        if better {
            outcome.best = epoch;
            if validated.is_some() {
                // In spite of its name it copies; `f_copy` is not bound.
                self.state.best = Some(tch::no_grad(|| self.state.weights.f_alias_copy())?);
            }
        }
        Ok(Control::Continue)
    }

    /// Leaves the network with its best weights.
    fn close(mut self) -> Result<Outcome, TrainError> {
        if let Some(best) = &self.state.best {
            tch::no_grad(|| self.state.weights.f_copy_(best))?;
        }
        Ok(self.state.outcome)
    }
}

/// The loss by which epochs are compared: without noise, sparsity penalty, sampling and head.
///
/// # Errors
/// When libtorch fails.
pub fn evaluate(
    network: &Network,
    examples: &Examples,
    settings: &Settings,
) -> Result<f64, TrainError> {
    let count = examples.count();
    let (mut sum, mut start) = (0.0, 0);
    while start < count {
        let length = network.spec().axes.at_once().min(count - start);
        let options = (Kind::Int64, examples.windows.device());
        let at = Tensor::f_arange_start(start, start + length, options)?;
        let part = examples.pick(&at)?;
        let value = tch::no_grad(|| loss(network, &part, settings, Purpose::Validation))?;
        sum += value.f_double_value(&[])? * length as f64;
        start += length;
    }
    Ok(sum / count.max(1) as f64)
}
