//! What a serial monitor or a log puts before each line: a line goes in; the time that stands before it and the rest
//! come out.
//!
//! Understands `12:00:00.123 -> 21.7,2.1`, `[12:00:00.123] 21.7,2.1`, `[1234.567] ...`, each also with a date, and `>`,
//! `=>`, a real arrow for `->`; and `12:00:00 21.7,2.1`, `Nov 29 12:00:00 21.7,2.1`, where the blank behind the time is
//! not what parts the readings.

use crate::decode::options::Delimiter;

const ARROWS: [&[u8]; 5] = [b"->", b"=>", b">", "\u{2192}".as_bytes(), "\u{bb}".as_bytes()];

/// Longest text before a line.
const MOST_BYTES: usize = 48;

/// What becomes of a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Joint {
    /// The first field, `time` in a header.
    Field(Delimiter),
    /// The first member of an object, `time`.
    Member,
}

/// Turns lines with a prefix into lines of which it is the first field.
#[derive(Debug)]
pub(in crate::decode) struct Prefix {
    joint: Joint,
    /// What stands behind the prefix of a header.
    header: Option<Vec<u8>>,
    line: Vec<u8>,
}

impl Prefix {
    /// `header` is what stands behind the prefix of the header, where there is one.
    pub fn new(joint: Joint, header: Option<&[u8]>) -> Self {
        Self { joint, header: header.map(<[u8]>::to_vec), line: Vec::new() }
    }

    /// A line as its prefix and the rest.
    pub fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
        let line = line.trim_ascii();
        if let Some(glued) = glued(line) {
            return Some(glued);
        }
        let (head, rest) = match line.strip_prefix(b"[") {
            Some(line) => {
                let end = line.iter().take(MOST_BYTES).position(|&byte| byte == b']')?;
                let (head, rest) = (line.get(..end)?.trim_ascii(), line.get(end + 1..)?);
                if !rest.first().is_some_and(u8::is_ascii_whitespace) {
                    return None;
                }
                (head, arrow(rest.trim_ascii_start()).unwrap_or(rest))
            }
            None => {
                // Most lines have no arrow at all.
                let short = line.get(..MOST_BYTES).unwrap_or(line);
                let at = short.iter().position(|&byte| !is_of_time(byte))?;
                // Of `->` the first half may be part of a date.
                let head = line.get(..at)?;
                (head.strip_suffix(b"-").unwrap_or(head), arrow(line.get(at..)?)?)
            }
        };
        let (head, rest) = (head.trim_ascii(), rest.trim_ascii());
        let bracketed = line.first() == Some(&b'[');
        (!rest.is_empty() && (is_clock(head) || (bracketed && is_decimal(head))))
            .then_some((head, rest))
    }

    /// The line with its prefix as a part of it. A line without one stays as it is.
    pub fn join<'a>(&'a mut self, line: &'a [u8]) -> &'a [u8] {
        let Some((head, rest)) = Self::split(line) else { return line };
        self.line.clear();
        match (self.joint, rest) {
            (Joint::Field(delimiter), _) => {
                let is_header = self.header.as_deref() == Some(rest);
                let head = if is_header { b"time" } else { head };
                let delimiter = delimiter.char();
                let quote = head.iter().any(|&byte| char::from(byte) == delimiter);
                self.line.extend(quote.then_some(b'"'));
                self.line.extend_from_slice(head);
                self.line.extend(quote.then_some(b'"'));
                self.line.extend_from_slice(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
                self.line.extend_from_slice(rest);
            }
            (Joint::Member, [b'{', members @ ..]) => {
                self.line.extend_from_slice(b"{\"time\":\"");
                self.line.extend_from_slice(head);
                self.line.push(b'"');
                let any = members.trim_ascii_start().first() != Some(&b'}');
                self.line.extend(any.then_some(b','));
                self.line.extend_from_slice(members);
            }
            (Joint::Member, _) => return rest,
        }
        &self.line
    }
}

/// A time with seconds and, behind a blank, readings that something else parts, or an object.
fn glued(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let short = line.get(..MOST_BYTES).unwrap_or(line);
    let colon = short.iter().position(|&byte| byte == b':')?;
    let hour = colon.checked_sub(2)?;
    let (date, clock) = line.split_at_checked(hour)?;
    let length = clock.iter().position(u8::is_ascii_whitespace)?;
    let (clock, rest) = clock.split_at_checked(length)?;
    let rest = rest.trim_ascii_start();
    let is_date = match date.split_last() {
        None => true,
        Some((b' ' | b'T', date)) => is_day(date.trim_ascii()),
        Some(_) => false,
    };
    let numbers = match rest {
        [b'{', ..] => return (is_date && is_seconds(clock)).then(|| (head(line, rest), rest)),
        [b'-', digit, ..] => digit.is_ascii_digit() && !is_offset(rest),
        [digit, ..] => digit.is_ascii_digit(),
        [] => false,
    };
    let parted = rest.iter().any(|byte| matches!(byte, b',' | b';' | b'\t'));
    (is_date && is_seconds(clock) && numbers && parted).then(|| (head(line, rest), rest))
}

/// What stands before the rest of a line.
fn head<'a>(line: &'a [u8], rest: &[u8]) -> &'a [u8] {
    line.get(..line.len().saturating_sub(rest.len())).unwrap_or_default().trim_ascii()
}

/// `hh:mm:ss`, with or without a fraction.
fn is_seconds(clock: &[u8]) -> bool {
    let is = |at: usize| clock.get(at).is_some_and(u8::is_ascii_digit);
    let marks = clock.get(2) == Some(&b':') && clock.get(5) == Some(&b':');
    let digits = [0, 1, 3, 4, 6, 7].into_iter().all(is);
    let rest = clock.get(8..).unwrap_or_default();
    let fraction = match rest.split_first() {
        None => true,
        Some((b'.', digits)) => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    };
    marks && digits && fraction
}

