//! Rows of normal data go in; what each channel is like and how far rows lie apart come out.

use std::borrow::Cow;
use std::collections::HashMap;

use super::channel::{ChannelStats, HOLD, Last, hold_in_turn};
use super::counter::{Counting, PARTS};
use super::data::{Data, Read, Wanted};
use super::error::FitError;
use super::glitch::{Glitches, PlausibleRange, Recent, Sampler, Spotter};
use super::label::LabelValue;
use super::long::{self, Long};
use super::options::FitOptions;
use super::problems::DataProblems;
use super::unlike::{Spread, Spreads, Unlike};
use crate::decode::{Channels, Columns, find_column};
use oddity_core::profile::{Constant, DifferenceSpec, FeatureSpec, InputSpec, MAX_CONSTANTS};
use oddity_core::types::{Sample, Time};
use oddity_core::window::{MOST_STREAMS, Streams};

/// One row in so many may have the time of the row before it, or an earlier one.
const STANDING: usize = 20;
/// A step longer than so many median steps is a gap.
const GAP: i64 = 3;
/// Steps between rows that the sample period is found from.
const STEPS: usize = 8192;
/// What is said besides of what does not move.
const WATCHED: &str = "; watched for a change";
const LABELS: [&str; 8] =
    ["label", "labels", "anomaly", "is_anomaly", "changepoint", "class", "target", "fault"];

/// Labels that a message names.
const NAMED: usize = 6;

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
    /// Rows for which readings have to be held because sensors report in turn.
    pub(super) hold: Option<u32>,
    /// Streams that are not of one scale.
    pub(super) unlike: Unlike,
    /// What should be known of how it was read.
    pub(super) said: Vec<String>,
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
            hold: None,
            unlike: Unlike::default(),
            said: Vec::new(),
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
    /// Of streams that have a name.
    spreads: Vec<Spread>,
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
    let long = long::find(data, options)?;
    let mut wanted = match &long {
        Some(long) => Wanted {
            channels: Channels::Named(long.channels.clone()),
            learned: long.input.clone(),
            ..Wanted::unknown(data, None, Vec::new())
        },
        None => Wanted::unknown(data, options.channels.clone(), options.exclude.clone()),
    };
    let first = measure(data, &mut wanted)?;
    let (difference, said) = first.differences(&options.difference, guess)?;
    let devices = match long {
        Some(_) => None,
        None => long::devices(data, options)?,
    };
    let choose = |measured: Measured| {
        let mut survey = choose(measured, long, options, selection)?;
        survey.said.splice(..0, devices);
        Ok(survey)
    };
    if difference.is_empty() {
        return choose(first);
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
    choose(measured)
}

/// What every column is like that may become a channel.
struct Measured {
    columns: Columns,
    stats: Vec<ChannelStats>,
    spreads: Spreads,
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
        if data.is_normal(label) {
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

/// Which columns become channels, and why the others do not.
fn choose(
    measured: Measured,
    long: Option<Long>,
    options: &FitOptions,
    selection: Selection,
) -> Result<Survey, FitError> {
    let Measured { mut columns, stats, spreads, steps, odd, mut read } = measured;
    let named = options.channels.is_some();
    let difference = &columns.input.difference;
    let mut left_out: Vec<String> = columns.left_out.iter().map(ToString::to_string).collect();
    let in_turn = match options.hold {
        Some(_) => None,
        None => hold_in_turn(&stats, long.is_some()),
    };
    let hold = options.hold.or(in_turn).unwrap_or(HOLD);
    let mut said = Vec::new();
    if let Some(long) = long {
        said = long.said;
        left_out.extend(long.left_out);
    }
    said.extend(in_turn.map(|rows| {
        format!(
            "the sensors do not all report in each row: the last reading of each is held for up to {rows} rows \
             (--hold sets it)"
        )
    }));
    let mut kept: Vec<(String, ChannelStats)> = Vec::new();
    let mut places = Vec::new();
    let (mut glitches, mut constants) = (Vec::new(), Vec::new());
    let mut seen: HashMap<u64, String> = HashMap::new();
    for (place, (name, stats)) in columns.channels.iter().zip(stats).enumerate() {
        let twin = seen.get(&stats.digest()).cloned();
        seen.entry(stats.digest()).or_insert_with(|| name.clone());
        let label = || (!named).then(|| label(name)).flatten();
        let flaw = match selection {
            Selection::All => label(),
            Selection::Sensors => stats
                .flaw(hold)
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
                let constant = stats.constant(hold).and_then(|value| Constant::new(name, value));
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
                places.push(place);
                kept.push((name.clone(), stats));
            }
        }
    }
    if kept.is_empty() {
        let warnings = read.warnings();
        return Err(FitError::NoChannels { left_out }.explained(warnings));
    }
    columns.input.difference.retain(|spec| kept.iter().any(|(name, _)| *name == spec.column));
    read.columns = Some(columns);
    let pooled: Vec<(usize, &str, f64, f64)> = places
        .into_iter()
        .zip(&kept)
        .map(|(place, (name, stats))| (place, name.as_str(), stats.mean, stats.scale()))
        .collect();
    let unlike = spreads.judge(&pooled);
    let (channels, period_s, hold) = (kept, steps.period_s(), in_turn);
    Ok(Survey { channels, constants, left_out, glitches, period_s, hold, unlike, said, odd, read })
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
