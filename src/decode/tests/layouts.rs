//! Tables and documents as people write them: whatever stands around the rows, `fit` (channels discovered) and
//! `detect` (channels named, by the profile) read the same ones, in any chunks.

use proptest::prelude::*;

use super::super::*;
use super::{items_of, values};

/// What comes out where channels are discovered, and what was found out.
fn discovered(text: &str) -> (Vec<String>, Columns) {
    let (items, result) = items_of(&untimed(DecodeOptions::discover()), &[text.as_bytes()]);
    (items, result.unwrap().unwrap())
}

fn untimed(options: DecodeOptions) -> DecodeOptions {
    DecodeOptions { time: TimeColumn::None, ..options }
}

/// Options of a model that has learned from what was discovered.
fn learned(columns: &Columns) -> DecodeOptions {
    let named = untimed(DecodeOptions::named(columns.channels.clone()));
    DecodeOptions { learned: columns.input.clone(), ..named }
}

/// The rows of a text, which are the same both ways.
fn both(text: &str) -> Vec<String> {
    let (items, columns) = discovered(text);
    let (again, result) = items_of(&learned(&columns), &[text.as_bytes()]);
    assert_eq!(values(&again), values(&items), "{text}");
    result.unwrap();
    items
}

fn rows(text: &str) -> Vec<String> {
    let items = both(text);
    values(&items).into_iter().map(str::to_owned).collect()
}

const ROWS: [&str; 2] = ["[1.5, 2.0]", "[2.5, 3.0]"];

#[test]
fn what_stands_before_the_header() {
    for before in [
        "",
        "\n \n",
        "# Acme logger\n# Date: 2026-03-02 00:00:00\n\n",
        "// a\n% b\n-- c\n; d\n",
        "sep=,\n",
        "Logger of Acme\nSerial: 12\n",
        "Device,LX-77,x,y\nInterval,60\n",
    ] {
        let items = both(&format!("{before}flow,p\n1.5,2\n2.5,3\n"));
        assert_eq!(values(&items), ROWS, "{before}");
        assert_eq!(items.len(), 2, "{before}: {items:?}");
        let line = 2 + before.matches('\n').count();
        assert!(items[0].starts_with(&format!("{line}/1 ")), "{}", items[0]);
    }
}

#[test]
fn what_stands_under_the_header_and_among_the_rows() {
    assert_eq!(both("flow,p\nl/min,bar\n1.5,2\n2.5,3\n").len(), 2);
    assert_eq!(both("flow,p\n1.5,2\n# pump off\n\n2.5,3\n").len(), 2);
    let toa5 = "\"TOA5\",\"CR1000\",\"x\",\"12\"\n\"flow\",\"p\"\n\"l/min\",\"bar\"\n\"Smp\",\"Avg\"\n1.5,2\n2.5,3\n";
    assert_eq!(both(toa5).len(), 2);
    // The second table has its columns in another order, and one more.
    let tables =
        "#group,false,false\n#default,x,\n,flow,p\n,1.5,2\n\n#group,false\n,p,n,flow\n,3,0,2.5\n";
    assert_eq!(values(&both(tables)), ROWS);
}

#[test]
fn a_header_in_a_comment() {
    assert_eq!(discovered("# flow,p\n1.5,2\n2.5,3\n").1.channels, ["flow", "p"]);
    assert_eq!(both("# made by a script\n# flow p\n# l/min bar\n1.5 2\n2.5 3\n").len(), 2);
    assert_eq!(discovered("#Fields: flow p\n1.5 2\n2.5 3\n").1.channels, ["flow", "p"]);
}

#[test]
fn delimiters() {
    for (text, delimiter) in [
        ("flow  p\n 1.5  2\n 2.5\t3\n", ' '),
        ("Air flow   Air p\n 1.5  2\n 2.5  3\n", ' '),
        ("| flow | p |\n|------|---|\n| 1.5  | 2 |\n| 2.5  | 3 |\n", '|'),
        ("flow|p\n1.5|2\n2.5|3\n", '|'),
        ("flow;p\n1,5;2\n2,5;3\n", ';'),
        ("1,5  2\n2,5  3\n", ' '),
    ] {
        assert_eq!(rows(text), ROWS, "{text}");
        assert_eq!(discovered(text).1.delimiter, Some(delimiter), "{text}");
    }
    let options = |options| DecodeOptions {
        hints: ReadHints {
            delimiter: Some(Delimiter::Byte(b':')),
            skip: 2,
            ..ReadHints::default()
        },
        ..untimed(options)
    };
    let text = "junk,junk\n{\nflow:p\n1.5:2\n2.5:3\n";
    for options in
        [options(DecodeOptions::discover()), options(DecodeOptions::named(["flow", "p"]))]
    {
        let (items, _) = items_of(&options, &[text.as_bytes()]);
        assert_eq!(values(&items), ROWS);
        assert!(items[0].starts_with("4/1"), "{}", items[0]);
    }
}

