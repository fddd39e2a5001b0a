//! Rows of CSV: a line goes in, a filled [`RowBuffer`] comes out.
//!
//! One record a line: a quote that is not closed ends with its line. Quoted fields and `""` are
//! honoured within it. Allocates nothing once the buffers have grown.

use oddity_core::profile::DateOrder;

pub(in crate::decode) use super::split::Splitter;
use crate::decode::columns::{ColumnPlan, ValuePlace, alike, by_name, find, header_names, missing};
use crate::decode::error::DecodeError;
use crate::decode::latin;
use crate::decode::layout::{Look, is_banner};
use crate::decode::options::{DecodeOptions, Delimiter, Format, TimeColumn};
use crate::decode::row::{LineOutcome, Lost, RowBuffer};
use crate::decode::time::column::{TimeCandidate, TimeNews, Timing};
use crate::decode::time::looks::{Looks, looks};
use crate::decode::time::names::rank;

/// Lines under a header that may say units, or what was done to the values.
const UNDER_HEADER: u8 = 2;

/// Reads the rows of one input whose columns are known.
#[derive(Debug)]
pub(in crate::decode) struct CsvReader {
    splitter: Splitter,
    /// The header as it stands in the input; `None` in bare CSV.
    header: Option<Vec<u8>>,
    names: Vec<String>,
    channels: Vec<String>,
    plan: ColumnPlan,
    /// The column that names the sensor, in long format.
    sensor: Option<usize>,
    /// Whether a value may have a decimal comma.
    comma: bool,
    timing: Timing,
    news: Option<TimeNews>,
    /// Lines that may still come before the first row.
    under_header: u8,
    widths: Widths,
    /// Fields of the header of another table, if one has come: of one without all that is wanted.
    other: Option<usize>,
}

/// What was seen of rows that have more or fewer fields than there are columns.
#[derive(Debug, Default)]
struct Widths {
    /// A row had as many.
    usual: bool,
    /// It was said that there are more.
    told: bool,
    /// Fields of the last row that had fewer, or as many as two rows.
    other: usize,
    /// A comma parts the seconds from their fraction.
    fractions: bool,
}

impl CsvReader {
    pub fn new(
        delimiter: Delimiter,
        header: Option<&[u8]>,
        names: Vec<String>,
        channels: Vec<String>,
        plan: ColumnPlan,
        timing: Timing,
    ) -> Self {
        let header = header.map(|line| line.trim_ascii().to_vec());
        let under_header = if header.is_some() { UNDER_HEADER } else { 0 };
        Self {
            splitter: Splitter::new(delimiter),
            header,
            names,
            channels,
            plan,
            sensor: None,
            comma: delimiter.leaves_commas(),
            timing,
            news: None,
            under_header,
            widths: Widths::default(),
            other: None,
        }
    }

