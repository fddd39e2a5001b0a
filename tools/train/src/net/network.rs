//! A network that libtorch trains and runs: a [`Spec`] goes in, layers with their weights come out, and
//! windows `[N, axes]` go through them.

use oddity::model::MOST_BYTES;
use tch::{Device, Tensor, nn};

use super::arch::{self, LatentLayers, Layers};
use super::error::NetError;
use super::layer::Layer;
use super::rounding::{Rounding, Stretch};
use super::spec::Spec;
use super::{closed_form, layer};

/// A network with its weights.
#[derive(Debug)]
pub struct Network {
    pub(super) spec: Spec,
    store: nn::VarStore,
    pub(super) layers: Layers,
    /// Where it runs in int8.
    pub(super) rounding: Option<Rounding>,
}

/// What a network makes of windows.
#[derive(Debug)]
pub struct NetOutput {
    /// The axes of the windows, after the output's activation.
    pub reconstruction: Tensor,
    /// `[N, latent]`: what ONNX calls `latent`, after the latent's activation; mu of a VAE.
    pub latent: Tensor,
    /// `[N, latent]`: what the decoder read: `latent`, or the sample of a VAE.
    pub code: Tensor,
    /// Mean and log variance of a VAE's latent, `[N, latent]` each.
    pub mu_logvar: Option<(Tensor, Tensor)>,
    /// Logits `[N, classes]` or estimates `[N, 1]`, from `latent`.
    pub head: Option<Tensor>,
}

impl Network {
    /// Builds the layers with PyTorch's own initialisation.
    ///
    /// The weights are the same on each device after the same [`tch::manual_seed`].
    ///
    /// # Errors
    /// When the layers do not fit together or the window, or libtorch fails.
    pub fn new(spec: &Spec, device: Device) -> Result<Self, NetError> {
        let store = nn::VarStore::new(device);
        let layers = arch::build(spec, &store.root())?;
        let weights: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
        if weights.saturating_mul(size_of::<f32>()) > MOST_BYTES {
            return Err(NetError::too_many(weights));
        }
        Ok(Self { spec: spec.clone(), store, layers, rounding: None })
    }

    /// What it was built from.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Where it runs.
    pub fn device(&self) -> Device {
        self.store.device()
    }

    /// From here on it runs and is written in int8, in steps that cover what it makes of these windows
    /// (`[n, axes]`) in f32. Weights are rounded as they are read, so it can go on learning.
    ///
    /// # Errors
    /// When it is recurrent or variational, the windows have other axes, or libtorch fails.
    pub fn quantise(&mut self, windows: &Tensor) -> Result<(), NetError> {
        self.fits(windows, &self.spec.axes.sizes())?;
        let most = self.spec.axes.at_once();
        let rounding = tch::no_grad(|| Rounding::observe(&self.layers, windows, most))?;
        self.rounding = Some(rounding);
        Ok(())
    }

    /// Whether it runs in int8.
    pub fn is_int8(&self) -> bool {
        self.rounding.is_some()
    }

    /// Runs windows `[N, axes]` on the network's device. With `sample` a VAE decodes a sample of
    /// its latent, as in training; without, its mean.
    ///
    /// # Errors
    /// When the windows have other axes, or libtorch fails.
    pub fn forward(&self, x: &Tensor, sample: bool) -> Result<NetOutput, NetError> {
        self.fits(x, &self.spec.axes.sizes())?;
        let rounding = self.rounding.as_ref();
        let features = run(&self.layers.encoder, rounding.map(|r| &r.encoder), x)?;
        let (latent, code, mu_logvar) = match &self.layers.latent {
            LatentLayers::Plain(layers) => {
                let latent = run(layers, rounding.map(|r| &r.latent), &features)?;
                (latent.shallow_clone(), latent, None)
            }
            LatentLayers::Variational { mu, logvar } => {
                let mu = layer::forward(mu, &features)?;
                let logvar = layer::forward(logvar, &features)?;
                let code = if sample { draw(&mu, &logvar)? } else { mu.shallow_clone() };
                (mu.shallow_clone(), code, Some((mu, logvar)))
            }
        };
        let reconstruction = self.decode(&code)?;
        let steps = rounding.and_then(|r| r.head.as_ref());
        let head = self.layers.head.as_ref().map(|layers| run(layers, steps, &latent));
        Ok(NetOutput { reconstruction, latent, code, mu_logvar, head: head.transpose()? })
    }

    /// Runs the decoder alone: codes `[N, latent]` to windows `[N, axes]`.
    ///
    /// # Errors
    /// When the codes have other axes, or libtorch fails.
    pub fn decode(&self, code: &Tensor) -> Result<Tensor, NetError> {
        self.fits(code, &[self.spec.latent])?;
        run(&self.layers.decoder, self.rounding.as_ref().map(|r| &r.decoder), code)
    }

    /// The weights, sorted by name; they share storage with the network's.
    pub fn parameters(&self) -> Vec<(String, Tensor)> {
        let mut all: Vec<_> = self.store.variables().into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// Sets the weights to the principal components of `windows` (`[n, axes]`): the encoder is
    /// `(x - mean) V`, the decoder its transpose plus the mean.
    ///
    /// Only for a dense network without hidden layers and activations.
    ///
    /// # Errors
    /// When the network is another, or has more latents than windows or features.
    pub fn set_linear_closed_form(&mut self, windows: &Tensor) -> Result<(), NetError> {
        self.fits(windows, &self.spec.axes.sizes())?;
        closed_form::set(&self.spec, &self.layers, windows)
    }

    /// Whether `x` is `[N, axes]`.
    fn fits(&self, x: &Tensor, axes: &[usize]) -> Result<(), NetError> {
        let got = x.size();
        let same = |(&got, &wanted): (&i64, &usize)| got == wanted as i64;
        if got.len() == axes.len() + 1 && got.iter().skip(1).zip(axes).all(same) {
            return Ok(());
        }
        let sizes: String = axes.iter().map(|size| format!(", {size}")).collect();
        Err(NetError::Input { wanted: format!("[N{sizes}]"), got })
    }
}

/// Runs layers in f32, or with steps as int8 would.
fn run(layers: &[Layer], steps: Option<&Stretch>, x: &Tensor) -> Result<Tensor, NetError> {
    match steps {
        Some(steps) => steps.forward(layers, x),
        None => layer::forward(layers, x),
    }
}

/// A sample of a normal distribution that gradients can pass (Kingma & Welling 2014,
/// arXiv:1312.6114).
fn draw(mu: &Tensor, logvar: &Tensor) -> Result<Tensor, NetError> {
    let deviation = logvar.f_mul_scalar(0.5)?.f_exp()?;
    Ok(mu.f_add(&deviation.f_mul(&mu.f_randn_like()?)?)?)
}
