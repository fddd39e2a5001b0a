//! Rows of normal data go in; what each channel is like and how far rows lie apart come out.

mod daily;
mod measure;
mod precedents;

use std::borrow::Cow;
use std::collections::HashMap;

use super::channel::{ChannelStats, HOLD, hold_in_turn};
use super::counter::Counting;
use super::data::{Data, Read, Wanted};
use super::error::FitError;
use super::glitch::Glitches;
use super::label::flaw_of_name;
use super::long::{self, Long};
use super::options::FitOptions;
use super::problems::DataProblems;
use super::unlike::Unlike;
use crate::decode::Channels;
pub(super) use daily::averaged;
use measure::{Measured, measure};
use oddity_core::profile::{
    Constant, DifferenceSpec, FeatureSpec, InputSpec, MAX_CONSTANTS, UnprecedentedSpec,
};
use precedents::precedents;

/// What is said besides of what does not move.
const WATCHED: &str = "; watched for a change";

/// What the data is like.
pub(super) struct Survey {
    /// The channels to use, each with what it is like.
    pub(super) channels: Vec<(String, ChannelStats)>,
    /// Readings that count as missing.
    pub(super) glitches: Vec<Glitches>,
    /// What does not move, to be watched for a change.
    pub(super) constants: Vec<Constant>,
    /// What was seen of the channels, to tell what never was.
    pub(super) unprecedented: Option<UnprecedentedSpec>,
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
            unprecedented: None,
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

/// Which of the columns become channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// Those that look like sensors that move.
    Sensors,
    /// All but labels: an external model takes what it takes.
    All,
}

/// Measures the data and chooses among its columns. Where there are counters whose rise is to be taken,
/// it does so once more, of that.
pub(super) fn survey(
    data: &Data,
    options: &FitOptions,
    selection: Selection,
) -> Result<Survey, FitError> {
    let guess = selection == Selection::Sensors && options.channels.is_none();
    let mut survey = survey_rows(data, options, selection, guess && data.features.is_none())?;
    if options.unprecedented && data.features.is_none() {
        survey.unprecedented = precedents(data, &survey.channels, (survey.period_s, &survey.read))?;
    }
    Ok(survey)
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
        let mut survey = choose(measured, (long, data), options, selection)?;
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

/// Which columns become channels, and why the others do not.
fn choose(
    measured: Measured,
    (long, data): (Option<Long>, &Data),
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
    left_out.extend(data.without.to_words());
    let mut said = Vec::new();
    if data.idle.count() > 0 {
        said.push(format!(
            "in {} of the {} rows --when does not hold: they are not learned from",
            data.idle.count(),
            read.rows
        ));
    }
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
        let label = || (!named).then(|| flaw_of_name(name)).flatten();
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
    Ok(Survey {
        channels,
        constants,
        unprecedented: None,
        left_out,
        glitches,
        period_s,
        hold,
        unlike,
        said,
        odd,
        read,
    })
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
