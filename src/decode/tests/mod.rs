//! The decoder as a whole: what comes out for given bytes.

mod formats;
mod layouts;
mod properties;
mod times;

use super::*;
use oddity_core::types::Sample;

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// One text an item: `row time stream label [values]`, or the problem.
fn items_of(
    options: &DecodeOptions,
    chunks: &[&[u8]],
) -> (Vec<String>, Result<Option<Columns>, String>) {
    let mut out = Vec::new();
    let mut each = |item: Item<'_>| {
        out.push(match item {
            Item::Row { sample, label, line } => {
                let Sample { stream, row, time, values } = sample;
                let time = time.map(|time| time.0 as f64 / 1e9);
                format!("{line}/{row} {time:?} {stream:?} {label:?} {values:?}")
            }
            Item::Problem(problem) => format!("row {}, {problem}", problem.row),
        });
        Ok::<(), Failure>(())
    };
    let mut decoder = Decoder::new(options.clone()).unwrap();
    let pushed = chunks.iter().try_for_each(|chunk| decoder.push(chunk, &mut each));
    let result = pushed.and_then(|()| decoder.finish(&mut each));
    (out, result.map(|()| decoder.columns().cloned()).map_err(|error| error.to_string()))
}

fn decode(options: &DecodeOptions, text: &str) -> (Vec<String>, Result<Option<Columns>, String>) {
    items_of(options, &[text.as_bytes()])
}

/// The values of all rows, and the problems.
fn rows(options: &DecodeOptions, text: &str) -> Vec<String> {
    let (items, result) = decode(options, text);
    result.unwrap();
    items
}

fn error(options: &DecodeOptions, text: &str) -> String {
    decode(options, text).1.unwrap_err()
}

fn values(items: &[String]) -> Vec<&str> {
    items.iter().filter_map(|item| item.find('[').map(|at| &item[at..])).collect()
}

#[test]
fn columns_by_name_with_time_key_and_label() {
    let options = DecodeOptions {
        key: Some("Pump".to_owned()),
        label: Some("anomaly".to_owned()),
        ..DecodeOptions::named(["b", "a"])
    };
    let text = "\u{feff}time;a;pump;b;more;anomaly\r\n\
        2020-03-09 10:14:33;1,5;p1;2;x;0.0\r\n\n\
        2020-03-09 10:14:34;;\"p;2\";ERR;x;true\r\n\
        2020-03-09 10:14:35;1;p1\r\n\
        time;a;pump;b;more;anomaly\r\n\
        soon;1;p1;2;x;0\r\n\
        2020-03-09 10:14:36;1;;2;x;0\r\n\
        2020-03-09 10:14:37;1;p1;-1e400;x;?";
    let (items, result) = decode(&options, text);
    let expected = [
        "2/1 Some(1583748873.0) \"p1\" Some(0.0) [2.0, 1.5]",
        "row 2, line 4: column \"b\": \"ERR\" is not a number",
        "4/2 Some(1583748874.0) \"p;2\" Some(1.0) [NaN, NaN]",
        "row 3, line 5: 3 fields where 6 are expected; row dropped",
        "row 4, line 7: \"soon\" is not a recognised time; row dropped",
        "row 5, line 8: \"\" cannot name a stream (1 to 256 bytes of UTF-8); row dropped",
        "row 6, line 9: column \"b\": \"-1e400\" is not a number",
        "9/6 Some(1583748877.0) \"p1\" None [NaN, 1.0]",
    ];
    assert_eq!(items, expected);
    let columns = result.unwrap().unwrap();
    assert_eq!((columns.format, columns.delimiter), (Format::Csv, Some(';')));
    assert_eq!((columns.time.as_deref(), columns.key.as_deref()), (Some("time"), Some("pump")));
}

