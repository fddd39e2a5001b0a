//! What one field looks like as a time: bytes go in, a [`Looks`] comes out. Decides no unit and no
//! order of a date.

use super::civil::{fixed, iso};
use super::number::{Unit, decimal};
use super::parser;
use super::written::{Written, WrittenDate};

/// Numbers below this are no epoch unless somebody says that the column is the time: they count
/// rows or seconds since something else.
const LEAST_EPOCH_S: i128 = 100_000_000;

/// What the text of a field could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Looks {
    /// A date with or without a time of day, whose parts are beyond doubt.
    DateTime,
    /// A date whose order its column must tell, or a time of day alone.
    Open,
    /// A number that can be an epoch.
    Epoch,
    /// A number that is too small for one.
    Small,
    /// None of these.
    Other,
}

impl Looks {
    /// A date, a time of day, or both.
    pub fn is_written(self) -> bool {
        matches!(self, Self::DateTime | Self::Open)
    }
}

/// Looks at a field without deciding a unit or an order.
pub(in crate::decode) fn looks(field: &[u8]) -> Looks {
    let field = field.trim_ascii();
    let compact = matches!(field.len(), 14 | 17) && parser::parse(field).is_some();
    match decimal(field) {
        Some(_) if compact => Looks::DateTime,
        Some((whole, fraction)) => {
            // One that no time can hold is none: a spreadsheet's days in millionths, say.
            let held = || Unit::of(whole).nanoseconds(whole, fraction).is_some();
            if whole.abs() < LEAST_EPOCH_S || !held() { Looks::Small } else { Looks::Epoch }
        }
        None => written_looks(field),
    }
}

fn written_looks(field: &[u8]) -> Looks {
    if fixed(field).is_some() {
        return Looks::DateTime;
    }
    match parser::parse(field) {
        Some(Written { date: Some(WrittenDate::Certain(_)), .. }) => Looks::DateTime,
        // Numbers of versions, too, have points and two digits at their end.
        Some(Written {
            date: Some(WrittenDate::Numbers { short: true, .. }),
            of_day: None,
            ..
        }) => Looks::Other,
        Some(Written { date: Some(WrittenDate::NoYear), of_day: None, .. }) => Looks::Other,
        Some(_) => Looks::Open,
        None if iso(field).is_some() => Looks::DateTime,
        None => Looks::Other,
    }
}
