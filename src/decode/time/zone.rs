//! Time zones by name: a local time goes in, the instant comes out.
//!
//! A local time that came twice, because clocks were set back, is told apart by the rows before it;
//! one that never was is read as if clocks had not been set forward. The rules are those of the
//! program itself (cargo feature `zones`), or else of the machine. Allocates nothing once made.

use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use oddity_core::types::Time;

/// Clocks are set at whole quarters of an hour.
const QUARTER: i64 = 900 * Time::SECOND;

/// A zone, and where in its times a stream is.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    rules: TimeZone,
    /// A quarter of an hour, counted in local time, and how far it is ahead of UTC.
    quarter: Option<(i64, i64)>,
    /// The last instant, and the step to it.
    last: Option<i64>,
    step: i64,
}

impl Zone {
    /// `None` where no zone of this name is known.
    pub fn named(name: &str) -> Option<Self> {
        let utc = ["utc", "gmt", "z"].iter().any(|known| known.eq_ignore_ascii_case(name));
        let rules = match offset(name) {
            _ if utc => TimeZone::UTC,
            Some(ahead) => TimeZone::fixed(ahead),
            None => TimeZone::get(name).ok()?,
        };
        Some(Self { rules, quarter: None, last: None, step: 0 })
    }

    /// The instant of a local time, both in nanoseconds since 1970.
    pub fn instant(&mut self, local: i64) -> Option<i64> {
        let quarter = local.div_euclid(QUARTER);
        let instant = match self.quarter {
            Some((known, ahead)) if known == quarter => local.checked_sub(ahead)?,
            _ => self.look_up(local, quarter)?,
        };
        if let Some(last) = self.last {
            self.step = instant.saturating_sub(last);
        }
        self.last = Some(instant);
        Some(instant)
    }

    fn look_up(&mut self, local: i64, quarter: i64) -> Option<i64> {
        let civil = jiff::Timestamp::from_nanosecond(i128::from(local)).ok()?;
        let civil = Offset::UTC.to_datetime(civil);
        let ahead = |offset: Offset| i64::from(offset.seconds()) * Time::SECOND;
        match self.rules.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => {
                self.quarter = Some((quarter, ahead(offset)));
                local.checked_sub(ahead(offset))
            }
            // The usual rule: as if clocks had not been set forward.
            AmbiguousOffset::Gap { before, .. } => local.checked_sub(ahead(before)),
            AmbiguousOffset::Fold { before, after } => {
                let first = local.checked_sub(ahead(before))?;
                let second = local.checked_sub(ahead(after))?;
                Some(self.of_two(first, second))
            }
        }
    }

    /// Which of two instants goes on from the rows before.
    fn of_two(&self, first: i64, second: i64) -> i64 {
        let Some(last) = self.last else { return first };
        let (to_first, to_second) = (first.saturating_sub(last), second.saturating_sub(last));
        // Rows an hour apart show the same time twice; rows a second apart, or of several streams,
        // may do so within one second.
        let again = to_first == 0 && self.step >= 2 * QUARTER;
        let nearer = to_second.saturating_abs() < to_first.saturating_abs();
        let rises = to_first < 0 && to_second > 0 && to_second == -to_first;
        if again || nearer || rises { second } else { first }
    }
}

/// `GMT+01:00`, `UTC-5`: how far ahead of UTC.
fn offset(name: &str) -> Option<Offset> {
    let offset = ["UTC", "GMT"].iter().find_map(|utc| name.strip_prefix(utc))?;
    let (sign, offset) = match offset.split_at_checked(1)? {
        ("+", offset) => (1, offset),
        ("-", offset) => (-1, offset),
        _ => return None,
    };
    let (hours, minutes) = match offset.split_once(':') {
        Some(parts) => parts,
        None if offset.len() == 4 => offset.split_at_checked(2)?,
        None => (offset, "0"),
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let valid = (0..=23).contains(&hours) && (0..=59).contains(&minutes);
    if valid { Offset::from_seconds(sign * (hours * 60 + minutes) * 60).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").unwrap()
    }

    fn at(text: &str) -> i64 {
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        i64::try_from(Offset::UTC.to_timestamp(civil).unwrap().as_nanosecond()).unwrap()
    }

    #[test]
    fn summer_and_winter() {
        let mut zone = berlin();
        assert_eq!(zone.instant(at("2026-01-15 12:00:00")), Some(at("2026-01-15 11:00:00")));
        assert_eq!(zone.instant(at("2026-07-15 12:00:00")), Some(at("2026-07-15 10:00:00")));
        assert_eq!(Zone::named("Europe/Nowhere").map(|_| ()), None);
        assert_eq!(Zone::named("utc").unwrap().instant(7), Some(7));
    }

    #[test]
    fn the_hour_that_never_was() {
        let mut zone = berlin();
        assert_eq!(zone.instant(at("2026-03-29 01:59:59")), Some(at("2026-03-29 00:59:59")));
        assert_eq!(zone.instant(at("2026-03-29 02:30:00")), Some(at("2026-03-29 01:30:00")));
        assert_eq!(zone.instant(at("2026-03-29 03:00:00")), Some(at("2026-03-29 01:00:00")));
    }

    /// Rows at even steps over the night in which the clocks are set back.
    #[test]
    fn the_hour_that_comes_twice() {
        for step_s in [1, 7, 60, 600, 900, 1800, 3600] {
            let (mut zone, start) = (berlin(), at("2026-10-24 22:00:00"));
            for row in 0..(6 * 3600 / step_s) {
                let instant = start + row * step_s * Time::SECOND;
                let ahead = if instant < at("2026-10-25 01:00:00") { 2 } else { 1 };
                let local = instant + ahead * 3600 * Time::SECOND;
                assert_eq!(zone.instant(local), Some(instant), "step {step_s} s, row {row}");
            }
        }
    }

    #[test]
    fn rows_of_one_instant_stay_together() {
        let mut zone = berlin();
        for second in 0..7000 {
            let local = at("2026-10-25 01:00:00") + second * Time::SECOND;
            let expected = local - 2 * 3600 * Time::SECOND;
            // Two streams, and one that is late by a second.
            for late in [0, 0, 1] {
                let late = late * Time::SECOND;
                assert_eq!(zone.instant(local - late), Some(expected - late), "{second}");
            }
        }
    }
}
