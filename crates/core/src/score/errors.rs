//! Reconstruction errors by channel, whatever the order of the axes: the features that a score is made
//! of.
//!
//! Sums are kept in several chains, so that a processor can add side by side. Which value goes into
//! which chain follows from the window's shape alone: a window gives the same bits on every machine.

use crate::math::ln;
use crate::profile::ScoreKind;
use crate::window::WindowShape;

/// Chains of a channel whose values lie side by side.
const CHAINS: usize = 8;

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
    let values = (shape.window * shape.channels).min(input.len()).min(reconstruction.len());
    let pair = (&input[..values], &reconstruction[..values]);
    match kind {
        // The signed error of the last row.
        ScoreKind::Mahalanobis => last(shape, pair, errors),
        ScoreKind::Mae => mean(shape, pair, errors, f64::abs),
        ScoreKind::Mse
        | ScoreKind::WorstChannel
        | ScoreKind::Normalised
        | ScoreKind::MahalanobisLog
        | ScoreKind::MahalanobisWindow
        | ScoreKind::T2q => mean(shape, pair, errors, |error| error * error),
        // Not made of errors.
        ScoreKind::Model | ScoreKind::ModelLow => {}
    }
    if !means.is_empty() {
        mean(shape, pair, means, |error| error);
    }
}

/// Takes the logarithm of the errors, the first `channels` of the features.
pub fn logarithms(features: &mut [f64], channels: usize, floor: f64) {
    for error in features.iter_mut().take(channels) {
        *error = ln(*error + floor);
    }
}

fn difference(x: f32, y: f32) -> f64 {
    f64::from(x) - f64::from(y)
}

/// Fills `out`, `[channels]`, with the error of each channel in the last row.
fn last(shape: WindowShape, (input, reconstruction): (&[f32], &[f32]), out: &mut [f64]) {
    let row = shape.window.saturating_sub(1);
    for (channel, out) in out.iter_mut().enumerate() {
        let at = shape.place(row, channel);
        let found = input.get(at).zip(reconstruction.get(at));
        *out = found.map_or(0.0, |(&x, &y)| difference(x, y));
    }
}

/// Fills `out`, `[channels]`, with the mean over the window of what `of` makes of each error.
fn mean(
    shape: WindowShape,
    (input, reconstruction): (&[f32], &[f32]),
    out: &mut [f64],
    of: impl Fn(f64) -> f64 + Copy,
) {
    if shape.channels_first {
        let window = shape.window.max(1);
        let channels = input.chunks(window).zip(reconstruction.chunks(window));
        for (out, (x, y)) in out.iter_mut().zip(channels) {
            *out = chains::<CHAINS>(x, y, of).iter().sum();
        }
    } else {
        // So many chains that each belongs to one channel.
        match shape.channels {
            1 | 2 | 4 | 8 => by_channel(&chains::<8>(input, reconstruction, of), out),
            3 | 6 => by_channel(&chains::<6>(input, reconstruction, of), out),
            5 => by_channel(&chains::<10>(input, reconstruction, of), out),
            7 => by_channel(&chains::<7>(input, reconstruction, of), out),
            channels => by_row(channels, input, reconstruction, out, of),
        }
    }
    let rows = shape.window.max(1) as f64;
    out.iter_mut().for_each(|sum| *sum /= rows);
}

/// Sums of `of(x - y)` over every `N`th place.
fn chains<const N: usize>(x: &[f32], y: &[f32], of: impl Fn(f64) -> f64) -> [f64; N] {
    let mut sums = [0.0; N];
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<N>(), y.as_chunks::<N>());
    for (x, y) in x.iter().zip(y) {
        for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
            *sum += of(difference(x, y));
        }
    }
    for ((sum, &x), &y) in sums.iter_mut().zip(x_rest).zip(y_rest) {
        *sum += of(difference(x, y));
    }
    sums
}

/// Adds up the chains of each channel: those of the first are 0, `channels`, and so on.
fn by_channel(chains: &[f64], out: &mut [f64]) {
    let channels = out.len().max(1);
    for (channel, out) in out.iter_mut().enumerate() {
        *out = chains.iter().skip(channel).step_by(channels).sum();
    }
}

/// Of many channels, one chain each.
fn by_row(
    channels: usize,
    input: &[f32],
    reconstruction: &[f32],
    out: &mut [f64],
    of: impl Fn(f64) -> f64,
) {
    out.fill(0.0);
    let channels = channels.max(1);
    for (x, y) in input.chunks(channels).zip(reconstruction.chunks(channels)) {
        for ((sum, &x), &y) in out.iter_mut().zip(x).zip(y) {
            *sum += of(difference(x, y));
        }
    }
}
