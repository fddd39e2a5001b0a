//! What the caller wants decoded: format, channels, and the columns for time, key and label.

use std::fmt;
use std::str::FromStr;

use oddity_core::profile::{InputSpec, PivotSpec};

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Detected from the first lines.
    #[default]
    Auto,
    /// Separated by `,`, `;` or tab, with a header line.
    Csv,
    /// The same without a header line.
    BareCsv,
    /// A JSON object or array a line.
    Jsonl,
    /// `label:value` or `label=value`, many on a line; also InfluxDB's line protocol.
    Pairs,
    /// A topic before a JSON object or one value, as `mosquitto_sub -v` writes.
    Topics,
}

impl Format {
    const NAMES: [(&'static str, Self); 6] = [
        ("auto", Self::Auto),
        ("csv", Self::Csv),
        ("bare", Self::BareCsv),
        ("jsonl", Self::Jsonl),
        ("pairs", Self::Pairs),
        ("topics", Self::Topics),
    ];
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let found = Self::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// No format has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {0:?}; use auto, csv, bare, jsonl, pairs or topics")]
pub struct UnknownFormat(pub String);

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::NAMES.iter().find(|(_, format)| format == self);
        f.write_str(found.map_or("auto", |(name, _)| name))
    }
}

/// Which columns are sensor channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channels {
    /// These, in this order, as a model names them. Decided at the first line, so that a live
    /// stream is never held back.
    Named(Vec<String>),
    /// Those that look numeric in the first lines (at most 256 of them, or 256 KiB), which are
    /// held until then.
    Discover {
        /// Only these, in this order; one that is missing is an error.
        only: Option<Vec<String>>,
        /// Not these, whether or not they are there.
        exclude: Vec<String>,
    },
}

/// Where the time is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TimeColumn {
    /// A column whose name says so and whose values are times, or a date and a time of day in two;
    /// failing that, the first column, when it holds dates. Numbers below 1e8 are not taken for a
    /// time unless they are seen to rise.
    #[default]
    Auto,
    /// As `Auto`, but a column of this name before all others: a model remembers what the time was
    /// called where it learned, and other data may call it otherwise.
    Likely(String),
    /// There is none.
    None,
    /// This column, by name or number from 1. Small numbers are seconds.
    Named(String),
}

impl TimeColumn {
    /// Whether the column is to be detected.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Auto | Self::Likely(_))
    }
}

/// Column that tells streams apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyColumn {
    /// As the model's profile says; none for a model without one.
    AsBefore,
    /// There is one stream.
    None,
    /// This column.
    Named(String),
}

/// What stands between two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// This byte: `,`, `;`, tab or another one.
    Byte(u8),
    /// One or more blanks or tabs, as in columns that are aligned.
    Blanks,
    /// `|`, with or without one at both ends of a line.
    Bars,
}

impl Delimiter {
    /// How messages write it.
    pub(super) fn char(self) -> char {
        match self {
            Self::Byte(byte) => char::from(byte),
            Self::Blanks => ' ',
            Self::Bars => '|',
        }
    }

    /// Whether one line alone may not show it.
    pub(super) fn is_rare(self) -> bool {
        !matches!(self, Self::Byte(b',' | b';' | b'\t'))
    }

    /// Whether a comma in a number can only be a decimal comma.
    pub(super) fn leaves_commas(self) -> bool {
        self != Self::Byte(b',')
    }
}

impl FromStr for Delimiter {
    type Err = UnknownDelimiter;

    fn from_str(text: &str) -> Result<Self, UnknownDelimiter> {
        match text.as_bytes() {
            b"tab" | b"\\t" => Ok(Self::Byte(b'\t')),
            b"space" | b"blank" | b" " => Ok(Self::Blanks),
            b"|" => Ok(Self::Bars),
            b"comma" => Ok(Self::Byte(b',')),
            b"semicolon" => Ok(Self::Byte(b';')),
            &[byte] if byte.is_ascii() && byte != b'"' && !byte.is_ascii_alphanumeric() => {
                Ok(Self::Byte(byte))
            }
            _ => Err(UnknownDelimiter(text.to_owned())),
        }
    }
}

/// Nothing that can stand between fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown delimiter {0:?}; use tab, space, or one character that is no letter and no digit")]
pub struct UnknownDelimiter(pub String);

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(b'\t') => f.write_str("tab"),
            Self::Blanks => f.write_str("space"),
            other => write!(f, "{}", other.char()),
        }
    }
}

