//! What the texts of one column are as times: texts and a name go in, a [`TimeKind`] comes out.
//!
//! Day and month are told apart by all texts together: a number above 12 decides, or else that days
//! follow one another. Chooses no column.

use oddity_core::profile::{DateOrder, TimeStyle};

use super::looks::{Looks, looks};
use super::names::TimeName;
use super::number::{FRACTION, decimal};
use super::parser;
use super::words::Half;
use super::written::{Written, WrittenDate};

use crate::decode::value::{self, Reading};

/// What a column could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TimeKind {
    /// A date with a time of day, or an epoch.
    Full(TimeStyle),
    /// As `Full`; month first because of AM and PM.
    Presumed(TimeStyle),
    /// A date alone.
    Date(TimeStyle),
    /// A date whose day and month cannot be told apart, with a time of day or without.
    Unordered { clock: bool },
    /// A date without a year, with a time of day.
    NoYear,
    /// A time of day alone.
    OfDay,
    /// AM or PM alone.
    Half,
    /// Numbers that rise from row to row; `said`: the name says the unit.
    Elapsed { unit_ns: u64, said: bool },
    /// Numbers that are no time by themselves.
    Numbers,
    /// No readings at all.
    Empty,
    /// Text that is none of these.
    Unclear,
}

impl TimeKind {
    /// Looks at the texts of a column, in their order.
    pub fn of(texts: &[&[u8]], name: Option<&TimeName>) -> Self {
        let there = |text: &&&[u8]| value::read(text, true) != Reading::Missing;
        let texts: Vec<&[u8]> = texts.iter().filter(there).map(|text| text.trim_ascii()).collect();
        let most = |count: usize| count * 2 > texts.len();
        if texts.is_empty() {
            return Self::Empty;
        }
        let seen: Vec<Looks> = texts.iter().map(|text| looks(text)).collect();
        let count = |wanted: Looks| seen.iter().filter(|seen| **seen == wanted).count();
        let vague = name.is_some_and(|name| name.vague);
        if most(count(Looks::DateTime)) {
            let clock = texts.iter().any(|text| has_clock(text));
            let style = TimeStyle::Standard;
            return if clock { Self::Full(style) } else { Self::Date(style) };
        }
        if !vague && most(count(Looks::DateTime) + count(Looks::Epoch)) {
            return Self::Full(TimeStyle::Standard);
        }
        // 14.05.00 is a date in May elsewhere.
        let of_time = name.is_some_and(|name| !name.dated) && !most(count(Looks::Small));
        if of_time && texts.iter().all(|text| is_of_day(text)) {
            return Self::OfDay;
        }
        let written: Vec<Written<'_>> =
            texts.iter().filter_map(|text| parser::parse(text)).collect();
        if most(written.iter().filter(|written| written.date.is_some()).count()) {
            return dates(&written, name);
        }
        let of_day = texts.iter().filter(|text| text.contains(&b':') || name.is_some());
        let of_day = of_day.filter(|text| parser::of_day(text).is_some()).count();
        if most(of_day) && !most(count(Looks::Small)) {
            return Self::OfDay;
        }
        let half = |text: &&&[u8]| Half::read(text).is_some_and(|(_, len)| len == text.len());
        if most(texts.iter().filter(half).count()) {
            return Self::Half;
        }
        if most(count(Looks::Small) + count(Looks::Epoch)) {
            return numbers(&texts, name);
        }
        Self::Unclear
    }
}

fn has_clock(text: &[u8]) -> bool {
    parser::parse(text).map_or(text.contains(&b':'), |written| written.of_day.is_some())
}

/// Whether a text can be a time of day beside a date.
pub(super) fn is_of_day(text: &[u8]) -> bool {
    parser::of_day(text.trim_ascii()).is_some()
}

