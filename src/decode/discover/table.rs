//! Where a table begins: the first lines of an input and how their fields are told apart go in; the names of the
//! columns, and where the header and the rows are, come out.
//!
//! Lines of another shape may stand before the header, and lines with units under it. Decides nothing about columns.

use super::sniff::{has_asked, is_header, known_names, most_common, usual_width};
use crate::decode::columns::{header_names, unnamed};
use crate::decode::format::csv::Splitter;
use crate::decode::layout::{Before, Look, uncommented};
use crate::decode::options::{DecodeOptions, Delimiter, Format};
use crate::decode::time::looks::{Looks, looks as timely};
use crate::decode::time::names::rank;

/// Lines under a header that may say units.
const UNDER_HEADER: usize = 2;

/// A table among lines.
#[derive(Debug)]
pub(super) struct Table {
    pub names: Vec<String>,
    /// The text of the header; `None` without one.
    pub header: Option<Vec<u8>>,
    /// The first line that belongs to it.
    pub start: usize,
    /// The first line that may be a row.
    pub rows: usize,
    /// Fields of the rows, where they are more than the header has names.
    pub wider: Option<usize>,
}

/// Finds the table.
pub(super) fn find(
    lines: &[&[u8]],
    before: &Before,
    delimiter: Delimiter,
    options: &DecodeOptions,
) -> Table {
    let mut splitter = Splitter::new(delimiter);
    let looks: Vec<Look> = lines.iter().map(|line| look(&mut splitter, line)).collect();
    let with_values: Vec<&[u8]> = lines
        .iter()
        .zip(&looks)
        .filter(|(_, look)| look.values > 0)
        .map(|(line, _)| *line)
        .collect();
    let usual = usual_width(&with_values, delimiter).or_else(|| usual_width(lines, delimiter));
    let mut width = usual.map_or(0, |(width, _)| width);
    let first_row = first_row(&looks, width);
    if options.format != Format::BareCsv {
        let until = first_row.unwrap_or(lines.len());
        let asked = lines.iter().position(|line| has_asked(&mut splitter, line, options));
        if asked.is_some() {
            width = splitter.len();
        }
        let found = asked.or_else(|| header(lines, &looks, until, width, &mut splitter, options));
        let forced =
            || (options.format == Format::Csv).then(|| first_row.unwrap_or(1).saturating_sub(1));
        if let Some(at) = found.or_else(forced) {
            let line = lines.get(at).copied().unwrap_or_default();
            let units =
                looks.iter().skip(at + 1).take(UNDER_HEADER).take_while(|look| look.is_words());
            let units = if first_row.is_some() { units.count() } else { 0 };
            let names = names(&mut splitter, line, width);
            let header = Some(line.to_vec());
            return Table { names, header, start: at, rows: at + 1 + units, wider: None };
        }
        if let Some((at, names)) = narrow(lines, &looks, until, width, &mut splitter, options) {
            let header = lines.get(at).map(|line| line.to_vec());
            return Table { names, header, start: at, rows: at + 1, wider: Some(width) };
        }
    }
    let start = looks.iter().position(|look| look.values > 0 || look.texts == 0).unwrap_or(0);
    if let Some((names, line)) = in_comments(before.comments(), width, &mut splitter, options) {
        return Table { names, header: Some(line), start, rows: start, wider: None };
    }
    let names = unnamed(width, before.prefixed);
    Table { names, header: None, start, rows: start, wider: None }
}

fn look(splitter: &mut Splitter, line: &[u8]) -> Look {
    splitter.split(line);
    Look::of(splitter.fields())
}

/// The first line that has most of the values that lines mostly have.
fn first_row(looks: &[Look], width: usize) -> Option<usize> {
    let fits = |look: &Look| look.values > 0 && (look.width == width || look.width == width + 1);
    let (typical, _) = most_common(looks.iter().filter(|look| fits(look)).map(|look| look.values))?;
    looks.iter().position(|look| fits(look) && look.values * 2 > typical)
}

/// The line with the names of the columns: the one with the most names that are known; without any, the first of
/// those that stand together above the first row.
fn header(
    lines: &[&[u8]],
    looks: &[Look],
    until: usize,
    width: usize,
    splitter: &mut Splitter,
    options: &DecodeOptions,
) -> Option<usize> {
    let mut best: Option<((bool, usize), usize)> = None;
    let mut above = None;
    for (at, (line, look)) in lines.iter().zip(looks).enumerate().take(until) {
        if !splits_into(splitter, line, width) || !is_header(splitter, options) {
            above = None;
            continue;
        }
        let count = splitter.len();
        if count + 1 == width && !bears(lines, until, count, splitter) {
            above = None;
            continue;
        }
        splits_into(splitter, line, width);
        above = above.or(Some(at));
        let rank = (look.values == 0, known_names(splitter, options));
        if best.is_none_or(|(best, _)| rank > best) {
            best = Some((rank, at));
        }
    }
    let (rank, at) = best?;
    if rank.1 > 0 { Some(at) } else { above.or(Some(at)) }
}

