//! JSON that is written as a document goes in in any pieces; its objects come out, each as a record with the number of
//! the line on which it begins.
//!
//! Only brackets and texts are looked at. A record that is broken costs itself alone: where an object begins that
//! cannot be part of it, the next one does. A record over [`MAX_LINE_BYTES`] is told and thrown away.

use super::lines::FramedLine;
use crate::decode::limits::MAX_LINE_BYTES;

/// Deepest nesting that is told apart; what reads the records goes no deeper, either.
const DEEPEST: usize = 128;

/// Cuts documents into records.
#[derive(Debug)]
pub(super) struct Documents {
    /// Containers around a record.
    level: usize,
    /// How many are open, and which of them are arrays: the lowest bit is the outermost.
    depth: usize,
    arrays: u128,
    in_text: bool,
    escaped: bool,
    /// The last byte that is no blank.
    last: u8,
    /// Whether only blanks came before on this line, and whether not even these.
    line_began: bool,
    at_margin: bool,
    /// Each line is a document of its own; not known before the first one has ended.
    by_line: Option<bool>,
    /// All records so far ended on the line on which they began.
    on_one_line: Option<bool>,
    line: u64,
    record: Option<Record>,
    text: Vec<u8>,
}

/// A record that has begun.
#[derive(Clone, Copy, Debug)]
struct Record {
    line: u64,
    /// Containers around it.
    depth: usize,
    too_long: bool,
}

impl Documents {
    /// For records with so many containers around them, behind so many lines.
    pub fn new(level: usize, lines: u64) -> Self {
        Self {
            level,
            depth: 0,
            arrays: 0,
            in_text: false,
            escaped: false,
            last: b'\n',
            line_began: false,
            at_margin: true,
            by_line: None,
            on_one_line: None,
            line: lines + 1,
            record: None,
            text: Vec::new(),
        }
    }

    /// Hands every record that is complete to `each`; stops at its first error.
    pub fn push<E>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        // Where in `bytes` the record goes on.
        let mut from = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            let part = |end: usize| bytes.get(from..end).unwrap_or_default();
            if byte == b'\n' {
                if self.record.is_some() && self.by_line.is_none() {
                    self.by_line = Some(false);
                }
                if self.record.is_some() && self.by_line == Some(true) {
                    self.end(part(at), false, each)?;
                }
                self.end_line();
                continue;
            }
            if self.in_text {
                self.in_text = self.escaped || byte != b'"';
                self.escaped = !self.escaped && byte == b'\\';
                continue;
            }
            if byte.is_ascii_whitespace() {
                self.at_margin = false;
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => {
                    if self.is_broken_by(byte) {
                        self.end(part(at), false, each)?;
                    }
                    if self.begins_record(byte) {
                        from = at;
                        let record = Record { line: self.line, depth: self.depth, too_long: false };
                        self.record = Some(record);
                    }
                    self.open(byte == b'[');
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.record.is_some_and(|record| record.depth >= self.depth) {
                        self.end(part(at + 1), true, each)?;
                    }
                }
                _ => {}
            }
            (self.last, self.line_began, self.at_margin) = (byte, true, false);
        }
        if self.record.is_some() {
            self.keep(bytes.get(from..).unwrap_or_default());
        }
        Ok(())
    }

    /// Hands over a record that has no end.
    pub fn finish<E>(
        &mut self,
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.end(&[], false, each)
    }

    /// Forgets the beginning of a record that will not end, and gives the number of its line.
    pub fn abandon(&mut self) -> u64 {
        self.text.clear();
        self.record.take().map_or(self.line, |record| record.line)
    }

    fn end_line(&mut self) {
        self.line += 1;
        (self.in_text, self.escaped) = (false, false);
        (self.line_began, self.at_margin) = (false, true);
        if self.record.is_some() {
            return;
        }
        match self.by_line {
            Some(true) => self.depth = 0,
            Some(false) => {}
            None if self.last == b'\n' => {}
            None => self.by_line = Some(self.depth == 0 && self.level > 0),
        }
    }

    fn open(&mut self, array: bool) {
        if self.depth < DEEPEST {
            let bit = 1 << self.depth;
            self.arrays = if array { self.arrays | bit } else { self.arrays & !bit };
        }
        self.depth += 1;
    }

    /// Whether the innermost container is an array.
    fn in_array(&self) -> bool {
        self.depth.checked_sub(1).is_some_and(|at| at < DEEPEST && self.arrays >> at & 1 == 1)
    }

    /// Whether what opens here begins a record.
    fn begins_record(&self, byte: u8) -> bool {
        if self.record.is_some() {
            return false;
        }
        match self.level {
            0 => byte == b'{',
            1 => byte == b'{' || self.depth > 0,
            level => byte == b'{' && self.depth == level && self.in_array(),
        }
    }

    /// Whether what opens here cannot be part of the record that has begun.
    fn is_broken_by(&self, byte: u8) -> bool {
        if self.record.is_none() || byte != b'{' {
            return false;
        }
        let first = !self.line_began;
        let fits = match self.in_array() {
            true => matches!(self.last, b'[' | b','),
            false => self.last == b':' && !(first && self.at_margin),
        };
        !fits || (first && self.on_one_line == Some(true))
    }

    /// Ends the record that has begun, if any, with the last part of its text; `whole`: its brackets are closed.
    fn end<E>(
        &mut self,
        part: &[u8],
        whole: bool,
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.record.is_none() {
            return Ok(());
        }
        // A record that came whole is handed on without a copy.
        let in_one_part = self.text.is_empty() && part.len() <= MAX_LINE_BYTES;
        if !in_one_part {
            self.keep(part);
        }
        let Some(record) = self.record.take() else { return Ok(()) };
        self.depth = record.depth;
        if whole {
            self.on_one_line = Some(self.on_one_line != Some(false) && record.line == self.line);
        }
        let text = if in_one_part && !record.too_long { part } else { &self.text[..] };
        let text = (!record.too_long).then_some(text);
        let result = each(FramedLine { number: record.line, text });
        self.text.clear();
        result
    }

    fn keep(&mut self, part: &[u8]) {
        let Some(record) = &mut self.record else { return };
        if record.too_long || self.text.len() + part.len() > MAX_LINE_BYTES {
            record.too_long = true;
            // Gives a megabyte back.
            self.text = Vec::new();
        } else {
            self.text.extend_from_slice(part);
        }
    }
}
