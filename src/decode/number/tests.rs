//! Columns of fields, as loggers and exports write them, and what becomes of them.

use proptest::prelude::*;

use super::evidence::Unclear;
use super::*;
use crate::decode::value::Reading;

/// The first column's readings, beside others that are there.
fn read(columns: &[&[&str]]) -> (Vec<Option<f64>>, Found) {
    let evidence: Vec<Evidence> = columns
        .iter()
        .map(|fields| {
            let mut evidence = Evidence::default();
            fields.iter().for_each(|field| evidence.add(field.as_bytes()));
            evidence
        })
        .collect();
    let names: Vec<String> = (0..columns.len()).map(|column| format!("x{column}")).collect();
    let found = resolve(&names, &evidence, Marks::Unknown);
    let style = &found.styles[0];
    let number = |field: &&str| match style.read(field.as_bytes()) {
        Reading::Number(number) => Some(number),
        Reading::Missing => None,
        Reading::Bad => Some(f64::INFINITY),
    };
    (columns[0].iter().map(number).collect(), found)
}

fn numbers(columns: &[&[&str]]) -> Vec<f64> {
    read(columns).0.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect()
}

#[test]
fn thousands_show_by_numbers_without_them() {
    let (got, found) = read(&[&["987", "1,012", "1,003", "995"]]);
    assert_eq!(got, [987.0, 1012.0, 1003.0, 995.0].map(Some));
    assert_eq!(
        found.guesses[0].1,
        "column \"x0\": \"1,012\" is read as 1012; with --decimal , it has decimals"
    );
    assert_eq!(numbers(&[&["987", "1.012"]]), [987.0, 1012.0], "as in German");
    assert_eq!(numbers(&[&["1", "1.012", "2", "1.998"]]), [1.0, 1.012, 2.0, 1.998]);
    assert_eq!(numbers(&[&["0", "1,012", "2,5"]]), [0.0, 1.012, 2.5]);
}

#[test]
fn thousands_show_by_other_columns() {
    assert_eq!(numbers(&[&["1,012", "1,013"], &["2.5", "2.25"]]), [1012.0, 1013.0]);
    assert_eq!(numbers(&[&["1,012", "1,013"], &["2,5", "2,25"]]), [1.012, 1.013]);
    assert_eq!(numbers(&[&["1.012", "1.013"], &["2,5", "2,25"]]), [1012.0, 1013.0]);
    assert_eq!(numbers(&[&["1.012", "1.013"], &["7", "8"]]), [1.012, 1.013], "a point is usual");
}

#[test]
fn what_leaves_two_readings_is_asked() {
    let (got, found) = read(&[&["1,012", "1,013"], &["7", "8"]]);
    assert_eq!(got, [Some(f64::INFINITY); 2]);
    assert_eq!(found.unclear, [Unclear { column: 0, text: "1,012".into() }]);
}

#[test]
fn each_says_it_alone() {
    for (text, number) in [
        ("1,015.0", 1015.0),
        ("1.015,25", 1015.25),
        ("1,234,567", 1_234_567.0),
        ("1.234.567,5", 1_234_567.5),
        ("1 012", 1012.0),
        ("1\u{a0}012,5", 1012.5),
        ("1\u{202f}012.5", 1012.5),
        ("1'012.5", 1012.5),
        ("1\u{2019}012", 1012.0),
        ("21,70", 21.7),
        ("0,123", 0.123),
        ("1234,567", 1234.567),
        ("\u{2212}21.5", -21.5),
        ("\u{2212}5", -5.0),
        ("-1,5e3", -1500.0),
        ("+3", 3.0),
        (".5", 0.5),
        ("5.", 5.0),
    ] {
        assert_eq!(numbers(&[&[text]]), [number], "{text:?}");
    }
    for text in
        ["1 2", "1,2,3", "12,34,567", "1.2.3", "1,012,5", "--1", "0x10", "1,", ",", "1 0123"]
    {
        let number = numbers(&[&[text]])[0];
        assert!(number.is_infinite() || text == "1,", "{text:?}: {number}");
    }
}

#[test]
fn units_behind_numbers() {
    let (got, found) = read(&[&["2.179 bar", "2.2 bar", "2.1bar", "2", "-"]]);
    assert_eq!(got, [Some(2.179), Some(2.2), Some(2.1), Some(2.0), None]);
    assert_eq!(found.spec(&["p".into()]).numbers[0].unit.as_deref(), Some("bar"));
    assert_eq!(numbers(&[&["21 °C", "22,5 °C"]]), [21.0, 22.5]);
    assert_eq!(numbers(&[&["40 %", "41%"]]), [40.0, 41.0]);
    assert_eq!(numbers(&[&["1.5 m/s²"]]), [1.5]);
    assert_eq!(read(&[&["999 mbar", "1.01 bar", "998 mbar"]]).1.mixed, [0]);
    let mut fields = vec!["2.1 bar"; 20];
    fields.push("210 kPa");
    let (got, found) = read(&[&fields]);
    assert_eq!(
        (got[20], found.mixed.len()),
        (Some(f64::INFINITY), 0),
        "another unit is no reading"
    );
}

