//! The detector without a model: its answers are the mean of the window.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::profile::{
    AlertSpec, Channel, Constant, Extent, Golden, InputSpec, Layout, MissingSpec, Precedent,
    Provenance, ScoreSpec, SeenRange, ThresholdRule, ThresholdSpec, UnprecedentedSpec, VERSION,
};
use crate::types::Time;

fn profile() -> Profile {
    Profile {
        version: VERSION,
        channels: vec![Channel {
            name: "a".into(),
            unit: None,
            mean: 0.0,
            scale: 1.0,
            longest_run: Some(5),
            seen: None,
            sensitivity: None,
        }],
        constants: vec![],
        features: None,
        period_s: Some(1.0),
        window: 2,
        average: 1,
        hop: 1,
        layout: Layout::TimeChannels,
        missing: MissingSpec { hold: 1 },
        time: None,
        key: None,
        input: InputSpec::default(),
        streams: Vec::new(),
        unprecedented: None,
        drift: None,
        score: ScoreSpec::Mse,
        smooth: SmoothSpec::None,
        threshold: ThresholdSpec {
            value: 1.0,
            rule: ThresholdRule::Fixed { value: 1.0 },
            scores: 0,
            pot: None,
        },
        alert: AlertSpec::default(),
        head: None,
        when: None,
        golden: Golden { input: vec![0.0; 2], output: vec![0.0; 2], score: 0.0 },
        provenance: Provenance::default(),
    }
}

fn means(windows: &[f32], n: usize, out: &mut Reconstruction) -> Result<(), ScoreError> {
    out.clear();
    let length = windows.len() / n;
    for window in windows.chunks(length) {
        let mean = window.iter().sum::<f32>() / length as f32;
        out.values.extend(window.iter().map(|_| mean));
    }
    Ok(())
}

/// What is found in rows of two streams, judged after so many rows each.
fn found(at_once: usize, flush_after: usize) -> Vec<String> {
    let mut detector = PureDetector::new(&profile(), at_once);
    let mut lines = Vec::new();
    let mut flush = |detector: &mut PureDetector| {
        detector
            .flush(means, |finding| {
                lines.push(format!("{finding:?}"));
                Ok::<_, ScoreError>(())
            })
            .unwrap();
    };
    for row in 1..=200u64 {
        let stream = if row % 3 == 0 { "b" } else { "a" };
        let value = if row % 50 < 10 { (row % 4) as f64 * 4.0 } else { (row % 5) as f64 / 10.0 };
        let value = if row % 41 < 5 { f64::NAN } else { value };
        let second = if row == 120 { 500 } else { row as i64 };
        let time = Some(Time(second * Time::SECOND));
        if detector.is_full() {
            flush(&mut detector);
        }
        detector.push(&Sample { stream, row, time, values: &[value] }).unwrap();
        if row.is_multiple_of(flush_after as u64) {
            flush(&mut detector);
        }
    }
    flush(&mut detector);
    assert!(detector.tally().raised > 0 && detector.tally().windows > 20);
    lines
}

#[test]
fn it_makes_no_difference_when_what_waits_is_judged() {
    let one_by_one = found(1, 1);
    assert!(one_by_one.iter().any(|line| line.contains("Missing")));
    for (at_once, flush_after) in [(1, 7), (8, 1), (8, 5), (128, 200), (3, 64)] {
        assert_eq!(found(at_once, flush_after), one_by_one, "{at_once} {flush_after}");
    }
}

#[test]
fn a_stream_too_many_is_refused_and_the_others_go_on() {
    let mut detector = PureDetector::new(&profile(), 1);
    let most = detector.streams.most();
    let mut push =
        |stream: &str| detector.push(&Sample { stream, row: 1, time: None, values: &[0.0] });
    for number in 0..most {
        push(&format!("{number}")).unwrap();
    }
    assert_eq!(push("one more"), Err(TooManyStreams { most }));
    assert_eq!(push("7"), Ok(()));
}

