//! What was seen so far, as counts for a summary.

use crate::health::{ChannelNote, Note};

/// What the detector has seen, for the summary at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Windows that were scored.
    pub windows: u64,
    /// Alerts raised.
    pub raised: u64,
    /// Sensors that were frozen.
    pub flatlines: u64,
    /// Sensors that gave several readings in a row that were none.
    pub implausible: u64,
    /// Readings far outside all of normal data that counted as missing.
    pub disregarded: u64,
    /// Channels that were where they never were.
    pub unprecedented: u64,
    /// Channels, and scores, that were not as they used to be any more.
    pub drifts: u64,
    /// Constants that changed.
    pub changed: u64,
    /// Times that a stream ceased to be judged, as its conditions did not hold.
    pub stops: u64,
    /// Rows dropped for having the time of the row before.
    pub duplicates: u64,
    /// Rows dropped for being late.
    pub late: u64,
}

impl Tally {
    pub(super) fn note(&mut self, note: Note) {
        match note {
            Note::Duplicate => self.duplicates += 1,
            Note::Late => self.late += 1,
            Note::Channel { note, .. } => match note {
                ChannelNote::Flatline { .. } => self.flatlines += 1,
                ChannelNote::Implausible { .. } => self.implausible += 1,
                ChannelNote::Disregarded => self.disregarded += 1,
                ChannelNote::Missing | ChannelNote::Restored | ChannelNote::Moving => {}
            },
            Note::Gap { .. } | Note::Clock { .. } | Note::Rate { .. } => {}
        }
    }
}