#[test]
fn a_date_and_a_time_in_aligned_columns() {
    let text = "time flow\n2026-03-02 00:00:00 1.5\n2026-03-02 00:00:01 2.5\n";
    let (items, result) = items_of(&DecodeOptions::named(["flow"]), &[text.as_bytes()]);
    assert_eq!(items[1], "3/2 Some(1772409601.0) \"\" None [2.5]");
    assert_eq!(result.unwrap().unwrap().time.as_deref(), Some("time"));
}

#[test]
fn more_and_fewer_fields() {
    let named = untimed(DecodeOptions::named(["a", "b"]));
    let of = |text: &str| items_of(&named, &[text.as_bytes()]).0;
    let items = of("a,b,c\n1,2,0\n3,4,0,5\n6,7,0,8\n9,ERR,0,8\n");
    assert_eq!(values(&items), ["[1.0, 2.0]", "[3.0, 4.0]", "[6.0, 7.0]"]);
    let told =
        "row 2, line 3: 4 fields where 3 are expected; from here on only the first 3 are read";
    assert_eq!(items[1], told);
    assert_eq!(items[4], "row 4, line 5: 4 fields where 3 are expected; row dropped");
    // Where no row ever had the width of the header, fields may be shifted.
    assert_eq!(values(&of("a,b\n1,2,3\n")).len(), 0);
    let timed = DecodeOptions::named(["a", "b"]);
    let text = "time,a,b\n2026-03-02 00:00:00,1,2,3\n";
    assert_eq!(values(&items_of(&timed, &[text.as_bytes()]).0), ["[1.0, 2.0]"]);
    // Two rows that are glued are one bad row; what comes again is none.
    assert_eq!(values(&of("a,b\n1,2\n3,4,5\n6,7,8\n")), ["[1.0, 2.0]", "[6.0, 7.0]"]);
    assert_eq!(
        values(
            &items_of(
                &DecodeOptions::named(["a", "b"]),
                &[b"time,a,b\n1772409600,1,5,2,5\n1772409600,1,5,2,5\n"]
            )
            .0
        )
        .len(),
        0
    );
    assert_eq!(values(&of("a,b,c\n1,2,3\n1,2,31,2,3\n4,5,6\n")).len(), 2);
    // What lacks nothing that is wanted is read; what ends in it may be torn there.
    let items = of("a,b,c,d\n1,2,3,4\n5,6,7\n8,9\n1,2,3,4\n8,9\n8,9\n");
    let expected = ["[1.0, 2.0]", "[5.0, 6.0]", "[1.0, 2.0]", "[8.0, 9.0]"];
    assert_eq!(values(&items), expected);
}

#[test]
fn rows_without_the_header_that_the_model_knows() {
    let (_, columns) = discovered("when,flow,mode,p\nx,1.5,auto,2\nx,2.5,auto,3\n");
    assert_eq!(columns.input.columns, ["when", "flow", "mode", "p"]);
    let (items, result) =
        items_of(&learned(&columns), &[b",auto,1\nx,1.5,auto,2\nx,2.5,auto,3\nflow,p\n4,5\n"]);
    assert_eq!(values(&items), ["[1.5, 2.0]", "[2.5, 3.0]", "[4.0, 5.0]"]);
    assert_eq!(items[0], "row 1, line 1: 3 fields where 2 are expected; row dropped");
    let guesses = result.unwrap().unwrap().guesses;
    assert_eq!(
        guesses,
        [
            "line 2: the rows have no header; their 4 columns are taken for those of the data that the model learned \
          from: when, flow, mode, p"
        ]
    );
    // One channel fits any delimiter that is not there.
    let (_, columns) = discovered("when,flow\nx,1.5\nx,2.5\n");
    assert_eq!(values(&items_of(&learned(&columns), &[b"y,3\n"]).0), ["[3.0]"]);
    let (items, _) = items_of(&DecodeOptions::named(["a"]), &[b"2026-03-02 00:00:00,3\n"]);
    assert_eq!(values(&items), ["[3.0]"]);
    // A header says what is where, and so does a comment.
    let (_, columns) = discovered("when,flow,mode,p\nx,1.5,auto,2\nx,2.5,auto,3\n");
    let (items, _) = items_of(&learned(&columns), &[b"p,flow,x,y\n2,1.5,0,0\n"]);
    assert_eq!(values(&items), ["[1.5, 2.0]"]);
}

