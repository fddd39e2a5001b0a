//! A replay equals the live stream: the same rows give the same bytes from a file, from a pipe in
//! chunks of any size, and when other streams are interleaved with them.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::sync::OnceLock;

use crate::harness::Dir;
use crate::harness::onnx::Onnx;
use oddity::decode::{DecodeOptions, Decoder, Item};
use oddity::detector::{Detector, Finding};
use oddity::model::Bundle;
use oddity::sink::JsonLines;
use proptest::prelude::*;

/// Model and streams that all tests share: made once.
struct Fixture {
    dir: Dir,
    bundle: Bundle,
    /// CSV with a header; everything that there is an event for happens in the first.
    streams: [String; 3],
}

fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let dir = Dir::with_faults();
        let mut lines: Vec<String> =
            dir.text("faulty.csv").lines().map(ToOwned::to_owned).collect();
        // The quiet parts say nothing new.
        lines.drain(740..880);
        lines.drain(240..380);
        lines[150] = "torn".into();
        lines[160].push_str(",1");
        lines[170] = lines[170].rsplit_once(',').unwrap().0.to_owned() + ",ERR";
        lines[180] = lines[179].clone();
        let other = |seed: u32, fault: &str| {
            dir.oddity(&format!("simulate --rows 300 --seed {seed} --fault {fault}")).ok().stdout
        };
        let streams = [
            lines.join("\n") + "\n",
            other(11, "dropout@40+25:current"),
            other(12, "blockage@100+80x5"),
        ];
        let bundle = Bundle::from_bytes(dir.read("model.onnx")).unwrap();
        Fixture { dir, bundle, streams }
    })
}

/// The first stream as JSON Lines, torn lines left as they are.
fn as_json(csv: &str) -> String {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut json = String::new();
    for line in lines {
        let pairs: Vec<String> = names
            .iter()
            .zip(line.split(','))
            .map(|(name, value)| match value {
                "" => format!("\"{name}\":null"),
                value if value.parse::<f64>().is_ok() => format!("\"{name}\":{value}"),
                value => format!("\"{name}\":\"{value}\""),
            })
            .collect();
        json += &format!("{{{}}}\n", pairs.join(", "));
    }
    json
}

/// What comes out of the library for these chunks: problems, scores and events, a line each.
fn judge<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, key: Option<&str>) -> String {
    let bundle = &fixture().bundle;
    let names: Vec<String> = bundle.profile().channels.iter().map(|c| c.name.clone()).collect();
    let options = DecodeOptions { key: key.map(Into::into), ..DecodeOptions::named(names.clone()) };
    let mut decoder = Decoder::new(options).unwrap();
    let detector = RefCell::new(Detector::new(bundle).unwrap());
    let (mut out, mut problems) = (Vec::new(), String::new());
    let mut sink = JsonLines::new(&mut out, names, "MODEL".into());
    let write = RefCell::new(|finding: Finding<'_>| -> anyhow::Result<()> {
        match finding {
            Finding::Score(score) => Ok(sink.score(&score)?),
            Finding::Event(event) => Ok(sink.event(&event)?),
        }
    });
    let mut each = |item: Item<'_>| -> anyhow::Result<()> {
        match item {
            Item::Row { sample, .. } => {
                detector.borrow_mut().push(&sample, &mut *write.borrow_mut())
            }
            Item::Problem(problem) => {
                problems += &format!("{problem}\n");
                Ok(())
            }
        }
    };
    for chunk in chunks {
        decoder.push(chunk, &mut each).unwrap();
        detector.borrow_mut().flush(&mut *write.borrow_mut()).unwrap();
    }
    decoder.finish(&mut each).unwrap();
    detector.borrow_mut().flush(&mut *write.borrow_mut()).unwrap();
    problems + &String::from_utf8(out).unwrap()
}

