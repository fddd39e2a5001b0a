//! What was never seen before goes in; it comes out as fields of its event, and in words.

use std::fmt;

use serde::ser::SerializeMap;

use super::digits::{Digits, Span};
use oddity_core::event::{Record, View};

/// Its fields, and the sentence for whoever reads the events.
pub(super) fn serialize_unprecedented<M: SerializeMap>(
    map: &mut M,
    channel: &str,
    unit: &str,
    record: &Record,
) -> Result<(), M::Error> {
    let view = match record.view {
        View::Level => "level",
        View::Day => "day",
        View::Shift => "shift",
    };
    map.serialize_entry("channel", channel)?;
    map.serialize_entry("view", view)?;
    map.serialize_entry("value", &record.reading)?;
    map.serialize_entry("was", &record.before)?;
    map.serialize_entry("is", &record.is)?;
    map.serialize_entry("watched_s", &record.for_s.round())?;
    map.serialize_entry("message", &format_args!("{}", Words { channel, unit, record }))
}

/// The sentence: "pressure 7.2 bar, the highest in 41 days (before: 6.1)".
struct Words<'a> {
    channel: &'a str,
    unit: &'a str,
    record: &'a Record,
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, unit, record: Record { view, reading, is, before, above, for_s } } =
            *self;
        let blank = if unit.is_empty() { "" } else { " " };
        let (is, before, reading) = (Digits(*is), Digits(*before), Digits(*reading));
        let within = Span(*for_s);
        write!(f, "{channel} {reading}{blank}{unit}, ")?;
        match view {
            View::Level => {
                let end = if *above { "highest" } else { "lowest" };
                write!(f, "the {end} in {within} (before: {before})")
            }
            View::Day => {
                let end = if *above { "above" } else { "below" };
                let is = Digits(is.0.abs());
                let before = Digits(if *above { before.0 } else { -before.0 });
                write!(
                    f,
                    "{is}{blank}{unit} {end} the same time of the days before, the most in {within} \
                     (before: {before})"
                )
            }
            View::Shift => {
                let way = if *above { "risen" } else { "fallen" };
                let is = Digits(is.0.abs());
                write!(
                    f,
                    "its mean has {way} by {is}{blank}{unit}, the most in {within} (before: {before})"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(unit: &str, view: View, [reading, is, before]: [f64; 3], above: bool) -> String {
        let record = Record { view, reading, is, before, above, for_s: 41.5 * 86_400.0 };
        Words { channel: "pressure", unit, record: &record }.to_string()
    }

    #[test]
    fn it_reads_as_a_person_would_say_it() {
        assert_eq!(
            words("bar", View::Level, [7.2, 7.2, 6.1], true),
            "pressure 7.2 bar, the highest in 41 days (before: 6.1)"
        );
        assert_eq!(
            words("", View::Level, [-3.25, -3.25, 0.5], false),
            "pressure -3.25, the lowest in 41 days (before: 0.5)"
        );
        assert_eq!(
            words("bar", View::Day, [5.0, -1.25, -0.5], false),
            "pressure 5 bar, 1.25 bar below the same time of the days before, the most in 41 days (before: 0.5)"
        );
        assert_eq!(
            words("bar", View::Shift, [5.0, 1.0 / 3.0, 0.2], true),
            "pressure 5 bar, its mean has risen by 0.3333 bar, the most in 41 days (before: 0.2)"
        );
    }
}
