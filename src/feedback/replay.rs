//! What `detect` said, and which of it was false or missed, go in; the profile with another threshold comes out, or how
//! far one would have to go. Other thresholds are tried on the scores in the lines: no model is run.

use std::collections::BTreeMap;

use super::error::FeedbackError;
use super::history::step;
use super::lines::{Lines, Told, after, at_or_after, place};
use oddity_core::alert::{Alert, Change};
use oddity_core::detector::most_score;
use oddity_core::profile::{FeedbackKind, Profile, ThresholdSpec};
use oddity_core::smooth::Smoother;
use oddity_core::threshold::WEEK_S;
use oddity_core::types::Time;

/// A false alarm is to stay below the new threshold by so much.
const BELOW: f64 = 1.1;
/// And a fault above it.
const ABOVE: f64 = 0.95;
/// The lowest threshold that is tried, of the model's own.
const LOWEST: f64 = 0.01;
/// Halvings of the interval in which a threshold lies.
const STEPS: usize = 40;

/// The profile after its alerts in these lines were false, with what is to be said of it.
///
/// # Errors
/// When there is none.
pub fn false_alarms(
    profile: &Profile,
    lines: &Lines,
) -> Result<(Profile, Vec<String>), FeedbackError> {
    let raised: Vec<&Told> = lines.told.iter().filter(|told| told.raised).collect();
    let highest = raised.iter().map(|told| told.ratio).fold(0.0, f64::max);
    let (Some(first), Some(last)) = (raised.first(), raised.last()) else {
        return Err(FeedbackError::NoAlert { name: lines.name.clone() });
    };
    let mut said = Vec::new();
    if raised.iter().all(|told| told.score.is_none()) {
        said.push(
            "these lines say how high the scores were when it was raised, not how high they became: with \
             `detect --emit all` the threshold is put above all of them"
                .to_owned(),
        );
    }
    let told = BELOW * highest / profile.alert.raise;
    let factor = above_all(profile, lines).unwrap_or(told).max(1.0);
    let rows = (first.row, last.row);
    said.push(format!(
        "false alarm in rows {} to {}, up to {highest:.2} times the threshold: it goes from {:.6} to {:.6}; a step has \
         to be larger by about as much to be raised",
        rows.0,
        rows.1,
        profile.threshold.value,
        factor * profile.threshold.value
    ));
    Ok((moved(profile, FeedbackKind::FalseAlarm, rows, factor), said))
}

/// The profile by which what happened from one place to another would have been raised, and how often it raises besides.
///
/// # Errors
/// When no score lies there, or it was raised.
pub fn missed(
    profile: &Profile,
    lines: &Lines,
    (from, to): (&str, &str),
) -> Result<(Profile, Vec<String>), FeedbackError> {
    let places = (place(from)?, place(to)?);
    let within = |told: &Told| at_or_after(told, places.0) && !after(told, places.1);
    let inside: Vec<&Told> =
        lines.told.iter().filter(|told| told.score.is_some() && within(told)).collect();
    let highest = inside.iter().map(|told| told.ratio).fold(0.0, f64::max);
    let ends = || (from.to_owned(), to.to_owned());
    let (Some(first), Some(last)) = (inside.first(), inside.last()) else {
        let (from, to) = ends();
        let (name, apart) = (lines.name.clone(), profile.rows_apart());
        return Err(FeedbackError::NoScores { name, from, to, apart });
    };
    if let Some(told) = inside.iter().find(|told| told.raised) {
        let (from, to) = ends();
        return Err(FeedbackError::NotMissed { row: told.row, from, to });
    }
    // The largest that raises it: a threshold that is lower raises more besides.
    let raises = |factor: f64| replay(profile, lines, factor, within).found;
    let (mut low, mut high) = (ABOVE * LOWEST, ABOVE);
    if !raises(low) {
        let (from, to) = ends();
        return Err(FeedbackError::NeverRaised { from, to });
    }
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        match raises(middle) {
            true => low = middle,
            false => high = middle,
        }
    }
    let factor = ABOVE * low;
    let Replay { others: alerts, windows, .. } = replay(profile, lines, factor, within);
    let often = match profile.period_s {
        Some(period_s) if windows > 0 => {
            let weeks = windows as f64 * period_s * profile.rows_apart() as f64 / WEEK_S;
            format!(", {:.3} a week", alerts as f64 / weeks)
        }
        _ => String::new(),
    };
    let alerts = if alerts == 1 { "1 alert".into() } else { format!("{alerts} alerts") };
    let said = vec![format!(
        "the scores of rows {} to {} reach {highest:.2} times the threshold: they are raised by {:.6}, not by {:.6}; the \
         other {windows} windows of these lines then raise {alerts}{often}",
        first.row,
        last.row,
        factor * profile.threshold.value,
        profile.threshold.value
    )];
    Ok((moved(profile, FeedbackKind::Missed, (first.row, last.row), factor), said))
}

