//! Sensors one after the other: readings go in, the same readings in the order of their times come out.
//!
//! As long as one sensor alone has come, nobody knows which it is: sensors in turn or one after the other. The second
//! one tells, by going back in time. Holds a bounded number of readings.

use super::reading::Reading;
use crate::decode::error::DecodeError;
use oddity_core::types::Time;

/// Readings that are kept at most; 40 to 60 bytes each.
const MOST_HELD: usize = 2_000_000;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Names of streams and sensors.
    names: Vec<String>,
    readings: Vec<Kept>,
    /// Of all readings, one after the other.
    values: Vec<f64>,
    /// Values of a reading.
    width: usize,
    state: TableState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TableState {
    /// One sensor so far.
    #[default]
    Open,
    /// One after the other.
    Tables,
    /// In turn.
    Turns,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    time: Option<Time>,
    label: Option<f64>,
    line: u64,
    stream: u32,
    name: u32,
    /// Where in `values` its first is.
    at: u32,
}

impl Tables {
    /// Keeps a reading.
    pub fn hold(&mut self, reading: &Reading<'_>) -> Result<(), DecodeError> {
        if self.readings.len() >= MOST_HELD {
            return Err(DecodeError::TooManyReadings { line: reading.line, most: MOST_HELD });
        }
        let (stream, name) = (self.number(reading.stream), self.number(reading.name));
        if let (TableState::Open, Some(last)) = (self.state, self.readings.last())
            && last.name != name
        {
            let back = matches!((reading.time, last.time), (Some(now), Some(last)) if now < last);
            self.state = if back { TableState::Tables } else { TableState::Turns };
        }
        self.width = reading.values.len();
        let at = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.extend_from_slice(reading.values);
        let Reading { time, label, line, .. } = *reading;
        self.readings.push(Kept { time, label, line, stream, name, at });
        Ok(())
    }

    /// Whether it is known that the sensors report in turn.
    pub fn are_none(&self) -> bool {
        self.state == TableState::Turns
    }

    /// The readings in the order of their times (those without one first), those of one time in the order in which they came.
    pub fn in_order(&mut self) -> impl Iterator<Item = Reading<'_>> {
        let Self { names, readings, values, width, .. } = self;
        readings.sort_by_key(|kept| kept.time);
        let (names, values, width) = (&*names, &*values, *width);
        readings.iter().map(move |kept| {
            let name = |number: u32| names.get(number as usize).map_or("", String::as_str);
            let at = kept.at as usize;
            let Kept { time, label, line, .. } = *kept;
            let values = values.get(at..at + width).unwrap_or_default();
            Reading { stream: name(kept.stream), name: name(kept.name), time, values, label, line }
        })
    }

    /// The number of a name. There are few.
    fn number(&mut self, name: &str) -> u32 {
        // Mostly that of the reading before.
        let last = self.readings.last().into_iter().flat_map(|last| [last.name, last.stream]);
        let is = |number: &u32| self.names.get(*number as usize).is_some_and(|known| known == name);
        if let Some(number) = last.into_iter().find(is) {
            return number;
        }
        let known = self.names.iter().position(|known| known == name);
        let number = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}
