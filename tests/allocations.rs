//! Nothing is allocated for a row once buffers have grown: not while rows are decoded, windows
//! formed, scored, smoothed and judged, nor while events are written. On a small machine that runs
//! for years this is what keeps memory from growing and fragmenting.
//!
//! The native engine allocates nothing either; what tract does is its own.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]
// A global allocator cannot be had without it.
#![allow(unsafe_code)]

// It uses a part of the harness; what nobody uses the binary `it` finds.
#[allow(dead_code, unused_imports)]
mod harness;

use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::cell::Cell;

use harness::Dir;
use oddity::alert::Alert;
use oddity::decode::{DecodeError, DecodeOptions, Item, TimeColumn};
use oddity::detector::{Detector, Finding};
use oddity::event::{
    Because, ClockFault, DriftChange, Event, EventKind, Record, Scored, Since, View, WindowSpan,
};
use oddity::features::RowReader;
use oddity::fit::ScoreFit;
use oddity::health::HealthSpec;
use oddity::model::{Bundle, Model};
use oddity::profile::{AlertSpec, Layout, ScoreKind, SmoothSpec};
use oddity::score::Scorer;
use oddity::sink::JsonLines;
use oddity::smooth::Smoother;
use oddity::types::{Reconstruction, Sample, Time};
use oddity::window::{Intake, IntakeSpec, WindowShape, WindowSpec};
use oddity_core::unprecedented::Watch;

struct Counting;

thread_local! {
    /// Of this thread alone: tests run side by side.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it came; counting touches no memory of it
// and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(memory) }
    }

    unsafe fn realloc(&self, at: *mut u8, memory: Memory, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(at, memory, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, memory: Memory) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, memory) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of this thread while `work` runs.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1u8; 100]))), 1);
    assert_eq!(allocations(|| drop(std::hint::black_box(Vec::<u8>::new()))), 0);
}

const CHANNELS: usize = 3;

/// A reading that moves, without a generator that could allocate.
fn reading(row: u64, channel: usize) -> f64 {
    ((row * 37 + channel as u64 * 11) % 101) as f64 / 8.0 + (row as f64 / 50.0).sin()
}

fn time(row: u64) -> Time {
    Time(1_767_225_600_000_000_000 + row as i64 * Time::SECOND)
}

/// How rows are written in a test of the decoder.
type Write = fn(u64, [f64; CHANNELS]) -> String;

/// Reads a text in chunks. Gives what is allocated once the first `warm` bytes are read, the number of rows, and the
/// sum of their values.
fn read(reader: &mut RowReader, text: &str, warm: usize) -> (u64, u64, f64) {
    let (warm, rest) = text.as_bytes().split_at(warm);
    let (mut rows, mut sum) = (0, 0.0);
    let mut each = |item: Item<'_>| -> Result<(), DecodeError> {
        if let Item::Row { sample, .. } = item {
            rows += 1;
            sum += sample.values.iter().sum::<f64>();
        }
        Ok(())
    };
    for chunk in warm.chunks(1000) {
        reader.push(chunk, &mut each).unwrap();
    }
    let count = allocations(|| {
        for chunk in rest.chunks(1000) {
            reader.push(chunk, &mut each).unwrap();
        }
    });
    (count, rows, sum)
}

#[test]
fn decoding_rows_allocates_nothing() {
    fn at(row: u64) -> String {
        format!("2026-01-01T{:02}:{:02}:{:02}.5Z", row / 3600, row / 60 % 60, row % 60)
    }
    let named = || DecodeOptions::named(["a", "b", "c"]);
    let keyed = || DecodeOptions { key: Some("unit".into()), ..named() };
    let ways: [(&str, DecodeOptions, &str, Write); 6] = [
        ("CSV", named(), "time,a,b,c\n", |row, [a, b, c]| format!("{},{a},{b},{c}\n", at(row))),
        ("CSV with holes and bad values", named(), "time,a,b,c\n", |row, [a, b, _]| {
            format!("{},{a},{b},{}\n", at(row), if row.is_multiple_of(2) { "" } else { "ERR" })
        }),
        ("CSV with keys and quotes", keyed(), "unit;time;x;c;b;a\r\n", |row, [a, b, c]| {
            format!("\"pump {}\";{};on;{c};{b};{a}\r\n", row % 5, at(row))
        }),
        ("bare CSV", DecodeOptions { time: TimeColumn::None, ..named() }, "", |_, [a, b, c]| {
            format!("{a},{b},{c}\n")
        }),
        ("JSON objects", keyed(), "", |row, [a, b, c]| {
            format!(
                "{{\"unit\":\"pump {}\",\"time\":\"{}\",\"a\":{a},\"b\":{b},\"c\":{c},\"x\":{{\"y\":[1,null]}}}}\n",
                row % 5,
                at(row)
            )
        }),
        ("JSON arrays", named(), "", |row, [a, b, c]| format!("[\"{}\",{a},{b},{c}]\n", at(row))),
    ];
    for (way, options, header, write) in ways {
        let mut text = header.to_owned();
        for row in 0..4000 {
            text += &write(row, std::array::from_fn(|channel| reading(row, channel)));
        }
        let mut reader = RowReader::new(options, None).unwrap();
        let (count, rows, sum) = read(&mut reader, &text, text.len() / 8);
        assert_eq!(count, 0, "{way}: {count} allocations");
        assert!(rows >= 3999, "{way}: {rows} rows");
        assert!(sum != 0.0);
    }
}

