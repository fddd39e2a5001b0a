//! The way of a line: framed, held while the columns are unknown, read, handed out.

use super::columns::Columns;
use super::error::{DecodeError, Problem, ProblemKind};
use super::framing::{FramedLine, Framing};
use super::layout::{Before, OddLine, Prefix, Verdict, is_comment, separator};
use super::limits::{HELD_BYTES, HELD_LINES};
use super::options::{Channels, DecodeOptions, Delimiter, Format};
use super::pivot::{Pivot, Reading, Row};
use super::reader::{self, RowReader};
use super::row::{LineOutcome, Lost, RowBuffer};
use super::unpack::Unpacker;
use oddity_core::profile::{InputSpec, TimeStyle};
use oddity_core::types::Sample;

/// What a decoder gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'a> {
    /// A row.
    Row {
        /// Stream, number, time and readings.
        sample: Sample<'a>,
        /// The label, where a column for it was named and it is a number.
        label: Option<f64>,
        /// Number of the line in the input, from 1.
        line: u64,
    },
    /// Something wrong. For a value that is not a number it comes just before the row.
    Problem(Problem<'a>),
}

/// Turns bytes into rows.
///
/// ```
/// use oddity::decode::{DecodeError, DecodeOptions, Decoder, Item};
///
/// let mut decoder = Decoder::new(DecodeOptions::named(["flow", "pressure"]))?;
/// let mut rows = Vec::new();
/// let mut each = |item: Item<'_>| {
///     if let Item::Row { sample, .. } = item {
///         rows.push(sample.values.to_vec());
///     }
///     Ok::<_, DecodeError>(())
/// };
/// // Blocks end where they like.
/// for block in ["pressure,flow\n2.5,1", "0\n2.6,11\n"] {
///     decoder.push(block.as_bytes(), &mut each)?;
/// }
/// decoder.finish(&mut each)?;
/// assert_eq!(rows, [[10.0, 2.5], [11.0, 2.6]]);
/// # Ok::<_, DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    unpacker: Unpacker,
    framing: Framing,
    lines: Lines,
    /// What packed data lacks was said.
    damage_told: bool,
}

/// All but unpacking and framing.
#[derive(Debug)]
struct Lines {
    options: DecodeOptions,
    state: DecoderState,
    /// What came before the first row, until that has come.
    before: Before,
    /// What stands before each line.
    prefix: Option<Prefix>,
    columns: Option<Columns>,
    row: RowBuffer,
    /// Data rows so far; in long format lines.
    rows: u64,
    /// Makes rows of lines in long format.
    pivot: Option<Pivoted>,
    /// What was wrong with the first row, while the next one may still be right: a stream that is
    /// entered in the middle begins with a torn line.
    torn: Option<DecodeError>,
}

/// How rows are made of lines in long format.
#[derive(Debug)]
struct Pivoted {
    pivot: Pivot,
    /// The channels, which the columns of the lines are not.
    sensors: Vec<String>,
    /// What is known of the input, with them.
    columns: Option<Columns>,
}

#[derive(Debug)]
enum DecoderState {
    /// Nothing is known yet.
    Open,
    /// Lines wait until there are enough to find channels in.
    Holding(HeldLines),
    Reading(RowReader),
}

/// Lines that wait, one after the other in `text`; a line without a range was too long.
#[derive(Debug, Default)]
struct HeldLines {
    text: Vec<u8>,
    lines: Vec<(u64, Option<std::ops::Range<usize>>)>,
}

impl Decoder {
    /// A decoder at the beginning of an input.
    ///
    /// # Errors
    /// When the options contradict each other.
    pub fn new(options: DecodeOptions) -> Result<Self, DecodeError> {
        check(&options)?;
        let (options, pivot) = match options.unpivoted() {
            Some((lines, spec, sensors)) => {
                let pivot = Pivot::new(&spec, &sensors, &options.optional);
                (lines, Some(Pivoted { pivot, sensors, columns: None }))
            }
            // Nothing of it may be left where it is turned off.
            None => {
                let learned = InputSpec { pivot: None, ..options.learned.clone() };
                (DecodeOptions { learned, ..options }, None)
            }
        };
        let state = match options.channels {
            Channels::Named(_) => DecoderState::Open,
            Channels::Discover { .. } => DecoderState::Holding(HeldLines::default()),
        };
        let row = RowBuffer::default();
        let json = matches!(options.format, Format::Auto | Format::Jsonl);
        let framing = Framing::new(options.hints.skip, json && options.hints.delimiter.is_none());
        let lines = Lines {
            options,
            state,
            before: Before::default(),
            prefix: None,
            columns: None,
            row,
            rows: 0,
            pivot,
            torn: None,
        };
        Ok(Self { unpacker: Unpacker::default(), framing, lines, damage_told: false })
    }

