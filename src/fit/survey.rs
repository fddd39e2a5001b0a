//! Rows of normal data go in; what each channel is like and how far rows lie apart come out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::data::{Data, Read, Wanted};
use super::error::FitError;
use super::glitch::{Glitches, PlausibleRange, Recent, Sampler, Spotter};
use super::label::LabelValue;
use super::options::FitOptions;
use super::problems::DataProblems;
use super::words;
use oddity_core::profile::{FeatureSpec, SeenRange};
use oddity_core::types::{Sample, Time};
use oddity_core::window::{MOST_STREAMS, Streams};

/// One row in so many may have the time of the row before it, or an earlier one.
const STANDING: usize = 20;
/// A step longer than so many median steps is a gap.
const GAP: i64 = 3;
/// Steps between rows that the sample period is found from.
const STEPS: usize = 8192;
/// A channel with more of its readings missing leaves too few windows.
const MOST_MISSING: f64 = 0.5;
/// Times that a counter must have risen before it counts as one.
const COUNTER_RISES: u64 = 50;
const COUNTER: &str = "a counter: it only ever rises; --channels keeps it anyway";
const LABELS: [&str; 8] =
    ["label", "labels", "anomaly", "is_anomaly", "changepoint", "class", "target", "fault"];

/// Labels that a message names.
const NAMED: usize = 6;

/// A channel's last reading in one stream.
#[derive(Clone, Copy, Debug)]
struct Last {
    value: f64,
    /// Equal readings in a row.
    run: u64,
}

/// What one channel is like.
#[derive(Clone, Debug)]
pub(super) struct ChannelStats {
    /// Beyond them a reading counts as missing.
    pub(super) bounds: PlausibleRange,
    glitches: Option<Glitches>,
    count: u64,
    missing: u64,
    pub(super) mean: f64,
    squares: f64,
    min: f64,
    max: f64,
    /// Most equal readings in a row.
    pub(super) longest_run: u64,
    rises: u64,
    falls: u64,
    whole: bool,
    hash: DefaultHasher,
}

impl ChannelStats {
    fn new((bounds, glitches): (PlausibleRange, Option<Glitches>)) -> Self {
        Self {
            bounds,
            glitches,
            count: 0,
            missing: 0,
            mean: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            longest_run: 0,
            rises: 0,
            falls: 0,
            whole: true,
            hash: DefaultHasher::new(),
        }
    }

    /// `last` is what the stream's row before gave: streams of one input have nothing to do with
    /// each other.
    fn add(&mut self, value: f64, last: &mut Last) {
        let value = self.bounds.clean(value);
        value.to_bits().hash(&mut self.hash);
        if !value.is_finite() {
            self.missing += 1;
            return;
        }
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / self.count as f64;
        self.squares += delta * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        last.run = if value == last.value { last.run + 1 } else { 1 };
        self.longest_run = self.longest_run.max(last.run);
        self.rises += u64::from(value > last.value);
        self.falls += u64::from(value < last.value);
        self.whole &= value.fract() == 0.0;
        last.value = value;
    }

    /// What a profile says of the channel's readings; `None` where they were all equal: then there is no
    /// range to be far from.
    pub(super) fn seen(&self) -> Option<SeenRange> {
        (self.min < self.max).then(|| self.bounds.seen(self.min, self.max))
    }

    /// Smallest and largest reading.
    pub(super) fn range(&self) -> (f64, f64) {
        (self.min, self.max)
    }

    /// Readings that are missing.
    pub(super) fn missing(&self) -> u64 {
        self.missing
    }

    /// Standard deviation, of the population; 1 where the channel does not move.
    pub(super) fn scale(&self) -> f64 {
        let deviation = self.deviation();
        if deviation > 0.0 && deviation.is_finite() { deviation } else { 1.0 }
    }

    /// Standard deviation, of the population.
    fn deviation(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }

    /// Why the channel cannot be watched, if so.
    fn flaw(&self) -> Option<String> {
        let rows = self.count + self.missing;
        if self.count == 0 {
            return Some("no reading at all".into());
        }
        if self.missing as f64 > MOST_MISSING * rows as f64 {
            return Some(format!("{} of {rows} readings are missing", self.missing));
        }
        if self.max <= self.min || self.deviation() <= 1e-12 * self.mean.abs() {
            return Some(format!("constant at {}", self.min));
        }
        if self.deviation().is_infinite() {
            return Some("its readings are too large".into());
        }
        None
    }

    fn is_counter(&self) -> bool {
        self.whole && self.falls == 0 && self.rises >= COUNTER_RISES
    }
}

/// What the data is like.
pub(super) struct Survey {
    /// The channels to use, each with what it is like.
    pub(super) channels: Vec<(String, ChannelStats)>,
    /// Readings that count as missing.
    pub(super) glitches: Vec<Glitches>,
    /// Those not to use, each with the reason.
    pub(super) left_out: Vec<String>,
    /// Seconds between rows; `None` without times that advance.
    pub(super) period_s: Option<f64>,
    /// Rows that a label calls not normal.
    pub(super) odd: u64,
    pub(super) read: Read,
}

impl Survey {
    /// Of windows that come whole: so many, with this SHA-256.
    pub(super) fn of_windows(count: u64, sha256: String) -> Self {
        let problems = DataProblems::default();
        Self {
            channels: Vec::new(),
            glitches: Vec::new(),
            left_out: Vec::new(),
            period_s: None,
            odd: 0,
            read: Read {
                columns: None,
                rows: count,
                problems,
                sha256,
                lengths: Vec::new(),
                grown: Vec::new(),
            },
        }
    }
}

/// What goes on from row to row of one stream.
struct Stream {
    time: Option<Time>,
    last: Vec<Last>,
}

