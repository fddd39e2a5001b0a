//! What can be wrong with a network, for programs (the variant) and for people (the text).

/// Why a network was not built, run or written.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The layers that were asked for do not fit together or the window.
    #[error("{0}")]
    Spec(String),
    /// Windows or codes have other axes than the network.
    #[error("the network takes {wanted}, but got {got:?}")]
    Input {
        /// The axes that it takes.
        wanted: String,
        /// The axes that were given.
        got: Vec<i64>,
    },
    /// Weights do not fit the network, or are no numbers.
    #[error("the weights cannot be used: {0}")]
    Weights(String),
    /// libtorch failed.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
    /// A written file breaks a rule of ONNX: a fault of this program.
    #[error("the written model breaks a rule of ONNX: {0}; please report this")]
    Rules(String),
    /// tract refused or failed on a written file: a fault of this program.
    #[error("tract cannot {stage} the written model: {what}; please report this")]
    Engine {
        /// What it was asked to do.
        stage: &'static str,
        /// Its own words.
        what: String,
    },
    /// oddity refused a written file.
    #[error("oddity refuses the written model: {0}")]
    Model(#[from] oddity::model::ModelError),
    /// libtorch and tract give different answers.
    #[error(
        "output `{output}` of the written model differs from libtorch's by up to {difference:e}, \
         but at most {limit:e} is allowed: weights or inputs are very large, or this is a bug in \
         the trainer"
    )]
    Differs {
        /// Name of the output.
        output: String,
        /// Largest absolute difference, NaN where only one of the two is a number.
        difference: f32,
        /// Largest difference that passes.
        limit: f32,
    },
}

impl NetError {
    /// A network too large for a device, known before it is trained.
    pub(super) fn too_many(weights: usize) -> Self {
        let limit = oddity::model::MOST_BYTES >> 20;
        Self::Spec(format!(
            "{weights} weights make a file that oddity refuses (the limit is {limit} MiB); use \
             fewer or narrower layers"
        ))
    }
}