/// Dates with an order that is to be found.
fn dates(written: &[Written<'_>], name: Option<&TimeName>) -> TimeKind {
    let clock = written.iter().any(|written| written.of_day.is_some());
    let dates: Vec<WrittenDate> = written.iter().filter_map(|written| written.date).collect();
    let yearless = dates.iter().filter(|date| **date == WrittenDate::NoYear).count();
    if yearless * 2 > dates.len() {
        return if clock { TimeKind::NoYear } else { TimeKind::Unclear };
    }
    let fits = |order: DateOrder| dates.iter().filter(|date| date.days(order).is_some()).count();
    let full = |order| {
        let style = TimeStyle::Written { order };
        if clock { TimeKind::Full(style) } else { TimeKind::Date(style) }
    };
    if let Some(order) = name.and_then(TimeName::order).filter(|order| fits(*order) > 0) {
        return full(order);
    }
    match ordered(&dates) {
        [Some(order), None, None] => full(order),
        _ if written.iter().any(|written| written.half.is_some()) => {
            let style = TimeStyle::Written { order: DateOrder::MonthDayYear };
            if clock { TimeKind::Presumed(style) } else { TimeKind::Date(style) }
        }
        _ => TimeKind::Unordered { clock },
    }
}

/// The orders that fit best; more than one where that is open.
fn ordered(dates: &[WrittenDate]) -> [Option<DateOrder>; 3] {
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    let marked = |mark: u8| {
        dates.iter().any(|date| matches!(date, WrittenDate::Numbers { mark: m, .. } if *m == mark))
    };
    // Points are put between day, month and year alone.
    if marked(b'.') {
        return [Some(DayMonthYear), None, None];
    }
    let merit = |order: DateOrder| {
        let days: Vec<i64> = dates.iter().filter_map(|date| date.days(order)).collect();
        let steps =
            days.windows(2).map(|pair| pair.last().unwrap_or(&0) - pair.first().unwrap_or(&0));
        let falls = steps.clone().filter(|step| *step < 0).count();
        let days_moved: u64 = steps.map(i64::unsigned_abs).sum();
        (days.len(), falls, days_moved)
    };
    let orders = [DayMonthYear, MonthDayYear, YearMonthDay];
    let merits = orders.map(merit);
    let most = merits.iter().map(|(fits, ..)| *fits).max().unwrap_or(0);
    let mut left: [Option<(DateOrder, usize, u64)>; 3] = [None; 3];
    for (slot, (order, (fits, falls, moved))) in left.iter_mut().zip(orders.iter().zip(merits)) {
        *slot = (fits == most).then_some((*order, falls, moved));
    }
    let best = left.iter().flatten().map(|(_, falls, moved)| (*falls, *moved)).min();
    let (least_falls, least_moved) = best.unwrap_or_default();
    let keep = |&(_, falls, moved): &(DateOrder, usize, u64)| {
        // A day is followed by the next: in the wrong order, by one a month away.
        falls == least_falls && (least_moved == 0 || moved / 5 < least_moved)
    };
    let mut left: Vec<DateOrder> =
        left.into_iter().flatten().filter(keep).map(|(order, ..)| order).collect();
    // A short year comes first where numbers are joined by `-`, if anywhere.
    if left.len() > 1 && !marked(b'-') {
        left.retain(|order| *order != YearMonthDay);
    }
    let mut found = left.into_iter();
    [found.next(), found.next(), found.next()]
}

/// Numbers that are no epoch: what counts from a start, or a spreadsheet's days.
fn numbers(texts: &[&[u8]], name: Option<&TimeName>) -> TimeKind {
    let Some(name) = name else { return TimeKind::Numbers };
    let values: Vec<f64> = texts
        .iter()
        .filter_map(|text| decimal(text))
        .map(|(whole, fraction)| whole as f64 + fraction as f64 / FRACTION as f64)
        .collect();
    if is_serial_day(texts, &values, name) {
        return TimeKind::Full(TimeStyle::SerialDay);
    }
    match rises(&values, name).filter(|_| !name.dated) {
        Some(step) => {
            let unit_ns = name.unit_ns.unwrap_or_else(|| likely_unit(step));
            TimeKind::Elapsed { unit_ns, said: name.unit_ns.is_some() }
        }
        None => TimeKind::Numbers,
    }
}

/// From 1954 to 2119, with a time of day.
fn is_serial_day(texts: &[&[u8]], values: &[f64], name: &TimeName) -> bool {
    let said = name.remark.as_deref().is_some_and(|remark| {
        let remark = remark.to_ascii_lowercase();
        ["excel", "serial", "days"].iter().any(|word| remark.contains(word))
    });
    let in_range = values.iter().filter(|value| (20_000.0..80_000.0).contains(*value)).count();
    let fractions = values.iter().any(|value| value.fract() != 0.0);
    let rising = values.windows(2).all(|pair| pair.first() <= pair.last());
    if in_range * 10 < values.len() * 9 || !fractions || !rising || name.unit_ns.is_some() {
        return false;
    }
    if said || name.dated {
        return true;
    }
    // Seconds since a start that is twelve hours ago look alike, but for their steps.
    let long = |text: &&&[u8]| {
        let point = text.iter().position(|byte| matches!(byte, b'.' | b','));
        point.is_some_and(|at| text.len() - at > 5)
    };
    let span = values.last().unwrap_or(&0.0) - values.first().unwrap_or(&0.0);
    let per_row = span / values.len().max(1) as f64;
    texts.iter().filter(long).count() * 2 > texts.len()
        && per_row > 0.0
        && per_row < 0.2
        && values.len() >= 3
}

/// The usual step of numbers that rise evenly enough to count time, which takes more where the name says
/// less.
fn rises(values: &[f64], name: &TimeName) -> Option<f64> {
    let mut steps: Vec<f64> = values
        .windows(2)
        .map(|pair| pair.last().unwrap_or(&0.0) - pair.first().unwrap_or(&0.0))
        .collect();
    let count = steps.len();
    let falls = steps.iter().filter(|step| **step < 0.0).count();
    let rises = steps.iter().filter(|step| **step > 0.0).count();
    steps.sort_by(f64::total_cmp);
    let usual = steps.get(count / 2).copied().filter(|usual| *usual > 0.0)?;
    let near =
        |part: f64| steps.iter().filter(|step| (**step - usual).abs() <= usual * part).count();
    let says_so = name.unit_ns.is_some() || name.since_start;
    let evenly = if says_so || (name.plain && !name.vague) {
        count >= 2 && rises * 10 >= count * 8 && falls * 20 <= count && near(0.5) * 2 >= count
    } else {
        // `t` may be a temperature or count the rows.
        let by_one = usual == 1.0 && values.iter().all(|value| value.fract() == 0.0);
        !name.vague && count >= 16 && falls == 0 && near(0.01) * 10 >= count * 9 && !by_one
    };
    evenly.then_some(usual)
}

/// The unit of what counts from a start and does not say it: steps of hundreds are milliseconds, unless
/// they are whole minutes.
fn likely_unit(step: f64) -> u64 {
    let milli = step >= 100.0 && step % 60.0 != 0.0;
    if milli { 1_000_000 } else { 1_000_000_000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(texts: &[&str], name: &str) -> TimeKind {
        let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        TimeKind::of(&texts, TimeName::of(name).as_ref())
    }

    fn written(order: DateOrder) -> TimeStyle {
        TimeStyle::Written { order }
    }

    #[test]
    fn day_and_month() {
        use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
        for (texts, order) in [
            (&["29/11/2026 14:05:00"][..], DayMonthYear),
            (&["11/29/2026 14:05:00"], MonthDayYear),
            (&["03.02.2026 14:05:00"], DayMonthYear),
            (&["03/02/26 1:00", "13/02/26 1:00"], DayMonthYear),
            // The next day is nearer than the next month.
            (&["03/02/2026 23:59:59", "04/02/2026 00:00:00"], DayMonthYear),
            (&["03/02/2026 23:59:59", "03/03/2026 00:00:00"], MonthDayYear),
            (&["26-11-29 23:59:59", "26-11-30 00:00:00"], YearMonthDay),
            (&["12/31/2026 23:59", "01/01/2027 00:00"], MonthDayYear),
        ] {
            assert_eq!(kind(texts, "time"), TimeKind::Full(written(order)), "{texts:?}");
        }
        let open = "03/02/2026 14:05:00";
        assert_eq!(kind(&[open; 3], "time"), TimeKind::Unordered { clock: true });
        assert_eq!(kind(&["03/02/2026"], "date"), TimeKind::Unordered { clock: false });
        let said = TimeKind::Full(written(DayMonthYear));
        assert_eq!(kind(&[open], "time [dd/mm/yyyy]"), said);
        let presumed = TimeKind::Presumed(written(MonthDayYear));
        assert_eq!(kind(&["03/02/2026 11:56:40 AM"], "time"), presumed);
        let plain = TimeKind::Full(written(DayMonthYear));
        assert_eq!(kind(&["13/02/2026 11:56:40 a.m."], "time"), plain);
    }

    #[test]
    fn kinds() {
        let standard = TimeStyle::Standard;
        for (texts, name, expected) in [
            (&["2026-11-29 14:05:00"][..], "time", TimeKind::Full(standard.clone())),
            (&["20261129T140500"], "time", TimeKind::Full(standard.clone())),
            (&["20261129140500"], "time", TimeKind::Full(standard.clone())),
            (&["29-Nov-2026 14:05"], "time", TimeKind::Full(standard.clone())),
            (&["1583748873.5"], "ts", TimeKind::Full(standard.clone())),
            (&["1583748873"], "data", TimeKind::Numbers),
            (&["2026-11-29"], "date", TimeKind::Date(standard)),
            (&["14:05:00", "14:05:01"], "x", TimeKind::OfDay),
            (&["14.05.00"], "Uhrzeit", TimeKind::OfDay),
            (&["14.05.00"], "Datum", TimeKind::Date(written(DateOrder::DayMonthYear))),
            (&["PM", "a.m."], "x", TimeKind::Half),
            (&["Nov 29 14:05:00"], "time", TimeKind::NoYear),
            (&["", "-"], "time", TimeKind::Empty),
            (&["29 brumaire"], "time", TimeKind::Unclear),
            (&["45000.5", "45000.75"], "date", TimeKind::Full(TimeStyle::SerialDay)),
            (&["45000.5", "45000.75"], "temp", TimeKind::Numbers),
        ] {
            assert_eq!(kind(texts, name), expected, "{texts:?} {name}");
        }
    }

    #[test]
    fn what_counts_from_a_start() {
        let elapsed = |unit_ns: Option<u64>| {
            let said = unit_ns.is_some();
            TimeKind::Elapsed { unit_ns: unit_ns.unwrap_or(1_000_000_000), said }
        };
        let milli = TimeKind::Elapsed { unit_ns: 1_000_000, said: false };
        assert_eq!(kind(&["0", "100", "201", "300"], "time"), milli);
        assert_eq!(kind(&["0", "300", "600", "900"], "time"), elapsed(None));
        let uneven = ["0.00", "1.02", "1.98", "3.01", "4.00"];
        assert_eq!(kind(&uneven, "time"), elapsed(None));
        assert_eq!(kind(&uneven, "time [ms]"), elapsed(Some(1_000_000)));
        assert_eq!(kind(&["5012", "5112", "5213", "5312"], "millis"), elapsed(Some(1_000_000)));
        assert_eq!(kind(&uneven, "t"), TimeKind::Numbers);
        assert_eq!(kind(&uneven, "temp"), TimeKind::Numbers);
        assert_eq!(kind(&["20.1", "20.3", "20.2", "20.4"], "time"), TimeKind::Numbers);
        let index: Vec<String> = (0..40).map(|i| i.to_string()).collect();
        let index: Vec<&str> = index.iter().map(String::as_str).collect();
        assert_eq!(kind(&index, "t"), TimeKind::Numbers);
        assert_eq!(kind(&index, "t [s]"), elapsed(Some(1_000_000_000)));
    }
}