#[test]
fn a_header_that_lacks_a_channel_is_no_preamble() {
    let named = untimed(DecodeOptions::named(["a", "b"]));
    let error = |text: &str| items_of(&named, &[text.as_bytes()]).1.unwrap_err();
    assert!(error("a,c\n1,2\n3,4\n").starts_with("line 1: no column \"b\" (channel)"));
    assert!(error("x,y\nbar,bar\n1,2\n").starts_with("line 1: no column \"a\" (channel)"));
    let mut decoder = Decoder::new(named.clone()).unwrap();
    let early = decoder.push(b"a,c\n1,2\n", &mut |_| Ok::<(), DecodeError>(()));
    assert!(early.is_err(), "a live stream that cannot be read says so at once");
}

#[test]
fn a_header_with_other_names_is_not_passed_over() {
    let (_, columns) = discovered("when,flow,mode,p\nx,1.5,auto,2\nx,2.5,auto,3\n");
    let (items, result) =
        items_of(&learned(&columns), &[b"when,Throughput,mode,Pressure\nx,1.5,auto,2\n"]);
    assert_eq!(items, [""; 0]);
    assert!(result.unwrap_err().starts_with("line 1: "), "it says what the header lacks");
}

#[test]
fn what_a_serial_monitor_puts_before_a_line() {
    for text in [
        "00:00:00.100 -> 1.5,2\n00:00:01.100 -> 2.5,3\n",
        "[12:00:00] 1.5 2\n[12:00:01] 2.5 3\n",
        "2026-11-29 12:00:00.123 -> flow;p\n2026-11-29 12:00:00.223 -> 1,5;2\n2026-11-29 12:00:00.323 -> flow;p\n\
         2026-11-29 12:00:00.423 -> 2,5;3\n",
    ] {
        assert_eq!(rows(text), ROWS, "{text}");
    }
    let (_, columns) = discovered("00:00:00.100 -> 1.5,2\n00:00:01.100 -> 2.5,3\n");
    assert_eq!(
        (&columns.channels[..], columns.input.prefix),
        (&["c1".to_owned(), "c2".to_owned()][..], true)
    );
    // A torn first line does not decide.
    let (items, _) =
        items_of(&learned(&columns), &[b".1 -> 9,9\n0:00:01 -> 1.5,2\n0:00:02 -> 2.5,3\n"]);
    assert_eq!(values(&items), ROWS);
    let timed = DecodeOptions::named(["a"]);
    let text = b"2026-11-29 12:00:00 -> {\"a\":1}\n2026-11-29 12:00:01 -> {\"a\":2}\n";
    assert_eq!(items_of(&timed, &[text]).0[1], "2/2 Some(1795953601.0) \"\" None [2.0]");
}

#[test]
fn json_that_an_array_leaves_behind() {
    assert_eq!(rows("{\"a\":1.5,\"b\":2},\n{\"a\":2.5,\"b\":3}\n]\n"), ROWS);
    let (items, _) = items_of(&DecodeOptions::named(["a"]), &[b"Booting\n{\"a\":1}\n"]);
    assert_eq!(values(&items), ["[1.0]"]);
}

#[test]
fn packed_rows() {
    use std::io::Write;
    let text = "flow,p\n1.5,2\n2.5,3\n".to_owned();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [&packed, &wide] {
        for options in [DecodeOptions::discover(), DecodeOptions::named(["flow", "p"])] {
            assert_eq!(values(&items_of(&options, &[bytes]).0), ROWS);
        }
    }
    let torn = &packed[..packed.len() - 9];
    for options in [DecodeOptions::discover(), DecodeOptions::named(["flow", "p"])] {
        let (items, result) = items_of(&options, &[torn]);
        result.unwrap();
        let told = "the gzip data is cut off here; this line and what is behind it is not read";
        assert!(items.last().unwrap().ends_with(told), "{items:?}");
    }
}

/// A layout around rows of two numbers.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Table { delimiter: char, before: &'static str, header: bool, under: &'static str },
    Array,
    Lines,
    Pretty,
    Wrapped,
    Monitor,
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let before = prop::sample::select(vec![
        "",
        "# a\n#b,c,d\n",
        "Logger of Acme\n\n",
        "\"TOA5\",\"x\",1,2\n",
        "\n\n",
    ]);
    let under = prop::sample::select(vec!["", "#x\n", "-----\n"]);
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|', ' ']);
    let table =
        (delimiter, before, any::<bool>(), under).prop_map(|(delimiter, before, header, under)| {
            // Without a header, only comments and words come before.
            let before = if header || before.starts_with('#') { before } else { "" };
            Shape::Table { delimiter, before, header, under }
        });
    prop_oneof![
        6 => table,
        1 => Just(Shape::Array),
        1 => Just(Shape::Lines),
        1 => Just(Shape::Pretty),
        1 => Just(Shape::Wrapped),
        1 => Just(Shape::Monitor),
    ]
}

