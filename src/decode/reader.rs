//! Which reader an input needs: its first line, or all lines that are held, go in; a reader that
//! knows its columns comes out, and [`Columns`] to say what it is.

use super::columns::{Columns, by_name, by_position, header_names, numbered};
use super::discover::{self, sniff};
use super::error::DecodeError;
use super::format::csv::{CsvReader, Splitter};
use super::format::jsonl::JsonReader;
use super::options::{DecodeOptions, Format};
use super::row::{LineOutcome, RowBuffer};
use super::time::column::Timing;
use super::time::{Looks, looks};

/// Reads the lines of one input.
#[derive(Debug)]
pub(super) enum RowReader {
    Csv(Box<CsvReader>),
    Json(Box<JsonReader>),
}

impl RowReader {
    /// Reads a line that is not blank into `row`.
    pub fn read(
        &mut self,
        number: u64,
        line: &[u8],
        row: &mut RowBuffer,
        options: &DecodeOptions,
    ) -> Result<LineOutcome, DecodeError> {
        match self {
            Self::Csv(reader) => Ok(reader.read(line, row, options)),
            Self::Json(reader) => reader.read(number, line, row, options),
        }
    }

    /// Whether the columns are beyond doubt.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Csv(_) => true,
            Self::Json(reader) => reader.is_settled(),
        }
    }

    /// Name of the time column, once it is known.
    pub fn time_name(&self) -> Option<&str> {
        match self {
            Self::Csv(reader) => reader.time_name(),
            Self::Json(reader) => reader.time_name(),
        }
    }
}

/// Finds the channels in the first lines.
pub(super) fn discover(
    lines: &[discover::HeldLine<'_>],
    options: &DecodeOptions,
) -> Result<(RowReader, Columns), DecodeError> {
    let Some((_, first)) = lines.first() else { return Err(DecodeError::Empty) };
    if is_json(first, options)? {
        let (reader, columns) = discover::jsonl(lines, options)?;
        return Ok((RowReader::Json(Box::new(reader)), columns));
    }
    let (reader, columns) = discover::csv(lines, options)?;
    Ok((RowReader::Csv(Box::new(reader)), columns))
}

/// Decides by the first line, for channels that have names. `true`: the line is a header,
/// otherwise it is yet to be read.
pub(super) fn settle(
    number: u64,
    line: &[u8],
    channels: &[String],
    options: &DecodeOptions,
) -> Result<(RowReader, Columns, bool), DecodeError> {
    if is_json(line, options)? {
        let (reader, columns) = settle_json(channels, options);
        return Ok((reader, columns, false));
    }
    let delimiter = sniff::delimiter(&[line], options);
    let mut splitter = Splitter::new(delimiter);
    splitter.split(line);
    let headed = sniff::is_headed(&splitter, options);
    let (names, plan) = if headed {
        let names = header_names(splitter.fields());
        let plan = by_name(number, &names, channels, options)?;
        (names, plan)
    } else {
        let width = splitter.len();
        let dated = looks(splitter.field(0)) == Looks::DateTime;
        let plan = by_position(number, width, channels, options, dated)?;
        ((0..width).map(numbered).collect(), plan)
    };
    let name = |column: Option<usize>| column.and_then(|column| names.get(column)).cloned();
    let columns = Columns {
        format: if headed { Format::Csv } else { Format::BareCsv },
        delimiter: Some(char::from(delimiter)),
        channels: channels.to_vec(),
        time: name(plan.time),
        key: name(plan.key),
        label: name(plan.label),
        left_out: Vec::new(),
        input: options.input(),
        guesses: Vec::new(),
    };
    let timing = Timing::new(&options.time, plan.time);
    let header = headed.then_some(line);
    let reader = CsvReader::new(delimiter, header, names, channels.to_vec(), plan, timing);
    Ok((RowReader::Csv(Box::new(reader)), columns, headed))
}

fn settle_json(channels: &[String], options: &DecodeOptions) -> (RowReader, Columns) {
    let columns = Columns {
        format: Format::Jsonl,
        delimiter: None,
        channels: channels.to_vec(),
        time: options.time_name().map(str::to_owned),
        key: options.key.clone(),
        label: options.label.clone(),
        left_out: Vec::new(),
        input: options.input(),
        guesses: Vec::new(),
    };
    let reader = JsonReader::new(channels.to_vec(), options.time_name(), &options.time, options);
    (RowReader::Json(Box::new(reader)), columns)
}

fn is_json(first: &[u8], options: &DecodeOptions) -> Result<bool, DecodeError> {
    if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
        return Err(DecodeError::Utf16);
    }
    Ok(match options.format {
        Format::Auto => sniff::is_json(first),
        Format::Csv | Format::BareCsv => false,
        Format::Jsonl => true,
    })
}
