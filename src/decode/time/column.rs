//! The time of each row, from columns that are looked for where nobody has named them.

use oddity_core::profile::{DateOrder, TimeSpec};
use oddity_core::types::Time;

use super::TimeReader;
pub(in crate::decode) use super::find::{
    FoundTime, TimeCandidate, TimeChoice, TimeWish, choose, named, shown,
};
use super::names::rank;
use crate::decode::columns::{Columns, alike};
use crate::decode::options::{DecodeOptions, TimeColumn};
use crate::decode::row::{Lost, RowBuffer};
use crate::decode::value::{self, Reading};

/// Rows in which a time is looked for before rows count as they come.
const TRIES: u32 = 3;

#[derive(Clone, Debug)]
pub(in crate::decode) enum Timing {
    /// No time.
    Off,
    /// To be found in the first rows.
    Open(Box<TimeSearch>),
    /// In these columns.
    At(Box<TimeColumns>),
}

/// How a time is looked for.
#[derive(Clone, Debug)]
pub(in crate::decode) struct TimeSearch {
    tries: u32,
    wish: TimeWish,
    /// What the model learned from.
    learned: Option<TimeSpec>,
    /// The one column that somebody names.
    only: Option<Only>,
}

#[derive(Clone, Debug)]
enum Only {
    At(usize),
    /// Where columns have no place yet.
    Name(String),
}

impl Only {
    fn is(&self, candidate: &TimeCandidate<'_>) -> bool {
        match self {
            Self::At(column) => candidate.column == *column,
            Self::Name(name) => {
                alike(candidate.name, name) || name.trim() == (candidate.column + 1).to_string()
            }
        }
    }
}

/// Where the time is and how it is read.
#[derive(Clone, Debug)]
pub(in crate::decode) struct TimeColumns {
    /// One to three.
    pub columns: Vec<usize>,
    pub reader: TimeReader,
    /// The texts of several columns.
    joined: Vec<u8>,
}

impl TimeColumns {
    /// `None` where the zone is not known on this machine.
    pub fn new(found: &FoundTime) -> Option<Self> {
        let reader = TimeReader::new(&found.spec)?;
        Some(Self { columns: found.columns.clone(), reader, joined: Vec::new() })
    }

    /// The time of a row, from the text of each column.
    pub fn read<'a>(
        &mut self,
        text: impl Fn(usize) -> &'a [u8],
        row: &mut RowBuffer,
    ) -> Result<Time, Lost> {
        let text = match &self.columns[..] {
            [column] => text(*column),
            columns => {
                self.joined.clear();
                for column in columns {
                    if !self.joined.is_empty() {
                        self.joined.push(b' ');
                    }
                    self.joined.extend_from_slice(text(*column).trim_ascii());
                }
                &self.joined
            }
        };
        self.reader.read(text).ok_or_else(|| row.lost(Lost::Time, text))
    }
}

/// The time was found, or given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::decode) struct TimeNews {
    pub found: Option<FoundTime>,
    /// What a user should know of it.
    pub said: Option<String>,
}

impl TimeNews {
    /// Adds it to what is known of the columns.
    pub fn tell(self, columns: &mut Columns) {
        columns.guesses.extend(self.said);
        if let Some(FoundTime { spec, .. }) = self.found {
            columns.time = spec.columns.first().cloned();
            columns.input.time = Some(spec);
        }
    }
}

impl Timing {
    /// `column` is where the column is that the options name, where columns have their places.
    pub fn new(options: &DecodeOptions, column: Option<usize>) -> Self {
        let (likely, only) = match (&options.time, column) {
            (_, Some(column)) => (None, Some(Only::At(column))),
            (TimeColumn::Likely(name), None) => (Some(name.clone()), None),
            (TimeColumn::Named(name), None) => (None, Some(Only::Name(name.clone()))),
            (TimeColumn::Auto, None) => (None, None),
            (TimeColumn::None, None) => return Self::Off,
        };
        let learned = options.learned.time.clone().map(|mut learned| {
            learned.zone = options.hints.time_zone.clone().or(learned.zone);
            learned
        });
        let learned = learned.filter(|_| options.hints.time_format.is_none());
        let wish = TimeWish { likely, ..TimeWish::of(options) };
        Self::Open(Box::new(TimeSearch { tries: 0, wish, learned, only }))
    }

    /// In these columns; none where their zone is not known on this machine.
    pub fn at(found: &FoundTime) -> Self {
        TimeColumns::new(found).map_or(Self::Off, |time| Self::At(Box::new(time)))
    }

