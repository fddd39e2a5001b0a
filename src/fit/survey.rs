//! Rows of normal data go in; what each channel is like and how far rows lie apart come out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::counter::{Counting, PARTS, Rise};
use super::data::{Data, Read, Wanted};
use super::error::FitError;
use super::glitch::{Glitches, PlausibleRange, Recent, Sampler, Spotter};
use super::label::LabelValue;
use super::options::FitOptions;
use super::problems::DataProblems;
use super::words;
use crate::decode::{Channels, Columns, find_column};
use oddity_core::profile::{
    Constant, DifferenceSpec, FeatureSpec, InputSpec, MAX_CONSTANTS, SeenRange,
};
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
/// What is said besides of what does not move.
const WATCHED: &str = "; watched for a change";
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
    rise: Rise,
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
            rise: Rise::new(),
            hash: DefaultHasher::new(),
        }
    }

    /// `last` is what the stream's row before gave: streams of one input have nothing to do with
    /// each other. `part` is that of the data, from 0 to [`PARTS`].
    fn add(&mut self, value: f64, last: &mut Last, part: usize) {
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
        self.rise.add(value, last.value, part);
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

    fn is_mostly_missing(&self) -> bool {
        self.missing as f64 > MOST_MISSING * (self.count + self.missing) as f64
    }

    /// The value that it has all the time, if so.
    fn constant(&self) -> Option<f64> {
        let there = self.count > 0 && !self.is_mostly_missing();
        let still = self.max <= self.min || self.deviation() <= 1e-12 * self.mean.abs();
        (there && still).then_some(self.min)
    }

    /// Why the channel cannot be watched, if so.
    fn flaw(&self) -> Option<String> {
        if self.count == 0 {
            return Some("no reading at all".into());
        }
        if self.is_mostly_missing() {
            let rows = self.count + self.missing;
            return Some(format!("{} of {rows} readings are missing", self.missing));
        }
        if let Some(value) = self.constant() {
            return Some(format!("constant at {value}"));
        }
        if self.deviation().is_infinite() {
            return Some("its readings are too large".into());
        }
        None
    }
}

/// What the data is like.
pub(super) struct Survey {
    /// The channels to use, each with what it is like.
    pub(super) channels: Vec<(String, ChannelStats)>,
    /// Readings that count as missing.
    pub(super) glitches: Vec<Glitches>,
    /// What does not move, to be watched for a change.
    pub(super) constants: Vec<Constant>,
    /// Those not to use, each with the reason.
    pub(super) left_out: Vec<String>,
    /// Seconds between rows; `None` without times that advance.
    pub(super) period_s: Option<f64>,
    /// Rows that a label calls not normal.
    pub(super) odd: u64,
    pub(super) read: Read,
}

impl Survey {
    /// Channels that are how fast a counter rises.
    pub(super) fn differences(&self) -> &[DifferenceSpec] {
        self.read.columns.as_ref().map_or(&[], |columns| &columns.input.difference)
    }

    /// Adds a guess that whoever reads the data's description should know of.
    pub(super) fn say(&mut self, guess: String) {
        self.read.columns.iter_mut().for_each(|columns| columns.guesses.push(guess.clone()));
    }

    /// Takes back that what does not move is watched.
    pub(super) fn forget_constants(&mut self) {
        self.constants.clear();
        for what in &mut self.left_out {
            what.truncate(what.strip_suffix(WATCHED).map_or(what.len(), str::len));
        }
    }

    /// The unit of a channel whose column has this one.
    pub(super) fn unit(&self, name: &str, unit: String) -> String {
        match self.differences().iter().find(|spec| spec.column == name) {
            Some(DifferenceSpec { period_s: Some(_), .. }) => format!("{unit}/s"),
            Some(DifferenceSpec { period_s: None, .. }) => format!("{unit}/row"),
            None => unit,
        }
    }

