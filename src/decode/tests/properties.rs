//! What holds for any bytes: no panic, no influence of the chunks, no good line lost.

use proptest::prelude::*;

use super::super::*;
use super::items_of;

fn any_options() -> impl Strategy<Value = DecodeOptions> {
    let name = || prop::sample::select(vec!["a", "b", "t", "1", "x.y"]).prop_map(str::to_owned);
    let names = || prop::collection::btree_set(name(), 1..4).prop_map(Vec::from_iter);
    let channels = prop_oneof![
        names().prop_map(Channels::Named),
        Just(Channels::Discover { only: None, exclude: vec!["b".to_owned()] }),
        names().prop_map(|only| Channels::Discover { only: Some(only), exclude: vec![] }),
    ];
    let time = prop_oneof![
        3 => Just(TimeColumn::Auto),
        1 => Just(TimeColumn::None),
        1 => name().prop_map(TimeColumn::Named),
    ];
    let format = prop::sample::select(vec![
        Format::Auto,
        Format::Auto,
        Format::Csv,
        Format::BareCsv,
        Format::Jsonl,
    ]);
    let option = || prop::option::weighted(0.3, name());
    let optional = prop::collection::vec(name(), 0..3);
    (format, channels, optional, time, option(), option()).prop_map(
        |(format, channels, optional, time, key, label)| DecodeOptions {
            format,
            channels,
            optional,
            time,
            key,
            label,
            ..DecodeOptions::discover()
        },
    )
}

/// Bytes that look like data, more or less.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "a",
        "b",
        "t",
        ",",
        ",",
        ";",
        "\t",
        "\n",
        "\n",
        "\r\n",
        "\"",
        "1",
        "2.5",
        "-",
        "NaN",
        "ERR",
        "a,b",
        "t,a,b",
        "1,2",
        "2020-03-09 10:14:33",
        "1583748873",
        "{\"a\":",
        "{\"a\":1,\"b\":2}",
        "[1,2]",
        "{",
        "}",
        "[",
        "]",
        ":",
        "\\",
        " ",
        "\0",
        "\u{feff}",
        "{\"x\":{\"y\":3}}",
    ]);
    prop_oneof![
        4 => prop::collection::vec(word, 0..60).prop_map(|words| words.concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// Good rows, with or without garbage between them.
fn good_and_garbage() -> impl Strategy<Value = Vec<(f64, f64, Vec<u8>)>> {
    let garbage = any_text().prop_map(|mut text| {
        // Garbage that is a good row or a header would be read as one.
        text.retain(|byte| !matches!(byte, b'a' | b'b'));
        text.push(b'\n');
        text
    });
    prop::collection::vec((-1e6_f64..1e6, any::<i32>().prop_map(f64::from), garbage), 0..30)
}

proptest! {
    #[test]
    fn any_bytes_in_any_chunks(options in any_options(), text in any_text(), size in 1_usize..40) {
        let whole = items_of(&options, &[&text]);
        let chunks: Vec<&[u8]> = text.chunks(size).collect();
        prop_assert_eq!(items_of(&options, &chunks), whole);
    }

    #[test]
    fn no_good_line_of_csv_is_lost(rows in good_and_garbage(), size in 1_usize..99) {
        let mut text = b"b,x y,a\n".to_vec();
        for (a, b, garbage) in &rows {
            text.extend_from_slice(garbage);
            text.extend_from_slice(format!("{b},\"q, \"\"r\"\"\",{a}\n").as_bytes());
        }
        let options = DecodeOptions { time: TimeColumn::None, ..DecodeOptions::named(["a", "b"]) };
        prop_assert!(contains(&options, &text, size, &rows));
        let discover = DecodeOptions {
            channels: Channels::Discover { only: Some(vec!["a".into(), "b".into()]), exclude: vec![] },
            ..options
        };
        prop_assert!(contains(&discover, &text, size, &rows));
    }

    #[test]
    fn no_good_line_of_json_is_lost(rows in good_and_garbage(), size in 1_usize..99) {
        let mut text = Vec::new();
        for (at, (a, b, garbage)) in rows.iter().enumerate() {
            // The first line decides between objects and arrays.
            if at > 0 {
                text.extend_from_slice(garbage);
            }
            text.extend_from_slice(format!("{{\"b\":{b},\"x\":[{{}}],\"a\":{a:?}}}\n").as_bytes());
        }
        let options = DecodeOptions { time: TimeColumn::None, ..DecodeOptions::named(["a", "b"]) };
        prop_assert!(contains(&options, &text, size, &rows));
    }
}

/// Whether the rows come out in their order, whatever else comes out.
fn contains(
    options: &DecodeOptions,
    text: &[u8],
    size: usize,
    rows: &[(f64, f64, Vec<u8>)],
) -> bool {
    let mut left = rows.iter().peekable();
    let mut each = |item: Item<'_>| {
        if let (Item::Row { sample, .. }, Some((a, b, _))) = (item, left.peek()) {
            let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * y.abs();
            if close(sample.values[0], *a) && close(sample.values[1], *b) {
                left.next();
            }
        }
        Ok::<(), DecodeError>(())
    };
    let mut decoder = Decoder::new(options.clone()).unwrap();
    for chunk in text.chunks(size) {
        decoder.push(chunk, &mut each).unwrap();
    }
    decoder.finish(&mut each).unwrap();
    left.next().is_none()
}
