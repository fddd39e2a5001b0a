//! Adam and AdamW over one flat copy of all weights, of which the network's own are views.
//!
//! Gradients go in, the weights change. One long vector instead of many short ones: a step of a
//! small network is mostly the cost of the calls.

use tch::{TchError, Tensor};

use super::error::TrainError;
use super::settings::{Optimiser, Settings};
use super::trained::Trained;
use crate::net::Network;

/// Decay of the moments, and what keeps their quotient finite (Kingma & Ba 2015, ICLR).
const BETAS: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;

/// Training at the end of an epoch: all that it takes to go on.
#[derive(Debug)]
pub struct TrainState {
    /// All weights, one after the other in the order of their names.
    pub weights: Tensor,
    /// Means of the gradients and of their squares, in the same order.
    pub moments: (Tensor, Tensor),
    /// Steps so far.
    pub steps: i32,
    /// The weights of the best epoch.
    pub best: Option<Tensor>,
    /// What each epoch gave.
    pub outcome: Trained,
}

impl TrainState {
    /// Before the first step: `weights` become views of one vector.
    pub(super) fn new(weights: &mut [Tensor]) -> Result<Self, TchError> {
        let flat = flat(weights)?;
        point(weights, &flat)?;
        let moments = (flat.f_zeros_like()?, flat.f_zeros_like()?);
        Ok(Self { weights: flat, moments, steps: 0, best: None, outcome: Trained::default() })
    }

    /// Goes on from a state, perhaps read from a file: `weights` get its values and become views of
    /// it.
    pub(super) fn enter(mut self, weights: &mut [Tensor]) -> Result<Self, TrainError> {
        let own = flat(weights)?;
        let (first, second) = &mut self.moments;
        for tensor in [&mut self.weights, first, second].into_iter().chain(&mut self.best) {
            if tensor.size() != own.size() {
                let (own, found) = (own.numel(), tensor.numel());
                return Err(TrainError::State(format!("{found} weights instead of {own}")));
            }
            *tensor = tensor.f_to_device(own.device())?.f_to_kind(own.kind())?;
        }
        point(weights, &self.weights)?;
        Ok(self)
    }

    /// Takes a step against the gradients, in the order of the weights.
    pub(super) fn step(
        &mut self,
        gradients: &[Tensor],
        settings: &Settings,
        lr: f64,
    ) -> Result<(), TchError> {
        let mut gradient = flat(gradients)?;
        if let Some(most) = settings.clip {
            // As torch.nn.utils.clip_grad_norm_ does; nothing waits for the device.
            let norm = gradient.f_norm()?.f_add_scalar(1e-6)?;
            let factor = norm.f_reciprocal()?.f_mul_scalar(most)?.f_clamp_max(1.0)?;
            let _ = gradient.f_mul_(&factor)?;
        }
        match (settings.optimiser, settings.weight_decay) {
            (_, 0.0) => {}
            (Optimiser::Adam, decay) => {
                gradient = gradient.f_add(&self.weights.f_mul_scalar(decay)?)?;
            }
            (Optimiser::Adamw, decay) => _ = self.weights.f_mul_scalar_(1.0 - lr * decay)?,
        }
        self.steps += 1;
        let (first, second) = &mut self.moments;
        let _ = first.f_lerp_(&gradient, 1.0 - BETAS.0)?;
        let _ = second.f_mul_scalar_(BETAS.1)?;
        let _ = second.f_add_(&gradient.f_square()?.f_mul_scalar_(1.0 - BETAS.1)?)?;
        let scale = (1.0 - BETAS.1.powi(self.steps)).sqrt();
        let size = lr / (1.0 - BETAS.0.powi(self.steps));
        if size == 0.0 {
            return Ok(());
        }
        // weights -= size * first / (sqrt(second) / scale + EPSILON), with the factor drawn into the
        // denominator: the binding of addcdiv has none.
        let mut below = second.f_sqrt()?;
        let _ = below.f_mul_scalar_(-1.0 / (scale * size))?;
        let _ = below.f_add_scalar_(-EPSILON / size)?;
        let _ = self.weights.f_addcdiv_(first, &below)?;
        Ok(())
    }
}

