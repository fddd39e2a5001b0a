//! What a fit says to whoever started it: what was read, which units names hold, what should be looked at.
//!
//! Findings go in, sentences come out. Decides nothing.

use super::fold::Holes;
use super::moments::windows_for;
use super::survey::Survey;
use crate::model::Model;
use crate::terminal::four_digits;
use oddity_core::profile::{FeatureSpec, Profile, ScoreKind, Sensitivity};
use oddity_core::score::errors;

/// Rows that are named.
const NAMED: usize = 8;

/// How the output of a model that gives a score is taken.
pub(super) fn of_model(model: &Model, lower: bool, origin: f64) -> String {
    let (odd, other) = match lower {
        true => ("lower", "model if higher is"),
        false => ("higher", "model-low if lower is"),
    };
    let from = match origin {
        0.0 => String::new(),
        origin => format!("; counted from {origin:.6}, the lowest of normal data"),
    };
    format!(
        "the score is the model's output `{}`: {odd} is odder (--score {other}){from}",
        model.output_name()
    )
}

/// The unit in a name such as `pressure [bar]` or `temp (°C)`.
pub(super) fn unit_of(name: &str) -> Option<String> {
    let name = name.trim_end();
    let (open, inner) = match (name.strip_suffix(']'), name.strip_suffix(')')) {
        (Some(inner), _) => ('[', inner),
        (None, Some(inner)) => ('(', inner),
        (None, None) => return None,
    };
    let (_, unit) = inner.rsplit_once(open)?;
    Some(unit.trim().to_owned()).filter(|unit| !unit.is_empty())
}

/// What was read, and what of it.
pub(super) fn describe(profile: &Profile) -> String {
    let names: Vec<_> = profile.channels.iter().take(12).map(|c| c.name.as_str()).collect();
    let more = profile.channels.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = if profile.features.is_some() { "frame" } else { "row" };
    let period = match (profile.period_s, &profile.time) {
        (Some(seconds), _) => format!("one {what} every {} s", four_digits(seconds)),
        (None, Some(_)) => {
            "times too coarse to place rows by: rows are counted as they come".into()
        }
        (None, None) => "no time column".into(),
    };
    let frames = profile.features.map(|FeatureSpec { frame, hop, .. }| match frame == hop {
        true => format!(" in frames of {frame}"),
        false => format!(" in frames of {frame}, one every {hop}"),
    });
    let means = match profile.average {
        1 => String::new(),
        of => format!(", each the mean of {of}"),
    };
    format!(
        "{} rows{} ({period}), {} windows of {} {what}s{means}; channels: {}{more}",
        profile.provenance.rows,
        frames.unwrap_or_default(),
        profile.provenance.windows,
        profile.window,
        names.join(", ")
    )
}

/// What should be looked at in the data, before anything is learned from it.
pub(super) fn warnings(survey: &Survey, holes: Holes) -> Vec<String> {
    // What was asked for is no news.
    let columns = survey.read.columns.iter().flat_map(|columns| &columns.left_out);
    let asked: Vec<String> =
        columns.filter(|what| what.was_asked_for()).map(ToString::to_string).collect();
    let left_out = survey.left_out.iter().filter(|what| !asked.contains(what));
    of_data(survey, holes, left_out.map(|what| format!("left out {what}")))
}

/// As [`warnings`], but for the columns that are left out.
pub(super) fn warnings_of_rows(survey: &Survey, holes: Holes) -> Vec<String> {
    of_data(survey, holes, std::iter::empty())
}

/// How the data was read, and what of it could not be, explains all that follows.
fn of_data(survey: &Survey, holes: Holes, left_out: impl Iterator<Item = String>) -> Vec<String> {
    let mut warnings = survey.said.clone();
    warnings.extend(survey.read.warnings());
    warnings.extend(survey.unlike.said.clone());
    warnings.extend(left_out);
    warnings.extend(survey.glitches.iter().map(ToString::to_string));
    warnings.extend(of_holes(holes));
    warnings
}

