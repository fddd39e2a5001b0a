//! What holds for any bytes: no panic, no influence of the chunks, no good line lost.

use proptest::prelude::*;

use super::super::*;
use super::items_of;
use oddity_core::profile::{InputSpec, PivotSpec};

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
    fn long_format_in_any_chunks(
        options in long_format(), text in long_text(), sizes in prop::collection::vec(1_usize..90, 1..9),
    ) {
        let whole = items_of(&options, &[&text]);
        let (mut chunks, mut rest) = (Vec::new(), &text[..]);
        for size in sizes.iter().cycle() {
            let (chunk, left) = rest.split_at(rest.len().min(*size));
            chunks.push(chunk);
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(items_of(&options, &chunks), whole.clone());
        // Nor does it matter whether all is there at once, or found by looking at the first lines.
        let discover = DecodeOptions { hints: long_hint(), ..DecodeOptions::discover() };
        prop_assert_eq!(items_of(&discover, &chunks), items_of(&discover, &[&text]));
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

/// How a model that learned of sensors in long format reads: in turn, or one after the other; a row may last a while.
fn long_format() -> impl Strategy<Value = DecodeOptions> {
    let span = prop::sample::select(vec![0.0, 1.5, 60.0]);
    let named = prop::collection::btree_set(prop::sample::select(vec!["a", "b", "x.y"]), 1..4)
        .prop_map(|names| DecodeOptions::named(names.into_iter().map(str::to_owned)));
    let optional = prop::collection::vec(Just("q".to_owned()), 0..2);
    let key = prop::option::weighted(0.3, Just("dev".to_owned()));
    (span, any::<bool>(), named, optional, key).prop_map(
        |(span_s, tables, named, optional, key)| {
            let (name, values) = ("sensor".to_owned(), vec!["value".to_owned()]);
            let pivot = Some(PivotSpec { name, values, span_s, tables });
            DecodeOptions {
                optional,
                key,
                learned: InputSpec { pivot, ..InputSpec::default() },
                ..named
            }
        },
    )
}

/// What `--pivot sensor,value` says.
fn long_hint() -> ReadHints {
    let (name, values) = ("sensor".to_owned(), vec!["value".to_owned()]);
    ReadHints { pivot: PivotHint::Columns { name, values }, ..ReadHints::default() }
}

/// Readings of one sensor a line, with or without garbage between them: in turn, or one sensor after the other.
fn long_text() -> impl Strategy<Value = Vec<u8>> {
    let sensor = || prop::sample::select(vec!["a", "b", "x.y", "q", "other", ""]);
    let value = prop::sample::select(vec!["1", "2.5", "-", "ERR", "1e9", "on", ""]);
    let device = prop::sample::select(vec!["p1", "p2", ""]);
    let garbage = prop::option::weighted(0.1, any_text());
    let line = (0_u32..90, sensor(), value, device, garbage);
    let lines = prop::collection::vec(line, 0..60);
    (lines, any::<bool>(), any::<bool>()).prop_map(|(mut lines, json, sorted)| {
        lines.sort_by_key(|(second, sensor, ..)| (if sorted { sensor } else { "" }, *second));
        let mut text = Vec::new();
        if !json {
            text.extend_from_slice(b"time,dev,sensor,value\n");
        }
        for (second, sensor, value, device, garbage) in lines {
            let time = 1_583_748_873 + second;
            let line = match json {
                true => format!(
                    "{{\"time\":{time},\"dev\":\"{device}\",\"sensor\":\"{sensor}\",\"value\":\"{value}\"}}\n"
                ),
                false => format!("{time},{device},{sensor},{value}\n"),
            };
            text.extend_from_slice(line.as_bytes());
            text.extend(garbage.into_iter().flatten());
        }
        text
    })
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
