//! Reconstruction errors by channel, whatever the order of the axes.

use crate::profile::ScoreKind;

/// The shape of a window in the model's tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub window: usize,
    /// Channels.
    pub channels: usize,
    /// `[channels, time]` rather than `[time, channels]`.
    pub channels_first: bool,
}

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
pub(super) fn features(kind: ScoreKind, channels: usize) -> usize {
    if kind == ScoreKind::MahalanobisWindow { 2 * channels } else { channels }
}

/// Fills `out`, `[features]`, for one window.
pub(super) fn fill(
    kind: ScoreKind,
    shape: Shape,
    input: &[f32],
    reconstruction: &[f32],
    out: &mut [f64],
) {
    let (errors, means) = out.split_at_mut(shape.channels.min(out.len()));
    shape.per_channel(ErrorKind::of(kind), input, reconstruction, errors);
    shape.per_channel(ErrorKind::Mean, input, reconstruction, means);
}

/// Takes the logarithm of the errors, the first `channels` of the features.
pub(super) fn logarithms(features: &mut [f64], channels: usize, floor: f64) {
    for error in features.iter_mut().take(channels) {
        *error = (*error + floor).ln();
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
            | ScoreKind::T2q => Self::Squared,
        }
    }
}

impl Shape {
    /// Place of the reading of a channel in a row of a window.
    pub fn place(self, row: usize, channel: usize) -> usize {
        match self.channels_first {
            true => channel * self.window + row,
            false => row * self.channels + channel,
        }
    }

    /// Channel of the value at this place of a window.
    pub fn channel(self, at: usize) -> usize {
        match self.channels_first {
            true => at / self.window.max(1),
            false => at % self.channels.max(1),
        }
    }

    /// Fills `out`, `[channels]`, with the error of each channel over the window.
    fn per_channel(self, kind: ErrorKind, input: &[f32], reconstruction: &[f32], out: &mut [f64]) {
        let (step, stride) =
            if self.channels_first { (self.window, 1) } else { (1, self.channels) };
        for (channel, out) in out.iter_mut().enumerate() {
            let at = channel * step;
            let errors = input
                .iter()
                .skip(at)
                .step_by(stride)
                .zip(reconstruction.iter().skip(at).step_by(stride))
                .take(self.window)
                .map(|(&x, &y)| f64::from(x) - f64::from(y));
            let rows = self.window.max(1) as f64;
            *out = match kind {
                ErrorKind::Squared => errors.map(|e| e * e).sum::<f64>() / rows,
                ErrorKind::Absolute => errors.map(f64::abs).sum::<f64>() / rows,
                ErrorKind::Last => errors.fold(0.0, |_, error| error),
                ErrorKind::Mean => errors.sum::<f64>() / rows,
            };
        }
    }
}
