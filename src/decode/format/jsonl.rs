//! Rows of JSON Lines, of pairs and of messages with topics: a line goes in, a filled [`RowBuffer`] comes out.
//!
//! The first good line says whether rows are objects (keys are matched by name, one that is
//! missing is NaN) or arrays (by position). Allocates nothing once the keys are known.

use std::io::Write;

use oddity_core::profile::{DateOrder, TimeSpec};

use super::json::{JsonKey, JsonLeaf, JsonShape};
use super::leaves::LeafWalker;
use crate::decode::columns::bind::{Paths, Target, Want, targets};
use crate::decode::columns::{ValuePlace, by_position, find, numbered};
use crate::decode::error::DecodeError;
use crate::decode::limits::MAX_KEYS;
use crate::decode::options::{DecodeOptions, Format};
use crate::decode::row::{LineOutcome, Lost, RowBuffer};
use crate::decode::time::column::{TimeCandidate, TimeNews, Timing};
use crate::decode::time::looks::looks;

/// What rows are.
#[derive(Debug)]
enum Mode {
    /// Not known yet.
    Open,
    Object,
    /// With the targets of each element.
    Array(Vec<Vec<Target>>),
}

/// Reads the rows of one input.
#[derive(Debug)]
pub(in crate::decode) struct JsonReader {
    wants: Vec<Want>,
    channels: Vec<String>,
    /// Columns whose values come behind those of the channels.
    optional: usize,
    /// One of them names the stream.
    keyed: bool,
    paths: Paths,
    mode: Mode,
    timing: Timing,
    /// Columns of the time that are known from the start.
    time_names: Vec<String>,
    news: Option<TimeNews>,
    walker: LeafWalker,
    texts: Texts,
}

/// The texts of one row that are no readings.
#[derive(Debug, Default)]
struct Texts {
    /// One text for each column of the time.
    time: [Vec<u8>; TimeSpec::MAX_COLUMNS],
    key: Vec<u8>,
    sensor: Vec<u8>,
}

impl JsonReader {
    /// `time` are the columns of the time where they are known, one for each place in `timing`.
    pub fn new(
        channels: Vec<String>,
        time: &[String],
        timing: Timing,
        options: &DecodeOptions,
    ) -> Self {
        let want = |name: &str, target| Want { name: name.to_owned(), target, bound: None };
        let mut wants: Vec<Want> = channels
            .iter()
            .chain(&options.optional)
            .enumerate()
            .map(|(channel, name)| want(name, Target::Value(ValuePlace::Channel(channel))))
            .collect();
        let times = time.iter().enumerate();
        wants.extend(times.map(|(text, name)| want(name, Target::Time(text))));
        wants.extend(options.key.as_deref().map(|name| want(name, Target::Key)));
        wants.extend(
            options.label.as_deref().map(|name| want(name, Target::Value(ValuePlace::Label))),
        );
        let sensor = options.learned.pivot.as_ref().map(|pivot| pivot.name.as_str());
        wants.extend(sensor.map(|name| want(name, Target::Sensor)));
        Self {
            wants,
            channels,
            optional: options.optional.len(),
            keyed: options.key.is_some(),
            paths: Paths::default(),
            mode: Mode::Open,
            timing,
            time_names: time.to_vec(),
            news: None,
            walker: LeafWalker::new(Format::Jsonl),
            texts: Texts::default(),
        }
    }

    /// The same for lines in another format than JSON that gives leaves.
    pub fn written_as(self, format: Format) -> Self {
        Self { walker: LeafWalker::new(format), ..self }
    }

    /// See [`Timing::told_order`].
    pub fn told_order(&self) -> Option<DateOrder> {
        self.timing.told_order()
    }

    /// Whether something was found out about the time since that was asked for.
    pub fn has_time_news(&self) -> bool {
        self.news.is_some()
    }

    /// What was found out about the time since this was asked.
    pub fn time_news(&mut self) -> Option<TimeNews> {
        self.news.take()
    }

    /// Whether a row has said what rows are.
    pub fn is_settled(&self) -> bool {
        !matches!(self.mode, Mode::Open)
    }

