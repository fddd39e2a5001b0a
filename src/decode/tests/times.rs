//! Times as files have them: what is found in a file and what a live stream then reads is the same.

use proptest::prelude::*;

use super::super::*;
use super::{items_of, values};

/// A file of rows a second apart from 2026-03-02 23:59:30: a header, then what `time` writes of each
/// instant, then two channels.
fn file(header: &str, rows: i64, time: impl Fn(jiff::Timestamp) -> String) -> String {
    let mut text = format!("{header},a,b\n");
    for row in 0..rows {
        let instant = jiff::Timestamp::from_second(1_772_495_970 + row).unwrap();
        text += &format!("{},{}.5,{}\n", time(instant), row * 37 % 101, row * 53 % 97);
    }
    text
}

fn by(format: &'static str) -> impl Fn(jiff::Timestamp) -> String {
    move |instant| jiff::fmt::strtime::format(format, instant).unwrap()
}

/// The columns of a file, and its rows.
fn found(text: &str) -> (Columns, Vec<String>) {
    let (items, result) = items_of(&DecodeOptions::discover(), &[text.as_bytes()]);
    (result.unwrap().unwrap(), items)
}

/// How a model that learned from these columns reads a live stream.
fn live(columns: &Columns) -> DecodeOptions {
    let named = DecodeOptions::named(columns.channels.clone());
    DecodeOptions { learned: columns.input.clone(), ..named }
}

/// Every row has a time, a second after the one before.
fn assert_even(items: &[String], rows: usize) {
    let times: Vec<f64> = items
        .iter()
        .map(|item| {
            let (_, rest) = item.split_once("Some(").unwrap_or_else(|| panic!("{item}"));
            rest.split_once(')').unwrap().0.parse().unwrap()
        })
        .collect();
    assert_eq!(times.len(), rows);
    let even = times.windows(2).all(|pair| (pair[1] - pair[0] - 1.0).abs() < 1e-3);
    assert!(even, "{:?}", items.first());
}

const STYLES: [(&str, &str); 14] = [
    ("time", "%Y-%m-%d %H:%M:%S"),
    ("Date,Time", "%Y-%m-%d,%H:%M:%S"),
    ("Time,Date", "%H:%M:%S,%d.%m.%Y"),
    ("Date,Time,AM/PM", "%m/%d/%Y,%I:%M:%S,%p"),
    ("Timestamp", "%m/%d/%Y %I:%M:%S %p"),
    ("Datum", "%d/%m/%Y %H:%M:%S"),
    ("Zeit", "%H:%M:%S"),
    ("recorded_at", "%d-%b-%Y %H:%M:%S"),
    ("_time", "%Y%m%dT%H%M%SZ"),
    ("DateTime", "\"%B %d, %Y, %I:%M:%S %p\""),
    ("Zeitstempel", "\"%d.%m.%Y %H:%M:%S,25\""),
    ("fecha,hora", "%d/%m/%Y,%H:%M:%S"),
    ("Date,Time", "%Y%m%d,%H%M%S"),
    ("time [s]", "%s"),
];

#[test]
fn what_a_file_has_a_live_stream_reads_the_same() {
    for (header, format) in STYLES {
        let text = file(header, 90, by(format));
        let (columns, items) = found(&text);
        assert_eq!(columns.channels, ["a", "b"], "{header}");
        assert_even(&items, 90);
        assert_eq!(items_of(&live(&columns), &[text.as_bytes()]).0, items, "{header} {format}");
    }
}

#[test]
fn what_counts_from_a_start_is_the_time() {
    let start = 1_772_495_970;
    let millis = |instant: jiff::Timestamp| {
        let since = instant.as_second() - start;
        (since * 1000 + 512 + since % 3).to_string()
    };
    for header in ["millis", "time (ms)", "Elapsed", "t"] {
        let text = file(header, 90, millis);
        let (columns, items) = found(&text);
        assert_eq!(columns.channels, ["a", "b"], "{header}");
        assert_eq!(columns.guesses.len(), usize::from(matches!(header, "Elapsed" | "t")));
        assert!(items[1].contains("Some(1.513)"), "{header}: {}", items[1]);
        assert_eq!(items_of(&live(&columns), &[text.as_bytes()]).0, items, "{header}");
    }
    // An index is none, nor is a temperature.
    let index = file("t", 90, |instant| (instant.as_second() - start).to_string());
    assert_eq!(found(&index).0.time, None);
    let warm = file("t", 90, |instant| format!("20.{}", instant.as_second() % 7));
    assert_eq!(found(&warm).0.channels, ["t", "a", "b"]);
}

#[test]
fn spreadsheet_days_are_the_time() {
    let days = |instant: jiff::Timestamp| {
        format!("{:.10}", instant.as_second() as f64 / 86_400.0 + 25_569.0)
    };
    let (columns, items) = found(&file("Date", 90, days));
    assert_eq!(columns.channels, ["a", "b"]);
    assert_even(&items, 90);
}

