//! What a profile says of the data that it was learned from: how it was written, its streams, what never moved,
//! what was seen of each channel. A profile goes in, or an error comes out that names the field.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::field::{MAX_NAME, MAX_SECONDS, ProfileError, bad, ensure, numbers, period_of_rows};
use crate::profile::document::{Constant, Profile, SeenRange};
use crate::profile::input::{InputSpec, PivotSpec};
use crate::profile::spec::DifferenceSpec;
use crate::profile::time::TimeSpec;

/// Constants that are watched, at most.
pub const MAX_CONSTANTS: usize = 4096;
/// Columns of the data, and bytes of their names in all.
const MAX_COLUMNS: usize = 65_536;
const MAX_COLUMN_BYTES: usize = 4 << 20;
/// Bytes of the name of a delimiter.
const MAX_DELIMITER: usize = 16;
/// Bytes of the name of a format.
const MAX_FORMAT: usize = 16;
/// Columns of readings in long format, and bytes of a column's name.
const MAX_PIVOT_VALUES: usize = 64;
const MAX_PIVOT_NAME: usize = 1024;
/// Streams with means and scales of their own, and those numbers in all.
pub const MAX_STREAM_SCALES: usize = 1024;
const MAX_STREAM_NUMBERS: usize = 1 << 18;
const MAX_STREAM_NAME: usize = 256;

impl Constant {
    /// `None` where the name is empty or too long, or the value not finite.
    pub fn new(name: &str, value: f64) -> Option<Self> {
        let good = (1..=MAX_NAME).contains(&name.len()) && value.is_finite();
        good.then(|| Self { name: name.into(), value })
    }
}

pub(super) fn streams(p: &Profile) -> Result<(), ProfileError> {
    let (count, channels) = (p.streams.len(), p.channels.len());
    ensure(
        count <= MAX_STREAM_SCALES && count * channels <= MAX_STREAM_NUMBERS,
        "streams",
        || format!("are {count} of {channels} channels, which is too much"),
    )?;
    let mut names: Vec<&str> = p.streams.iter().map(|stream| stream.name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
    ensure(!twice, "streams", || "have a name twice".into())?;
    for stream in &p.streams {
        let field = || format!("stream {:?}", stream.name);
        ensure(stream.name.len() <= MAX_STREAM_NAME, &field(), || "has too long a name".into())?;
        numbers(&stream.mean, channels, &field())?;
        numbers(&stream.scale, channels, &field())?;
        let positive = stream.scale.iter().all(|&scale| scale > 0.0 && (1.0 / scale).is_finite());
        ensure(positive, &field(), || "has a scale that is not above zero".into())?;
    }
    Ok(())
}

pub(super) fn input(p: &Profile) -> Result<(), ProfileError> {
    let InputSpec {
        columns,
        decimal,
        numbers,
        delimiter,
        prefix: _,
        time,
        difference,
        format,
        pivot,
    } = &p.input;
    ensure(
        delimiter.as_ref().is_none_or(|name| name.len() <= MAX_DELIMITER),
        "input.delimiter",
        || "is no delimiter".into(),
    )?;
    if let Some((field, problem)) = time.as_ref().and_then(TimeSpec::fault) {
        return Err(bad(field, problem));
    }
    let bytes: usize = columns.iter().map(|name| name.len()).sum();
    ensure(columns.len() <= MAX_COLUMNS && bytes <= MAX_COLUMN_BYTES, "input.columns", || {
        format!("are {} with {bytes} bytes of names, which is too much", columns.len())
    })?;
    ensure(numbers.len() <= MAX_COLUMNS, "input.numbers", || {
        format!("are {}, but at most {MAX_COLUMNS}", numbers.len())
    })?;
    for number in numbers {
        let words = number.words.iter().flatten().chain(&number.unit).chain([&number.column]);
        ensure(words.map(String::len).all(|n| n <= MAX_NAME), "input.numbers", || {
            format!("hold a text of more than {MAX_NAME} bytes")
        })?;
    }
    let marks = numbers.iter().map(|number| number.decimal).chain([*decimal]);
    ensure(marks.flatten().all(|mark| matches!(mark, '.' | ',')), "input.decimal", || {
        "must be `.` or `,`".into()
    })?;
    ensure(format.as_ref().is_none_or(|name| name.len() <= MAX_FORMAT), "input.format", || {
        "is too long".into()
    })?;
    pivot.as_ref().map_or(Ok(()), check_pivot)?;
    differences(p, difference)
}

pub(super) fn constants(p: &Profile) -> Result<(), ProfileError> {
    ensure(p.constants.len() <= MAX_CONSTANTS, "constants", || {
        format!("are {}, but at most {MAX_CONSTANTS} can be watched", p.constants.len())
    })?;
    let mut seen: BTreeSet<&str> = p.channels.iter().map(|c| c.name.as_str()).collect();
    for constant in &p.constants {
        ensure(Constant::new(&constant.name, constant.value).is_some(), "constants", || {
            format!(
                "hold {:?} with the value {}: names may be {MAX_NAME} bytes long and not empty, values \
                 are finite",
                constant.name, constant.value
            )
        })?;
        ensure(seen.insert(constant.name.as_str()), "constants", || {
            format!("hold the name {:?}, which is there already", constant.name)
        })?;
    }
    Ok(())
}

fn differences(p: &Profile, difference: &[DifferenceSpec]) -> Result<(), ProfileError> {
    ensure(difference.is_empty() || p.features.is_none(), "input.difference", || {
        "is of rows, but the model reads features of frames".into()
    })?;
    let names: BTreeSet<&str> = p.channels.iter().map(|c| c.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    for DifferenceSpec { column, period_s } in difference {
        ensure(names.contains(column.as_str()), "input.difference", || {
            format!("holds {column:?}, which is no channel")
        })?;
        ensure(seen.insert(column.as_str()), "input.difference", || {
            format!("holds the name {column:?} twice")
        })?;
        period_s.map_or(Ok(()), |period| period_of_rows(period, "input.difference.period_s"))?;
    }
    Ok(())
}

pub(super) fn seen_range(
    SeenRange { low, high, errors }: &SeenRange,
    name: &str,
) -> Result<(), ProfileError> {
    let field = format!("seen of channel {name:?}");
    ensure(low.is_finite() && high.is_finite() && low <= high, &field, || {
        format!("is from {low} to {high}, but must be two numbers, the smaller first")
    })?;
    ensure(errors.len() <= SeenRange::MOST_ERRORS, &field, || {
        format!("has {} errors, but may have {}", errors.len(), SeenRange::MOST_ERRORS)
    })?;
    numbers(errors, errors.len(), &field)
}

fn check_pivot(spec: &PivotSpec) -> Result<(), ProfileError> {
    let PivotSpec { name, values, span_s, tables: _ } = spec;
    let long = |name: &String| name.is_empty() || name.len() > MAX_PIVOT_NAME;
    ensure(!long(name), "input.pivot.name", || "is empty or too long".into())?;
    ensure((1..=MAX_PIVOT_VALUES).contains(&values.len()), "input.pivot.values", || {
        format!("are {}, not 1 to {MAX_PIVOT_VALUES}", values.len())
    })?;
    ensure(!values.iter().any(long), "input.pivot.values", || "has a bad name".into())?;
    ensure((0.0..=MAX_SECONDS).contains(span_s), "input.pivot.span_s", || {
        format!("is {span_s}, not 0 to {MAX_SECONDS}")
    })
}
