//! Rows, answers and findings go in; what a page can show of them comes out. It takes the same memory for any number
//! of rows.

use std::collections::HashMap;
use std::path::Path;

use anyhow::ensure;
use oddity::chart::{Along, Thinner};
use oddity::detector::{Finding, Tally};
use oddity::event::{Event, Scored};
use oddity::model::Bundle;
use oddity::report::{ChannelLabel, Report, ReportEvent, StreamLines};
use oddity::sink::JsonLines;
use oddity::types::{Sample, Time};

use super::clock::Clock;
use super::events::Events;
use super::words;
use crate::cli::error::RunError;
use crate::cli::files::{names, units};

/// Streams with charts.
const MOST_STREAMS: usize = 12;
/// Points on all lines of a stream.
const MOST_POINTS: usize = 400_000;

/// From and to which time is drawn.
pub(super) type Part = (Option<Time>, Option<Time>);

/// What is kept.
pub(super) struct Kept<'a> {
    bundle: &'a Bundle,
    /// Points of a line.
    points: usize,
    /// Rows of data from one window to the next, as far as windows show them.
    apart: usize,
    part: Part,
    /// `None` until the first row.
    along: Option<Along>,
    streams: Vec<Stream>,
    /// Number of each stream; beyond the most, none.
    by_name: HashMap<String, Option<usize>>,
    sink: JsonLines<Vec<u8>>,
    events: Events,
    /// They are of a file: what is found now is not shown.
    from_file: bool,
    rows: u64,
    last_row: u64,
    /// Places of the first and the newest row.
    ends: Option<(f64, f64)>,
}

/// A stream in the making.
struct Stream {
    clock: Clock,
    lines: StreamLines,
    /// Mean and scale of each channel, for what is normalised.
    scale: Vec<(f64, f64)>,
    /// Rows since what waited was judged: number, place, whether it is drawn.
    recent: Vec<(u64, f64, bool)>,
    /// Place of the last window.
    window: Option<f64>,
}

impl<'a> Kept<'a> {
    pub(super) fn new(
        bundle: &'a Bundle,
        points: usize,
        part: Part,
        events: Option<Events>,
    ) -> Self {
        let profile = bundle.profile();
        let lines = 2 * profile.channels.len() + 1;
        Self {
            bundle,
            points: points.min((MOST_POINTS / lines).max(100)),
            apart: profile.hop.min(profile.window).saturating_mul(profile.average),
            part,
            along: None,
            streams: Vec::new(),
            by_name: HashMap::new(),
            sink: JsonLines::new(Vec::new(), names(profile), bundle.id().to_owned())
                .with_units(units(profile))
                .with_period(profile.period_s),
            from_file: events.is_some(),
            events: events.unwrap_or_default(),
            rows: 0,
            last_row: 0,
            ends: None,
        }
    }

    /// A row as it was read.
    pub(super) fn row(&mut self, sample: &Sample<'_>) {
        self.rows += 1;
        self.last_row = self.last_row.max(sample.row);
        let along = *self.along.get_or_insert(match sample.time {
            Some(time) if time.is_dated() => Along::Dated(time),
            Some(_) => Along::Seconds,
            None => Along::Rows,
        });
        let known = self.by_name.get(sample.stream).copied();
        let Some(stream) = known.unwrap_or_else(|| self.enter(sample.stream)) else { return };
        let Some(stream) = self.streams.get_mut(stream) else { return };
        stream.lines.rows += 1;
        let Some(place) = stream.clock.place(along, sample) else { return };
        if place.after_hole {
            stream.lines.readings.pause();
        }
        let (first, newest) = self.ends.unwrap_or((place.at, place.at));
        self.ends = Some((first.min(place.at), newest.max(place.at)));
        let (from, to) = self.part;
        let time = sample.time;
        let drawn = from.is_none_or(|from| time >= Some(from))
            && to.is_none_or(|to| time.is_some_and(|time| time <= to));
        stream.recent.push((sample.row, place.at, drawn));
        if !drawn {
            return;
        }
        let channels = stream.scale.len();
        stream.lines.readings.push(place.at, sample.values.get(..channels).unwrap_or_default());
    }

    /// A stream that was not there before.
    fn enter(&mut self, name: &str) -> Option<usize> {
        let number = (self.streams.len() < MOST_STREAMS).then_some(self.streams.len());
        self.by_name.insert(name.to_owned(), number);
        let profile = self.bundle.profile();
        let channels = profile.channels.len();
        let own = profile.streams.iter().find(|stream| stream.name == name);
        let scale = profile.channels.iter().enumerate().map(|(at, channel)| {
            let own = own.and_then(|own| Some((*own.mean.get(at)?, *own.scale.get(at)?)));
            own.unwrap_or((channel.mean, channel.scale))
        });
        number?;
        self.streams.push(Stream {
            clock: Clock::new(profile.period_s),
            lines: StreamLines {
                name: name.to_owned(),
                rows: 0,
                readings: Thinner::new(channels, self.points),
                answers: Thinner::new(channels, self.points),
                ratio: Thinner::new(1, self.points),
            },
            scale: scale.collect(),
            recent: Vec::new(),
            window: None,
        });
        number
    }

