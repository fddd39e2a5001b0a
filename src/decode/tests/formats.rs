//! Pairs, topics and long format through the decoder.

use super::super::*;
use super::{items_of, rows, values};
use oddity_core::profile::{InputSpec, PivotSpec};
use proptest::prelude::*;

#[test]
fn pairs_are_discovered_and_found_again() {
    for line in [
        "temp:21.5\tflow:2,5",
        "temp=21.5 flow=2.5",
        "temp: 21.5 C, flow: 2.5 l/min",
        "pump,host=a temp=21.5,flow=2.5",
    ] {
        let text = format!("{line}\n{line}\n");
        let (items, result) = super::decode(&DecodeOptions::discover(), &text);
        assert_eq!(values(&items), ["[21.5, 2.5]", "[21.5, 2.5]"], "{line}");
        let columns = result.unwrap().unwrap();
        assert_eq!(columns.format, Format::Pairs, "{line}");
        assert_eq!(rows(&DecodeOptions::named(columns.channels), &text), items, "{line}");
    }
}

#[test]
fn what_a_serial_monitor_puts_before_pairs_is_their_time() {
    let text = "2026-03-02 10:14:33.5 -> a:1 b:2\n2026-03-02 10:14:34.5 -> a:3 b:4\n";
    let (items, result) = super::decode(&DecodeOptions::discover(), text);
    let expected = |first: u64| {
        [("1.0, 2.0", 33), ("3.0, 4.0", 34)]
            .iter()
            .zip(first..)
            .map(|((values, s), line)| {
                let row = line - first + 1;
                format!("{line}/{row} Some({}.5) \"\" None [{values}]", 1_772_446_440 + s)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(items, expected(1));
    let learned = result.unwrap().unwrap().input;
    let named = DecodeOptions { learned, ..DecodeOptions::named(["a", "b"]) };
    assert_eq!(rows(&named, text), expected(1));
    // Entered in the middle of a line.
    assert_eq!(rows(&named, &format!("4:32.5 -> a:7 b:8\n{text}")).len(), 3);
    assert_eq!(rows(&named, &format!(":7 b:8\n{text}")), expected(2));
}

#[test]
fn a_torn_or_foreign_line_of_pairs_costs_itself() {
    let learned = InputSpec { format: Some("pairs".into()), ..InputSpec::default() };
    let options = DecodeOptions { learned, ..DecodeOptions::named(["temp", "flow"]) };
    let items = rows(&options, "ready\ntemp:1,flow:2\np:1,flow:3\nflow:4,temp:x\n");
    assert_eq!(items[0], "row 1, line 1: no pair of a label and a value; row dropped");
    assert_eq!(values(&items), ["[1.0, 2.0]", "[NaN, 3.0]", "[NaN, 4.0]"]);
}

#[test]
fn a_header_or_a_preamble_is_no_line_of_pairs() {
    let text = "Device: 12\ntime,a\n1583748873,1\n1583748874,2\n";
    let (_, result) = super::decode(&DecodeOptions::discover(), text);
    assert_ne!(result.map(|columns| columns.unwrap().format), Ok(Format::Pairs));
    let items = rows(&DecodeOptions::named(["a:1"]), "t,a:1\n0,5\n");
    assert_eq!(values(&items), ["[5.0]"]);
}

#[test]
fn topics_before_objects_and_values() {
    let text = "plant/p1 {\"v\":1.5}\nplant/p2 {\"v\":2.5}\n";
    let options = DecodeOptions { key: Some("topic".into()), ..DecodeOptions::named(["v"]) };
    let items = rows(&options, text);
    assert_eq!(items, ["1/1 None \"plant/p1\" None [1.5]", "2/2 None \"plant/p2\" None [2.5]"]);
    let (items, result) = super::decode(&DecodeOptions::discover(), text);
    let columns = result.unwrap().unwrap();
    assert_eq!((columns.format, &columns.channels[..]), (Format::Topics, &["v".to_owned()][..]));
    // Entered in the middle of an object.
    let torn = format!("5,\"v\":1.5}}}}\n{text}");
    assert_eq!(values(&rows(&DecodeOptions::named(["v"]), &torn)), values(&items));
}

fn long(span_s: f64, name: &str, value: &str) -> DecodeOptions {
    let pivot = PivotSpec { name: name.into(), values: vec![value.into()], span_s, tables: false };
    let learned = InputSpec { pivot: Some(pivot), ..InputSpec::default() };
    DecodeOptions { learned, ..DecodeOptions::named(["temp", "flow"]) }
}

#[test]
fn long_format_gives_rows_whatever_the_format() {
    let csv = "time,sensor,value,n\n1583748873,temp,1,0\n1583748873,flow,2,1\n1583748874,rpm,x,2\n\
               1583748874,temp,ERR,3\n1583748875,flow,4,4\n";
    let items = rows(&long(0.0, "sensor", "value"), csv);
    let expected = [
        "3/1 Some(1583748873.0) \"\" None [1.0, 2.0]",
        "row 2, line 5: column \"value\": \"ERR\" is not a number",
        "5/2 Some(1583748874.0) \"\" None [NaN, NaN]",
        "6/3 Some(1583748875.0) \"\" None [NaN, 4.0]",
    ];
    assert_eq!(items, expected);
    let topics = "temp 1\nx/y on\nflow 2\ntemp 3\n";
    let options = DecodeOptions { format: Format::Topics, ..long(0.0, "topic", "payload") };
    assert_eq!(values(&rows(&options, topics)), ["[1.0, 2.0]", "[3.0, NaN]"]);
    let json = "{\"id\":\"temp\",\"v\":1}\n{\"id\":\"flow\",\"v\":2}\n{\"v\":7}\n{\"id\":\"flow\",\"v\":null}\n";
    assert_eq!(values(&rows(&long(0.0, "id", "v"), json)), ["[1.0, 2.0]", "[NaN, NaN]"]);
    let columns = super::decode(&long(0.0, "id", "v"), json).1.unwrap().unwrap();
    assert_eq!(columns.channels, ["temp", "flow"]);
    let off = DecodeOptions {
        hints: ReadHints { pivot: PivotHint::Off, ..ReadHints::default() },
        ..long(0.0, "sensor", "value")
    };
    assert!(super::error(&off, csv).contains("no column \"temp\""));
    assert!(super::error(&long(0.0, "who", "value"), csv).contains("no column \"who\" (sensor)"));
}

proptest! {
    /// Lines of pairs and of topics, with or without garbage between them: no good one is lost, and the
    /// chunks do not matter.
    #[test]
    fn no_good_line_is_lost(
        lines in prop::collection::vec((-1e6_f64..1e6, any::<i16>(), "[^ab]{0,12}"), 1..20),
        size in 1_usize..50,
        pairs: bool,
    ) {
        let mut text = String::new();
        for (at, (a, b, garbage)) in lines.iter().enumerate() {
            if at > 0 {
                text += &garbage.replace(['a', 'b', 'A', 'B'], "");
                text.push('\n');
            }
            text += &match pairs {
                true => format!("a:{a},b={b}\n"),
                false => format!("x/y {{\"b\":{b},\"a\":{a}}}\n"),
            };
        }
        let options = DecodeOptions { time: TimeColumn::None, ..DecodeOptions::named(["a", "b"]) };
        let whole = items_of(&options, &[text.as_bytes()]);
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        prop_assert_eq!(&items_of(&options, &chunks), &whole);
        let mut found = values(&whole.0).into_iter();
        for (a, b, _) in &lines {
            let wanted = format!("[{:?}, {:?}]", a, f64::from(*b));
            prop_assert!(found.any(|row| row == wanted), "{}", wanted);
        }
    }
}
