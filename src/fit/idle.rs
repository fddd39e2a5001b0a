//! Normal data and the conditions under which a machine runs go in; the same data comes out, with the rows in which it
//! does not, which are not to be learned from.

use super::data::{Data, Wanted};
use super::error::FitError;
use super::ranges::RowRanges;
use crate::terminal::four_digits;
use oddity_core::profile::WhenSpec;
use oddity_core::running::Running;
use oddity_core::types::Time;
use oddity_core::window::{MOST_STREAMS, Streams};

/// One stream.
#[derive(Default)]
struct Stream {
    running: Running,
    rows: u64,
    /// The newest time, and how many rows in succession were not newer.
    time: Option<Time>,
    standing: u32,
}

impl Stream {
    /// Whether a row of this time is dropped, as `detect` does: it is late or comes twice, and so do few others.
    fn drops(&mut self, time: Option<Time>) -> bool {
        let standing = self.time.is_some_and(|last| time.is_some_and(|time| time <= last));
        self.standing = if standing { self.standing + 1 } else { 0 };
        let drops = standing && self.standing < STANDING;
        if !drops {
            self.time = time;
        }
        drops
    }
}

/// So many rows in succession that are late are a clock that was set back.
const STANDING: u32 = 5;

/// Finds the rows in which the conditions do not hold, or have not held for long enough.
///
/// # Errors
/// When the data cannot be read, has no such column, or its machine never runs.
pub fn without_idle(data: Data, when: &WhenSpec) -> Result<Data, FitError> {
    let columns: Vec<String> = when.all.iter().map(|condition| condition.column.clone()).collect();
    // A column may have several conditions, and a decoder gives it once.
    let mut named: Vec<String> = Vec::new();
    for column in &columns {
        if !named.contains(column) {
            named.push(column.clone());
        }
    }
    let places: Vec<usize> =
        columns.iter().filter_map(|column| named.iter().position(|name| name == column)).collect();
    let wanted = Wanted::unknown(&data, Some(named.clone()), Vec::new());
    let mut streams: Streams<Stream> = Streams::new(MOST_STREAMS);
    let (mut idle, mut current, mut running) = (Vec::<(u64, u64)>::new(), 0, 0u64);
    let mut seen = vec![(f64::INFINITY, f64::NEG_INFINITY); named.len()];
    let read = data.read(&wanted, |file, sample, _| {
        if file != current {
            current = file;
            streams.clear();
        }
        let stream = streams
            .get_or_insert(sample.stream, Stream::default)
            .ok_or(FitError::TooManyStreams { most: MOST_STREAMS })?;
        if stream.drops(sample.time) {
            return Ok(());
        }
        stream.rows += 1;
        for ((low, high), value) in seen.iter_mut().zip(sample.values) {
            (*low, *high) = (low.min(*value), high.max(*value));
        }
        let now_s = match sample.time {
            Some(time) => time.0 as f64 / Time::SECOND as f64,
            None => stream.rows as f64,
        };
        let reading = |&place: &usize| sample.values.get(place).copied().unwrap_or(f64::NAN);
        stream.running.take(when, places.iter().map(reading), now_s);
        let is_earlier = data.earlier.contains(sample.row);
        if stream.running.runs() || is_earlier {
            running += u64::from(!is_earlier);
            return Ok(());
        }
        match idle.last_mut().filter(|last| last.1 + 1 == sample.row) {
            Some(last) => last.1 = sample.row,
            None => idle.push((sample.row, sample.row)),
        }
        Ok(())
    })?;
    if running == 0 {
        let ranges: Vec<String> = named
            .iter()
            .zip(&seen)
            .map(|(name, (low, high))| match low <= high {
                true => {
                    format!("{name} lies between {} and {}", four_digits(*low), four_digits(*high))
                }
                false => format!("{name} has no reading in rows (long format has no conditions)"),
            })
            .collect();
        let settle = match when.settle_s {
            0.0 => String::new(),
            settle_s => format!(" for {} s on end", four_digits(settle_s)),
        };
        return Err(FitError::Option(format!(
            "--when \"{when}\" is never true{settle} in the {} rows of this data: {}",
            read.rows,
            ranges.join(", ")
        )));
    }
    Ok(Data { idle: RowRanges::new(idle), ..data })
}
