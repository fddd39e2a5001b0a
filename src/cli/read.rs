//! A source and a decoder in one: rows and problems, until the input ends or something stops it.

use std::io;

use oddity::args::ReadArgs;
use oddity::decode::{
    Channels, Columns, DecodeError, DecodeOptions, Decoder, Item, KeyColumn, TimeColumn,
};
use oddity::detector::DetectError;
use oddity::profile::Profile;
use oddity::source::{Block, Source, SourceError};

use super::exit::{StrictError, WriteError};

/// What ends a run before its input does.
pub(super) enum Stop {
    Source(SourceError),
    Decode(DecodeError),
    Detect(DetectError),
    Strict(StrictError),
    #[cfg(feature = "learn")]
    Label(LabelError),
    Write(io::Error),
}

/// A row that says neither that it is normal nor that it is odd.
#[cfg(feature = "learn")]
#[derive(Debug, thiserror::Error)]
#[error("line {line}: the label is missing or not a number; 0 is normal, any other number is not")]
pub(super) struct LabelError {
    pub(super) line: u64,
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<DecodeError> for Stop {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<DetectError> for Stop {
    fn from(error: DetectError) -> Self {
        Self::Detect(error)
    }
}

impl From<Stop> for anyhow::Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Source(error) => error.into(),
            Stop::Decode(error) => error.into(),
            Stop::Detect(error) => error.into(),
            Stop::Strict(error) => error.into(),
            #[cfg(feature = "learn")]
            Stop::Label(error) => error.into(),
            Stop::Write(error) => WriteError::stdout(error).into(),
        }
    }
}

/// Decodes a source to its end.
pub(super) fn rows(
    source: &mut Source,
    options: DecodeOptions,
    mut each: impl FnMut(Item<'_>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut decoder = Decoder::new(options)?;
    let mut told = false;
    loop {
        match source.next_block()? {
            Block::Bytes(bytes) => {
                decoder.push(bytes, &mut each)?;
                if let (Some(columns), false) = (decoder.columns(), told) {
                    told = true;
                    log::info!("{}", describe(columns));
                }
            }
            Block::End => return decoder.finish(&mut each),
            // What is left is the beginning of a line that nobody will finish.
            Block::Stopped(signal) => {
                log::info!("stopped by signal {signal}");
                return Ok(());
            }
        }
    }
}

/// How the input is read, for `-v`.
pub(super) fn describe(columns: &Columns) -> String {
    let or_none = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".into());
    let delimiter = match columns.delimiter {
        Some('\t') => " separated by tabs".into(),
        Some(delimiter) => format!(" separated by {delimiter}"),
        None => String::new(),
    };
    format!(
        "read as {}{delimiter}; time column: {}; key column: {}",
        columns.format,
        or_none(&columns.time),
        or_none(&columns.key)
    )
}

/// How to read data for a model with this profile: what is not said is as when it was fitted.
pub(super) fn options(read: &ReadArgs, profile: &Profile, label: Option<String>) -> DecodeOptions {
    DecodeOptions {
        format: read.format,
        channels: Channels::Named(profile.channels.iter().map(|c| c.name.clone()).collect()),
        time: match (read.time(), &profile.time) {
            (TimeColumn::Auto, Some(name)) => TimeColumn::Likely(name.clone()),
            (time, _) => time,
        },
        key: match read.key() {
            KeyColumn::AsBefore => profile.key.clone(),
            KeyColumn::None => None,
            KeyColumn::Named(name) => Some(name),
        },
        label,
    }
}

/// Tells the first problems one by one, then each time their number has doubled: a live stream has
/// no end at which they could be summed up.
#[derive(Default)]
pub(super) struct Problems {
    count: u64,
    next: u64,
}

/// Problems that are told one by one.
const TOLD: u64 = 10;

impl Problems {
    pub(super) fn tell(&mut self, problem: &impl std::fmt::Display) {
        self.count += 1;
        if self.count <= TOLD {
            log::warn!("{problem}");
            self.next = 2 * TOLD;
        } else if self.count >= self.next {
            self.next = self.next.saturating_mul(2);
            log::warn!("{} bad rows or readings so far; the latest: {problem}", self.count);
        }
    }

    pub(super) fn sum_up(&self) {
        if self.count > TOLD {
            log::warn!("{} bad rows or readings in all", self.count);
        }
    }
}
