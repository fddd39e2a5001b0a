//! Which column is what: names and options go in, a [`ColumnPlan`] of column numbers comes out.

pub(super) mod bind;

use oddity_core::profile::InputSpec;

use super::error::{DecodeError, LeftOut};
use super::latin;
use super::number::{Marks, NumberStyle};
use super::options::{DecodeOptions, Format};

/// What was found out about the input.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// [`Format::Auto`] no longer.
    pub format: Format,
    /// `,`, `;` or tab; none in JSON.
    pub delimiter: Option<char>,
    /// The channels, in the order of the values in a row.
    pub channels: Vec<String>,
    /// Column with the time. Without a name for it, it is only known after the first row.
    pub time: Option<String>,
    /// Column with the stream's name.
    pub key: Option<String>,
    /// Column with the label.
    pub label: Option<String>,
    /// Columns that could have been channels and are not. Filled where channels are discovered.
    pub left_out: Vec<LeftOut>,
    /// How it is written, as far as that is not plain.
    pub input: InputSpec,
    /// Guesses that a user should know of, a sentence each.
    pub guesses: Vec<String>,
    /// Columns that may be a long format. Filled where channels are discovered.
    pub long: Vec<LongForm>,
    /// Columns of texts or ids that take turns: they may tell devices apart. Filled where channels are discovered.
    pub devices: Vec<String>,
}

/// A column that names the sensor, and one that holds its readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongForm {
    /// Names the sensor.
    pub name: String,
    /// Holds its readings.
    pub value: String,
    /// Both are called as such columns are.
    pub known: bool,
}

impl Columns {
    /// How the readings of each channel are written, and those of what is optional behind them; empty where nothing is
    /// known of it.
    pub(super) fn styles(&self, optional: &[String]) -> Vec<NumberStyle> {
        if self.input.is_empty() {
            return Vec::new();
        }
        let marks = Marks::of(self.input.decimal);
        let style = |channel: &String| {
            let spec = self.input.numbers.iter().find(|spec| spec.column == *channel);
            spec.map_or_else(
                || NumberStyle { marks, ..NumberStyle::default() },
                |spec| NumberStyle::of(spec, marks),
            )
        };
        self.channels.iter().chain(optional).map(style).collect()
    }
}

/// Numbers of columns, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColumnPlan {
    /// Columns on a line.
    pub width: usize,
    /// For each channel.
    pub channels: Vec<usize>,
    /// For each optional column, where it is there.
    pub optional: Vec<Option<usize>>,
    pub time: Option<usize>,
    pub key: Option<usize>,
    pub label: Option<usize>,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValuePlace {
    Channel(usize),
    Label,
}

impl ColumnPlan {
    /// Whether this column may still become the time.
    pub fn is_free(&self, column: usize) -> bool {
        !self.channels.contains(&column)
            && !self.optional.contains(&Some(column))
            && self.key != Some(column)
            && self.label != Some(column)
    }
}

/// Names of the columns of a header: trimmed, `c3` for a third one without a name, `x.2` for a
/// second `x`.
pub(super) fn header_names<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut taken = std::collections::HashSet::new();
    for (column, field) in fields.enumerate() {
        let mut name = latin::text(field.trim_ascii()).trim().to_owned();
        if name.is_empty() {
            name = numbered(column);
        }
        let mut copy = 2;
        let mut unique = name.clone();
        while !taken.insert(unique.clone()) {
            unique = format!("{name}.{copy}");
            copy += 1;
        }
        names.push(unique);
    }
    names
}

/// The name of a column (from 0) that has none: `c1` for the first.
pub(super) fn numbered(column: usize) -> String {
    format!("c{}", column + 1)
}

/// Names for so many columns that have none. `prefixed`: the first one is what stood before the line, a time.
pub(super) fn unnamed(width: usize, prefixed: bool) -> Vec<String> {
    let prefix = usize::from(prefixed);
    let time = prefixed.then(|| "time".to_owned());
    time.into_iter().chain((0..width.saturating_sub(prefix)).map(numbered)).collect()
}

/// Names that differ only in case or in blanks around them.
pub(super) fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    a.eq_ignore_ascii_case(b)
        || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}

/// The column with this name: the same name, or else the only one that is alike.
pub(crate) fn find(wanted: &str, names: &[String]) -> Option<usize> {
    names.iter().position(|name| name == wanted).or_else(|| {
        let mut like = (0..names.len()).filter(|&column| alike(wanted, &names[column]));
        like.next().filter(|_| like.next().is_none())
    })
}

/// By name or, failing that, by number from 1.
fn find_special(wanted: &str, names: &[String]) -> Option<usize> {
    find(wanted, names).or_else(|| {
        let number: usize = wanted.trim().parse().ok()?;
        number.checked_sub(1).filter(|&column| column < names.len())
    })
}

/// Time, key and label as far as they were asked for.
pub(super) fn special(
    line: u64,
    names: &[String],
    options: &DecodeOptions,
) -> Result<[Option<usize>; 3], DecodeError> {
    let mut found = [None; 3];
    for (slot, (role, wanted)) in found.iter_mut().zip(options.special()) {
        let Some(wanted) = wanted else { continue };
        *slot =
            Some(find_special(wanted, names).ok_or_else(|| missing(line, wanted, role, names))?);
    }
    Ok(found)
}

