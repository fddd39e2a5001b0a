//! Rows of normal data go in; what every column is like that may become a channel comes out.
//!
//! Reads the data three times: for the bounds of each channel, for what lies beyond them, and for what lies within.
//! Decides nothing.

use crate::decode::{Columns, find_column};
use crate::fit::channel::{ChannelStats, Last};
use crate::fit::counter::{Counting, PARTS};
use crate::fit::data::{Data, Read, Wanted};
use crate::fit::error::FitError;
use crate::fit::glitch::{Glitches, PlausibleRange, Recent, Sampler, Spotter};
use crate::fit::label::{LabelValue, flaw_of_name};
use crate::fit::unlike::{Spread, Spreads};
use oddity_core::profile::DifferenceSpec;
use oddity_core::types::{Sample, Time};
use oddity_core::window::{MOST_STREAMS, Streams};

/// One row in so many may have the time of the row before it, or an earlier one.
const STANDING: usize = 20;
/// A step longer than so many median steps is a gap.
const GAP: i64 = 3;
/// Steps between rows that the sample period is found from.
const STEPS: usize = 8192;
/// Labels that a message names.
const NAMED: usize = 6;

/// What goes on from row to row of one stream.
struct Stream {
    time: Option<Time>,
    last: Vec<Last>,
    /// Of streams that have a name.
    spreads: Vec<Spread>,
}

/// Steps from row to row.
#[derive(Default)]
pub(super) struct Steps(Vec<i64>);

impl Steps {
    fn add(&mut self, time: Option<Time>, last: Option<Time>) {
        if let (Some(time), Some(last)) = (time, last)
            && self.0.len() < STEPS
        {
            self.0.push(time.0.saturating_sub(last.0));
        }
    }

    /// The mean of the steps that are no gaps: with stamps in whole seconds the median says 1 s of
    /// rows that come every 1.05 s. None when more than a few rows do not advance: then the times
    /// are too coarse to place rows by, and their order counts.
    pub(super) fn period_s(&self) -> Option<f64> {
        let mut steps = self.0.clone();
        steps.sort_unstable();
        let standing = steps.partition_point(|&step| step <= 0);
        let median = *steps.get(steps.len().saturating_sub(1) / 2)?;
        if median <= 0 || standing * STANDING > steps.len() {
            return None;
        }
        let usual = steps.iter().filter(|&&step| step > 0 && step <= median.saturating_mul(GAP));
        let (sum, count) = usual.fold((0.0, 0.0), |(sum, n), &step| (sum + step as f64, n + 1.0));
        Some(sum / count / Time::SECOND as f64)
    }
}

/// What every column is like that may become a channel.
pub(super) struct Measured {
    pub(super) columns: Columns,
    pub(super) stats: Vec<ChannelStats>,
    pub(super) spreads: Spreads,
    pub(super) steps: Steps,
    /// Rows that a label calls not normal.
    pub(super) odd: u64,
    pub(super) read: Read,
}

impl Measured {
    /// The counters whose rise is to be taken: those that were asked for, and, where it may be guessed, those that are
    /// plain. With a sentence about each of the latter.
    ///
    /// # Errors
    /// When one that was asked for is no channel.
    pub(super) fn differences(
        &self,
        asked: &[String],
        guess: bool,
    ) -> Result<(Vec<DifferenceSpec>, Vec<String>), FitError> {
        let names = &self.columns.channels;
        let period_s = self.steps.period_s();
        let spec = |name: &String| DifferenceSpec { column: name.clone(), period_s };
        let mut found: Vec<DifferenceSpec> = Vec::new();
        for asked in asked {
            let name = find_column(asked, names).and_then(|column| names.get(column));
            let name = name.ok_or_else(|| {
                let names = names.join(", ");
                FitError::Option(format!(
                    "--difference {asked}: no such channel; there are {names}"
                ))
            })?;
            if found.iter().all(|spec| spec.column != *name) {
                found.push(spec(name));
            }
        }
        let mut said = Vec::new();
        for (name, stats) in names.iter().zip(&self.stats).filter(|_| guess) {
            let known = found.iter().any(|spec| spec.column == *name);
            if known || stats.rise.counting() != Counting::Resets || flaw_of_name(name).is_some() {
                continue;
            }
            let a = if period_s.is_some() { "second" } else { "row" };
            said.push(format!(
                "{name} counts on and is set back to 0: what is watched is how much it rises a {a}; \
                 --exclude leaves it out, --channels takes it as it is"
            ));
            found.push(spec(name));
        }
        Ok((found, said))
    }
}

