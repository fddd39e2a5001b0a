//! Samples of one stream go in; each comes out checked, with a mask of its unhealthy channels, or is
//! dropped.
//!
//! What is missing or absurd is held for a while, what is frozen is noted, and so is what the times of rows say:
//! gaps, a wrong clock, another rate. Nothing is known here of windows or models, and nothing allocated
//! once made.

mod channel;
mod clock;
mod grid;
mod mask;
mod note;
mod plausible;
mod rate;

use alloc::vec;
use alloc::vec::Vec;

use crate::types::{Sample, Time};

use channel::ChannelWatch;
pub use channel::flatline_limit;
use clock::Clock;
pub use clock::RowPlace;
pub use mask::ChannelMask;
pub use note::{ChannelNote, Note};
pub use plausible::{Plausible, is_error_code};

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
    /// What each channel can read; `None`, or nothing at that place, takes every reading.
    pub plausible: Vec<Option<Plausible>>,
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
        let plausible = spec.plausible.iter().copied().chain(core::iter::repeat(None));
        let channels = spec.normal.iter().zip(&spec.flatline).zip(plausible);
        Self {
            clock: Clock::new(spec.period_ns, spec.hold),
            channels: channels
                .map(|((&normal, &limit), plausible)| ChannelWatch::new(normal, limit, plausible))
                .collect(),
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

    /// Says where a row of this time lies; to be followed by [`Health::check_at`] or [`Health::pass`] unless it is
    /// dropped. Notes are added to `notes`.
    pub fn place(&mut self, time: Option<Time>, notes: &mut Vec<Note>) -> RowPlace {
        self.clock.place(time, notes)
    }

    /// Of a row whose readings do not count: what follows is not held against what was before.
    pub fn pass(&mut self) {
        self.channels.iter_mut().for_each(ChannelWatch::forget);
        self.holds = false;
    }

    /// Whether this channel's newest reading came, is plausible and moves.
    pub fn is_healthy(&self, channel: usize) -> bool {
        self.channels.get(channel).is_some_and(ChannelWatch::is_healthy)
    }

    /// Takes one row; `None` when it is dropped. Notes are added to `notes`.
    ///
    /// `sample.values` has one value a channel; a missing or extra value counts as missing.
    pub fn check(&mut self, sample: &Sample<'_>, notes: &mut Vec<Note>) -> Option<CheckedRow<'_>> {
        let place = self.place(sample.time, notes);
        self.check_at(place, sample, notes)
    }

    /// As [`Health::check`], of a row that lies there.
    pub fn check_at(
        &mut self,
        place: RowPlace,
        sample: &Sample<'_>,
        notes: &mut Vec<Note>,
    ) -> Option<CheckedRow<'_>> {
        let (mut anew, mut missing_before) = (false, 0);
        match place {
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
    use crate::profile::SeenRange;

    #[test]
    fn held_and_frozen_channels_are_in_the_mask() {
        let spec = HealthSpec {
            period_ns: None,
            hold: 2,
            normal: vec![(0.0, 1.0); 2],
            flatline: vec![None, Some(3)],
            plausible: vec![],
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
        let spec = HealthSpec {
            period_ns: None,
            hold: 1,
            normal: vec![(0.0, 1.0)],
            flatline: vec![None],
            plausible: vec![],
        };
        let mut health = Health::new(&spec);
        let mut notes = Vec::new();
        let usable = [1.0, f64::NAN, f64::NAN, 2.0].map(|value| {
            let sample = Sample { stream: "", row: 1, time: None, values: &[value] };
            health.check(&sample, &mut notes).unwrap().values.map(<[f64]>::to_vec)
        });
        assert_eq!(usable, [Some(vec![1.0]), Some(vec![1.0]), None, Some(vec![2.0])]);
    }

    /// What one channel of which training saw 19 to 23 gives for these readings, and its notes.
    fn of_room(hold: u32, readings: &[f64]) -> (Vec<Option<f64>>, Vec<ChannelNote>) {
        let seen = SeenRange { low: 19.0, high: 23.0, errors: vec![] };
        let spec = HealthSpec {
            period_ns: None,
            hold,
            normal: vec![(21.0, 1.0)],
            flatline: vec![None],
            plausible: vec![Some(Plausible::new(&seen))],
        };
        let (mut health, mut notes) = (Health::new(&spec), Vec::new());
        let used = readings.iter().map(|&value| {
            let sample = Sample { stream: "", row: 1, time: None, values: &[value] };
            let checked = health.check(&sample, &mut notes).unwrap();
            checked.values.map(|values| values[0])
        });
        let used = used.collect();
        let note = |note| match note {
            Note::Channel { note, .. } => note,
            other => panic!("{other:?}"),
        };
        (used, notes.into_iter().map(note).collect())
    }

    #[test]
    fn a_lone_absurd_reading_is_held_and_only_counted() {
        let (used, notes) = of_room(2, &[21.0, -127.0, 21.5, 65_535.0, 22.0]);
        assert_eq!(used, [21.0, 21.0, 21.5, 21.5, 22.0].map(Some));
        assert_eq!(notes, [ChannelNote::Disregarded; 2]);
    }

    #[test]
    fn several_are_said_once_and_are_not_judged_until_they_are_over() {
        let (used, notes) = of_room(2, &[21.0, -127.0, -127.0, -127.0, -127.0, 21.5, 21.6]);
        assert_eq!(used, [Some(21.0), Some(21.0), Some(21.0), None, None, Some(21.5), Some(21.6)]);
        let none = ChannelNote::Disregarded;
        let said = ChannelNote::Implausible { value: -127.0 };
        assert_eq!(notes, [none, none, said, none, none, ChannelNote::Restored]);
        // One that may not be held is said at once, and missing is not said besides.
        let (used, notes) = of_room(0, &[21.0, -127.0, 21.5]);
        assert_eq!(used, [Some(21.0), None, Some(21.5)]);
        assert_eq!(notes, [none, said, ChannelNote::Restored]);
    }

    #[test]
    fn what_a_fault_does_is_judged_at_once_and_what_settles_far_out_in_the_end() {
        let fault = [21.0, 60.0, 61.0, 40.0, -20.0];
        assert_eq!(of_room(2, &fault), (fault.map(Some).to_vec(), vec![]));
        let ramp: Vec<f64> = (0..40).map(|i| 21.0 + 10.0 * f64::from(i)).collect();
        assert_eq!(of_room(2, &ramp).1, []);
        let jump: Vec<f64> = (0..14).map(|i| 900.0 + f64::from(i)).collect();
        let (used, notes) = of_room(2, &jump);
        assert_eq!(used.iter().position(Option::is_some), Some(10));
        assert!(used[10..].iter().all(Option::is_some));
        assert_eq!(notes.last(), Some(&ChannelNote::Restored));
        // One that stands still out there has no sensor behind it.
        assert!(of_room(2, &[900.0; 40]).0.iter().all(Option::is_none));
    }

    proptest::proptest! {
        /// Whatever comes: a reading that training could have held is used as it is, and events end in turn.
        #[test]
        fn plausible_readings_are_never_lost(
            readings in proptest::collection::vec(
                proptest::prop_oneof![
                    19.0..23.0f64,
                    proptest::num::f64::ANY,
                    proptest::sample::select(vec![-127.0, 85.0, f64::NAN, 65_535.0]),
                ],
                0..60,
            ),
            hold in 0u32..4,
        ) {
            let (used, notes) = of_room(hold, &readings);
            for (&reading, used) in readings.iter().zip(used) {
                if (19.0..=23.0).contains(&reading) {
                    proptest::prop_assert_eq!(used, Some(reading));
                }
            }
            let mut said = false;
            for note in notes {
                match note {
                    ChannelNote::Implausible { .. } => {
                        proptest::prop_assert!(!said);
                        said = true;
                    }
                    ChannelNote::Restored => said = false,
                    _ => {}
                }
            }
        }
    }
}
