//! Data goes in; whether each of its lines has the reading of one sensor comes out, and how rows are made of them.
//!
//! Candidates come from the first lines, or from whoever says it; which sensors there are and how they report, only
//! all of the data tells. Keeps a bounded part of it.

use super::data::{Data, Wanted};
use super::error::FitError;
use super::options::FitOptions;
use super::unlike::{Spread, Spreads, UNLIKE};
use crate::decode::{Channels, Columns, KeyColumn, LongForm, PivotHint, channel_name};
use oddity_core::profile::{InputSpec, PivotSpec};
use oddity_core::types::Time;
use oddity_core::window::Streams;

/// Sensors that are looked for; more names tell something else apart, unless somebody says that they are sensors.
const MOST_SENSORS: usize = 64;
const MOST_NAMED: usize = 4096;
/// As many where the columns are called as such columns are.
const MOST_KNOWN: usize = 512;
/// Columns that tell devices apart, and the spread of all together in that of one from which it is said.
const DEVICES: [&str; 12] = [
    "id", "model", "device", "dev", "mac", "topic", "host", "node", "station", "machine", "unit",
    "address",
];
const UNLIKE_DEVICES: f64 = 1.5;
/// Readings that tell in which order the sensors report; as many as can be put in order later.
const MOST_READINGS: usize = 2_000_000;
/// Lines of a sensor, of which most are numbers.
const LEAST_READINGS: u64 = 10;
/// Of the readings that could have the time of the one before, so many have it where sensors report together.
const TOGETHER: f64 = 0.5;
/// So many of them where clocks are no coarser than that.
const EXACT: f64 = 0.85;
/// Sensors in a round, where they report in turn.
const IN_TURN: f64 = 0.75;
/// Rounds that tell.
const ROUNDS: usize = 8;

/// Data in long format.
#[derive(Clone, Debug)]
pub(super) struct Long {
    /// The channels that its rows have.
    pub(super) channels: Vec<String>,
    /// How it is written.
    pub(super) input: InputSpec,
    /// What should be known of it.
    pub(super) said: Vec<String>,
    /// Names that are no sensors, each with the reason.
    pub(super) left_out: Vec<String>,
}

/// What the lines with one name are like.
#[derive(Clone, Debug)]
struct Named {
    name: String,
    lines: u64,
    /// Of each column of readings.
    numbers: Vec<u64>,
}

/// One line: its time and the number of its name.
type Line = (Option<Time>, u32);

/// The names, and the lines in their order.
type NamedLines = (Vec<Named>, Vec<Line>);

/// How sensors report.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Course {
    /// Readings that belong together have one time.
    together: bool,
    /// Each reports once in a round.
    in_turn: bool,
    /// One after the other, each with all it has.
    tables: bool,
    span_s: f64,
}

/// Finds out whether the data is in long format.
///
/// # Errors
/// When it cannot be read, or somebody says that it is and it is not.
pub(super) fn find(data: &Data, options: &FitOptions) -> Result<Option<Long>, FitError> {
    if data.hints.pivot == PivotHint::Off {
        return Ok(None);
    }
    let columns = data.peek()?;
    if let PivotHint::Columns { name, values } = &data.hints.pivot {
        let (named, lines) =
            read(data, columns.as_ref(), name, values, MOST_NAMED)?.ok_or_else(|| {
                FitError::Option(format!("column {name} has more than {MOST_NAMED} names"))
            })?;
        return Ok(Some(pivot(columns.as_ref(), (name, values), named, lines, options).0));
    }
    let Some(columns) = &columns else { return Ok(None) };
    let asked = options.channels.as_deref().unwrap_or_default();
    let columns_asked = asked.iter().any(|name| columns.channels.contains(name));
    if columns_asked || data.label.is_some() {
        return Ok(None);
    }
    for LongForm { name, value, known } in &columns.long {
        let values = std::slice::from_ref(value);
        let most = if *known { MOST_KNOWN } else { MOST_SENSORS };
        let Some((named, lines)) = read(data, Some(columns), name, values, most)? else { continue };
        let (long, course) = pivot(Some(columns), (name, values), named, lines, options);
        let plain = *known || course.together || course.in_turn;
        if plain && long.channels.len() > 1 && asked.iter().all(|name| long.channels.contains(name))
        {
            return Ok(Some(long));
        }
    }
    Ok(None)
}

