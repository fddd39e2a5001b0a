//! How long a network is trained, and what is told of it on the way. Only data.

use super::adam::TrainState;
use super::examples::Examples;
use super::trained::Trained;

/// How long to train, and how fast.
#[derive(Clone, Copy, Debug)]
pub enum Course<'a> {
    /// By the settings, until the windows to validate on say that it is enough.
    Search {
        /// The windows to validate on.
        validation: &'a Examples,
        /// Windows with labels that a second output does not learn from; they choose nothing.
        labelled: Option<&'a Examples>,
    },
    /// An epoch with each of these learning rates, which another network did best with.
    Repeat(&'a [f64]),
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
    pub outcome: &'a Trained,
    /// At the end of an epoch. Its tensors are the living ones: write them, do not keep them.
    pub state: Option<&'a TrainState>,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Stop here, with the best weights so far.
    Stop,
}
