//! How a network learns: numbers go in, and are checked.

/// Why a setting cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// A number out of its range.
    #[error("{name} is {value}, but must be {wanted}")]
    Range {
        /// Option on the command line.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        wanted: &'static str,
    },
    /// Text that was not understood.
    #[error("{text:?} is not {what}; possible values: {possible}")]
    Text {
        /// As it was typed.
        text: String,
        /// What it should be.
        what: &'static str,
        /// What there is.
        possible: &'static str,
    },
}

/// Which error of the reconstruction is made small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Mean squared error.
    Mse,
    /// Mean absolute error.
    Mae,
    /// Squared up to `delta`, absolute beyond (Huber 1964).
    Huber {
        /// Where it changes, in units of the normalised readings.
        delta: f64,
    },
    /// Binary cross-entropy, of values from 0 to 1.
    Bce,
}

/// Which optimiser takes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Optimiser {
    /// Kingma & Ba 2015 (ICLR); weight decay is added to the gradient.
    Adam,
    /// Loshchilov & Hutter 2019 (ICLR); weight decay is apart from the gradient.
    Adamw,
}

/// How the learning rate goes on from epoch to epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// It stays.
    Constant,
    /// Down half a cosine over all epochs (Loshchilov & Hutter 2017, ICLR).
    Cosine {
        /// Its last value, as a share of the first.
        last: f64,
    },
    /// Times `factor` after each `every` epochs.
    Step {
        /// Epochs.
        every: usize,
        /// Below 1.
        factor: f64,
    },
    /// Times `factor` when the validation loss was no better for more than `patience` epochs.
    Plateau {
        /// Epochs.
        patience: usize,
        /// Below 1.
        factor: f64,
    },
}

/// What is put on the input while training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InputNoise {
    /// Nothing.
    None,
    /// Normally distributed, added.
    Gaussian {
        /// Its standard deviation.
        sigma: f64,
    },
    /// Values set to zero.
    Masking {
        /// Share of the values.
        share: f64,
    },
    /// Values set to the largest or the smallest there is.
    SaltAndPepper {
        /// Share of the values, both together.
        share: f64,
    },
}

/// What keeps the latent quiet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sparsity {
    /// Nothing.
    None,
    /// Mean absolute value of the latent.
    L1 {
        /// Weight.
        weight: f64,
    },
    /// Kullback-Leibler divergence of each unit's mean activity from a target (Ng 2011, Sparse
    /// autoencoder, CS294A lecture notes, section 3).
    Kl {
        /// Between 0 and 1.
        target: f64,
        /// Weight.
        weight: f64,
    },
}

/// How a network learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// See [`Optimiser`].
    pub optimiser: Optimiser,
    /// Learning rate, the largest that the schedule gives.
    pub lr: f64,
    /// See [`Schedule`].
    pub schedule: Schedule,
    /// Epochs in which the learning rate rises to `lr`.
    pub lr_warm_up: usize,
    /// See [`Optimiser`].
    pub weight_decay: f64,
    /// See [`Loss`].
    pub loss: Loss,
    /// Windows in a step.
    pub batch: usize,
    /// Passes over the windows, at most.
    pub epochs: usize,
    /// Epochs without a better validation loss after which it stops.
    pub patience: Option<usize>,
    /// Largest norm of the gradient.
    pub clip: Option<f64>,
    /// See [`InputNoise`].
    pub noise: InputNoise,
    /// See [`Sparsity`].
    pub sparsity: Sparsity,
    /// Weight of a variational latent's divergence, a value.
    pub beta: f64,
    /// Epochs in which it rises from 0 (Bowman et al. 2016, CoNLL).
    pub kl_warm_up: usize,
    /// Weight of the head's loss.
    pub head_weight: f64,
    /// All that is random follows from it.
    pub seed: u64,
}

impl Default for Settings {
    /// What does well on most data.
    fn default() -> Self {
        Self {
            optimiser: Optimiser::Adamw,
            lr: 1e-3,
            schedule: Schedule::Constant,
            lr_warm_up: 0,
            weight_decay: 0.0,
            loss: Loss::Mse,
            batch: 64,
            epochs: 200,
            patience: Some(20),
            clip: None,
            noise: InputNoise::None,
            sparsity: Sparsity::None,
            beta: 1.0,
            kl_warm_up: 10,
            head_weight: 1.0,
            seed: 0,
        }
    }
}

impl Settings {
    /// Checks the numbers.
    ///
    /// # Errors
    /// Names the option.
    pub fn check(&self) -> Result<(), SettingsError> {
        let above = |name, value: f64| range(name, value, value > 0.0, "a number above zero");
        let share = |name, value: f64| {
            range(name, value, (0.0..1.0).contains(&value), "at least 0 and below 1")
        };
        above("--lr", self.lr)?;
        above("--batch", self.batch as f64)?;
        above("--epochs", self.epochs as f64)?;
        self.clip.map_or(Ok(()), |norm| above("--clip", norm))?;
        let least_zero = |name, value: f64| range(name, value, value >= 0.0, "zero or more");
        least_zero("--weight-decay", self.weight_decay)?;
        least_zero("--beta", self.beta)?;
        least_zero("--head-weight", self.head_weight)?;
        match self.schedule {
            Schedule::Constant => {}
            Schedule::Cosine { last } => share("--schedule cosine", last)?,
            Schedule::Step { every, factor } => {
                above("--schedule step", every as f64)?;
                share("--schedule step", factor)?;
            }
            Schedule::Plateau { factor, .. } => share("--schedule plateau", factor)?,
        }
        match self.noise {
            InputNoise::None => {}
            InputNoise::Gaussian { sigma } => above("--noise gaussian", sigma)?,
            InputNoise::Masking { share: masked } => share("--noise masking", masked)?,
            InputNoise::SaltAndPepper { share: spoilt } => {
                share("--noise salt-and-pepper", spoilt)?
            }
        }
        match self.sparsity {
            Sparsity::None => Ok(()),
            Sparsity::L1 { weight } => above("--sparsity l1", weight),
            Sparsity::Kl { target, weight } => {
                let inside = target > 0.0 && target < 1.0;
                range("--sparsity kl", target, inside, "a target between 0 and 1")?;
                above("--sparsity kl", weight)
            }
        }
    }
}

fn range(
    name: &'static str,
    value: f64,
    good: bool,
    wanted: &'static str,
) -> Result<(), SettingsError> {
    let good = good && value.is_finite();
    if good { Ok(()) } else { Err(SettingsError::Range { name, value, wanted }) }
}
