//! A profile and one that was found from other rows go in; the first comes out, with what the rows say of what is normal.

use oddity_core::profile::{
    Channel, Constant, Extent, Precedent, Profile, SeenRange, UnprecedentedSpec,
};

/// What normal rows say is as in `found`; what is said of how rows are read, judged and raised is as in `old`. What a
/// sensor has shown before stays what it can show.
pub(super) fn moved(old: &Profile, found: &Profile, constants: Vec<Constant>) -> Profile {
    let channels = old.channels.iter().zip(&found.channels).map(|(old, found)| channel(old, found));
    let mut moved = Profile {
        channels: channels.collect(),
        streams: found.streams.clone(),
        constants,
        unprecedented: unprecedented(old, found),
        score: found.score.clone(),
        threshold: found.threshold,
        golden: found.golden.clone(),
        ..old.clone()
    };
    moved.version = moved.least_version();
    moved
}

fn channel(old: &Channel, found: &Channel) -> Channel {
    let seen = match (&old.seen, &found.seen) {
        (Some(old), Some(found)) => Some(SeenRange {
            low: old.low.min(found.low),
            high: old.high.max(found.high),
            errors: old.errors.clone(),
        }),
        (old, _) => old.clone(),
    };
    // A sensor that stood still in all these rows has not shown that it does.
    let longest_run = match found.seen {
        None if old.seen.is_some() => old.longest_run,
        _ => old.longest_run.max(found.longest_run),
    };
    let Channel { mean, sensitivity, .. } = *found;
    Channel { mean, sensitivity, seen, longest_run, ..old.clone() }
}

/// Readings are held against those of the new rows alone, for only they are normal now. How much a channel differs from
/// day to day, and how its mean moves, is not a matter of its level: there all that was seen counts.
fn unprecedented(old: &Profile, found: &Profile) -> Option<UnprecedentedSpec> {
    let before = old.unprecedented.as_ref()?;
    let by = old.channels.iter().zip(&found.channels).map(|(old, found)| found.mean - old.mean);
    let Some(now) = &found.unprecedented else {
        // Too few rows to tell: as before, with the means moved over.
        let moved = before.channels.iter().zip(by).map(|(seen, by)| Some(shifted((*seen)?, by)));
        return Some(UnprecedentedSpec { channels: moved.collect(), ..before.clone() });
    };
    let channels = before.channels.iter().zip(&now.channels).zip(by).map(|((before, now), by)| {
        match (*before, *now) {
            (Some(before), Some(now)) => Some(Precedent { level: now.level, ..before.with(now) }),
            (Some(before), None) => Some(shifted(before, by)),
            (None, now) => now,
        }
    });
    Some(UnprecedentedSpec { learned_s: now.learned_s, channels: channels.collect() })
}

fn shifted(seen: Precedent, by: f64) -> Precedent {
    let Extent { low, high, noise } = seen.level;
    Precedent { level: Extent { low: low + by, high: high + by, noise }, ..seen }
}
