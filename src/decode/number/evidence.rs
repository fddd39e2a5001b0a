//! The first readings of every column go in; how each is written comes out, with what a user should know
//! of it.
//!
//! A number alone may leave two readings: `1,012`. Its column often leaves one, by numbers that are plain
//! and by those without a mark, which lie near one of the two; failing that, the other columns do.

use oddity_core::profile::{InputSpec, NumberSpec};

use super::parts::{Mark, Parts, Shape};
use super::style::{Marks, NumberStyle};
use super::words::Words;
use crate::decode::latin;
use crate::decode::value::is_missing;

/// A unit is that of the column where at most one number in so many has another.
const STRANGERS: u32 = 10;

/// Units that are told apart in one column.
const UNITS: usize = 8;

/// What the first fields of one column show.
#[derive(Clone, Debug, Default)]
pub(in crate::decode) struct Evidence {
    /// Numbers whose decimals only a point, only a comma can part.
    point: u32,
    comma: u32,
    open: [OpenMark; 2],
    /// The last number, and whether it has an open mark: what it is with and without decimals.
    last: Option<([f64; 2], Option<Mark>)>,
    /// With how many numbers have them.
    units: Vec<(String, u32)>,
    numbers: u32,
    /// All numbers are 0 or 1.
    switching: bool,
    words: Words,
    texts: u32,
}

/// Numbers in which one mark may be for decimals or for thousands.
#[derive(Clone, Debug, Default)]
struct OpenMark {
    count: u32,
    /// The first of them.
    first: String,
    /// How far they are from their neighbours without a mark, as sums of logarithms: read as thousands,
    /// and as decimals.
    far: [f64; 2],
}

impl Evidence {
    pub fn add(&mut self, field: &[u8]) {
        let field = field.trim_ascii();
        if is_missing(field) {
            return;
        }
        let text = latin::text(field);
        let Some(parts) = Parts::of(&text) else {
            self.texts += 1;
            return self.words.add(&text);
        };
        let readings = [false, true].map(|decimals| parts.number(decimals));
        let [Some(whole), Some(split)] = readings else { return };
        self.switching = (self.switching || self.numbers == 0) && (whole == 0.0 || whole == 1.0);
        self.numbers += 1;
        match self.units.iter().position(|(unit, _)| unit == parts.unit) {
            Some(known) => self.units[known].1 += 1,
            None if self.units.len() < UNITS => self.units.push((parts.unit.to_owned(), 1)),
            None => {}
        }
        let open = match parts.shape {
            Shape::Decimal(Mark::Point) | Shape::Thousands(Mark::Comma) => {
                self.point += 1;
                None
            }
            Shape::Decimal(Mark::Comma) | Shape::Thousands(Mark::Point) => {
                self.comma += 1;
                None
            }
            Shape::Open(mark) => {
                let of = &mut self.open[mark as usize];
                of.count += 1;
                if of.first.is_empty() {
                    of.first = text.clone().into_owned();
                }
                Some(mark)
            }
            Shape::Bare => None,
        };
        self.compare([whole, split], open);
        self.last = Some(([whole, split], open));
    }

    /// Adds up how far a number with an open mark is from one without, next to it.
    fn compare(&mut self, now: [f64; 2], open: Option<Mark>) {
        let Some((last, before)) = self.last else { return };
        let (mark, either, plain) = match (open, before) {
            (Some(mark), None) => (mark, now, last[0]),
            (None, Some(mark)) => (mark, last, now[0]),
            _ => return,
        };
        let size = |number: f64| (1.0 + number.abs()).ln();
        let far = &mut self.open[mark as usize].far;
        far.iter_mut()
            .zip(either)
            .for_each(|(far, either)| *far += (size(either) - size(plain)).abs());
    }

    /// What numbers that are plain say of decimals.
    pub fn plain(&self) -> Marks {
        match (self.point > 0, self.comma > 0) {
            (true, false) => Marks::Point,
            (false, true) => Marks::Comma,
            _ => Marks::Unknown,
        }
    }

    /// What numbers without a mark say of those with an open one: read as one of the two, they must be much
    /// nearer.
    fn near(&self) -> Marks {
        let says = |mark: Mark, decimals: Marks, thousands: Marks| {
            let [as_thousands, as_decimals] = self.open[mark as usize].far;
            if 2.0 * as_thousands < as_decimals {
                thousands
            } else if 2.0 * as_decimals < as_thousands {
                decimals
            } else {
                Marks::Unknown
            }
        };
        match says(Mark::Comma, Marks::Comma, Marks::Point) {
            Marks::Unknown => says(Mark::Point, Marks::Point, Marks::Comma),
            marks => marks,
        }
    }

