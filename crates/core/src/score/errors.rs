//! Reconstruction errors by channel, whatever the order of the axes: the features that a score is made
//! of.

use crate::math::ln;
use crate::profile::ScoreKind;
use crate::window::WindowShape;

/// Which error of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorKind {
    /// Mean of the squares.
    Squared,
    /// Mean of the absolutes.
    Absolute,
    /// Signed error of the last row.
    Last,
    /// Mean of the signed errors.
    Mean,
}

/// Length of the vector that a score is made of.
pub fn features(kind: ScoreKind, channels: usize) -> usize {
    match kind {
        ScoreKind::MahalanobisWindow => 2 * channels,
        ScoreKind::Model | ScoreKind::ModelLow => 0,
        _ => channels,
    }
}

/// Fills `out`, `[features]`, for one window.
pub fn fill(
    kind: ScoreKind,
    shape: WindowShape,
    input: &[f32],
    reconstruction: &[f32],
    out: &mut [f64],
) {
    let (errors, means) = out.split_at_mut(shape.channels.min(out.len()));
    per_channel(shape, ErrorKind::of(kind), input, reconstruction, errors);
    per_channel(shape, ErrorKind::Mean, input, reconstruction, means);
}

/// Takes the logarithm of the errors, the first `channels` of the features.
pub fn logarithms(features: &mut [f64], channels: usize, floor: f64) {
    for error in features.iter_mut().take(channels) {
        *error = ln(*error + floor);
    }
}

impl ErrorKind {
    fn of(kind: ScoreKind) -> Self {
        match kind {
            ScoreKind::Mae => Self::Absolute,
            ScoreKind::Mahalanobis => Self::Last,
            ScoreKind::Mse
            | ScoreKind::WorstChannel
            | ScoreKind::Normalised
            | ScoreKind::MahalanobisLog
            | ScoreKind::MahalanobisWindow
            | ScoreKind::T2q
            // Not made of errors.
            | ScoreKind::Model
            | ScoreKind::ModelLow => Self::Squared,
        }
    }
}

/// Fills `out`, `[channels]`, with the error of each channel over the window.
fn per_channel(
    shape: WindowShape,
    kind: ErrorKind,
    input: &[f32],
    reconstruction: &[f32],
    out: &mut [f64],
) {
    let (step, stride) = if shape.channels_first { (shape.window, 1) } else { (1, shape.channels) };
    for (channel, out) in out.iter_mut().enumerate() {
        let at = channel * step;
        let errors = input
            .iter()
            .skip(at)
            .step_by(stride)
            .zip(reconstruction.iter().skip(at).step_by(stride))
            .take(shape.window)
            .map(|(&x, &y)| f64::from(x) - f64::from(y));
        let rows = shape.window.max(1) as f64;
        *out = match kind {
            ErrorKind::Squared => errors.map(|e| e * e).sum::<f64>() / rows,
            ErrorKind::Absolute => errors.map(f64::abs).sum::<f64>() / rows,
            ErrorKind::Last => errors.fold(0.0, |_, error| error),
            ErrorKind::Mean => errors.sum::<f64>() / rows,
        };
    }
}
