//! `label:value` and `label=value`, many on a line, and InfluxDB's line protocol: a line goes in, one call a
//! pair comes out, as of a JSON object.
//!
//! Pairs are separated by `,`, `;`, `|`, `&`, tabs or blanks; blanks around `:` and `=` do not count. A label
//! begins with a letter or `_`; one before `:` may hold blanks where a separator or the line begins before it. A
//! value is a word, a text in quotes, or a number with its unit, of which the number is given. A time before the
//! first label is called `time`. Line protocol is `measurement,tag=x field=1.5,count=2i 1583748873000000000`.
//! Judges no values. Allocates nothing for lines that are UTF-8.

use std::borrow::Cow;

use super::json::{JsonKey, JsonLeaf, JsonShape};
use crate::decode::decimal::Decimal;
use crate::decode::time::looks::{Looks, looks};
use crate::decode::value::{self, Reading};

/// The name of what stands before the first label, and of the time in line protocol.
const TIME: &str = "time";

/// Whether a line is made of pairs throughout, with a number among the values.
pub(in crate::decode) fn are(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    if protocol(&text).is_some() {
        return true;
    }
    let mut pairs = Pairs::new(&text);
    let (mut labels, mut numbers) = (Vec::new(), 0);
    for (label, value) in &mut pairs {
        if labels.contains(&label) {
            return false;
        }
        labels.push(label);
        numbers +=
            usize::from(matches!(value::read(bare(value).as_bytes(), true), Reading::Number(_)));
    }
    numbers > 0 && (pairs.before.is_empty() || is_time(pairs.before))
}

/// Whether a label of the line is one that somebody looks for.
pub(in crate::decode) fn names_one(line: &[u8], wants: impl Fn(&str) -> bool) -> bool {
    let text = String::from_utf8_lossy(line);
    match protocol(&text) {
        Some(parts) => parts.fields().any(|(label, _)| wants(label)),
        None => Pairs::new(&text).any(|(label, _)| wants(label)),
    }
}

/// Calls `each` with `None`, then with every pair, in order.
pub(in crate::decode) fn walk(
    line: &[u8],
    point: &mut String,
    each: &mut impl FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>),
) -> Result<JsonShape, String> {
    let text = match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(line),
    };
    each(None);
    let mut found = false;
    let mut pair = |label: &str, value: &str| {
        found = true;
        // A decimal comma within a pair separates nothing: it can only be the point.
        let value = bare(value);
        let leaf = match is_comma_decimal(value) {
            true => {
                point.clear();
                point.extend(value.chars().map(|c| if c == ',' { '.' } else { c }));
                JsonLeaf::Text(point)
            }
            false => JsonLeaf::Text(value),
        };
        each(Some((JsonKey::Path(label), leaf)));
    };
    match protocol(&text) {
        Some(parts) => {
            pair("measurement", parts.measurement);
            parts.tags().for_each(|(label, value)| pair(label, value));
            parts.fields().for_each(|(label, value)| pair(label, value));
            parts.time.into_iter().for_each(|time| pair(TIME, time));
        }
        None => {
            let mut pairs = Pairs::new(&text);
            if let Some(first) = pairs.next() {
                if is_time(pairs.before) {
                    pair(TIME, pairs.before);
                }
                std::iter::once(first).chain(pairs).for_each(|(label, value)| pair(label, value));
            }
        }
    }
    match found {
        true => Ok(JsonShape::Object),
        false => Err("no pair of a label and a value".to_owned()),
    }
}

fn is_time(text: &str) -> bool {
    let looks = looks(text.as_bytes());
    looks.is_written() || looks == Looks::Epoch || is_time_of_day(text)
}

fn is_time_of_day(text: &str) -> bool {
    let mut parts = text.split(':');
    let digits = |part: Option<&str>| {
        part.is_some_and(|part| {
            part.starts_with(|c: char| c.is_ascii_digit())
                && part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        })
    };
    digits(parts.next()) && digits(parts.next()) && parts.all(|part| digits(Some(part)))
}

/// The longest unit behind a number, in bytes.
const UNIT_BYTES: usize = 12;