fn written(shape: Shape, rows: &[(i32, i32)], end: &str) -> String {
    let object = |(a, b): &(i32, i32)| format!("{{\"a\": {a}.5, \"b\": {b}}}");
    let objects: Vec<String> = rows.iter().map(object).collect();
    let text = match shape {
        Shape::Table { delimiter, before, header, under } => {
            let header = if header { format!("a{delimiter}b\n") } else { String::new() };
            let rows = rows.iter().map(|(a, b)| format!("{a}.5{delimiter}{b}\n"));
            format!("{before}{header}{under}{}", rows.collect::<String>())
        }
        Shape::Array => format!("[{}]\n", objects.join(",\n")),
        Shape::Lines => objects.join("\n"),
        Shape::Pretty => {
            objects.join("\n").replace('{', "{\n  ").replace(", ", ",\n  ").replace('}', "\n}")
        }
        Shape::Wrapped => format!("{{\"metrics\": [{}]}}\n", objects.join(", ")),
        Shape::Monitor => rows.iter().map(|(a, b)| format!("12:00:00 -> {a}.5,{b}\n")).collect(),
    };
    // A document of JSON knows LF alone.
    let table = matches!(shape, Shape::Table { .. } | Shape::Monitor);
    if table { text.replace('\n', end) } else { text }
}

proptest! {
    #[test]
    fn every_layout_is_read_the_same_both_ways(
        shape in any_shape(),
        rows in prop::collection::vec((-999_i32..999, -999_i32..999), 3..30),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        size in 1_usize..60,
    ) {
        let text = written(shape, &rows, end);
        let expected: Vec<String> =
            rows.iter().map(|(a, b)| format!("[{:?}, {:?}]", format!("{a}.5").parse::<f64>().unwrap(), f64::from(*b))).collect();
        // Small numbers that rise by one count rows: what is looked for is named.
        let header = !matches!(shape, Shape::Table { header: false, .. } | Shape::Monitor);
        let names = if header { ["a", "b"] } else { ["c1", "c2"] }.map(str::to_owned).to_vec();
        let channels = Channels::Discover { only: Some(names.clone()), exclude: vec![] };
        let discover = untimed(DecodeOptions { channels, ..DecodeOptions::discover() });
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let (items, result) = items_of(&discover, &chunks);
        prop_assert_eq!(values(&items), expected.iter().map(String::as_str).collect::<Vec<_>>(), "{}", text);
        let columns = result.unwrap().unwrap();
        let (again, _) = items_of(&learned(&columns), &chunks);
        prop_assert_eq!(values(&again), values(&items), "{}", text);
    }
}

#[test]
fn another_table_is_left_until_its_header_is_over() {
    let named = DecodeOptions::named(["a", "b"]);
    let text = "time,a,b\n2020-03-09 10:14:33,1,2\ntime,x,y\n2020-03-09 10:14:34,3,4\n\
                time,a,b\n2020-03-09 10:14:35,5,6\nb,time,a\n8,2020-03-09 10:14:36,7\n";
    let items = super::rows(&named, text);
    assert_eq!(values(&items), ["[1.0, 2.0]", "[5.0, 6.0]", "[7.0, 8.0]"]);
    let other = "row 2, line 3: a header without all channels: another table begins, which is not read; row dropped";
    assert!(items.iter().any(|item| item == other), "{items:?}");
}

#[test]
fn garbage_that_names_a_channel_begins_no_table() {
    let named = DecodeOptions { time: TimeColumn::None, ..DecodeOptions::named(["a", "b"]) };
    for garbage in ["\0,A", "a,x", "A,B2", "a,1", "a,b2,x,y"] {
        let text = format!("b,x,a\n1,q,2\n{garbage}\n3,q,4\n");
        let items = super::rows(&named, &text);
        assert_eq!(values(&items), ["[2.0, 1.0]", "[4.0, 3.0]"], "{garbage:?}: {items:?}");
    }
}

#[test]
fn fewer_names_than_fields() {
    let any = DecodeOptions::discover();
    let fraction = "time,a\n2020-03-09 10:14:33,120,1.5\n2020-03-09 10:14:34,121,1.6\n";
    let items = super::rows(&any, fraction);
    assert_eq!(values(&items), ["[1.5]", "[1.6]"]);
    assert!(items[0].contains("1583748873.12"), "{items:?}");
    let more = "time,a,b\n1583748873,1.5,2,7\n1583748874,1.6,3,7\n";
    assert_eq!(values(&super::rows(&any, more)), ["[1.5, 2.0]", "[1.6, 3.0]"]);
    let commas = "time,a,b\n1583748873,1,5,2,5\n1583748874,1,6,2,6\n";
    assert!(super::error(&any, commas).contains("line 1 has 3 names, but the rows have 5 fields"));
}
