//! Forms of times, as a whole.

use proptest::prelude::*;

use super::looks::{Looks, looks};
use super::*;
use oddity_core::profile::DateOrder;

fn read(text: &str) -> Option<i64> {
    TimeReader::default().read(text.as_bytes()).map(|time| time.0)
}

#[test]
fn forms_of_one_instant() {
    let expected = Some(1_583_748_873_500_000_000);
    for text in [
        "2020-03-09 10:14:33.5",
        "2020-03-09T10:14:33.500Z",
        "2020-03-09t10:14:33,5",
        "2020-03-09T11:14:33.5+01:00",
        "2020-03-09 04:14:33.5-06:00",
        " 1583748873.5 ",
        "+1583748873,5",
        "1.5837488735e9",
        "1583748873500",
        "1583748873500000",
        "1583748873500000000",
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
    assert_eq!(read("2020-03-09"), Some(1_583_712_000_000_000_000));
    assert_eq!(read("1583748873.123456789"), Some(1_583_748_873_123_456_789));
    assert_eq!(read("-1.25"), Some(-1_250_000_000));
}

#[test]
fn not_times() {
    for text in [
        "",
        "-",
        ".",
        "ERR",
        "2020-02-30 00:00:00",
        "2020-13-01 00:00:00",
        "9999-01-01 00:00:00",
        "2020-03-09 25:00:00",
        "2020-03-09 10:14:33.x",
        "1e99",
        "99999999999999999999999",
        "\u{221e}",
    ] {
        assert_eq!(read(text), None, "{text:?}");
    }
}

#[test]
fn the_first_epoch_decides_the_unit() {
    let mut times = TimeReader::default();
    assert_eq!(times.read(b"1000"), Some(Time(1_000_000_000_000)));
    assert_eq!(times.read(b"200000000000"), None, "seconds beyond 2262");
    let mut times = TimeReader::default();
    assert_eq!(times.read(b"100000000000"), Some(Time(100_000_000_000_000_000)));
    assert_eq!(times.read(b"7"), Some(Time(7_000_000)));
}

#[test]
fn looks_of_fields() {
    assert_eq!(looks(b"0"), Looks::Small);
    assert_eq!(looks(b"99999999.9"), Looks::Small);
    assert_eq!(looks(b"100000000"), Looks::Epoch);
    assert_eq!(looks(b"2020-03-09 10:14:33"), Looks::DateTime);
    assert_eq!(looks(b"0.0265878x"), Looks::Other);
    assert_eq!(looks(b""), Looks::Other);
}

proptest! {
    #[test]
    fn any_text(text in "[-+0-9:.,TZe ]{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        for field in [text.as_bytes(), &bytes] {
            let _ = (looks(field), TimeReader::default().read(field));
        }
    }
}

/// Formats that leave no doubt.
const CERTAIN: [&str; 18] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S%:z",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d-%H.%M.%S",
    "%Y%m%dT%H%M%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d-%H%M%SZ",
    "%d-%b-%Y %H:%M:%S",
    "%d. %B %Y %H:%M:%S",
    "%b %d %Y %I:%M:%S %p",
    "%B %-d, %Y, %-I:%M:%S %P",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %Y",
    "%d/%b/%Y:%H:%M:%S %z",
    "%d-%b-%y %H:%M:%S GMT+0",
];

/// Formats whose order must be known.
const ORDERED: [(&str, DateOrder); 12] = [
    ("%d/%m/%Y %H:%M:%S", DateOrder::DayMonthYear),
    ("%d.%m.%Y %H:%M:%S", DateOrder::DayMonthYear),
    ("%-d.%-m.%Y, %-H:%M:%S Uhr", DateOrder::DayMonthYear),
    ("%d-%m-%y %H:%M:%S", DateOrder::DayMonthYear),
    ("%d.%m.%y %H.%M.%S", DateOrder::DayMonthYear),
    ("%H:%M:%S %d/%m/%Y", DateOrder::DayMonthYear),
    ("%d/%m/%Y %I:%M:%S %p", DateOrder::DayMonthYear),
    ("%m/%d/%Y %H:%M:%S", DateOrder::MonthDayYear),
    ("%-m/%-d/%y, %-I:%M:%S %p", DateOrder::MonthDayYear),
    ("%m-%d-%Y %I:%M:%S%P", DateOrder::MonthDayYear),
    ("%y-%m-%d %H:%M:%S", DateOrder::YearMonthDay),
    ("%y/%m/%dT%H:%M:%S", DateOrder::YearMonthDay),
];

