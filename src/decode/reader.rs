//! Which reader an input needs: its first line, or all lines that are held, go in; a reader that
//! knows its columns comes out, and [`Columns`] to say what it is.

use oddity_core::profile::DateOrder;

use super::columns::{ColumnPlan, Columns, by_name, by_position, find, header_names, unnamed};
use super::discover::{self, sniff};
use super::error::DecodeError;
use super::format::csv::{CsvReader, Splitter};
use super::format::jsonl::JsonReader;
use super::layout::{Before, Joint, Look, Prefix, uncommented};
use super::options::{DecodeOptions, Delimiter, Format, TimeColumn};
use super::row::{LineOutcome, RowBuffer};
use super::time::column::{TimeNews, Timing};
use super::time::looks::{Looks, looks};

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

    /// What all rows have told of the order of day and month, where the first did not.
    pub fn told_order(&self) -> Option<DateOrder> {
        match self {
            Self::Csv(reader) => reader.told_order(),
            Self::Json(reader) => reader.told_order(),
        }
    }

    /// Whether something was found out about the time since that was asked for: cheaper than to ask for it.
    pub fn has_time_news(&self) -> bool {
        match self {
            Self::Csv(reader) => reader.has_time_news(),
            Self::Json(reader) => reader.has_time_news(),
        }
    }

    /// What was found out about the time since this was asked.
    pub fn time_news(&mut self) -> Option<TimeNews> {
        match self {
            Self::Csv(reader) => reader.time_news(),
            Self::Json(reader) => reader.time_news(),
        }
    }
}

