//! How the readings of one column are written; a field goes in, its reading comes out.

use oddity_core::profile::NumberSpec;

use super::parts::{Mark, Parts, Shape};
use crate::decode::decimal::Decimal;
use crate::decode::latin;
use crate::decode::value::{LARGEST, Reading, is_missing};

/// What stands before decimals, as far as it is known: what `1.012` and `1,012` are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::decode) enum Marks {
    /// Not known: a point is, and a comma where nothing else can be meant.
    #[default]
    Unknown,
    /// A point; a comma parts thousands.
    Point,
    /// A comma; a point parts thousands.
    Comma,
}

impl Marks {
    pub fn of(decimal: Option<char>) -> Self {
        match decimal {
            Some('.') => Self::Point,
            Some(',') => Self::Comma,
            _ => Self::Unknown,
        }
    }

    pub fn decimal(self) -> Option<char> {
        match self {
            Self::Unknown => None,
            Self::Point => Some('.'),
            Self::Comma => Some(','),
        }
    }

    /// Whether this mark, in a number where it may be either, comes before decimals.
    fn decides(self, mark: Mark) -> Option<bool> {
        match (self, mark) {
            (Self::Unknown | Self::Point, Mark::Point) | (Self::Comma, Mark::Comma) => Some(true),
            (Self::Point, Mark::Comma) | (Self::Comma, Mark::Point) => Some(false),
            (Self::Unknown, Mark::Comma) => None,
        }
    }
}

/// How the readings of a column are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::decode) struct NumberStyle {
    pub marks: Marks,
    /// What may stand behind each number.
    pub unit: Option<String>,
    /// Words for 0 and 1, in small letters.
    pub words: Option<[String; 2]>,
}

impl NumberStyle {
    /// The style of a column, with the marks that the others have where it has none of its own.
    pub fn of(spec: &NumberSpec, marks: Marks) -> Self {
        let own = Marks::of(spec.decimal);
        Self {
            marks: if own == Marks::Unknown { marks } else { own },
            unit: spec.unit.clone(),
            words: spec.words.clone(),
        }
    }

    /// Reads a field.
    pub fn read(&self, field: &[u8]) -> Reading {
        let decimal = Decimal::read(field, false);
        if decimal.len() == field.len()
            && (self.marks != Marks::Comma || decimal.fraction.is_none())
            && let Some(number) = decimal.number()
        {
            return Reading::Number(number);
        }
        let field = field.trim_ascii();
        if is_missing(field) {
            return Reading::Missing;
        }
        let text = latin::text(field);
        let number = match Parts::of(&text) {
            Some(parts) if parts.unit.is_empty() || Some(parts.unit) == self.unit.as_deref() => {
                self.number(&parts)
            }
            Some(_) => None,
            None => self.state(&text),
        };
        match number {
            Some(number) if number.abs() <= LARGEST => Reading::Number(number),
            _ => Reading::Bad,
        }
    }

    fn number(&self, parts: &Parts<'_>) -> Option<f64> {
        match parts.shape {
            Shape::Open(mark) => parts.number(self.marks.decides(mark)?),
            Shape::Bare | Shape::Decimal(_) | Shape::Thousands(_) => parts.number(false),
        }
    }

    fn state(&self, text: &str) -> Option<f64> {
        let [zero, one] = self.words.as_ref()?;
        let is = |word: &str| match text.is_ascii() {
            true => text.eq_ignore_ascii_case(word),
            false => text.to_lowercase() == word,
        };
        match (is(zero), is(one)) {
            (true, _) => Some(0.0),
            (_, true) => Some(1.0),
            _ => None,
        }
    }
}
