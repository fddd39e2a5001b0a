//! An input with its options goes in; its rows come out, one by one, and after each block of them a
//! call to flush. What is wrong with rows is said, or ends the run if it is strict.

use std::path::Path;
use std::time::Duration;

use oddity::args::ReadArgs;
use oddity::decode::{DecodeOptions, Item, TimeColumn};
use oddity::detector::DetectError;
use oddity::event::{Event, EventKind};
use oddity::features::RowReader;
#[cfg(all(feature = "sensor", target_os = "linux"))]
use oddity::features::SampleReader;
use oddity::profile::{FeatureSpec, Profile};
#[cfg(all(feature = "sensor", target_os = "linux"))]
use oddity::sensor::{Reading, Readings};
use oddity::source::{self, Block};
use oddity::types::{Sample, Time};

use super::blocks::{next_block, open};
use super::legible::{Legibility, LostRows, Reader};
use super::options::{describe, options};
use super::problems::ProblemTeller;
use crate::cli::error::RunError;
use crate::cli::warning::Warning;

/// A row as it was read.
pub(in crate::cli) struct InputRow<'a> {
    pub(in crate::cli) sample: Sample<'a>,
    /// Where a column for it was named, and it is a number.
    #[cfg(feature = "learn")]
    pub(in crate::cli) label: Option<f64>,
    /// In the input, from 1.
    #[cfg(feature = "learn")]
    pub(in crate::cli) line: u64,
}

/// Rows that were not used for being out of order.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cli) struct Dropped {
    /// With the time of the row before.
    pub(in crate::cli) duplicates: u64,
    /// Older than the row before.
    pub(in crate::cli) late: u64,
}

/// What a command makes of rows.
pub(in crate::cli) trait RowSink {
    /// The input is open, and nothing of it is read yet.
    fn opened(&mut self) {}

    /// How long it can do without a call while no row comes: then [`RowSink::flush`] is called, though nothing
    /// waits. `None`: for as long as it takes.
    fn most_wait(&self) -> Option<Duration> {
        None
    }

    /// Takes a row. What follows from it may wait for [`RowSink::flush`].
    fn row(&mut self, row: &InputRow<'_>) -> Result<(), RunError>;

    /// Rows can no longer be read, or can be again.
    fn legible(&mut self, _event: &Event<'_>) -> Result<(), RunError> {
        Ok(())
    }

    /// A block of rows is over, and no other may come for long: what waits is judged and written.
    fn flush(&mut self) -> Result<(), RunError>;

    /// So far, in all.
    fn dropped(&self) -> Dropped;
}

/// How an input is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It may have no end but a signal: how it goes is said while it goes.
    Live { strict: bool },
    /// A file of which a figure is wanted: all of it counts, and a signal kills.
    Measured,
}

/// Where rows come from.
enum Input<'a> {
    /// A file, or standard input, and how it is read.
    Bytes(Option<&'a Path>, Box<DecodeOptions>, Option<FeatureSpec>),
    /// The sensors of this machine, and what their rows become.
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    Sensors(Readings, Box<SampleReader>),
}

/// An input with how it is read and run.
pub(in crate::cli) struct RowStream<'a> {
    input: Input<'a>,
    course: Course,
    /// The model has learned with times, and nobody asks for none.
    wants_time: bool,
}

impl<'a> RowStream<'a> {
    /// A stream for a model with this profile; `None` is standard input.
    pub(in crate::cli) fn live(
        input: Option<&'a Path>,
        read: &ReadArgs,
        profile: &Profile,
        strict: bool,
    ) -> Self {
        Self::of(input, options(read, profile, None), read, profile, strict)
    }

    /// The same with what is read besides the profile's channels behind them.
    pub(in crate::cli) fn watched(
        input: Option<&'a Path>,
        read: &ReadArgs,
        profile: &Profile,
        strict: bool,
    ) -> Self {
        let optional = profile.besides().into_iter().map(str::to_owned).collect();
        let options = DecodeOptions { optional, ..options(read, profile, None) };
        Self::of(input, options, read, profile, strict)
    }