/// Finds the channels in the first lines, before which these stand. Gives the number of the first line that is
/// not before the table, too.
pub(super) fn discover(
    lines: &[discover::HeldLine<'_>],
    before: &Before,
    options: &DecodeOptions,
) -> Result<(RowReader, Columns, u64), DecodeError> {
    if lines.is_empty() {
        return Err(DecodeError::Empty);
    }
    if let Some((start, format)) = first_leaves(lines, options)
        && let Some(lines) = lines.get(start..)
    {
        let number = lines.first().map_or(0, |(number, _)| *number);
        let (reader, mut columns) = discover::jsonl(lines, format, options)?;
        columns.input.prefix = before.prefixed;
        return Ok((RowReader::Json(Box::new(reader)), columns, number));
    }
    let (reader, columns, number) = discover::csv(lines, before, options)?;
    Ok((RowReader::Csv(Box::new(reader)), columns, number))
}

/// What a serial monitor has put before most of these lines, if it has.
pub(super) fn prefix(lines: &[discover::HeldLine<'_>], options: &DecodeOptions) -> Option<Prefix> {
    let rests: Vec<&[u8]> =
        lines.iter().filter_map(|(_, line)| Some(Prefix::split(line)?.1)).collect();
    if rests.len() * 2 <= lines.len() {
        return None;
    }
    if rests.iter().filter(|rest| rest.starts_with(b"{")).count() * 2 > rests.len() {
        return Some(Prefix::new(Joint::Member, None));
    }
    if leaves(&rests, options).is_some() {
        // Pairs have no header; their time stands before the first label.
        return Some(Prefix::new(Joint::Field(Delimiter::Byte(b'\t')), None));
    }
    let delimiter = sniff::delimiter(&rests, options);
    let mut splitter = Splitter::new(delimiter);
    let header = rests.iter().find(|rest| {
        splitter.split(rest);
        sniff::is_headed(&splitter, options)
    });
    Some(Prefix::new(Joint::Field(delimiter), header.copied()))
}

/// Where lines that give leaves begin, and their format; `None` for CSV.
fn first_leaves(
    lines: &[discover::HeldLine<'_>],
    options: &DecodeOptions,
) -> Option<(usize, Format)> {
    let json = |text: &[u8]| leaves(&[text], options) == Some(Format::Jsonl);
    if let Some(start) = first_object(lines, json) {
        return Some((start, Format::Jsonl));
    }
    let texts: Vec<&[u8]> = lines.iter().map(|(_, text)| *text).collect();
    Some((0, leaves(&texts, options)?))
}

/// Where JSON begins, if it does: mostly at once, but a device that starts may say so before its first object.
fn first_object(
    lines: &[discover::HeldLine<'_>],
    is_json: impl Fn(&[u8]) -> bool,
) -> Option<usize> {
    let at = lines.iter().position(|(_, line)| is_json(line))?;
    let most = lines.iter().filter(|(_, line)| is_json(line)).count() * 2 > lines.len();
    let is_table = |line: &[u8]| line.iter().any(|byte| matches!(byte, b',' | b';' | b'\t'));
    let words = !lines.iter().take(at).any(|(_, line)| is_table(line));
    (at == 0 || (most && words)).then_some(at)
}

/// What a line says of its table.
struct Named {
    names: Vec<String>,
    plan: ColumnPlan,
    /// The text of the header, where there is one.
    header: Option<Vec<u8>>,
    /// The line is it; otherwise it is yet to be read.
    is_header: bool,
    guess: Option<String>,
}

/// Decides by a line, for channels that have names, and by what came before it. `true`: the line is a header,
/// otherwise it is yet to be read. The error says what the line lacks to be either, and what it looks like.
pub(super) fn settle(
    number: u64,
    line: &[u8],
    channels: &[String],
    options: &DecodeOptions,
    before: &Before,
) -> Result<(RowReader, Columns, bool), (DecodeError, Look)> {
    if let Some(format) = leaves(&[line], options) {
        let (reader, columns) = settle_leaves(format, channels, options);
        return Ok((reader, columns, false));
    }
    let delimiter = sniff::delimiter(&[line], options);
    let mut splitter = Splitter::new(delimiter);
    splitter.split(line);
    let look = Look::of(splitter.fields());
    let named = match sniff::is_headed(&splitter, options) {
        true => by_header(number, line, &mut splitter, channels, options),
        false => by_row(number, line, &mut splitter, channels, options, before),
    };
    let Named { names, plan, header, is_header, guess } = named.map_err(|error| (error, look))?;
    let name = |column: Option<usize>| column.and_then(|column| names.get(column)).cloned();
    let columns = Columns {
        format: if header.is_some() { Format::Csv } else { Format::BareCsv },
        delimiter: Some(delimiter.char()),
        channels: channels.to_vec(),
        time: name(plan.time),
        key: name(plan.key),
        label: name(plan.label),
        left_out: Vec::new(),
        input: options.input(),
        guesses: guess.into_iter().collect(),
        long: Vec::new(),
        devices: Vec::new(),
    };
    let timing = Timing::new(options, plan.time);
    let channels = channels.to_vec();
    let reader = CsvReader::new(delimiter, header.as_deref(), names, channels, plan, timing)
        .with_sensor(number, options)
        .map_err(|error| (error, look))?;
    Ok((RowReader::Csv(Box::new(reader)), columns, is_header))
}

fn by_header(
    number: u64,
    line: &[u8],
    splitter: &mut Splitter,
    channels: &[String],
    options: &DecodeOptions,
) -> Result<Named, DecodeError> {
    let mut names = header_names(splitter.fields());
    let plan = by_name(number, &names, channels, options).or_else(|error| {
        splitter.split_wide(line);
        names = header_names(splitter.fields());
        by_name(number, &names, channels, options).map_err(|_| error)
    })?;
    Ok(Named { names, plan, header: Some(line.to_vec()), is_header: true, guess: None })
}

/// A row without a header before it: a comment may be the header, or the columns are where they were in the data that
/// the model learned from, or their number says which they are.
fn by_row(
    number: u64,
    line: &[u8],
    splitter: &mut Splitter,
    channels: &[String],
    options: &DecodeOptions,
    before: &Before,
) -> Result<Named, DecodeError> {
    let width = splitter.len();
    let mut fits = |names: &[String]| {
        splitter.split(line);
        splitter.join_date(names.len());
        splitter.fits(names.len())
    };
    for comment in before.comments().iter().rev() {
        let mut of_comment = Splitter::new(sniff::delimiter(&[line], options));
        for wide in [false, true] {
            let text = uncommented(comment);
            if wide {
                of_comment.split_wide(text)
            } else {
                of_comment.split(text)
            }
            let names = header_names(of_comment.fields());
            if fits(&names)
                && let Ok(plan) = by_name(number, &names, channels, options)
            {
                let header = Some(comment.clone());
                return Ok(Named { names, plan, header, is_header: false, guess: None });
            }
        }
    }
    // A header that names other columns: that rows are as wide as in training is no reason to go by place.
    if let Some(error) = before.poor_header(width) {
        return Err(error.clone());
    }
    let learned = &options.learned.columns;
    let time = match &options.time {
        TimeColumn::Likely(name) => find(name, learned),
        TimeColumn::Auto | TimeColumn::None | TimeColumn::Named(_) => None,
    };
    let fits_learned = fits(learned);
    let other = time.is_some_and(|column| looks(splitter.field(column)) == Looks::Other);
    // What stands before a table may have its width by chance, but not what its rows have.
    let words = |splitter: &Splitter, plan: &ColumnPlan| {
        let look = Look::of(plan.channels.iter().map(|&column| splitter.field(column)));
        before.is_short() && look.texts > 0 && look.texts * 2 >= look.width
    };
    if fits_learned
        && !(other && before.is_short())
        && let Ok(plan) = by_name(number, learned, channels, options)
        && !words(splitter, &plan)
    {
        let named = *learned != unnamed(learned.len(), before.prefixed);
        let guess = named.then(|| {
            format!(
                "line {number}: the rows have no header; their {} columns are taken for those of the data that the \
                 model learned from: {}",
                learned.len(),
                learned.join(", ")
            )
        });
        let names = learned.clone();
        return Ok(Named { names, plan, header: None, is_header: false, guess });
    }
    splitter.split(line);
    let names = unnamed(width, before.prefixed);
    let plan = match channels.iter().all(|channel| names.contains(channel)) {
        true => by_name(number, &names, channels, options)?,
        false => {
            let dated = before.prefixed || looks(splitter.field(0)).is_written();
            by_position(number, width, channels, options, dated)?
        }
    };
    if words(splitter, &plan) {
        let (channels, extra) = (channels.to_vec(), String::new());
        return Err(DecodeError::Width {
            line: number,
            found: width,
            expected: width,
            channels,
            extra,
        });
    }
    Ok(Named { names, plan, header: None, is_header: false, guess: None })
}

fn settle_leaves(
    format: Format,
    channels: &[String],
    options: &DecodeOptions,
) -> (RowReader, Columns) {
    let columns = Columns {
        format,
        delimiter: None,
        channels: channels.to_vec(),
        time: options.time_name().map(str::to_owned),
        key: options.key.clone(),
        label: options.label.clone(),
        left_out: Vec::new(),
        input: options.input(),
        guesses: Vec::new(),
        long: Vec::new(),
        devices: Vec::new(),
    };
    let timing = Timing::new(options, None);
    let reader = JsonReader::new(channels.to_vec(), &[], timing, options);
    (RowReader::Json(Box::new(reader.written_as(format))), columns)
}

/// The format of lines that give leaves; `None` for CSV.
fn leaves(lines: &[&[u8]], options: &DecodeOptions) -> Option<Format> {
    match options.format {
        Format::Auto if options.hints.delimiter.is_some() => None,
        Format::Auto => sniff::leaves(lines, options),
        Format::Csv | Format::BareCsv => None,
        Format::Jsonl | Format::Pairs | Format::Topics => Some(options.format),
    }
}