    /// Reads a line that is not blank. The error ends the input, unless the line was torn.
    pub fn read(
        &mut self,
        number: u64,
        line: &[u8],
        row: &mut RowBuffer,
        options: &DecodeOptions,
    ) -> Result<LineOutcome, DecodeError> {
        let line = self.walker.row_text(line);
        if line.is_empty() {
            return Ok(LineOutcome::Header);
        }
        let array = self.walker.is_array(line);
        if array && !self.is_settled() {
            self.settle_array(number, line, options)?;
        }
        let lost = match (&self.mode, array) {
            (Mode::Object, true) => Some("an array where the rows are objects"),
            (Mode::Array(_), false) => Some("not an array, as the rows are"),
            _ => None,
        };
        if let Some(reason) = lost {
            return Ok(LineOutcome::Lost(row.lost(Lost::Json, reason.as_bytes())));
        }
        if let Err(lost) = self.values(line, row).and_then(|()| self.rest(line, row)) {
            return Ok(LineOutcome::Lost(lost));
        }
        if let Mode::Open = self.mode {
            self.mode = Mode::Object;
        }
        Ok(LineOutcome::Row)
    }

    /// Decides which element is what; leaves it open when the line is broken or empty.
    fn settle_array(
        &mut self,
        number: u64,
        line: &[u8],
        options: &DecodeOptions,
    ) -> Result<(), DecodeError> {
        let mut dated = false;
        let shape = self.walker.walk(line, &mut |found| {
            if let Some((JsonKey::Index(0), JsonLeaf::Text(text))) = found {
                dated = looks(text.as_bytes()).is_written();
            }
        });
        let Ok(JsonShape::Array(width @ 1..)) = shape else { return Ok(()) };
        let plan = by_position(number, width, &self.channels, options, dated)?;
        let names: Vec<String> = (0..width).map(numbered).collect();
        let sensor = options.learned.pivot.as_ref().and_then(|pivot| find(&pivot.name, &names));
        self.mode = Mode::Array(targets(&plan, &self.time_names, sensor));
        Ok(())
    }

    /// Reads everything that has a target.
    fn values(&mut self, line: &[u8], row: &mut RowBuffer) -> Result<(), Lost> {
        let Self { wants, channels, optional, paths, mode, walker, texts, .. } = self;
        let channels = channels.len();
        let mut at = 0_usize;
        let mut each = |found: Option<(JsonKey<'_>, JsonLeaf<'_>)>| {
            let Some((key, leaf)) = found else {
                at = 0;
                texts.time.iter_mut().for_each(Vec::clear);
                texts.key.clear();
                texts.sensor.clear();
                return row.begin(channels + *optional);
            };
            let targets = match (key, &*mode) {
                (JsonKey::Path(path), _) => paths.targets_of(at, path, wants),
                (JsonKey::Index(index), Mode::Array(targets)) => {
                    targets.get(index).map_or(&[][..], |targets| targets)
                }
                (JsonKey::Index(_), _) => &[],
            };
            at += 1;
            for target in targets {
                put(*target, leaf, row, texts);
            }
        };
        let shape =
            walker.walk(line, &mut each).map_err(|error| row.lost(Lost::Json, error.as_bytes()))?;
        match (shape, &self.mode) {
            (JsonShape::Array(found), Mode::Array(targets)) if found != targets.len() => {
                Err(Lost::Fields { expected: targets.len(), found })
            }
            (JsonShape::Plain, _) => Err(row.lost(Lost::Json, b"neither an object nor an array")),
            _ => Ok(()),
        }?;
        // Rarely without a number: only then is the line read once more.
        let any = row.has_any(channels) || self.names_channel(line);
        if any { Ok(()) } else { Err(Lost::NoChannel) }
    }

    /// Whether a channel is in a line that was read just now, be it as null.
    fn names_channel(&mut self, line: &[u8]) -> bool {
        let Self { channels, paths, mode, walker, .. } = self;
        let mut named = false;
        let _ = walker.walk(line, &mut |found| {
            let targets = match (found, &*mode) {
                (Some((JsonKey::Path(path), _)), _) => paths.get(path),
                (Some((JsonKey::Index(index), _)), Mode::Array(targets)) => {
                    targets.get(index).map(Vec::as_slice)
                }
                _ => None,
            };
            named |= targets.unwrap_or_default().iter().any(
                |target| matches!(target, Target::Value(ValuePlace::Channel(at)) if *at < channels.len()),
            );
        });
        named
    }

