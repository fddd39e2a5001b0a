//! Guesses from the first lines: JSON or not, which delimiter, header or not.
//!
//! Reads no values and decides nothing about columns.

use crate::decode::columns::{alike, by_position};
use crate::decode::format::csv::Splitter;
use crate::decode::format::pairs;
use crate::decode::format::topic::Message;
use crate::decode::latin;
use crate::decode::layout::Look;
use crate::decode::options::{Channels, DecodeOptions, Delimiter, Format};
use crate::decode::time::looks::looks;
use crate::decode::time::names;

const COMMA: Delimiter = Delimiter::Byte(b',');

/// In the order of preference: a comma may also be a decimal point, and blanks stand in texts.
const DELIMITERS: [Delimiter; 5] =
    [Delimiter::Byte(b'\t'), Delimiter::Byte(b';'), COMMA, Delimiter::Bars, Delimiter::Blanks];

/// Whether a line is an object or array, or a torn piece of one.
pub(in crate::decode) fn is_json(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let first = line.first().is_some_and(|byte| matches!(byte, b'{' | b'['));
    first || line.last().is_some_and(|byte| matches!(byte, b'}' | b']')) && closes_more(line)
}

/// The format of lines that give leaves; `None` for CSV. For channels that have names the first line decides, else
/// most of the lines.
pub(in crate::decode) fn leaves(lines: &[&[u8]], options: &DecodeOptions) -> Option<Format> {
    let first = lines.first().copied().unwrap_or_default();
    if is_json(first) {
        return Some(Format::Jsonl);
    }
    let most =
        |is: &dyn Fn(&[u8]) -> bool| lines.iter().filter(|line| is(line)).count() * 2 > lines.len();
    if most(&|line| Message::of(line).is_some_and(|message| message.is_plain())) {
        return Some(Format::Topics);
    }
    let named = matches!(options.channels, Channels::Named(_));
    let is_pairs = |line: &[u8]| {
        pairs::are(line) && (!named || pairs::names_one(line, |label| wants(label, options)))
    };
    if most(&is_pairs) {
        return Some(Format::Pairs);
    }
    // What it was where the model has learned, unless it is plainly a table.
    let learned = options.learned.format.as_deref().and_then(|name| name.parse().ok());
    learned.filter(|_| of_names(first, options).is_none())
}

/// Whether a line closes more than it opens, as the end of an object does, and a header that ends in
/// `pressure [bar]` does not.
fn closes_more(line: &[u8]) -> bool {
    let count = |of: [u8; 2]| line.iter().filter(|byte| of.contains(byte)).count();
    count([b'}', b']']) > count([b'{', b'['])
}

/// What separates the fields of these lines. The first one may be a header.
pub(in crate::decode) fn delimiter(lines: &[&[u8]], options: &DecodeOptions) -> Delimiter {
    if let Some(delimiter) = options.hints.delimiter {
        return delimiter;
    }
    let first = lines.first().copied().unwrap_or_default();
    if let (Channels::Named(channels), [line]) = (&options.channels, lines) {
        return of_line(line, channels, options);
    }
    let asked = lines.iter().find_map(|line| of_asked(line, options));
    asked
        .or_else(|| of_values(lines))
        .or_else(|| of_names(first, options))
        .or_else(|| of_widths(lines))
        .unwrap_or(COMMA)
}

/// That by which a line has all the channels that somebody asked for.
fn of_asked(line: &[u8], options: &DecodeOptions) -> Option<Delimiter> {
    DELIMITERS
        .into_iter()
        .find(|&delimiter| has_asked(&mut Splitter::new(delimiter), line, options))
}

/// Whether a line has all the channels that somebody asked for as fields; leaves it split so.
pub(in crate::decode) fn has_asked(
    splitter: &mut Splitter,
    line: &[u8],
    options: &DecodeOptions,
) -> bool {
    let Channels::Discover { only: Some(wanted), .. } = &options.channels else { return false };
    let all = |splitter: &Splitter| {
        let mut fields = wanted
            .iter()
            .map(|name| splitter.fields().any(|field| alike(name, &latin::text(field))));
        fields.all(|found| found)
    };
    splitter.split(line);
    if all(splitter) {
        return true;
    }
    splitter.split_wide(line);
    all(splitter)
}

/// By one line of an input whose channels have names.
fn of_line(line: &[u8], channels: &[String], options: &DecodeOptions) -> Delimiter {
    let lines = &[line];
    if let Some(delimiter) = of_names(line, options) {
        return delimiter;
    }
    let learned = options.learned.columns.len();
    let as_learned = |delimiter: &Delimiter| {
        let mut splitter = Splitter::new(*delimiter);
        splitter.split(line);
        splitter.join_date(learned);
        learned > 1 && splitter.fits(learned)
    };
    // For one channel, any delimiter that is not there will do: one that makes values of fields is better.
    let by_number = |delimiter: &Delimiter, values: bool| {
        let mut splitter = Splitter::new(*delimiter);
        splitter.split(line);
        let dated = looks(splitter.field(0)).is_written();
        (!values || Look::of(splitter.fields()).values > 0)
            && by_position(0, splitter.len(), channels, options, dated).is_ok()
    };
    // What is rare would be known from the data that the model learned from.
    let rare = options.learned.delimiter.as_deref().and_then(|name| name.parse().ok());
    let usual = DELIMITERS.into_iter().filter(|delimiter| learned == 0 || !delimiter.is_rare());
    let all = || rare.into_iter().chain(usual.clone());
    all()
        .find(as_learned)
        .or_else(|| all().find(|delimiter| by_number(delimiter, true)))
        .or_else(|| all().find(|delimiter| by_number(delimiter, false)))
        .or_else(|| if learned == 0 { of_values(lines) } else { None })
        .or_else(|| of_widths(lines))
        .unwrap_or(COMMA)
}

