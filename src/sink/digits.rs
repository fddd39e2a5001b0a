//! Numbers go in; they come out with the digits that are worth reading, and lengths of time in a unit that is. Allocates
//! nothing.

use std::fmt;

/// A number of either sign with the digits that are worth reading.
pub(super) struct Digits(pub(super) f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = if self.0 == 0.0 { 0.0 } else { self.0.abs().log10().floor() };
        // Four digits, without the zeros at their end; allocates nothing.
        let most = (3.0 - magnitude).clamp(0.0, 12.0) as i32;
        let rounded = |digits: i32| (self.0 * 10f64.powi(digits)).round() / 10f64.powi(digits);
        let same = |digits: &i32| (rounded(*digits) - rounded(most)).abs() <= 1e-9 * self.0.abs();
        let digits = (0..most).find(same).unwrap_or(most);
        write!(f, "{:.*}", usize::try_from(digits).unwrap_or(0), rounded(digits) + 0.0)
    }
}

/// A time in the unit that is worth reading.
pub(super) struct Span(pub(super) f64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name) = match self.0 {
            s if s >= 2.0 * 86_400.0 => (86_400.0, "days"),
            s if s >= 2.0 * 3600.0 => (3600.0, "hours"),
            _ => (60.0, "minutes"),
        };
        write!(f, "{:.0} {name}", (self.0 / unit).floor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_and_no_zeros_at_their_end() {
        let digits = |value: f64| Digits(value).to_string();
        assert_eq!(
            [7.2, -3.25, 1.0 / 3.0, 12_345.6, 0.0].map(digits),
            ["7.2", "-3.25", "0.3333", "12346", "0"]
        );
        assert_eq!(Span(3.0 * 3600.0).to_string(), "3 hours");
        assert_eq!(Span(1800.0).to_string(), "30 minutes");
    }
}