    /// The unit behind most numbers; an error where there are several.
    fn unit(&self) -> Result<Option<String>, ()> {
        let behind = self.units.iter().filter(|(unit, _)| !unit.is_empty());
        let Some((unit, count)) = behind.max_by_key(|(_, count)| *count) else { return Ok(None) };
        let bare =
            self.units.iter().find(|(unit, _)| unit.is_empty()).map_or(0, |(_, count)| *count);
        let strangers = self.numbers - count - bare;
        if strangers * STRANGERS > self.numbers { Err(()) } else { Ok(Some(unit.clone())) }
    }

    /// The first number whose mark may be for decimals or thousands although nothing says which.
    fn unclear(&self, marks: Marks) -> Option<&str> {
        let comma = &self.open[Mark::Comma as usize];
        (marks == Marks::Unknown && comma.count > 0).then_some(comma.first.as_str())
    }
}

/// A number that may be read in two ways.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::decode) struct Unclear {
    pub column: usize,
    pub text: String,
}

/// How columns are written.
#[derive(Debug, Default)]
pub(in crate::decode) struct Found {
    /// What comes before decimals, in the columns that do not say.
    pub marks: Marks,
    /// For each column.
    pub styles: Vec<NumberStyle>,
    /// What a user should know, a sentence each, with the column's number.
    pub guesses: Vec<(usize, String)>,
    /// Columns that leave two readings.
    pub unclear: Vec<Unclear>,
    /// Columns in several units.
    pub mixed: Vec<usize>,
}

impl Found {
    /// As a profile keeps it.
    pub fn spec(&self, names: &[String]) -> InputSpec {
        let columns = names.iter().zip(&self.styles).filter_map(|(name, style)| {
            let NumberStyle { marks, unit, words } = style;
            let decimal = marks.decimal().filter(|_| *marks != self.marks);
            let plain = decimal.is_none() && unit.is_none() && words.is_none();
            let column = name.clone();
            let (unit, words) = (unit.clone(), words.clone());
            (!plain).then_some(NumberSpec { column, decimal, unit, words })
        });
        InputSpec {
            decimal: self.marks.decimal(),
            numbers: columns.collect(),
            ..InputSpec::default()
        }
    }
}

/// How each column is written; `said` is what somebody says of decimals.
pub(in crate::decode) fn resolve(names: &[String], columns: &[Evidence], said: Marks) -> Found {
    let of_all = |marks: Marks| columns.iter().any(|column| column.plain() == marks);
    let mut found = Found {
        marks: match (said, of_all(Marks::Point), of_all(Marks::Comma)) {
            (Marks::Unknown, true, false) => Marks::Point,
            (Marks::Unknown, false, true) => Marks::Comma,
            (said, ..) => said,
        },
        ..Found::default()
    };
    for (column, (evidence, name)) in columns.iter().zip(names).enumerate() {
        let ways = [said, evidence.plain(), evidence.near(), found.marks];
        let marks = ways.into_iter().find(|marks| *marks != Marks::Unknown).unwrap_or_default();
        if let Some(text) = evidence.unclear(marks) {
            found.unclear.push(Unclear { column, text: text.to_owned() });
        }
        let unit = evidence.unit().unwrap_or_else(|()| {
            found.mixed.push(column);
            None
        });
        let wordy = evidence.texts > 0 && (evidence.numbers == 0 || evidence.switching);
        let words = evidence.words.states(name).filter(|_| wordy);
        let style = NumberStyle { marks, unit, words };
        found.guesses.extend(says(name, evidence, &style).map(|guess| (column, guess)));
        found.styles.push(style);
    }
    found
}

/// What a user should know of a column.
fn says(name: &str, evidence: &Evidence, style: &NumberStyle) -> Option<String> {
    if let Some([zero, one]) = style.words.as_ref().filter(|words| words[1] != "true") {
        return Some(format!("column {name:?}: {zero} is read as 0, {one} as 1"));
    }
    let open = match style.marks {
        Marks::Point => &evidence.open[Mark::Comma as usize],
        Marks::Comma => &evidence.open[Mark::Point as usize],
        Marks::Unknown => return None,
    };
    let digits: String = open.first.chars().filter(|c| !matches!(c, ',' | '.')).collect();
    (open.count > 0).then(|| {
        let other = if style.marks == Marks::Point { ',' } else { '.' };
        format!(
            "column {name:?}: {:?} is read as {digits}; with --decimal {other} it has decimals",
            open.first
        )
    })
}
