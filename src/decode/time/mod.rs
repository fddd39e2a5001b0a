//! Text or number to nanoseconds since 1970 (UTC).
//!
//! Understands RFC 3339, `YYYY-MM-DD hh:mm:ss[.fff]` (also with `T`, also the date alone; taken as
//! UTC), and epochs as decimal numbers. The unit of an epoch is decided by the size of the first
//! one and kept for the whole input:
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

use civil::{billionths, date_time, fixed};
use oddity_core::types::Time;

/// Numbers below this are no epoch unless somebody says that the column is the time: they count
/// rows or seconds since something else.
const LEAST_EPOCH_S: i128 = 100_000_000;

/// Nanoseconds in one of what an epoch counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unit(i128);

impl Unit {
    fn of(whole: i128) -> Self {
        match whole.unsigned_abs() {
            0..100_000_000_000 => Self(1_000_000_000),
            100_000_000_000..100_000_000_000_000 => Self(1_000_000),
            100_000_000_000_000..100_000_000_000_000_000 => Self(1000),
            _ => Self(1),
        }
    }
}

/// What the text of a field could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// A date with or without a time of day.
    DateTime,
    /// A number that can be an epoch.
    Epoch,
    /// A number that is too small for one.
    Small,
    /// Neither.
    Other,
}

/// Looks at a field without deciding a unit.
pub(super) fn looks(field: &[u8]) -> Looks {
    let field = field.trim_ascii();
    match decimal(field) {
        Some((whole, _)) if whole.abs() < LEAST_EPOCH_S => Looks::Small,
        Some(_) => Looks::Epoch,
        None if date_time(field).is_some() => Looks::DateTime,
        None => Looks::Other,
    }
}

/// A time on its own, in any form that a time column may have; `None` where it is none.
pub fn parse_time(text: &str) -> Option<Time> {
    TimeReader::default().read(text.as_bytes())
}

/// Reads the times of one input.
#[derive(Clone, Debug, Default)]
pub(super) struct TimeReader {
    unit: Option<Unit>,
}

impl TimeReader {
    /// `None` when the field is not a time.
    pub fn read(&mut self, field: &[u8]) -> Option<Time> {
        let field = field.trim_ascii();
        if let Some(nanoseconds) = fixed(field) {
            return Some(Time(nanoseconds));
        }
        match decimal(field) {
            Some((whole, fraction)) => {
                let unit = *self.unit.get_or_insert_with(|| Unit::of(whole));
                let nanoseconds = whole * unit.0 + fraction * unit.0 / FRACTION;
                i64::try_from(nanoseconds).ok().map(Time)
            }
            None => date_time(field).map(Time),
        }
    }
}

/// What the fraction of [`decimal`] counts.
const FRACTION: i128 = 1_000_000_000;

/// A decimal number as its whole part and its billionths, both with its sign; `f64` would round
/// the nanoseconds. Takes a comma for the point. At most 20 digits before it.
fn decimal(field: &[u8]) -> Option<(i128, i128)> {
    let (sign, digits) = match field {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        rest => (1, rest),
    };
    let point = digits.iter().position(|byte| matches!(byte, b'.' | b','));
    let (whole, fraction) = match point {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &[][..]),
    };
    if whole.is_empty() || whole.len() > 20 {
        return exponent(field);
    }
    let (Some(whole), Some(fraction)) = (integer(whole), billionths(fraction)) else {
        return exponent(field);
    };
    Some((sign * whole, sign * i128::from(fraction)))
}

/// The rare `1.5838e9`, with the precision of `f64`.
fn exponent(field: &[u8]) -> Option<(i128, i128)> {
    if !field.contains(&b'e') && !field.contains(&b'E') {
        return None;
    }
    let number: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    let fits = number.abs() < 1e20;
    fits.then(|| (number.trunc() as i128, (number.fract() * FRACTION as f64) as i128))
}

fn integer(digits: &[u8]) -> Option<i128> {
    let mut sum = 0_i128;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        sum = sum.wrapping_mul(10).wrapping_add(i128::from(digit - b'0'));
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<i64> {
        TimeReader::default().read(text.as_bytes()).map(|time| time.0)
    }

    #[test]
    fn forms_of_one_instant() {
        let expected = Some(1_583_748_873_500_000_000);
        for text in [
            "2020-03-09 10:14:33.5",
            "2020-03-09T10:14:33.500Z",
            "2020-03-09t10:14:33,5",
            "2020-03-09T11:14:33.5+01:00",
            "2020-03-09 04:14:33.5-06:00",
            " 1583748873.5 ",
            "+1583748873,5",
            "1.5837488735e9",
            "1583748873500",
            "1583748873500000",
            "1583748873500000000",
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
        assert_eq!(read("2020-03-09"), Some(1_583_712_000_000_000_000));
        assert_eq!(read("1583748873.123456789"), Some(1_583_748_873_123_456_789));
        assert_eq!(read("-1.25"), Some(-1_250_000_000));
    }

    #[test]
    fn not_times() {
        for text in [
            "",
            "-",
            ".",
            "ERR",
            "2020-02-30 00:00:00",
            "2020-13-01 00:00:00",
            "9999-01-01 00:00:00",
            "2020-03-09 25:00:00",
            "2020-03-09 10:14:33.x",
            "1e99",
            "99999999999999999999999",
            "\u{221e}",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_first_epoch_decides_the_unit() {
        let mut times = TimeReader::default();
        assert_eq!(times.read(b"1000"), Some(Time(1_000_000_000_000)));
        assert_eq!(times.read(b"200000000000"), None, "seconds beyond 2262");
        let mut times = TimeReader::default();
        assert_eq!(times.read(b"100000000000"), Some(Time(100_000_000_000_000_000)));
        assert_eq!(times.read(b"7"), Some(Time(7_000_000)));
    }

    #[test]
    fn looks_of_fields() {
        assert_eq!(looks(b"0"), Looks::Small);
        assert_eq!(looks(b"99999999.9"), Looks::Small);
        assert_eq!(looks(b"100000000"), Looks::Epoch);
        assert_eq!(looks(b"2020-03-09 10:14:33"), Looks::DateTime);
        assert_eq!(looks(b"0.0265878x"), Looks::Other);
        assert_eq!(looks(b""), Looks::Other);
    }

    proptest! {
        #[test]
        fn any_text(text in "[-+0-9:.,TZe ]{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for field in [text.as_bytes(), &bytes] {
                let _ = (looks(field), TimeReader::default().read(field));
            }
        }
    }
}