/// That there are few windows for the values that a score's covariance is of.
pub(super) fn of_few(profile: &Profile, windows: u64) -> Option<String> {
    let channels = profile.channels.len();
    let values = match profile.score.kind() {
        kind @ (ScoreKind::Mahalanobis
        | ScoreKind::MahalanobisLog
        | ScoreKind::MahalanobisWindow) => errors::features(kind, channels),
        _ => return None,
    };
    let (needed, rows) = (windows_for(values), profile.provenance.rows);
    if windows >= needed {
        return None;
    }
    // What was lost so far, to holes and at the borders of the folds, is lost again.
    let more = (needed - windows).saturating_mul(profile.rows_apart() as u64);
    let about = rows.saturating_add(more).div_ceil(10).saturating_mul(10);
    let what = if profile.features.is_some() { "frames" } else { "rows" };
    let found =
        if profile.features.is_some() { "these rows".into() } else { format!("{rows} rows") };
    let enough = match profile.features {
        Some(_) => format!("{} more {what} would do", more.div_ceil(10).saturating_mul(10)),
        None => format!("about {about} would do"),
    };
    Some(format!(
        "{found} are few for {channels} channels: how they go together is known roughly, so faults show \
         less; {enough}, or fewer channels (--channels)"
    ))
}

/// Channels whose sensitivity is told; `inspect` shows all.
const SHOWN: usize = 4;

/// What would just be raised.
pub(super) fn just_raised(profile: &Profile) -> Option<String> {
    let told = profile.channels.iter().filter_map(|channel| {
        let Sensitivity { step, rows, .. } = channel.sensitivity?;
        let unit = channel.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
        Some(match (step, rows) {
            (None, _) => format!("{} by no step", channel.name),
            (Some(step), Some(rows)) => {
                format!("{} {}{unit} (twice that: {rows} rows)", channel.name, four_digits(step))
            }
            (Some(step), None) => format!("{} {}{unit}", channel.name, four_digits(step)),
        })
    });
    let told: Vec<String> = told.collect();
    let more = match told.len().saturating_sub(SHOWN) {
        0 => "",
        _ => ", ...: inspect shows all",
    };
    let shown = told.get(..SHOWN).unwrap_or(&told).join(", ");
    (!told.is_empty()).then(|| format!("a step is just raised at {shown}{more}"))
}

/// Which rows that are windows of their own are above the threshold.
pub(super) fn of_lone(above: &[u64], rows: u64) -> Option<String> {
    let named: Vec<String> = above.iter().take(NAMED).map(u64::to_string).collect();
    let more = match above.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (row, are) = if above.len() == 1 { ("row", "is") } else { ("rows", "are") };
    (!above.is_empty()).then(|| {
        format!(
            "{row} {}{more} of the {rows} {are} above the threshold: if that is a fault, leave it out of the normal \
             data (--leave-out-odd does); else it is how often normal rows will be",
            named.join(", ")
        )
    })
}

fn of_holes(Holes { dropped, gaps }: Holes) -> Option<String> {
    let gaps = match gaps {
        0 => None,
        1 => Some("1 gap in the data".to_owned()),
        gaps => Some(format!("{gaps} gaps in the data")),
    };
    let dropped = match dropped {
        0 => None,
        1 => Some("1 row dropped for having the time of the row before or an older one".to_owned()),
        dropped => Some(format!(
            "{dropped} rows dropped because their time was that of the row before, or earlier"
        )),
    };
    match (dropped, gaps) {
        (None, None) => None,
        (None, Some(gaps)) => Some(format!(
            "{gaps}, which no window spans; with --time none rows are counted as they come"
        )),
        // Only rows that are out of order can be those of several machines.
        (Some(dropped), gaps) => Some(format!(
            "{dropped}{}; with --time none rows are counted as they come, with --key COLUMN each \
             machine has its own clock",
            gaps.map(|gaps| format!(", and {gaps}")).unwrap_or_default()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Holes, of_holes, unit_of};

    #[test]
    fn advice_on_holes_fits_what_was_found() {
        let of = |dropped, gaps| of_holes(Holes { dropped, gaps }).unwrap_or_default();
        assert_eq!(of(0, 0), "");
        assert!(of(0, 3).starts_with("3 gaps in the data, which") && !of(0, 3).contains("--key"));
        assert!(of(1, 0).starts_with("1 row dropped") && of(1, 0).contains("--key"));
        assert!(of(2, 1).contains("2 rows dropped") && of(2, 1).contains(", and 1 gap in"));
    }

    #[test]
    fn units_are_read_from_names() {
        assert_eq!(unit_of("pressure [bar]").as_deref(), Some("bar"));
        assert_eq!(unit_of("temp (°C) ").as_deref(), Some("°C"));
        for name in ["current", "x[]", "odd)", "a [b] c"] {
            assert_eq!(unit_of(name), None, "{name}");
        }
    }
}
