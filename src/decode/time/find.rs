//! Which columns hold the time: columns with their names and texts go in, the choice comes out.
//!
//! A name that says "time" comes first; a date in one column and the time of day in another belong
//! together. Reads no time.

use oddity_core::profile::{TimeSpec, TimeStyle};

use super::kind::{TimeKind, is_of_day};
use super::looks::looks;
use super::names::{TimeName, is_utc};
use super::reader::TimeReader;
use super::zone::Zone;
use crate::decode::columns::alike;

/// A column that may hold the time.
#[derive(Clone, Debug)]
pub(in crate::decode) struct TimeCandidate<'a> {
    pub column: usize,
    pub name: &'a str,
    /// What stands in it, row by row.
    pub texts: Vec<&'a [u8]>,
}

/// What is known of the time before the data is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::decode) struct TimeWish {
    /// A name before all others.
    pub likely: Option<String>,
    /// How to read it, in the language of `strftime`.
    pub format: Option<String>,
    /// The zone of times that say none.
    pub zone: Option<String>,
}

/// The time was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::decode) struct FoundTime {
    /// Numbers of the columns, in the order in which they are read.
    pub columns: Vec<usize>,
    pub spec: TimeSpec,
    /// What a user should know of the guess.
    pub said: Option<String>,
}

/// What the columns gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::decode) enum TimeChoice {
    Take(FoundTime),
    /// No column says that it is a time.
    None,
    /// One says so, and its text is not understood.
    Unclear {
        name: String,
        text: Vec<u8>,
    },
}

impl TimeChoice {
    /// Of a column that is not understood.
    pub fn unclear(candidate: &TimeCandidate<'_>) -> Self {
        let text = first_text(candidate).to_vec();
        Self::Unclear { name: candidate.name.to_owned(), text }
    }
}

/// A candidate, looked at.
struct Seen<'a, 'b> {
    candidate: &'b TimeCandidate<'a>,
    kind: TimeKind,
    name: Option<TimeName>,
    rank: usize,
}

/// Chooses among columns that are nothing else.
pub(in crate::decode) fn choose(candidates: &[TimeCandidate<'_>], wish: &TimeWish) -> TimeChoice {
    let mut seen: Vec<Seen<'_, '_>> = candidates.iter().map(|c| look(c, wish)).collect();
    seen.sort_by_key(|seen| seen.rank);
    if let Some(format) = &wish.format {
        return by_format(&seen, format, wish);
    }
    let named = || seen.iter().filter(|seen| seen.name.is_some() || seen.rank == 0);
    let first = seen.iter().find(|seen| {
        let unnamed = seen.candidate.column == 0 && seen.name.is_none();
        // Only a date says by itself that it is a time.
        unnamed && looks(first_text(seen.candidate)).is_written()
    });
    if let Some(full) = named().find_map(|time| full(time, &seen, wish)) {
        return TimeChoice::Take(full);
    }
    let elapsed = named().find_map(|time| elapsed(time, wish));
    if let Some(found) = elapsed.or_else(|| first.and_then(|time| full(time, &seen, wish))) {
        return TimeChoice::Take(found);
    }
    if let Some(found) = named().chain(first).find_map(|time| of_day(time, wish)) {
        return TimeChoice::Take(found);
    }
    // Beside a time that is not understood, a date alone would put all rows at midnight.
    let unclear = named().find(|time| {
        let open = matches!(time.kind, TimeKind::Unclear | TimeKind::Unordered { .. });
        open && time.name.as_ref().is_some_and(|name| !name.vague)
    });
    if let Some(time) = unclear {
        return TimeChoice::unclear(time.candidate);
    }
    let likely = || named().find(|time| time.rank == 0 && time.kind == TimeKind::Numbers);
    let date = named().chain(first).find_map(|time| match &time.kind {
        TimeKind::Date(style) => Some(take(&[time], style.clone(), wish, None)),
        _ => None,
    });
    // What was the time where the model learned is it here too, however small.
    let small = || likely().map(|time| take(&[time], TimeStyle::Standard, wish, None));
    date.or_else(small).map_or(TimeChoice::None, TimeChoice::Take)
}

/// How the one column is read that somebody calls the time; another may belong to it.
pub(in crate::decode) fn named(
    time: &TimeCandidate<'_>,
    candidates: &[TimeCandidate<'_>],
    wish: &TimeWish,
) -> TimeChoice {
    let seen: Vec<Seen<'_, '_>> = candidates.iter().map(|c| look(c, wish)).collect();
    let time = look(time, wish);
    if let Some(format) = &wish.format {
        return by_format(std::slice::from_ref(&time), format, wish);
    }
    let alone = full(&time, &seen, wish).or_else(|| elapsed(&time, wish));
    let found = alone.or_else(|| of_day(&time, wish)).or_else(|| match &time.kind {
        TimeKind::Date(style) => Some(take(&[&time], style.clone(), wish, None)),
        TimeKind::Numbers => Some(take(&[&time], TimeStyle::Standard, wish, None)),
        _ => None,
    });
    found.map_or_else(|| TimeChoice::unclear(time.candidate), TimeChoice::Take)
}

fn look<'a, 'b>(candidate: &'b TimeCandidate<'a>, wish: &TimeWish) -> Seen<'a, 'b> {
    let name = TimeName::of(candidate.name);
    let likely = wish.likely.as_deref().is_some_and(|likely| alike(likely, candidate.name));
    let rank = if likely { 0 } else { name.as_ref().map_or(usize::MAX, |name| name.rank + 1) };
    Seen { candidate, kind: TimeKind::of(&candidate.texts, name.as_ref()), name, rank }
}

/// A date with a time of day, in one column or in two that belong together.
fn full(time: &Seen<'_, '_>, all: &[Seen<'_, '_>], wish: &TimeWish) -> Option<FoundTime> {
    match &time.kind {
        TimeKind::Full(style) => Some(take(&[time], style.clone(), wish, None)),
        TimeKind::Presumed(style) => {
            let said = format!(
                "column {}: {} is read with the month first, as clocks with AM and PM mostly are; \
                 if the day comes first, say --time-format {:?}",
                time.candidate.name,
                shown(first_text(time.candidate)),
                suggested(first_text(time.candidate), true),
            );
            Some(take(&[time], style.clone(), wish, Some(said)))
        }
        TimeKind::Date(_) | TimeKind::Unordered { clock: false } => {
            pair(time, partner(time, all, is_clock)?, all, wish)
        }
        TimeKind::OfDay => {
            let date = partner(time, all, |other| {
                matches!(other.kind, TimeKind::Date(_) | TimeKind::Unordered { clock: false })
            })?;
            pair(date, time, all, wish)
        }
        _ => None,
    }
}

/// Whether a column can hold the time of day beside a date.
fn is_clock(seen: &Seen<'_, '_>) -> bool {
    let named = seen.name.as_ref().is_some_and(|name| !name.dated);
    let texts = || seen.candidate.texts.iter().filter(|text| !text.trim_ascii().is_empty());
    match seen.kind {
        TimeKind::OfDay => true,
        // 140500
        TimeKind::Numbers | TimeKind::Elapsed { .. } => {
            named && texts().next().is_some() && texts().all(|text| is_of_day(text))
        }
        _ => false,
    }
}

/// The column that belongs to one: it has a name for a time, or stands beside it.
fn partner<'a, 'b, 'c>(
    of: &Seen<'_, '_>,
    all: &'c [Seen<'a, 'b>],
    is: impl Fn(&Seen<'_, '_>) -> bool,
) -> Option<&'c Seen<'a, 'b>> {
    let beside = |other: &Seen<'_, '_>| other.candidate.column.abs_diff(of.candidate.column) == 1;
    let others =
        || all.iter().filter(|other| other.candidate.column != of.candidate.column && is(other));
    let both = others().find(|other| other.name.is_some() && beside(other));
    both.or_else(|| others().find(|other| other.name.is_some() || beside(other)))
}

