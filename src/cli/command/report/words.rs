//! What was seen goes in; what a page says of it in words comes out.

use std::path::Path;

use oddity::chart::{Along, count};
use oddity::detector::Tally;
use oddity::model::Bundle;
use oddity::profile::Profile;

use super::events::Events;

/// What is known of the whole.
pub(super) struct Seen {
    pub(super) rows: u64,
    pub(super) along: Along,
    pub(super) tally: Tally,
    pub(super) streams: usize,
}

/// Health that a reader wants to know of first.
const TROUBLE: [(&str, &str, &str); 10] = [
    ("unprecedented", "reading never seen before", "readings never seen before"),
    ("drift", "drift", "drifts"),
    ("flatline", "frozen sensor", "frozen sensors"),
    ("missing", "missing sensor", "missing sensors"),
    ("implausible", "implausible sensor", "implausible sensors"),
    ("changed", "change of what never moved", "changes of what never moved"),
    ("gap", "gap", "gaps"),
    ("clock", "fault of the clock", "faults of the clock"),
    ("rate", "change of the rate", "changes of the rate"),
    ("unreadable", "stretch that could not be read", "stretches that could not be read"),
];

pub(super) fn title(data: &Path) -> String {
    match data.file_name() {
        Some(name) if data.as_os_str() != "-" => name.to_string_lossy().into_owned(),
        _ => "standard input".into(),
    }
}

/// What came out, in a sentence or two.
pub(super) fn verdict(seen: &Seen, ends: Option<(f64, f64)>, events: &Events) -> String {
    let of = |kind: &str| usize::try_from(events.count(kind)).unwrap_or(usize::MAX);
    let alerts = match of("raised") {
        0 => "No alert was raised".to_owned(),
        n => format!("{} raised", count(n, "alert was", "alerts were")),
    };
    let over = match (seen.along, ends) {
        (Along::Dated(_) | Along::Seconds, Some((from, to))) => format!(" in {}", span(to - from)),
        _ => format!(" in {}", rows(seen.rows)),
    };
    let trouble: Vec<String> = TROUBLE
        .iter()
        .filter(|(kind, ..)| of(kind) > 0)
        .map(|(kind, one, many)| count(of(kind), one, many))
        .collect();
    match trouble.is_empty() {
        true => format!("{alerts}{over}."),
        false => format!("{alerts}{over}. Besides: {}.", trouble.join(", ")),
    }
}

pub(super) fn facts(
    model: &Path,
    bundle: &Bundle,
    seen: &Seen,
    ends: Option<(f64, f64)>,
) -> Vec<(String, String)> {
    let profile = bundle.profile();
    let rule = |what: &dyn std::fmt::Display| what.to_string();
    // Where it lies is nobody's business who is sent the page.
    let name = model.file_name().unwrap_or(model.as_os_str()).to_string_lossy();
    let mut facts = vec![
        ("model".into(), format!("{name} ({})", bundle.id())),
        ("rows".into(), format!("{}, {} judged", seen.rows, windows(seen.tally.windows))),
        (
            "judged by".into(),
            format!(
                "score {}, smoothed {}, threshold {}",
                rule(&profile.score.kind()),
                rule(&profile.smooth),
                rule(&profile.threshold.rule)
            ),
        ),
    ];
    if let Some((from, to)) = ends.filter(|_| seen.along != Along::Rows) {
        let words = |place: f64| seen.along.words(place);
        facts.insert(1, ("time".into(), format!("{} to {} (UTC)", words(from), words(to))));
    }
    if seen.streams > 1 {
        facts.push(("streams".into(), seen.streams.to_string()));
    }
    facts.push(("made by".into(), format!("oddity {}", env!("CARGO_PKG_VERSION"))));
    facts
}

pub(super) fn warnings(seen: &Seen, profile: &Profile) -> Vec<String> {
    let mut warnings = Vec::new();
    if seen.tally.windows == 0 {
        let window = profile.rows_covered();
        warnings.push(format!("No window of {window} rows was complete: nothing was judged."));
    }
    if seen.tally.disregarded > 0 {
        let n = usize::try_from(seen.tally.disregarded).unwrap_or(usize::MAX);
        let readings = count(n, "reading was", "readings were");
        warnings.push(format!("{readings} far outside all of normal data and counted as missing."));
    }
    let dropped = seen.tally.duplicates + seen.tally.late;
    if dropped > 0 {
        warnings.push(format!(
            "{} out of order and not used.",
            match dropped {
                1 => "1 row was".to_owned(),
                n => format!("{n} rows were"),
            }
        ));
    }
    if profile.period_s.is_some() && seen.along == Along::Rows {
        warnings.push("Rows have no time: they are counted as they come.".into());
    }
    warnings
}

fn rows(n: u64) -> String {
    if n == 1 { "1 row".into() } else { format!("{n} rows") }
}

fn windows(n: u64) -> String {
    if n == 1 { "1 window".into() } else { format!("{n} windows") }
}

/// A length of time for people.
fn span(seconds: f64) -> String {
    let (unit, each) = match seconds {
        s if s >= 172_800.0 => ("days", 86_400.0),
        s if s >= 7200.0 => ("hours", 3600.0),
        s if s >= 120.0 => ("minutes", 60.0),
        _ => ("seconds", 1.0),
    };
    format!("{} {unit}", oddity::chart::number((seconds / each * 10.0).round() / 10.0))
}