/// Steps from row to row.
#[derive(Default)]
struct Steps(Vec<i64>);

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
    fn period_s(mut self) -> Option<f64> {
        self.0.sort_unstable();
        let standing = self.0.partition_point(|&step| step <= 0);
        let median = *self.0.get(self.0.len().saturating_sub(1) / 2)?;
        if median <= 0 || standing * STANDING > self.0.len() {
            return None;
        }
        let usual = self.0.iter().filter(|&&step| step > 0 && step <= median.saturating_mul(GAP));
        let (sum, count) = usual.fold((0.0, 0.0), |(sum, n), &step| (sum + step as f64, n + 1.0));
        Some(sum / count / Time::SECOND as f64)
    }
}

/// Which of the columns become channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// Those that look like sensors that move.
    Sensors,
    /// All but labels: an external model takes what it takes.
    All,
}

/// Reads the data three times: for the bounds of each channel, for what lies beyond them, and for
/// what lies within.
pub(super) fn survey(
    data: &Data,
    options: &FitOptions,
    selection: Selection,
) -> Result<Survey, FitError> {
    let named = options.channels.is_some();
    let mut wanted = Wanted::unknown(data, options.channels.clone(), options.exclude.clone());
    let (bounds, odd) = bounds(data, &mut wanted)?;
    let mut stats: Vec<ChannelStats> = Vec::new();
    let mut steps = Steps::default();
    let (mut streams, mut current) = (Streams::new(MOST_STREAMS), 0);
    let read = data.read(&wanted, |file, sample, label| {
        if stats.is_empty() {
            stats = bounds.iter().cloned().map(ChannelStats::new).collect();
        }
        if file != current {
            current = file;
            streams.clear();
        }
        let stream = streams
            .get_or_insert(sample.stream, || Stream {
                time: None,
                last: vec![Last { value: f64::NAN, run: 0 }; sample.values.len()],
            })
            .ok_or(FitError::TooManyStreams { most: MOST_STREAMS })?;
        if data.is_normal(label) {
            let channels = stats.iter_mut().zip(&mut stream.last).zip(sample.values);
            channels.for_each(|((stats, last), &value)| stats.add(value, last));
        }
        steps.add(sample.time, stream.time);
        stream.time = sample.time;
        Ok(())
    })?;
    let columns = read.columns.as_ref().ok_or(FitError::NoRows)?;
    if stats.is_empty() {
        return Err(FitError::NoRows);
    }
    let mut left_out: Vec<String> = columns.left_out.iter().map(ToString::to_string).collect();
    let mut kept: Vec<(String, ChannelStats)> = Vec::new();
    let mut glitches = Vec::new();
    let mut seen: HashMap<u64, String> = HashMap::new();
    for (name, stats) in columns.channels.iter().zip(stats) {
        let twin = seen.get(&stats.hash.finish()).cloned();
        seen.entry(stats.hash.finish()).or_insert_with(|| name.clone());
        let label = || (!named).then(|| label(name)).flatten();
        let flaw = match selection {
            Selection::All => label(),
            Selection::Sensors => stats
                .flaw()
                .or_else(|| twin.map(|twin| format!("the same readings as {twin}")))
                .or_else(label)
                .or_else(|| (!named && stats.is_counter()).then(|| COUNTER.into())),
        };
        match flaw {
            Some(reason) => left_out.push(format!("{name}: {reason}")),
            None => {
                glitches.extend(stats.glitches.clone());
                kept.push((name.clone(), stats));
            }
        }
    }
    if kept.is_empty() {
        let warnings = words::of_reading(&read);
        return Err(FitError::NoChannels { left_out }.explained(warnings));
    }
    Ok(Survey { channels: kept, left_out, glitches, period_s: steps.period_s(), odd, read })
}

/// As [`survey`], of features of frames: the rows themselves tell which columns are sensors, and how far rows
/// lie apart. Gives the data with what was found out.
pub(super) fn survey_features<'a>(
    data: &Data,
    options: &FitOptions,
    selection: Selection,
) -> Result<(Cow<'a, Data>, Survey), FitError> {
    let rows = survey(&Data { features: None, ..data.clone() }, options, selection)?;
    let features = data.features.map(|spec| FeatureSpec { period_s: rows.period_s, ..spec });
    let data = Data { features, ..data.clone() };
    let columns = rows.channels.into_iter().map(|(name, _)| name).collect();
    let options = FitOptions { channels: Some(columns), exclude: Vec::new(), ..options.clone() };
    let mut survey = survey(&data, &options, selection)?;
    survey.left_out.splice(..0, rows.left_out);
    Ok((Cow::Owned(data), survey))
}

/// What cleans each channel's readings, and what it found.
type Cleaned = Vec<(PlausibleRange, Option<Glitches>)>;

/// Reads the data twice, for the bounds of each channel and for what lies beyond them. Gives the
/// number of rows that are not normal, too.
fn bounds(data: &Data, wanted: &mut Wanted) -> Result<(Cleaned, u64), FitError> {
    let mut samplers: Vec<Sampler> = Vec::new();
    let mut last = ByStream::new(f64::NAN);
    let (mut normal, mut odd) = (0u64, 0u64);
    let mut seen: Vec<String> = Vec::new();
    let read = data.read(wanted, |_, sample, label| {
        if !data.is_normal(label) {
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
        if !data.is_normal(label) {
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
    Ok((judged.map(|(spotter, name)| spotter.judge(name)).collect(), odd))
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

/// Columns that say what is normal are not sensors.
fn label(name: &str) -> Option<String> {
    LABELS
        .contains(&name.to_lowercase().as_str())
        .then(|| "named like a label; --channels keeps it anyway".into())
}
