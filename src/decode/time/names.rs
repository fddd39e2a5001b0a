//! Names of columns that hold a time: a name goes in; how much it says "time", and what it says of
//! the unit, the zone and the order of day and month, comes out. Looks at no value.

use oddity_core::profile::DateOrder;

/// Names, the likeliest first: small letters, without blanks and punctuation.
const NAMES: [&str; 89] = [
    "timestamp",
    "timestamputc",
    "utctimestamp",
    "timestamplocal",
    "localtimestamp",
    "datetime",
    "datetimeutc",
    "utcdatetime",
    "localdatetime",
    "dateandtime",
    "datetimestamp",
    "timedate",
    "timestring",
    "datestring",
    "timestr",
    "zeitstempel",
    "datumzeit",
    "datumuhrzeit",
    "datumundzeit",
    "horodatage",
    "horodate",
    "dateheure",
    "dateetheure",
    "fechahora",
    "fechayhora",
    "marcadetiempo",
    "dataora",
    "dataeora",
    "datahora",
    "dataehora",
    "tijdstip",
    "tijdstempel",
    "datumtijd",
    "datumentijd",
    "tidsstempel",
    "time",
    "timeutc",
    "utctime",
    "localtime",
    "timeofday",
    "zeit",
    "uhrzeit",
    "ortszeit",
    "heure",
    "temps",
    "hora",
    "tiempo",
    "ora",
    "tempo",
    "tijd",
    "tid",
    "czas",
    "measuredat",
    "measurementtime",
    "sampletime",
    "samplingtime",
    "recordedat",
    "recordtime",
    "observedat",
    "eventtime",
    "devicetime",
    "systemtime",
    "logtime",
    "readingtime",
    "lastchanged",
    "lastupdated",
    "createdat",
    "updatedat",
    "insertedat",
    "receivedat",
    "clock",
    "date",
    "datum",
    "fecha",
    "data",
    "dato",
    "ts",
    "epoch",
    "epochtime",
    "unixtime",
    "unix",
    "t",
    "elapsed",
    "elapsedtime",
    "runtime",
    "uptime",
    "laufzeit",
    "millis",
    "micros",
];

/// Of these, what is written must be a date or a time of day: their names say other things, too.
const WORDS: [&str; 6] = ["data", "dato", "tid", "ora", "tempo", "unix"];

/// Names that say that something counts from a start.
const SINCE_START: [&str; 7] =
    ["elapsed", "elapsedtime", "runtime", "uptime", "laufzeit", "millis", "micros"];

/// Units by what stands behind a name, with the nanoseconds in one.
const UNITS: [(&str, u64); 28] = [
    ("s", 1_000_000_000),
    ("sec", 1_000_000_000),
    ("secs", 1_000_000_000),
    ("second", 1_000_000_000),
    ("seconds", 1_000_000_000),
    ("sek", 1_000_000_000),
    ("sekunden", 1_000_000_000),
    ("ms", 1_000_000),
    ("msec", 1_000_000),
    ("msecs", 1_000_000),
    ("millis", 1_000_000),
    ("milliseconds", 1_000_000),
    ("us", 1000),
    ("\u{b5}s", 1000),
    ("\u{3bc}s", 1000),
    ("usec", 1000),
    ("micros", 1000),
    ("microseconds", 1000),
    ("ns", 1),
    ("nsec", 1),
    ("nanoseconds", 1),
    ("min", 60_000_000_000),
    ("mins", 60_000_000_000),
    ("minutes", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("hr", 3_600_000_000_000),
    ("hrs", 3_600_000_000_000),
    ("hours", 3_600_000_000_000),
];

/// What the name of a column says about time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::decode) struct TimeName {
    /// Lower is likelier.
    pub rank: usize,
    /// Nanoseconds in one of what it counts.
    pub unit_ns: Option<u64>,
    /// It says that it counts from a start.
    pub since_start: bool,
    /// It says so little that a number is no time yet.
    pub vague: bool,
    /// It is a word for time, not a letter or two.
    pub plain: bool,
    /// It says that there is a date.
    pub dated: bool,
    /// What stands in brackets and is no unit, such as `UTC`.
    pub remark: Option<String>,
}

impl TimeName {
    /// `None` for a name that does not say "time". Of a dotted path, the last part counts.
    pub fn of(name: &str) -> Option<Self> {
        // `Date Time, GMT+01:00`
        let (name, zone) = match name.split_once(", ") {
            Some((name, zone)) if is_utc(zone) => (name, Some(zone.trim())),
            _ => (name, None),
        };
        // A whole line may be taken for a name, while its delimiter is looked for.
        if name.contains([',', ';', '\t', '|']) {
            return None;
        }
        // A point in brackets does not part a path: `time [dd.mm.yyyy]`.
        let open = name.find(['(', '[', '{']).filter(|&at| at > 0).unwrap_or(name.len());
        let (head, tail) = name.split_at_checked(open)?;
        let head = head.rsplit('.').next().unwrap_or(head);
        let remark = tail.trim().trim_matches(['(', ')', '[', ']', '{', '}']).trim();
        let bare = canonical(head);
        let in_brackets = unit(&remark.to_lowercase());
        let (bare, suffixed) = match known(&bare) {
            Some(_) => (bare, None),
            None => without_unit(head)?,
        };
        let rank = known(&bare)?;
        let of_itself = unit(&bare).filter(|_| SINCE_START.contains(&bare.as_str()));
        Some(Self {
            rank,
            unit_ns: in_brackets.or(suffixed).or(of_itself),
            since_start: SINCE_START.contains(&bare.as_str()),
            vague: WORDS.contains(&bare.as_str()),
            plain: bare.len() > 2,
            dated: ["date", "datum", "fecha", "stamp", "stempel"].iter().any(|d| bare.contains(d)),
            remark: zone
                .or((in_brackets.is_none() && !remark.is_empty()).then_some(remark))
                .map(str::to_owned),
        })
    }

