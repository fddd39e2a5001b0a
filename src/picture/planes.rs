//! A picture's values, `[planes, height, width]`, go in; they come out as a model with a profile sees
//! them, and back: of each plane its mean is subtracted, and its scale divided by.

use oddity_core::profile::Channel;

/// From 0..1 to what the model sees. Without channels nothing changes.
pub fn normalise(values: &mut [f32], channels: &[Channel]) {
    each(values, channels, |value, channel| (value - channel.mean) / channel.scale);
}

/// From what the model gives to 0..1. Without channels nothing changes.
pub fn restore(values: &mut [f32], channels: &[Channel]) {
    each(values, channels, |value, channel| value * channel.scale + channel.mean);
}

fn each(values: &mut [f32], channels: &[Channel], change: impl Fn(f64, &Channel) -> f64) {
    let area = values.len() / channels.len().max(1);
    for (plane, channel) in values.chunks_mut(area.max(1)).zip(channels) {
        plane.iter_mut().for_each(|value| *value = change(f64::from(*value), channel) as f32);
    }
}