    /// Of windows that come whole: so many, with this SHA-256.
    pub(super) fn of_windows(count: u64, sha256: String) -> Self {
        let problems = DataProblems::default();
        Self {
            channels: Vec::new(),
            constants: Vec::new(),
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
    fn period_s(&self) -> Option<f64> {
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

/// Which of the columns become channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// Those that look like sensors that move.
    Sensors,
    /// All but labels: an external model takes what it takes.
    All,
}

/// Reads the data three times: for the bounds of each channel, for what lies beyond them, and for
/// what lies within. Where there are counters whose rise is to be taken, it does so once more, of that.
pub(super) fn survey(
    data: &Data,
    options: &FitOptions,
    selection: Selection,
) -> Result<Survey, FitError> {
    let guess = selection == Selection::Sensors && options.channels.is_none();
    survey_rows(data, options, selection, guess && data.features.is_none())
}

/// As [`survey`]. `guess`: counters are plain enough to take their rise unasked.
fn survey_rows(
    data: &Data,
    options: &FitOptions,
    selection: Selection,
    guess: bool,
) -> Result<Survey, FitError> {
    let mut wanted = Wanted::unknown(data, options.channels.clone(), options.exclude.clone());
    let first = measure(data, &mut wanted)?;
    let (difference, said) = first.differences(&options.difference, guess)?;
    if difference.is_empty() {
        return choose(first, options, selection);
    }
    let mut wanted = Wanted {
        channels: Channels::Named(first.columns.channels.clone()),
        learned: InputSpec { difference, ..first.columns.input.clone() },
        ..wanted
    };
    let mut measured = measure(data, &mut wanted)?;
    measured.columns.left_out = first.columns.left_out;
    measured.columns.guesses = first.columns.guesses;
    measured.columns.guesses.extend(said);
    choose(measured, options, selection)
}

/// What every column is like that may become a channel.
struct Measured {
    columns: Columns,
    stats: Vec<ChannelStats>,
    steps: Steps,
    odd: u64,
    read: Read,
}

impl Measured {
    /// The counters whose rise is to be taken: those that were asked for, and, where it may be guessed, those that are
    /// plain. With a sentence about each of the latter.
    fn differences(
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
            if known || stats.rise.counting() != Counting::Resets || label(name).is_some() {
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

fn measure(data: &Data, wanted: &mut Wanted) -> Result<Measured, FitError> {
    let (bounds, odd, rows) = bounds(data, wanted)?;
    let mut stats: Vec<ChannelStats> = Vec::new();
    let mut steps = Steps::default();
    let (mut streams, mut current) = (Streams::new(MOST_STREAMS), 0);
    let mut read = data.read(wanted, |file, sample, label| {
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
            let part = sample.row.saturating_sub(1).saturating_mul(PARTS as u64) / rows.max(1);
            channels.for_each(|((stats, last), &value)| stats.add(value, last, part as usize));
        }
        steps.add(sample.time, stream.time);
        stream.time = sample.time;
        Ok(())
    })?;
    let columns = read.columns.take().filter(|_| !stats.is_empty()).ok_or(FitError::NoRows)?;
    Ok(Measured { columns, stats, steps, odd, read })
}

/// Which columns become channels, and why the others do not.
fn choose(
    measured: Measured,
    options: &FitOptions,
    selection: Selection,
) -> Result<Survey, FitError> {
    let Measured { mut columns, stats, steps, odd, mut read } = measured;
    let named = options.channels.is_some();
    let difference = &columns.input.difference;
    let mut left_out: Vec<String> = columns.left_out.iter().map(ToString::to_string).collect();
    let mut kept: Vec<(String, ChannelStats)> = Vec::new();
    let (mut glitches, mut constants) = (Vec::new(), Vec::new());
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
                .or_else(|| {
                    let counts = !named && stats.rise.counting() == Counting::Rises;
                    counts.then(|| {
                        format!(
                            "a counter: it only ever rises; --difference {name} watches how fast, \
                             --channels keeps it as it is"
                        )
                    })
                }),
        };
        match flaw {
            Some(reason) => {
                let constant = stats.constant().and_then(|value| Constant::new(name, value));
                let is_rise = difference.iter().any(|spec| spec.column == *name);
                let watched = label().is_none() && !is_rise && constants.len() < MAX_CONSTANTS;
                match constant.filter(|_| watched) {
                    Some(constant) => {
                        left_out.push(format!("{name}: {reason}{WATCHED}"));
                        constants.push(constant);
                    }
                    None => left_out.push(format!("{name}: {reason}")),
                }
            }
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
    columns.input.difference.retain(|spec| kept.iter().any(|(name, _)| *name == spec.column));
    read.columns = Some(columns);
    let (channels, period_s) = (kept, steps.period_s());
    Ok(Survey { channels, constants, left_out, glitches, period_s, odd, read })
}

/// As [`survey`], of features of frames: the rows themselves tell which columns are sensors, and how far rows
/// lie apart. Gives the data with what was found out.
pub(super) fn survey_features<'a>(
    data: &Data,
    options: &FitOptions,
    selection: Selection,
) -> Result<(Cow<'a, Data>, Survey), FitError> {
    if !options.difference.is_empty() {
        let what = "--difference is of rows: it cannot be had with --features";
        return Err(FitError::Option(what.into()));
    }
    let rows = survey_rows(&Data { features: None, ..data.clone() }, options, selection, false)?;
    let features = data.features.map(|spec| FeatureSpec { period_s: rows.period_s, ..spec });
    let data = Data { features, ..data.clone() };
    let columns = rows.channels.into_iter().map(|(name, _)| name).collect();
    let options = FitOptions { channels: Some(columns), exclude: Vec::new(), ..options.clone() };
    let mut survey = survey(&data, &options, selection)?;
    survey.constants = rows.constants;
    survey.left_out.splice(..0, rows.left_out);
    Ok((Cow::Owned(data), survey))
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

/// Columns that say what is normal are not sensors.
fn label(name: &str) -> Option<String> {
    LABELS
        .contains(&name.to_lowercase().as_str())
        .then(|| "named like a label; --channels keeps it anyway".into())
}