pub(super) fn missing(
    line: u64,
    wanted: &str,
    role: &'static str,
    names: &[String],
) -> DecodeError {
    DecodeError::MissingColumn { line, wanted: wanted.to_owned(), role, there: names.to_vec() }
}

/// Every channel by its name.
pub(super) fn by_name(
    line: u64,
    names: &[String],
    channels: &[String],
    options: &DecodeOptions,
) -> Result<ColumnPlan, DecodeError> {
    let [time, key, label] = special(line, names, options)?;
    let channels = channels
        .iter()
        .map(|wanted| find(wanted, names).ok_or_else(|| missing(line, wanted, "channel", names)))
        .collect::<Result<_, _>>()?;
    let optional = options.optional.iter().map(|wanted| find(wanted, names)).collect();
    Ok(ColumnPlan { width: names.len(), channels, optional, time, key, label })
}

/// Columns without names: the channels are those that are nothing else, in order. Channels with
/// names like `c2` are those columns. `dated`: the first column holds a date, which may be a time
/// that nobody named.
pub(super) fn by_position(
    line: u64,
    width: usize,
    channels: &[String],
    options: &DecodeOptions,
    dated: bool,
) -> Result<ColumnPlan, DecodeError> {
    let names: Vec<String> = (0..width).map(numbered).collect();
    if channels.iter().all(|channel| names.contains(channel)) {
        return by_name(line, &names, channels, options);
    }
    let [time, key, label] = special(line, &names, options)?;
    let taken = [time, key, label];
    let mut free: Vec<usize> =
        (0..width).filter(|&column| !taken.contains(&Some(column))).collect();
    let auto = options.time.is_open() && dated;
    if auto && free.len() == channels.len() + 1 && free.first() == Some(&0) {
        free.remove(0);
    }
    // A date is no reading: then the time is there and a channel is not.
    let dated_channel = auto && free.first() == Some(&0);
    if free.len() == channels.len() && !dated_channel {
        // Nothing tells which of the columns they would be.
        let optional = vec![None; options.optional.len()];
        return Ok(ColumnPlan { width, channels: free, optional, time, key, label });
    }
    let asked = options.special();
    let extra: String = asked
        .iter()
        .filter_map(|(role, name)| name.map(|name| format!(" and column {name} ({role})")))
        .collect();
    let expected = channels.len() + (width - free.len());
    Err(DecodeError::Width { line, found: width, expected, channels: channels.to_vec(), extra })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        header_names(text.split(',').map(str::as_bytes))
    }

    #[test]
    fn headers_get_names_that_differ() {
        assert_eq!(names(" a ,,b,a,a,a.2"), ["a", "c2", "b", "a.2", "a.3", "a.2.2"]);
    }

    #[test]
    fn the_same_name_wins_over_one_that_is_alike() {
        assert_eq!(find("temp", &names("Temp,TEMP,temp")), Some(2));
        assert_eq!(find(" temp", &names("x,TEMP")), Some(1));
        assert_eq!(find("temp", &names("Temp,TEMP")), None, "ambiguous");
        assert_eq!(find("größe", &names("GRÖSSE,GRÖßE")), Some(1));
    }

    #[test]
    fn columns_in_any_order() {
        let wanted = ["b".to_owned(), "a".to_owned()];
        let options =
            DecodeOptions { key: Some("K".to_owned()), ..DecodeOptions::named(wanted.clone()) };
        let plan = by_name(1, &names("k,a,x,b"), &wanted, &options);
        let plan = plan.unwrap();
        assert_eq!((plan.channels, plan.key, plan.width), (vec![3, 1], Some(0), 4));
        let error = by_name(1, &names("k,a,x"), &wanted, &options).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 1: no column \"b\" (channel); the columns are: k, a, x"
        );
    }

    #[test]
    fn columns_by_position() {
        let wanted = ["p".to_owned(), "q".to_owned()];
        let plain = DecodeOptions::named(wanted.clone());
        let plan = |width, options: &DecodeOptions, dated| {
            by_position(3, width, &wanted, options, dated).map(|plan| plan.channels)
        };
        assert_eq!(plan(2, &plain, false), Ok(vec![0, 1]));
        assert_eq!(plan(3, &plain, true), Ok(vec![1, 2]));
        let keyed = DecodeOptions { key: Some("2".to_owned()), ..plain.clone() };
        assert_eq!(plan(3, &keyed, false), Ok(vec![0, 2]));
        let message = plan(4, &keyed, false).unwrap_err().to_string();
        assert!(message.contains("4 columns without a header, but 3 are needed"), "{message}");
        assert!(message.contains("p, q and column 2 (key)"), "{message}");
        assert!(plan(3, &plain, false).is_err());
        let numbered = ["c3".to_owned(), "c1".to_owned()];
        let by_number =
            by_position(1, 4, &numbered, &DecodeOptions::named(numbered.clone()), false);
        assert_eq!(by_number.unwrap().channels, [2, 0]);
    }
}