/// A number without the unit behind it, the first where the same is said in another unit (`21.7 *C 71.1 *F`);
/// anything else as it is.
fn bare(value: &str) -> &str {
    let number = Decimal::read(value.as_bytes(), true);
    let Some((digits, behind)) = value.split_at_checked(number.len()) else { return value };
    let behind = behind.trim_start();
    let (unit, other) = behind.split_once(char::is_whitespace).unwrap_or((behind, ""));
    // A unit may hold a blank, but not before a number.
    let again = other.trim_start_matches([' ', '(', '/']).starts_with(|c: char| c.is_ascii_digit());
    let unit = if again { unit } else { behind };
    // What goes on as a number, a date or a time of day does is none.
    let is_unit = (1..=UNIT_BYTES).contains(&unit.len())
        && unit.starts_with(|c: char| {
            !c.is_ascii() || c.is_ascii_alphabetic() || "%\"'/*".contains(c)
        })
        && !unit.bytes().any(|byte| byte.is_ascii_digit() && !matches!(byte, b'2' | b'3'))
        && !(unit.starts_with(['e', 'E']) && unit.get(1..2).is_some_and(|c| "+-23".contains(c)));
    if number.whole > 0 && is_unit { digits } else { value }
}

fn is_comma_decimal(value: &str) -> bool {
    value.contains(',') && {
        let number = Decimal::read(value.as_bytes(), true);
        number.len() == value.len() && number.whole > 0
    }
}

/// Bytes between pairs, blanks apart.
const SEPARATORS: [char; 5] = [',', ';', '\t', '|', '&'];

/// The pairs of a line.
struct Pairs<'a> {
    rest: &'a str,
    /// What stands before the first label. Known once the first pair is.
    before: &'a str,
    started: bool,
}

impl<'a> Pairs<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.trim(), before: "", started: false }
    }
}

impl<'a> Iterator for Pairs<'a> {
    /// Label and value.
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let Some((before, label, after)) = label(self.rest) else {
            if !self.started {
                self.before = self.rest;
            }
            self.rest = "";
            return None;
        };
        if !std::mem::replace(&mut self.started, true) {
            self.before = before
                .trim_matches(|c: char| c.is_whitespace() || c == '"' || SEPARATORS.contains(&c));
        }
        let (value, rest) = value_of(after);
        self.rest = rest;
        Some((label, value))
    }
}

/// What stands before the first label of a text, the label, and what stands behind its `:` or `=`.
fn label(text: &str) -> Option<(&str, &str, &str)> {
    for (at, mark) in text.match_indices([':', '=']) {
        let head = text.get(..at)?;
        let segment = head.rfind(SEPARATORS).map_or(0, |separator| separator + 1);
        let words = head.get(segment..)?.trim_end();
        let begins = |word: &str| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let start = match mark {
            // The last word.
            "=" => Some(words.rfind(char::is_whitespace).map_or(0, |blank| blank + 1))
                .filter(|&start| words.get(start..).is_some_and(begins)),
            // From the first word that begins as a label does.
            _ => {
                let firsts = words.char_indices().scan(true, |blank, (at, c)| {
                    let first = *blank && !c.is_whitespace();
                    *blank = c.is_whitespace();
                    Some((at, first))
                });
                let mut firsts = firsts.filter(|(_, first)| *first).map(|(at, _)| at);
                firsts.find(|&at| words.get(at..).is_some_and(begins))
            }
        };
        if let Some(start) = start {
            let label = words.get(start..)?;
            // `http://` and `10:T20` begin no value.
            if !label.contains([':', '=', '"']) && !text.get(at + 1..)?.starts_with("//") {
                return Some((text.get(..segment + start)?, label, text.get(at + 1..)?));
            }
        }
    }
    None
}