#[test]
fn an_engine_that_fails_loses_nothing_that_came_before() {
    let rows = [0.0, 0.1, 0.2, f64::NAN, f64::NAN, 0.3, 0.4, 666.0, 0.1];
    let found = |at_once: usize| {
        let mut detector = PureDetector::new(&profile(), at_once);
        let mut lines = Vec::new();
        let run = |windows: &[f32], n: usize, out: &mut Reconstruction| {
            if windows.contains(&666.0) {
                return Err(ScoreError::TooFew { windows: 0 });
            }
            means(windows, n, out)
        };
        let mut failed = false;
        for (row, value) in (1..).zip(&rows) {
            detector.push(&Sample { stream: "", row, time: None, values: &[*value] }).unwrap();
            if detector.is_full() || row == 9 {
                let out = |finding: Finding<'_>| {
                    lines.push(format!("{finding:?}"));
                    Ok(())
                };
                failed |= detector.flush(run, out).is_err();
            }
        }
        assert!(failed);
        lines
    };
    let one_by_one: Vec<String> = found(1).into_iter().take(6).collect();
    assert!(one_by_one.iter().any(|line| line.contains("Missing")));
    assert_eq!(found(64), one_by_one);
}

#[test]
fn answers_that_are_not_those_to_the_windows_are_refused() {
    let mut detector = PureDetector::new(&profile(), 8);
    for row in 1..=4 {
        detector.push(&Sample { stream: "", row, time: None, values: &[0.0] }).unwrap();
    }
    let run = |_: &[f32], _: usize, _: &mut Reconstruction| Ok(());
    let done = detector.flush(run, |_| Ok(()));
    assert!(matches!(done, Err(ScoreError::Answers { expected: 2, found: 0 })), "{done:?}");
}

#[test]
fn a_model_that_gives_a_score_answers_a_window_with_one_number() {
    let score = ScoreSpec::Model { lower: false, origin: 0.0 };
    let mut detector = PureDetector::new(&Profile { score, ..profile() }, 8);
    for (row, value) in (1..=4).zip([1.0, 3.0, 5.0, 7.0]) {
        let sample = Sample { stream: "", row, time: None, values: &[value] };
        detector.push(&sample).unwrap();
    }
    let mut scores = Vec::new();
    let last = |windows: &[f32], _: usize, out: &mut Reconstruction| {
        out.values.extend(windows.chunks(2).filter_map(|window| window.last()));
        Ok::<_, ScoreError>(())
    };
    let take = |finding: Finding<'_>| {
        match finding {
            Finding::Score(scored) => scores.push(scored.score),
            Finding::Event(Event { kind: EventKind::Alert { channels, .. }, .. }) => {
                assert!(channels.is_empty());
            }
            Finding::Event(_) => {}
        }
        Ok(())
    };
    detector.flush(last, take).unwrap();
    assert_eq!(scores, [3.0, 5.0, 7.0]);
}

#[test]
fn windows_that_wait_are_run_together_and_a_lone_one_at_once() {
    let mut detector = PureDetector::new(&profile(), 32);
    let mut runs = Vec::new();
    let mut flush = |detector: &mut PureDetector| {
        let run = |windows: &[f32], n: usize, out: &mut Reconstruction| {
            runs.push(n);
            means(windows, n, out)
        };
        detector.flush(run, |_| Ok(())).unwrap();
    };
    // The first row alone is no window.
    for row in 1..=100u64 {
        let time = Some(Time(row as i64 * Time::SECOND));
        detector.push(&Sample { stream: "", row, time, values: &[row as f64] }).unwrap();
        if detector.is_full() || row >= 99 {
            flush(&mut detector);
        }
    }
    assert_eq!(runs, [32, 32, 32, 2, 1]);
}

#[test]
fn absurd_readings_are_counted_and_an_event_once_there_are_several() {
    let mut watched = profile();
    watched.channels[0].seen = Some(SeenRange { low: -1.0, high: 1.0, errors: vec![] });
    let mut detector = PureDetector::new(&watched, 8);
    for (row, value) in (1..).zip([0.5, -127.0, 0.6, 65_535.0, 65_535.0, 65_535.0, 0.4, 0.3]) {
        let sample = Sample { stream: "", row, time: None, values: &[value] };
        detector.push(&sample).unwrap();
    }
    let (mut events, mut scores) = (Vec::new(), Vec::new());
    let take = |finding: Finding<'_>| {
        match finding {
            Finding::Score(scored) => scores.push((scored.row, scored.raised)),
            Finding::Event(Event { row, kind, .. }) => events.push(format!("{row} {kind:?}")),
        }
        Ok::<_, ScoreError>(())
    };
    detector.flush(means, take).unwrap();
    let wanted = ["5 Implausible { channel: 0, value: 65535.0 }", "7 Restored { channel: 0 }"];
    assert_eq!(events, wanted);
    // One is held, then the stream is not watched.
    assert_eq!(scores, [(2, false), (3, false), (4, false), (8, false)]);
    let Tally { disregarded, implausible, raised, .. } = detector.tally();
    assert_eq!((disregarded, implausible, raised), (4, 1, 0));
}