#[test]
fn making_features_of_frames_allocates_nothing() {
    let spec = "64:32:4:2".parse().unwrap();
    let mut reader = RowReader::new(DecodeOptions::named(["a", "b"]), Some(&spec)).unwrap();
    let mut text = "a,b\n".to_owned();
    for row in 0..4000 {
        text += &format!("{},{}\n", reading(row, 0), reading(row, 1));
    }
    let (count, rows, sum) = read(&mut reader, &text, text.len() / 2);
    assert_eq!((count, rows), (0, (4000 - 64) / 32 + 1));
    assert!(sum.is_finite() && sum != 0.0);
}

fn spec(layout: Layout, hop: usize, average: usize) -> IntakeSpec {
    let normal = vec![(1.0, 0.5); CHANNELS];
    IntakeSpec {
        streams: Vec::new(),
        health: HealthSpec {
            period_ns: Some(Time::SECOND),
            hold: 5,
            normal: normal.clone(),
            flatline: vec![Some(30); CHANNELS],
            plausible: vec![None; CHANNELS],
        },
        window: WindowSpec { average, window: 10, hop, layout, normal },
    }
}

#[test]
fn forming_windows_allocates_nothing() {
    for (layout, hop, average) in
        [(Layout::TimeChannels, 1, 1), (Layout::ChannelsTime, 3, 1), (Layout::TimeChannels, 1, 7)]
    {
        let mut intake = Intake::new(&spec(layout, hop, average));
        let (mut notes, mut window) = (Vec::with_capacity(8), Vec::with_capacity(10 * CHANNELS));
        let (mut windows, mut noted) = (0, 0);
        let mut push = |row: u64| {
            let mut values: [f64; CHANNELS] = std::array::from_fn(|c| reading(row, c));
            // Missing for a while, then stuck for a while; and every 500 rows there is a hole.
            if row % 200 < 9 {
                values[1] = f64::NAN;
            }
            if row % 300 > 220 {
                values[2] = 4.0;
            }
            let time = Some(time(row + row / 500 * 30 + row / 77));
            notes.clear();
            let sample = Sample { stream: "", row, time, values: &values };
            if intake.push(&sample, &mut notes).is_some() {
                window.clear();
                intake.windower().copy_window(&mut window);
                windows += 1;
            }
            noted += notes.len();
        };
        (0..20).for_each(&mut push);
        let count = allocations(|| (20..5000).for_each(&mut push));
        assert_eq!(count, 0, "{layout:?}");
        let least = if average == 1 { 800 } else { 400 };
        assert!(windows > least && noted > 80, "{windows} windows, {noted} notes");
    }
}

#[test]
fn scoring_allocates_nothing() {
    let shape = WindowShape { window: 10, channels: CHANNELS, channels_first: false };
    let len = shape.window * CHANNELS;
    let window = |start: u64| -> Vec<f32> {
        (0..len).map(|at| reading(start + (at / CHANNELS) as u64, at % CHANNELS) as f32).collect()
    };
    let windows: Vec<Vec<f32>> = (0..200).map(window).collect();
    let model = |window: &[f32]| -> (Vec<f32>, Vec<f32>) {
        (window.iter().map(|v| v * 0.9 + 0.1).collect(), vec![window[0], window[4]])
    };
    let answers: Vec<_> = windows.iter().map(|window| model(window)).collect();
    for kind in [
        ScoreKind::Mse,
        ScoreKind::Mae,
        ScoreKind::WorstChannel,
        ScoreKind::Normalised,
        ScoreKind::Mahalanobis,
        ScoreKind::MahalanobisLog,
        ScoreKind::MahalanobisWindow,
        ScoreKind::T2q,
    ] {
        let mut fit = ScoreFit::new(kind, shape, 2).unwrap();
        for (window, (reconstruction, latent)) in windows.iter().zip(&answers) {
            fit.add(window, reconstruction, latent).unwrap();
        }
        let mut scorer = Scorer::new(&fit.finish().unwrap(), shape);
        let mut sum = 0.0;
        let count = allocations(|| {
            for (window, (reconstruction, latent)) in windows.iter().zip(&answers) {
                sum += scorer.score(window, reconstruction, latent).unwrap() + scorer.shares()[0];
            }
        });
        assert_eq!(count, 0, "{kind:?}");
        assert!(sum > 0.0, "{kind:?}");
    }
}