/// What somebody says about how data is written. What is not said is guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadHints {
    /// What stands before decimals: `.` or `,`.
    pub decimal: Option<char>,
    /// What stands between fields.
    pub delimiter: Option<Delimiter>,
    /// Lines at the beginning of the input that are not looked at.
    pub skip: u64,
    /// How times are written, in the language of `strftime`.
    pub time_format: Option<String>,
    /// Name of the zone of times that do not say theirs, such as `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// Whether it is in long format.
    pub pivot: PivotHint,
}

/// Whether each line has the reading of one sensor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PivotHint {
    /// Where it is plain, and as the model has learned.
    #[default]
    Auto,
    /// No: columns are as they are.
    Off,
    /// Yes: a column that names the sensor, and those that hold its readings.
    Columns {
        /// Names the sensor.
        name: String,
        /// At least one.
        values: Vec<String>,
    },
}

impl PivotHint {
    /// What was learned, with what is said here over it.
    fn over(&self, learned: Option<PivotSpec>) -> Option<PivotSpec> {
        match self {
            Self::Auto => learned,
            Self::Off => None,
            Self::Columns { name, values } => {
                let (name, values) = (name.clone(), values.clone());
                learned.map(|learned| PivotSpec { name, values, ..learned })
            }
        }
    }
}

impl FromStr for PivotHint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => return Ok(Self::Off),
            "auto" => return Ok(Self::Auto),
            _ => {}
        }
        let mut names = text.split(',').map(|name| name.trim().to_owned());
        let name = names.next().filter(|name| !name.is_empty());
        let values: Vec<String> = names.collect();
        match name {
            Some(name) if !values.is_empty() && values.iter().all(|value| !value.is_empty()) => {
                Ok(Self::Columns { name, values })
            }
            _ => Err(
                "write it as NAME,VALUE: the column that names the sensor and the one that holds \
                      its readings; or none"
                    .to_owned(),
            ),
        }
    }
}

/// What to decode and how.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeOptions {
    /// How rows are written.
    pub format: Format,
    /// The sensor channels.
    pub channels: Channels,
    /// Columns whose readings come behind those of the channels, NaN where a column is not there.
    pub optional: Vec<String>,
    /// The column with the time.
    pub time: TimeColumn,
    /// The column with the name of the stream, by name or number from 1.
    pub key: Option<String>,
    /// The column with a label (a number, `true` or `false`), by name or number from 1.
    pub label: Option<String>,
    /// What was said on how it is written.
    pub hints: ReadHints,
    /// How the data was written that the model has learned from.
    pub learned: InputSpec,
}

impl DecodeOptions {
    /// The plain case: these channels, everything else by itself.
    pub fn named(channels: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::with(Channels::Named(channels.into_iter().map(Into::into).collect()))
    }

    /// All channels that the data has.
    pub fn discover() -> Self {
        Self::with(Channels::Discover { only: None, exclude: Vec::new() })
    }

    fn with(channels: Channels) -> Self {
        Self {
            format: Format::Auto,
            channels,
            optional: Vec::new(),
            time: TimeColumn::Auto,
            key: None,
            label: None,
            hints: ReadHints::default(),
            learned: InputSpec::default(),
        }
    }

    /// In long format rows are read line by line, with the columns of readings as channels: these options, and
    /// how rows are made of them. `None` for other data.
    pub(super) fn unpivoted(&self) -> Option<(Self, PivotSpec, Vec<String>)> {
        let sensors = match &self.channels {
            Channels::Named(names) | Channels::Discover { only: Some(names), .. } => names.clone(),
            Channels::Discover { only: None, .. } => return None,
        };
        let spec = self.hints.pivot.over(self.learned.pivot.clone())?;
        let learned = InputSpec { pivot: Some(spec.clone()), ..self.learned.clone() };
        let channels = Channels::Named(spec.values.clone());
        let optional = Vec::new();
        Some((Self { channels, optional, learned, ..self.clone() }, spec, sensors))
    }

    /// The name of the time column, where the caller gave one.
    pub(super) fn time_name(&self) -> Option<&str> {
        match &self.time {
            TimeColumn::Named(name) => Some(name),
            TimeColumn::Auto | TimeColumn::Likely(_) | TimeColumn::None => None,
        }
    }

    /// How the data is written, as far as that was said or learned.
    pub(super) fn input(&self) -> InputSpec {
        let decimal = self.hints.decimal.or(self.learned.decimal);
        InputSpec { decimal, ..self.learned.clone() }
    }

    /// The columns besides the channels that were asked for: role and name.
    pub(super) fn special(&self) -> [(&'static str, Option<&str>); 3] {
        [("time", self.time_name()), ("key", self.key.as_deref()), ("label", self.label.as_deref())]
    }
}
