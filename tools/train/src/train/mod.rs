//! A network and windows go in; the network comes out with the weights that did best on the windows
//! it was validated on.
//!
//! Same seed, same weights on one machine. This room reads and writes nothing.

mod settings;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;
use tch::{Kind, Reduction, TchError, Tensor};

use crate::net::{NetError, Network, Output};
pub use settings::{Loss, Noise, Settings, SettingsError, Sparsity};

/// Decay of Adam's moments, and what keeps its quotient finite (Kingma & Ba 2015, ICLR).
const BETAS: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;
/// Windows that are validated at a time.
const VALIDATED: i64 = 1024;

/// Why training failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss is no number any more.
    #[error(
        "the loss is not finite in epoch {epoch}: lower --lr, or give --clip 1; are there absurd readings in the data?"
    )]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
    },
    /// The network.
    #[error(transparent)]
    Net(#[from] NetError),
    /// libtorch.
    #[error("libtorch failed: {0}")]
    Torch(#[from] TchError),
}

/// Windows to learn from.
#[derive(Debug)]
pub struct Examples {
    /// `[n, axes...]`.
    pub windows: Tensor,
    /// `[n]`: number of the class, or normalised quantity; NaN where there is none.
    pub labels: Option<Tensor>,
    /// `[n]`: false counts for the head only.
    pub normal: Option<Tensor>,
}

/// What training gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Training loss of each epoch.
    pub training: Vec<f64>,
    /// Validation loss of each epoch; empty without windows to validate on.
    pub validation: Vec<f64>,
    /// The epoch whose weights were kept, from 1.
    pub best: usize,
}

/// Adam over one flat copy of all weights, of which the network's own are views.
struct Adam {
    flat: Tensor,
    first: Tensor,
    second: Tensor,
    steps: i32,
}

impl Adam {
    fn new(weights: &mut [Tensor]) -> Result<Self, TchError> {
        let pieces: Vec<Tensor> =
            weights.iter().map(|w| w.f_detach()?.f_flatten(0, -1)).collect::<Result<_, _>>()?;
        let flat = Tensor::f_cat(&pieces, 0)?;
        let mut start = 0;
        for weight in weights {
            let length = weight.numel() as i64;
            let view = flat.f_narrow(0, start, length)?.f_view(weight.size().as_slice())?;
            weight.f_set_data(&view)?;
            start += length;
        }
        let (first, second) = (flat.f_zeros_like()?, flat.f_zeros_like()?);
        Ok(Self { flat, first, second, steps: 0 })
    }

    /// Takes a step against the gradients, in the order of the weights.
    fn step(&mut self, gradients: &[Tensor], settings: &Settings) -> Result<(), TchError> {
        let pieces: Vec<Tensor> =
            gradients.iter().map(|g| g.f_flatten(0, -1)).collect::<Result<_, _>>()?;
        let mut gradient = Tensor::f_cat(&pieces, 0)?;
        if let Some(most) = settings.clip {
            let norm = gradient.f_norm()?.f_double_value(&[])?;
            if norm > most {
                let _ = gradient.f_mul_scalar_(most / (norm + 1e-6))?;
            }
        }
        self.steps += 1;
        let lr = settings.lr;
        let _ = self.flat.f_mul_scalar_(1.0 - lr * settings.weight_decay)?;
        let _ = self.first.f_lerp_(&gradient, 1.0 - BETAS.0)?;
        let _ = self.second.f_lerp_(&gradient.f_square()?, 1.0 - BETAS.1)?;
        let scale = (1.0 - BETAS.1.powi(self.steps)).sqrt();
        let below = self.second.f_sqrt()?.f_div_scalar(scale)?.f_add_scalar(EPSILON)?;
        let step = self.first.f_div(&below)?;
        let size = lr / (1.0 - BETAS.0.powi(self.steps));
        let _ = self.flat.f_sub_(&step.f_mul_scalar(size)?)?;
        Ok(())
    }
}

