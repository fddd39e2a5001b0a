//! The decimal number at the beginning of a text goes in; the `f64` nearest to it comes out, where one
//! division gives that.
//!
//! Digits that make a whole number up to 2^53, and a power of ten up to 10^22, are exact as `f64`, so
//! that their quotient is rounded once, and right (Clinger, "How to read floating point numbers
//! accurately", PLDI 1990). All other numbers are left to the standard library.

/// Digits that always fit in `u64`.
const MOST_DIGITS: usize = 19;

/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Digits with perhaps a point among them: `-12.50` is 1250, two digits before the point, two behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    /// All digits as one number; of no use where there are more than 19.
    digits: u64,
    /// A `-` comes before them.
    pub negative: bool,
    /// Digits before the point.
    pub whole: usize,
    /// Digits behind it; `None` without a point.
    pub fraction: Option<usize>,
}

impl Decimal {
    /// Reads as far as it goes; `comma` takes a comma for the point, too. What follows is looked at
    /// no further.
    pub fn read(text: &[u8], comma: bool) -> Self {
        let negative = text.first() == Some(&b'-');
        let rest = text.get(usize::from(negative)..).unwrap_or_default();
        let (digits, whole) = add_digits(0, rest);
        let mut decimal = Self { digits, negative, whole, fraction: None };
        match rest.get(whole..) {
            Some([b'.', rest @ ..]) => decimal.read_fraction(rest),
            Some([b',', rest @ ..]) if comma => decimal.read_fraction(rest),
            _ => {}
        }
        decimal
    }

    fn read_fraction(&mut self, text: &[u8]) {
        let (digits, count) = add_digits(self.digits, text);
        self.digits = digits;
        self.fraction = Some(count);
    }

    /// Bytes that were read.
    pub fn len(&self) -> usize {
        usize::from(self.negative) + self.whole + self.fraction.map_or(0, |count| count + 1)
    }

    /// The whole number, where there is no point and it fits.
    pub fn integer(&self) -> Option<i64> {
        if self.fraction.is_some() || self.whole == 0 || self.whole >= MOST_DIGITS {
            return None;
        }
        let number = i64::try_from(self.digits).ok()?;
        Some(if self.negative { -number } else { number })
    }

    /// The number, where one division gives it.
    pub fn number(&self) -> Option<f64> {
        let fraction = self.fraction.unwrap_or(0);
        if !(1..=MOST_DIGITS).contains(&(self.whole + fraction)) || self.digits > 1 << 53 {
            return None;
        }
        // A signed number turns into `f64` in one instruction.
        let number = self.digits as i64 as f64 / POWERS.get(fraction)?;
        Some(if self.negative { -number } else { number })
    }
}

/// Adds the digits at the beginning of `text` to a number; and how many there are.
fn add_digits(mut number: u64, text: &[u8]) -> (u64, usize) {
    let mut count = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        count += 1;
    }
    (number, count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the whole text is, or that this is not known here.
    fn read(text: &str) -> Option<f64> {
        let decimal = Decimal::read(text.as_bytes(), false);
        decimal.number().filter(|_| decimal.len() == text.len())
    }

    #[test]
    fn where_it_ends() {
        let read = |text: &str, comma| {
            let decimal = Decimal::read(text.as_bytes(), comma);
            (decimal.number(), decimal.integer(), decimal.len())
        };
        assert_eq!(read("-12.50,3", false), (Some(-12.5), None, 6));
        assert_eq!(read("12,5", false), (Some(12.0), Some(12), 2));
        assert_eq!(read("12,5", true), (Some(12.5), None, 4));
        assert_eq!(read("7e3", false), (Some(7.0), Some(7), 1));
        assert_eq!(read("1.2.3", false), (Some(1.2), None, 3));
        assert_eq!(read("-.", false), (None, None, 2));
        assert_eq!(read("", true), (None, None, 0));
        assert_eq!(read("123456789012345678", false).1, Some(123_456_789_012_345_678));
        assert_eq!(read("18446744073709551617", false), (None, None, 20));
    }

    #[test]
    fn what_is_not_exact_is_left_alone() {
        assert_eq!(read("9007199254740992"), Some(9_007_199_254_740_992.0));
        assert_eq!(read("9007199254740993"), None);
        assert_eq!(read("0.0000000000000000001"), None, "20 digits");
        assert_eq!(read("0.000000000000000001"), Some(1e-18));
        assert_eq!(read("-0"), Some(-0.0));
        assert!(read("-0.00").is_some_and(f64::is_sign_negative));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_standard_library(
            text in "-?[0-9]{0,9}[.]?[0-9]{0,9}|-?0{0,9}[.]0{0,8}[0-9]{1,10}|[-+.0-9e]{0,12}",
        ) {
            if let Some(number) = read(&text) {
                prop_assert_eq!(text.parse().map(f64::to_bits), Ok(number.to_bits()), "{}", text);
            }
        }

        #[test]
        fn what_sensors_write_is_read_here(whole in -9_999_999_i64..9_999_999, digits in 0_usize..9) {
            let text = format!("{:.digits$}", whole as f64 / 1000.0);
            prop_assert_eq!(read(&text).map(f64::to_bits), text.parse().map(f64::to_bits).ok());
        }

        #[test]
        fn numbers_near_the_limit(number in (1_u64 << 53) - 99..(1 << 53) + 99, at in 0_usize..=16) {
            let mut text = number.to_string();
            text.insert(at.min(text.len()), '.');
            let expected = (number <= 1 << 53).then(|| text.parse().map(f64::to_bits).unwrap());
            prop_assert_eq!(read(&text).map(f64::to_bits), expected);
        }

        #[test]
        fn whole_numbers(number in any::<i64>()) {
            let integer = Decimal::read(number.to_string().as_bytes(), false).integer();
            prop_assert!(integer.is_none_or(|integer| integer == number));
            prop_assert_eq!(integer.is_some(), number.unsigned_abs() < 1_000_000_000_000_000_000);
        }

        #[test]
        fn any_bytes(text in prop::collection::vec(any::<u8>(), 0..40), comma: bool) {
            let decimal = Decimal::read(&text, comma);
            prop_assert!(decimal.len() <= text.len());
        }
    }
}
