//! The row that is being read, in buffers that are used again and again.
//!
//! The readers of the formats fill it; the decoder hands it out.

use oddity_core::types::Time;

use super::columns::{Columns, ValuePlace};
use super::error::ProblemKind;
use super::limits::MAX_STREAM_BYTES;
use super::number::{Evidence, Marks, NumberStyle};
use super::value::{self, Reading};

/// Bytes of a faulty text that are kept for the message.
const EXCERPT_BYTES: usize = 48;

/// Why a row is not delivered; the texts are in [`RowBuffer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Fields {
        expected: usize,
        found: usize,
    },
    Time,
    Stream,
    Json,
    NoChannel,
    /// A header without the channels.
    OtherTable,
    TooLong,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineOutcome {
    /// A row is ready.
    Row,
    /// No data row at all: a header.
    Header,
    /// A bad row.
    Lost(Lost),
}

/// A value that is not a number: its place and where in `texts` it stands.
#[derive(Clone, Copy, Debug)]
struct Bad {
    place: ValuePlace,
    start: usize,
    end: usize,
}

#[derive(Debug, Default)]
pub(super) struct RowBuffer {
    pub values: Vec<f64>,
    pub time: Option<Time>,
    pub stream: String,
    /// The sensor that the readings are of, in long format.
    pub sensor: String,
    pub label: Option<f64>,
    /// The columns and the fields of the first row that has more of these.
    pub more: Option<(usize, usize)>,
    bad: Vec<Bad>,
    texts: Vec<u8>,
    /// How each channel's readings are written; empty where nothing is known of it.
    styles: Vec<NumberStyle>,
    /// A plain number is one in every column: no comma stands before decimals.
    points: bool,
}

impl RowBuffer {
    /// Empties it for a row of so many channels.
    pub fn begin(&mut self, channels: usize) {
        self.values.clear();
        self.values.resize(channels, f64::NAN);
        self.time = None;
        self.stream.clear();
        self.sensor.clear();
        self.label = None;
        self.more = None;
        self.bad.clear();
        self.texts.clear();
    }

    /// Takes over how the readings of the channels, and of what is optional behind them, are written.
    pub fn learn(&mut self, columns: &Columns, optional: &[String]) {
        self.styles = columns.styles(optional);
        self.note_points();
    }

    fn note_points(&mut self) {
        self.points = self.styles.iter().all(|style| style.marks != Marks::Comma);
    }

