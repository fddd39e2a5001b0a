//! A profile and one that was found from other rows go in; the first comes out, with what the rows say of what is normal.

use super::moves::TOLD;
use oddity_core::profile::{
    Channel, Constant, DriftSpec, Extent, Precedent, Profile, SeenRange, UnprecedentedSpec, Usual,
};

/// So much more than its tenth lies at or below a mark where readings come again and again.
const LEVEL: f64 = 0.01;

/// What normal rows say is as in `found`; what is said of how rows are read, judged and raised is as in `old`. What a
/// sensor has shown before stays what it can show.
pub(super) fn moved(old: &Profile, found: &Profile, constants: Vec<Constant>) -> Profile {
    let channels = old.channels.iter().zip(&found.channels).map(|(old, found)| channel(old, found));
    let mut moved = Profile {
        channels: channels.collect(),
        streams: found.streams.clone(),
        constants,
        unprecedented: unprecedented(old, found),
        drift: drift(old, found),
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

/// What is usual is as in the new rows, where they tell it over as long a time; else as before, with the means moved over:
/// a few rows do not know how far their like may be from them. Of scores that were found anew nothing is known then.
fn drift(old: &Profile, found: &Profile) -> Option<DriftSpec> {
    let before = old.drift.as_ref()?;
    if let Some(now) = found.drift.as_ref().filter(|now| now.rows >= before.rows) {
        return Some(now.clone());
    }
    let by = old
        .channels
        .iter()
        .zip(&found.channels)
        .map(|(old, found)| (found.mean - old.mean, old.scale));
    let over = |(usual, (by, scale)): (&Option<Usual>, (f64, f64))| {
        let usual = usual.as_ref()?;
        // The mean of what has levels moves a little by chance, and the levels do not.
        if by.abs() < TOLD * scale {
            return Some(usual.clone());
        }
        if has_levels(usual) {
            return None;
        }
        let marks = usual.marks.iter().map(|&(mark, share)| (mark + by, share)).collect();
        Some(Usual { mean: usual.mean + by, marks, limit: usual.limit })
    };
    let channels = before.channels.iter().zip(by).map(over).collect();
    Some(DriftSpec { rows: before.rows, channels, score: None })
}

/// Whether readings come again and again: then the tenths of them do not have a tenth each.
fn has_levels(usual: &Usual) -> bool {
    let tenths = (1..=Usual::MOST_MARKS).map(|tenth| tenth as f64 / 10.0);
    usual.marks.len() < Usual::MOST_MARKS
        || usual.marks.iter().zip(tenths).any(|((_, share), tenth)| share - tenth > LEVEL)
}

fn shifted(seen: Precedent, by: f64) -> Precedent {
    let Extent { low, high, noise } = seen.level;
    Precedent { level: Extent { low: low + by, high: high + by, noise }, ..seen }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The profile of a fixture.
    fn profile(name: &str) -> Profile {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/profile-v5");
        let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
        Profile::from_json(&text).unwrap()
    }

    #[test]
    fn what_was_seen_of_the_level_is_that_of_the_new_rows_and_the_rest_is_kept() {
        let old = profile("cold-room");
        let mut found = old.clone();
        let by = 2.0;
        for (channel, seen) in
            found.channels.iter_mut().zip(&mut found.unprecedented.as_mut().unwrap().channels)
        {
            channel.mean += by;
            let seen = seen.as_mut().unwrap();
            *seen = Precedent { day: None, shift: Some(0.0), ..shifted(*seen, by) };
        }
        found.unprecedented.as_mut().unwrap().learned_s = 3600.0;
        let moved = moved(&old, &found, vec![]);
        let (before, now) = (old.unprecedented.as_ref().unwrap(), moved.unprecedented.unwrap());
        assert_eq!(now.learned_s, 3600.0);
        for (before, now) in before.channels.iter().flatten().zip(now.channels.iter().flatten()) {
            assert_eq!(now.level.low, before.level.low + by);
            assert_eq!((now.day, now.shift), (before.day, before.shift));
        }
        // Too few rows to tell: the old ones, moved over.
        let moved = super::moved(&old, &Profile { unprecedented: None, ..found }, vec![]);
        let now = moved.unprecedented.unwrap();
        assert_eq!(now.learned_s, before.learned_s);
        let lows =
            |of: &UnprecedentedSpec| of.channels.iter().flatten().next().map(|seen| seen.level.low);
        assert_eq!(lows(&now), lows(before).map(|low| low + by));
        // Nothing is learned that was not wanted.
        let none = Profile { unprecedented: None, ..old.clone() };
        assert!(super::moved(&none, &old, vec![]).unprecedented.is_none());
    }

    #[test]
    fn what_is_usual_is_that_of_as_many_rows_or_moves_over() {
        let old = profile("drift");
        let mut found = old.clone();
        found.channels.iter_mut().for_each(|channel| channel.mean += 2.0);
        let now = found.drift.as_mut().unwrap();
        now.rows = 144;
        now.channels[0].as_mut().unwrap().limit = 0.75;
        let few = moved(&old, &found, vec![]).drift.unwrap();
        let (before, after) = (old.drift.as_ref().unwrap(), &few);
        assert_eq!((after.rows, &after.score), (before.rows, &None));
        let usual = |spec: &DriftSpec| spec.channels[0].clone().unwrap();
        let (before, after) = (usual(before), usual(after));
        assert_eq!((after.mean, after.limit), (before.mean + 2.0, before.limit));
        assert_eq!(after.marks[0], (before.marks[0].0 + 2.0, before.marks[0].1));
        // What has levels may have others now, and hardly moves by chance.
        let mut levels = old.clone();
        levels.drift.as_mut().unwrap().channels[0].as_mut().unwrap().marks.truncate(2);
        assert_eq!(moved(&levels, &found, vec![]).drift.unwrap().channels[0], None);
        let hardly = |mut profile: Profile| {
            profile.channels[0].mean = old.channels[0].mean + 0.01 * old.channels[0].scale;
            profile
        };
        let few = moved(&levels, &hardly(found.clone()), vec![]).drift.unwrap();
        assert_eq!(few.channels[0], levels.drift.as_ref().unwrap().channels[0]);
        found.drift.as_mut().unwrap().rows = 288;
        assert_eq!(moved(&old, &found, vec![]).drift, found.drift);
        let none = Profile { drift: None, ..old };
        assert_eq!(moved(&none, &found, vec![]).drift, None);
    }

    #[test]
    fn a_sensor_can_show_what_it_has_shown_before() {
        let seen = |low, high| Some(SeenRange { low, high, errors: vec![-99.0] });
        let with = |seen, run| Channel {
            seen,
            longest_run: Some(run),
            ..profile("margin").channels.swap_remove(0)
        };
        let moved = channel(&with(seen(0.0, 2.0), 5), &with(seen(1.0, 3.0), 9));
        assert_eq!((moved.seen, moved.longest_run), (seen(0.0, 3.0), Some(9)));
        // It stood still throughout: that is not how long it may.
        let still = channel(&with(seen(0.0, 2.0), 5), &with(None, 900));
        assert_eq!((still.seen, still.longest_run), (seen(0.0, 2.0), Some(5)));
    }
}
