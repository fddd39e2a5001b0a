//! Text that is no UTF-8: bytes go in, UTF-8 comes out.
//!
//! Spreadsheets on Windows and old loggers write one byte a character, so that a `°` or an `é` is no UTF-8. Such a text
//! is taken for Windows-1252, of which ISO 8859-1 is a part. Looks at one field alone: the next one may be UTF-8.

use std::borrow::Cow;

/// What Windows-1252 has where ISO 8859-1 has control characters, from 0x80 on; nothing for a few of them.
const FROM_0X80: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// A text as UTF-8, without a copy where it is.
pub(super) fn text(field: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(field) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(field.iter().map(|&byte| character(byte)).collect()),
    }
}

fn character(byte: u8) -> char {
    let at = byte.checked_sub(0x80).map(usize::from);
    at.and_then(|at| FROM_0X80.get(at).copied()).unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_a_character() {
        assert_eq!(text("21,7 °C".as_bytes()), "21,7 °C");
        assert!(matches!(text("é".as_bytes()), Cow::Borrowed("é")));
        assert_eq!(text(b"21,7 \xb0C"), "21,7 °C");
        assert_eq!(text(b"1\x92012 \x80"), "1’012 €");
        assert_eq!(text(b"Temp\xe9rature"), "Température");
        assert_eq!(text(b"\xff\xa0\x81"), "ÿ\u{a0}\u{81}");
    }
}