/// A header with fewer names than the rows have fields: the last line above the first row, if one of its names says
/// that it is the time, and times stand there.
fn narrow(
    lines: &[&[u8]],
    looks: &[Look],
    until: usize,
    width: usize,
    splitter: &mut Splitter,
    options: &DecodeOptions,
) -> Option<(usize, Vec<String>)> {
    let at = until.checked_sub(1)?;
    let (line, look) = (lines.get(at)?, looks.get(at)?);
    splitter.split(line);
    let is_narrow = (2..width).contains(&splitter.len()) && look.values == 0;
    if !is_narrow || known_names(splitter, options) == 0 {
        return None;
    }
    let names = header_names(splitter.fields());
    let time = names.iter().position(|name| rank(name).is_some())?;
    let rows = lines.iter().skip(until);
    let timed = rows.clone().filter(|line| {
        splitter.split(line);
        let looks = timely(splitter.field(time));
        looks.is_written() || looks == Looks::Epoch
    });
    (timed.count() * 2 > rows.len()).then_some((at, names))
}

/// Splits a line into so many names, if it can be.
fn splits_into(splitter: &mut Splitter, line: &[u8], width: usize) -> bool {
    splitter.split(line);
    if splitter.len() == width {
        return true;
    }
    // A date and a time of day make one field more than there are names; some loggers end each row with a delimiter.
    let one_less = splitter.len() > 1 && splitter.len() + 1 == width;
    if splitter.is_aligned() {
        splitter.split_wide(line);
        if splitter.len() == width || (splitter.len() > 1 && splitter.len() + 1 == width) {
            return true;
        }
        splitter.split(line);
    }
    one_less || splitter.fits(width)
}

/// Whether rows have so many fields, although they seem to have one more.
fn bears(lines: &[&[u8]], from: usize, count: usize, splitter: &mut Splitter) -> bool {
    let rows = lines.iter().skip(from);
    let fit = rows.clone().filter(|line| {
        splitter.split(line);
        splitter.join_date(count);
        splitter.fits(count)
    });
    fit.count() * 2 > rows.len()
}

fn names(splitter: &mut Splitter, line: &[u8], width: usize) -> Vec<String> {
    splits_into(splitter, line, width);
    header_names(splitter.fields())
}

/// A comment that is the header, with its text.
fn in_comments(
    comments: &[Vec<u8>],
    width: usize,
    splitter: &mut Splitter,
    options: &DecodeOptions,
) -> Option<(Vec<String>, Vec<u8>)> {
    let mut best: Option<(usize, &Vec<u8>)> = None;
    for comment in comments {
        let text = uncommented(comment);
        let is_wide = splits_into(splitter, text, width) && width > 1;
        let known = known_names(splitter, options);
        let exact = splitter.len() == width || (splitter.is_aligned() && known > 0);
        let better = best.is_none_or(|(most, _)| known > most || most == 0);
        if is_wide && exact && better && is_header(splitter, options) {
            best = Some((known, comment));
        }
    }
    let (_, comment) = best?;
    Some((names(splitter, uncommented(comment), width), comment.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (String, usize, usize) {
        let lines: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
        let options = DecodeOptions::discover();
        let delimiter = super::super::sniff::delimiter(&lines, &options);
        let Table { names, start, rows, .. } =
            find(&lines, &Before::default(), delimiter, &options);
        (names.join(" "), start, rows)
    }

    #[test]
    fn plain_tables() {
        assert_eq!(found("a,b\n1,2\n3,4"), ("a b".into(), 0, 1));
        assert_eq!(found("1,2\n3,4"), ("c1 c2".into(), 0, 0));
        assert_eq!(found("a,b\n1,ERR\n3,4\n5,6"), ("a b".into(), 0, 1));
        assert_eq!(found("a,b\nx,y"), ("a b".into(), 0, 1));
        assert_eq!(found("a,b,\n1,2,\n3,4,"), ("a b c3".into(), 0, 1));
    }

    #[test]
    fn lines_before_the_header() {
        let toa5 = "\"TOA5\",\"CR1000\",\"x\",\"12\"\n\"TIMESTAMP\",\"RECORD\",\"Air\"\n\"TS\",\"RN\",\"C\"\n\
            \"\",\"\",\"Smp\"\n\"2026-03-02 00:00:00\",0,1.5\n\"2026-03-02 00:00:01\",1,1.6";
        assert_eq!(found(toa5), ("TIMESTAMP RECORD Air".into(), 1, 4));
        let pairs =
            "Device,LX-77\nInterval,60\ntime,value\n2026-03-02 00:00:00,1\n2026-03-02 00:00:01,2";
        assert_eq!(found(pairs), ("time value".into(), 2, 3));
        let words = "Logger of Acme\nSerial: 12\nflow;pressure\n1;2\n3;4\n5;6";
        assert_eq!(found(words), ("flow pressure".into(), 2, 3));
        assert_eq!(found("Booting\n1,2\n3,4"), ("c1 c2".into(), 1, 1));
    }

    #[test]
    fn aligned_tables() {
        assert_eq!(found("  time  flow\n1  2\n2  3"), ("time flow".into(), 0, 1));
        assert_eq!(
            found("Flow rate  Air temp\n 1.5  2\n 2.5  3"),
            ("Flow rate Air temp".into(), 0, 1)
        );
        let dated = "time flow\n2026-03-02 00:00:00 1.5\n2026-03-02 00:00:01 1.6";
        assert_eq!(found(dated), ("time flow".into(), 0, 1));
    }
}