/// Rows of several streams in the order of `turns`, with a column `unit` for the stream, and the
/// rows' numbers in their own streams.
fn interleave(turns: impl IntoIterator<Item = usize>) -> (String, Vec<u64>) {
    let streams = &fixture().streams;
    let mut lines: Vec<_> = streams.iter().map(|stream| stream.lines().enumerate()).collect();
    let headers: Vec<&str> = lines.iter_mut().map(|lines| lines.next().unwrap().1).collect();
    let header = headers[0];
    let mut text = format!("unit,{header}\n");
    let mut own_numbers = Vec::new();
    let rest = (0..lines.len()).flat_map(|stream| std::iter::repeat_n(stream, 2000));
    for stream in turns.into_iter().chain(rest) {
        let Some((number, line)) = lines[stream].next() else { continue };
        text += &format!("unit {stream},{line}\n");
        own_numbers.push(number as u64);
    }
    (text, own_numbers)
}

/// The lines of one stream as it would have given them alone.
fn alone(output: &str, stream: usize, own_numbers: &[u64]) -> Vec<String> {
    let mark = format!("\"stream\":\"unit {stream}\",\"row\":");
    let own = output.lines().filter_map(|line| {
        let (kind, rest) = line.split_once(&mark)?;
        let (row, rest) = rest.split_once(',')?;
        let row = own_numbers[row.parse::<usize>().unwrap() - 1];
        Some(without_rows(&format!("{kind}\"stream\":\"\",\"row\":{row},{rest}")))
    });
    own.collect()
}

/// A line without `"rows":[FIRST,LAST]` and `"since_row":ROW`, which number rows of the whole input.
fn without_rows(line: &str) -> String {
    let without = |line: &str, from: &str, to: &str| match line.split_once(from) {
        Some((before, after)) => before.to_owned() + after.split_once(to).unwrap().1,
        None => line.to_owned(),
    };
    without(&without(line, "\"rows\":[", "],"), "\"since_row\":", ",")
}

fn of_stream(stream: usize) -> Vec<String> {
    let text = &fixture().streams[stream];
    let lines = judge([text.as_bytes()], None);
    lines.lines().filter(|line| line.starts_with('{')).map(without_rows).collect()
}

#[test]
fn the_streams_hold_what_is_to_be_compared() {
    let whole = judge([fixture().streams[0].as_bytes()], None);
    for kind in ["score", "raised", "cleared", "gap", "missing", "restored", "flatline", "moving"] {
        assert!(whole.contains(&format!("{{\"kind\":\"{kind}\"")), "no {kind}");
    }
    for problem in ["line 151: ", "line 161: ", "line 171: "] {
        assert!(whole.contains(problem), "no {problem}");
    }
    assert!(of_stream(1).iter().any(|line| line.contains("\"missing\"")));
    assert!(of_stream(2).iter().any(|line| line.contains("\"raised\"")));
}

#[test]
fn chunks_of_every_small_size() {
    let json = as_json(&fixture().streams[0]);
    for text in [fixture().streams[0].as_str(), &json] {
        let whole = judge([text.as_bytes()], None);
        for size in [1, 2, 3, 7, 64, 4096] {
            assert!(judge(text.as_bytes().chunks(size), None) == whole, "chunks of {size}");
        }
        let crlf = text.replace('\n', "\r\n");
        assert!(judge(crlf.as_bytes().chunks(5), None) == whole, "CRLF");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_chunks_begin_and_end_changes_nothing(
        cuts in prop::collection::vec(0.0f64..1.0, 0..60), json in any::<bool>(),
    ) {
        let csv = &fixture().streams[0];
        let text = if json { as_json(csv) } else { csv.clone() };
        let bytes = text.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|c| (c * bytes.len() as f64) as usize).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        prop_assert!(judge(chunks, None) == judge([bytes], None));
    }

    #[test]
    fn other_streams_in_between_change_nothing(
        turns in prop::collection::vec(0usize..3, 0..1500), size in 1usize..5000,
    ) {
        let (text, own_numbers) = interleave(turns);
        let output = judge(text.as_bytes().chunks(size), Some("unit"));
        for stream in 0..3 {
            prop_assert_eq!(alone(&output, stream, &own_numbers), of_stream(stream));
        }
    }
}