/// The value at the beginning of a text, and what stands behind it.
fn value_of(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    if let Some(quoted) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.unwrap_or(quoted.len());
        let rest = quoted.get(end + 1..).unwrap_or_default();
        return (quoted.get(..end).unwrap_or_default(), rest);
    }
    if begins_pair(text) {
        return ("", text);
    }
    for (at, c) in text.char_indices() {
        let behind = text.get(at + c.len_utf8()..).unwrap_or_default();
        let ends = match c {
            // Between digits it is a point.
            ',' => {
                let before = text.get(..at).unwrap_or_default();
                !(before.ends_with(|c: char| c.is_ascii_digit())
                    && behind.starts_with(|c: char| c.is_ascii_digit()))
            }
            _ if SEPARATORS.contains(&c) => true,
            _ => c.is_whitespace() && begins_pair(behind.trim_start()),
        };
        if ends {
            return (text.get(..at).unwrap_or_default().trim_end(), behind);
        }
    }
    (text.trim_end(), "")
}

/// Whether a text begins with one word and `:` or `=`.
fn begins_pair(text: &str) -> bool {
    let end = text.find(|c: char| c.is_whitespace() || "=:\",;|&".contains(c));
    let Some((word, rest)) = end.and_then(|end| text.split_at_checked(end)) else { return false };
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && rest
            .trim_start_matches(' ')
            .strip_prefix([':', '='])
            .is_some_and(|r| !r.starts_with("//"))
}

/// A line of line protocol in its parts.
struct Protocol<'a> {
    measurement: &'a str,
    tags: &'a str,
    fields: &'a str,
    time: Option<&'a str>,
}

/// A line as line protocol; `None` where it is none, or could be plain pairs.
fn protocol(text: &str) -> Option<Protocol<'_>> {
    let mut words = Words(text.trim());
    let (head, fields, time) = (words.next()?, words.next()?, words.next());
    let (measurement, tags) = head.split_once(',').unwrap_or((head, ""));
    let whole =
        |text: &str| text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit());
    let good = words.next().is_none()
        && !measurement.is_empty()
        && !measurement.contains(['=', ':', ';', '"'])
        && (!tags.is_empty() || time.is_some())
        && time.is_none_or(|time| whole(time) && !time.is_empty())
        && tags.split(',').all(|tag| tags.is_empty() || is_pair(tag))
        && Commas(fields).all(is_pair);
    good.then_some(Protocol { measurement, tags, fields, time })
}

fn is_pair(text: &str) -> bool {
    text.split_once('=').is_some_and(|(label, value)| !label.is_empty() && !value.is_empty())
}

impl<'a> Protocol<'a> {
    fn tags(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.tags.split(',').filter_map(|tag| tag.split_once('='))
    }

    /// Whole numbers are without their `i` or `u`, texts without their quotes.
    fn fields(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Commas(self.fields).filter_map(|field| field.split_once('=')).map(|(label, value)| {
            let whole = value
                .strip_suffix(['i', 'u'])
                .filter(|digits| digits.ends_with(|c: char| c.is_ascii_digit()));
            let text = value.strip_prefix('"').map(|text| text.strip_suffix('"').unwrap_or(text));
            let truth = match value {
                "t" | "T" => Some("true"),
                "f" | "F" => Some("false"),
                _ => None,
            };
            (label, whole.or(text).or(truth).unwrap_or(value))
        })
    }
}

/// A piece up to the first byte that ends it outside quotes, and what stands behind that byte.
fn cut(text: &str, ends: u8) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.bytes().position(|byte| {
        let here = byte == ends && !quoted && !escaped;
        quoted ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        here
    });
    match end {
        Some(end) => (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default()),
        None => (text, ""),
    }
}

/// Pieces between blanks outside quotes.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (word, rest) = cut(self.0, b' ');
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

/// Pieces between commas outside quotes.
struct Commas<'a>(&'a str);

