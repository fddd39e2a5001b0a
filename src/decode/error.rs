//! What is wrong with an input: [`DecodeError`] ends it, a [`Problem`] concerns one line.

use std::fmt;

use super::limits::{MAX_LINE_BYTES, MAX_STREAM_BYTES};
use super::options::Format;
use crate::blame::Blame;

/// Why an input cannot be decoded at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The options contradict each other.
    #[error("{0}")]
    Options(String),
    /// A column that was asked for is not there.
    #[error(
        "line {line}: no column {wanted:?} ({role}); the columns are: {}",
        list(.there)
    )]
    MissingColumn {
        /// Where the columns were read from.
        line: u64,
        /// The name that was looked for.
        wanted: String,
        /// `channel`, `time`, `key` or `label`.
        role: &'static str,
        /// The columns that are there.
        there: Vec<String>,
    },
    /// Without a header, the number of columns must say which is which.
    #[error(
        "line {line}: {found} columns without a header, but {expected} are needed: {}{extra}; \
         give a header line, or name the columns of time and key by number",
        list(.channels)
    )]
    Width {
        /// Where the columns were counted.
        line: u64,
        /// Columns found.
        found: usize,
        /// Columns that were expected.
        expected: usize,
        /// The channels, in the order in which they were expected.
        channels: Vec<String>,
        /// The other columns that were expected, in words.
        extra: String,
    },
    /// Nothing in the first lines looks like a sensor channel.
    #[error(
        "no channel found in the first {lines} lines (read as {format}){}; \
         name the channels, or set the format", list_left_out(.left_out)
    )]
    NoChannels {
        /// Lines that were looked at.
        lines: usize,
        /// What they were taken for.
        format: Format,
        /// Columns with the reasons why they are not channels.
        left_out: Vec<LeftOut>,
    },
    /// Numbers that may be read in two ways.
    #[error(
        "column {column:?}: nothing in the first lines tells whether {text:?} has decimals or thousands; \
         say --decimal , or --decimal ."
    )]
    Unclear {
        /// The column.
        column: String,
        /// The first of them.
        text: String,
    },
    /// Lines that look like JSON, and no one is.
    #[error(
        "not one of the first {lines} lines is JSON that can be read; line {line}: {reason}{}",
        json_advice(*.python)
    )]
    NotJson {
        /// Lines that were looked at.
        lines: usize,
        /// The first of them.
        line: u64,
        /// What is wrong with it.
        reason: String,
        /// It is written as Python writes its dictionaries.
        python: bool,
    },
    /// Commas before decimals between commas: nothing tells which is which.
    #[error(
        "the header in line {line} has {names} names, but the rows have {fields} fields, all of them whole numbers: is \
         the comma before decimals, too? export it with ; between columns, or with points before decimals"
    )]
    SplitNumbers {
        /// The header.
        line: u64,
        /// Names in it.
        names: usize,
        /// Fields of the rows.
        fields: usize,
    },
    /// The column that somebody calls the time holds none.
    #[error(
        "line {line}: column {column}: {text} is not a time that is understood; say --time-format, or \
         --time none"
    )]
    Time {
        /// Where the columns were read from.
        line: u64,
        /// Its name.
        column: String,
        /// The first text in it, quoted.
        text: String,
    },
    /// No line with data.
    #[error("the input is empty: there is nothing to find channels in")]
    Empty,
    /// Long format, with more streams than there is memory for.
    #[error("more than {most} streams in long format; is --key the column that names the stream?")]
    PivotStreams {
        /// Streams that there is memory for.
        most: usize,
    },
    /// Long format, one sensor after the other, with more readings than can be kept to be put in order.
    #[error(
        "line {line}: the sensors come one after the other, and more than {most} readings are too many to \
         bring together; export them with one column a sensor (Flux: pivot()), or sorted by time"
    )]
    TooManyReadings {
        /// The first line that is too many.
        line: u64,
        /// Readings that can be kept.
        most: usize,
    },
    /// The model has learned from features of frames.
    #[error(
        "the model's channels are features of frames of {frame} rows, which this program was built \
         without (cargo feature `vibration`)"
    )]
    NoFeatures {
        /// Rows in a frame.
        frame: usize,
    },
    /// No text that could be read.
    #[error("the input is {what}: {advice}")]
    Foreign {
        /// What it is.
        what: &'static str,
        /// What makes CSV of it.
        advice: &'static str,
    },
}

impl DecodeError {
    /// The data's, but for options that contradict each other.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Options(_) => Blame::CommandLine,
            _ => Blame::Data,
        }
    }
}

/// A column that is in the data and is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name; `c1`, `c2`, ... where the data has no names.
    pub name: String,
    /// Why, in words.
    pub reason: String,
}

