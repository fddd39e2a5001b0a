//! How times were written in the data that the model learned from.
//!
//! Plain data, checked for its bounds; the room that decodes acts on it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// Which columns hold the time, and how it is written there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeSpec {
    /// One to three columns; several are read as one text, with a blank between them: the date, the
    /// time of day, and AM or PM.
    pub columns: Vec<String>,
    /// How it is written.
    pub style: TimeStyle,
    /// Name of the time zone (`Europe/Berlin`) of times that do not say theirs; UTC without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// The order of the numbers in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// 29/11/2026.
    DayMonthYear,
    /// 11/29/2026.
    MonthDayYear,
    /// 26/11/29; a year of four digits that comes first needs no order.
    YearMonthDay,
}

/// How a time is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TimeStyle {
    /// The year first, as in ISO 8601, or a number since 1970 whose size tells its unit.
    Standard,
    /// A date in another form, with a time of day.
    Written {
        /// What its numbers are, where they are read in this order.
        order: DateOrder,
    },
    /// A time of day alone, or with a date whose order is not known: days are counted from midnight
    /// to midnight, and have no name.
    OfDay,
    /// A number that counts from a start.
    Elapsed {
        /// Nanoseconds in one of what it counts, 1 or more.
        unit_ns: u64,
    },
    /// Days since 1899-12-30, as spreadsheets count them.
    SerialDay,
    /// As this format says, in the language of `strftime`.
    Format {
        /// With `%` before each part.
        format: String,
    },
}

impl TimeSpec {
    /// Columns at most.
    pub const MAX_COLUMNS: usize = 3;
    /// The longest format, and the longest name of a zone, in bytes.
    pub const MAX_TEXT: usize = 256;
    /// The largest unit: a day.
    const MAX_UNIT_NS: u64 = 86_400_000_000_000;

    /// Whether any program finds and reads it by its own.
    pub fn is_plain(&self) -> bool {
        self.style == TimeStyle::Standard && self.columns.len() == 1 && self.zone.is_none()
    }

    /// What is wrong with it, as the name of the field and the problem.
    pub(super) fn fault(&self) -> Option<(&'static str, &'static str)> {
        let fits = |text: &String| !text.is_empty() && text.len() <= Self::MAX_TEXT;
        if !(1..=Self::MAX_COLUMNS).contains(&self.columns.len()) {
            return Some(("input.time.columns", "must have one to three names"));
        }
        if !self.columns.iter().all(|name| name.len() <= Self::MAX_TEXT) {
            return Some(("input.time.columns", "has a name of more than 256 bytes"));
        }
        if !self.zone.as_ref().is_none_or(fits) {
            return Some(("input.time.zone", "must have 1 to 256 bytes"));
        }
        match &self.style {
            TimeStyle::Elapsed { unit_ns } if !(1..=Self::MAX_UNIT_NS).contains(unit_ns) => {
                Some(("input.time.style.unit_ns", "must be from 1 to the nanoseconds of a day"))
            }
            TimeStyle::Format { format } if !fits(format) => {
                Some(("input.time.style.format", "must have 1 to 256 bytes"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn spec(style: TimeStyle) -> TimeSpec {
        TimeSpec { columns: vec!["t".into()], style, zone: None }
    }

    #[test]
    fn bounds() {
        assert_eq!(spec(TimeStyle::Standard).fault(), None);
        assert_eq!(spec(TimeStyle::Elapsed { unit_ns: 1 }).fault(), None);
        for style in [
            TimeStyle::Elapsed { unit_ns: 0 },
            TimeStyle::Elapsed { unit_ns: u64::MAX },
            TimeStyle::Format { format: String::new() },
            TimeStyle::Format { format: "%".repeat(257) },
        ] {
            assert!(spec(style.clone()).fault().is_some(), "{style:?}");
        }
        let none = TimeSpec { columns: vec![], ..spec(TimeStyle::OfDay) };
        let four = TimeSpec { columns: vec!["t".into(); 4], ..spec(TimeStyle::OfDay) };
        let zone = TimeSpec { zone: Some(String::new()), ..spec(TimeStyle::OfDay) };
        assert!(none.fault().is_some() && four.fault().is_some() && zone.fault().is_some());
    }

    #[test]
    fn it_survives_json() {
        let order = DateOrder::DayMonthYear;
        for style in [
            TimeStyle::Standard,
            TimeStyle::Written { order },
            TimeStyle::OfDay,
            TimeStyle::Elapsed { unit_ns: 1000 },
            TimeStyle::SerialDay,
            TimeStyle::Format { format: "%s".into() },
        ] {
            let spec = spec(style);
            let text = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<TimeSpec>(&text).unwrap(), spec, "{text}");
        }
    }
}