/// The kinds of the events of rows that hold the channel and two constants, 0 and 21.5.
fn changes(rows: &[&[f64]]) -> (Vec<String>, Tally) {
    let constant = |name: &str, value| Constant { name: name.into(), value };
    let constants = vec![constant("leak", 0.0), constant("set", 21.5)];
    let mut detector = PureDetector::new(&Profile { constants, ..profile() }, 4);
    let mut lines = Vec::new();
    for (row, values) in (1..).zip(rows) {
        // The last row comes twice.
        let second = row.min(rows.len() as u64 - 1) as i64;
        let time = Some(Time(second * Time::SECOND));
        detector.push(&Sample { stream: "", row, time, values }).unwrap();
        let out = |finding: Finding<'_>| {
            if let Finding::Event(Event { kind, row, .. }) = finding {
                lines.push(format!("{row}: {kind:?}"));
            }
            Ok::<_, ScoreError>(())
        };
        detector.flush(means, out).unwrap();
    }
    (lines, detector.tally())
}

#[test]
fn what_did_not_move_is_watched_for_a_change() {
    let (still, leaking) = ([0.5, 0.0, 21.5], [0.4, 1.0, 21.5]);
    let mut rows: Vec<&[f64]> = vec![&still; 5];
    rows.extend([&leaking[..]; 3]);
    rows.extend([&still[..]; 12]);
    let (lines, tally) = changes(&rows);
    let wanted =
        ["7: Changed { channel: 1, was: 0.0, is: 1.0 }", "18: Returned { channel: 1, is: 0.0 }"];
    assert_eq!(lines, wanted);
    assert_eq!(tally.changed, 1);
}

#[test]
fn constants_that_are_not_there_or_in_rows_that_are_dropped_say_nothing() {
    let rows: Vec<&[f64]> = vec![&[0.5], &[0.4, f64::NAN], &[0.3], &[0.2, 0.0], &[0.1]];
    assert!(changes(&rows).0.is_empty());
    // The second odd row has the time of the first.
    let rows: Vec<&[f64]> = vec![&[0.5, 0.0], &[0.4, 0.0], &[0.5, 0.0], &[0.4, 1.0], &[0.4, 1.0]];
    let (lines, tally) = changes(&rows);
    assert_eq!((lines.len(), tally.duplicates), (0, 1));
}

/// What is said of the channel when its readings come every minute: it was from -1 to 1.
fn records(readings: &[f64], spec: bool) -> (Vec<String>, Tally) {
    let extent = Extent { low: -1.0, high: 1.0, noise: 0.0 };
    let precedent = Precedent { level: extent, day: None, shift: None };
    let spec = spec.then(|| UnprecedentedSpec { learned_s: 60.0, channels: vec![Some(precedent)] });
    let mut slow = Profile { unprecedented: spec, period_s: Some(60.0), ..profile() };
    slow.channels[0].seen = Some(SeenRange { low: -1.0, high: 1.0, errors: vec![] });
    let mut detector = PureDetector::new(&slow, 4);
    let mut lines = Vec::new();
    for (row, reading) in (1..).zip(readings) {
        let time = Some(Time(row as i64 * 60 * Time::SECOND));
        detector.push(&Sample { stream: "", row, time, values: &[*reading] }).unwrap();
        let out = |finding: Finding<'_>| {
            if let Finding::Event(Event {
                kind: EventKind::Unprecedented { record, .. },
                row,
                ..
            }) = finding
            {
                lines.push(format!("{row}: {} {}", record.reading, record.before));
            }
            Ok::<_, ScoreError>(())
        };
        detector.flush(means, out).unwrap();
    }
    (lines, detector.tally())
}

#[test]
fn a_reading_that_was_never_seen_is_said_and_what_is_no_reading_is_not() {
    let readings = [0.5, 0.2, f64::NAN, -127.0, 0.3, 1.5, 1.6];
    let (lines, tally) = records(&readings, true);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("6: 1.5 0.99"), "{lines:?}");
    assert_eq!((tally.unprecedented, tally.disregarded), (1, 1));
    assert!(records(&readings, false).0.is_empty());
}
