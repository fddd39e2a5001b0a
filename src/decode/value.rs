//! One field of text to one number: what counts as missing, what as a number, what as neither.

use super::decimal::Decimal;

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// Finite.
    Number(f64),
    /// Nothing was measured, and the field says so.
    Missing,
    /// Not a finite number, or one that is absurdly large.
    Bad,
}

/// Beyond this a number is no reading, and models, which compute in f32, could not take it.
pub(super) const LARGEST: f64 = f32::MAX as f64;

/// What loggers write where they have no reading; compared without regard to case.
const MISSING: [&[u8]; 43] = [
    b"nan",
    b"null",
    b"na",
    b"n/a",
    b"none",
    b"-",
    b"?",
    b"-nan",
    b"+nan",
    b"nan(ind)",
    b"-nan(ind)",
    b"nil",
    b"--",
    b"---",
    b"----",
    b"...",
    b"#n/a",
    b"n.a.",
    b"n.v.",
    b"k.a.",
    b"unknown",
    b"unavailable",
    b"undefined",
    b"undef",
    b"missing",
    b"no data",
    b"nodata",
    b"inf",
    b"+inf",
    b"-inf",
    b"infinity",
    b"+infinity",
    b"-infinity",
    b"not available",
    // Databases, multimeters out of range, spreadsheets.
    b"\\N",
    b"(null)",
    b"n/d",
    b"ol",
    b"ovld",
    b"#wert!",
    b"#value!",
    b"#div/0!",
    b"nan(0x8000)",
];

/// Whether a trimmed field says that nothing was measured, or is empty. What is infinite was divided by
/// nothing: that is no reading, either.
pub(super) fn is_missing(field: &[u8]) -> bool {
    match field.first() {
        None => true,
        Some(first) if first.is_ascii_digit() => field.starts_with(b"1.#"),
        Some(b'-') if field.starts_with(b"-1.#") => true,
        Some(_) => MISSING.iter().any(|word| word.eq_ignore_ascii_case(field)),
    }
}

/// The usual field: a short decimal number, with a point or without.
#[inline]
pub(super) fn plain(field: &[u8]) -> Option<f64> {
    let decimal = Decimal::read(field, false);
    if decimal.len() == field.len() { decimal.number() } else { None }
}

/// Reads a field. `comma` allows a decimal comma. `true` and `false` are 1 and 0.
pub(super) fn read(field: &[u8], comma: bool) -> Reading {
    if let Some(number) = plain(field) {
        return Reading::Number(number);
    }
    let decimal = Decimal::read(field, comma);
    if decimal.len() == field.len()
        && let Some(number) = decimal.number()
    {
        return Reading::Number(number);
    }
    slow(field.trim_ascii(), comma)
}

/// As [`read`], of a trimmed field that is no short decimal.
fn slow(field: &[u8], comma: bool) -> Reading {
    if is_missing(field) {
        return Reading::Missing;
    }
    match number(field, comma) {
        Some(number) if number.abs() <= LARGEST => Reading::Number(number),
        _ => truth(field).map_or(Reading::Bad, Reading::Number),
    }
}

fn number(field: &[u8], comma: bool) -> Option<f64> {
    let text = std::str::from_utf8(field).ok()?;
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    // 40 bytes hold any number that a sensor writes.
    let mut point = [0; 40];
    let point = point.get_mut(..field.len())?;
    if !comma || field.contains(&b'.') {
        return None;
    }
    point.copy_from_slice(field);
    *point.iter_mut().find(|byte| **byte == b',')? = b'.';
    std::str::from_utf8(point).ok()?.parse().ok()
}

fn truth(field: &[u8]) -> Option<f64> {
    if field.eq_ignore_ascii_case(b"true") {
        Some(1.0)
    } else if field.eq_ignore_ascii_case(b"false") {
        Some(0.0)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_that_loggers_write() {
        for missing in [
            "",
            "  ",
            "NaN",
            "nan",
            "null",
            "NA",
            "N/A",
            "none",
            "None",
            "-",
            "?",
            "unavailable",
            "--",
            "inf",
            "-Infinity",
            "1.#QNAN",
            "-1.#IND00",
            "\\N",
            "OL",
            "#DIV/0!",
        ] {
            assert_eq!(read(missing.as_bytes(), false), Reading::Missing, "{missing:?}");
        }
        for bad in ["ERR", "1e999", "-1e39", "1,5", "1.2.3", "--1", "0x10", "\0", "1 2"] {
            assert_eq!(read(bad.as_bytes(), false), Reading::Bad, "{bad:?}");
        }
        for bad in ["1,2,3", "1.234,5", "1,234.5", ","] {
            assert_eq!(read(bad.as_bytes(), true), Reading::Bad, "{bad:?}");
        }
        let numbers = [(" 1.5 ", 1.5), ("-0", -0.0), ("+2", 2.0), (".5", 0.5), ("1e-3", 0.001)];
        for (text, number) in numbers {
            assert_eq!(read(text.as_bytes(), false), Reading::Number(number), "{text:?}");
            assert_eq!(read(text.as_bytes(), true), Reading::Number(number), "{text:?}");
        }
        assert_eq!(read(b"-1,5", true), Reading::Number(-1.5));
        assert_eq!(read(b"True", false), Reading::Number(1.0));
        assert_eq!(read(b"false", false), Reading::Number(0.0));
        assert_eq!(read(b"\xff1", false), Reading::Bad);
    }

    proptest! {
        #[test]
        fn numbers_survive(
            number in prop::num::f32::NORMAL | prop::num::f32::ZERO, scale in 0.5f64..1.0,
        ) {
            let number = f64::from(number) * scale;
            prop_assert_eq!(read(number.to_string().as_bytes(), false), Reading::Number(number));
            let short = format!("{number:e}").replace('.', ",");
            prop_assert_eq!(read(short.as_bytes(), true), Reading::Number(number));
        }

        #[test]
        fn the_short_way_changes_nothing(
            field in "[ +-]?[0-9]{0,12}[.,]?[0-9]{0,12}(e-?[0-9]{1,3})?[ ,.]?", comma: bool,
        ) {
            let bits = |reading| match reading {
                Reading::Number(number) => Ok(number.to_bits()),
                other => Err(other),
            };
            let long = slow(field.as_bytes().trim_ascii(), comma);
            prop_assert_eq!(bits(read(field.as_bytes(), comma)), bits(long), "{}", field);
        }

        #[test]
        fn any_bytes(field in prop::collection::vec(any::<u8>(), 0..60), comma: bool) {
            if let Reading::Number(number) = read(&field, comma) {
                prop_assert!(number.is_finite());
            }
        }
    }
}
