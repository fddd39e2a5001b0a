//! The fast way through JSON against the thorough one.

use proptest::prelude::*;

use super::json::{JsonKey, JsonLeaf, JsonShape};
use super::json_leaves::thorough;
use super::json_plain::{Keys, walk};

/// What counts of the calls, and the shape; floats by their bits.
fn calls(
    walk: impl FnOnce(&mut dyn FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>)) -> Option<JsonShape>,
) -> Option<(JsonShape, Vec<String>)> {
    let mut out = Vec::new();
    let shape = walk(&mut |found| match found {
        None => out.clear(),
        Some((key, JsonLeaf::Float(number))) => out.push(format!("{key:?} {}", number.to_bits())),
        Some(found) => out.push(format!("{found:?}")),
    })?;
    Some((shape, out))
}

fn plain(line: &[u8]) -> Option<(JsonShape, Vec<String>)> {
    plain_after(line, &mut Keys::default())
}

fn plain_after(line: &[u8], keys: &mut Keys) -> Option<(JsonShape, Vec<String>)> {
    calls(|mut each| walk(line, &mut String::new(), keys, &mut each))
}

fn by_serde(line: &[u8]) -> Option<(JsonShape, Vec<String>)> {
    calls(|mut each| thorough(&mut String::new(), line, &mut each).ok())
}

#[test]
fn what_loggers_write_is_plain() {
    for line in [
        r#"{"time":"2020-03-09T10:14:33.5Z","a":-1.25,"b":7,"ok":true}"#,
        r#" { "a" : 0.1234567890123456 , "b" : { "c" : { "" : 1e-5 } , "d" : null } } "#,
        r#"[1583748873,2.5,"x",false,null]"#,
        r#"{"größe":1}"#,
        "{}",
        "[ ]\r",
    ] {
        let found = plain(line.as_bytes());
        assert!(found.is_some(), "{line}");
        assert_eq!(found, by_serde(line.as_bytes()), "{line}");
    }
}

#[test]
fn what_is_not_plain_is_left_alone() {
    for line in [
        "",
        " ",
        "7",
        "{",
        "[1",
        "{} {}",
        "[1,]",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":[1]}"#,
        r#"[{"a":1}]"#,
        r#"{"a":"\n"}"#,
        "{\"a\":\"\t\"}",
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":+1}"#,
        r#"{"a":-}"#,
        r#"{"a":-0}"#,
        r#"{"a":1e}"#,
        r#"{"a":1e999}"#,
        r#"{"a":NaN}"#,
        r#"{"a":truer}"#,
        r#"{a:1}"#,
        r#"{"a":12345678901234567890}"#,
    ] {
        assert_eq!(plain(line.as_bytes()), None, "{line}");
    }
    assert_eq!(plain(b"{\"a\":\"\xff\"}"), None);
    let deep = format!("{}1{}", "{\"a\":".repeat(20), "}".repeat(20));
    assert_eq!(plain(deep.as_bytes()), None);
}

fn any_line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\"a\"",
        "\"b\":",
        "\"\"",
        "\"x\\n\"",
        "null",
        "true",
        "false",
        "NaN",
        "{\"a\":1",
        "{\"a\":{\"b\":",
        ",\"c\":",
        "\t",
        "\u{e9}",
    ]);
    let number = "-?(0|[1-9][0-9]{0,20})([.][0-9]{1,20})?([eE][-+]?[0-9]{1,3})?|[-+.0-9eE]{1,6}";
    let piece = prop_oneof![3 => word.prop_map(str::to_owned), 1 => number];
    prop_oneof![
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
        prop::collection::vec(("[a-c.é \\\\\"]{0,3}", number), 0..5).prop_map(|members| {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            format!("{{{}}}", members.join(","))
        }),
    ]
}

proptest! {
    #[test]
    fn it_agrees_with_the_thorough_way(line in any_line()) {
        if let Some(found) = plain(line.as_bytes()) {
            prop_assert_eq!(Some(found), by_serde(line.as_bytes()), "{}", line);
        }
    }

    #[test]
    fn lines_before_change_nothing(lines in prop::collection::vec(any_line(), 2..6)) {
        let mut keys = Keys::default();
        for line in lines {
            prop_assert_eq!(plain_after(line.as_bytes(), &mut keys), plain(line.as_bytes()), "{}", line);
        }
    }

    #[test]
    fn floats_are_plain_and_right(number: f64, short in -99_999_i32..99_999) {
        for number in [number, f64::from(short) / 1000.0] {
            let line = format!("{{\"a\":{number:?}}}");
            let found = plain(line.as_bytes());
            prop_assert_eq!(&found, &by_serde(line.as_bytes()), "{}", line);
            prop_assert_eq!(found.is_some(), number.is_finite());
        }
    }
}