#[test]
fn what_is_missing_is_named() {
    let named = DecodeOptions::named(["a", "b"]);
    let missing = "line 1: no column \"b\" (channel); the columns are: t, a, x";
    assert_eq!(error(&named, "t,a,x\n1,2,3\n"), missing);
    let keyed = DecodeOptions { key: Some("pump".to_owned()), ..named.clone() };
    assert!(error(&keyed, "a,b\n").contains("no column \"pump\" (key)"));
    let timed = DecodeOptions { time: TimeColumn::Named("when".to_owned()), ..named.clone() };
    assert!(error(&timed, "a,b\n").contains("no column \"when\" (time)"));
    assert!(error(&named, "1,2,3\n1,2,3\n").contains("3 columns without a header, but 2"));
    assert!(error(&named, "[1,2,3]\n").contains("3 columns without a header, but 2"));
    let only = DecodeOptions {
        channels: Channels::Discover { only: Some(vec!["z".to_owned()]), exclude: vec![] },
        ..DecodeOptions::discover()
    };
    assert!(error(&only, "a,b\n1,2\n").contains("no column \"z\" (channel)"));
    assert!(
        error(&DecodeOptions::discover(), "a,b\nx,y\n").contains("a: not numeric, b: not numeric")
    );
    assert!(error(&DecodeOptions::discover(), "\n\n").contains("is empty"));
    assert!(error(&named, "\u{fffe}").contains("no column"), "not the bytes of UTF-16");
    assert!(items_of(&named, &[b"\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00"]).1.is_ok());
    assert!(Decoder::new(DecodeOptions::named(["a", "a"])).is_err());
}

#[test]
fn without_a_header() {
    let named = DecodeOptions::named(["a", "b"]);
    // A torn line at the beginning of a live stream is forgiven, and told.
    let torn = rows(&named, "33\n1,2\n3,x\n");
    assert_eq!(torn[0], "row 1, line 1: 1 fields where 2 are expected; row dropped");
    assert_eq!(values(&torn), ["[1.0, 2.0]", "[3.0, NaN]"]);
    let dated = rows(&named, "2020-03-09 10:14:33\t1,5\t2\n");
    assert_eq!(dated, ["1/1 Some(1583748873.0) \"\" None [1.5, 2.0]"]);
    let keyed = DecodeOptions { key: Some("2".to_owned()), ..named.clone() };
    assert_eq!(rows(&keyed, "1,p,2\n"), ["1/1 None \"p\" None [1.0, 2.0]"]);
    let array = rows(&keyed, "[1,7,null]\n[1,2]\n{\"a\":1}\n[\"3\",true,NaN]");
    assert_eq!(array[0], "1/1 None \"7\" None [1.0, NaN]");
    assert_eq!(array[1], "row 2, line 2: 2 fields where 3 are expected; row dropped");
    assert_eq!(array[2], "row 3, line 3: not an array, as the rows are; row dropped");
    assert_eq!(array[3], "4/4 None \"true\" None [3.0, NaN]");
}

#[test]
fn headers_in_the_middle() {
    let named = DecodeOptions::named(["a", "b"]);
    let text = "a,b\n1,2\nb,a\n3,4\nb,x,a\n5,0,6\n";
    assert_eq!(values(&rows(&named, text)), ["[1.0, 2.0]", "[4.0, 3.0]", "[6.0, 5.0]"]);
    assert_eq!(rows(&named, "a,b\n1,2\na,c\n").len(), 4, "a bad row, not a header");
}

