//! Reconstruction errors by channel, whatever the order of the axes: the features that a score is made
//! of.
//!
//! Sums are kept in several chains, so that a processor can add side by side. Which value goes into
//! which chain follows from the window's shape alone: a window gives the same bits on every machine.

use crate::math::ln;
use crate::profile::ScoreKind;
use crate::window::WindowShape;

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
    let values = (shape.window * shape.channels).min(input.len()).min(reconstruction.len());
    let pair = (&input[..values], &reconstruction[..values]);
    match kind {
        // The signed error of the last row.
        ScoreKind::Mahalanobis => last(shape, pair, out),
        ScoreKind::Mae => means::<false>(shape, pair, out, f64::abs),
        ScoreKind::Mse
        | ScoreKind::WorstChannel
        | ScoreKind::Normalised
        | ScoreKind::MahalanobisLog
        | ScoreKind::T2q => means::<false>(shape, pair, out, |error| error * error),
        ScoreKind::MahalanobisWindow => means::<true>(shape, pair, out, |error| error * error),
        // Not made of errors.
        ScoreKind::Model | ScoreKind::ModelLow => {}
    }
}

/// Takes the logarithm of the errors, the first `channels` of the features.
pub fn logarithms(features: &mut [f64], channels: usize, floor: f64) {
    for error in features.iter_mut().take(channels) {
        *error = ln(*error + floor);
    }
}

/// Fills `out`, `[channels]`, with the error of each channel in the last row.
fn last(shape: WindowShape, (input, reconstruction): (&[f32], &[f32]), out: &mut [f64]) {
    let row = shape.window.saturating_sub(1);
    for (channel, out) in out.iter_mut().enumerate() {
        let at = shape.place(row, channel);
        let found = input.get(at).zip(reconstruction.get(at));
        *out = found.map_or(0.0, |(&x, &y)| f64::from(x) - f64::from(y));
    }
}

/// Fills the first `channels` of `out` with the mean over the window of what `of` makes of each error,
/// and if `SIGNED` those behind with the mean of the errors themselves.
fn means<const SIGNED: bool>(
    shape: WindowShape,
    (x, y): (&[f32], &[f32]),
    out: &mut [f64],
    of: impl Fn(f64) -> f64 + Copy,
) {
    out.fill(0.0);
    let (first, signed) = out.split_at_mut(shape.channels.min(out.len()));
    if shape.channels_first {
        let window = shape.window.max(1);
        for (channel, (x, y)) in x.chunks(window).zip(y.chunks(window)).enumerate() {
            let sums = chains::<8, SIGNED>(x, y, of);
            for (out, sums) in [&mut *first, &mut *signed].into_iter().zip(&sums) {
                out.iter_mut().skip(channel).take(1).for_each(|out| *out = sums.iter().sum());
            }
        }
    } else {
        let out = [first, signed];
        // So many chains that each belongs to one channel.
        match shape.channels {
            1 | 2 | 4 | 8 => add_up(&chains::<8, SIGNED>(x, y, of), out),
            3 | 6 => add_up(&chains::<6, SIGNED>(x, y, of), out),
            5 => add_up(&chains::<10, SIGNED>(x, y, of), out),
            7 => add_up(&chains::<7, SIGNED>(x, y, of), out),
            _ => by_row(x, y, out, of),
        }
    }
    let rows = shape.window.max(1) as f64;
    out.iter_mut().for_each(|sum| *sum /= rows);
}

/// Sums of what `of` makes of `x - y` over every `N`th place; and if `SIGNED` those of `x - y`.
fn chains<const N: usize, const SIGNED: bool>(
    x: &[f32],
    y: &[f32],
    of: impl Fn(f64) -> f64 + Copy,
) -> [[f64; N]; 2] {
    let (mut sums, mut signed) = ([0.0; N], [0.0; N]);
    let mut take = |errors: [f64; N]| {
        sums.iter_mut().zip(errors).for_each(|(sum, error)| *sum += of(error));
        if SIGNED {
            signed.iter_mut().zip(errors).for_each(|(sum, error)| *sum += error);
        }
    };
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<N>(), y.as_chunks::<N>());
    for (x, y) in x.iter().zip(y) {
        take(core::array::from_fn(|i| f64::from(x[i]) - f64::from(y[i])));
    }
    // No error where there is no value: it adds nothing.
    let mut errors = [0.0; N];
    for ((error, &x), &y) in errors.iter_mut().zip(x_rest).zip(y_rest) {
        *error = f64::from(x) - f64::from(y);
    }
    take(errors);
    [sums, signed]
}

/// Adds the chains of each channel to `out`: those of the first are 0, `channels`, and so on.
fn add_up<const N: usize>(chains: &[[f64; N]; 2], out: [&mut [f64]; 2]) {
    for (out, chains) in out.into_iter().zip(chains) {
        for part in chains.chunks(out.len().max(1)) {
            out.iter_mut().zip(part).for_each(|(out, part)| *out += part);
        }
    }
}

/// Of many channels, one chain each.
fn by_row(x: &[f32], y: &[f32], out: [&mut [f64]; 2], of: impl Fn(f64) -> f64) {
    let [first, signed] = out;
    let channels = first.len().max(1);
    for (x, y) in x.chunks(channels).zip(y.chunks(channels)) {
        let errors = || x.iter().zip(y).map(|(&x, &y)| f64::from(x) - f64::from(y));
        first.iter_mut().zip(errors()).for_each(|(sum, error)| *sum += of(error));
        signed.iter_mut().zip(errors()).for_each(|(sum, error)| *sum += error);
    }
}