#[test]
fn smoothing_and_alerting_allocate_nothing() {
    let alert =
        AlertSpec { k: 3, of: 5, min_duration_s: 2.0, cooldown_s: 20.0, ..AlertSpec::default() };
    for smooth in [
        SmoothSpec::None,
        SmoothSpec::Ewma { alpha: 0.1 },
        SmoothSpec::Mean { windows: 7 },
        SmoothSpec::Median { windows: 7 },
    ] {
        let (mut smoother, mut alert) = (Smoother::new(smooth), Alert::new(alert));
        let mut changes = 0;
        let count = allocations(|| {
            for row in 0..3000u64 {
                let ratio = smoother.push(1.0 + (row as f64 / 40.0).sin());
                changes += u32::from(alert.push(ratio, row as f64).is_some());
            }
        });
        assert_eq!(count, 0, "{smooth:?}");
        assert!(changes > 10, "{smooth:?}: {changes} changes");
    }
}

#[test]
fn telling_what_is_unprecedented_allocates_nothing() {
    let mut learning = Watch::new(300.0);
    let at = |row: u64| row as f64 * 300.0;
    (0..1000).for_each(|row| assert!(learning.take(reading(row, 0), at(row)).is_none()));
    let precedent = learning.precedent().unwrap();
    let mut watch = Watch::of(&precedent, 300_000.0, 300.0);
    let mut told = 0;
    let count = allocations(|| {
        for row in 0..5000 {
            let odd = if row % 1000 == 999 { row as f64 } else { 0.0 };
            told += u32::from(watch.take(reading(row, 0) + odd, at(row)).is_some());
            if row == 3000 {
                watch.interrupt();
            }
        }
    });
    assert_eq!(count, 0);
    assert!(told >= 3, "{told}");
}

#[test]
fn writing_scores_and_events_allocates_nothing() {
    let channels =
        vec!["pressure".to_owned(), "flow \"left\"".to_owned(), "Temperatur °C".to_owned()];
    let mut sink = JsonLines::new(std::io::sink(), channels, "0123456789abcdef".into());
    let blame = [(0, 0.61234), (2, 0.3), (1, 0.08766)];
    let change = DriftChange {
        sets_in: true,
        was: 0.5,
        is: 1.0 / 3.0,
        distance: 0.75,
        limit: 0.5,
        rows: 288,
    };
    let mut write = |row: u64| {
        let (time, stream) = (Some(Time(time(row).0 + row as i64 * 1_234_567)), "pump 7");
        let span = WindowSpan { start: time, end: time, first_row: row, last_row: row + 9 };
        let score = reading(row, 0) + 0.1;
        let alert = |raised| EventKind::Alert {
            raised,
            span,
            score,
            threshold: 0.7,
            ratio: score / 0.7,
            channels: &blame,
            head: None,
        };
        let kinds = [
            alert(true),
            alert(false),
            EventKind::Ongoing {
                because: Because::Lasts,
                since: Since { row, time },
                score,
                threshold: 0.7,
                ratio: score / 0.7,
                channels: &blame,
                drifts: &[1],
            },
            EventKind::Drift { channel: Some(2), change },
            EventKind::Drift { channel: None, change: DriftChange { sets_in: false, ..change } },
            EventKind::Running { runs: false, channel: 1, reading: f64::NAN },
            EventKind::Gap { missing: row, from: Time(row as i64) },
            EventKind::Clock { fault: ClockFault::SetBack, from: Time(i64::MIN) },
            EventKind::Clock { fault: ClockFault::Stuck, from: Time(row as i64) },
            EventKind::Rate { period_s: score, expected_s: 1.0 },
            EventKind::Missing { channel: 0 },
            EventKind::Restored { channel: 1 },
            EventKind::Flatline { channel: 2, rows: row },
            EventKind::Moving { channel: 2 },
            EventKind::Unprecedented {
                channel: 0,
                record: Record {
                    view: View::Day,
                    reading: score,
                    is: -score,
                    before: -0.125,
                    above: false,
                    for_s: 1e6,
                },
            },
            EventKind::Changed { channel: 1, was: 0.0, is: score },
            EventKind::Returned { channel: 1, is: 0.0 },
        ];
        for kind in kinds {
            sink.event(&Event { stream, row, time, kind }).unwrap();
        }
        sink.score(&Scored {
            stream,
            row,
            time,
            score,
            ratio: score / 0.7,
            raised: true,
            head: None,
        })
        .unwrap();
    };
    write(0);
    assert_eq!(allocations(|| (1..500).for_each(&mut write)), 0);
}