    /// Decides, when it is still open, by the candidates of one row. The row itself is not lost,
    /// whatever comes out.
    pub fn decide(&mut self, candidates: &[TimeCandidate<'_>]) -> Option<TimeNews> {
        let Self::Open(search) = self else { return None };
        match search.choose(candidates) {
            TimeChoice::Take(mut found) => {
                let said = found.said.take();
                *self = Self::at(&found);
                Some(TimeNews { found: Some(found), said })
            }
            TimeChoice::Unclear { name, text } => {
                search.tries = search.tries.saturating_add(1);
                let (told, lasting) = (search.tries == TRIES, search.is_lasting(candidates));
                if told && !lasting {
                    *self = Self::Off;
                }
                told.then(|| TimeNews { found: None, said: Some(unclear(&name, &text)) })
            }
            TimeChoice::None => {
                if !search.is_lasting(candidates) {
                    *self = Self::Off;
                }
                None
            }
        }
    }

    /// What all rows have told of the order of day and month, where the first did not.
    pub fn told_order(&self) -> Option<DateOrder> {
        match self {
            Self::At(time) => time.reader.told_order(),
            Self::Off | Self::Open(_) => None,
        }
    }

    /// The same for rows whose columns stand elsewhere: `to` gives the new number of a column.
    pub fn moved(&self, to: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        let mut timing = self.clone();
        match &mut timing {
            Self::Off => {}
            Self::Open(search) => {
                if let Some(Only::At(column)) = &mut search.only {
                    *column = to(*column)?;
                }
            }
            Self::At(time) => {
                for column in &mut time.columns {
                    *column = to(*column)?;
                }
            }
        }
        Some(timing)
    }
}

impl TimeSearch {
    /// Somebody, or the model, says that there is a time: it may still come, as from a clock that is
    /// not set yet.
    fn is_lasting(&self, candidates: &[TimeCandidate<'_>]) -> bool {
        let there = |spec: &TimeSpec| columns_of(candidates, spec).is_some();
        self.only.is_some() || self.learned.as_ref().is_some_and(there)
    }

    fn choose(&self, candidates: &[TimeCandidate<'_>]) -> TimeChoice {
        let only = self.only.as_ref();
        let asked = candidates.iter().find(|time| only.is_some_and(|only| only.is(time)));
        let learned = self.learned.as_ref().and_then(|spec| as_before(candidates, spec));
        if let Some(found) = learned
            && asked.is_none_or(|asked| found.columns.contains(&asked.column))
        {
            return TimeChoice::Take(found);
        }
        let choice = match (only, asked) {
            (None, _) => choose(candidates, &self.wish),
            (Some(_), None) => TimeChoice::None,
            (Some(_), Some(time)) => named(time, candidates, &self.wish),
        };
        match (choice, candidates.iter().find(|time| is_blank(time))) {
            // It has a name, and nothing stands in it yet.
            (TimeChoice::None, Some(time)) => TimeChoice::unclear(time),
            (choice, _) => choice,
        }
    }
}

/// Whether nothing stands in a column that says that it is a time.
fn is_blank(candidate: &TimeCandidate<'_>) -> bool {
    let blank = |text: &&[u8]| value::read(text, false) == Reading::Missing;
    candidate.texts.iter().all(blank) && rank(candidate.name).is_some()
}

impl TimeWish {
    /// What somebody said of how times are written.
    pub fn of(options: &DecodeOptions) -> Self {
        Self {
            likely: None,
            format: options.hints.time_format.clone(),
            zone: options.hints.time_zone.clone(),
        }
    }
}

/// The columns and the style that the model learned from, where they are here and fit.
pub(in crate::decode) fn as_before(
    candidates: &[TimeCandidate<'_>],
    spec: &TimeSpec,
) -> Option<FoundTime> {
    let columns = columns_of(candidates, spec)?;
    let texts: Option<Vec<&[u8]>> = columns.iter().map(|time| first_text(time)).collect();
    TimeReader::new(spec)?.read(&texts?.join(&b' '))?;
    let columns = columns.iter().map(|time| time.column).collect();
    Some(FoundTime { columns, spec: spec.clone(), said: None })
}

/// The candidates that have the names of these columns.
fn columns_of<'a, 'b>(
    candidates: &'b [TimeCandidate<'a>],
    spec: &TimeSpec,
) -> Option<Vec<&'b TimeCandidate<'a>>> {
    let find = |name: &String| {
        let same = candidates.iter().find(|candidate| candidate.name == name);
        same.or_else(|| candidates.iter().find(|candidate| alike(candidate.name, name)))
    };
    spec.columns.iter().map(find).collect()
}

/// The first text that is not empty.
fn first_text<'a>(candidate: &TimeCandidate<'a>) -> Option<&'a [u8]> {
    candidate.texts.iter().map(|text| text.trim_ascii()).find(|text| !text.is_empty())
}

/// What is said of a time that is not understood.
pub(in crate::decode) fn unclear(name: &str, text: &[u8]) -> String {
    format!(
        "column {name}: {} is not a time that is understood: rows count as they come; say \
         --time-format, or --time none",
        shown(text)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use oddity_core::profile::TimeStyle;

    fn decide(
        options: &DecodeOptions,
        rows: &[&[(&str, &str)]],
    ) -> (Option<Vec<usize>>, Vec<String>) {
        let mut timing = Timing::new(options, None);
        let mut said = Vec::new();
        for row in rows {
            let candidates: Vec<TimeCandidate<'_>> = row
                .iter()
                .enumerate()
                .map(|(column, (name, text))| TimeCandidate {
                    column,
                    name,
                    texts: vec![text.as_bytes()],
                })
                .collect();
            said.extend(timing.decide(&candidates).and_then(|news| news.said));
        }
        match timing {
            Timing::At(time) => (Some(time.columns), said),
            Timing::Off => (None, said),
            Timing::Open(_) => (None, vec!["open".to_owned()]),
        }
    }

    fn found(rows: &[&[(&str, &str)]]) -> Option<Vec<usize>> {
        decide(&DecodeOptions::named(["a"]), rows).0
    }

    const DATE: &str = "2020-03-09 10:14:33";

    #[test]
    fn by_name_and_by_look() {
        assert_eq!(found(&[&[("x", "1"), ("Time", "1583748873")]]), Some(vec![1]));
        assert_eq!(found(&[&[("t", "0"), ("x", "1")]]), None, "an index");
        assert_eq!(found(&[&[("t", "0"), ("meta.ts", DATE)]]), Some(vec![1]));
        assert_eq!(found(&[&[("when", DATE), ("x", "1")]]), Some(vec![0]));
        assert_eq!(found(&[&[("x", "1"), ("when", DATE)]]), None);
        assert_eq!(found(&[&[("when", "1583748873")]]), None, "only a date says so alone");
        let influx = [("_start", DATE), ("_stop", DATE), ("_time", DATE)];
        assert_eq!(found(&[&influx]), Some(vec![2]));
    }

    #[test]
    fn a_date_and_a_time_of_day_belong_together() {
        let (date, time) = (("Date", "2026-03-02"), ("Time", "10:14:33"));
        assert_eq!(found(&[&[date, time, ("x", "1")]]), Some(vec![0, 1]));
        assert_eq!(found(&[&[time, ("x", "1"), date]]), Some(vec![2, 0]));
        assert_eq!(found(&[&[("c1", "2026-03-02"), ("c2", "10:14:33")]]), Some(vec![0, 1]));
        let half = [("Date", "3/13/2026"), ("Time", "10:14:33"), ("c3", "PM")];
        assert_eq!(found(&[&half]), Some(vec![0, 1, 2]));
        assert_eq!(found(&[&[("data", "29/11/2026"), ("ora", "14.05.00")]]), Some(vec![0, 1]));
        assert_eq!(found(&[&[("Date", "20261129"), ("Time", "140500")]]), Some(vec![0, 1]));
        assert_eq!(found(&[&[date, ("time", "a quarter past ten")]]), None, "midnight all day");
        assert_eq!(found(&[&[date, ("Timestamp", DATE), time]]), Some(vec![1]));
    }

    #[test]
    fn the_name_that_a_model_remembers_comes_first() {
        let options = DecodeOptions {
            time: TimeColumn::Likely("Stand".into()),
            ..DecodeOptions::named(["a"])
        };
        let row = [("time", "1583748873"), ("stand", "1583748874")];
        assert_eq!(decide(&options, &[&row]).0, Some(vec![1]));
    }

    #[test]
    fn what_the_model_learned_from_is_read_as_there() {
        let mut options = DecodeOptions::named(["a"]);
        options.learned.time = Some(TimeSpec {
            columns: vec!["day".into(), "at".into()],
            style: TimeStyle::Written { order: DateOrder::DayMonthYear },
            zone: None,
        });
        let row = [("at", "14:05:00"), ("DAY", "03/02/2026")];
        assert_eq!(decide(&options, &[&row]), (Some(vec![1, 0]), vec![]));
        // Its clock is not set yet.
        let blank = [("at", ""), ("DAY", "")];
        assert_eq!(decide(&options, &[&blank, &blank, &row]).0, Some(vec![1, 0]));
        // Now it is written otherwise.
        let other = [("time", DATE), ("x", "1")];
        assert_eq!(decide(&options, &[&other]).0, Some(vec![0]));
        assert_eq!(decide(&options, &[&[("x", "1")]]).0, None);
    }

    #[test]
    fn a_time_that_is_not_understood_is_named_once() {
        let row: &[(&str, &str)] = &[("x", "1"), ("time", "29 brumaire")];
        let (columns, said) = decide(&DecodeOptions::named(["a"]), &[row; 9]);
        assert_eq!(columns, None);
        let [said] = &said[..] else { panic!("{said:?}") };
        assert!(said.starts_with("column time: \"29 brumaire\" is not a time"), "{said}");
        assert_eq!(found(&[row, &[("x", "1"), ("time", DATE)]]), Some(vec![1]));
    }

    #[test]
    fn an_order_that_is_open_is_asked_for() {
        let row: &[(&str, &str)] = &[("time", "03/02/2026 14:05:00")];
        let (columns, said) = decide(&DecodeOptions::named(["a"]), &[row]);
        assert_eq!(columns, Some(vec![0]));
        assert!(said[0].contains("%d/%m/%Y %H:%M:%S") && said[0].contains("%m/%d"), "{said:?}");
        let mut options = DecodeOptions::named(["a"]);
        options.hints.time_format = Some("%d/%m/%Y %H:%M:%S".into());
        assert_eq!(decide(&options, &[row]), (Some(vec![0]), vec![]));
    }
}
