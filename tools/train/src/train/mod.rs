//! A network and windows go in; the network comes out with the weights that did best on the windows
//! it was validated on.
//!
//! Same seed, same weights on one machine, also when training goes on from a [`State`]. This room
//! reads and writes nothing.

mod adam;
mod epochs;
mod loss;
mod noise;
mod schedule;
mod settings;
mod text;

use tch::{TchError, Tensor};

use crate::net::NetError;
pub use adam::{set_weights, weights};
pub use epochs::{evaluate, train};
pub use settings::{Loss, Noise, Optimiser, Schedule, Settings, SettingsError, Sparsity};

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
    /// A state is not of this network.
    #[error("this checkpoint does not fit the network: {0}")]
    State(String),
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
    /// `[n]`: where false, a window counts for the head only.
    pub normal: Option<Tensor>,
}

impl Examples {
    /// How many there are.
    pub fn count(&self) -> i64 {
        self.windows.size().first().copied().unwrap_or(0)
    }

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

/// What training gave.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// Training loss of each epoch.
    pub training: Vec<f64>,
    /// Validation loss of each epoch; empty without windows to validate on.
    pub validation: Vec<f64>,
    /// Learning rate of each epoch.
    pub rates: Vec<f64>,
    /// The epoch whose weights were kept, from 1; 0 where there was none.
    pub best: usize,
    /// Seconds that it took, also before a break.
    pub seconds: f64,
    /// It was stopped from outside.
    pub interrupted: bool,
}

impl Outcome {
    /// Validation loss of the epoch that was kept.
    pub fn validated(&self) -> Option<f64> {
        self.validation.get(self.best.checked_sub(1)?).copied()
    }
}

/// How long to train, and how fast.
#[derive(Clone, Copy, Debug)]
pub enum Course<'a> {
    /// By the settings, until the windows to validate on say that it is enough.
    Search(&'a Examples),
    /// An epoch with each of these learning rates, which another network did best with.
    Repeat(&'a [f64]),
}

/// Training at the end of an epoch: all that it takes to go on.
#[derive(Debug)]
pub struct State {
    /// All weights, one after the other in the order of their names.
    pub weights: Tensor,
    /// Means of the gradients and of their squares, in the same order.
    pub moments: (Tensor, Tensor),
    /// Steps so far.
    pub steps: i32,
    /// The weights of the best epoch.
    pub best: Option<Tensor>,
    /// What each epoch gave.
    pub outcome: Outcome,
}

/// How far training is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The epoch that is under way, from 1.
    pub epoch: usize,
    /// Epochs, at most.
    pub epochs: usize,
    /// Share of this epoch that is done; 1 at its end.
    pub share: f64,
    /// The epochs before, and at its end this one.
    pub outcome: &'a Outcome,
    /// At the end of an epoch. Its tensors are the living ones: write them, do not keep them.
    pub state: Option<&'a State>,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Stop here, with the best weights so far.
    Stop,
}

#[cfg(test)]
mod tests;
