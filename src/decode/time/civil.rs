//! Days of the calendar, and the usual form of a date with a time of day.
//!
//! Text goes in, nanoseconds since 1970 come out. The usual form is read by hand, since every row of
//! a stream has one; what other forms ISO 8601 has, by jiff.

use oddity_core::types::Time;

/// Nanoseconds in a day.
pub(super) const DAY: i64 = 86_400 * Time::SECOND;

/// A time in the usual form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    /// Nanoseconds since 1970: of UTC where the zone is there, else of the clock on the wall.
    pub local: i64,
    /// It says its zone.
    pub zoned: bool,
}

/// The usual form, without the detour over a parser for every form: `YYYY-MM-DD?hh:mm:ss`, then
/// perhaps a fraction, then perhaps `Z` or `+hh:mm`. Anything else, leap seconds too, is left to others.
pub(super) fn fixed(field: &[u8]) -> Option<Fixed> {
    let (head, tail) = field.split_first_chunk::<19>()?;
    let marks = head[4] == b'-' && head[7] == b'-' && head[13] == b':' && head[16] == b':';
    if !marks || !matches!(head[10], b' ' | b'T' | b't') {
        return None;
    }
    // All are looked at before one decides: most of the time all are digits.
    let mut digits = true;
    let mut two = |i: usize| {
        let (tens, ones) = (head[i].wrapping_sub(b'0'), head[i + 1].wrapping_sub(b'0'));
        digits &= (tens < 10) & (ones < 10);
        i64::from(tens) * 10 + i64::from(ones)
    };
    let year = two(0) * 100 + two(2);
    let (month, day) = (two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    let valid = digits && (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    if !valid || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (tail, offset, zoned) = match tail {
        [tail @ .., b'Z'] => (tail, 0, true),
        [tail @ .., sign @ (b'+' | b'-'), h, hh, b':', m, mm] => {
            (tail, offset(*sign, [*h, *hh], [*m, *mm])?, true)
        }
        tail => (tail, 0, false),
    };
    let fraction = match tail {
        [] => 0,
        [b'.' | b',', digits @ ..] if !digits.is_empty() => billionths(digits)?,
        _ => return None,
    };
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset;
    let seconds = i128::from(minutes * 60 + second);
    let local = i64::try_from(seconds * i128::from(Time::SECOND) + i128::from(fraction)).ok()?;
    Some(Fixed { local, zoned })
}

/// The minutes by which a clock is ahead of UTC.
fn offset(sign: u8, hours: [u8; 2], minutes: [u8; 2]) -> Option<i64> {
    let two = |[tens, ones]: [u8; 2]| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        digits.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let ahead = hours * 60 + minutes;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        b'+' => Some(ahead),
        // What -00:00 means is not a question of arithmetic.
        _ => (ahead > 0).then_some(-ahead),
    }
}

/// Digits after the point; more than nine are cut.
pub(super) fn billionths(digits: &[u8]) -> Option<u32> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut sum = 0;
    for place in 0..9 {
        sum = sum * 10 + digits.get(place).map_or(0, |digit| u32::from(digit - b'0'));
    }
    Some(sum)
}

/// Days of a month.
pub(super) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible
/// low-level date algorithms", `days_from_civil`; years from 0).
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March, so that the leap day is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The other forms of ISO 8601, with the year first; a zone that is not there is UTC.
pub(super) fn iso(field: &[u8]) -> Option<i64> {
    // Spares the slow way for words; every form begins with four digits of the year.
    if field.len() < 10 || !field.get(..4)?.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = std::str::from_utf8(field).ok()?;
    let instant = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => instant,
        Err(_) => {
            let civil: jiff::civil::DateTime = text.parse().ok()?;
            jiff::tz::Offset::UTC.to_timestamp(civil).ok()?
        }
    };
    i64::try_from(instant.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_fixed_form_agrees_with_jiff(
            (year, month, day) in (1600_i16..2300, 0_i8..14, 0_i8..33),
            (hour, minute, second) in (0_i8..26, 0_i8..62, 0_i8..60),
            fraction in 0_u32..1_000_000_000, mark in "[ T]",
            zone in "Z?|[+-](0[0-9]|1[0-9]|2[0-5]):([0-5][0-9]|6[01])|-00:00")
        {
            let text = format!("{year:04}-{month:02}-{day:02}{mark}{hour:02}:{minute:02}:\
                {second:02}.{fraction:09}{zone}");
            let by_hand = fixed(text.as_bytes()).map(|fixed| fixed.local);
            let utc = if zone.is_empty() { format!("{text}Z") } else { text.clone() };
            let by_jiff = utc.parse::<jiff::Timestamp>().ok()
                .and_then(|instant| i64::try_from(instant.as_nanosecond()).ok());
            let unusual = zone == "-00:00" || zone.get(1..3).is_some_and(|hours| hours > "23");
            prop_assert!(by_hand == by_jiff || (unusual && by_hand.is_none()), "{}", text);
        }
    }
}