    fn of(
        input: Option<&'a Path>,
        options: DecodeOptions,
        read: &ReadArgs,
        profile: &Profile,
        strict: bool,
    ) -> Self {
        Self {
            input: Input::Bytes(input, Box::new(options), profile.features),
            course: Course::Live { strict },
            wants_time: profile.period_s.is_some() && read.time() != TimeColumn::None,
        }
    }

    /// The rows of sensors, until a signal.
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    pub(in crate::cli) fn sensors(readings: Readings, reader: SampleReader) -> Self {
        let course = Course::Live { strict: false };
        Self { input: Input::Sensors(readings, Box::new(reader)), course, wants_time: false }
    }

    /// A file to measure a model with this profile on.
    #[cfg(feature = "learn")]
    pub(in crate::cli) fn measured(
        path: &'a Path,
        read: &ReadArgs,
        profile: &Profile,
        label: Option<String>,
    ) -> Self {
        let optional = profile.besides().into_iter().map(str::to_owned).collect();
        let options = DecodeOptions { optional, ..options(read, profile, label) };
        Self {
            input: Input::Bytes(Some(path), Box::new(options), profile.features),
            course: Course::Measured,
            wants_time: false,
        }
    }

    /// Whether rows are told apart by a column.
    pub(in crate::cli) fn has_key(&self) -> bool {
        matches!(&self.input, Input::Bytes(_, options, _) if options.key.is_some())
    }

    /// Feeds all rows to `sink`.
    pub(in crate::cli) fn run(self, sink: &mut impl RowSink) -> Result<(), RunError> {
        let mut run = Running {
            sink,
            course: self.course,
            wants_time: self.wants_time,
            problems: ProblemTeller::default(),
            reader: Reader::default(),
            too_many_streams: false,
            rows: 0,
            next_dropped: 1,
        };
        match self.input {
            Input::Bytes(path, options, features) => run.bytes(path, *options, features.as_ref()),
            #[cfg(all(feature = "sensor", target_os = "linux"))]
            Input::Sensors(readings, mut reader) => run.sensors(readings, &mut reader),
        }
    }
}

/// What is known while it runs.
struct Running<'a, S> {
    sink: &'a mut S,
    course: Course,
    /// None was missed yet.
    wants_time: bool,
    problems: ProblemTeller,
    reader: Reader,
    /// It was said.
    too_many_streams: bool,
    rows: u64,
    /// Dropped rows at which it is said again.
    next_dropped: u64,
}