#[test]
fn words_of_a_state() {
    assert_eq!(numbers(&[&["off", "ON", "on"]]), [0.0, 1.0, 1.0]);
    let (got, found) = read(&[&["closed"; 3]]);
    assert_eq!(got, [Some(0.0); 3]);
    assert_eq!(found.guesses[0].1, "column \"x0\": closed is read as 0, open as 1");
    assert_eq!(numbers(&[&["true", "False"]]), [1.0, 0.0]);
    assert_eq!(numbers(&[&["0", "true", "1"]]), [0.0, 1.0, 1.0]);
    assert_eq!(numbers(&[&["on", "unavailable"]])[0], 1.0);
    let mode: Vec<&str> = ["eco"; 12].into_iter().chain(["boost"; 12]).collect();
    let got = numbers(&[&mode]);
    assert_eq!((got[0], got[20]), (1.0, 0.0), "in the order of the alphabet");
    // What names the row is no state, and a word among numbers no reading.
    let names: Vec<&str> = ["temp", "pressure"].into_iter().cycle().take(40).collect();
    assert!(numbers(&[&names]).iter().all(|number| number.is_infinite()));
    assert_eq!(numbers(&[&["21.5", "false", "21.6"]]), [21.5, f64::INFINITY, 21.6]);
    assert!(numbers(&[&["ERR", "x"]])[0].is_infinite());
}

#[test]
fn what_is_missing() {
    for text in
        ["unavailable", "Unknown", "n/a", "--", "null", "", "nan", "-nan", "inf", "-Infinity"]
    {
        assert_eq!(read(&[&[text, "1.5"]]).0[0], None, "{text:?}");
    }
}

/// A number as a style writes it.
fn write(number: i64, decimals: usize, group: &str, decimal: &str) -> String {
    let digits = number.unsigned_abs().to_string();
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let mut out = if number < 0 { "-".to_owned() } else { String::new() };
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            out += group;
        }
        out.push(digit);
    }
    if decimals > 0 { format!("{out}{decimal}{fraction}") } else { out }
}

proptest! {
    #[test]
    fn what_a_style_writes_is_read_back(
        whole in prop::collection::vec(-9_999_999_i64..9_999_999, 1..40),
        decimals in 0_usize..4,
        style in prop::sample::select(vec![(",", "."), (".", ","), (" ", "."), (" ", ","), ("'", "."), ("", ".")]),
    ) {
        let (group, decimal) = style;
        let texts: Vec<String> =
            whole.iter().map(|number| write(*number, decimals, group, decimal)).collect();
        // One number elsewhere that can be written in one way alone.
        let plain = format!("7{decimal}5");
        let fields: Vec<&str> = texts.iter().map(String::as_str).collect();
        let expected: Vec<f64> =
            whole.iter().map(|number| *number as f64 / 10_f64.powi(decimals as i32)).collect();
        let (got, found) = read(&[&fields, &[&plain]]);
        for ((got, expected), text) in got.iter().zip(expected).zip(&texts) {
            let near = got.is_some_and(|got| (got - expected).abs() <= 1e-9 * expected.abs());
            prop_assert!(near, "{:?} is {:?} by {:?}", text, got, found);
        }
    }

    #[test]
    fn any_fields(fields in prop::collection::vec("[-+0-9.,' a-c%°\u{2212}eE]{0,20}|[a-z]{1,6}", 0..30)) {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        for number in read(&[&fields]).0.into_iter().flatten() {
            prop_assert!(!number.is_nan());
        }
    }

    #[test]
    fn any_bytes(fields in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..9)) {
        let mut evidence = Evidence::default();
        fields.iter().for_each(|field| evidence.add(field));
        let found = resolve(&["x".to_owned()], &[evidence], Marks::Unknown);
        for field in &fields {
            if let Reading::Number(number) = found.styles[0].read(field) {
                prop_assert!(number.is_finite());
            }
        }
    }

    #[test]
    fn plain_numbers_are_read_as_ever(number in prop::num::f32::NORMAL | prop::num::f32::ZERO) {
        let number = f64::from(number);
        for marks in [Marks::Unknown, Marks::Point] {
            let style = NumberStyle { marks, ..NumberStyle::default() };
            prop_assert_eq!(style.read(number.to_string().as_bytes()), Reading::Number(number));
        }
    }
}