/// Measures the columns that are wanted; what all rows tell of how times are written is noted in `wanted`.
///
/// # Errors
/// As reading has, and when there is no row, or none that is normal.
pub(super) fn measure(data: &Data, wanted: &mut Wanted) -> Result<Measured, FitError> {
    let (bounds, odd, rows) = bounds(data, wanted)?;
    let mut stats: Vec<ChannelStats> = Vec::new();
    let mut steps = Steps::default();
    let (mut streams, mut current) = (Streams::new(MOST_STREAMS), 0);
    let mut spreads = Spreads::default();
    let mut read = data.read(wanted, |file, sample, label| {
        if stats.is_empty() {
            stats = bounds.iter().cloned().map(ChannelStats::new).collect();
        }
        if file != current {
            current = file;
            close(&mut streams, &mut stats, &mut spreads);
        }
        let stream = streams
            .get_or_insert(sample.stream, || Stream {
                time: None,
                last: vec![Last::default(); sample.values.len()],
                spreads: match sample.stream {
                    "" => Vec::new(),
                    _ => vec![Spread::default(); sample.values.len()],
                },
            })
            .ok_or(FitError::TooManyStreams { most: MOST_STREAMS })?;
        if data.is_normal(sample.row, label) {
            let channels = stats.iter_mut().zip(&mut stream.last).zip(sample.values);
            let part = sample.row.saturating_sub(1).saturating_mul(PARTS as u64) / rows.max(1);
            channels.for_each(|((stats, last), &value)| stats.add(value, last, part as usize));
            let own = stream.spreads.iter_mut().zip(&stats).zip(sample.values);
            own.for_each(|((spread, stats), &value)| spread.add(stats.bounds.clean(value)));
        }
        steps.add(sample.time, stream.time);
        stream.time = sample.time;
        Ok(())
    })?;
    close(&mut streams, &mut stats, &mut spreads);
    let columns = read.columns.take().filter(|_| !stats.is_empty()).ok_or(FitError::NoRows)?;
    Ok(Measured { columns, stats, spreads, steps, odd, read })
}

/// The streams are over, of which nothing goes on.
fn close(streams: &mut Streams<Stream>, stats: &mut [ChannelStats], spreads: &mut Spreads) {
    for number in 0.. {
        let Some((name, stream)) = streams.get_mut(number) else { break };
        for (stats, last) in stats.iter_mut().zip(&stream.last) {
            stats.end(last);
        }
        if !stream.spreads.is_empty() {
            spreads.add(name, std::mem::take(&mut stream.spreads));
        }
    }
    streams.clear();
}

/// What cleans each channel's readings, and what it found.
type Cleaned = Vec<(PlausibleRange, Option<Glitches>)>;

/// Reads the data twice, for the bounds of each channel and for what lies beyond them. Gives the
/// number of rows that are not normal, and of all, too.
fn bounds(data: &Data, wanted: &mut Wanted) -> Result<(Cleaned, u64, u64), FitError> {
    let mut samplers: Vec<Sampler> = Vec::new();
    let mut last = ByStream::new(f64::NAN);
    let (mut normal, mut odd) = (0u64, 0u64);
    let mut seen: Vec<String> = Vec::new();
    let read = data.read(wanted, |_, sample, label| {
        if !data.is_normal(sample.row, label) {
            odd += 1;
            if normal == 0 && seen.len() <= NAMED {
                name(label, &mut seen);
            }
            return Ok(());
        }
        normal += 1;
        samplers.resize(sample.values.len(), Sampler::default());
        let channels = samplers.iter_mut().zip(last.of(sample)?).zip(sample.values);
        channels.for_each(|((sampler, last), &value)| sampler.add(value, last));
        Ok(())
    })?;
    // All rows may tell more of how times are written than the first ones.
    wanted.learned.time = read.columns.as_ref().and_then(|columns| columns.input.time.clone());
    if let (0, 1.., Some(label)) = (normal, odd, &data.label) {
        if seen.len() > NAMED {
            seen.truncate(NAMED);
            seen.push("...".into());
        }
        let normal = label.meaning.normal().into_iter().map(str::to_owned).collect();
        return Err(FitError::NoneNormal { column: label.column.clone(), seen, normal });
    }
    let mut spotters: Vec<Spotter> = samplers.iter().map(|s| Spotter::new(s.usual())).collect();
    let mut recent = ByStream::new(Recent::default());
    data.read(wanted, |_, sample, label| {
        if !data.is_normal(sample.row, label) {
            return Ok(());
        }
        let channels = spotters.iter_mut().zip(recent.of(sample)?).zip(sample.values);
        channels.for_each(|((spotter, recent), &value)| spotter.add(sample.row, value, recent));
        Ok(())
    })?;
    recent.each(|recent| {
        spotters.iter_mut().zip(recent).for_each(|(spotter, recent)| spotter.end(recent));
    });
    let names = read.columns.map(|columns| columns.channels).unwrap_or_default();
    let judged = spotters.into_iter().zip(&names);
    Ok((judged.map(|(spotter, name)| spotter.judge(name)).collect(), odd, read.rows))
}

/// One value for each channel of each stream, of all files: what one ends with, another goes on from.
struct ByStream<T> {
    streams: Streams<Vec<T>>,
    new: T,
}

impl<T: Copy> ByStream<T> {
    fn new(new: T) -> Self {
        Self { streams: Streams::new(MOST_STREAMS), new }
    }

    fn of(&mut self, sample: &Sample<'_>) -> Result<&mut [T], FitError> {
        let new = || vec![self.new; sample.values.len()];
        let stream = self.streams.get_or_insert(sample.stream, new);
        let too_many = FitError::TooManyStreams { most: MOST_STREAMS };
        stream.map(Vec::as_mut_slice).ok_or(too_many)
    }

    fn each(mut self, mut each: impl FnMut(&mut [T])) {
        let mut number = 0;
        while let Some((_, values)) = self.streams.get_mut(number) {
            each(values);
            number += 1;
        }
    }
}

/// Adds a label that is not among those seen.
fn name(label: Option<LabelValue<'_>>, seen: &mut Vec<String>) {
    let name = match label {
        Some(LabelValue::Number(number)) => number.to_string(),
        Some(LabelValue::Text(text)) => text.to_owned(),
        None => return,
    };
    if !seen.contains(&name) {
        seen.push(name);
    }
}