#[test]
fn a_time_that_is_not_understood_costs_no_row() {
    let text = file("time", 90, |instant| format!("beat {}", instant.as_second() % 1000));
    let (columns, items) = found(&text);
    assert_eq!((columns.time.as_deref(), values(&items).len()), (None, 90));
    let [guess] = &columns.guesses[..] else { panic!("{:?}", columns.guesses) };
    assert!(guess.starts_with("column time: \"beat 970\" is not a time"), "{guess}");
    let (items, columns) = items_of(&live(&columns), &[text.as_bytes()]);
    assert_eq!(values(&items).len(), 90);
    assert_eq!(columns.unwrap().unwrap().guesses.len(), 1);
    // Somebody who says that it is the time is told that it is none.
    let time = TimeColumn::Named("time".into());
    let asked = DecodeOptions { time, ..DecodeOptions::discover() };
    let error = items_of(&asked, &[text.as_bytes()]).1.unwrap_err();
    assert!(error.contains("column time: \"beat 970\" is not a time"), "{error}");
}

#[test]
fn an_order_that_is_open_is_asked_for_and_no_row_lost() {
    // A day of which both orders are dates, and no other.
    let text = file("time", 20, by("%d/%m/%Y %H:%M:%S"));
    let (columns, items) = found(&text);
    assert_even(&items, 20);
    assert!(columns.guesses[0].contains("may have the day first or the month"), "{columns:?}");
    let mut said = DecodeOptions::discover();
    said.hints.time_format = Some("%d/%m/%Y %H:%M:%S".into());
    let (items, columns) = items_of(&said, &[text.as_bytes()]);
    assert_eq!(columns.unwrap().unwrap().guesses, [""; 0]);
    assert!(items[0].contains("Some(1772495970.0)"), "{}", items[0]);
}

#[test]
fn all_rows_may_tell_more_than_the_first() {
    // A row a minute: the first 256 stay within a day of which both orders are dates.
    let file = |format: &'static str, start: &str| {
        let start: jiff::Timestamp = start.parse().unwrap();
        let mut text = "time,a\n".to_owned();
        for row in 0..900 {
            let instant = jiff::Timestamp::from_second(start.as_second() + row * 60).unwrap();
            text += &format!("{},{}.5\n", by(format)(instant), row * 37 % 101);
        }
        text
    };
    for (format, start) in [
        ("%d/%m/%Y %H:%M:%S", "2026-02-03T12:00:00Z"),
        ("%m/%d/%Y %H:%M:%S", "2026-02-03T12:00:00Z"),
        ("%d/%m/%Y %H:%M:%S", "2026-02-12T12:00:00Z"),
        // Taken for one with the month first, until the 13th comes.
        ("%d/%m/%Y %I:%M:%S %p", "2026-02-12T12:00:00Z"),
    ] {
        let text = file(format, start);
        let (columns, _) = found(&text);
        let again = DecodeOptions { learned: columns.input.clone(), ..DecodeOptions::discover() };
        let (items, columns) = items_of(&again, &[text.as_bytes()]);
        let first: jiff::Timestamp = start.parse().unwrap();
        let wanted = format!("Some({}.0)", first.as_second());
        assert!(items[0].contains(&wanted), "{format}: {} {:?}", items[0], columns);
        assert_eq!(values(&items).len(), 900, "{format}");
        assert_eq!(columns.unwrap().unwrap().guesses, [""; 0], "{format}");
    }
}

#[test]
fn a_zone_that_is_said_holds_for_times_without_one() {
    let mut options = DecodeOptions::discover();
    options.hints.time_zone = Some("Europe/Berlin".into());
    let text = "time,a\n2026-07-01 12:00:00,1.5\n2026-07-01T10:00:01Z,2\n\
        2026-07-01 12:00:02,3\n";
    let (items, columns) = items_of(&options, &[text.as_bytes()]);
    assert_even(&items, 3);
    assert!(items[0].contains("Some(1782900000.0)"), "{}", items[0]);
    let learned = live(&columns.unwrap().unwrap());
    assert_eq!(items_of(&learned, &[text.as_bytes()]).0, items);
}

#[test]
fn json_has_all_of_it_too() {
    let rows = [
        r#"{"date":"02.03.2026","time":"23:59:59","a":1}"#,
        r#"{"date":"03.03.2026","time":"00:00:00","a":2.5}"#,
        r#"{"a":3,"time":"00:00:01","date":"03.03.2026"}"#,
    ];
    let text = rows.join("\n");
    let (columns, items) = found(&text);
    assert_eq!(columns.channels, ["a"]);
    assert_even(&items, 3);
    assert_eq!(items_of(&live(&columns), &[text.as_bytes()]).0, items);
    let array = "[\"02.03.2026\",\"23:59:59\",1]\n[\"03.03.2026\",\"00:00:00\",2.5]\n";
    assert_even(&found(array).1, 2);
}

proptest! {
    /// A live stream may begin anywhere, and its bytes come in any pieces.
    #[test]
    fn a_live_stream_reads_as_the_file(style in 0..STYLES.len(), from in 0_usize..80, size in 1_usize..99) {
        let (header, format) = STYLES[style];
        let text = file(header, 90, by(format));
        let (columns, items) = found(&text);
        let lines: Vec<&str> = text.lines().collect();
        let cut = format!("{}\n{}\n", lines[0], lines[1 + from..].join("\n"));
        let chunks: Vec<&[u8]> = cut.as_bytes().chunks(size).collect();
        let (cut_items, _) = items_of(&live(&columns), &chunks);
        prop_assert_eq!(cut_items.len(), 90 - from);
        let of_day = header == "Zeit";
        let tail = |item: &String| item.split_once(' ').unwrap().1.to_owned();
        if !of_day {
            let all: Vec<String> = items.iter().skip(from).map(tail).collect();
            prop_assert_eq!(cut_items.iter().map(tail).collect::<Vec<_>>(), all);
        }
    }
}