/// A date in three parts, or `Nov 29`, also with the name of a day before it.
fn is_day(date: &[u8]) -> bool {
    let marks = date.iter().filter(|byte| matches!(byte, b'-' | b'/' | b'.')).count();
    let numbers =
        date.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/' | b'.'));
    if marks == 2 && numbers && (8..=10).contains(&date.len()) {
        return true;
    }
    let mut words = date.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).rev();
    let day = words.next().is_some_and(|day| day.len() <= 2 && day.iter().all(u8::is_ascii_digit));
    let named = |word: &[u8]| word.len() == 3 && word.iter().all(u8::is_ascii_alphabetic);
    day && words.next().is_some_and(named)
        && words.next().is_none_or(named)
        && words.next().is_none()
}

/// `-0100`, the zone of the time before it.
fn is_offset(rest: &[u8]) -> bool {
    let digits = rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    digits == 4 || (digits == 2 && rest.get(3) == Some(&b':'))
}

/// What stands behind an arrow.
fn arrow(text: &[u8]) -> Option<&[u8]> {
    ARROWS.iter().find_map(|arrow| text.strip_prefix(*arrow))
}

/// What a date and a clock are made of, blanks included.
fn is_of_time(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b':' | b'.' | b',' | b'/' | b' ' | b'-' | b'T' | b'Z' | b'+')
}

/// `hh:mm` with or without more behind it, or a date and that.
fn is_clock(text: &[u8]) -> bool {
    let clock = match text.iter().position(|byte| matches!(byte, b' ' | b'T')) {
        Some(at) => {
            let date = text.get(..at).unwrap_or_default();
            let marks = date.iter().filter(|byte| matches!(byte, b'-' | b'/' | b'.')).count();
            if marks != 2 || !(8..=10).contains(&date.len()) {
                return false;
            }
            text.get(at + 1..).unwrap_or_default().trim_ascii()
        }
        None => text,
    };
    let digits = clock.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let minutes = clock.get(digits..).unwrap_or_default();
    (1..=2).contains(&digits)
        && matches!(minutes, [b':', ten, one, ..] if ten.is_ascii_digit() && one.is_ascii_digit())
}

fn is_decimal(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
        && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Option<(&str, &str)> {
        let (head, rest) = Prefix::split(line.as_bytes())?;
        Some((std::str::from_utf8(head).ok()?, std::str::from_utf8(rest).ok()?))
    }

    #[test]
    fn prefixes() {
        assert_eq!(split("00:00:01.037 -> 21.7,2.1"), Some(("00:00:01.037", "21.7,2.1")));
        assert_eq!(split("[12:00:01.123] 21.7"), Some(("12:00:01.123", "21.7")));
        assert_eq!(split("[  12.345678] a,b"), Some(("12.345678", "a,b")));
        let dated = "2026-11-29 12:00:00.123 -> -1;2";
        assert_eq!(split(dated), Some(("2026-11-29 12:00:00.123", "-1;2")));
        assert_eq!(split("2026-11-29T12:00:00Z => a"), Some(("2026-11-29T12:00:00Z", "a")));
        for line in [
            "1,2",
            "[1,2]",
            "[1] ",
            "[1,2] x",
            "1 -> 2",
            "12:00 21.7",
            "a -> b",
            "12:00:00 ->",
            "[a] 1",
            "2026-11-29 -> 1",
            "",
        ] {
            assert_eq!(split(line), None, "{line}");
        }
    }

    #[test]
    fn a_time_before_readings_that_are_parted_otherwise() {
        assert_eq!(split("12:00:00 21.7,2.1"), Some(("12:00:00", "21.7,2.1")));
        assert_eq!(split("12:00:00.5  -21.7;2"), Some(("12:00:00.5", "-21.7;2")));
        assert_eq!(split("Nov  9 12:00:00 1,2"), Some(("Nov  9 12:00:00", "1,2")));
        assert_eq!(split("2026-11-29 12:00:00 1,2"), Some(("2026-11-29 12:00:00", "1,2")));
        assert_eq!(
            split("2026-11-29T12:00:00 {\"a\":1}"),
            Some(("2026-11-29T12:00:00", "{\"a\":1}"))
        );
        for line in [
            "2026-11-29 12:00:00,1,2",
            "2026-11-29 12:00:00 -0100,1",
            "2026-11-29 12:00:00 +01:00,1",
            "2026-11-29 12:00:00 PM,1",
            "2026-11-29 12:00:00 1.5 2",
            "2026-11-29 12:00:00 idle,1,2",
            "pump 12:00:00 1,2",
            "12:00 1,2",
        ] {
            assert_eq!(split(line), None, "{line}");
        }
    }

    #[test]
    fn a_prefix_becomes_a_field() {
        let mut prefix = Prefix::new(Joint::Field(Delimiter::Byte(b',')), Some(b"a,b"));
        assert_eq!(prefix.join(b"12:00:00 -> a,b"), b"time,a,b");
        assert_eq!(prefix.join(b"12:00:01,5 -> 1,2"), b"\"12:00:01,5\",1,2");
        assert_eq!(prefix.join(b"1,2"), b"1,2");
        let mut prefix = Prefix::new(Joint::Member, None);
        assert_eq!(prefix.join(b"12:00:00 -> {\"a\":1}"), b"{\"time\":\"12:00:00\",\"a\":1}");
        assert_eq!(prefix.join(b"12:00:00 -> { }"), b"{\"time\":\"12:00:00\" }");
    }
}
