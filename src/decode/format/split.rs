//! Fields of a line: a line without its end goes in, the fields come out, one by one.
//!
//! Knows delimiters and quotes, and nothing of columns. Allocates nothing once the buffers have grown.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use crate::decode::options::Delimiter;
use crate::decode::time::looks::looks;
use crate::decode::words::Places;

/// Splits lines into fields.
#[derive(Debug)]
pub(in crate::decode) struct Splitter {
    /// Only for lines with quotes: making its table is a fifth of a start.
    reader: Option<Reader>,
    delimiter: Delimiter,
    text: Vec<u8>,
    /// Where the fields end in `text`; the first `count` are valid.
    ends: Vec<usize>,
    count: usize,
    /// Bytes between two fields in `text`.
    gap: usize,
}

impl Splitter {
    pub fn new(delimiter: Delimiter) -> Self {
        Self { reader: None, delimiter, text: Vec::new(), ends: vec![0; 16], count: 0, gap: 0 }
    }

    /// Splits a line without its end. Without any bytes it has no field.
    pub fn split(&mut self, line: &[u8]) {
        match self.delimiter {
            Delimiter::Byte(delimiter) => self.split_at(line, delimiter),
            Delimiter::Blanks => self.split_at_blanks(line, 1),
            Delimiter::Bars => {
                let line = line.trim_ascii();
                let line = line.strip_prefix(b"|").unwrap_or(line);
                self.split_at(line.strip_suffix(b"|").unwrap_or(line), b'|');
            }
        }
    }

    /// Whether columns are aligned with blanks.
    pub fn is_aligned(&self) -> bool {
        self.delimiter == Delimiter::Blanks
    }

    /// Splits a header whose names hold blanks, which stand in aligned columns with more than one blank between them.
    pub fn split_wide(&mut self, line: &[u8]) {
        match self.delimiter {
            Delimiter::Blanks => self.split_at_blanks(line, 2),
            Delimiter::Byte(_) | Delimiter::Bars => self.split(line),
        }
    }

    fn split_at(&mut self, line: &[u8], delimiter: u8) {
        if !self.split_plain(line, delimiter) {
            self.split_quoted(line, delimiter);
        }
    }

    /// Takes a tab, or so many blanks, or more of them, for the end of a field. A quoted field ends at its quote.
    fn split_at_blanks(&mut self, line: &[u8], least: usize) {
        self.text.clear();
        self.ends.clear();
        let mut rest = line.trim_ascii();
        while let Some(&first) = rest.first() {
            let quote = match first {
                b'"' => rest.iter().skip(1).position(|&byte| byte == b'"'),
                _ => None,
            };
            let (field, tail) = match quote {
                Some(length) => (rest.get(1..=length), rest.get(length + 2..)),
                None => {
                    let end = end_at_blanks(rest, least);
                    (rest.get(..end), rest.get(end..))
                }
            };
            if !self.ends.is_empty() {
                self.text.push(b' ');
            }
            self.text.extend_from_slice(field.unwrap_or_default());
            self.ends.push(self.text.len());
            rest = tail.unwrap_or_default().trim_ascii_start();
        }
        self.count = self.ends.len();
        self.gap = 1;
    }

    /// Makes one field of a date and the time of day behind it, where blanks are delimiters and the line has one field
    /// more than there are columns.
    pub fn join_date(&mut self, width: usize) {
        if self.delimiter != Delimiter::Blanks || self.count != width + 1 {
            return;
        }
        let joint =
            (1..self.count).find(|&at| is_date(self.field(at - 1)) && is_clock(self.field(at)));
        if let Some(at) = joint {
            self.ends.remove(at - 1);
            self.count -= 1;
        }
    }

    /// Makes one field of a time and what a comma parts from it, its fraction of a second, where the line has one field
    /// more than there are columns. Whether it did.
    pub fn join_fraction(&mut self, width: usize) -> bool {
        if self.delimiter != Delimiter::Byte(b',') || self.count != width + 1 {
            return false;
        }
        let joint =
            (1..self.count).find(|&at| is_full(self.field(at - 1)) && is_fraction(self.field(at)));
        // In a line with quotes nothing stands between the fields any more.
        let Some(at) = joint.filter(|_| self.gap == 1) else { return false };
        self.ends.remove(at - 1);
        self.count -= 1;
        true
    }

