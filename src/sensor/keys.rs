//! The keys of a table of TOML: each is taken once, by its type; what is left at the end is refused.
//!
//! What is taken remembers its line and key, so that every later error says both.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::FileError;

/// Where something stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub line: usize,
    pub key: Option<String>,
}

impl Place {
    pub fn refuse(&self, problem: impl Into<String>) -> FileError {
        FileError { line: self.line, key: self.key.clone(), problem: problem.into() }
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub value: T,
    pub place: Place,
}

impl<T> Found<T> {
    /// What `of` makes of the value, or the problem with it.
    pub fn parse<U>(self, problem: &str, of: impl FnOnce(T) -> Option<U>) -> Result<U, FileError> {
        of(self.value).ok_or_else(|| self.place.refuse(problem))
    }
}

/// A table of which keys are taken.
pub(super) struct Keys<'a> {
    text: &'a str,
    table: DeTable<'a>,
    /// Where the table begins.
    pub place: Place,
    /// Every key that was asked for.
    known: Vec<&'static str>,
}

/// The number of the line at a byte.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

impl<'a> Keys<'a> {
    pub fn parse(text: &'a str) -> Result<Self, FileError> {
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let problem = format!("this is not TOML: {}", error.message());
            FileError { line: line(text, at), key: None, problem }
        })?;
        let place = Place { line: 1, key: None };
        Ok(Self { text, table: table.into_inner(), place, known: Vec::new() })
    }

    fn take(&mut self, key: &'static str) -> Option<Found<DeValue<'a>>> {
        self.known.push(key);
        let value = self.table.remove(key)?;
        let place = Place { line: line(self.text, value.span().start), key: Some(key.to_owned()) };
        Some(Found { value: value.into_inner(), place })
    }

    fn take_as<T>(
        &mut self,
        key: &'static str,
        kind: &str,
        of: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Result<Option<Found<T>>, FileError> {
        let Some(Found { value, place }) = self.take(key) else { return Ok(None) };
        match of(&value) {
            Some(value) => Ok(Some(Found { value, place })),
            None => Err(place.refuse(format!("has to be {kind}"))),
        }
    }

    pub fn text(&mut self, key: &'static str) -> Result<Option<Found<String>>, FileError> {
        self.take_as(key, "a text in quotes", text)
    }

    pub fn flag(&mut self, key: &'static str) -> Result<bool, FileError> {
        let found = self.take_as(key, "true or false", |value| match value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => None,
        })?;
        Ok(found.is_some_and(|found| found.value))
    }

    /// A finite number.
    pub fn number(&mut self, key: &'static str) -> Result<Option<Found<f64>>, FileError> {
        self.take_as(key, "a number", number)
    }

    pub fn whole(&mut self, key: &'static str) -> Result<Option<Found<u32>>, FileError> {
        self.take_as(key, "a whole number, from 0 on; hexadecimal as 0x1f", whole)
    }

    /// A byte: a register, an address.
    pub fn byte(&mut self, key: &'static str) -> Result<Option<Found<u8>>, FileError> {
        self.take_as(key, "a whole number from 0 to 0xff", |value| u8::try_from(whole(value)?).ok())
    }

    /// Two numbers.
    pub fn pair(&mut self, key: &'static str) -> Result<Option<Found<(f32, f32)>>, FileError> {
        self.take_as(key, "two numbers, as [0, 10]", |value| match value {
            DeValue::Array(array) if array.len() == 2 => {
                let at = |index: usize| number(array.get(index)?.get_ref()).map(|one| one as f32);
                Some((at(0)?, at(1)?))
            }
            _ => None,
        })
    }

    pub fn texts(&mut self, key: &'static str) -> Result<Option<Found<Vec<String>>>, FileError> {
        self.take_as(key, "a list of texts in quotes", |value| match value {
            DeValue::Array(array) => array.iter().map(|value| text(value.get_ref())).collect(),
            _ => None,
        })
    }

    /// The tables of `[[key]]`.
    pub fn tables(&mut self, key: &'static str) -> Result<Vec<Keys<'a>>, FileError> {
        let Some(Found { value, place }) = self.take(key) else { return Ok(Vec::new()) };
        let DeValue::Array(array) = value else {
            return Err(
                place.refuse(format!("has to be one or more tables, each begun by [[{key}]]"))
            );
        };
        array.into_iter().map(|value| self.inner(key, value)).collect()
    }

    /// A table in braces, or of `[key]`.
    pub fn table(&mut self, key: &'static str) -> Result<Option<Keys<'a>>, FileError> {
        self.known.push(key);
        let Some(value) = self.table.remove(key) else { return Ok(None) };
        self.inner(key, value).map(Some)
    }

    fn inner(&self, key: &str, value: Spanned<DeValue<'a>>) -> Result<Keys<'a>, FileError> {
        let place = Place { line: line(self.text, value.span().start), key: Some(key.to_owned()) };
        match value.into_inner() {
            DeValue::Table(table) => Ok(Keys { text: self.text, table, place, known: Vec::new() }),
            _ => Err(place.refuse("has to be a table, as { key = value }")),
        }
    }

    /// What to say when a key is not there.
    pub fn need<T>(&self, key: &str, found: Option<T>, why: &str) -> Result<T, FileError> {
        found.ok_or_else(|| FileError {
            line: self.place.line,
            key: Some(key.to_owned()),
            problem: format!("is missing: {why}"),
        })
    }

    /// Refuses what was not taken.
    pub fn finish(self) -> Result<(), FileError> {
        let Some((key, _)) = self.table.iter().min_by_key(|(key, _)| key.span().start) else {
            return Ok(());
        };
        let known = self.known.join(", ");
        Err(FileError {
            line: line(self.text, key.span().start),
            key: Some(key.get_ref().to_string()),
            problem: format!("no such key here; there are: {known}"),
        })
    }
}

fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

fn whole(value: &DeValue<'_>) -> Option<u32> {
    match value {
        DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Float(number) => number.as_str().parse().ok()?,
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok()?,
        DeValue::Integer(_) => f64::from(whole(value)?),
        _ => return None,
    };
    f64::is_finite(number).then_some(number)
}
