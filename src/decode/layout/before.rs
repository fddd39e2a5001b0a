//! What comes before the first row of a table whose channels have names: lines that are none go in, and it comes out
//! whether to look on.
//!
//! A stream is never held back for it: each line is decided when it comes. Comments are remembered, since one of them
//! may be the header; a line of another width counts as a bad row, but only once rows without a header have begun.

use crate::decode::decimal::Decimal;
use crate::decode::error::DecodeError;
use crate::decode::time::looks::looks;
use crate::decode::value::{self, Reading};

/// Lines that are looked through, at most.
const MOST_LINES: usize = 256;
/// Comments that are remembered, and bytes of each.
const COMMENTS: usize = 4;
const COMMENT_BYTES: usize = 4096;
/// So many lines in a row of one width with a value in them are rows, whatever else is in them.
const ALIKE: usize = 8;

/// What a line looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::decode) struct Look {
    /// Fields.
    pub width: usize,
    /// Those that are numbers or dates.
    pub values: usize,
    /// Those that are texts.
    pub texts: usize,
}

impl Look {
    pub fn of<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut look = Self::default();
        for field in fields {
            look.width += 1;
            match value::read(field, true) {
                Reading::Number(_) => look.values += 1,
                Reading::Missing => {}
                Reading::Bad if looks(field).is_written() => look.values += 1,
                Reading::Bad if has_unit(field) => look.values += 1,
                Reading::Bad => look.texts += 1,
            }
        }
        look
    }

    /// Whether there are several words, and nothing else but what is empty.
    pub fn is_header(self) -> bool {
        self.texts > 1 && self.values == 0
    }

    /// Whether there are words and no value.
    pub fn is_words(self) -> bool {
        self.texts > 0 && self.values == 0
    }
}

/// Whether a short text stands behind a number, as a unit does (`21.7C`, `21 bar`), but `1/min` and `2nd` are none.
fn has_unit(field: &[u8]) -> bool {
    const MOST_BYTES: usize = 6;
    let field = field.trim_ascii();
    let number = Decimal::read(field, true);
    let rest = field.get(number.len()..).unwrap_or_default();
    let parted = rest.first() == Some(&b' ') || number.fraction.is_some_and(|digits| digits > 0);
    let unit = rest.trim_ascii_start();
    number.whole > 0
        && parted
        && (1..=MOST_BYTES).contains(&unit.len())
        && !unit.iter().any(u8::is_ascii_digit)
        && unit
            .first()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'%' | 0x80..))
}

/// What to do about a line that is neither the header nor a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Verdict {
    /// It belongs to no table.
    Skip,
    /// The input is of no use.
    Fail(DecodeError),
}

/// A line of another width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct OddLine {
    pub line: u64,
    pub expected: usize,
    pub found: usize,
}

/// The lines before the first row.
#[derive(Debug, Default)]
pub(in crate::decode) struct Before {
    /// The first field is what a serial monitor puts before each line.
    pub prefixed: bool,
    /// A line came without that although the model has learned with it.
    pub bare: bool,
    comments: Vec<Vec<u8>>,
    lines: usize,
    /// What was wrong with the first line.
    first: Option<DecodeError>,
    /// A header without all that is wanted: what it lacks, and its width.
    poor: Option<(DecodeError, usize)>,
    last: Option<Look>,
    /// Lines in a row that look alike.
    alike: usize,
    odd: Vec<OddLine>,
}

impl Before {
    /// Remembers a comment.
    pub fn comment(&mut self, line: &[u8]) {
        if self.comments.len() == COMMENTS {
            self.comments.remove(0);
        }
        if line.len() <= COMMENT_BYTES {
            self.comments.push(line.to_vec());
        }
    }

    /// The last comments, in their order.
    pub fn comments(&self) -> &[Vec<u8>] {
        &self.comments
    }

    /// Whether only a few lines have come, which may have the width of rows by chance.
    pub fn is_short(&self) -> bool {
        self.lines + 1 < ALIKE
    }

    /// What a header lacks that rows of this width would have.
    pub fn poor_header(&self, width: usize) -> Option<&DecodeError> {
        self.poor.as_ref().filter(|(_, poor)| *poor == width).map(|(error, _)| error)
    }

    /// Judges a line with which rows cannot begin, for what was wrong with it.
    pub fn judge(&mut self, number: u64, look: Look, error: DecodeError) -> Verdict {
        self.lines += 1;
        self.alike = if self.last == Some(look) { self.alike + 1 } else { 1 };
        self.last = Some(look);
        if look.values > 0
            && let Some(poor) = self.poor_header(look.width)
        {
            return Verdict::Fail(poor.clone());
        }
        let is_row = look.values > 0 && look.width > 1;
        let rows = is_row && self.alike >= if look.texts == 0 { 2 } else { ALIKE };
        if rows || self.lines >= MOST_LINES {
            return Verdict::Fail(self.first.take().unwrap_or(error));
        }
        match error {
            DecodeError::Width { expected, found, .. } if look.values > 0 && expected != found => {
                self.odd.push(OddLine { line: number, expected, found });
            }
            DecodeError::MissingColumn { .. } if self.poor.is_none() => {
                self.poor = Some((error.clone(), look.width));
            }
            _ => {}
        }
        self.first.get_or_insert(error);
        Verdict::Skip
    }

    /// Rows have begun. Gives the lines that count as bad rows if there was no header.
    pub fn settle(&mut self, headed: bool) -> Vec<OddLine> {
        let odd = std::mem::take(&mut self.odd);
        *self = Self::default();
        if headed { Vec::new() } else { odd }
    }

    /// Why no row has ever begun.
    pub fn end(&mut self) -> Option<DecodeError> {
        self.first.take()
    }
}
