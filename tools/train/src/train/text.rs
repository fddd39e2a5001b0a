//! Settings as people write them: `gaussian:0.1`, `huber:1`, `cosine:0.01`, `kl:0.05:0.1`.
//!
//! Text goes in, a setting comes out, and back by `Display`.

use std::fmt;
use std::str::FromStr;

use super::settings::{InputNoise, Loss, Schedule, SettingsError, Sparsity};

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
    "mse, mae, huber:DELTA, bce",
    |name, numbers| match (name, numbers) {
        ("mse", []) => Some(Loss::Mse),
        ("mae", []) => Some(Loss::Mae),
        ("bce", []) => Some(Loss::Bce),
        ("huber", [delta]) if *delta > 0.0 => Some(Loss::Huber { delta: *delta }),
        _ => None,
    },
    |loss| match loss {
        Loss::Mse => "mse".into(),
        Loss::Mae => "mae".into(),
        Loss::Bce => "bce".into(),
        Loss::Huber { delta } => format!("huber:{delta}"),
    }
);

text_form!(
    InputNoise,
    "a noise",
    "none, gaussian:SIGMA, masking:SHARE, salt-and-pepper:SHARE",
    |name, numbers| match (name, numbers) {
        ("none", []) => Some(InputNoise::None),
        ("gaussian", [sigma]) => Some(InputNoise::Gaussian { sigma: *sigma }),
        ("masking", [share]) => Some(InputNoise::Masking { share: *share }),
        ("salt-and-pepper", [share]) => Some(InputNoise::SaltAndPepper { share: *share }),
        _ => None,
    },
    |noise| match noise {
        InputNoise::None => "none".into(),
        InputNoise::Gaussian { sigma } => format!("gaussian:{sigma}"),
        InputNoise::Masking { share } => format!("masking:{share}"),
        InputNoise::SaltAndPepper { share } => format!("salt-and-pepper:{share}"),
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

text_form!(
    Schedule,
    "a schedule of the learning rate",
    "constant, cosine:LAST, step:EPOCHS:FACTOR, plateau:EPOCHS:FACTOR",
    |name, numbers| match (name, numbers) {
        ("constant", []) => Some(Schedule::Constant),
        ("cosine", [last]) => Some(Schedule::Cosine { last: *last }),
        ("step", [every, factor]) =>
            Some(Schedule::Step { every: whole(*every)?, factor: *factor }),
        ("plateau", [patience, factor]) => {
            Some(Schedule::Plateau { patience: whole(*patience)?, factor: *factor })
        }
        _ => None,
    },
    |schedule| match schedule {
        Schedule::Constant => "constant".into(),
        Schedule::Cosine { last } => format!("cosine:{last}"),
        Schedule::Step { every, factor } => format!("step:{every}:{factor}"),
        Schedule::Plateau { patience, factor } => format!("plateau:{patience}:{factor}"),
    }
);

/// A number of epochs.
fn whole(number: f64) -> Option<usize> {
    let good = number.fract() == 0.0 && (0.0..1e9).contains(&number);
    good.then_some(number as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_the_same() {
        for text in ["none", "gaussian:0.1", "masking:0.3", "salt-and-pepper:0.2"] {
            assert_eq!(text.parse::<InputNoise>().unwrap().to_string(), text);
        }
        for text in ["mse", "mae", "huber:1.5", "bce"] {
            assert_eq!(text.parse::<Loss>().unwrap().to_string(), text);
        }
        for text in ["none", "l1:0.001", "kl:0.05:0.1"] {
            assert_eq!(text.parse::<Sparsity>().unwrap().to_string(), text);
        }
        for text in ["constant", "cosine:0.01", "step:10:0.5", "plateau:5:0.1"] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        for text in ["cosine", "step:1.5:0.1", "step:-1:0.1", "plateau:3"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
        for text in ["huber", "huber:x", "huber:-1", "mse:1", ""] {
            assert!(text.parse::<Loss>().is_err(), "{text}");
        }
    }
}