/// What should be said of a column whose names take turns, where the rows of each are of another scale: `None` where
/// all are alike, or somebody has said what tells rows apart.
///
/// # Errors
/// When the data cannot be read.
pub(super) fn devices(data: &Data, options: &FitOptions) -> Result<Option<String>, FitError> {
    if matches!(data.key, KeyColumn::Named(_)) || data.hints.pivot != PivotHint::Auto {
        return Ok(None);
    }
    let Some(columns) = data.peek()? else { return Ok(None) };
    let channels = options.channels.clone().unwrap_or_else(|| columns.channels.clone());
    for column in &columns.devices {
        let keyed = KeyColumn::Named(column.clone());
        let data = Data { key: keyed, features: None, label: None, ..data.clone() };
        let mut streams: Streams<Vec<Spread>> = Streams::new(MOST_SENSORS);
        let wanted = of_columns(&data, channels.clone(), Some(&columns));
        data.read(&wanted, |_, sample, _| {
            let new = || vec![Spread::default(); sample.values.len()];
            if let Some(spreads) = streams.get_or_insert(sample.stream, new) {
                spreads
                    .iter_mut()
                    .zip(sample.values)
                    .for_each(|(spread, value)| spread.add(*value));
            }
            Ok(())
        })?;
        let mut spreads = Spreads::default();
        for number in 0.. {
            let Some((name, channels)) = streams.get_mut(number) else { break };
            spreads.add(name, std::mem::take(channels));
        }
        let pooled = spreads.pooled();
        let pooled = pooled.into_iter().zip(&channels).enumerate();
        let pooled: Vec<(usize, &str, f64, f64)> = pooled
            .map(|(place, ((mean, scale), name))| (place, name.as_str(), mean, scale))
            .collect();
        let unlike = if is_device(column) { UNLIKE_DEVICES } else { UNLIKE };
        if let Some(shown) = spreads.difference(&pooled, unlike) {
            return Ok(Some(format!(
                "column {column} names several that take turns, and they differ: {shown}; --key {column} watches \
                 each on its own, --pivot {column},{} makes channels of each",
                channels.join(",")
            )));
        }
    }
    Ok(None)
}

fn is_device(column: &str) -> bool {
    let last = column.rsplit('.').next().unwrap_or(column).trim().to_ascii_lowercase();
    DEVICES.contains(&last.as_str()) || last.ends_with("_id")
}

/// Reads all lines by name; `None` where there are too many names.
fn read(
    data: &Data,
    columns: Option<&Columns>,
    name: &str,
    values: &[String],
    most: usize,
) -> Result<Option<NamedLines>, FitError> {
    // Lines are told apart by name, as streams are by a key.
    let mut data = Data { key: KeyColumn::Named(name.to_owned()), features: None, ..data.clone() };
    data.hints.pivot = PivotHint::Off;
    let mut wanted = of_columns(&data, values.to_vec(), columns);
    wanted.learned.pivot = None;
    let mut named: Vec<Named> = Vec::new();
    let mut lines: Vec<Line> = Vec::new();
    let (mut last, mut too_many) = (0_usize, false);
    data.read(&wanted, |_, sample, _| {
        if named.get(last).is_none_or(|named| named.name != sample.stream) {
            let known = named.iter().position(|named| named.name == sample.stream);
            last = match known {
                Some(known) => known,
                None if named.len() >= most => {
                    too_many = true;
                    return Ok(());
                }
                None => {
                    let (name, numbers) = (sample.stream.to_owned(), vec![0; values.len()]);
                    named.push(Named { name, lines: 0, numbers });
                    named.len() - 1
                }
            };
        }
        if let Some(named) = named.get_mut(last) {
            named.lines += 1;
            let numbers = named.numbers.iter_mut().zip(sample.values);
            numbers.for_each(|(count, value)| *count += u64::from(value.is_finite()));
        }
        if lines.len() < MOST_READINGS {
            lines.push((sample.time, u32::try_from(last).unwrap_or(u32::MAX)));
        }
        Ok(())
    })?;
    Ok((!too_many).then_some((named, lines)))
}

/// These columns, read as the first lines look.
fn of_columns(data: &Data, names: Vec<String>, columns: Option<&Columns>) -> Wanted {
    Wanted {
        channels: Channels::Named(names),
        learned: columns.map(|columns| columns.input.clone()).unwrap_or_default(),
        ..Wanted::unknown(data, None, Vec::new())
    }
}

