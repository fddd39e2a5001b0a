//! The loop: batches go through the network, gradients into its weights, epoch by epoch.

use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;
use tch::{Kind, TchError, Tensor};

use super::adam::TrainState;
use super::course::{Control, Course, Progress};
use super::error::TrainError;
use super::examples::Examples;
use super::loss::{Losses, Purpose, head_loss, loss, normal};
use super::schedule;
use super::settings::{InputNoise, Settings};
use super::trained::Trained;
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
    from: Option<TrainState>,
    mut told: impl FnMut(&Progress<'_>) -> Control,
) -> Result<Trained, TrainError> {
    let mut weights: Vec<Tensor> = network.parameters().into_iter().map(|(_, w)| w).collect();
    let state = tch::no_grad(|| match from {
        Some(state) => state.enter(&mut weights),
        None => Ok(TrainState::new(&mut weights)?),
    })?;
    let extremes = match settings.noise {
        InputNoise::SaltAndPepper { .. } => {
            let windows = normal(&training.windows, training)?;
            (windows.f_min()?.f_double_value(&[])?, windows.f_max()?.f_double_value(&[])?)
        }
        _ => (0.0, 0.0),
    };
    let mut run = EpochLoop { network, training, course, settings, state, weights, extremes };
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

struct EpochLoop<'a> {
    network: &'a Network,
    training: &'a Examples,
    course: Course<'a>,
    settings: &'a Settings,
    state: TrainState,
    /// Views of the state's.
    weights: Vec<Tensor>,
    extremes: (f64, f64),
}

impl EpochLoop<'_> {
    /// The learning rate of the next epoch, where there is one.
    fn next(&self) -> Option<f64> {
        let outcome = &self.state.outcome;
        let done = outcome.training.len();
        match self.course {
            Course::Repeat(rates) => rates.get(done).copied(),
            Course::Search { .. } if done >= self.settings.epochs => None,
            Course::Search { .. } if schedule::is_over(self.settings, outcome) => None,
            Course::Search { .. } => Some(schedule::rate(self.settings, outcome)),
        }
    }

    fn tell(&self, share: f64, told: &mut impl FnMut(&Progress<'_>) -> Control) -> Control {
        let outcome = &self.state.outcome;
        let ended = share >= 1.0;
        told(&Progress {
            epoch: if ended { outcome.training.len() } else { outcome.training.len() + 1 },
            epochs: match self.course {
                Course::Repeat(rates) => rates.len(),
                Course::Search { .. } => self.settings.epochs,
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
        let (mut head_sum, mut labelled) = (sum.f_zeros_like()?, 0);
        let mut done = 0;
        for batch in order.chunks(self.settings.batch) {
            let at = Tensor::f_from_slice(batch)?.f_to(device)?;
            let purpose = Purpose::Training(epoch, self.extremes);
            let Losses { whole, autoencoder, head } =
                loss(self.network, &self.training.pick(&at)?, self.settings, purpose)?;
            let gradients = Tensor::f_run_backward(&[&whole], &self.weights, false, false)?;
            tch::no_grad(|| self.state.step(&gradients, self.settings, lr))?;
            sum = sum.f_add(&autoencoder.f_detach()?.f_mul_scalar(batch.len() as f64)?)?;
            if let Some((head, count)) = head {
                head_sum = head_sum.f_add(&head.f_detach()?.f_mul_scalar(count as f64)?)?;
                labelled += count;
            }
            done += batch.len();
            if done < order.len() {
                let share = done as f64 / order.len() as f64;
                if self.tell(share, told) == Control::Stop {
                    return Ok(Control::Stop);
                }
            }
        }
        let mean = sum.f_double_value(&[])? / order.len().max(1) as f64;
        let head_mean = match labelled {
            0 => None,
            count => Some(head_sum.f_double_value(&[])? / count as f64),
        };
        let (validated, head_validated) = match self.course {
            Course::Search { validation, labelled } => (
                Some(evaluate(self.network, validation, self.settings)?),
                labelled.map_or(Ok(None), |examples| evaluate_head(self.network, examples))?,
            ),
            Course::Repeat(_) => (None, None),
        };
        let all = [Some(mean), head_mean, validated, head_validated];
        if all.iter().flatten().any(|loss| !loss.is_finite()) {
            return Err(TrainError::Diverged { epoch });
        }
        let outcome = &mut self.state.outcome;
        outcome.head_training.extend(head_mean);
        outcome.head_validation.extend(head_validated);
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
    fn close(mut self) -> Result<Trained, TrainError> {
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
    let mut sum = 0.0;
    for part in parts(network, examples) {
        let part = part?;
        let losses = tch::no_grad(|| loss(network, &part, settings, Purpose::Validation))?;
        sum += losses.whole.f_double_value(&[])? * part.count() as f64;
    }
    Ok(sum / examples.count().max(1) as f64)
}

/// The loss of the second output, mean over the windows that have a label; `None` where none has.
fn evaluate_head(network: &Network, examples: &Examples) -> Result<Option<f64>, TrainError> {
    let (mut sum, mut labelled) = (0.0, 0);
    for part in parts(network, examples) {
        let part = part?;
        let output = tch::no_grad(|| network.forward(&part.windows, false))?;
        if let Some((loss, count)) = head_loss(&output, &part)? {
            sum += loss.f_double_value(&[])? * count as f64;
            labelled += count;
        }
    }
    Ok((labelled > 0).then(|| sum / labelled as f64))
}

/// The windows in their order, as many at once as take little memory.
fn parts<'a>(
    network: &Network,
    examples: &'a Examples,
) -> impl Iterator<Item = Result<Examples, TchError>> + use<'a> {
    let (count, most) = (examples.count(), network.spec().axes.at_once().max(1));
    let options = (Kind::Int64, examples.windows.device());
    let starts = (0..count).step_by(usize::try_from(most).unwrap_or(1));
    starts.map(move |start| {
        let end = (start + most).min(count);
        examples.pick(&Tensor::f_arange_start(start, end, options)?)
    })
}
