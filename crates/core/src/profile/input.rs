//! The part of the profile that says how the data was written that the model has learned from: what a
//! guess from one line of a live stream could get wrong.
//!
//! Plain data, and nothing in it has to be there; the room `decode` acts on it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::spec::DifferenceSpec;
use super::time::TimeSpec;

/// How the data was written that a model has learned from, as far as that is not plain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InputSpec {
    /// All columns in their order, for rows that come without their header. Empty where rows are not
    /// columns in an order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// What stands before decimals: `.` or `,`; `None` where the data does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// Columns whose readings are not written plainly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberSpec>,
    /// What stands between fields, where that is rare: `space` for blanks, `|`, or another character. One line alone
    /// may not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Each line begins with what a serial monitor puts there: a time and an arrow, or a time in brackets.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub prefix: bool,
    /// Where the time was and how it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeSpec>,
    /// Channels of which the model reads how fast they rise, instead of their readings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub difference: Vec<DifferenceSpec>,
    /// The format, where it is neither CSV nor JSON: `pairs` or `topics`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Which columns name the sensors and hold their readings, where each line has one reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pivot: Option<PivotSpec>,
}

/// How the readings of one column are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberSpec {
    /// The column.
    pub column: String,
    /// What stands before decimals, where that is not as in the other columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// What stands behind each number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Words, in small letters: the first is 0, the second 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<[String; 2]>,
}

/// Long format: a column names the sensor, others hold its readings; rows are made of readings that belong
/// together. With one column of readings a channel is called as the sensor, with several `sensor.column`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PivotSpec {
    /// The column that names the sensor.
    pub name: String,
    /// The columns that hold its readings, at least one.
    pub values: Vec<String>,
    /// Seconds from the first to the last reading of a row, at most: 0 where readings that belong together have
    /// one time.
    pub span_s: f64,
    /// The sensors come one after the other, each with all its readings, as an export of tables has them: all are
    /// read before there is a row.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tables: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl InputSpec {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a program that does not know it reads the same rows of data that has a header.
    pub fn is_optional(&self) -> bool {
        let time = self.time.clone().filter(|time| !time.is_plain());
        Self { columns: Vec::new(), decimal: None, time, ..self.clone() }.is_empty()
    }
}