    /// The usual line, on which only delimiters mean something; `false` for any other.
    fn split_plain(&mut self, line: &[u8], delimiter: u8) -> bool {
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
            for at in Places::of(word, delimiter) {
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

    fn split_quoted(&mut self, line: &[u8], delimiter: u8) {
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

/// Where a field ends that begins a text.
fn end_at_blanks(text: &[u8], least: usize) -> usize {
    let mut blanks = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'\t' => return at - blanks,
            b' ' => blanks += 1,
            _ => blanks = 0,
        }
        if blanks == least {
            return at + 1 - least;
        }
    }
    text.len()
}

/// Digits in three groups.
fn is_date(field: &[u8]) -> bool {
    let marks = field.iter().filter(|byte| matches!(byte, b'-' | b'/' | b'.')).count();
    let digits = field.iter().filter(|byte| byte.is_ascii_digit()).count();
    marks == 2 && (4..=8).contains(&digits) && marks + digits == field.len()
}

/// `h:mm` or `hh:mm`, with or without more behind it.
fn is_clock(field: &[u8]) -> bool {
    matches!(field, [_, b':', _, _, ..] | [_, _, b':', _, _, ..])
        && field.first().is_some_and(u8::is_ascii_digit)
}

/// A date with hours, minutes and seconds.
fn is_full(field: &[u8]) -> bool {
    let clock = field.iter().filter(|byte| **byte == b':').count();
    clock == 2
        && field.last().is_some_and(u8::is_ascii_digit)
        && !field.contains(&b'.')
        && looks(field).is_written()
}

/// Thousandths or millionths.
fn is_fraction(field: &[u8]) -> bool {
    matches!(field.len(), 3 | 6) && field.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(line: &str) -> Vec<String> {
        let mut splitter = Splitter::new(Delimiter::Byte(b','));
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

    fn fields_of(delimiter: Delimiter, line: &str, width: usize) -> Vec<String> {
        let mut splitter = Splitter::new(delimiter);
        splitter.split(line.as_bytes());
        splitter.join_date(width);
        splitter.fields().map(|field| String::from_utf8(field.to_vec()).unwrap()).collect()
    }

    #[test]
    fn aligned_columns() {
        let blanks = |line, width| fields_of(Delimiter::Blanks, line, width);
        assert_eq!(blanks("   1   -2.5\t3  ", 3), ["1", "-2.5", "3"]);
        assert_eq!(blanks("\"a b\"  c", 2), ["a b", "c"]);
        assert_eq!(blanks("\"open", 1), ["\"open"]);
        assert_eq!(blanks("2026-03-02 00:00:00 1 2", 3), ["2026-03-02 00:00:00", "1", "2"]);
        assert_eq!(blanks("2026-03-02 00:00:00 1 2", 4).len(), 4);
        let mut wide = Splitter::new(Delimiter::Blanks);
        wide.split_wide(b" Flow rate  Air temp\tp");
        let names: Vec<&[u8]> = wide.fields().collect();
        assert_eq!(names, [&b"Flow rate"[..], b"Air temp", b"p"]);
    }

    #[test]
    fn tables_that_are_drawn() {
        let bars = |line| fields_of(Delimiter::Bars, line, 0);
        assert_eq!(bars("| a | b|"), [" a ", " b"]);
        assert_eq!(bars("1|2"), ["1", "2"]);
        assert_eq!(bars("|1||"), ["1", ""]);
    }

    proptest! {
        #[test]
        fn blanks_never_panic(line in prop::collection::vec(any::<u8>(), 0..40), wide: bool) {
            let mut splitter = Splitter::new(Delimiter::Blanks);
            if wide { splitter.split_wide(&line) } else { splitter.split(&line) }
            splitter.join_date(2);
            prop_assert_eq!(splitter.fields().count(), splitter.len());
        }

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
            let (mut splitter, mut quoted) = (Splitter::new(Delimiter::Byte(delimiter)), Splitter::new(Delimiter::Byte(delimiter)));
            for line in lines.iter().map(String::as_bytes).chain([&bytes[..]]) {
                splitter.split(line);
                quoted.split_quoted(line, delimiter);
                let fields = |of: &Splitter| of.fields().map(<[u8]>::to_vec).collect::<Vec<_>>();
                prop_assert_eq!(fields(&splitter), fields(&quoted));
            }
        }

        #[test]
        fn a_splitter_forgets_the_line_before(lines in prop::collection::vec("[a\",;]{0,12}", 1..8)) {
            let mut splitter = Splitter::new(Delimiter::Byte(b','));
            for line in lines {
                splitter.split(line.as_bytes());
                let got: Vec<&[u8]> = splitter.fields().collect();
                let fresh = split(&line);
                prop_assert_eq!(got, fresh.iter().map(String::as_bytes).collect::<Vec<_>>());
            }
        }
    }
}
