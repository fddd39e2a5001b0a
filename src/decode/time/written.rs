//! What a text says of a time: a date, a time of day, or both, with the numbers of a date as they stand
//! where their order is open. Plain data; decides no order and knows no zone's rules.

use oddity_core::profile::DateOrder;

use super::civil::{days, days_in};
use super::words::Half;

/// What a text says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written<'a> {
    pub date: Option<WrittenDate>,
    /// Nanoseconds since midnight, up to the midnight after.
    pub of_day: Option<i64>,
    /// It says AM or PM.
    pub half: Option<Half>,
    pub zone: WrittenZone<'a>,
}

/// A date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrittenDate {
    /// Days since 1970.
    Certain(i64),
    /// The year is the last number, or the first of three short ones.
    Numbers { parts: [i64; 3], short: bool, mark: u8 },
    /// Day and month are there, the year is not.
    NoYear,
}

/// The zone of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WrittenZone<'a> {
    #[default]
    None,
    /// Seconds ahead of UTC.
    Offset(i64),
    /// `Europe/Berlin`.
    Named(&'a str),
}

impl WrittenDate {
    /// Days since 1970, where the numbers make a date in this order.
    pub fn days(self, order: DateOrder) -> Option<i64> {
        match self {
            Self::Certain(days) => Some(days),
            Self::NoYear => None,
            Self::Numbers { parts: [a, b, c], short, .. } => {
                let (year, month, day) = match order {
                    DateOrder::DayMonthYear => (c, b, a),
                    DateOrder::MonthDayYear => (c, a, b),
                    DateOrder::YearMonthDay if short => (a, b, c),
                    DateOrder::YearMonthDay => return None,
                };
                valid_days(if short { century(year) } else { year }, month, day)
            }
        }
    }
}

/// The year of two digits.
pub(super) fn century(year: i64) -> i64 {
    // As POSIX has it.
    if year < 69 { 2000 + year } else { 1900 + year }
}

/// Days since 1970, where there is such a day.
pub(super) fn valid_days(year: i64, month: i64, day: i64) -> Option<i64> {
    let valid = (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    valid.then(|| days(year, month, day))
}