    /// Looks at the fields of the first row: data of another place than the model's may have other marks. Where its
    /// plain numbers say so, these hold from now on.
    pub fn adapt<'a>(&mut self, learned: Option<char>, fields: impl Iterator<Item = &'a [u8]>) {
        let mut evidence = Evidence::default();
        fields.for_each(|field| evidence.add(field));
        let (before, now) = (Marks::of(learned), evidence.plain());
        if now != Marks::Unknown {
            let styles = self.styles.iter_mut().filter(|style| style.marks == before);
            styles.for_each(|style| style.marks = now);
            self.note_points();
        }
    }

    /// Reads a field of text into its place; `comma` allows a decimal comma where nothing is known of how
    /// readings are written.
    pub fn read(&mut self, place: ValuePlace, field: &[u8], comma: bool) {
        if self.points
            && let Some(number) = value::plain(field)
        {
            return self.set(place, number);
        }
        let style = match place {
            ValuePlace::Channel(channel) => self.styles.get(channel),
            ValuePlace::Label => None,
        };
        match style.map_or_else(|| value::read(field, comma), |style| style.read(field)) {
            Reading::Number(number) => self.set(place, number),
            Reading::Missing => {}
            Reading::Bad => self.bad(place, field),
        }
    }

    /// Puts a finite number into its place.
    pub fn set(&mut self, place: ValuePlace, number: f64) {
        match place {
            ValuePlace::Channel(channel) => {
                if let Some(value) = self.values.get_mut(channel) {
                    *value = number;
                }
            }
            ValuePlace::Label => self.label = Some(number),
        }
    }

    /// Notes a value that is not a number.
    pub fn bad(&mut self, place: ValuePlace, text: &[u8]) {
        let start = self.texts.len();
        self.texts.extend_from_slice(excerpt(text));
        self.bad.push(Bad { place, start, end: self.texts.len() });
    }

    /// Sets the stream's name.
    pub fn name_stream(&mut self, field: &[u8]) -> Result<(), Lost> {
        match std::str::from_utf8(field).map(str::trim) {
            Ok(name) if !name.is_empty() && name.len() <= MAX_STREAM_BYTES => {
                self.stream.clear();
                self.stream.push_str(name);
                Ok(())
            }
            _ => Err(self.lost(Lost::Stream, field)),
        }
    }

    /// Sets the name of the sensor. One that cannot be a name is none that anybody wants.
    pub fn name_sensor(&mut self, field: &[u8]) {
        self.sensor.clear();
        if field.len() <= MAX_STREAM_BYTES
            && let Ok(name) = std::str::from_utf8(field)
        {
            self.sensor.push_str(name.trim());
        }
    }

    /// Gives the row up, with the text that is to blame.
    pub fn lost(&mut self, why: Lost, text: &[u8]) -> Lost {
        self.bad.clear();
        self.texts.clear();
        self.texts.extend_from_slice(excerpt(text));
        why
    }

    /// Whether a value is not a number.
    pub fn has_bad(&self) -> bool {
        !self.bad.is_empty()
    }

    /// Whether one of so many channels has a number, or a text that is none.
    pub fn has_any(&self, channels: usize) -> bool {
        let is_channel = |bad: &Bad| matches!(bad.place, ValuePlace::Channel(at) if at < channels);
        self.values.iter().take(channels).any(|value| !value.is_nan())
            || self.bad.iter().any(is_channel)
    }

    /// Whether there are so many channels and not one of them is a number or missing.
    pub fn all_bad(&self, channels: usize) -> bool {
        !self.bad.is_empty() && self.bad.len() == channels
    }

    /// What is wrong with a row that is delivered: the values that are not numbers, with the names of their columns.
    pub fn problems<'a>(
        &'a self,
        columns: &'a Columns,
        optional: &'a [String],
    ) -> impl Iterator<Item = ProblemKind<'a>> {
        let more = self.more.map(|(expected, found)| ProblemKind::MoreFields { expected, found });
        let bad = self.bad.iter().map(move |bad| ProblemKind::Reading {
            column: match bad.place {
                ValuePlace::Channel(channel) => columns
                    .channels
                    .get(channel)
                    .or_else(|| optional.get(channel.checked_sub(columns.channels.len())?)),
                ValuePlace::Label => columns.label.as_ref(),
            }
            .map_or("", String::as_str),
            text: self.texts.get(bad.start..bad.end).unwrap_or_default(),
            label: bad.place == ValuePlace::Label,
        });
        more.into_iter().chain(bad)
    }

    /// The message for a row that was given up.
    pub fn kind(&self, lost: Lost) -> ProblemKind<'_> {
        let text = &self.texts[..];
        match lost {
            Lost::Fields { expected, found } => ProblemKind::Fields { expected, found },
            Lost::Time => ProblemKind::Time { text },
            Lost::Stream => ProblemKind::Stream { text },
            Lost::Json => {
                ProblemKind::Json { reason: std::str::from_utf8(text).unwrap_or("broken JSON") }
            }
            Lost::NoChannel => ProblemKind::NoChannel,
            Lost::OtherTable => ProblemKind::OtherTable,
            Lost::TooLong => ProblemKind::TooLong,
        }
    }
}

fn excerpt(text: &[u8]) -> &[u8] {
    &text[..text.len().min(EXCERPT_BYTES)]
}