#[test]
fn the_program_gives_the_same_from_a_file_and_a_pipe_in_small_writes() {
    let Fixture { dir, streams, .. } = fixture();
    let text: String = streams[0].lines().take(420).map(|line| line.to_owned() + "\n").collect();
    dir.write("replay.csv", &text);
    let from_file = dir.oddity("detect model.onnx replay.csv --emit all").ok();
    assert!(from_file.stdout.contains("\"raised\"") && from_file.stderr.contains("line 171"));
    for size in [1, 2, 3, 7, 4096, text.len()] {
        let mut child = dir.start("detect model.onnx --emit all");
        let mut stdin = child.stdin.take().unwrap();
        let bytes = text.clone().into_bytes();
        let writer = std::thread::spawn(move || {
            for chunk in bytes.chunks(size) {
                stdin.write_all(chunk).unwrap();
                stdin.flush().unwrap();
            }
        });
        let mut errors = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout == from_file.stdout.as_bytes(), "writes of {size}");
        assert_eq!(errors.join().unwrap(), from_file.stderr, "writes of {size}");
    }
}

#[test]
fn the_program_gives_the_same_for_each_of_many_interleaved_streams() {
    let Fixture { dir, streams, .. } = fixture();
    let turns =
        (0..1200).map(|turn: usize| turn.wrapping_mul(2_654_435_761) >> 7).map(|turn| turn % 3);
    let (text, own_numbers) = interleave(turns);
    let run = dir.oddity_with("detect model.onnx --key unit --emit all", &text).ok();
    let model =
        dir.oddity("inspect model.onnx --json").ok().json()["id"].as_str().unwrap().to_owned();
    for (stream, own) in streams.iter().enumerate() {
        let single = dir.oddity_with("detect model.onnx --emit all", own).ok();
        let single: Vec<String> = single.stdout.lines().map(without_rows).collect();
        assert_eq!(alone(&run.stdout, stream, &own_numbers), single);
        let by_library: Vec<String> =
            of_stream(stream).iter().map(|line| line.replace("MODEL", &model)).collect();
        assert_eq!(by_library, single, "the library and the program");
    }
}

/// Models that differ in how many windows they take at once say the same of a stream, whether it comes
/// as a file, whose windows wait for each other, or in small pieces.
#[test]
fn windows_that_are_judged_together_say_what_each_says_alone() {
    let dir = Dir::with_faults();
    let stream = dir.text("faulty.csv");
    let mut said = Vec::new();
    for (name, batch) in [("alone", Some(1)), ("six", Some(6)), ("any", None)] {
        let bare = Onnx::new("input", batch, &[20, 8])
            .floats("share", &[1], &[0.75])
            .node("Mul", "input share", "reconstruction")
            .file("reconstruction");
        dir.write("bare.onnx", bare);
        dir.oddity(&format!(
            "calibrate bare.onnx normal.csv -o {name}.onnx --normalise --score mse --smooth mean:9 \
             --threshold quantile:0.9"
        ))
        .ok();
        let id = Bundle::from_bytes(dir.read(&format!("{name}.onnx"))).unwrap().id().to_owned();
        let command = format!("detect {name}.onnx --emit all");
        said.push(dir.oddity_with(&command, &stream).ok().stdout.replace(&id, "MODEL"));
        let mut child = dir.start(&command);
        let mut input = child.stdin.take().unwrap();
        let pieces: Vec<Vec<u8>> = stream.as_bytes().chunks(700).map(<[u8]>::to_vec).collect();
        let writer = std::thread::spawn(move || {
            for piece in pieces {
                input.write_all(&piece).unwrap();
                input.flush().unwrap();
            }
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        said.push(String::from_utf8(output.stdout).unwrap().replace(&id, "MODEL"));
    }
    assert!(said[0].lines().count() > 500, "{}", said[0]);
    assert!(said[0].contains("\"kind\":\"raised\"") && said[0].contains("\"kind\":\"gap\""));
    for (number, other) in said.iter().enumerate() {
        assert!(other == &said[0], "{number} differs");
    }
}