/// Random models, with every kind of layer: one window and several, after the first of each.
#[test]
fn the_native_engine_allocates_nothing() {
    let mut ran = 0;
    for seed in 0..40u8 {
        let choices: Vec<u8> = (0..60u8)
            .map(|at| at.wrapping_mul(151).wrapping_add(seed.wrapping_mul(73)) ^ seed)
            .collect();
        let Ok(model) = Model::from_bytes(&harness::random::autoencoder(&choices)) else {
            continue;
        };
        assert_eq!(model.description().arithmetic.engine, "native");
        // Windows that follow each other, where they have an axis of time.
        let mut session = model.stream_session(Layout::ChannelsTime, 1).unwrap();
        let windows = vec![0.25; 40 * model.window_len()];
        let mut out = Reconstruction::default();
        let mut run =
            |n: usize| session.run(&windows[..n * model.window_len()], n, &mut out).unwrap();
        run(40);
        assert_eq!(allocations(|| run(40)) + allocations(|| run(1)), 0, "seed {seed}");
        ran += 1;
    }
    assert!(ran > 20, "only {ran} models ran");
}

/// The detector as a whole, and the sink: no more than the engine allocates by itself.
#[test]
fn the_detector_allocates_what_the_engine_does_and_no_more() {
    let dir = Dir::fitted();
    let bundle = Bundle::from_bytes(dir.read("model.onnx")).unwrap();
    let (model, profile) = (bundle.model(), bundle.profile());
    let len = profile.window_len();

    let mut session = model.session().unwrap();
    let (mut window, mut out) = (vec![0.5f32; len], Reconstruction::default());
    let mut engine = |runs: u32| {
        for run in 0..runs {
            window[0] = run as f32;
            session.run(&window, 1, &mut out).unwrap();
        }
    };
    engine(50);
    let engine = allocations(|| engine(1000)) as f64 / 1000.0;
    eprintln!("allocations of the engine: {engine} a window of {len} values");

    let names = profile.channels.iter().map(|c| c.name.clone()).collect();
    let mut sink = JsonLines::new(std::io::sink(), names, "id".into());
    let mut detector = Detector::new(&bundle).unwrap();
    let text = dir.text("normal.csv");
    let normal: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(1).map(|value| value.parse().unwrap()).collect())
        .collect();
    let mut events = 0u32;
    let mut push = |row: u64| {
        let own = row as usize / 2;
        let odd = if own % 400 > 350 { 8.0 } else { 0.0 };
        let mut values = [0.0; 8];
        let readings = &normal[own % normal.len()];
        for ((value, reading), channel) in values.iter_mut().zip(readings).zip(&profile.channels) {
            *value = reading + odd * channel.scale;
        }
        let stream = if row.is_multiple_of(2) { "left" } else { "right" };
        let sample = Sample { stream, row, time: Some(time(row / 2)), values: &values };
        let mut write = |finding: Finding<'_>| -> anyhow::Result<()> {
            match finding {
                Finding::Score(score) => Ok(sink.score(&score)?),
                Finding::Event(event) => {
                    events += 1;
                    Ok(sink.event(&event)?)
                }
            }
        };
        detector.push(&sample, &mut write).unwrap();
        if row.is_multiple_of(5) {
            detector.flush(write).unwrap();
        }
    };
    (0..400).for_each(&mut push);
    let count = allocations(|| (400..2400).for_each(&mut push)) as f64 / 2000.0;
    assert!(events >= 4, "{events} events");
    assert!(count <= engine, "{count} a row, of which the engine's {engine}");
}
