//! Fine-tuning in 8 bits: how a network that has learned in f32 learns to live with rounding (Jacob et al.
//! 2018, CVPR, doi:10.1109/CVPR.2018.00286). The loop is that of [`super::train`].

use super::error::TrainError;
use super::examples::Examples;
use super::loss::normal;
use super::settings::{Schedule, Settings};
use crate::net::Network;

/// The learning rate, as a share of that of the float network: only rounding is to be learned.
const SHARE: f64 = 0.1;
/// Its last value, as a share of the first.
const LAST: f64 = 0.01;

/// How a network with these settings is fine-tuned in so many epochs.
pub fn fine_tuning(settings: &Settings, epochs: usize) -> Settings {
    Settings {
        lr: SHARE * settings.lr,
        schedule: Schedule::Cosine { last: LAST },
        lr_warm_up: 0,
        epochs,
        patience: None,
        ..settings.clone()
    }
}

/// Makes a network run in int8, in steps that cover what it makes of the normal ones among these windows.
///
/// # Errors
/// When it has layers that are not computed in int8, or libtorch fails.
pub fn quantise(network: &mut Network, examples: &Examples) -> Result<(), TrainError> {
    Ok(network.quantise(&normal(&examples.windows, examples)?)?)
}
