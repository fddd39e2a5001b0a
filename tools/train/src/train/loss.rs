//! What is made small: a network and a batch go in, numbers on the device come out.
//!
//! `error + beta KL / D + sparsity + head weight * head`: the error is the mean over windows and
//! values, the divergence that of a window, over its `D` values as the mean error is.

use tch::{Kind, Reduction, TchError, Tensor};

use super::error::TrainError;
use super::examples::Examples;
use super::noise::noisy;
use super::schedule::beta;
use super::settings::{Loss, Settings, Sparsity};
use crate::net::{NetOutput, Network};

/// What a loss is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// To learn from, in this epoch, from 1; salt and pepper are these.
    Training(usize, (f64, f64)),
    /// To compare epochs: how well it reconstructs, without noise, sparsity penalty, sampling and
    /// head, and with the full weight of a variational latent.
    Validation,
}

/// The loss of a batch, as a whole and in its two parts.
pub(super) struct Losses {
    /// What is made small.
    pub(super) whole: Tensor,
    /// Without the second output.
    pub(super) autoencoder: Tensor,
    /// Of the second output alone, and of how many windows it is the mean; `None` where none has a
    /// label.
    pub(super) head: Option<(Tensor, usize)>,
}

/// The loss of a batch.
pub(super) fn loss(
    network: &Network,
    batch: &Examples,
    settings: &Settings,
    purpose: Purpose,
) -> Result<Losses, TrainError> {
    let (input, beta) = match purpose {
        Purpose::Training(epoch, extremes) => {
            (noisy(&batch.windows, settings.noise, extremes)?, beta(settings, epoch))
        }
        Purpose::Validation => (batch.windows.shallow_clone(), settings.beta),
    };
    let training = matches!(purpose, Purpose::Training(..));
    let output = network.forward(&input, training)?;
    let mut loss = error(settings.loss, &output.reconstruction, batch)?;
    if let Some((mu, logvar)) = &output.mu_logvar {
        let values = network.spec().axes.len().max(1) as f64;
        let divergence = divergence(&normal(mu, batch)?, &normal(logvar, batch)?)?;
        loss = loss.f_add(&divergence.f_mul_scalar(beta / values)?)?;
    }
    if !training {
        return Ok(Losses { whole: loss.shallow_clone(), autoencoder: loss, head: None });
    }
    if let Some(penalty) = penalty(&normal(&output.code, batch)?, settings.sparsity)? {
        loss = loss.f_add(&penalty)?;
    }
    let head = head_loss(&output, batch)?;
    let whole = match &head {
        Some((head, _)) => loss.f_add(&head.f_mul_scalar(settings.head_weight)?)?,
        None => loss.shallow_clone(),
    };
    Ok(Losses { whole, autoencoder: loss, head })
}

/// The rows of the normal windows.
pub(super) fn normal(values: &Tensor, batch: &Examples) -> Result<Tensor, TchError> {
    let Some(normal) = &batch.normal else { return Ok(values.shallow_clone()) };
    values.f_index_select(0, &normal.f_nonzero()?.f_view([-1])?)
}

/// Mean over the normal windows and their values.
fn error(loss: Loss, got: &Tensor, batch: &Examples) -> Result<Tensor, TchError> {
    let wanted = &batch.windows;
    let by = |reduction| match loss {
        Loss::Mse => got.f_mse_loss(wanted, reduction),
        Loss::Mae => got.f_l1_loss(wanted, reduction),
        Loss::Huber { delta } => got.f_huber_loss(wanted, reduction, delta),
        Loss::Bce => got.f_binary_cross_entropy::<Tensor>(wanted, None, reduction),
    };
    let Some(normal) = &batch.normal else { return by(Reduction::Mean) };
    let each = by(Reduction::None)?.f_flatten(1, -1)?.f_mean_dim(1, false, Kind::Float)?;
    let normal = normal.f_to_kind(Kind::Float)?;
    let count = normal.f_sum(Kind::Float)?.f_clamp_min(1.0)?;
    each.f_mul(&normal)?.f_sum(Kind::Float)?.f_div(&count)
}

