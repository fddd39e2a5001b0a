//! Text or number to nanoseconds since 1970 (UTC).
//!
//! A column is read in one style, which its texts and its name tell (`kind`), or somebody says:
//! ISO 8601 and all dates that leave no doubt; dates whose day and month only the column tells
//! apart; times of day; what counts from a start; a spreadsheet's days; a format. Times without a
//! zone are UTC unless one is said. The unit of an epoch is decided by the size of the first one
//! and kept for the whole input:
//!
//! | absolute value | unit | years, as that unit |
//! |---|---|---|
//! | below 1e11 | seconds | until 5138 |
//! | 1e11 to 1e14 | milliseconds | 1973 to 5138 |
//! | 1e14 to 1e17 | microseconds | 1973 to 5138 |
//! | from 1e17 | nanoseconds | from 1973 |
//!
//! Only what fits [`Time`] is a time: 1677 to 2262.

mod civil;
pub(super) mod column;
mod find;
mod kind;
pub(super) mod looks;
pub(super) mod names;
mod number;
mod parser;
mod reader;
mod words;
mod written;
mod zone;

#[cfg(test)]
mod tests;

use kind::TimeKind;
use oddity_core::profile::{TimeSpec, TimeStyle};
use oddity_core::types::Time;
use reader::TimeReader;
use zone::Zone;

/// Whether a text is a format that a time can be read by, in the language of `strftime`.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_time_format(format: &str) -> Result<(), String> {
    if format.is_empty() || format.len() > TimeSpec::MAX_TEXT {
        return Err(format!("a format has 1 to {} bytes", TimeSpec::MAX_TEXT));
    }
    // 2026-11-29 14:05:07
    let text = jiff::Timestamp::from_second(1_795_961_107)
        .and_then(|sample| jiff::fmt::strtime::format(format, sample))
        .map_err(|error| error.to_string())?;
    let style = TimeStyle::Format { format: format.to_owned() };
    let spec = TimeSpec { columns: Vec::new(), style, zone: None };
    let time = TimeReader::new(&spec).and_then(|mut reader| reader.read(text.as_bytes()));
    time.map(|_| ()).ok_or_else(|| {
        "it must give a date or a time of day, such as \"%d/%m/%Y %H:%M:%S\"".to_owned()
    })
}

/// Whether the rules of a zone are known.
///
/// # Errors
/// Says what would be known.
pub fn check_time_zone(name: &str) -> Result<(), String> {
    if Zone::named(name).is_some() {
        return Ok(());
    }
    Err("no zone of this name is known here; names are those of the IANA database, such as \
         Europe/Berlin or UTC"
        .to_owned())
}

/// A time on its own, in any form that a time column may have and that needs no other to be
/// understood; `None` where it is none.
pub fn parse_time(text: &str) -> Option<Time> {
    let spec = |style| TimeSpec { columns: Vec::new(), style, zone: None };
    let style = match TimeKind::of(&[text.as_bytes()], None) {
        TimeKind::Full(style) | TimeKind::Date(style) => style,
        TimeKind::Numbers => TimeStyle::Standard,
        _ => return None,
    };
    TimeReader::new(&spec(style))?.read(text.as_bytes())
}