    /// What the detector has to say; `answer` gives what the model made of the window, for a score.
    pub(super) fn finding(
        &mut self,
        finding: Finding<'_>,
        answer: impl FnOnce() -> Option<Vec<f32>>,
    ) -> Result<(), RunError> {
        match finding {
            Finding::Score(score) => {
                self.score(&score, answer());
                Ok(())
            }
            Finding::Event(event) => self.event(&event),
        }
    }

    fn score(&mut self, score: &Scored<'_>, answer: Option<Vec<f32>>) {
        let Some(stream) = self.by_name.get(score.stream).copied().flatten() else { return };
        let Some(stream) = self.streams.get_mut(stream) else { return };
        let Some((at, drawn)) = stream.place_of(score.row) else { return };
        let before = stream.window.replace(at);
        let follows = before.is_some_and(|before| !stream.clock.is_hole((before, at), self.apart));
        if !follows {
            stream.lines.ratio.pause();
            stream.lines.answers.pause();
        }
        if !drawn {
            return;
        }
        stream.lines.ratio.push(at, &[score.ratio]);
        let Some(answer) = answer else { return };
        let channels = stream.scale.len().max(1);
        let rows = answer.chunks_exact(channels);
        let count = rows.len();
        let mut values = Vec::with_capacity(channels);
        for (number, row) in rows.enumerate() {
            let last = number + 1 == count;
            // Rows of the same window lie evenly since the one before; of the first only the last is placed.
            let place = match before.filter(|_| follows) {
                _ if last => at,
                Some(before) => before + (at - before) * (number + 1) as f64 / count as f64,
                None => continue,
            };
            values.clear();
            values.extend(
                row.iter()
                    .zip(&stream.scale)
                    .map(|(v, (mean, scale))| f64::from(*v) * scale + mean),
            );
            stream.lines.answers.push(place, &values);
        }
    }

    /// Also events of the input itself.
    pub(super) fn event(&mut self, event: &Event<'_>) -> Result<(), RunError> {
        if self.from_file {
            return Ok(());
        }
        let own = self.by_name.get(event.stream).copied().flatten();
        let own = own.and_then(|stream| self.streams.get(stream));
        let place = match own {
            Some(stream) => stream.place_of(event.row).map(|(at, _)| at).or(stream.clock.last()),
            None => self.ends.map(|(_, newest)| newest),
        };
        // The one document of an event is written in one place.
        self.sink.event(event).map_err(RunError::stdout)?;
        let line = std::mem::take(self.sink.writer_mut());
        let Ok(Some(found)) = ReportEvent::parse(&String::from_utf8_lossy(&line)) else {
            return Ok(());
        };
        let from_place = found.from.zip(own).zip(self.along);
        let from_place = from_place.map(|((from, stream), along)| stream.clock.of(along, from));
        self.events.take(ReportEvent { place, from_place, ..found });
        Ok(())
    }

    /// Nothing waits any more.
    pub(super) fn judged(&mut self) {
        self.streams.iter_mut().for_each(|stream| stream.recent.clear());
    }

    /// The page's parts, for data and a model of these names.
    pub(super) fn report(
        mut self,
        model: &Path,
        data: &Path,
        tally: Tally,
    ) -> anyhow::Result<Report> {
        let along = self.along.unwrap_or(Along::Rows);
        if self.from_file {
            let last = self.events.shown.iter().map(|event| event.row).max().unwrap_or(0);
            ensure!(
                last <= self.last_row,
                "the events name row {last}, but {} ends at row {}: are they of these data?",
                data.display(),
                self.last_row
            );
            self.events.shown.iter_mut().for_each(|event| put(event, along));
        }
        let more = self.by_name.len().saturating_sub(self.streams.len()) as u64;
        let profile = self.bundle.profile();
        let seen = words::Seen { rows: self.rows, along, tally, streams: self.by_name.len() };
        let lines: Vec<StreamLines> = self.streams.into_iter().map(|s| s.lines).collect();
        ensure!(
            self.part == (None, None) || lines.iter().any(|lines| lines.readings.ends().is_some()),
            "{} has no row between --from and --to",
            data.display()
        );
        Ok(Report {
            title: words::title(data),
            verdict: words::verdict(&seen, self.ends, &self.events),
            facts: words::facts(model, self.bundle, &seen, self.ends),
            warnings: words::warnings(&seen, profile),
            along,
            channels: profile
                .channels
                .iter()
                .map(|channel| ChannelLabel { name: channel.name.clone() })
                .collect(),
            raise: profile.alert.raise,
            streams: lines,
            more_streams: more,
            events: self.events.shown,
            more_events: self.events.more,
        })
    }
}

impl Stream {
    /// Of a row that was not judged before.
    fn place_of(&self, row: u64) -> Option<(f64, bool)> {
        let at = self.recent.binary_search_by_key(&row, |(row, ..)| *row).ok()?;
        self.recent.get(at).map(|(_, at, drawn)| (*at, *drawn))
    }
}

/// Where an event of a file stands: its clock is taken to have gone right.
fn put(event: &mut ReportEvent, along: Along) {
    let of = |time: Time| match along {
        Along::Dated(origin) => time.seconds_since(origin),
        _ => time.seconds_since(Time(0)),
    };
    event.place = match along {
        Along::Rows => Some(event.row as f64),
        _ => event.time.map(of),
    };
    event.from_place = event.from.filter(|_| along != Along::Rows).map(of);
}
