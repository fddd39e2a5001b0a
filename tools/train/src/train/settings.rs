//! How a network learns: text goes in, checked numbers come out.

use std::fmt;
use std::str::FromStr;

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
    #[error("{text:?} is not {what}; possible are {possible}")]
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
}

/// What is put on the input while training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
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
    /// Learning rate of Adam.
    pub lr: f64,
    /// Decoupled weight decay (Loshchilov & Hutter 2019, AdamW); 0 is plain Adam.
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
    /// See [`Noise`].
    pub noise: Noise,
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
        match self.noise {
            Noise::None => {}
            Noise::Gaussian { sigma } => above("--noise gaussian", sigma)?,
            Noise::Masking { share: masked } => share("--noise masking", masked)?,
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

/// The name and the numbers of `name:1:2`.
fn parts(text: &str) -> Option<(&str, Vec<f64>)> {
    let mut parts = text.split(':');
    let name = parts.next()?;
    let numbers: Option<Vec<f64>> = parts.map(|part| part.parse().ok()).collect();
    Some((name, numbers?))
}

macro_rules! text_form {
    ($kind:ty, $what:literal, $possible:literal, $parse:expr, $show:expr) => {
        impl FromStr for $kind {
            type Err = SettingsError;

            fn from_str(text: &str) -> Result<Self, SettingsError> {
                let parse: fn(&str, &[f64]) -> Option<$kind> = $parse;
                let found = parts(text).and_then(|(name, numbers)| parse(name, &numbers));
                found.ok_or_else(|| SettingsError::Text {
                    text: text.into(),
                    what: $what,
                    possible: $possible,
                })
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let show: fn(&$kind) -> String = $show;
                f.write_str(&show(self))
            }
        }
    };
}

text_form!(
    Loss,
    "a loss",
    "mse, mae, huber:DELTA",
    |name, numbers| match (name, numbers) {
        ("mse", []) => Some(Loss::Mse),
        ("mae", []) => Some(Loss::Mae),
        ("huber", [delta]) if *delta > 0.0 => Some(Loss::Huber { delta: *delta }),
        _ => None,
    },
    |loss| match loss {
        Loss::Mse => "mse".into(),
        Loss::Mae => "mae".into(),
        Loss::Huber { delta } => format!("huber:{delta}"),
    }
);

text_form!(
    Noise,
    "a noise",
    "none, gaussian:SIGMA, masking:SHARE",
    |name, numbers| match (name, numbers) {
        ("none", []) => Some(Noise::None),
        ("gaussian", [sigma]) => Some(Noise::Gaussian { sigma: *sigma }),
        ("masking", [share]) => Some(Noise::Masking { share: *share }),
        _ => None,
    },
    |noise| match noise {
        Noise::None => "none".into(),
        Noise::Gaussian { sigma } => format!("gaussian:{sigma}"),
        Noise::Masking { share } => format!("masking:{share}"),
    }
);

text_form!(
    Sparsity,
    "a sparsity penalty",
    "none, l1:WEIGHT, kl:TARGET:WEIGHT",
    |name, numbers| match (name, numbers) {
        ("none", []) => Some(Sparsity::None),
        ("l1", [weight]) => Some(Sparsity::L1 { weight: *weight }),
        ("kl", [target, weight]) => Some(Sparsity::Kl { target: *target, weight: *weight }),
        _ => None,
    },
    |sparsity| match sparsity {
        Sparsity::None => "none".into(),
        Sparsity::L1 { weight } => format!("l1:{weight}"),
        Sparsity::Kl { target, weight } => format!("kl:{target}:{weight}"),
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_the_same() {
        for text in ["none", "gaussian:0.1", "masking:0.3"] {
            assert_eq!(text.parse::<Noise>().unwrap().to_string(), text);
        }
        for text in ["mse", "mae", "huber:1.5"] {
            assert_eq!(text.parse::<Loss>().unwrap().to_string(), text);
        }
        for text in ["none", "l1:0.001", "kl:0.05:0.1"] {
            assert_eq!(text.parse::<Sparsity>().unwrap().to_string(), text);
        }
        for text in ["huber", "huber:x", "huber:-1", "mse:1", ""] {
            assert!(text.parse::<Loss>().is_err(), "{text}");
        }
    }
}