/// Trains `network`. With windows to validate on it keeps the weights of the best epoch, else those
/// of the last.
///
/// # Errors
/// When the loss diverges, or libtorch fails.
pub fn train(
    network: &Network,
    training: &Examples,
    validation: Option<&Examples>,
    settings: &Settings,
    mut told: impl FnMut(usize, f64, Option<f64>),
) -> Result<Outcome, TrainError> {
    let mut weights: Vec<Tensor> = network.parameters().into_iter().map(|(_, w)| w).collect();
    let mut adam = tch::no_grad(|| Adam::new(&mut weights))?;
    let mut order: Vec<i64> = (0..training.windows.size().first().copied().unwrap_or(0)).collect();
    let mut outcome = Outcome::default();
    let mut kept: Option<(f64, Tensor)> = None;
    for epoch in 1..=settings.epochs {
        // Each epoch has a seed of its own, so that none depends on what was drawn before it.
        let seed = settings.seed.wrapping_mul(1_000_003).wrapping_add(epoch as u64);
        order.shuffle(&mut Pcg64Mcg::seed_from_u64(seed));
        tch::manual_seed(seed as i64);
        // Summed where it is computed: to fetch each step's loss would hold up the next.
        let mut sum = Tensor::f_zeros([], (Kind::Float, training.windows.device()))?;
        for batch in order.chunks(settings.batch) {
            let at = Tensor::f_from_slice(batch)?.f_to(training.windows.device())?;
            let loss = loss(network, &training.pick(&at)?, settings, Some(epoch))?;
            let gradients = Tensor::f_run_backward(&[&loss], &weights, false, false)?;
            tch::no_grad(|| adam.step(&gradients, settings))?;
            sum = sum.f_add(&loss.f_detach()?.f_mul_scalar(batch.len() as f64)?)?;
        }
        let mean = sum.f_double_value(&[])? / order.len().max(1) as f64;
        let validated = validation.map(|examples| validate(network, examples, settings));
        let validated = validated.transpose()?;
        if !mean.is_finite() || validated.is_some_and(|loss| !loss.is_finite()) {
            return Err(TrainError::Diverged { epoch });
        }
        told(epoch, mean, validated);
        outcome.training.push(mean);
        outcome.validation.extend(validated);
        let Some(validated) = validated else {
            outcome.best = epoch;
            continue;
        };
        if kept.as_ref().is_none_or(|(best, _)| validated < *best) {
            kept = Some((validated, tch::no_grad(|| adam.flat.f_alias_copy())?));
            outcome.best = epoch;
        }
        if settings.patience.is_some_and(|patience| epoch - outcome.best >= patience) {
            break;
        }
    }
    if let Some((_, best)) = kept {
        tch::no_grad(|| adam.flat.f_copy_(&best))?;
    }
    Ok(outcome)
}

fn validate(
    network: &Network,
    examples: &Examples,
    settings: &Settings,
) -> Result<f64, TrainError> {
    let count = examples.windows.size().first().copied().unwrap_or(0);
    let (mut sum, mut start) = (0.0, 0);
    while start < count {
        let length = VALIDATED.min(count - start);
        let at = Tensor::f_arange_start(
            start,
            start + length,
            (Kind::Int64, examples.windows.device()),
        )?;
        let part = examples.pick(&at)?;
        let value = tch::no_grad(|| loss(network, &part, settings, None))?.f_double_value(&[])?;
        sum += value * length as f64;
        start += length;
    }
    Ok(sum / count.max(1) as f64)
}

impl Examples {
    fn pick(&self, at: &Tensor) -> Result<Self, TchError> {
        let pick = |tensor: &Option<Tensor>| {
            tensor.as_ref().map(|tensor| tensor.f_index_select(0, at)).transpose()
        };
        Ok(Self {
            windows: self.windows.f_index_select(0, at)?,
            labels: pick(&self.labels)?,
            normal: pick(&self.normal)?,
        })
    }
}