impl<S: RowSink> Running<'_, S> {
    fn bytes(
        &mut self,
        path: Option<&Path>,
        options: DecodeOptions,
        features: Option<&FeatureSpec>,
    ) -> Result<(), RunError> {
        let mut source = match self.course {
            Course::Live { .. } => open(path, "readings")?,
            Course::Measured => source::open(path)?,
        };
        let mut reader = RowReader::new(options, features)?;
        let (mut described, mut told) = (false, 0);
        self.sink.opened();
        loop {
            let block = next_block(&mut source, self.sink.most_wait())?;
            let decoded = match block {
                Some(Block::Bytes(bytes)) => reader.push(bytes, &mut |item| self.take(item)),
                Some(Block::End) => reader.finish(&mut |item| self.take(item)),
                // What is left is the beginning of a line that nobody will finish.
                Some(Block::Stopped(_)) | None => Ok(()),
            };
            // Here, and nowhere else, a block of rows ends: also at the end of the input, at a signal
            // and at an error, before which good rows may wait.
            self.sink.flush()?;
            decoded?;
            if let Some(columns) = reader.columns() {
                if !described {
                    described = true;
                    log::info!("{}", describe(columns));
                }
                // Of the time a few rows may tell more than the first.
                let news = columns.guesses.get(told..).unwrap_or_default();
                news.iter().for_each(|guess| Warning::Problem(guess).say());
                told = columns.guesses.len();
            }
            if let Some(Block::End | Block::Stopped(_)) = block {
                return self.sum_up();
            }
        }
    }

    /// Each block of rows that were read together is flushed, as above.
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    fn sensors(&mut self, readings: Readings, reader: &mut SampleReader) -> Result<(), RunError> {
        let mut readings = readings.with_signals()?;
        self.sink.opened();
        loop {
            let reading = match self.sink.most_wait() {
                Some(most) => readings.next_rows_within(most)?,
                None => Some(readings.next_rows()?),
            };
            match reading {
                Some(Reading::Rows(rows)) => {
                    let taken = rows
                        .iter()
                        .try_for_each(|row| reader.take(row, &mut |item| self.take(item)));
                    self.sink.flush()?;
                    taken?;
                }
                None => self.sink.flush()?,
                Some(Reading::Stopped(signal)) => {
                    log::info!("stopped by signal {signal}");
                    return self.sink.flush();
                }
            }
        }
    }

    fn take(&mut self, item: Item<'_>) -> Result<(), RunError> {
        match item {
            Item::Problem(problem) if self.course == (Course::Live { strict: true }) => {
                Err(RunError::Strict(problem.to_string()))
            }
            Item::Problem(problem) => {
                self.problems.tell(&problem);
                let change = self.reader.problem(&problem);
                change.map_or(Ok(()), |change| self.sink.legible(&event(problem.row, None, change)))
            }
            #[cfg(feature = "learn")]
            Item::Row { sample, label, line } => self.row(&InputRow { sample, label, line }),
            #[cfg(not(feature = "learn"))]
            Item::Row { sample, .. } => self.row(&InputRow { sample }),
        }
    }

    fn row(&mut self, row: &InputRow<'_>) -> Result<(), RunError> {
        self.rows += 1;
        let Sample { row: number, time, values, .. } = row.sample;
        let any = values.iter().any(|value| value.is_finite());
        if let Some(change) = self.reader.row(any) {
            self.sink.legible(&event(number, time, change))?;
        }
        if self.wants_time && row.sample.time.is_none() {
            self.wants_time = false;
            Warning::NoTime.say();
        }
        match self.sink.row(row) {
            Err(RunError::Detect(error @ DetectError::TooManyStreams(_)))
                if self.course == (Course::Live { strict: false }) =>
            {
                if !std::mem::replace(&mut self.too_many_streams, true) {
                    log::error!("{error}");
                }
            }
            done => {
                done?;
                self.tell_dropped();
            }
        }
        Ok(())
    }

    /// Said when it begins and each time their number has doubled.
    fn tell_dropped(&mut self) {
        let Dropped { duplicates, late } = self.sink.dropped();
        let dropped = duplicates + late;
        if dropped < self.next_dropped || self.course == Course::Measured {
            return;
        }
        self.next_dropped = dropped.saturating_mul(2);
        Warning::Dropped { rows: self.rows, duplicates, late }.say();
    }

    fn sum_up(&self) -> Result<(), RunError> {
        self.problems.sum_up();
        match (self.course, self.reader.blind()) {
            (Course::Live { .. }, _) if self.rows == 0 => Err(RunError::NoRows),
            (Course::Live { .. }, Some(lost)) => Err(lost.into()),
            _ => Ok(()),
        }
    }
}

/// What has changed at a row, as an event of all streams.
fn event(row: u64, time: Option<Time>, change: Legibility<'_>) -> Event<'_> {
    let kind = match change {
        Legibility::Unreadable(LostRows { count, line, reason }) => {
            EventKind::Unreadable { rows: *count, line: *line, reason }
        }
        Legibility::Readable { lost } => EventKind::Readable { rows: lost },
    };
    Event { stream: "", row, time, kind }
}

impl From<&LostRows> for RunError {
    fn from(LostRows { line, reason, .. }: &LostRows) -> Self {
        Self::Blind { line: *line, reason: reason.clone() }
    }
}

#[cfg(test)]
mod tests;
