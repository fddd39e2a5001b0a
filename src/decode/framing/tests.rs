//! The framing as a whole: which records come out for a given text.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::decode::limits::MAX_LINE_BYTES;

/// `line:text` of each record.
fn records(skip: u64, chunks: &[&[u8]]) -> Vec<String> {
    let mut framing = Framing::new(skip, true);
    let mut out = Vec::new();
    let mut each = |line: FramedLine<'_>| {
        let text = line.text.map_or("(too long)".into(), String::from_utf8_lossy);
        out.push(format!("{}:{text}", line.number));
        Ok::<(), Infallible>(())
    };
    for chunk in chunks {
        framing.push(chunk, &mut each).unwrap();
    }
    framing.finish(&mut each).unwrap();
    out
}

fn of(text: &str) -> Vec<String> {
    records(0, &[text.as_bytes()])
}

#[test]
fn lines_stay_lines() {
    assert_eq!(of("a,b\n1,2"), ["1:a,b", "2:1,2"]);
    assert_eq!(of("{\"a\":1}\n{\"a\":2}"), ["1:{\"a\":1}", "2:{\"a\":2}"]);
    assert_eq!(of("[1,2]\n[3]\n"), ["1:[1,2]", "2:[3]"]);
    assert_eq!(of("[12:00:01] 1,2\n"), ["1:[12:00:01] 1,2"]);
    assert_eq!(of("{garbage\n1\n"), ["1:{garbage", "2:1"]);
    // A row may have something nested in it.
    assert_eq!(of("{\"t\":1,\"x\":[{\"y\":2}]}\n").len(), 1);
    assert_eq!(of("\n\n1"), ["1:", "2:", "3:1"]);
}

#[test]
fn arrays_of_objects() {
    let expected = ["1:{\"a\":1}", "1:{\"a\":[2,{}]}"];
    assert_eq!(of("[{\"a\":1},{\"a\":[2,{}]}]"), expected);
    assert_eq!(of("\u{feff} [\n{\"a\":1},\n\n{\"a\":2}\n]\n"), ["2:{\"a\":1}", "4:{\"a\":2}"]);
    assert_eq!(of("[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": \"}\"\n  }\n]").len(), 2);
    assert_eq!(of("[[1,2],\n[3,4]]"), ["1:[1,2]", "2:[3,4]"]);
    // Each line an array of its own; a torn one costs itself alone.
    let lines = "[{\"a\":1},{\"a\":2}]\n[{\"a\":3},{\"a\n[{\"a\":4}]\n";
    assert_eq!(of(lines), ["1:{\"a\":1}", "1:{\"a\":2}", "2:{\"a\":3}", "2:{\"a", "3:{\"a\":4}"]);
}

#[test]
fn objects_over_several_lines() {
    let text = "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 2\n  }\n}\n{\n  \"a\": 3\n}\n";
    let got = of(text);
    assert_eq!(got.len(), 2);
    assert!(got[0].starts_with("1:{") && got[1].starts_with("7:{"), "{got:?}");
    assert_eq!(of("{\n\"a\":\"x\"\n}\n{\n\"a\":\"y\"\n}").len(), 2);
}

#[test]
fn an_object_around_the_rows() {
    let rows = ["1:{\"a\":1}", "1:{\"a\":2}"];
    assert_eq!(of("{\"metrics\":[{\"a\":1},{\"a\":2}]}"), rows);
    assert_eq!(of("{\"status\":\"ok\",\"data\":{\"result\":[{\"a\":1},{\"a\":2}]}}\n"), rows);
    let lines = "{\"metrics\":[{\"a\":1},{\"a\":2}]}\n{\"metrics\":[{\"a\":3}]}\n";
    assert_eq!(of(lines), [&rows[..], &["2:{\"a\":3}"]].concat());
    let torn =
        "{\"metrics\":[{\"a\":1},{\"a\":2}]}\n{\"metrics\":[{\"a\"\n{\"metrics\":[{\"a\":3}]}\n";
    assert_eq!(of(torn).last().map(String::as_str), Some("3:{\"a\":3}"));
    let pretty =
        "{\n  \"data\": [\n    {\n      \"a\": 1\n    },\n    {\n      \"a\": 2\n    }\n  ]\n}\n";
    assert_eq!(of(pretty).len(), 2);
}

#[test]
fn a_broken_record_costs_itself_alone() {
    let text = "[\n{\"a\":1},\n{\"a\":2,\"b\n{\"a\":3},\n{\"a\":4,\"b\":\n{\"a\":5},{\"a\":[1,\n{\"a\":6}\n]";
    let good: Vec<String> = of(text).into_iter().filter(|record| record.ends_with('}')).collect();
    let expected = ["2:{\"a\":1}", "4:{\"a\":3}", "6:{\"a\":5}", "7:{\"a\":6}"];
    assert_eq!(good, expected);
    let pretty = "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\n  {\n    \"a\": 2\n  }\n]";
    assert!(of(pretty).last().unwrap().starts_with("7:{"), "{:?}", of(pretty));
}

#[test]
fn a_record_that_is_too_long() {
    let long = "x".repeat(MAX_LINE_BYTES);
    let text = format!("[{{\"a\":1}},{{\"a\":\"{long}\"}},{{\"a\":2}}]");
    for size in [text.len(), 65_536] {
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        assert_eq!(records(0, &chunks), ["1:{\"a\":1}", "1:(too long)", "1:{\"a\":2}"]);
    }
}

#[test]
fn lines_that_are_skipped() {
    assert_eq!(records(2, &[b"{x\r\ny\r", b"\na,b\r\n1,2"]), ["3:a,b", "4:1,2"]);
    assert_eq!(records(1, &[b"x\n[{\"a\":1}]"]), ["2:{\"a\":1}"]);
    assert_eq!(records(9, &[b"x\ny"]), Vec::<String>::new());
}

fn any_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\\",
        "\n",
        "\r",
        "\r\n",
        " ",
        "1",
        "{\"a\":1}",
        "[{\"a\":1},",
        "{\"b\":[{\"a\":1}",
        "{\"a\":",
        "\u{feff}",
        "x",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn chunks_do_not_matter(text in any_text(), size in 1_usize..20, skip in 0_u64..3) {
        let whole = records(skip, &[text.as_bytes()]);
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        prop_assert_eq!(records(skip, &chunks), whole);
    }

    #[test]
    fn every_object_comes_out(
        rows in prop::collection::vec(any::<i32>(), 1..20), shape in 0_usize..6, size in 1_usize..99,
    ) {
        let objects: Vec<String> = rows.iter().map(|row| format!("{{\"a\": {row}, \"b\": [{{}}]}}")).collect();
        let pretty: Vec<String> =
            rows.iter().map(|row| format!("  {{\n    \"a\": {row},\n    \"b\": [\n      {{}}\n    ]\n  }}")).collect();
        let text = match shape {
            0 => format!("[{}]", objects.join(",")),
            1 => format!("[\n{}\n]\n", objects.join(",\n")),
            2 => format!("[\n{}\n]\n", pretty.join(",\n")),
            3 => pretty.join("\n"),
            4 => format!("{{\"metrics\":[{}]}}\n", objects.join(",")),
            _ => format!("{{\n\"data\": [\n{}\n]}}\n", pretty.join(",\n")),
        };
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let got = records(0, &chunks);
        prop_assert_eq!(got.len(), rows.len(), "{}", text);
        for (record, row) in got.iter().zip(&rows) {
            prop_assert!(record.contains(&format!("\"a\": {row},")), "{}", record);
        }
    }
}
