//! What follows from the losses so far: the learning rate of the next epoch, and when to stop.
//!
//! Each is a function of the settings and of what epochs gave, so a checkpoint needs no more than
//! that. Nothing here touches a tensor.

use super::settings::{Schedule, Settings};
use super::trained::Trained;

/// By which share a loss must be smaller to count as better for a plateau, as in PyTorch.
const PLATEAU: f64 = 1e-4;

/// The learning rate of the epoch after those of `outcome`.
pub(super) fn rate(settings: &Settings, outcome: &Trained) -> f64 {
    let warm_up = settings.lr_warm_up;
    let Some(epoch) = outcome.training.len().checked_sub(warm_up) else {
        return settings.lr * (outcome.training.len() + 1) as f64 / (warm_up + 1) as f64;
    };
    let factor = match settings.schedule {
        Schedule::Constant => 1.0,
        Schedule::Cosine { last } => {
            let steps = settings.epochs.saturating_sub(warm_up + 1).max(1);
            let angle = std::f64::consts::PI * epoch.min(steps) as f64 / steps as f64;
            last + (1.0 - last) * 0.5 * (1.0 + angle.cos())
        }
        Schedule::Step { every, factor } => factor.powf((epoch / every.max(1)) as f64),
        Schedule::Plateau { patience, factor } => {
            let losses = outcome.validation.iter().skip(warm_up).copied();
            factor.powf(plateaus(losses, patience) as f64)
        }
    };
    settings.lr * factor
}

/// How often more than `patience` losses in a row were no better.
fn plateaus(losses: impl Iterator<Item = f64>, patience: usize) -> usize {
    let (mut best, mut stale, mut count) = (f64::INFINITY, 0, 0);
    for loss in losses {
        if loss < best * (1.0 - PLATEAU) {
            (best, stale) = (loss, 0);
        } else {
            stale += 1;
        }
        if stale > patience {
            (count, stale) = (count + 1, 0);
        }
    }
    count
}

/// Whether patience is over.
pub(super) fn is_over(settings: &Settings, outcome: &Trained) -> bool {
    settings.patience.is_some_and(|patience| outcome.validation.len() >= outcome.best + patience)
}

/// The weight of the divergence of a variational latent in an epoch, from 1: it rises from 0
/// (Bowman et al. 2016, CoNLL).
pub(super) fn beta(settings: &Settings, epoch: usize) -> f64 {
    let rise = epoch as f64 / settings.kl_warm_up.max(1) as f64;
    settings.beta * rise.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tests::settings;

    fn rates(text: &str, lr_warm_up: usize, losses: &[f64]) -> Vec<f64> {
        let settings = Settings {
            lr: 1.0,
            epochs: losses.len(),
            lr_warm_up,
            schedule: text.parse().unwrap(),
            ..settings()
        };
        let until = |epoch: usize| Trained {
            training: vec![9.0; epoch],
            validation: losses[..epoch].to_vec(),
            ..Trained::default()
        };
        (0..losses.len()).map(|epoch| rate(&settings, &until(epoch))).collect()
    }

    #[test]
    fn rates_follow_the_schedule() {
        let falling = [5.0, 4.0, 3.0, 2.0, 1.0];
        assert_eq!(rates("constant", 0, &falling), [1.0; 5]);
        assert_eq!(rates("constant", 3, &falling), [0.25, 0.5, 0.75, 1.0, 1.0]);
        assert_eq!(rates("step:2:0.5", 0, &falling), [1.0, 1.0, 0.5, 0.5, 0.25]);
        let cosine = rates("cosine:0.1", 0, &falling);
        assert!((cosine[0] - 1.0).abs() < 1e-12 && (cosine[2] - 0.55).abs() < 1e-12);
        assert!((cosine[4] - 0.1).abs() < 1e-12);
        assert_eq!(rates("plateau:1:0.5", 0, &falling), [1.0; 5]);
        assert_eq!(
            rates("plateau:1:0.5", 0, &[2.0, 3.0, 3.0, 1.0, 0.5]),
            [1.0, 1.0, 1.0, 0.5, 0.5]
        );
    }

    #[test]
    fn patience_counts_from_the_best_epoch() {
        let settings = Settings { patience: Some(2), ..settings() };
        let outcome =
            |best, count| Trained { best, validation: vec![1.0; count], ..Trained::default() };
        assert!(!is_over(&settings, &outcome(3, 4)) && is_over(&settings, &outcome(3, 5)));
        assert!(!is_over(&Settings { patience: None, ..settings }, &outcome(1, 99)));
    }

    #[test]
    fn the_divergence_warms_up() {
        let settings = Settings { beta: 2.0, kl_warm_up: 4, ..settings() };
        assert_eq!([1, 2, 4, 9].map(|epoch| beta(&settings, epoch)), [0.5, 1.0, 2.0, 2.0]);
        assert_eq!(beta(&Settings { kl_warm_up: 0, ..settings }, 1), 2.0);
    }
}