impl<'a> Iterator for Commas<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (piece, rest) = cut(self.0, b',');
        self.0 = rest;
        (!piece.is_empty()).then_some(piece)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(line: &str) -> String {
        let mut out: Vec<String> = Vec::new();
        let done = walk(line.as_bytes(), &mut String::new(), &mut |found| match found {
            None => out.clear(),
            Some((JsonKey::Path(label), JsonLeaf::Text(value))) => {
                out.push(format!("{label}={value}"))
            }
            Some(_) => out.push("?".to_owned()),
        });
        done.map_or_else(|error| error, |_| out.join("; "))
    }

    #[test]
    fn pairs_as_people_write_them() {
        for (line, expected) in [
            (
                "temp:21.70\tpressure:2.179\tcurrent:8.77",
                "temp=21.70; pressure=2.179; current=8.77",
            ),
            ("temp=21.70 pressure=2.179", "temp=21.70; pressure=2.179"),
            ("temp: 21.70 C, hum: 40 %", "temp=21.70; hum=40"),
            ("Temp 1: 21.70 °C | Rel. hum: 40%", "Temp 1=21.70; Rel. hum=40"),
            ("temp:21,7;hum:-40,25", "temp=21.7; hum=-40.25"),
            ("temp : 21 , hum = 40", "temp=21; hum=40"),
            ("a=1.5e-3,b=,c=nan", "a=1.5e-3; b=; c=nan"),
            ("level=info msg=\"a=1, b\" t=2", "level=info; msg=a=1, b; t=2"),
            (
                "ts=2026-03-02T10:14:33Z flow=3 l/min load=4",
                "ts=2026-03-02T10:14:33Z; flow=3; load=4",
            ),
            ("2026-03-02 10:14:33 a:1 b:2", "time=2026-03-02 10:14:33; a=1; b=2"),
            ("10:14:33.250, a:1", "time=10:14:33.250; a=1"),
            ("INFO a=1", "a=1"),
            ("Temp:\t21.7\tHum:\t40", "Temp=21.7; Hum=40"),
            ("flow=2 m3/h", "flow=2"),
            ("url=http://x/y n=3", "url=http://x/y; n=3"),
            ("12:30", "no pair of a label and a value"),
            ("21.7,2.1", "no pair of a label and a value"),
        ] {
            assert_eq!(pairs(line), expected, "{line}");
        }
    }

    #[test]
    fn line_protocol() {
        assert_eq!(
            pairs("pump,host=gw1 temp=21.7,n=2i,on=t,s=\"a b\" 1583748873000000000"),
            "measurement=pump; host=gw1; temp=21.7; n=2; on=true; s=a b; time=1583748873000000000"
        );
        assert_eq!(pairs("pump temp=1,p=2 1583748873000000000").matches("; ").count(), 3);
        assert_eq!(pairs("pump,host=gw1 temp=21.7"), "measurement=pump; host=gw1; temp=21.7");
    }

    #[test]
    fn what_is_made_of_pairs() {
        for line in
            ["a:1", "a=1 b=x", "pump,host=gw1 temp=1", "2026-03-02 10:14:33 a:1", "1:2:3 a:1"]
        {
            assert!(are(line.as_bytes()), "{line}");
        }
        for line in [
            "",
            "a",
            "time,temp:C",
            "a:x",
            "ch:1,ch:2",
            "10:14:33,1,2",
            "2026-03-02T10:14:33Z,1",
            "t,a:1",
        ] {
            assert!(!are(line.as_bytes()), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_text(line in "[a-c1-3,.;:= \t\"°\\\\|-]{0,40}") {
            are(line.as_bytes());
            pairs(&line);
        }

        #[test]
        fn any_bytes(line in prop::collection::vec(any::<u8>(), 0..60)) {
            are(&line);
            let _ = walk(&line, &mut String::new(), &mut |_| {});
        }

        #[test]
        fn numbers_survive(
            values in prop::collection::vec(-1e9_f64..1e9, 1..6),
            mark in prop::sample::select(vec![":", "=", ": ", " = "]),
            between in prop::sample::select(vec![",", ";", "\t", " ", ", ", " | "]),
            unit in prop::sample::select(vec!["", " bar", "%", " °C"]),
        ) {
            let words: Vec<String> = values
                .iter()
                .enumerate()
                .map(|(at, value)| format!("s{at}{mark}{value}{unit}"))
                .collect();
            let wanted: Vec<String> =
                values.iter().enumerate().map(|(at, value)| format!("s{at}={value}")).collect();
            prop_assert_eq!(pairs(&words.join(between)), wanted.join("; "));
        }
    }
}