    /// Time, key, and what is open about the time.
    fn rest(&mut self, line: &[u8], row: &mut RowBuffer) -> Result<(), Lost> {
        if let Timing::Open(_) = self.timing {
            self.find_time(line);
        }
        if let Timing::At(time) = &mut self.timing {
            let text = |at: usize| self.texts.time.get(at).map_or(&[][..], Vec::as_slice);
            row.time = Some(time.read(text, row)?);
        }
        if !self.texts.sensor.is_empty() {
            row.name_sensor(&self.texts.sensor);
        }
        if self.keyed { row.name_stream(&self.texts.key) } else { Ok(()) }
    }

    /// Looks for the time among what has no target yet.
    fn find_time(&mut self, line: &[u8]) {
        let mut free: Vec<(usize, String, Vec<u8>)> = Vec::new();
        let Self { paths, mode, walker, .. } = self;
        let mut at = 0;
        // The line was read just now without an error.
        let _ = walker.walk(line, &mut |found| {
            let Some((key, leaf)) = found else {
                at = 0;
                return free.clear();
            };
            let (name, targets) = match (key, &*mode) {
                (JsonKey::Path(path), _) => (path.to_owned(), paths.get(path)),
                (JsonKey::Index(index), Mode::Array(targets)) => {
                    (numbered(index), targets.get(index).map(|targets| &targets[..]))
                }
                (JsonKey::Index(index), _) => (numbered(index), None),
            };
            if targets.is_none_or(<[Target]>::is_empty) && free.len() < MAX_KEYS {
                let mut text = Vec::new();
                write_text(leaf, &mut text);
                free.push((at, name, text));
            }
            at += 1;
        });
        let candidates: Vec<TimeCandidate<'_>> = free
            .iter()
            .map(|(column, name, text)| TimeCandidate { column: *column, name, texts: vec![text] })
            .collect();
        self.news = self.timing.decide(&candidates);
        let Timing::At(time) = &mut self.timing else { return };
        for (at, column) in time.columns.iter_mut().enumerate() {
            let found = free.iter().position(|(free, ..)| free == column);
            let Some((_, name, text)) = found.map(|found| free.swap_remove(found)) else {
                continue;
            };
            match &mut self.mode {
                Mode::Array(targets) => {
                    if let Some(targets) = targets.get_mut(*column) {
                        targets.push(Target::Time(at));
                    }
                }
                Mode::Open | Mode::Object => self.paths.add(&name, Target::Time(at)),
            }
            if let Some(place) = self.texts.time.get_mut(at) {
                *place = text;
            }
            // From now on it is read from its text.
            *column = at;
        }
    }
}

fn put(target: Target, leaf: JsonLeaf<'_>, row: &mut RowBuffer, texts: &mut Texts) {
    match (target, leaf) {
        (Target::Value(_), JsonLeaf::Null) => {}
        (Target::Value(place), JsonLeaf::Bool(value)) => row.set(place, f64::from(u8::from(value))),
        (Target::Value(place), JsonLeaf::Integer(value)) => row.set(place, value as f64),
        (Target::Value(place), JsonLeaf::Large(value)) => row.set(place, value as f64),
        (Target::Value(place), JsonLeaf::Float(value)) => row.set(place, value),
        (Target::Value(place), JsonLeaf::Text(text)) => row.read(place, text.as_bytes(), false),
        (Target::Value(place), JsonLeaf::Nested) => row.bad(place, b"[...]"),
        (Target::Time(at), leaf) => {
            if let Some(text) = texts.time.get_mut(at) {
                write_text(leaf, text);
            }
        }
        (Target::Key, leaf) => write_text(leaf, &mut texts.key),
        (Target::Sensor, leaf) => write_text(leaf, &mut texts.sensor),
    }
}

/// A leaf as CSV would have it.
pub(in crate::decode) fn write_text(leaf: JsonLeaf<'_>, out: &mut Vec<u8>) {
    out.clear();
    // Writing to a vector cannot fail.
    let _ = match leaf {
        JsonLeaf::Null => Ok(()),
        JsonLeaf::Bool(value) => write!(out, "{value}"),
        JsonLeaf::Integer(value) => write!(out, "{value}"),
        JsonLeaf::Large(value) => write!(out, "{value}"),
        JsonLeaf::Float(value) => write!(out, "{value}"),
        JsonLeaf::Text(text) => out.write_all(text.as_bytes()),
        JsonLeaf::Nested => out.write_all(b"[...]"),
    };
}