/// How rows are made of lines with these names.
fn pivot(
    columns: Option<&Columns>,
    (name, values): (&str, &[String]),
    named: Vec<Named>,
    mut lines: Vec<Line>,
    options: &FitOptions,
) -> (Long, Course) {
    let (mut channels, mut left_out, mut sensors) = (Vec::new(), Vec::new(), Vec::new());
    for Named { name, lines, numbers } in &named {
        let mut is_sensor = false;
        for (column, &numbers) in values.iter().zip(numbers) {
            let channel = channel_name(name, column, values.len());
            if numbers < LEAST_READINGS || numbers * 2 < *lines && values.len() == 1 {
                // Of several columns, most sensors have not all.
                if numbers > 0 || values.len() == 1 {
                    left_out.push(format!("{channel}: {numbers} of {lines} readings are numbers"));
                }
            } else if options.exclude.contains(&channel) {
                is_sensor = true;
            } else {
                is_sensor = true;
                channels.push(channel);
            }
        }
        sensors.push(is_sensor);
    }
    lines.retain(|(_, name)| sensors.get(*name as usize) == Some(&true));
    let course = course(&mut lines, sensors.iter().filter(|is_sensor| **is_sensor).count());
    if let Some(asked) = &options.channels {
        let is_there = asked.iter().all(|name| channels.contains(name));
        channels = if is_there { asked.clone() } else { channels };
    }
    let how = match course {
        Course { tables: true, .. } => {
            "the sensors come one after the other, and are brought together by time"
        }
        Course { together: true, .. } => "readings of one time make a row",
        Course { in_turn: true, .. } => "the sensors report in turn, and a round makes a row",
        _ => "each reading makes a row, and the others are held",
    };
    let said = format!(
        "long format: column {name} names the sensors, {} holds their readings; channels are {}; {how} (--pivot \
         none reads columns as they are, --key {name} watches each on its own)",
        values.join(", "),
        list(&channels)
    );
    let spec = PivotSpec {
        name: name.to_owned(),
        values: values.to_vec(),
        span_s: course.span_s,
        tables: course.tables,
    };
    let input = InputSpec {
        pivot: Some(spec),
        ..columns.map(|columns| columns.input.clone()).unwrap_or_default()
    };
    (Long { channels, input, said: vec![said], left_out }, course)
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// How so many sensors report. Puts the lines in order where they are not.
fn course(lines: &mut [Line], sensors: usize) -> Course {
    let (mut switches, mut backs) = (0_u64, 0_u64);
    for pair in lines.windows(2) {
        let &[(before, a), (now, b)] = pair else { continue };
        switches += u64::from(a != b);
        backs += u64::from(a != b && now < before);
    }
    let tables = backs > 0 && backs * 2 >= switches;
    if tables {
        lines.sort_by_key(|(time, _)| *time);
    }
    let same = lines.windows(2).filter(
        |pair| matches!(pair, &[(Some(before), a), (Some(now), b)] if before == now && a != b),
    );
    let possible = lines.len() as f64 * (sensors.max(1) - 1) as f64 / sensors.max(1) as f64;
    let same = same.count() as f64;
    let together = sensors > 1 && same >= TOGETHER * possible;
    let (sizes, spreads, steps) = rounds(lines);
    let mean = sizes.iter().sum::<usize>() as f64 / sizes.len().max(1) as f64;
    let in_turn = sizes.len() >= ROUNDS && sensors > 1 && mean >= IN_TURN * sensors as f64;
    let span_s = match (quantile(spreads, 0.95), quantile(steps, 0.5)) {
        (Some(spread), Some(step)) if in_turn && spread < step => (spread + step) / 2.0,
        (Some(spread), _) if in_turn => spread,
        _ => 0.0,
    };
    let exact = together && same >= EXACT * possible;
    Course { together, in_turn, tables, span_s: if exact { 0.0 } else { span_s } }
}

/// Lines up to the next of a sensor that was there already: how many, the seconds from first to last, and the
/// seconds from one round to the next.
fn rounds(lines: &[Line]) -> (Vec<usize>, Vec<f64>, Vec<f64>) {
    let (mut sizes, mut spreads, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    let mut there: Vec<u32> = Vec::new();
    let (mut first, mut last) = (None, None);
    let seconds = |from: Option<Time>, to: Option<Time>| {
        Some(to?.0.saturating_sub(from?.0) as f64 / Time::SECOND as f64)
    };
    for &(time, name) in lines {
        if there.contains(&name) {
            sizes.push(there.len());
            spreads.extend(seconds(first, last));
            steps.extend(seconds(first, time));
            there.clear();
        }
        if there.is_empty() {
            first = time;
        }
        there.push(name);
        last = time;
    }
    (sizes, spreads, steps)
}

fn quantile(mut values: Vec<f64>, q: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get((values.len().saturating_sub(1) as f64 * q) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(of: impl IntoIterator<Item = (f64, u32)>) -> Vec<Line> {
        of.into_iter().map(|(s, name)| (Some(Time((s * 1e9) as i64)), name)).collect()
    }

    #[test]
    fn sensors_of_one_time() {
        let mut all = lines((0..90).map(|at| (f64::from(at / 3), at as u32 % 3)));
        let course = course(&mut all, 3);
        assert!(course.together && !course.tables && course.span_s == 0.0, "{course:?}");
    }

    #[test]
    fn sensors_in_turn() {
        let mut all = lines((0..90).map(|at| (f64::from(at), at as u32 % 3)));
        assert_eq!(
            course(&mut all, 3),
            Course { together: false, in_turn: true, tables: false, span_s: 2.5 }
        );
        // Each ten seconds within a few tenths.
        let mut all =
            lines((0..90).map(|at| (f64::from(at / 3 * 10 + at % 3) / 10.0 * 10.0, at as u32 % 3)));
        assert!(course(&mut all, 3).in_turn);
    }

    #[test]
    fn tables() {
        let mut all = lines((0..90).map(|at| (f64::from(at % 30), at as u32 / 30)));
        assert_eq!(
            course(&mut all, 3),
            Course { together: true, in_turn: true, tables: true, span_s: 0.0 }
        );
    }

    #[test]
    fn states_of_a_machine_are_no_sensors() {
        let mut all = lines((0..400).map(|at| (f64::from(at), at as u32 / 40 % 2)));
        let course = course(&mut all, 2);
        assert!(!course.together && !course.in_turn && !course.tables, "{course:?}");
    }
}
