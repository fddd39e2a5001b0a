//! The networks: a [`Spec`] goes in; a [`Network`] that libtorch trains and an ONNX file that
//! tract runs come out.
//!
//! This room never reads a file, never trains, and knows nothing of data.

mod error;
pub mod spec;

use tch::{Device, Tensor, nn};

pub use error::NetError;
pub use spec::{Activation, Axes, Backbone, Growth, Head, Spec};

/// A network with its weights.
#[derive(Debug)]
pub struct Network {
    spec: Spec,
    store: nn::VarStore,
}

/// What a network makes of windows.
#[derive(Debug)]
pub struct Output {
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

/// A part of a network that stands as an ONNX file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `input` to `reconstruction`, `latent`, and of a VAE `mu` and `logvar`, and `class` or
    /// `estimate` of a head.
    Whole,
    /// `input` to `latent`, and of a VAE `mu` and `logvar`.
    Encoder,
    /// `latent` to `reconstruction`.
    Decoder,
}

impl Network {
    /// Builds the layers with PyTorch's own initialisation.
    ///
    /// The weights are the same on each device after the same [`tch::manual_seed`].
    ///
    /// # Errors
    /// When the layers do not fit together or the window, or libtorch fails.
    pub fn new(spec: &Spec, device: Device) -> Result<Self, NetError> {
        Ok(Self { spec: spec.clone(), store: nn::VarStore::new(device) })
    }

    /// What it was built from.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Where the weights are, for an optimiser.
    pub fn store(&self) -> &nn::VarStore {
        &self.store
    }

    /// Where it runs.
    pub fn device(&self) -> Device {
        self.store.device()
    }

    /// Runs windows `[N, axes]` on the network's device. With `sample` a VAE decodes a sample of
    /// its latent, as in training; without, its mean.
    ///
    /// # Errors
    /// When the windows have other axes, or libtorch fails.
    pub fn forward(&self, x: &Tensor, sample: bool) -> Result<Output, NetError> {
        let _ = (x, sample);
        Err(NetError::Spec("not built yet".into()))
    }

    /// Runs the decoder alone: codes `[N, latent]` to windows `[N, axes]`.
    ///
    /// # Errors
    /// When the codes have other axes, or libtorch fails.
    pub fn decode(&self, code: &Tensor) -> Result<Tensor, NetError> {
        let _ = code;
        Err(NetError::Spec("not built yet".into()))
    }

    /// The weights, sorted by name; they share storage with the network's.
    pub fn parameters(&self) -> Vec<(String, Tensor)> {
        let mut all: Vec<_> = self.store.variables().into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// Copies weights in, by name. The names must be those of [`Network::parameters`].
    ///
    /// # Errors
    /// When a name is missing, unknown or twice, or a shape is another; the weights then stay.
    pub fn load(&mut self, named: &[(String, Tensor)]) -> Result<(), NetError> {
        let _ = named;
        Err(NetError::Weights("not built yet".into()))
    }

    /// Sets the weights to the principal components of `windows` (`[n, axes]`): the encoder is
    /// `(x - mean) V`, the decoder its transpose plus the mean.
    ///
    /// Only for a dense network without hidden layers and activations.
    ///
    /// # Errors
    /// When the network is another, or has more latents than windows or features.
    pub fn set_linear_closed_form(&mut self, windows: &Tensor) -> Result<(), NetError> {
        let _ = windows;
        Err(NetError::Spec("not built yet".into()))
    }

    /// Writes a part as an ONNX file (opset 17, IR 8) with a free batch `N`.
    ///
    /// # Errors
    /// When weights cannot be read, or the file would break a rule of ONNX.
    pub fn to_onnx(&self, part: Part) -> Result<Vec<u8>, NetError> {
        let _ = part;
        Err(NetError::Spec("not built yet".into()))
    }
}

/// Largest difference between libtorch and tract that [`check`] lets pass.
pub const TOLERANCE: f32 = 1e-4;

/// Loads an export the way a device does, runs `windows` (`[n, axes]`) through it and through the
/// network, and gives the largest absolute difference of any output.
///
/// # Errors
/// When the file breaks a rule of ONNX, tract or oddity refuses it, or an answer is more than
/// [`TOLERANCE`] away.
pub fn check(network: &Network, onnx: &[u8], windows: &Tensor) -> Result<f32, NetError> {
    let _ = (network, onnx, windows);
    Err(NetError::Spec("not built yet".into()))
}