    /// Decodes the next bytes; `each` gets what is complete with them.
    ///
    /// # Errors
    /// What `each` returns, or a [`DecodeError`]. After an error the decoder is of no more use.
    pub fn push<E: From<DecodeError>>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { unpacker, framing, lines, .. } = self;
        if unpacker.is_plain() {
            return framing.push(bytes, &mut |line| lines.take(line, each));
        }
        unpacker
            .push(bytes, &mut |bytes| framing.push(bytes, &mut |line| lines.take(line, each)))?;
        if let DecoderState::Holding(_) = self.lines.state {
            Ok(())
        } else {
            self.tell_damage(each)
        }
    }

    /// Decodes what is left at the end of the input.
    ///
    /// # Errors
    /// As [`Decoder::push`].
    pub fn finish<E: From<DecodeError>>(
        &mut self,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { unpacker, framing, lines, .. } = self;
        unpacker.finish(&mut |bytes| framing.push(bytes, &mut |line| lines.take(line, each)))?;
        if unpacker.damage().is_none() {
            framing.finish(&mut |line| lines.take(line, each))?;
        }
        if let DecoderState::Holding(_) = lines.state {
            lines.release(each)?;
        }
        lines.tell_order();
        if let Some(pivoted) = &mut lines.pivot {
            pivoted.pivot.finish(&mut |row| each(item(row)))?;
        }
        self.tell_damage(each)?;
        let lines = &mut self.lines;
        let error = lines.torn.take().or_else(|| lines.before.end());
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Says once that packed data cannot be read on.
    fn tell_damage<E: From<DecodeError>>(
        &mut self,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(reason) = self.unpacker.damage().filter(|_| !self.damage_told) else {
            return Ok(());
        };
        self.damage_told = true;
        self.lines.rows += 1;
        let (line, row) = (self.framing.abandon(), self.lines.row_number());
        each(Item::Problem(Problem { line, row, kind: ProblemKind::Damaged { reason } }))
    }

    /// What was found out about the input; `None` until then.
    pub fn columns(&self) -> Option<&Columns> {
        let Lines { pivot, columns, .. } = &self.lines;
        pivot.as_ref().map_or(columns.as_ref(), |pivoted| pivoted.columns.as_ref())
    }
}

impl Lines {
    /// What the whole input has told of its dates, for who reads it again.
    fn tell_order(&mut self) {
        let DecoderState::Reading(reader) = &self.state else { return };
        let time = self.columns.as_mut().and_then(|columns| columns.input.time.as_mut());
        if let (Some(time), Some(order)) = (time, reader.told_order()) {
            time.style = TimeStyle::Written { order };
            self.describe_rows();
        }
    }