/// Kullback-Leibler divergence from the standard normal distribution, mean over the windows
/// (Kingma & Welling 2014, arXiv:1312.6114, appendix B).
fn divergence(mu: &Tensor, logvar: &Tensor) -> Result<Tensor, TchError> {
    if mu.numel() == 0 {
        return mu.f_sum(Kind::Float);
    }
    let inner = logvar.f_add_scalar(1.0)?.f_sub(&mu.f_square()?)?.f_sub(&logvar.f_exp()?)?;
    inner.f_sum_dim_intlist(1, false, Kind::Float)?.f_mean(Kind::Float)?.f_mul_scalar(-0.5)
}

fn penalty(code: &Tensor, sparsity: Sparsity) -> Result<Option<Tensor>, TchError> {
    match sparsity {
        Sparsity::None => Ok(None),
        _ if code.numel() == 0 => Ok(None),
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

/// Mean over the windows that have a label, and how many those are; `None` where none in the batch
/// has.
pub(super) fn head_loss(
    output: &NetOutput,
    batch: &Examples,
) -> Result<Option<(Tensor, usize)>, TchError> {
    let (Some(head), Some(labels)) = (&output.head, &batch.labels) else { return Ok(None) };
    let at = labels.f_isnan()?.f_logical_not()?.f_nonzero()?.f_view([-1])?;
    let count = at.numel();
    if count == 0 {
        return Ok(None);
    }
    let (head, labels) = (head.f_index_select(0, &at)?, labels.f_index_select(0, &at)?);
    if head.size().last() == Some(&1) {
        return Ok(Some((head.f_view([-1])?.f_mse_loss(&labels, Reduction::Mean)?, count)));
    }
    let classes = labels.f_to_kind(Kind::Int64)?;
    let loss = head.f_cross_entropy_loss(&classes, None::<Tensor>, Reduction::Mean, -100, 0.0)?;
    Ok(Some((loss, count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_are_not_normal_do_not_count() {
        let examples = |normal: &[bool]| Examples {
            windows: Tensor::from_slice(&[0.0_f32, 0.0, 1.0, 1.0]).view([2, 2]),
            labels: None,
            normal: Some(Tensor::from_slice(normal)),
        };
        let got = Tensor::from_slice(&[0.5_f32, 0.5, 0.0, 0.0]).view([2, 2]);
        let of =
            |normal: &[bool]| error(Loss::Mse, &got, &examples(normal)).unwrap().double_value(&[]);
        assert_eq!(of(&[true, false]), 0.25);
        assert_eq!(of(&[true, true]), 0.625);
        assert_eq!(of(&[false, false]), 0.0);
    }

    #[test]
    fn the_divergence_of_the_standard_normal_distribution_is_zero() {
        let of = |mu: f32, logvar: f32| {
            let (mu, logvar) = (Tensor::from(mu).view([1, 1]), Tensor::from(logvar).view([1, 1]));
            divergence(&mu, &logvar).unwrap().double_value(&[])
        };
        assert_eq!(of(0.0, 0.0), 0.0);
        assert!((of(2.0, 0.0) - 2.0).abs() < 1e-6);
    }

    #[test]
    fn binary_cross_entropy_is_that_of_its_definition() {
        let batch = Examples {
            windows: Tensor::from_slice(&[1.0_f32, 0.0]).view([1, 2]),
            labels: None,
            normal: None,
        };
        let got = Tensor::from_slice(&[0.5_f32, 0.25]).view([1, 2]);
        let value = error(Loss::Bce, &got, &batch).unwrap().double_value(&[]);
        let wanted = -(0.5_f64.ln() + 0.75_f64.ln()) / 2.0;
        assert!((value - wanted).abs() < 1e-6, "{value} {wanted}");
    }
}
