//! Finds the channels of an input that nobody has described, from its first lines.
//!
//! Lines go in, names of channels and of the time column come out, with a reason for every column
//! that is neither. Holds nothing afterwards.

mod json_table;
mod long;
pub(super) mod sniff;
mod stats;
mod table;

use oddity_core::profile::InputSpec;

use super::columns::{ColumnPlan, Columns, LongForm, by_name, by_position, find, missing, special};
use super::error::{DecodeError, LeftOut};
use super::format::csv::{CsvReader, Splitter};
use super::format::jsonl::JsonReader;
use super::layout::Before;
use super::number::{self, Evidence, Marks, NumberStyle};
use super::options::{Channels, DecodeOptions, Format, TimeColumn};
use super::time::column::{
    FoundTime, TimeCandidate, TimeChoice, TimeNews, TimeWish, Timing, as_before,
    choose as choose_time, named, shown, unclear,
};
use super::time::looks::looks;
use super::time::names::TimeName;
use json_table::{JsonTable, first_broken};
use long::Names;
use stats::{ColumnKind, ColumnStats};
use table::Table;

/// What was found.
struct Found {
    channels: Vec<String>,
    time: Option<FoundTime>,
    /// What a user should know of the time.
    said: Option<String>,
    left_out: Vec<LeftOut>,
    long: Vec<LongForm>,
    devices: Vec<String>,
    input: InputSpec,
    guesses: Vec<String>,
}

/// The first fields of all columns.
struct Seen {
    /// Where the columns have their names.
    line: u64,
    /// Lines that were looked at.
    lines: usize,
    names: Vec<String>,
    columns: Vec<Vec<Vec<u8>>>,
}

/// A line that is held: its number and its text.
pub(super) type HeldLine<'a> = (u64, &'a [u8]);