/// A date and a time of day, and AM or PM where a third column says so.
fn pair(
    date: &Seen<'_, '_>,
    clock: &Seen<'_, '_>,
    all: &[Seen<'_, '_>],
    wish: &TimeWish,
) -> Option<FoundTime> {
    let half = partner(clock, all, |other| other.kind == TimeKind::Half);
    let columns: Vec<&Seen<'_, '_>> =
        [Some(date), Some(clock), half].into_iter().flatten().collect();
    let rows = columns.iter().map(|seen| seen.candidate.texts.len()).min().unwrap_or(0);
    let joined: Vec<Vec<u8>> = (0..rows)
        .map(|row| {
            let texts = columns.iter().filter_map(|seen| seen.candidate.texts.get(row).copied());
            texts.collect::<Vec<_>>().join(&b' ')
        })
        .collect();
    let texts: Vec<&[u8]> = joined.iter().map(Vec::as_slice).collect();
    let style = match TimeKind::of(&texts, date.name.as_ref()) {
        TimeKind::Full(style) | TimeKind::Presumed(style) => style,
        TimeKind::Unordered { clock: true } => return Some(unordered(&columns, wish)),
        _ => return None,
    };
    Some(take(&columns, style, wish, None))
}

fn elapsed(time: &Seen<'_, '_>, wish: &TimeWish) -> Option<FoundTime> {
    let TimeKind::Elapsed { unit_ns, said } = time.kind else { return None };
    let unit = if unit_ns == 1_000_000 { "milliseconds" } else { "seconds" };
    let guess = (!said).then(|| {
        let name = time.candidate.name;
        format!(
            "column {name} counts from a start and is read in {unit}; if that is wrong, give it a \
             name with its unit, such as {name} [s] or {name} [ms]"
        )
    });
    Some(take(&[time], TimeStyle::Elapsed { unit_ns }, wish, guess))
}

