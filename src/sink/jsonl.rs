//! One JSON object a line: records go in, lines come out, each flushed as it is written.

use std::io::{self, Write};

use serde::Serialize;

use super::record::{EventJson, ScoreJson};
use oddity_core::event::{Event, Scored};

/// Writes JSON Lines. Nothing is allocated once the line buffer has grown.
///
/// ```
/// use oddity::event::{Event, EventKind};
/// use oddity::sink::JsonLines;
///
/// let mut lines = Vec::new();
/// let mut sink = JsonLines::new(&mut lines, vec!["flow".into()], "0123456789abcdef".into());
/// sink.event(&Event { stream: "", row: 7, time: None, kind: EventKind::Missing { channel: 0 } })?;
/// assert!(String::from_utf8_lossy(&lines).contains(r#""channel":"flow""#));
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    line: Vec<u8>,
    channels: Vec<String>,
    units: Vec<String>,
    period_s: Option<f64>,
    model: String,
}

impl<W: Write> JsonLines<W> {
    /// `channels` are the names by index, those of constants behind them; `model` the id of the model.
    pub fn new(out: W, channels: Vec<String>, model: String) -> Self {
        Self {
            out,
            line: Vec::with_capacity(1024),
            channels,
            units: Vec::new(),
            period_s: None,
            model,
        }
    }

    /// With the units of the channels, by index; empty where one is not known.
    #[must_use]
    pub fn with_units(self, units: Vec<String>) -> Self {
        Self { units, ..self }
    }

    /// With the seconds between rows.
    #[must_use]
    pub fn with_period(self, period_s: Option<f64>) -> Self {
        Self { period_s, ..self }
    }

    /// Writes an event and flushes.
    ///
    /// # Errors
    /// Those of the writer; a broken pipe is one of them.
    pub fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Self { channels, units, period_s, model, .. } = self;
        let json = EventJson { event, channels, units, period_s: *period_s, model };
        Self::line(&mut self.out, &mut self.line, &json)
    }

    /// Writes a score and flushes.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn score(&mut self, score: &Scored<'_>) -> io::Result<()> {
        Self::line(&mut self.out, &mut self.line, &ScoreJson(score))
    }

    /// Where the lines go.
    pub fn writer_mut(&mut self) -> &mut W {
        &mut self.out
    }

    fn line(out: &mut W, line: &mut Vec<u8>, json: &impl Serialize) -> io::Result<()> {
        write_line(out, line, json)?;
        out.flush()
    }
}

/// Writes one object as a line, by way of `line`; does not flush.
///
/// # Errors
/// Those of the writer.
pub fn write_line(
    out: &mut impl Write,
    line: &mut Vec<u8>,
    json: &impl Serialize,
) -> io::Result<()> {
    line.clear();
    serde_json::to_writer(&mut *line, json)?;
    line.push(b'\n');
    out.write_all(line)
}