    /// Long format: a column names the sensor.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn with_sensor(mut self, line: u64, options: &DecodeOptions) -> Result<Self, DecodeError> {
        if let Some(pivot) = &options.learned.pivot {
            let found = find(&pivot.name, &self.names);
            let none = || missing(line, &pivot.name, "sensor", &self.names);
            self.sensor = Some(found.ok_or_else(none)?);
        }
        Ok(self)
    }

    /// See [`Timing::told_order`].
    pub fn told_order(&self) -> Option<DateOrder> {
        self.timing.told_order()
    }

    /// Whether something was found out about the time since that was asked for.
    pub fn has_time_news(&self) -> bool {
        self.news.is_some()
    }

    /// What was found out about the time since this was asked.
    pub fn time_news(&mut self) -> Option<TimeNews> {
        self.news.take()
    }

    /// Reads a line that is not blank.
    pub fn read(
        &mut self,
        line: &[u8],
        row: &mut RowBuffer,
        options: &DecodeOptions,
    ) -> LineOutcome {
        if self.header.as_deref().is_some_and(|header| header == line.trim_ascii()) {
            self.other = None;
            return LineOutcome::Header;
        }
        self.splitter.split(line);
        self.splitter.join_date(self.plan.width);
        let channels = self.plan.channels.len();
        row.begin(channels + self.plan.optional.len());
        let usual = self.splitter.fits(self.plan.width) || self.joins_fraction();
        if !usual {
            if self.new_header(line, options) || self.is_under_header() {
                return LineOutcome::Header;
            }
            if is_banner(line) {
                return LineOutcome::Header;
            }
            if self.is_other_header() {
                return self.leave_table();
            }
            if self.other == Some(self.splitter.len()) {
                return LineOutcome::Lost(Lost::NoChannel);
            }
            if !self.has_all() {
                return self.lost_fields();
            }
        }
        if usual && self.other.is_some() {
            if self.other == Some(self.plan.width) {
                let header = self.new_header(line, options);
                return if header {
                    LineOutcome::Header
                } else {
                    LineOutcome::Lost(Lost::NoChannel)
                };
            }
            // What looked like another table's header was none, or that table is over.
            self.other = None;
        }
        if usual && !self.widths.usual {
            let fields = self.plan.channels.iter().map(|&column| self.splitter.field(column));
            row.adapt(options.input().decimal, fields);
        }
        for (channel, &column) in self.plan.channels.iter().enumerate() {
            row.read(ValuePlace::Channel(channel), self.splitter.field(column), self.comma);
        }
        if row.all_bad(channels) && self.new_header(line, options) {
            return LineOutcome::Header;
        }
        if self.under_header > 0 {
            if self.is_under_header() {
                return LineOutcome::Header;
            }
            self.under_header = 0;
        }
        if !usual && row.has_bad() {
            return self.lost_fields();
        }
        for (place, &column) in (channels..).zip(&self.plan.optional) {
            let Some(column) = column else { continue };
            row.read(ValuePlace::Channel(place), self.splitter.field(column), self.comma);
        }
        match self.rest(row) {
            Ok(()) => {
                if usual {
                    (self.widths.usual, self.widths.other) = (true, 0);
                } else {
                    self.note_more(row);
                }
                LineOutcome::Row
            }
            Err(Lost::Time) if self.is_other_header() => self.leave_table(),
            Err(lost) => LineOutcome::Lost(lost),
        }
    }

    /// No row as wide as this header is read before a header with all that is wanted comes: the columns of another table
    /// may stand at the same places.
    fn leave_table(&mut self) -> LineOutcome {
        self.other = Some(self.splitter.len());
        LineOutcome::Lost(Lost::OtherTable)
    }

    /// Whether the line, which is split and is no header with all that is wanted, is a header all the same: names alone,
    /// and that of the time or of a channel among them.
    fn is_other_header(&self) -> bool {
        let is_name = |field: &[u8]| {
            let name = latin::text(field);
            name.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
                && !name.contains(|c: char| c.is_control())
        };
        if self.header.is_none()
            || !Look::of(self.splitter.fields()).is_header()
            || !self.splitter.fields().all(is_name)
        {
            return false;
        }
        let is_time = match &self.timing {
            Timing::At(time) => time.columns.iter().any(|&column| {
                let name = self.names.get(column).map_or("", String::as_str);
                self.splitter.fields().any(|field| alike(name, &latin::text(field)))
            }),
            Timing::Off | Timing::Open(_) => false,
        };
        is_time || self.names_channel()
    }

    /// Whether the line is as wide as the header with the fraction of its seconds, which a comma parts from them. What
    /// the first rows have counts: later ones may have a column more.
    fn joins_fraction(&mut self) -> bool {
        let may = self.widths.fractions || !self.widths.usual;
        let joins = may && self.header.is_some() && self.splitter.join_fraction(self.plan.width);
        self.widths.fractions |= joins;
        joins
    }

    fn lost_fields(&self) -> LineOutcome {
        let (expected, found) = (self.plan.width, self.splitter.len());
        LineOutcome::Lost(Lost::Fields { expected, found })
    }

    /// Says once that rows have more fields than there are columns.
    fn note_more(&mut self, row: &mut RowBuffer) {
        let (expected, found) = (self.plan.width, self.splitter.len());
        if found > expected && !self.widths.told {
            self.widths.told = true;
            row.more = Some((expected, found));
        }
    }

    /// Whether the line says units or the like: words, and no value, under the header.
    fn is_under_header(&mut self) -> bool {
        let words = self.under_header > 0 && Look::of(self.splitter.fields()).is_words();
        self.under_header -= u8::from(words);
        words
    }

    /// Whether a line with another number of fields than there are columns has all that is wanted at its place.
    fn has_all(&mut self) -> bool {
        let (columns, found) = (self.plan.width, self.splitter.len());
        let time = match &self.timing {
            // All of them must be there.
            Timing::At(time) => time.columns.iter().copied().max(),
            Timing::Off => None,
            Timing::Open(_) => self.names.iter().position(|name| rank(name).is_some()),
        };
        if found > columns {
            // Two rows without the line's end between them have that many, but hardly twice.
            let glued = columns > 1 && found >= 2 * columns - 1;
            let again = std::mem::replace(&mut self.widths.other, found) == found;
            let timed = time.is_some_and(|column| {
                let looks = looks(self.splitter.field(column));
                looks.is_written() || looks == Looks::Epoch
            });
            return if glued { self.widths.usual && again } else { self.widths.usual || timed };
        }
        let special = [time, self.plan.key, self.plan.label, self.sensor].into_iter().flatten();
        let last = self.plan.channels.iter().copied().chain(special).max().unwrap_or(columns);
        // A field at the end of a line may be torn, but hardly twice in the same place.
        let again = std::mem::replace(&mut self.widths.other, found) == found;
        last + 1 < found || (last + 1 == found && again)
    }

    /// Time, key and label.
    fn rest(&mut self, row: &mut RowBuffer) -> Result<(), Lost> {
        if let Timing::Open(_) = self.timing {
            let candidates: Vec<TimeCandidate<'_>> = self
                .names
                .iter()
                .enumerate()
                .filter(|(column, _)| self.plan.is_free(*column))
                .map(|(column, name)| TimeCandidate {
                    column,
                    name,
                    texts: vec![self.splitter.field(column)],
                })
                .collect();
            self.news = self.timing.decide(&candidates);
        }
        if let Timing::At(time) = &mut self.timing {
            row.time = Some(time.read(|column| self.splitter.field(column), row)?);
        }
        if let Some(column) = self.plan.key {
            row.name_stream(self.splitter.field(column))?;
        }
        if let Some(column) = self.sensor {
            row.name_sensor(self.splitter.field(column));
        }
        if let Some(column) = self.plan.label {
            row.read(ValuePlace::Label, self.splitter.field(column), self.comma);
        }
        Ok(())
    }

    /// Files that were put one after the other may have other columns: whether this line is a
    /// header with all that is needed. If so, it holds from now on. Expects the line to be split.
    fn new_header(&mut self, line: &[u8], options: &DecodeOptions) -> bool {
        if options.format == Format::BareCsv {
            return false;
        }
        if self.names_channel() && self.take_header(line, options) {
            return true;
        }
        if !self.splitter.is_aligned() {
            return false;
        }
        self.splitter.split_wide(line);
        if self.names_channel() && self.take_header(line, options) {
            return true;
        }
        self.splitter.split(line);
        self.splitter.join_date(self.plan.width);
        false
    }

    /// Whether a field is the name of the first channel: cheap for the many bad lines that are no header.
    fn names_channel(&self) -> bool {
        let Some(channel) = self.channels.first() else { return false };
        self.splitter.fields().any(|field| alike(channel, &latin::text(field)))
    }

    fn take_header(&mut self, line: &[u8], options: &DecodeOptions) -> bool {
        let names = header_names(self.splitter.fields());
        let Ok(plan) = by_name(0, &names, &self.channels, options) else { return false };
        let sensor = options.learned.pivot.as_ref().map(|pivot| find(&pivot.name, &names));
        if let Some(None) = sensor {
            return false;
        }
        let moved = |column: usize| self.names.get(column).and_then(|name| find(name, &names));
        let Some(timing) = self.timing.moved(moved) else { return false };
        self.timing = timing;
        if let (Timing::Off, TimeColumn::Likely(_)) = (&self.timing, &options.time) {
            // It was given up on what may have been no rows of this table.
            self.timing = Timing::new(options, plan.time);
        }
        self.sensor = sensor.flatten();
        self.header = Some(line.trim_ascii().to_vec());
        self.names = names;
        self.plan = plan;
        self.under_header = UNDER_HEADER;
        self.widths = Widths::default();
        self.other = None;
        true
    }
}
