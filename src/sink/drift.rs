//! What is not as it used to be, or is again, goes in; it comes out as fields of its event, and in words.

use std::fmt;

use serde::ser::SerializeMap;

use super::digits::{Digits, Span};
use oddity_core::event::DriftChange;

/// What drifts.
pub(super) struct Drifting<'a> {
    /// Name of the channel; of the scores `None`.
    pub(super) channel: Option<&'a str>,
    /// Its unit; may be empty.
    pub(super) unit: &'a str,
    /// Seconds between rows, where they are known.
    pub(super) period_s: Option<f64>,
    pub(super) change: &'a DriftChange,
}

/// Its fields, and the sentence for whoever reads the events.
pub(super) fn serialize_drift<M: SerializeMap>(
    map: &mut M,
    drifting: &Drifting<'_>,
) -> Result<(), M::Error> {
    let DriftChange { was, is, distance, limit, rows, .. } = *drifting.change;
    let digits = |value: f64| (value * 1e4).round() / 1e4;
    map.serialize_entry("channel", &drifting.channel)?;
    map.serialize_entry("was", &was)?;
    map.serialize_entry("is", &is)?;
    map.serialize_entry("distance", &digits(distance))?;
    map.serialize_entry("limit", &digits(limit))?;
    map.serialize_entry("compared_rows", &rows)?;
    map.serialize_entry("message", &format_args!("{drifting}"))
}

/// The sentence: "pressure is not as it used to be: 7.2 bar on the average of 24 hours, 6.1 in normal data".
impl fmt::Display for Drifting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, unit, period_s, change } = *self;
        let DriftChange { sets_in, was, is, rows, .. } = *change;
        let blank = if unit.is_empty() { "" } else { " " };
        let what = channel.unwrap_or("the score");
        let how = if sets_in { "is not as it used to be" } else { "is as it used to be again" };
        write!(f, "{what} {how}: {}{blank}{unit} on the average of ", Digits(is))?;
        match period_s {
            Some(period_s) => write!(f, "{}", Span(period_s * rows as f64))?,
            None => write!(f, "{rows} rows")?,
        }
        write!(f, ", {} in normal data", Digits(was))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_a_person_would_say_it() {
        let change =
            DriftChange { sets_in: true, was: 6.1, is: 7.2, distance: 0.75, limit: 0.5, rows: 288 };
        let drifting = Drifting {
            channel: Some("pressure"),
            unit: "bar",
            period_s: Some(300.0),
            change: &change,
        };
        assert_eq!(
            drifting.to_string(),
            "pressure is not as it used to be: 7.2 bar on the average of 24 hours, 6.1 in normal data"
        );
        let change = DriftChange { sets_in: false, ..change };
        let drifting = Drifting { channel: None, unit: "", period_s: None, change: &change };
        assert_eq!(
            drifting.to_string(),
            "the score is as it used to be again: 7.2 on the average of 288 rows, 6.1 in normal data"
        );
    }
}
