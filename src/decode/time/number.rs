//! Numbers that are times: digits go in, whole units and billionths come out, and the nanoseconds
//! they make. Knows no dates.

use super::civil::billionths;

/// Nanoseconds in one of what an epoch counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit(pub i128);

impl Unit {
    /// By the size of an epoch.
    pub fn of(whole: i128) -> Self {
        match whole.unsigned_abs() {
            0..100_000_000_000 => Self(1_000_000_000),
            100_000_000_000..100_000_000_000_000 => Self(1_000_000),
            100_000_000_000_000..100_000_000_000_000_000 => Self(1000),
            _ => Self(1),
        }
    }

    /// `None` for what [`Time`](oddity_core::types::Time) cannot hold.
    pub fn nanoseconds(self, whole: i128, fraction: i128) -> Option<i64> {
        i64::try_from(whole * self.0 + fraction * self.0 / FRACTION).ok()
    }
}

/// What the fraction of [`decimal`] counts.
pub(super) const FRACTION: i128 = 1_000_000_000;

/// A decimal number as its whole part and its billionths, both with its sign; `f64` would round
/// the nanoseconds. Takes a comma for the point. At most 20 digits before it.
pub(super) fn decimal(field: &[u8]) -> Option<(i128, i128)> {
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
