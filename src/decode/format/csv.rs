//! Rows of CSV: a line goes in, a filled [`RowBuffer`] comes out.
//!
//! One record a line: a quote that is not closed ends with its line. Quoted fields and `""` are
//! honoured within it. Allocates nothing once the buffers have grown.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use crate::decode::columns::{ColumnPlan, ValuePlace, alike, by_name, find, header_names};
use crate::decode::options::DecodeOptions;
use crate::decode::row::{LineOutcome, Lost, RowBuffer};
use crate::decode::time::column::{self, TimeCandidate, Timing};
use crate::decode::words::Places;

/// Splits lines into fields.
#[derive(Debug)]
pub(in crate::decode) struct Splitter {
    /// Only for lines with quotes: making its table is a fifth of a start.
    reader: Option<Reader>,
    delimiter: u8,
    text: Vec<u8>,
    /// Where the fields end in `text`; the first `count` are valid.
    ends: Vec<usize>,
    count: usize,
    /// Bytes between two fields in `text`.
    gap: usize,
}

impl Splitter {
    pub fn new(delimiter: u8) -> Self {
        Self { reader: None, delimiter, text: Vec::new(), ends: vec![0; 16], count: 0, gap: 0 }
    }

    /// Splits a line without its end. Without any bytes it has no field.
    pub fn split(&mut self, line: &[u8]) {
        if !self.split_plain(line) {
            self.split_quoted(line);
        }
    }

    /// The usual line, on which only delimiters mean something; `false` for any other.
    fn split_plain(&mut self, line: &[u8]) -> bool {
        // Of a byte order mark only the reader knows what becomes.
        if line.is_empty() || line.starts_with(b"\xef") {
            return false;
        }
        self.ends.clear();
        let (words, rest) = line.as_chunks::<8>();
        // What is put behind the end is neither a delimiter nor a quote.
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        for (start, &word) in (0..).step_by(8).zip(words.iter().chain([&last])) {
            if !Places::of(word, b'"').is_empty() {
                return false;
            }
            for at in Places::of(word, self.delimiter) {
                self.ends.push(start + at);
            }
        }
        self.ends.push(line.len());
        self.count = self.ends.len();
        self.gap = 1;
        self.text.clear();
        self.text.extend_from_slice(line);
        true
    }

    fn split_quoted(&mut self, line: &[u8]) {
        let delimiter = self.delimiter;
        let reader = self.reader.get_or_insert_with(|| {
            // A CR within a line is part of a field.
            let terminator = Terminator::Any(b'\n');
            ReaderBuilder::new().delimiter(delimiter).terminator(terminator).build()
        });
        reader.reset();
        self.count = 0;
        self.gap = 0;
        if self.ends.len() < 16 {
            self.ends.resize(16, 0);
        }
        // With one byte to spare the output is never full.
        if self.text.len() <= line.len() {
            self.text.resize(line.len() + 1, 0);
        }
        let (mut read, mut written) = (0, 0);
        loop {
            // Once all is read, the empty input tells the reader that the record ends.
            let (result, nin, nout, nend) = reader.read_record(
                &line[read..],
                &mut self.text[written..],
                &mut self.ends[self.count..],
            );
            read += nin;
            written += nout;
            self.count += nend;
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => return,
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull => {}
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            }
        }
    }

    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether the line has so many fields. Some loggers end each row, but not the header, with a
    /// delimiter: one more field is no mistake when it is empty.
    pub fn fits(&self, width: usize) -> bool {
        self.count == width
            || (self.count == width + 1 && self.field(width).trim_ascii().is_empty())
    }

    /// A field, from 0; empty when there is none.
    pub fn field(&self, column: usize) -> &[u8] {
        if column >= self.count {
            return &[];
        }
        let start = if column == 0 { 0 } else { self.ends[column - 1] + self.gap };
        self.text.get(start..self.ends[column]).unwrap_or_default()
    }

    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.count).map(|column| self.field(column))
    }
}

/// Reads the rows of one input whose columns are known.
#[derive(Debug)]
pub(in crate::decode) struct CsvReader {
    splitter: Splitter,
    /// The header as it stands in the input; `None` in bare CSV.
    header: Option<Vec<u8>>,
    names: Vec<String>,
    channels: Vec<String>,
    plan: ColumnPlan,
    /// Whether a value may have a decimal comma.
    comma: bool,
    timing: Timing,
}

impl CsvReader {
    pub fn new(
        delimiter: u8,
        header: Option<&[u8]>,
        names: Vec<String>,
        channels: Vec<String>,
        plan: ColumnPlan,
        timing: Timing,
    ) -> Self {
        let header = header.map(|line| line.trim_ascii().to_vec());
        let splitter = Splitter::new(delimiter);
        Self { splitter, header, names, channels, plan, comma: delimiter != b',', timing }
    }

    /// Name of the time column, once it is known.
    pub fn time_name(&self) -> Option<&str> {
        match self.timing {
            Timing::At { column, .. } => self.names.get(column).map(String::as_str),
            Timing::Off | Timing::Open { .. } => None,
        }
    }

