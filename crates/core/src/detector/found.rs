//! What a row shows without a model: notes of health, readings that were never seen before, constants that change. It waits
//! in the queue as events, and is counted.

use super::queue::{Origin, Queue};
use super::state::StreamState;
use super::tally::Tally;
use crate::constant::ConstantNote;
use crate::event::EventKind;
use crate::health::{ChannelNote, Note};
use crate::profile::Profile;
use crate::types::Sample;

/// Where what is found in a row goes: what waits, what is counted, and the row.
pub(super) type Found<'a> = (&'a mut Queue, &'a mut Tally, Origin);

/// Tells which channels of a row are where they never were.
pub(super) fn unprecedented(
    state: &mut StreamState,
    sample: &Sample<'_>,
    now_s: f64,
    to: &mut Found<'_>,
) {
    let (queue, tally, origin) = to;
    for (channel, watch) in state.unprecedented.iter_mut().enumerate() {
        let Some(watch) = watch else { continue };
        // What is missing, held, frozen or absurd is no reading.
        let reading = sample.values.get(channel).filter(|_| state.intake.is_healthy(channel));
        let found = reading.and_then(|&reading| watch.take(reading, now_s));
        if let Some(record) = found {
            tally.unprecedented += 1;
            queue.note(*origin, Some(EventKind::Unprecedented { channel, record }), false);
        }
    }
}

/// Tells which channels are not as they used to be, or are again.
pub(super) fn drifts(
    state: &mut StreamState,
    profile: &Profile,
    sample: &Sample<'_>,
    to: &mut Found<'_>,
) {
    let (queue, tally, origin) = to;
    if profile.drift.is_none() {
        return;
    }
    for (channel, &reading) in sample.values.iter().enumerate().take(profile.channels.len()) {
        if !state.intake.is_healthy(channel) {
            continue;
        }
        let Some(change) = state.drift.reading(profile, channel, reading) else { continue };
        tally.drifts += u64::from(change.sets_in);
        queue.note(*origin, Some(EventKind::Drift { channel: Some(channel), change }), false);
    }
}

/// Tells which constants have changed, or are as they were again.
pub(super) fn constants(
    state: &mut StreamState,
    profile: &Profile,
    sample: &Sample<'_>,
    to: &mut Found<'_>,
) {
    let (queue, tally, origin) = to;
    let readings = sample.values.iter().enumerate().skip(profile.channels.len());
    let watches = profile.constants.iter().zip(&mut state.constants);
    for ((constant, watch), (channel, &reading)) in watches.zip(readings) {
        let Some(note) = watch.take(constant, reading) else { continue };
        let kind = match note {
            ConstantNote::Changed { is } => {
                tally.changed += 1;
                EventKind::Changed { channel, was: constant.value, is }
            }
            ConstantNote::Returned => EventKind::Returned { channel, is: constant.value },
        };
        queue.note(*origin, Some(kind), false);
    }
}

/// Single dropped rows and readings are only counted: an event for each would drown the alerts.
pub(super) fn event_of(note: Note, period_s: Option<f64>) -> Option<EventKind<'static>> {
    Some(match note {
        Note::Duplicate | Note::Late => return None,
        Note::Gap { expected: true, .. } => return None,
        Note::Gap { missing, from, .. } => EventKind::Gap { missing, from },
        Note::Clock { fault, from } => EventKind::Clock { fault, from },
        Note::Rate { period_s: found } => {
            EventKind::Rate { period_s: found, expected_s: period_s.unwrap_or(found) }
        }
        Note::Channel { channel, note } => match note {
            ChannelNote::Disregarded => return None,
            ChannelNote::Missing => EventKind::Missing { channel },
            ChannelNote::Implausible { value } => EventKind::Implausible { channel, value },
            ChannelNote::Restored => EventKind::Restored { channel },
            ChannelNote::Flatline { rows } => EventKind::Flatline { channel, rows },
            ChannelNote::Moving => EventKind::Moving { channel },
        },
    })
}
