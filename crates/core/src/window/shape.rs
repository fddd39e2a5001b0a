//! How a window lies in the model's tensors.

use crate::profile::Profile;

/// The shape of a window: `[time, channels]` or `[channels, time]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowShape {
    /// Rows.
    pub window: usize,
    /// Channels.
    pub channels: usize,
    /// `[channels, time]` rather than `[time, channels]`.
    pub channels_first: bool,
}

impl WindowShape {
    /// The shape of a profile's windows.
    pub fn of(profile: &Profile) -> Self {
        Self {
            window: profile.window,
            channels: profile.channels.len(),
            channels_first: profile.layout.is_channels_first(),
        }
    }

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
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn places_and_channels_agree() {
        for channels_first in [false, true] {
            let shape = WindowShape { window: 3, channels: 2, channels_first };
            let mut places = Vec::new();
            for row in 0..3 {
                for channel in 0..2 {
                    assert_eq!(shape.channel(shape.place(row, channel)), channel);
                    places.push(shape.place(row, channel));
                }
            }
            places.sort_unstable();
            assert_eq!(places, [0, 1, 2, 3, 4, 5]);
        }
    }
}