    fn take<E: From<DecodeError>>(
        &mut self,
        line: FramedLine<'_>,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if line.text.is_some_and(|text| text.iter().all(|byte| matches!(byte, b' ' | b'\r'))) {
            return Ok(());
        }
        if let Some(text) = line.text {
            let delimiter = self.columns.as_ref().and_then(|columns| columns.delimiter);
            let semicolon = Delimiter::Byte(b';');
            if is_comment(text, delimiter.is_some_and(|of| of == ';').then_some(semicolon)) {
                // One among the rows is no header.
                let among = match &self.state {
                    DecoderState::Open => false,
                    DecoderState::Holding(held) => !held.lines.is_empty(),
                    DecoderState::Reading(_) => true,
                };
                if !among {
                    self.before.comment(text);
                }
                return Ok(());
            }
            if self.columns.is_none()
                && let Some(delimiter) = separator(text)
            {
                self.options.hints.delimiter.get_or_insert(delimiter);
                return Ok(());
            }
        }
        let DecoderState::Holding(held) = &mut self.state else { return self.read(line, each) };
        let start = held.text.len();
        held.text.extend_from_slice(line.text.unwrap_or_default());
        held.lines.push((line.number, line.text.map(|_| start..held.text.len())));
        if held.lines.len() >= HELD_LINES || held.text.len() >= HELD_BYTES {
            self.release(each)?;
        }
        Ok(())
    }

    /// Finds the channels in the lines that were held, then reads them.
    fn release<E: From<DecodeError>>(
        &mut self,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let DecoderState::Holding(held) = std::mem::replace(&mut self.state, DecoderState::Open)
        else {
            return Ok(());
        };
        let text =
            |range: &std::ops::Range<usize>| held.text.get(range.clone()).unwrap_or_default();
        let lines: Vec<(u64, &[u8])> = held
            .lines
            .iter()
            .filter_map(|(number, range)| Some((*number, text(range.as_ref()?))))
            .collect();
        self.prefix = reader::prefix(&lines, &self.options);
        self.before.prefixed = self.prefix.is_some();
        let joined: Vec<(u64, Vec<u8>)> = match &mut self.prefix {
            Some(prefix) => {
                lines.iter().map(|(number, line)| (*number, prefix.join(line).to_vec())).collect()
            }
            None => Vec::new(),
        };
        let joined: Vec<(u64, &[u8])> =
            joined.iter().map(|(number, line)| (*number, &line[..])).collect();
        let lines = if self.prefix.is_some() { &joined } else { &lines };
        let (reader, columns, first) = reader::discover(lines, &self.before, &self.options)?;
        self.before.settle(true);
        self.state = DecoderState::Reading(reader);
        self.row.learn(&columns, &self.options.optional);
        self.columns = Some(columns);
        for (number, range) in held.lines.iter().filter(|(number, _)| *number >= first) {
            self.read(FramedLine { number: *number, text: range.as_ref().map(text) }, each)?;
        }
        Ok(())
    }

    /// Reads one line that is not blank and hands out what it gives.
    fn read<E: From<DecodeError>>(
        &mut self,
        line: FramedLine<'_>,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let outcome = match line.text {
            Some(text) => {
                if let (DecoderState::Open, Channels::Named(_)) =
                    (&self.state, &self.options.channels)
                {
                    let (rows, odd) = self.settle(line.number, text)?;
                    odd.into_iter().try_for_each(|line| self.tell_odd(line, each))?;
                    if !rows {
                        return Ok(());
                    }
                }
                self.outcome(line.number, text)?
            }
            None => LineOutcome::Lost(Lost::TooLong),
        };
        if outcome != LineOutcome::Header {
            self.rows += 1;
        }
        let row = self.row_number();
        let problem = |kind| Item::Problem(Problem { line: line.number, row, kind });
        match outcome {
            LineOutcome::Header => Ok(()),
            LineOutcome::Lost(lost) => each(problem(self.row.kind(lost))),
            LineOutcome::Row => {
                if let Some(Pivoted { pivot, .. }) = &mut self.pivot {
                    // What stands for a sensor that nobody wants is no problem.
                    if let Some(columns) =
                        self.columns.as_ref().filter(|_| pivot.wants(&self.row.sensor))
                    {
                        self.row.problems(columns, &[]).try_for_each(|kind| each(problem(kind)))?;
                    }
                    let RowBuffer { values, time, stream, label, sensor, .. } = &self.row;
                    let (time, label, line) = (*time, *label, line.number);
                    let reading = Reading { stream, name: sensor, time, values, label, line };
                    return pivot.take(&reading, &mut |row| each(item(row)));
                }
                if let Some(columns) = &self.columns {
                    let optional = &self.options.optional;
                    let mut problems = self.row.problems(columns, optional);
                    problems.try_for_each(|kind| each(problem(kind)))?;
                }
                let RowBuffer { values, time, stream, label, .. } = &self.row;
                let sample = Sample { stream, row: self.rows, time: *time, values };
                each(Item::Row { sample, label: *label, line: line.number })
            }
        }
    }

    /// Looks at a line for the columns of channels that have names. Gives whether it may be a row; and the lines before
    /// it that were none.
    fn settle(&mut self, number: u64, text: &[u8]) -> Result<(bool, Vec<OddLine>), DecodeError> {
        let Channels::Named(channels) = &self.options.channels else {
            return Ok((true, Vec::new()));
        };
        let mut prefix = reader::prefix(&[(number, text)], &self.options);
        self.before.prefixed = prefix.is_some();
        if self.options.learned.prefix && prefix.is_none() && !self.before.bare {
            // A stream that is entered in the middle begins with a torn line.
            self.before.bare = true;
            return Ok((false, Vec::new()));
        }
        let line = prefix.as_mut().map_or(text, |prefix| prefix.join(text));
        match reader::settle(number, line, channels, &self.options, &self.before) {
            Ok((reader, columns, headed)) => {
                let odd = self.before.settle(columns.format != Format::BareCsv);
                self.row.learn(&columns, &self.options.optional);
                self.columns = Some(columns);
                self.describe_rows();
                self.state = DecoderState::Reading(reader);
                self.prefix = prefix;
                Ok((!headed, odd))
            }
            Err((error, look)) => match self.before.judge(number, look, error) {
                Verdict::Skip => Ok((false, Vec::new())),
                Verdict::Fail(error) => Err(error),
            },
        }
    }

    /// Tells a line before the first row that was none.
    fn tell_odd<E>(
        &mut self,
        odd: OddLine,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let OddLine { line, expected, found } = odd;
        self.rows += 1;
        let kind = ProblemKind::Fields { expected, found };
        each(Item::Problem(Problem { line, row: self.row_number(), kind }))
    }

    /// Number of the row that a line belongs to which was counted already.
    fn row_number(&self) -> u64 {
        self.pivot.as_ref().map_or(self.rows, |pivoted| pivoted.pivot.next_row())
    }

    /// In long format, tells what is known of the lines for the rows that are made of them.
    fn describe_rows(&mut self) {
        if let (Some(Pivoted { sensors, columns, .. }), Some(of_lines)) =
            (&mut self.pivot, &self.columns)
        {
            *columns = Some(Columns { channels: sensors.clone(), ..of_lines.clone() });
        }
    }

    fn outcome(&mut self, number: u64, text: &[u8]) -> Result<LineOutcome, DecodeError> {
        // Without names of channels, lines are held until there is a reader.
        let DecoderState::Reading(reader) = &mut self.state else { return Ok(LineOutcome::Header) };
        let text = self.prefix.as_mut().map_or(text, |prefix| prefix.join(text));
        let outcome = match reader.read(number, text, &mut self.row, &self.options) {
            Ok(outcome) => outcome,
            Err(error) => return self.tear(error),
        };
        if self.torn.is_some() && reader.is_settled() {
            self.torn = None;
        }
        if reader.has_time_news()
            && let (Some(columns), Some(news)) = (&mut self.columns, reader.time_news())
        {
            news.tell(columns);
            self.describe_rows();
        }
        Ok(outcome)
    }

    /// Forgives one line of the wrong width at the beginning; nothing else.
    fn tear(&mut self, error: DecodeError) -> Result<LineOutcome, DecodeError> {
        let DecodeError::Width { found, expected, .. } = error else { return Err(error) };
        if let Some(first) = self.torn.take() {
            return Err(first);
        }
        self.torn = Some(error);
        Ok(LineOutcome::Lost(Lost::Fields { expected, found }))
    }
}

fn item(Row { sample, label, line }: Row<'_>) -> Item<'_> {
    Item::Row { sample, label, line }
}

/// Whether the channels that are asked for can be had at all.
fn check(options: &DecodeOptions) -> Result<(), DecodeError> {
    let wanted = match &options.channels {
        Channels::Named(names) => names,
        Channels::Discover { only: Some(names), exclude } => {
            if let Some(name) = names.iter().find(|name| exclude.contains(name)) {
                return Err(DecodeError::Options(format!(
                    "channel {name:?} is both named and excluded"
                )));
            }
            names
        }
        Channels::Discover { only: None, .. } => return Ok(()),
    };
    if wanted.is_empty() {
        return Err(DecodeError::Options("no channel is named".to_owned()));
    }
    let mut sorted: Vec<&String> = wanted.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(DecodeError::Options(format!("channel {:?} is named twice", pair[0]))),
        None => Ok(()),
    }
}
