//! Samples of one stream go in; each comes out checked, with a mask of its unhealthy channels, or is
//! dropped.
//!
//! What is missing is held for a while, what is frozen is noted, and so is what the times of rows say:
//! gaps, a wrong clock, another rate. Nothing is known here of windows or models, and nothing allocated
//! once made.

mod channel;
mod clock;
mod grid;
mod mask;
mod note;
mod rate;

use alloc::vec;
use alloc::vec::Vec;

use crate::types::{Sample, Time};

use channel::ChannelWatch;
pub use channel::flatline_limit;
use clock::{Clock, RowPlace};
pub use mask::ChannelMask;
pub use note::{ChannelNote, Note};

/// What a stream is held against: the part of a profile that this room needs.
#[derive(Clone, Debug)]
pub struct HealthSpec {
    /// Nanoseconds between rows; `None` takes rows as they come.
    pub period_ns: Option<i64>,
    /// Rows over which a last reading is held.
    pub hold: u32,
    /// Mean and one over scale of each channel: a reading that is not finite after `(reading - mean) /
    /// scale` is missing.
    pub normal: Vec<(f64, f64)>,
    /// Equal readings in a row from which a channel is frozen; `None` never.
    pub flatline: Vec<Option<u64>>,
}

impl HealthSpec {
    /// The sample period of a profile in whole nanoseconds.
    pub fn period_ns(period_s: Option<f64>) -> Option<i64> {
        period_s.map(|s| ((s * Time::SECOND as f64) as i64).max(1))
    }
}

/// A row that was checked.
#[derive(Clone, Copy, Debug)]
pub struct CheckedRow<'a> {
    /// Its number in the input.
    pub row: u64,
    /// Its time.
    pub time: Option<Time>,
    /// It does not go on from what came before.
    pub anew: bool,
    /// Rows that are missing before it, few enough to be held.
    pub missing_before: u64,
    /// One reading a channel, held where it was missing; `None` where one is missing that nothing may
    /// be held for.
    pub values: Option<&'a [f64]>,
    /// The channels whose reading is held or frozen.
    pub unhealthy: &'a ChannelMask,
}

/// Watches the health of one stream.
#[derive(Debug)]
pub struct Health {
    clock: Clock,
    channels: Vec<ChannelWatch>,
    hold: u32,
    values: Vec<f64>,
    unhealthy: ChannelMask,
    /// The row before could be used: rows that are missing after it are held.
    holds: bool,
}

impl Health {
    /// Of a stream of which nothing was seen.
    pub fn new(spec: &HealthSpec) -> Self {
        let channels = spec.normal.iter().zip(&spec.flatline);
        Self {
            clock: Clock::new(spec.period_ns, spec.hold),
            channels: channels.map(|(&normal, &limit)| ChannelWatch::new(normal, limit)).collect(),
            hold: spec.hold,
            values: vec![0.0; spec.normal.len()],
            unhealthy: ChannelMask::new(spec.normal.len()),
            holds: false,
        }
    }

    /// Bytes that the state of one stream takes.
    pub fn bytes(channels: usize) -> usize {
        channels * size_of::<ChannelWatch>()
    }

    /// Takes one row; `None` when it is dropped. Notes are added to `notes`.
    ///
    /// `sample.values` has one value a channel; a missing or extra value counts as missing.
    pub fn check(&mut self, sample: &Sample<'_>, notes: &mut Vec<Note>) -> Option<CheckedRow<'_>> {
        let (mut anew, mut missing_before) = (false, 0);
        match self.clock.place(sample.time, notes) {
            RowPlace::Dropped => return None,
            RowPlace::Next => {}
            RowPlace::After(missing) if self.holds => {
                missing_before = missing;
                self.channels.iter_mut().for_each(|watch| watch.skip(missing));
            }
            RowPlace::After(_) => {}
            RowPlace::Anew => {
                anew = true;
                self.channels.iter_mut().for_each(ChannelWatch::forget);
            }
        }
        self.unhealthy.clear();
        let mut usable = true;
        for (index, watch) in self.channels.iter_mut().enumerate() {
            let reading = sample.values.get(index).copied().unwrap_or(f64::NAN);
            let value = watch.take(reading, self.hold, |note| {
                notes.push(Note::Channel { channel: index, note });
            });
            usable &= value.is_some();
            if !watch.is_healthy() {
                self.unhealthy.set(index);
            }
            if let (Some(slot), Some(value)) = (self.values.get_mut(index), value) {
                *slot = value;
            }
        }
        self.holds = usable;
        Some(CheckedRow {
            row: sample.row,
            time: sample.time,
            anew,
            missing_before,
            values: usable.then_some(&self.values),
            unhealthy: &self.unhealthy,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_and_frozen_channels_are_in_the_mask() {
        let spec = HealthSpec {
            period_ns: None,
            hold: 2,
            normal: vec![(0.0, 1.0); 2],
            flatline: vec![None, Some(3)],
        };
        let mut health = Health::new(&spec);
        let mut notes = Vec::new();
        let rows = [[1.0, 5.0], [f64::NAN, 5.0], [2.0, 5.0], [3.0, 5.0], [4.0, 6.0]];
        let masks: Vec<[bool; 2]> = (1..)
            .zip(&rows)
            .map(|(row, values)| {
                let sample = Sample { stream: "", row, time: None, values };
                let checked = health.check(&sample, &mut notes).unwrap();
                [0, 1].map(|channel| checked.unhealthy.get(channel))
            })
            .collect();
        let (well, held, frozen) = ([false, false], [true, false], [false, true]);
        assert_eq!(masks, [well, held, frozen, frozen, well]);
    }

    #[test]
    fn a_row_is_unusable_where_nothing_may_be_held() {
        let spec =
            HealthSpec { period_ns: None, hold: 1, normal: vec![(0.0, 1.0)], flatline: vec![None] };
        let mut health = Health::new(&spec);
        let mut notes = Vec::new();
        let usable = [1.0, f64::NAN, f64::NAN, 2.0].map(|value| {
            let sample = Sample { stream: "", row: 1, time: None, values: &[value] };
            health.check(&sample, &mut notes).unwrap().values.map(<[f64]>::to_vec)
        });
        assert_eq!(usable, [Some(vec![1.0]), Some(vec![1.0]), None, Some(vec![2.0])]);
    }
}