/// The whole loss of a batch, in training; `epoch` is `None` where it is validated: then without
/// noise, sparsity penalty and sampling, and with the full weight of a variational latent.
fn loss(
    network: &Network,
    batch: &Examples,
    settings: &Settings,
    epoch: Option<usize>,
) -> Result<Tensor, TrainError> {
    let input = match epoch {
        Some(_) => noisy(&batch.windows, settings.noise)?,
        None => batch.windows.shallow_clone(),
    };
    let output = network.forward(&input, epoch.is_some())?;
    let errors = match settings.loss {
        Loss::Mse => output.reconstruction.f_mse_loss(&batch.windows, Reduction::None),
        Loss::Mae => output.reconstruction.f_l1_loss(&batch.windows, Reduction::None),
        Loss::Huber { delta } => {
            output.reconstruction.f_huber_loss(&batch.windows, Reduction::None, delta)
        }
    }?;
    let errors = errors.f_flatten(1, -1)?;
    let values = errors.size().last().copied().unwrap_or(1).max(1) as f64;
    let each = errors.f_mean_dim(1, false, Kind::Float)?;
    let mut loss = match &batch.normal {
        Some(normal) => {
            let normal = normal.f_to_kind(Kind::Float)?;
            let count = normal.f_sum(Kind::Float)?.f_clamp_min(1.0)?;
            each.f_mul(&normal)?.f_sum(Kind::Float)?.f_div(&count)?
        }
        None => each.f_mean(Kind::Float)?,
    };
    if let Some((mu, logvar)) = &output.mu_logvar {
        let rise = match (epoch, settings.kl_warm_up) {
            (Some(epoch), warm_up) if warm_up > 0 => (epoch as f64 / warm_up as f64).min(1.0),
            _ => 1.0,
        };
        // Kingma & Welling 2014, appendix B; over the number of values, as the mean error is.
        let inner = logvar.f_add_scalar(1.0)?.f_sub(&mu.f_square()?)?.f_sub(&logvar.f_exp()?)?;
        let divergence = inner.f_sum_dim_intlist(1, false, Kind::Float)?.f_mean(Kind::Float)?;
        loss = loss.f_add(&divergence.f_mul_scalar(-0.5 * rise * settings.beta / values)?)?;
    }
    if epoch.is_some()
        && let Some(penalty) = penalty(&output.code, settings.sparsity)?
    {
        loss = loss.f_add(&penalty)?;
    }
    match head_loss(&output, batch)? {
        Some(head) => Ok(loss.f_add(&head.f_mul_scalar(settings.head_weight)?)?),
        None => Ok(loss),
    }
}

fn noisy(windows: &Tensor, noise: Noise) -> Result<Tensor, TchError> {
    match noise {
        Noise::None => Ok(windows.shallow_clone()),
        Noise::Gaussian { sigma } => windows.f_add(&windows.f_randn_like()?.f_mul_scalar(sigma)?),
        Noise::Masking { share } => windows.f_mul(&windows.f_rand_like()?.f_ge(share)?),
    }
}

fn penalty(code: &Tensor, sparsity: Sparsity) -> Result<Option<Tensor>, TchError> {
    match sparsity {
        Sparsity::None => Ok(None),
        Sparsity::L1 { weight } => {
            code.f_abs()?.f_mean(Kind::Float)?.f_mul_scalar(weight).map(Some)
        }
        Sparsity::Kl { target, weight } => {
            let mean = code.f_mean_dim(0, false, Kind::Float)?.f_clamp(1e-6, 1.0 - 1e-6)?;
            let active = mean.f_log()?.f_mul_scalar(-target)?;
            let quiet = mean.f_neg()?.f_add_scalar(1.0)?.f_log()?.f_mul_scalar(target - 1.0)?;
            let constant = target * target.ln() + (1.0 - target) * (1.0 - target).ln();
            let sum = active.f_add(&quiet)?.f_add_scalar(constant)?.f_mean(Kind::Float)?;
            sum.f_mul_scalar(weight).map(Some)
        }
    }
}

/// Of the windows that have a label; `None` where none in the batch has.
fn head_loss(output: &Output, batch: &Examples) -> Result<Option<Tensor>, TchError> {
    let (Some(head), Some(labels)) = (&output.head, &batch.labels) else { return Ok(None) };
    let at = labels.f_isnan()?.f_logical_not()?.f_nonzero()?.f_view([-1])?;
    if at.numel() == 0 {
        return Ok(None);
    }
    let (head, labels) = (head.f_index_select(0, &at)?, labels.f_index_select(0, &at)?);
    if head.size().last() == Some(&1) {
        return head.f_view([-1])?.f_mse_loss(&labels, Reduction::Mean).map(Some);
    }
    let classes = labels.f_to_kind(Kind::Int64)?;
    head.f_cross_entropy_loss(&classes, None::<Tensor>, Reduction::Mean, -100, 0.0).map(Some)
}
