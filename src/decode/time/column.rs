//! The time of each row, from a column that is looked for where nobody has named it.

use super::{Looks, TimeReader, looks};
use crate::decode::columns::alike;
use crate::decode::options::TimeColumn;
use crate::decode::row::{Lost, RowBuffer};
use oddity_core::types::Time;

/// Names of columns that hold a time, the likeliest first.
const NAMES: [&str; 8] = ["timestamp", "datetime", "date_time", "time", "date", "ts", "epoch", "t"];

/// Rows that may be lost because what is named like a time is none, before it is given up.
const TRIES: u32 = 3;

/// How much a name says "time": lower is more. Of a dotted path, the last part counts.
pub(in crate::decode) fn rank(name: &str) -> Option<usize> {
    let last = name.rsplit('.').next().unwrap_or(name).trim();
    NAMES.iter().position(|time| last.eq_ignore_ascii_case(time))
}

/// A column that may be the time, in one row.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct TimeCandidate<'a> {
    pub column: usize,
    pub name: &'a str,
    pub text: &'a [u8],
}

#[derive(Clone, Debug)]
pub(in crate::decode) enum Timing {
    /// No time.
    Off,
    /// To be found in the first rows.
    Open { tries: u32, likely: Option<String> },
    /// In this column.
    At { column: usize, reader: TimeReader },
}

/// What the look at one row's candidates gave.
enum TimeChoice<'a> {
    Take(usize),
    None,
    Unclear(&'a [u8]),
}

impl Timing {
    /// `column` is where the column is that the options name.
    pub fn new(wanted: &TimeColumn, column: Option<usize>) -> Self {
        match (wanted, column) {
            (_, Some(column)) => Self::At { column, reader: TimeReader::default() },
            (TimeColumn::Auto, None) => Self::Open { tries: 0, likely: None },
            (TimeColumn::Likely(name), None) => Self::Open { tries: 0, likely: Some(name.clone()) },
            (TimeColumn::None | TimeColumn::Named(_), None) => Self::Off,
        }
    }

    /// Decides, when it is still open, by the candidates of one row. An error loses this row.
    pub fn decide(
        &mut self,
        candidates: &[TimeCandidate<'_>],
        row: &mut RowBuffer,
    ) -> Result<(), Lost> {
        let Self::Open { tries, likely } = self else { return Ok(()) };
        match choose(candidates, likely.as_deref()) {
            TimeChoice::Take(column) => *self = Self::At { column, reader: TimeReader::default() },
            TimeChoice::Unclear(text) if *tries < TRIES => {
                *tries += 1;
                return Err(row.lost(Lost::Time, text));
            }
            TimeChoice::None | TimeChoice::Unclear(_) => *self = Self::Off,
        }
        Ok(())
    }
}

/// Reads the time of a row.
pub(in crate::decode) fn read(
    reader: &mut TimeReader,
    text: &[u8],
    row: &mut RowBuffer,
) -> Result<Time, Lost> {
    reader.read(text).ok_or_else(|| row.lost(Lost::Time, text))
}

fn choose<'a>(candidates: &[TimeCandidate<'a>], likely: Option<&str>) -> TimeChoice<'a> {
    let rank_of = |name: &str| {
        let is_likely = likely.is_some_and(|likely| alike(likely, name));
        if is_likely { Some(0) } else { rank(name).map(|rank| rank + 1) }
    };
    let mut named: Vec<(usize, &TimeCandidate<'a>)> = candidates
        .iter()
        .filter_map(|candidate| rank_of(candidate.name).map(|rank| (rank, candidate)))
        .collect();
    named.sort_by_key(|(rank, _)| *rank);
    let mut unclear = None;
    for (rank, candidate) in named {
        match looks(candidate.text) {
            // Beside a time of day that is not understood, a date would put all rows at midnight.
            Looks::DateTime if unclear.is_some() && !candidate.text.contains(&b':') => {}
            Looks::DateTime | Looks::Epoch => return TimeChoice::Take(candidate.column),
            // What was the time where the model learned is it here too, however small.
            Looks::Small if rank == 0 => return TimeChoice::Take(candidate.column),
            Looks::Small => {}
            Looks::Other => unclear = unclear.or(Some(candidate.text)),
        }
    }
    let first = candidates.iter().find(|candidate| candidate.column == 0);
    match (first, unclear) {
        (Some(first), _) if looks(first.text) == Looks::DateTime && rank(first.name).is_none() => {
            TimeChoice::Take(0)
        }
        (_, Some(text)) => TimeChoice::Unclear(text),
        (_, None) => TimeChoice::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(rows: &[&[(&str, &str)]]) -> (Option<usize>, usize) {
        let mut timing = Timing::new(&TimeColumn::Auto, None);
        let mut lost = 0;
        for row in rows {
            let candidates: Vec<TimeCandidate<'_>> = row
                .iter()
                .enumerate()
                .map(|(column, (name, text))| TimeCandidate { column, name, text: text.as_bytes() })
                .collect();
            lost += usize::from(timing.decide(&candidates, &mut RowBuffer::default()).is_err());
        }
        match timing {
            Timing::At { column, .. } => (Some(column), lost),
            Timing::Off => (None, lost),
            Timing::Open { .. } => (None, usize::MAX),
        }
    }

    const DATE: &str = "2020-03-09 10:14:33";

    #[test]
    fn by_name_and_by_look() {
        assert_eq!(decide(&[&[("x", "1"), ("Time", "1583748873")]]), (Some(1), 0));
        assert_eq!(decide(&[&[("t", "0"), ("x", "1")]]), (None, 0), "an index");
        assert_eq!(decide(&[&[("t", "0"), ("meta.ts", DATE)]]), (Some(1), 0));
        assert_eq!(decide(&[&[("when", DATE), ("x", "1")]]), (Some(0), 0));
        assert_eq!(decide(&[&[("x", "1"), ("when", DATE)]]), (None, 0));
        assert_eq!(decide(&[&[("when", "1583748873")]]), (None, 0), "only a date says so alone");
    }

    #[test]
    fn the_name_that_a_model_remembers_comes_first() {
        let mut timing = Timing::new(&TimeColumn::Likely("Uhrzeit".into()), None);
        let candidates = [("time", "1583748873"), ("uhrzeit", "1583748874")];
        let candidates: Vec<TimeCandidate<'_>> = candidates
            .iter()
            .enumerate()
            .map(|(column, (name, text))| TimeCandidate { column, name, text: text.as_bytes() })
            .collect();
        timing.decide(&candidates, &mut RowBuffer::default()).unwrap();
        assert!(matches!(timing, Timing::At { column: 1, .. }));
    }

    #[test]
    fn a_time_that_is_not_understood_is_given_up() {
        let row: &[(&str, &str)] = &[("date", "2020-03-09"), ("time", "10.14.33")];
        assert_eq!(decide(&[row; 5]), (None, 3));
        let good: &[(&str, &str)] = &[("date", "x"), ("time", DATE)];
        assert_eq!(decide(&[row, good]), (Some(1), 1));
    }
}