#[test]
fn json_objects() {
    let options =
        DecodeOptions { key: Some("id".to_owned()), ..DecodeOptions::named(["temp", "x.y"]) };
    let text = r#"{"boot":true}
{"ts":1583748873.5,"id":4,"TEMP":21.5,"x":{"y":"3"},"more":[1]}
{"id":4,"ts":"1583748874","TEMP":1e999}
{"id":4,"ts":1583748875,"temp":7,"TEMP":8,"x":{"y":"ERR"}}
{"id":4,"ts":1583748876,"temp":null}
{"id":4,"temp":1}
{"ts":1583748877,"temp":1}
{"ts":1583748878,"id":"é","temp":1,"x":{"y":
[1,2]"#;
    let expected = [
        "row 1, line 1: none of the channels is present; row dropped",
        "2/2 Some(1583748873.5) \"4\" None [21.5, 3.0]",
        "row 3, line 3: not JSON at column 38: number out of range; row dropped",
        "row 4, line 4: column \"x.y\": \"ERR\" is not a number",
        "4/4 Some(1583748875.0) \"4\" None [7.0, NaN]",
        "5/5 Some(1583748876.0) \"4\" None [NaN, NaN]",
        "row 6, line 6: \"\" is not a recognised time; row dropped",
        "row 7, line 7: \"\" cannot name a stream (1 to 256 bytes of UTF-8); row dropped",
    ];
    let items = rows(&options, text);
    assert_eq!(items[..8], expected);
    assert!(items[8].contains("not JSON at column") && items[8].contains("EOF"), "{}", items[8]);
    assert!(items[9].contains("an array where the rows are objects"), "{}", items[9]);
}

/// Fails without serde_json's feature `float_roundtrip`, whose absence costs the last bits.
#[test]
fn json_and_csv_give_the_same_numbers() {
    let number = "55.393536131272924";
    let options = DecodeOptions { time: TimeColumn::None, ..DecodeOptions::named(["a"]) };
    let csv = rows(&options, &format!("a\n{number}\n"));
    let json = rows(&options, &format!("{{\"a\":{number}}}\n"));
    assert_eq!(values(&json), values(&csv));
}

#[test]
fn a_row_comes_out_with_its_line() {
    for (head, line) in [("b,a\n", "1,2\n"), ("", "1,2\n"), ("", "{\"a\":1}\n"), ("", "[1,2]\n")] {
        let mut decoder = Decoder::new(DecodeOptions::named(["a", "b"])).unwrap();
        let mut count = 0;
        let mut each = |_: Item<'_>| {
            count += 1;
            Ok::<(), Failure>(())
        };
        decoder.push(head.as_bytes(), &mut each).unwrap();
        decoder.push(line.as_bytes(), &mut each).unwrap();
        assert_eq!(count, 1, "{line}");
        assert!(decoder.columns().is_some());
    }
}

#[test]
fn discovery() {
    let options = DecodeOptions {
        channels: Channels::Discover { only: None, exclude: vec!["x".to_owned(), "y".to_owned()] },
        ..DecodeOptions::discover()
    };
    let text = "Time,name,a,b,x,empty\n2020-03-09 10:14:33,p,1,ERR,0,\n\
        2020-03-09 10:14:34,q,2,5,0,nan\n";
    let (items, result) = decode(&options, text);
    assert_eq!(values(&items), ["[1.0]", "[2.0]"]);
    let columns = result.unwrap().unwrap();
    assert_eq!(columns.channels, ["a"]);
    assert_eq!(columns.time.as_deref(), Some("Time"));
    let left_out: Vec<String> = columns.left_out.iter().map(LeftOut::to_string).collect();
    let expected = [
        "y: excluded, but there is no such column",
        "name: not numeric",
        "b: not numeric",
        "x: excluded",
        "empty: no readings",
    ];
    assert_eq!(left_out, expected);

    let (items, result) = decode(&options, "{\"b\":{\"c\":1},\"t\":0}\n{\"a\":2,\"t\":1}\n[3]\n");
    assert_eq!(values(&items), ["[1.0, NaN]", "[NaN, 2.0]"]);
    assert_eq!(result.unwrap().unwrap().channels, ["b.c", "a"]);

    let (items, result) =
        decode(&options, "[\"2020-03-09 10:14:33\",1]\n[1]\n[\"2020-03-09 10:14:34\",2]");
    assert_eq!(items[0], "1/1 Some(1583748873.0) \"\" None [1.0]");
    assert_eq!(result.unwrap().unwrap().channels, ["c2"]);

    let (items, result) = decode(&options, "0;1,5\n5\n1;2,5\n");
    assert_eq!(values(&items), ["[0.0, 1.5]", "[1.0, 2.5]"]);
    assert_eq!(result.unwrap().unwrap().channels, ["c1", "c2"]);
}

#[test]
fn what_was_discovered_is_found_again_by_name() {
    for text in
        ["c,c,\n1,2,3\n4,5,6\n", "p,1,2\np,3,4\n", "[\"p\",1]\n[\"p\",2]\n", "{\"a\":{\"b\":1}}\n"]
    {
        let (items, result) = decode(&DecodeOptions::discover(), text);
        let again = rows(&DecodeOptions::named(result.unwrap().unwrap().channels), text);
        assert_eq!(items, again, "{text:?}");
    }
}

#[test]
fn an_error_of_the_caller_stops_it() {
    let mut decoder = Decoder::new(DecodeOptions::named(["a"])).unwrap();
    let mut count = 0;
    let result = decoder.push(b"a\n1\n2\n3\n", &mut |_| {
        count += 1;
        if count == 2 { Err(DecodeError::Empty) } else { Ok(()) }
    });
    assert_eq!((result, count), (Err(DecodeError::Empty), 2));
}

#[test]
fn a_long_line_and_a_long_name_cost_one_row() {
    let options = DecodeOptions { key: Some("k".to_owned()), ..DecodeOptions::named(["a"]) };
    let text =
        format!("k,a\np,1\n{}\n{},1\np,2\n", "x".repeat(MAX_LINE_BYTES + 1), "k".repeat(257));
    let items = rows(&options, &text);
    assert_eq!(items[1], "row 2, line 3: longer than 1048576 bytes; row dropped");
    assert!(items[2].starts_with("row 3, line 4: \"kkk"), "{}", items[2]);
    assert_eq!(items[3], "5/4 None \"p\" None [2.0]");
}

#[test]
fn optional_columns_come_behind_the_channels() {
    let optional = vec!["leak".to_owned(), "Mode".to_owned()];
    let options = DecodeOptions { optional, ..DecodeOptions::named(["b", "a"]) };
    // There, in another order, and not there: also in a header that comes later.
    let csv = "a,leak,b,x,mode\n1,0,2,?,3\n1,ERR,2,?,\nb,y,a,leak\n1,2,3,4\n";
    let (items, result) = decode(&options, csv);
    let wanted = ["[2.0, 1.0, 0.0, 3.0]", "[2.0, 1.0, NaN, NaN]"];
    assert_eq!(values(&items)[..2], wanted);
    assert!(items[1].contains("column \"leak\": \"ERR\" is not a number"), "{items:?}");
    assert_eq!(result.unwrap().unwrap().channels, ["b", "a"]);
    let (items, _) = decode(&options, "b,y,a\n1,2,3\n");
    assert_eq!(values(&items), ["[1.0, 3.0, NaN, NaN]"]);
    // Without names nothing tells which column it is, but the channels are found.
    assert_eq!(values(&decode(&options, "1,2\n").0), ["[1.0, 2.0, NaN, NaN]"]);
    let json = "{\"b\":1,\"leak\":0}\n{\"leak\":1,\"a\":2,\"mode\":7}\n{\"leak\":1}\n";
    let (items, _) = decode(&options, json);
    assert_eq!(values(&items), ["[1.0, NaN, 0.0, NaN]", "[NaN, 2.0, 1.0, 7.0]"]);
    assert!(items[2].contains("none of the channels"), "a constant alone is no row: {items:?}");
}

#[test]
fn a_header_again_is_one_though_an_optional_column_is_gone() {
    let options =
        DecodeOptions { optional: vec!["leak".to_owned()], ..DecodeOptions::named(["a", "b"]) };
    let (items, _) = decode(&options, "a,b,leak\n1,2,0\nb,a,other\n3,4,5\n");
    assert_eq!(items.len(), 2, "{items:?}");
    assert_eq!(values(&items), ["[1.0, 2.0, 0.0]", "[4.0, 3.0, NaN]"]);
}