/// A copy of all weights of a network, one after the other in the order of their names.
///
/// # Errors
/// When libtorch fails.
pub fn weights(network: &Network) -> Result<Tensor, TchError> {
    let weights: Vec<Tensor> = network.parameters().into_iter().map(|(_, w)| w).collect();
    tch::no_grad(|| flat(&weights))
}

/// Gives a network the weights that [`weights`] gave of another one like it.
///
/// # Errors
/// When they are of another network, or libtorch fails.
pub fn set_weights(network: &Network, values: &Tensor) -> Result<(), TrainError> {
    let mut weights: Vec<Tensor> = network.parameters().into_iter().map(|(_, w)| w).collect();
    let own: usize = weights.iter().map(Tensor::numel).sum();
    if values.numel() != own {
        return Err(TrainError::State(format!("{} weights instead of {own}", values.numel())));
    }
    let values = values.f_to_device(network.device())?;
    Ok(tch::no_grad(|| point(&mut weights, &values))?)
}

/// All values, one tensor after the other.
fn flat(tensors: &[Tensor]) -> Result<Tensor, TchError> {
    let pieces: Vec<Tensor> =
        tensors.iter().map(|t| t.f_detach()?.f_flatten(0, -1)).collect::<Result<_, _>>()?;
    Tensor::f_cat(&pieces, 0)
}

/// Makes `weights` views of `flat`.
fn point(weights: &mut [Tensor], flat: &Tensor) -> Result<(), TchError> {
    let mut start = 0;
    for weight in weights {
        let length = weight.numel() as i64;
        let view = flat.f_narrow(0, start, length)?.f_view(weight.size().as_slice())?;
        weight.f_set_data(&view)?;
        start += length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tests::settings;
    use tch::nn::{self, OptimizerConfig};
    use tch::{Device, Kind};

    /// Largest difference between our weights and libtorch's after the same gradients.
    fn difference(optimiser: Optimiser, weight_decay: f64) -> f64 {
        let settings = Settings { optimiser, weight_decay, ..settings() };
        let start = Tensor::from_slice(&[0.5_f32, -1.0, 2.0, 0.001]);
        let target = Tensor::from_slice(&[0.4_f32, 3.0, -2.0, 0.0]);
        let store = nn::VarStore::new(Device::Cpu);
        let theirs = store.root().var_copy("w", &start);
        let mut native = match optimiser {
            Optimiser::Adam => {
                nn::Adam { wd: weight_decay, ..nn::Adam::default() }.build(&store, 0.01)
            }
            Optimiser::Adamw => {
                nn::AdamW { wd: weight_decay, ..nn::AdamW::default() }.build(&store, 0.01)
            }
        }
        .unwrap();
        let mut ours = vec![start.copy().set_requires_grad(true)];
        let mut state = tch::no_grad(|| TrainState::new(&mut ours)).unwrap();
        for _ in 0..20 {
            native.backward_step(&(&theirs - &target).pow_tensor_scalar(4).sum(Kind::Float));
            let loss = (&ours[0] - &target).pow_tensor_scalar(4).sum(Kind::Float);
            let gradients = Tensor::run_backward(&[loss], &ours, false, false);
            tch::no_grad(|| state.step(&gradients, &settings, 0.01)).unwrap();
        }
        assert!((&ours[0] - &start).abs().max().double_value(&[]) > 0.1);
        (&ours[0] - &theirs).abs().max().double_value(&[])
    }

    #[test]
    fn steps_are_those_of_libtorch() {
        for decay in [0.0, 0.1] {
            for optimiser in [Optimiser::Adam, Optimiser::Adamw] {
                let apart = difference(optimiser, decay);
                assert!(apart < 1e-6, "{optimiser:?} {decay}: {apart}");
            }
        }
    }

    #[test]
    fn a_long_gradient_is_shortened() {
        let step = |clip| {
            let mut weights = vec![Tensor::from_slice(&[0.0_f32, 0.0])];
            let mut state = TrainState::new(&mut weights).unwrap();
            let gradients = [Tensor::from_slice(&[3.0_f32, 4.0])];
            state.step(&gradients, &Settings { clip, ..settings() }, 0.1).unwrap();
            (state.moments.0 / (1.0 - BETAS.0)).norm().double_value(&[])
        };
        assert!((step(Some(1.0)) - 1.0).abs() < 1e-5);
        assert!((step(Some(5.1)) - 5.0).abs() < 1e-5 && (step(None) - 5.0).abs() < 1e-5);
    }
}
