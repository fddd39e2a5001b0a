//! When a stream is watched at all: conditions on its readings, as text and as numbers.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::misread::SpecError;

/// Conditions under which rows are judged, at most.
pub const MAX_CONDITIONS: usize = 16;

/// How a reading is held against a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// Above it.
    #[serde(rename = ">")]
    Above,
    /// Above it, or the same.
    #[serde(rename = ">=")]
    AtLeast,
    /// Below it.
    #[serde(rename = "<")]
    Below,
    /// Below it, or the same.
    #[serde(rename = "<=")]
    AtMost,
    /// The same.
    #[serde(rename = "==")]
    Is,
    /// Another one.
    #[serde(rename = "!=")]
    IsNot,
}

impl Comparison {
    /// Longer ones first: `>=` begins as `>` does.
    const ALL: [(&'static str, Self); 7] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("==", Self::Is),
        ("!=", Self::IsNot),
        (">", Self::Above),
        ("<", Self::Below),
        ("=", Self::Is),
    ];

    fn holds(self, reading: f64, value: f64) -> bool {
        match self {
            Self::Above => reading > value,
            Self::AtLeast => reading >= value,
            Self::Below => reading < value,
            Self::AtMost => reading <= value,
            Self::Is => reading == value,
            Self::IsNot => reading != value,
        }
    }
}

/// One reading held against a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The column, as in the header of the data: a channel of the model or another one.
    pub column: String,
    /// How.
    pub is: Comparison,
    /// In the column's own unit.
    pub value: f64,
}

impl Condition {
    /// Whether it holds; `None` where there is no reading.
    pub fn holds(&self, reading: f64) -> Option<bool> {
        reading.is_finite().then(|| self.is.holds(reading, self.value))
    }
}

/// When a stream is watched: while all conditions hold, and have held for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhenSpec {
    /// At least one.
    pub all: Vec<Condition>,
    /// Seconds for which they must hold before anything is judged.
    pub settle_s: f64,
}

impl FromStr for WhenSpec {
    type Err = SpecError;

    /// `COLUMN > NUMBER`, with `and` between several.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let all: Option<Vec<Condition>> = split(text).into_iter().map(condition).collect();
        let all = all.filter(|all| all.len() <= MAX_CONDITIONS);
        let spec = all.map(|all| Self { all, settle_s: 0.0 });
        spec.ok_or_else(|| SpecError {
            text: text.into(),
            what: "a condition",
            possible: "COLUMN, one of > >= < <= = !=, and a number, such as \"current > 0.5\"; up to 16 with \"and\" \
                       between them",
        })
    }
}

/// At each `and` that is a word of its own.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(at) = rest.get(from..).and_then(|part| part.find(" and ")) {
        let at = from + at;
        // A column may have the word in its name: what stands before it has to be a condition.
        match rest.get(..at).filter(|part| condition(part).is_some()) {
            Some(part) => {
                parts.push(part);
                rest = rest.get(at + " and ".len()..).unwrap_or_default();
                from = 0;
            }
            None => from = at + 1,
        }
    }
    parts.push(rest);
    parts
}

fn condition(text: &str) -> Option<Condition> {
    // The last one: a name may hold such a sign, a number holds none.
    let found = text.char_indices().rev().find_map(|(at, _)| {
        let rest = text.get(at..)?;
        // Not the second sign of two.
        let before = text.get(..at)?;
        let (sign, is) = Comparison::ALL.iter().find(|(sign, _)| rest.starts_with(sign))?;
        let doubled = before.ends_with(['<', '>', '=', '!']) && *sign != "==";
        (!doubled).then_some((before, rest.get(sign.len()..)?, *is))
    });
    let (column, value, is) = found?;
    let column = column.trim();
    let value: f64 = value.trim().parse().ok()?;
    (!column.is_empty() && value.is_finite()).then(|| Condition {
        column: column.to_string(),
        is,
        value,
    })
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign =
            Comparison::ALL.iter().find(|(_, is)| *is == self.is).map_or("", |(sign, _)| sign);
        write!(f, "{} {sign} {}", self.column, self.value)
    }
}

impl fmt::Display for WhenSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, condition) in self.all.iter().enumerate() {
            let and = if at == 0 { "" } else { " and " };
            write!(f, "{and}{condition}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_reads_back() {
        for text in [
            "current > 0.5",
            "speed [1/min] >= 100 and door == 0",
            "temp (°C) < -5 and a <= 1 and b != 2",
            "salt and pepper > 3",
        ] {
            assert_eq!(text.parse::<WhenSpec>().unwrap().to_string(), text);
        }
        assert_eq!("a=1".parse::<WhenSpec>().unwrap().to_string(), "a == 1");
        assert_eq!("a->b>=2".parse::<WhenSpec>().unwrap().to_string(), "a->b >= 2");
    }

    #[test]
    fn nonsense_is_refused_with_what_is_possible() {
        for text in ["", "current", "current >", "> 1", "current > on", "a > 1 and", "a > nan"] {
            let error = text.parse::<WhenSpec>().unwrap_err().to_string();
            assert!(error.contains("such as \"current > 0.5\""), "{text}: {error}");
        }
    }

    #[test]
    fn a_missing_reading_says_nothing() {
        let spec: WhenSpec = "a > 1".parse().unwrap();
        let holds = |reading| spec.all[0].holds(reading);
        assert_eq!([holds(2.0), holds(1.0), holds(f64::NAN)], [Some(true), Some(false), None]);
    }
}
