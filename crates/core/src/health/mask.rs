//! Which channels of a stream are unhealthy: one bit each.

use alloc::vec;
use alloc::vec::Vec;

/// A set of channels. Its size is fixed when it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelMask {
    words: Vec<u64>,
}

impl ChannelMask {
    /// An empty set of so many channels.
    pub fn new(channels: usize) -> Self {
        Self { words: vec![0; channels.div_ceil(64)] }
    }

    /// Whether this channel is in it.
    pub fn get(&self, channel: usize) -> bool {
        self.words.get(channel / 64).is_some_and(|word| word & (1 << (channel % 64)) != 0)
    }

    /// Whether any channel is in it.
    pub fn any(&self) -> bool {
        self.words.iter().any(|&word| word != 0)
    }

    /// Puts a channel into it.
    pub fn set(&mut self, channel: usize) {
        if let Some(word) = self.words.get_mut(channel / 64) {
            *word |= 1 << (channel % 64);
        }
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }
}