fn written_as(format: &str, second: i64) -> String {
    let instant = jiff::Timestamp::from_second(second).unwrap();
    jiff::fmt::strtime::format(format, instant).unwrap()
}

fn reader(style: TimeStyle) -> TimeReader {
    TimeReader::new(&TimeSpec { columns: Vec::new(), style, zone: None }).unwrap()
}

#[test]
fn other_forms_of_one_instant() {
    let expected = Some(1_583_748_873_500_000_000);
    for text in [
        "2020-03-09 10:14:33.5 +0000",
        "2020-03-09T11:14:33.5+01",
        "2020-03-09 11:14:33.5 +01:00",
        "2020-03-09 11:14:33.5 CET",
        "2020-03-09 11:14:33.5 UTC+1",
        "2020-03-09 11:14:33,5 Europe/Berlin",
        "2020-03-09T11:14:33.5[Europe/Berlin]",
        "2020-03-09T11:14:33.5+01:00[Europe/Berlin]",
        "2020-03-09 10:14:33:500",
        "20200309T101433.5Z",
        "20200309101433500",
        "9 mars 2020 10:14:33.5",
        "9-M\u{e4}r-2020 10:14:33,5",
        "Mon Mar 9 10:14:33.5 2020",
        "10:14:33.5 AM, March 9, 2020",
        "2020-03-09 10:14:33.5\u{202f}a.\u{a0}m.",
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
    let time = Some(Time(1_583_748_873_500_000_000));
    let mut days = reader(TimeStyle::SerialDay);
    assert_eq!(days.read(b"43899.4267766204"), time);
    assert_eq!(days.read(b"43899,4267766204"), time);
}

#[test]
fn texts_that_are_no_times() {
    for text in [
        "pump 3",
        "1.2.3",
        "10.0.0.1",
        "12:61:00",
        "25:00",
        "2026-11",
        "2026-13-01 00:00:00",
        "30/02/2026 1:00",
        "29 brumaire",
        "Nov",
        "14:05:00 maybe",
        "2026-11-29T",
        "+01:00",
        "AM",
        "2026-11-29 13:05 AM",
        "Nov 29 14:05:00",
        "03/02/2026 14:05:00",
        "14:05:00",
        "(CET)",
    ] {
        assert_eq!(read(text), None, "{text:?}");
        assert_eq!(parse_time(text), None, "{text:?}");
    }
    assert!(parse_time("29/11/2026 14:05:00").is_some());
}

#[test]
fn days_are_counted_by_midnights() {
    let mut reader = reader(TimeStyle::OfDay);
    let mut at = |text: &str| reader.read(text.as_bytes()).map(|time| time.0 / Time::SECOND);
    let start = at("23:59:58").unwrap();
    // One late row, the next day, one hour back in October, the working day after.
    for (text, seconds) in [
        ("23:59:59", 1),
        ("00:00:00", 2),
        ("23:59:59.5", 1),
        ("0:00:01", 3),
        ("02:59:59", 3 * 3600 + 1),
        ("02:00:00", 2 * 3600 + 2),
        ("06:00:00 PM", 18 * 3600 + 2),
        ("08:00:00", 32 * 3600 + 2),
    ] {
        assert_eq!(at(text), Some(start + seconds), "{text}");
    }
    assert_eq!(at("soon"), None);
}

#[test]
fn counters_of_32_bits_run_over() {
    let mut millis = reader(TimeStyle::Elapsed { unit_ns: 1_000_000 });
    let mut at = |text: &str| millis.read(text.as_bytes()).map(|time| time.0 / 1_000_000);
    assert_eq!(at("4294967000"), Some(4_294_967_000));
    assert_eq!(at("704"), Some(4_294_968_000));
    assert_eq!(at("1704"), Some(4_294_969_000));
    let mut restarted = reader(TimeStyle::Elapsed { unit_ns: 1_000_000 });
    assert_eq!(restarted.read(b"3000000000").map(|time| time.0), Some(3_000_000_000_000_000));
    assert_eq!(restarted.read(b"12.5").map(|time| time.0), Some(12_500_000), "started anew");
}

#[test]
fn formats_and_zones_are_checked() {
    for format in ["%d/%m/%Y %H:%M:%S", "%s", "%H:%M", "%Y-%j", "%d.%m.%y"] {
        assert_eq!(check_time_format(format), Ok(()), "{format}");
    }
    for format in ["", "time", "%d", "%Q!", "%", "%Y-%m"] {
        assert!(check_time_format(format).is_err(), "{format}");
    }
    assert!(check_time_zone("Europe/Berlin").is_ok() && check_time_zone("UTC").is_ok());
    assert!(check_time_zone("Europe/Nowhere").is_err() && check_time_zone("").is_err());
}

proptest! {
    #[test]
    fn every_form_reads_back(second in 0_i64..3_124_000_000, form in 0..CERTAIN.len()) {
        let text = written_as(CERTAIN[form], second);
        let expected = Some(Time(second * Time::SECOND));
        prop_assert_eq!(TimeReader::default().read(text.as_bytes()), expected, "{}", text);
        prop_assert_eq!(parse_time(&text), expected, "{}", text);
    }

    #[test]
    fn every_order_reads_back(second in 0_i64..3_124_000_000, form in 0..ORDERED.len()) {
        let (format, order) = ORDERED[form];
        let text = written_as(format, second);
        let read = reader(TimeStyle::Written { order }).read(text.as_bytes());
        prop_assert_eq!(read, Some(Time(second * Time::SECOND)), "{}", text);
    }

    #[test]
    fn every_format_reads_back(second in 0_i64..3_124_000_000, form in 0..CERTAIN.len()) {
        let format = CERTAIN[form].replace("GMT+0", "GMT");
        let text = written_as(&format, second);
        let read = reader(TimeStyle::Format { format }).read(text.as_bytes());
        prop_assert_eq!(read, Some(Time(second * Time::SECOND)), "{}", text);
    }

    /// Days that follow one another tell the order, whatever the first is.
    #[test]
    fn days_in_a_row_tell_the_order(day in 0_i64..20_000, form in 0..3_usize, rows in 2..40_i64) {
        let (format, order) = [ORDERED[0], ORDERED[7], ORDERED[3]][form];
        let texts: Vec<String> =
            (0..rows).map(|row| written_as(format, (day + row) * 86_400)).collect();
        let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let expected = TimeKind::Full(TimeStyle::Written { order });
        let found = TimeKind::of(&texts, None);
        // From 3/3 to 4/4, say, no number of rows below a month may tell; never is it the other.
        let open = matches!(found, TimeKind::Unordered { .. });
        prop_assert!(found == expected || open, "{:?}", found);
    }

    #[test]
    fn even_steps_over_midnight(start in 0_i64..86_400, step in 1_i64..80_000, rows in 2..50_i64) {
        let mut reader = reader(TimeStyle::OfDay);
        let mut last = None;
        for row in 0..rows {
            let text = written_as("%H:%M:%S", start + row * step);
            let time = reader.read(text.as_bytes()).unwrap();
            prop_assert!(last.is_none_or(|last| time.seconds_since(last) == step as f64), "{}", text);
            last = Some(time);
        }
    }

    #[test]
    fn any_bytes_in_any_style(
        text in "[-+0-9:.,/ TZAPMapm_a-z\\[\\](\u{a0})]{0,40}",
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
        let written = [DayMonthYear, MonthDayYear, YearMonthDay];
        let styles = written.into_iter().map(|order| TimeStyle::Written { order }).chain([
            TimeStyle::Standard,
            TimeStyle::OfDay,
            TimeStyle::Elapsed { unit_ns: 86_400_000_000_000 },
            TimeStyle::SerialDay,
            TimeStyle::Format { format: "%d/%m/%Y %H:%M:%S".into() },
        ]);
        for style in styles {
            let mut reader = reader(style);
            for field in [text.as_bytes(), &bytes, text.as_bytes()] {
                let _ = (looks(field), reader.read(field), parse_time(&text));
            }
        }
        for name in ["time", "t", "Datum", "x"] {
            let _ = TimeKind::of(&[text.as_bytes(), &bytes], names::TimeName::of(name).as_ref());
        }
        let _ = (names::TimeName::of(&text), check_time_format(&text));
    }
}
