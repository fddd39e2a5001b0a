//! Guesses from the first lines: JSON or not, which delimiter, header or not.
//!
//! Reads no values and decides nothing about columns.

use crate::decode::columns::{alike, by_position};
use crate::decode::format::csv::Splitter;
use crate::decode::options::{Channels, DecodeOptions, Format};
use crate::decode::time::column;
use crate::decode::time::{Looks, looks};
use crate::decode::value::{self, Reading};

/// In the order of preference: a comma may also be a decimal point.
const DELIMITERS: [u8; 3] = [b'\t', b';', b','];

/// Whether a line is an object or array, or a torn piece of one.
pub(in crate::decode) fn is_json(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let first = line.first().is_some_and(|byte| matches!(byte, b'{' | b'['));
    first || line.last().is_some_and(|byte| matches!(byte, b'}' | b']')) && closes_more(line)
}

/// Whether a line closes more than it opens, as the end of an object does, and a header that ends in
/// `pressure [bar]` does not.
fn closes_more(line: &[u8]) -> bool {
    let count = |of: [u8; 2]| line.iter().filter(|byte| of.contains(byte)).count();
    count([b'}', b']']) > count([b'{', b'['])
}

/// What separates the fields of these lines. The first one may be a header.
pub(in crate::decode) fn delimiter(lines: &[&[u8]], options: &DecodeOptions) -> u8 {
    let first = lines.first().copied().unwrap_or_default();
    let mut best = (0, b',');
    for delimiter in DELIMITERS {
        let mut splitter = Splitter::new(delimiter);
        splitter.split(first);
        let known = splitter.fields().filter(|field| is_wanted(field, options)).count();
        if known > best.0 {
            best = (known, delimiter);
        }
    }
    if best.0 > 0 {
        return best.1;
    }
    if let Channels::Named(channels) = &options.channels {
        for delimiter in DELIMITERS {
            let mut splitter = Splitter::new(delimiter);
            splitter.split(first);
            let dated = looks(splitter.field(0)) == Looks::DateTime;
            if by_position(0, splitter.len(), channels, options, dated).is_ok() {
                return delimiter;
            }
        }
    }
    for delimiter in DELIMITERS {
        let alike = usual_width(lines, delimiter).filter(|(width, _)| *width > 1);
        if let Some((_, count)) = alike.filter(|(_, count)| *count > best.0) {
            best = (count, delimiter);
        }
    }
    best.1
}

/// The most common number of fields and how many lines have it.
pub(in crate::decode) fn usual_width(lines: &[&[u8]], delimiter: u8) -> Option<(usize, usize)> {
    let mut splitter = Splitter::new(delimiter);
    let widths = lines.iter().map(|line| {
        splitter.split(line);
        splitter.len()
    });
    most_common(widths)
}

/// The most common number, the smallest one of several, and how often it is there.
pub(in crate::decode) fn most_common(
    numbers: impl Iterator<Item = usize>,
) -> Option<(usize, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_insert(0_usize) += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count)
}

/// Whether the first line is a header, by the options or by its fields.
pub(in crate::decode) fn is_headed(fields: &Splitter, options: &DecodeOptions) -> bool {
    match options.format {
        Format::Csv => true,
        Format::BareCsv => false,
        Format::Auto | Format::Jsonl => is_header(fields, options),
    }
}

/// Whether these fields are names: one of them is a name that is looked for, or a usual name of a
/// time column; or there is text and no number or date among them.
fn is_header(fields: &Splitter, options: &DecodeOptions) -> bool {
    let mut text = false;
    let mut values = false;
    for field in fields.fields() {
        if is_wanted(field, options) {
            return true;
        }
        match value::read(field, true) {
            Reading::Number(_) => values = true,
            Reading::Missing => {}
            Reading::Bad if looks(field) == Looks::DateTime => values = true,
            Reading::Bad => text = true,
        }
    }
    text && !values
}

/// Whether a field is a name that somebody looks for.
fn is_wanted(field: &[u8], options: &DecodeOptions) -> bool {
    let Ok(field) = std::str::from_utf8(field) else { return false };
    if column::rank(field).is_some() {
        return true;
    }
    let mut names: [&[String]; 2] = [&[], &[]];
    match &options.channels {
        Channels::Named(channels) => names[0] = channels,
        Channels::Discover { only, exclude } => {
            names = [only.as_deref().unwrap_or_default(), exclude];
        }
    }
    // A column that is given by its number is no name.
    let special = options.special().into_iter().filter_map(|(_, name)| name);
    let special = special.filter(|name| name.trim().parse::<usize>().is_err());
    names
        .iter()
        .copied()
        .flatten()
        .map(String::as_str)
        .chain(special)
        .any(|name| alike(name, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(lines: &[&str], options: &DecodeOptions) -> (char, bool) {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let delimiter = delimiter(&lines, options);
        let mut splitter = Splitter::new(delimiter);
        splitter.split(lines[0]);
        (char::from(delimiter), is_header(&splitter, options))
    }

    #[test]
    fn delimiters_and_headers() {
        let any = DecodeOptions::discover();
        assert_eq!(sniff(&["a,b", "1,2"], &any), (',', true));
        assert_eq!(sniff(&["1,5;2,5", "3,5;2,5"], &any), (';', false));
        assert_eq!(sniff(&["a; b,c,d", "1,2,3", "1,2,3"], &any), (',', true));
        assert_eq!(sniff(&["a\tb"], &any), ('\t', true));
        assert_eq!(sniff(&["2020-03-09 10:14:33,pump"], &any), (',', false));
        assert_eq!(sniff(&["time,1,2"], &any), (',', true), "sensors with numbers for names");
        assert_eq!(sniff(&["value"], &any), (',', true));
        assert_eq!(sniff(&["-,nan"], &any), (',', false));
    }

    #[test]
    fn names_that_are_looked_for() {
        let named = DecodeOptions::named(["7", "8"]);
        assert_eq!(sniff(&["x,8,7"], &named), (',', true));
        assert_eq!(sniff(&["1,5;2,5"], &named), (';', false));
        assert_eq!(sniff(&["1;x,2"], &named), (';', false), "the width fits");
        let keyed = DecodeOptions { key: Some("1".to_owned()), ..DecodeOptions::named(["a"]) };
        assert_eq!(sniff(&["1,2"], &keyed), (',', false));
    }

    #[test]
    fn json_or_not() {
        for line in ["{", " [1]", "\"b\":2}", "2]"] {
            assert!(is_json(line.as_bytes()), "{line}");
        }
        assert!(!is_json(b"a,b") && !is_json(b""));
        // A unit is no end of an array.
        assert!(!is_json(b"time,flow [l/min],pressure [bar]") && !is_json(b"p {bar}"));
    }
}
