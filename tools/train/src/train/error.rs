//! What can go wrong in training, for programs (the variant) and for people (the text).

use tch::TchError;

use crate::net::NetError;

/// Why training failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss is no number any more.
    #[error(
        "the loss is not finite in epoch {epoch}: lower --lr, or give --clip 1; are there implausible readings in the data?"
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