    /// The order of day, month and year, where the remark shows it: `dd/mm/yyyy`.
    pub fn order(&self) -> Option<DateOrder> {
        let remark = self.remark.as_ref()?.to_lowercase();
        let mut firsts = remark.split(|c: char| !c.is_ascii_alphabetic()).map(|part| {
            let mut letters = part.chars();
            let first = letters.next();
            first.filter(|first| letters.all(|letter| letter == *first))
        });
        match (firsts.next()??, firsts.next()??) {
            ('d' | 't' | 'j', 'm') => Some(DateOrder::DayMonthYear),
            ('m', 'd') => Some(DateOrder::MonthDayYear),
            ('y', 'm') => Some(DateOrder::YearMonthDay),
            _ => None,
        }
    }
}

/// `UTC`, `GMT`, or one of these with an offset.
pub(super) fn is_utc(zone: &str) -> bool {
    let zone = zone.trim();
    let behind = ["UTC", "GMT"].iter().find_map(|utc| zone.strip_prefix(utc));
    behind.is_some_and(|offset| {
        offset.is_empty()
            || (offset.starts_with(['+', '-'])
                && offset.get(1..).is_some_and(|hours| {
                    !hours.is_empty()
                        && hours.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
                }))
    })
}

/// How much a name says "time": lower is more.
pub(in crate::decode) fn rank(name: &str) -> Option<usize> {
    TimeName::of(name).map(|name| name.rank)
}

fn known(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}

fn unit(name: &str) -> Option<u64> {
    UNITS.iter().find(|(known, _)| *known == name).map(|(_, unit)| *unit)
}

/// Small letters and digits alone: `Date/Time` and `date_time` are `datetime`.
fn canonical(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `time_ms`, `Time ms` and `time/ms` without their unit, and the unit.
fn without_unit(name: &str) -> Option<(String, Option<u64>)> {
    let (head, tail) = name.trim().rsplit_once([' ', '_', '-', '/'])?;
    let unit = unit(&tail.to_lowercase())?;
    Some((canonical(head), Some(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_many_tongues() {
        for name in [
            "_time",
            "Datum",
            "Zeit",
            "Zeitstempel",
            "Uhrzeit",
            "last_changed",
            "last_updated",
            "Timestamp (UTC)",
            "ts",
            "t",
            "fecha",
            "Hora",
            "heure",
            "horodatage",
            "data",
            "ora",
            "tijd",
            "DateTime",
            "Date/Time",
            "Date & Time",
            "recorded_at",
            "created_at",
            "time (s)",
            "elapsed",
            "TIME[ms]",
            "Elapsed Time (s)",
            "time_ms",
            "meta.ts",
            "[Time]",
            "Fecha y hora",
            "t [s]",
            "millis",
            "time [dd.mm.yyyy]",
            "\"time\"",
        ] {
            assert!(TimeName::of(name).is_some(), "{name}");
        }
        for name in [
            "temp",
            "x",
            "",
            "c1",
            "ms",
            "s",
            "h",
            "times",
            "update",
            "daten",
            "runtime error",
            "timeout",
            "time (ms),a,b",
            "date;time",
            "_start",
            "_stop",
            "(",
            "t2",
            "flow (time)",
        ] {
            assert!(TimeName::of(name).is_none(), "{name}");
        }
        assert!(rank("timestamp") < rank("time") && rank("Time") < rank("Date"));
        assert!(rank("date") < rank("ts") && rank("ts") < rank("t"));
    }

    #[test]
    fn units_and_remarks() {
        let unit = |name| TimeName::of(name).unwrap().unit_ns;
        for (name, expected) in [
            ("time (s)", Some(1_000_000_000)),
            ("time [ms]", Some(1_000_000)),
            ("time_us", Some(1000)),
            ("Time [\u{b5}s]", Some(1000)),
            ("millis", Some(1_000_000)),
            ("micros", Some(1000)),
            ("elapsed [min]", Some(60_000_000_000)),
            ("time", None),
            ("Timestamp (UTC)", None),
        ] {
            assert_eq!(unit(name), expected, "{name}");
        }
        let name = |name| TimeName::of(name).unwrap();
        assert_eq!(name("Timestamp (UTC)").remark.as_deref(), Some("UTC"));
        assert_eq!(name("time (s)").remark, None);
        assert_eq!(name("Date (DD/MM/YYYY)").order(), Some(DateOrder::DayMonthYear));
        assert_eq!(name("Date [mm-dd-yy]").order(), Some(DateOrder::MonthDayYear));
        assert_eq!(name("Datum (tt.mm.jjjj)").order(), Some(DateOrder::DayMonthYear));
        assert_eq!(name("Date (UTC)").order(), None);
        assert_eq!(name("Date (yyyy-mm-dd)").order(), Some(DateOrder::YearMonthDay));
    }
}