/// By how much the threshold has to grow so that no window that was raised is. A score counts up to some times the
/// threshold, so that a higher one lets more of it count: it has to be tried. `None` without scores.
fn above_all(profile: &Profile, lines: &Lines) -> Option<f64> {
    let largest = lines.told.iter().filter_map(|told| told.score).reduce(f64::max)?;
    let limit = profile.alert.raise.min(1.0) * profile.threshold.value;
    let stays_below = |factor: f64| {
        let ratios = ratios(profile, lines, factor);
        let raised = lines.told.iter().zip(ratios).filter(|(told, _)| told.raised);
        raised.filter_map(|(_, ratio)| ratio).all(|ratio| BELOW * ratio <= profile.alert.raise)
    };
    let (mut low, mut high) = (1.0, (BELOW * largest / limit).max(1.0));
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        match stays_below(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    Some(high)
}

/// What the ratio of each line with a score would be by so many times the threshold.
fn ratios(profile: &Profile, lines: &Lines, factor: f64) -> Vec<Option<f64>> {
    let threshold = factor * profile.threshold.value;
    let most = most_score(profile.smooth, profile.alert.raise, threshold);
    let mut streams: BTreeMap<&str, Smoother> = BTreeMap::new();
    let mut ratios = Vec::with_capacity(lines.told.len());
    for told in &lines.told {
        let new = || Smoother::new(profile.smooth);
        let smoother = streams.entry(&told.stream).or_insert_with(new);
        ratios.push(told.score.map(|score| smoother.push(score.min(most)) / threshold));
    }
    ratios
}

/// Rows at which an alert would be raised by so many times the threshold, each with whether it lies within; and windows.
fn replay(profile: &Profile, lines: &Lines, factor: f64, within: impl Fn(&Told) -> bool) -> Replay {
    let mut streams: BTreeMap<&str, Alert> = BTreeMap::new();
    let mut replay = Replay::default();
    for (number, (told, ratio)) in lines.told.iter().zip(ratios(profile, lines, factor)).enumerate()
    {
        let Some(ratio) = ratio else { continue };
        let now_s = told.time.map_or(number as f64, |time| time.0 as f64 / Time::SECOND as f64);
        let alert = streams.entry(&told.stream).or_insert_with(|| Alert::new(profile.alert));
        let raised = alert.push(ratio, now_s) == Some(Change::Raised);
        match within(told) {
            true => replay.found |= alert.is_raised(),
            false => {
                replay.others += usize::from(raised);
                replay.windows += 1;
            }
        }
    }
    replay
}

/// What another threshold would raise.
#[derive(Default)]
struct Replay {
    /// Within the place that is asked for.
    found: bool,
    /// Alerts elsewhere, and windows there.
    others: usize,
    windows: usize,
}

/// The same with so many times the threshold.
fn moved(profile: &Profile, kind: FeedbackKind, rows: (u64, u64), factor: f64) -> Profile {
    let value = factor * profile.threshold.value;
    let threshold = ThresholdSpec { value, ..profile.threshold };
    step(profile, Profile { threshold, ..profile.clone() }, (kind, rows))
}
