//! Rows of a CSV table, as text.
//!
//! Names and numbers go in; lines come out that every reader of CSV takes, this program's too.

use std::fmt::Write;

#[cfg(feature = "generate")]
use oddity::profile::Channel;
use oddity::sink::rfc3339;
use oddity::types::Time;

/// Digits behind the point that are worth writing, below the size of a channel's scale.
const DIGITS: f64 = 4.0;

/// One line in the making.
#[derive(Debug, Default)]
pub(super) struct CsvLine {
    text: String,
    /// Something stands on it already, though it may be empty.
    begun: bool,
}

impl CsvLine {
    /// A word, in quotes where it needs them.
    pub(super) fn word(&mut self, word: &str) -> &mut Self {
        self.next();
        if word.contains([',', ';', '\t', '"', '\n', '\r']) {
            let _ = write!(self.text, "\"{}\"", word.replace('"', "\"\""));
        } else {
            self.text.push_str(word);
        }
        self
    }

    /// A number, a time: what is never in quotes.
    pub(super) fn show(&mut self, value: impl std::fmt::Display) -> &mut Self {
        self.next();
        let _ = write!(self.text, "{value}");
        self
    }

    /// Empty where there is none.
    pub(super) fn time(&mut self, time: Option<Time>) -> &mut Self {
        match time.filter(|time| time.is_dated()) {
            Some(time) => self.show(rfc3339(time)),
            None => self.show(""),
        }
    }

    /// A model's value in a channel's own unit, to as many digits as mean something; empty where it
    /// is not finite.
    #[cfg(feature = "generate")]
    pub(super) fn reading(&mut self, value: f32, channel: &Channel) -> &mut Self {
        self.scaled(value, channel.mean, channel.scale)
    }

    /// The same by a mean and a scale.
    pub(super) fn scaled(&mut self, value: f32, mean: f64, scale: f64) -> &mut Self {
        let reading = f64::from(value) * scale + mean;
        let digits = (DIGITS - scale.log10()).ceil();
        match reading.is_finite() {
            false => self.show(""),
            true if digits <= 15.0 => {
                self.show(format_args!("{reading:.*}", digits.max(0.0) as usize))
            }
            true => self.show(reading),
        }
    }

    /// The line with its end; begins anew.
    pub(super) fn end(&mut self, to: &mut impl std::io::Write) -> std::io::Result<()> {
        self.text.push('\n');
        let written = to.write_all(self.text.as_bytes());
        self.text.clear();
        self.begun = false;
        written
    }

    fn next(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            self.text.push(',');
        }
    }
}