    /// Reads a line that is not blank.
    pub fn read(
        &mut self,
        line: &[u8],
        row: &mut RowBuffer,
        options: &DecodeOptions,
    ) -> LineOutcome {
        if self.header.as_deref().is_some_and(|header| header == line.trim_ascii()) {
            return LineOutcome::Header;
        }
        self.splitter.split(line);
        let (expected, found) = (self.plan.width, self.splitter.len());
        row.begin(self.plan.channels.len());
        if !self.splitter.fits(expected) {
            if self.new_header(line, options) {
                return LineOutcome::Header;
            }
            return LineOutcome::Lost(Lost::Fields { expected, found });
        }
        for (channel, &column) in self.plan.channels.iter().enumerate() {
            row.read(ValuePlace::Channel(channel), self.splitter.field(column), self.comma);
        }
        if row.all_bad() && self.new_header(line, options) {
            return LineOutcome::Header;
        }
        match self.rest(row) {
            Ok(()) => LineOutcome::Row,
            Err(lost) => LineOutcome::Lost(lost),
        }
    }

    /// Time, key and label.
    fn rest(&mut self, row: &mut RowBuffer) -> Result<(), Lost> {
        if let Timing::Open { .. } = self.timing {
            let candidates: Vec<TimeCandidate<'_>> = self
                .names
                .iter()
                .enumerate()
                .filter(|(column, _)| self.plan.is_free(*column))
                .map(|(column, name)| TimeCandidate {
                    column,
                    name,
                    text: self.splitter.field(column),
                })
                .collect();
            self.timing.decide(&candidates, row)?;
        }
        if let Timing::At { column, reader } = &mut self.timing {
            row.time = Some(column::read(reader, self.splitter.field(*column), row)?);
        }
        if let Some(column) = self.plan.key {
            row.name_stream(self.splitter.field(column))?;
        }
        if let Some(column) = self.plan.label {
            row.read(ValuePlace::Label, self.splitter.field(column), self.comma);
        }
        Ok(())
    }

    /// Files that were put one after the other may have other columns: whether this line is a
    /// header with all that is needed. If so, it holds from now on. Expects the line to be split.
    fn new_header(&mut self, line: &[u8], options: &DecodeOptions) -> bool {
        // Cheap for the many bad lines that are none.
        let names_one = |field: &[u8]| {
            std::str::from_utf8(field).is_ok_and(|field| {
                self.channels.first().is_some_and(|channel| alike(channel, field))
            })
        };
        if self.header.is_none() || !self.splitter.fields().any(names_one) {
            return false;
        }
        let names = header_names(self.splitter.fields());
        let Ok(plan) = by_name(0, &names, &self.channels, options) else { return false };
        if let Timing::At { column, .. } = &mut self.timing {
            let moved = self.names.get(*column).and_then(|name| find(name, &names));
            let Some(moved) = moved else { return false };
            *column = moved;
        }
        self.header = Some(line.trim_ascii().to_vec());
        self.names = names;
        self.plan = plan;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(line: &str) -> Vec<String> {
        let mut splitter = Splitter::new(b',');
        splitter.split(line.as_bytes());
        splitter.fields().map(|field| String::from_utf8(field.to_vec()).unwrap()).collect()
    }

    #[test]
    fn fields() {
        assert_eq!(split("a,b"), ["a", "b"]);
        assert_eq!(split(",,"), ["", "", ""]);
        assert_eq!(split("\"a,\"\"b\"\"\",c"), ["a,\"b\"", "c"]);
        assert_eq!(split("\"open,b"), ["open,b"]);
        assert_eq!(split("a\rb, c"), ["a\rb", " c"]);
        assert_eq!(split("\"\""), [""]);
        assert!(split("").is_empty());
        let wide = vec!["x"; 1000];
        assert_eq!(split(&wide.join(",")), wide);
    }

    proptest! {
        #[test]
        fn quoting_and_splitting_cancel(fields in prop::collection::vec("[^\n]{0,8}", 1..40)) {
            let quoted: Vec<String> =
                fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            prop_assert_eq!(split(&quoted.join(",")), fields);
        }

        #[test]
        fn the_plain_way_changes_nothing(
            lines in prop::collection::vec("[ab1;,\t \r\u{feff}\u{e9}\0\"]{0,40}|[a,]{0,60}", 1..4),
            bytes in prop::collection::vec(any::<u8>().prop_filter("no end", |&b| b != b'\n'), 0..60),
            delimiter in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let (mut splitter, mut quoted) = (Splitter::new(delimiter), Splitter::new(delimiter));
            for line in lines.iter().map(String::as_bytes).chain([&bytes[..]]) {
                splitter.split(line);
                quoted.split_quoted(line);
                let fields = |of: &Splitter| of.fields().map(<[u8]>::to_vec).collect::<Vec<_>>();
                prop_assert_eq!(fields(&splitter), fields(&quoted));
            }
        }

        #[test]
        fn a_splitter_forgets_the_line_before(lines in prop::collection::vec("[a\",;]{0,12}", 1..8)) {
            let mut splitter = Splitter::new(b',');
            for line in lines {
                splitter.split(line.as_bytes());
                let got: Vec<&[u8]> = splitter.fields().collect();
                let fresh = split(&line);
                prop_assert_eq!(got, fresh.iter().map(String::as_bytes).collect::<Vec<_>>());
            }
        }
    }
}