/// Looks at CSV. `lines` is not empty; `before` is what comes before them. Gives the number of the first line that belongs to
/// the table, too.
pub(super) fn csv(
    lines: &[HeldLine<'_>],
    before: &Before,
    options: &DecodeOptions,
) -> Result<(CsvReader, Columns, u64), DecodeError> {
    let texts: Vec<&[u8]> = lines.iter().map(|(_, text)| *text).collect();
    let delimiter = sniff::delimiter(&texts, options);
    let Table { mut names, header, start, rows, wider } =
        table::find(&texts, before, delimiter, options);
    let (number, _) = lines.get(start).copied().unwrap_or_default();
    let mut splitter = Splitter::new(delimiter);
    if header.is_none() {
        splitter.split(texts.get(rows).copied().unwrap_or_default());
        let dated = before.prefixed || looks(splitter.field(0)).is_written();
        names = name_by_position(number, names, options, dated);
    }
    let mut fields = vec![Vec::new(); names.len()];
    for text in texts.iter().skip(rows) {
        splitter.split(text);
        splitter.join_date(names.len());
        if wider.is_some() {
            splitter.join_fraction(names.len());
        }
        let fits = splitter.fits(names.len()) || wider == Some(splitter.len());
        if !fits || header.as_deref() == Some(text) {
            continue;
        }
        if let (Some(fields), false) = (wider, splitter.fits(names.len()))
            && number::may_be_split(splitter.fields())
        {
            return Err(DecodeError::SplitNumbers { line: number, names: names.len(), fields });
        }
        for (column, field) in fields.iter_mut().zip(splitter.fields()) {
            column.push(field.to_vec());
        }
    }
    let seen = Seen { line: number, lines: lines.len(), names, columns: fields };
    let format = if header.is_some() { Format::Csv } else { Format::BareCsv };
    let taken = special(number, &seen.names, options)?;
    let found = choose(&seen, format, taken, options)?;
    let names = seen.names;
    let mut plan = by_name(number, &names, &found.channels, options)?;
    plan.time = None;
    let mut columns = columns(format, Some(delimiter.char()), &names, &plan, &found);
    columns.input.delimiter = delimiter.is_rare().then(|| delimiter.to_string());
    columns.input.prefix = before.prefixed;
    let timing = found.time.as_ref().map_or(Timing::Off, Timing::at);
    let header = header.as_deref();
    let reader = CsvReader::new(delimiter, header, names, found.channels, plan, timing);
    Ok((reader, columns, number))
}

/// Looks at JSON Lines, and at other lines that give leaves.
pub(super) fn jsonl(
    lines: &[HeldLine<'_>],
    format: Format,
    options: &DecodeOptions,
) -> Result<(JsonReader, Columns), DecodeError> {
    let mut table = JsonTable::read(lines, format);
    let number = lines.first().map_or(0, |(number, _)| *number);
    if let (Format::Jsonl, true) = (format, table.names.is_empty())
        && let Some((line, text, reason)) = first_broken(lines)
    {
        let python = text.trim_ascii_start().starts_with(b"{'");
        return Err(DecodeError::NotJson { lines: lines.len(), line, reason, python });
    }
    let mut taken = [None; 3];
    if table.array {
        table.names = name_by_position(number, table.names, options, table.dated);
        taken = special(number, &table.names, options)?;
    } else {
        for (slot, (role, wanted)) in taken.iter_mut().zip(options.special()) {
            let Some(wanted) = wanted else { continue };
            let column = find(wanted, &table.names);
            *slot = Some(column.ok_or_else(|| missing(number, wanted, role, &table.names))?);
        }
    }
    let seen =
        Seen { line: number, lines: lines.len(), names: table.names, columns: table.columns };
    let found = choose(&seen, format, taken, options)?;
    let [_, key, label] = taken;
    let (channels, optional) = (Vec::new(), Vec::new());
    let plan = ColumnPlan { width: 0, channels, optional, time: None, key, label };
    let columns = columns(format, None, &seen.names, &plan, &found);
    // A text for each column, in their order.
    let places = |time: &FoundTime| (0..time.columns.len()).collect();
    let time = found.time.map(|time| FoundTime { columns: places(&time), ..time });
    let timing = time.as_ref().map_or(Timing::Off, Timing::at);
    let times = time.map(|time| time.spec.columns).unwrap_or_default();
    let reader = JsonReader::new(found.channels, &times, timing, options).written_as(format);
    Ok((reader, columns))
}

/// Columns without a header under the names that somebody has for the channels, where there are as many.
fn name_by_position(
    line: u64,
    mut names: Vec<String>,
    options: &DecodeOptions,
    dated: bool,
) -> Vec<String> {
    let wanted = match &options.channels {
        Channels::Named(wanted) | Channels::Discover { only: Some(wanted), .. } => wanted,
        Channels::Discover { only: None, .. } => return names,
    };
    if wanted.iter().all(|name| names.contains(name)) {
        return names;
    }
    if let Ok(plan) = by_position(line, names.len(), wanted, options, dated) {
        for (name, &column) in wanted.iter().zip(&plan.channels) {
            names.get_mut(column).into_iter().for_each(|place| place.clone_from(name));
        }
    }
    names
}

fn columns(
    format: Format,
    delimiter: Option<char>,
    names: &[String],
    plan: &ColumnPlan,
    found: &Found,
) -> Columns {
    let name = |column: Option<usize>| column.and_then(|column| names.get(column)).cloned();
    let mut columns = Columns {
        format,
        delimiter,
        channels: found.channels.clone(),
        time: None,
        key: name(plan.key),
        label: name(plan.label),
        left_out: found.left_out.clone(),
        input: InputSpec {
            columns: if delimiter.is_some() { names.to_vec() } else { Vec::new() },
            format: matches!(format, Format::Pairs | Format::Topics).then(|| format.to_string()),
            ..found.input.clone()
        },
        guesses: found.guesses.clone(),
        long: found.long.clone(),
        devices: found.devices.clone(),
    };
    TimeNews { found: found.time.clone(), said: found.said.clone() }.tell(&mut columns);
    columns
}

/// Sorts the columns into channels, time, and what is left out.
fn choose(
    seen: &Seen,
    format: Format,
    taken: [Option<usize>; 3],
    options: &DecodeOptions,
) -> Result<Found, DecodeError> {
    let Seen { line, lines, names, columns } = seen;
    let (line, lines) = (*line, *lines);
    let written = written(names, columns, options);
    let stats = &stats(columns, &written);
    let texts: Vec<Names> = columns.iter().map(|fields| Names::of(fields)).collect();
    let mut found = Found {
        channels: Vec::new(),
        time: None,
        said: None,
        left_out: Vec::new(),
        long: Vec::new(),
        devices: Vec::new(),
        input: written.spec(names),
        guesses: Vec::new(),
    };
    let (only, exclude) = match &options.channels {
        Channels::Discover { only, exclude } => (only.as_deref(), &exclude[..]),
        Channels::Named(channels) => (Some(&channels[..]), &[][..]),
    };
    let asked: Vec<usize> = only
        .unwrap_or_default()
        .iter()
        .map(|name| find(name, names).ok_or_else(|| missing(line, name, "channel", names)))
        .collect::<Result<_, _>>()?;
    let is_free = |column: usize| !taken.contains(&Some(column)) && !asked.contains(&column);
    let (time, unread) = find_time(seen, taken[0], is_free, options)?;
    if let Some(mut time) = time {
        found.said = time.said.take();
        found.time = Some(time);
    } else if let Some((name, text)) = &unread {
        found.said = Some(unclear(name, text));
    }
    let is_time =
        |column: usize| found.time.as_ref().is_some_and(|time| time.columns.contains(&column));
    let excluded: Vec<Option<usize>> = exclude.iter().map(|name| find(name, names)).collect();
    let absent = exclude.iter().zip(&excluded).filter(|(_, column)| column.is_none());
    let leave =
        |name: &String, reason: &str| LeftOut { name: name.clone(), reason: reason.to_owned() };
    found
        .left_out
        .extend(absent.map(|(name, _)| leave(name, "excluded, but there is no such column")));
    for (column, ((name, stats), texts)) in names.iter().zip(stats).zip(&texts).enumerate() {
        if !is_free(column) || is_time(column) {
            continue;
        }
        let reason = if excluded.contains(&Some(column)) {
            LeftOut::EXCLUDED
        } else if only.is_some() {
            LeftOut::NOT_SELECTED
        } else if unread.as_ref().is_some_and(|(unread, _)| unread == name) {
            "a time that is not understood"
        } else {
            match stats.kind(TimeName::of(name).as_ref()) {
                ColumnKind::Channel => match texts.id(name, names) {
                    Some(reason) => reason,
                    None => {
                        found.channels.push(name.clone());
                        continue;
                    }
                },
                ColumnKind::LeftOut(reason) => reason,
            }
        };
        found.left_out.push(leave(name, reason));
    }
    if only.is_some() {
        found.channels = asked.iter().filter_map(|&column| names.get(column).cloned()).collect();
    }
    let times = found.time.iter().flat_map(|time| &time.columns).copied();
    let for_others: Vec<usize> = times.chain([taken[1], taken[2]].into_iter().flatten()).collect();
    found.long = long::forms(names, &texts, &found.channels, &for_others);
    let devices = names.iter().zip(&texts).enumerate().filter(|(column, (name, texts))| {
        let is_number = found.channels.contains(*name) && !texts.may_name();
        is_free(*column) && !is_number && texts.alternate()
    });
    found.devices = devices.map(|(_, (name, _))| name.clone()).collect();
    // The sensors that come first may have states in words.
    if let ([], [form, ..]) = (&found.channels[..], &found.long[..])
        && form.known
    {
        found.channels.push(form.value.clone());
        found.left_out.retain(|column| column.name != form.value);
    }
    let is_wanted = |column: usize| match only {
        Some(_) => asked.contains(&column),
        None => is_free(column) && !is_time(column) && !excluded.contains(&Some(column)),
    };
    if let Some(unclear) = written.unclear.iter().find(|unclear| is_wanted(unclear.column)) {
        let column = names.get(unclear.column).cloned().unwrap_or_default();
        return Err(DecodeError::Unclear { column, text: unclear.text.clone() });
    }
    if found.channels.is_empty() {
        return Err(DecodeError::NoChannels { lines, format, left_out: found.left_out });
    }
    let is_channel = |column: usize| names.get(column).is_some_and(|n| found.channels.contains(n));
    let guesses = written.guesses.iter().filter(|(column, _)| is_channel(*column));
    found.guesses = guesses.map(|(_, guess)| guess.clone()).collect();
    Ok(found)
}

/// How the columns are written.
fn written(names: &[String], columns: &[Vec<Vec<u8>>], options: &DecodeOptions) -> number::Found {
    let evidence = columns.iter().map(|fields| {
        let mut evidence = Evidence::default();
        fields.iter().for_each(|field| evidence.add(field));
        evidence
    });
    number::resolve(names, &evidence.collect::<Vec<_>>(), Marks::of(options.hints.decimal))
}

/// What the columns look like, read as they are written.
fn stats(columns: &[Vec<Vec<u8>>], written: &number::Found) -> Vec<ColumnStats> {
    let of = |(column, (fields, style)): (usize, (&Vec<Vec<u8>>, &NumberStyle))| {
        let mut stats = ColumnStats::new(written.mixed.contains(&column));
        fields.iter().for_each(|field| stats.add(field, style));
        stats
    };
    columns.iter().zip(&written.styles).enumerate().map(of).collect()
}

/// The name of a column, and its first text.
type Unread = (String, Vec<u8>);

/// Finds the time, unless nobody wants it. Gives the column that says it is the time and is not
/// understood, too.
fn find_time(
    seen: &Seen,
    asked: Option<usize>,
    is_free: impl Fn(usize) -> bool,
    options: &DecodeOptions,
) -> Result<(Option<FoundTime>, Option<Unread>), DecodeError> {
    if asked.is_none() && !options.time.is_open() {
        return Ok((None, None));
    }
    let candidates: Vec<TimeCandidate<'_>> = seen
        .names
        .iter()
        .zip(&seen.columns)
        .enumerate()
        .filter(|(column, _)| is_free(*column) || asked == Some(*column))
        .map(|(column, (name, fields))| TimeCandidate {
            column,
            name,
            texts: fields.iter().map(Vec::as_slice).collect(),
        })
        .collect();
    let likely = match &options.time {
        TimeColumn::Likely(name) => Some(name.clone()),
        TimeColumn::Auto | TimeColumn::None | TimeColumn::Named(_) => None,
    };
    let wish = TimeWish { likely, ..TimeWish::of(options) };
    let time = candidates.iter().find(|time| asked == Some(time.column));
    let choice = match time {
        Some(time) => named(time, &candidates, &wish),
        None => choose_time(&candidates, &wish),
    };
    // The whole input was read before: it may have told more than its first lines.
    let before = options.learned.time.as_ref().and_then(|spec| as_before(&candidates, spec));
    if let (Some(before), true) = (before, options.hints.time_format.is_none()) {
        let said = match choice {
            TimeChoice::Take(found) if found.spec == before.spec => found.said,
            _ => None,
        };
        return Ok((Some(FoundTime { said, ..before }), None));
    }
    match choice {
        TimeChoice::Take(found) => Ok((Some(found), None)),
        TimeChoice::None => Ok((None, None)),
        TimeChoice::Unclear { name, text } if time.is_some() => {
            Err(DecodeError::Time { line: seen.line, column: name, text: shown(&text) })
        }
        TimeChoice::Unclear { name, text } => Ok((None, Some((name, text)))),
    }
}
