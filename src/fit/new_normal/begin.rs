//! Data and the place at which a new normal begins go in; the same data comes out, with the rows before it as earlier
//! ones, which are not to be learned from.

use super::error::NewNormalError;
use crate::decode::Channels;
use crate::fit::data::{Data, Wanted};
use crate::fit::ranges::RowRanges;
use crate::sink::rfc3339;
use oddity_core::profile::Profile;
use oddity_core::types::Time;

/// Where a new normal begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Since {
    /// With the row of this number, from 1.
    Row(u64),
    /// With the first row at this time or later, of each stream.
    Time(Time),
}

/// Rows of which a new normal is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    /// The first.
    pub(super) first: u64,
    /// The last.
    pub(super) last: u64,
    /// How many of them there are between these two.
    pub(super) count: u64,
}

/// What was found on the way.
#[derive(Default)]
struct Found {
    /// Runs of rows that are earlier.
    earlier: Vec<(u64, u64)>,
    first: Option<u64>,
    /// The last row so far, of all.
    last: u64,
    count: u64,
    /// Times of the first row and of the latest.
    times: Option<(Time, Time)>,
}

/// The data from there on, and its rows; `from` is how the place was written.
///
/// # Errors
/// When the data cannot be read, or has no row there.
pub(super) fn begin(
    data: Data,
    profile: &Profile,
    since: Option<(Since, &str)>,
) -> Result<(Data, Extent), NewNormalError> {
    let names: Vec<String> = profile.channels.iter().map(|channel| channel.name.clone()).collect();
    // As `detect` reads it, whose events tell the numbers of rows.
    let wanted = Wanted {
        channels: Channels::Named(names.clone()),
        learned: profile.input.clone(),
        ..Wanted::unknown(&data, None, Vec::new())
    };
    // A frame is called by its last row, and belongs where all of it does.
    let frame = data.features.map_or(1, |spec| spec.frame as u64);
    let mut found = Found::default();
    let read = data.read(&wanted, |_, sample, _| {
        let belongs = match since.map(|(since, _)| since) {
            None => true,
            Some(Since::Row(row)) => sample.row + 1 >= row.saturating_add(frame),
            Some(Since::Time(time)) => sample.time.is_some_and(|at| at >= time),
        };
        found.add(sample.row, sample.time, belongs);
        Ok(())
    })?;
    let first = match (found.first, since) {
        (Some(first), _) => first,
        (None, Some((since, from))) if found.last > 0 => {
            return Err(found.nowhere(read.rows, since, from));
        }
        (None, _) => return Err(NewNormalError::NoRows { channels: names.join(", ") }),
    };
    let extent = Extent { first, last: found.last, count: found.count };
    Ok((Data { earlier: RowRanges::new(found.earlier), ..data }, extent))
}

impl Found {
    fn add(&mut self, row: u64, time: Option<Time>, belongs: bool) {
        if let Some(time) = time {
            let (first, latest) = self.times.unwrap_or((time, time));
            self.times = Some((first, latest.max(time)));
        }
        // What the rows of a frame, and those that could not be read, belong to.
        let start = std::mem::replace(&mut self.last, row) + 1;
        if belongs {
            self.first.get_or_insert(start);
            self.count += (row + 1).saturating_sub(start);
            return;
        }
        match self.earlier.last_mut().filter(|last| last.1 + 1 == start) {
            Some(last) => last.1 = row,
            None => self.earlier.push((start, row)),
        }
    }

    /// Why no row belongs to it.
    fn nowhere(&self, rows: u64, since: Since, from: &str) -> NewNormalError {
        let from = from.to_owned();
        let rows = match (since, self.times) {
            (Since::Time(_), None) => return NewNormalError::NoTimes { from },
            (_, None) => format!("1 to {rows}"),
            (_, Some((first, latest))) => {
                format!("1 to {rows}, from {} to {}", rfc3339(first), rfc3339(latest))
            }
        };
        NewNormalError::Nowhere { from, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of two streams in turn, a second apart, of which each begins with the time 100.
    fn found(since: Since) -> Found {
        let mut found = Found::default();
        for row in 1..=20u64 {
            let time = Time((100 + row as i64 % 2 * 100 + row as i64) * Time::SECOND);
            let belongs = match since {
                Since::Row(first) => row >= first,
                Since::Time(first) => time >= first,
            };
            found.add(row, Some(time), belongs);
        }
        found
    }

    #[test]
    fn rows_before_a_place_are_earlier() {
        let all = found(Since::Row(1));
        assert_eq!((all.first, all.last, all.count), (Some(1), 20, 20));
        assert!(all.earlier.is_empty());
        let some = found(Since::Row(15));
        assert_eq!((some.first, some.last, some.count), (Some(15), 20, 6));
        assert_eq!(some.earlier, [(1, 14)]);
        assert_eq!(found(Since::Row(21)).first, None);
    }

    #[test]
    fn a_time_is_that_of_each_row_whatever_stands_around_it() {
        let some = found(Since::Time(Time(115 * Time::SECOND)));
        assert_eq!((some.first, some.count), (Some(1), 13));
        let even: Vec<_> = [2, 4, 6, 8, 10, 12, 14].map(|row| (row, row)).into();
        assert_eq!(some.earlier, even);
    }

    #[test]
    fn frames_are_called_by_their_last_row() {
        let mut found = Found::default();
        for row in [64, 128, 192, 256] {
            found.add(row, None, row >= 150);
        }
        assert_eq!((found.first, found.last, found.count), (Some(129), 256, 128));
        assert_eq!(found.earlier, [(1, 128)]);
    }

    #[test]
    fn a_place_that_is_not_there_is_told_with_those_that_are() {
        let told = |since, from: &str| found(since).nowhere(20, since, from).to_string();
        let late = Since::Time(Time(1000 * Time::SECOND));
        for (told, words) in [
            (
                told(Since::Row(21), "21"),
                "21 is after all rows of the data, 1 to 20, from 1970-01-01T00:03:21Z to ",
            ),
            (told(late, "late"), "late is after all rows of the data, 1 to 20, from "),
            (Found::default().nowhere(9, late, "late").to_string(), "have no times"),
        ] {
            assert!(told.contains(words), "{told}");
        }
    }
}