/// That which makes the most names that are looked for of a line.
fn of_names(line: &[u8], options: &DecodeOptions) -> Option<Delimiter> {
    let mut best = (0, None);
    for delimiter in DELIMITERS {
        let mut splitter = Splitter::new(delimiter);
        splitter.split(line);
        let mut known = known_names(&splitter, options);
        if delimiter == Delimiter::Blanks {
            splitter.split_wide(line);
            known = known.max(known_names(&splitter, options));
        }
        if known > best.0 {
            best = (known, Some(delimiter));
        }
    }
    best.1
}

/// That which makes numbers and dates of the most fields.
fn of_values(lines: &[&[u8]]) -> Option<Delimiter> {
    let mut best: Option<(f64, Delimiter)> = None;
    for delimiter in DELIMITERS {
        let readable = readable(lines, delimiter);
        // What is written with a tab, `;` or `|` in it is no table of aligned columns, whatever its fields are; a comma
        // may be a decimal comma.
        let clear = best.is_some_and(|(best, of)| of != COMMA || readable < best + 0.2);
        let enough = delimiter != Delimiter::Blanks
            || (readable >= 0.5 && !clear && !lines.iter().any(|line| ends_field(line)));
        if readable > best.map_or(0.0, |(best, _)| best) + 1e-9 && enough {
            best = Some((readable, delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter)
}

/// Whether a blank comes behind a delimiter.
fn ends_field(line: &[u8]) -> bool {
    [&b", "[..], b"; "].iter().any(|end| memchr::memmem::find(line, end).is_some())
}

/// How much of the lines can be read: the mean share of numbers and dates in those with the usual number of fields.
fn readable(lines: &[&[u8]], delimiter: Delimiter) -> f64 {
    let Some((width @ 2.., _)) = usual_width(lines, delimiter) else { return 0.0 };
    let mut splitter = Splitter::new(delimiter);
    let shares = lines.iter().map(|line| {
        splitter.split(line);
        let look = Look::of(splitter.fields());
        if splitter.fits(width) { look.values as f64 / width as f64 } else { 0.0 }
    });
    shares.sum::<f64>() / lines.len() as f64
}

/// That by which the most lines have the same number of fields.
fn of_widths(lines: &[&[u8]]) -> Option<Delimiter> {
    let mut best = (0, None);
    for delimiter in DELIMITERS.into_iter().filter(|delimiter| *delimiter != Delimiter::Blanks) {
        let alike = usual_width(lines, delimiter).filter(|(width, _)| *width > 1);
        if let Some((_, count)) = alike.filter(|(_, count)| *count > best.0) {
            best = (count, Some(delimiter));
        }
    }
    best.1
}

/// The most common number of fields and how many lines have it.
pub(in crate::decode) fn usual_width(
    lines: &[&[u8]],
    delimiter: Delimiter,
) -> Option<(usize, usize)> {
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
        _ => is_header(fields, options),
    }
}

/// Whether these fields are names: one of them is a name that is looked for, or a usual name of a
/// time column; or there is text and no number or date among them.
pub(in crate::decode) fn is_header(fields: &Splitter, options: &DecodeOptions) -> bool {
    known_names(fields, options) > 0 || Look::of(fields.fields()).is_words()
}

/// How many of these fields are names that somebody looks for, or usual names of a time column.
pub(in crate::decode) fn known_names(fields: &Splitter, options: &DecodeOptions) -> usize {
    fields.fields().filter(|field| is_wanted(field, options)).count()
}

/// Whether a field is a name that somebody looks for.
fn is_wanted(field: &[u8], options: &DecodeOptions) -> bool {
    let field = latin::text(field);
    names::rank(&field).is_some() || wants(&field, options)
}

/// Whether the caller looks for this name.
fn wants(field: &str, options: &DecodeOptions) -> bool {
    let mut names: [&[String]; 2] = [&[], &[]];
    match &options.channels {
        Channels::Named(channels) => names[0] = channels,
        Channels::Discover { only, exclude } => {
            names = [only.as_deref().unwrap_or_default(), exclude];
        }
    }
    if options.learned.pivot.as_ref().is_some_and(|pivot| alike(&pivot.name, field)) {
        return true;
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
        (delimiter.char(), is_header(&splitter, options))
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
    fn blanks_and_bars() {
        let any = DecodeOptions::discover();
        assert_eq!(sniff(&[" time  flow", "  1 2.5", " 2  3.5"], &any), (' ', true));
        assert_eq!(sniff(&["Flow rate,Air temp", "1,2", "3,4"], &any), (',', true));
        assert_eq!(sniff(&["12,5  1,0", "12,6  1,5"], &any), (' ', false));
        assert_eq!(sniff(&["1, 2, 3", "4, 5, 6"], &any), (',', false));
        assert_eq!(
            sniff(&["2020-03-09 10:14:33\tauto\t1", "2020-03-09 10:14:34\tauto\t1"], &any),
            ('\t', false)
        );
        assert_eq!(sniff(&["| time | a |", "| 1 | 2 |"], &any), ('|', true));
        assert_eq!(sniff(&["pump is on"], &any), (',', true));
        let named = DecodeOptions::named(["flow rate", "p"]);
        assert_eq!(sniff(&["flow rate  p"], &named), (' ', true));
        assert_eq!(sniff(&["flow rate,p"], &named), (',', true));
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