/// Times of day whose date is not there, or not known.
fn of_day(time: &Seen<'_, '_>, wish: &TimeWish) -> Option<FoundTime> {
    match time.kind {
        TimeKind::Unordered { clock: true } => Some(unordered(&[time], wish)),
        TimeKind::OfDay | TimeKind::NoYear => {
            let what = if time.kind == TimeKind::OfDay { "date" } else { "year" };
            let said = format!(
                "column {}: {} has no {what}: rows are placed by their time of day, and events have \
                 no time",
                time.candidate.name,
                shown(first_text(time.candidate)),
            );
            Some(take(&[time], TimeStyle::OfDay, wish, Some(said)))
        }
        _ => None,
    }
}

fn unordered(columns: &[&Seen<'_, '_>], wish: &TimeWish) -> FoundTime {
    let texts: Vec<&[u8]> = columns.iter().map(|seen| first_text(seen.candidate)).collect();
    let text = texts.join(&b' ');
    let names: Vec<&str> = columns.iter().map(|seen| seen.candidate.name).collect();
    let said = format!(
        "column {}: {} may have the day first or the month: rows are placed by their time of day, \
         and events have no time; say --time-format {:?} or {:?}",
        names.join(" and "),
        shown(&text),
        suggested(&text, true),
        suggested(&text, false),
    );
    take(columns, TimeStyle::OfDay, wish, Some(said))
}

fn by_format(seen: &[Seen<'_, '_>], format: &str, wish: &TimeWish) -> TimeChoice {
    let style = TimeStyle::Format { format: format.to_owned() };
    let fits = |columns: &[&Seen<'_, '_>]| {
        let found = take(columns, style.clone(), wish, None);
        let mut reader = TimeReader::new(&found.spec)?;
        let texts: Vec<&[u8]> = columns.iter().map(|seen| first_text(seen.candidate)).collect();
        reader.read(&texts.join(&b' ')).map(|_| found)
    };
    if let Some(found) = seen.iter().find_map(|time| fits(&[time])) {
        return TimeChoice::Take(found);
    }
    let pairs = seen.iter().flat_map(|one| seen.iter().map(move |other| (one, other)));
    // Many columns make very many pairs; those of a time stand side by side or have names for it.
    let near = |one: &Seen<'_, '_>, other: &Seen<'_, '_>| {
        let (one_at, other_at) = (one.candidate.column, other.candidate.column);
        one_at.abs_diff(other_at) == 1
            || (one.name.is_some() && other.name.is_some() && one_at != other_at)
    };
    let found = pairs
        .filter(|(one, other)| near(one, other))
        .take(64)
        .find_map(|(one, other)| fits(&[one, other]));
    match (found, seen.first()) {
        (Some(found), _) => TimeChoice::Take(found),
        (None, Some(time)) if time.rank < usize::MAX => TimeChoice::unclear(time.candidate),
        (None, _) => TimeChoice::None,
    }
}

fn take(
    columns: &[&Seen<'_, '_>],
    style: TimeStyle,
    wish: &TimeWish,
    said: Option<String>,
) -> FoundTime {
    // `Time (Europe/Berlin)`
    let remark = columns.iter().find_map(|seen| seen.name.as_ref()?.remark.as_ref());
    let of_name = remark
        .filter(|remark| (remark.contains('/') || is_utc(remark)) && Zone::named(remark).is_some());
    FoundTime {
        columns: columns.iter().map(|seen| seen.candidate.column).collect(),
        spec: TimeSpec {
            columns: columns.iter().map(|seen| seen.candidate.name.to_owned()).collect(),
            style,
            zone: wish.zone.clone().or_else(|| of_name.cloned()),
        },
        said,
    }
}

/// The first text that is not empty.
fn first_text<'a>(candidate: &TimeCandidate<'a>) -> &'a [u8] {
    let mut texts = candidate.texts.iter().map(|text| text.trim_ascii());
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

/// As it stands in messages: quoted, and not longer than a time.
pub(in crate::decode) fn shown(text: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(text.get(..48).unwrap_or(text)))
}

/// A format that would read a text like this.
fn suggested(text: &[u8], day_first: bool) -> String {
    let mark =
        text.iter().find(|byte| matches!(byte, b'/' | b'-' | b'.')).map_or('/', |&m| m.into());
    let longest = text.split(|byte| !byte.is_ascii_digit()).map(<[u8]>::len).max().unwrap_or(0);
    let year = if longest >= 4 { "%Y" } else { "%y" };
    let (first, second) = if day_first { ("%d", "%m") } else { ("%m", "%d") };
    let colons = text.iter().filter(|byte| **byte == b':').count();
    let half = text.iter().any(|byte| matches!(byte, b'm' | b'M'));
    let hour = if half { "%I" } else { "%H" };
    let seconds = if colons > 1 { ":%S" } else { "" };
    let fraction =
        if colons > 1 && text.rsplit(|b| *b == b':').next().is_some_and(|s| s.contains(&b'.')) {
            "%.f"
        } else {
            ""
        };
    let half = if half { " %p" } else { "" };
    let comma = if text.contains(&b',') { "," } else { "" };
    format!("{first}{mark}{second}{mark}{year}{comma} {hour}:%M{seconds}{fraction}{half}")
}