impl LeftOut {
    /// The reason of what somebody asked to leave out.
    pub(super) const EXCLUDED: &str = "excluded";
    /// The reason of all others where somebody named those to use.
    pub(super) const NOT_SELECTED: &str = "not selected";

    /// Whether somebody asked for that.
    pub fn was_asked_for(&self) -> bool {
        self.reason == Self::EXCLUDED || self.reason == Self::NOT_SELECTED
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

/// Something wrong with one line. Displays as `line 7: ...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem<'a> {
    /// Number of the line in the input, from 1.
    pub line: u64,
    /// Number of the data row, from 1.
    pub row: u64,
    /// What is wrong.
    pub kind: ProblemKind<'a>,
}

/// What can be wrong with one line. Texts are the first bytes of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind<'a> {
    /// A reading or label that is not a finite number. The row is delivered all the same, with
    /// NaN (or no label) in this place.
    Reading {
        /// Name of the column.
        column: &'a str,
        /// What stands there.
        text: &'a [u8],
        /// Whether it stands in the column of labels.
        label: bool,
    },
    /// The number of fields is not that of the columns.
    Fields {
        /// Columns.
        expected: usize,
        /// Fields on the line.
        found: usize,
    },
    /// Rows have more fields than there are columns from here on. This one and those after it are delivered without the
    /// further ones, and nothing more is said of them.
    MoreFields {
        /// Columns.
        expected: usize,
        /// Fields on the line.
        found: usize,
    },
    /// Packed data is torn or damaged: what came before it is read, what comes behind it is not.
    Damaged {
        /// In words.
        reason: &'a str,
    },
    /// The time is missing or cannot be understood.
    Time {
        /// What stands there.
        text: &'a [u8],
    },
    /// The stream's name is missing, too long, or not UTF-8.
    Stream {
        /// What stands there.
        text: &'a [u8],
    },
    /// Not JSON, or not of the kind that the input began with.
    Json {
        /// In words.
        reason: &'a str,
    },
    /// There is no memory for another stream's frame, or for its counters' last readings.
    Streams {
        /// Streams that there is memory for.
        most: usize,
    },
    /// None of the channels is there.
    NoChannel,
    /// A header without all channels: what follows is another table, and is not read.
    OtherTable,
    /// The line is longer than [`MAX_LINE_BYTES`].
    TooLong,
}

impl Problem<'_> {
    /// Whether the row is lost; otherwise only one of its values is.
    pub fn row_is_lost(&self) -> bool {
        !matches!(self.kind, ProblemKind::Reading { .. } | ProblemKind::MoreFields { .. })
    }
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.row_is_lost() && !matches!(self.kind, ProblemKind::Damaged { .. });
        let dropped = if row { "; row dropped" } else { "" };
        write!(f, "line {}: {}{dropped}", self.line, self.kind)
    }
}

/// What is wrong, without what became of it.
impl fmt::Display for ProblemKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ProblemKind::Reading { column, text, .. } => {
                write!(f, "column {column:?}: {} is not a number", Shown(text))
            }
            ProblemKind::Fields { expected, found } => {
                write!(f, "{found} fields where {expected} are expected")
            }
            ProblemKind::MoreFields { expected, found } => write!(
                f,
                "{found} fields where {expected} are expected; from here on only the first \
                 {expected} are read"
            ),
            ProblemKind::Damaged { reason } => {
                write!(f, "{reason}; this line and what is behind it is not read")
            }
            ProblemKind::Time { text } => {
                write!(f, "{} is not a recognised time", Shown(text))
            }
            ProblemKind::Stream { text } => write!(
                f,
                "{} cannot name a stream (1 to {} bytes of UTF-8)",
                Shown(text),
                MAX_STREAM_BYTES
            ),
            ProblemKind::Json { reason } => f.write_str(reason),
            ProblemKind::Streams { most } => {
                write!(f, "there are more than {most} streams, which is the limit here")
            }
            ProblemKind::NoChannel => f.write_str("none of the channels is present"),
            ProblemKind::OtherTable => f.write_str(
                "a header without all channels: another table begins, which is not read",
            ),
            ProblemKind::TooLong => write!(f, "longer than {MAX_LINE_BYTES} bytes"),
        }
    }
}

/// Bytes of unknown kind, quoted and escaped.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.0))
    }
}

/// Names for a message: the first 40, and how many more there are.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 40;
    let mut text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text += &format!(" and {} more", names.len() - SHOWN);
    }
    if text.is_empty() { "(none)".to_owned() } else { text }
}

fn json_advice(python: bool) -> &'static str {
    if python {
        "; this is how Python prints a dictionary: print json.dumps(...) instead"
    } else {
        "; write one object a line, or an array of objects"
    }
}

fn list_left_out(left_out: &[LeftOut]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    format!("; {}", list(&left_out.iter().map(LeftOut::to_string).collect::<Vec<_>>()))
}
