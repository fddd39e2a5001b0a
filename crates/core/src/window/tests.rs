use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::event::ClockFault;
use crate::health::{ChannelNote, HealthSpec, Note};
use crate::profile::Layout;
use crate::types::{Sample, Time};

fn spec(window: usize, hop: usize, channels: usize) -> IntakeSpec {
    let normal = vec![(0.0, 1.0); channels];
    IntakeSpec {
        streams: Vec::new(),
        health: HealthSpec {
            period_ns: Some(Time::SECOND),
            hold: 2,
            normal: normal.clone(),
            flatline: vec![None; channels],
            plausible: vec![],
        },
        window: WindowSpec { average: 1, window, hop, layout: Layout::TimeChannels, normal },
    }
}

struct Feed {
    intake: Intake,
    notes: Vec<Note>,
    row: u64,
}

impl Feed {
    fn new(spec: &IntakeSpec) -> Self {
        Self { intake: Intake::new(spec), notes: Vec::new(), row: 0 }
    }

    fn push(&mut self, second: f64, values: &[f64]) -> Option<Vec<f32>> {
        self.row += 1;
        let time = Some(Time((second * Time::SECOND as f64) as i64));
        let sample = Sample { stream: "", row: self.row, time, values };
        self.intake.push(&sample, &mut self.notes).map(|_| {
            let mut out = Vec::new();
            self.intake.windower().copy_window(&mut out);
            out
        })
    }
}

#[test]
fn windows_slide_by_the_hop() {
    let mut feed = Feed::new(&spec(3, 2, 1));
    let windows: Vec<_> = (0..9).filter_map(|i| feed.push(i.into(), &[i.into()])).collect();
    assert_eq!(
        windows,
        [[0., 1., 2.], [2., 3., 4.], [4., 5., 6.], [6., 7., 8.]].map(|w| w.to_vec())
    );
    assert!(feed.notes.is_empty());
}

#[test]
fn channels_time_is_the_transpose() {
    let mut spec = spec(2, 1, 2);
    spec.window.layout = Layout::ChannelsTime;
    let mut feed = Feed::new(&spec);
    assert_eq!(feed.push(0.0, &[1.0, 10.0]), None);
    assert_eq!(feed.push(1.0, &[2.0, 20.0]), Some(vec![1.0, 2.0, 10.0, 20.0]));
}

proptest! {
    /// Held rows, new beginnings and all ways round the buffer included.
    #[test]
    fn a_window_is_its_newest_rows_in_either_order(
        window in 1_usize..6, hop in 1_usize..4, channels in 1_usize..4,
        steps in prop::collection::vec(prop_oneof![8 => Just(1_i64), 1 => Just(2), 1 => Just(9)], 60),
    ) {
        let rows_first = spec(window, hop, channels);
        let mut channels_first = rows_first.clone();
        channels_first.window.layout = Layout::ChannelsTime;
        let mut feeds = [Feed::new(&rows_first), Feed::new(&channels_first)];
        let (mut second, mut rows) = (0, Vec::<Vec<f32>>::new());
        for step in steps {
            second += step;
            // So far apart that the rows before count no more, or one row is held.
            match step {
                9 => rows.clear(),
                2 => rows.extend(rows.last().cloned()),
                _ => {}
            }
            let values: Vec<f64> = (0..channels).map(|c| (second * 10) as f64 + c as f64).collect();
            rows.push(values.iter().map(|&value| value as f32).collect());
            let [by_row, by_channel] =
                feeds.each_mut().map(|feed| feed.push(second as f64, &values));
            prop_assert_eq!(by_row.is_some(), by_channel.is_some());
            let Some((by_row, by_channel)) = by_row.zip(by_channel) else { continue };
            let newest = &rows[rows.len() - window..];
            prop_assert_eq!(by_row, newest.concat());
            let turned: Vec<f32> =
                (0..channels).flat_map(|c| newest.iter().map(move |row| row[c])).collect();
            prop_assert_eq!(by_channel, turned);
        }
    }
}

#[test]
fn short_holes_are_held_and_long_ones_start_anew() {
    let mut feed = Feed::new(&spec(3, 1, 1));
    feed.push(0.0, &[1.0]);
    assert_eq!(feed.push(2.0, &[2.0]), Some(vec![1.0, 1.0, 2.0]), "one row was held");
    assert!(feed.notes.is_empty());
    assert_eq!(feed.push(9.0, &[3.0]), None);
    assert_eq!(
        feed.notes,
        [Note::Gap { missing: 6, from: Time(2 * Time::SECOND), expected: false }]
    );
    assert_eq!(feed.push(10.0, &[4.0]), None);
    assert_eq!(feed.push(11.0, &[5.0]), Some(vec![3.0, 4.0, 5.0]));
}

#[test]
fn jitter_is_not_a_hole() {
    let mut feed = Feed::new(&spec(2, 1, 1));
    for (i, t) in [0.0, 1.3, 2.1, 2.6, 4.0].iter().enumerate() {
        feed.push(*t, &[i as f64]);
    }
    assert!(feed.notes.is_empty());
}

#[test]
fn duplicates_and_late_rows_are_dropped_and_noted() {
    let mut feed = Feed::new(&spec(1, 1, 1));
    assert!(feed.push(5.0, &[1.0]).is_some());
    assert!(feed.push(5.0, &[2.0]).is_none());
    assert!(feed.push(4.0, &[3.0]).is_none());
    assert!(feed.push(6.0, &[4.0]).is_some());
    assert_eq!(feed.notes, [Note::Duplicate, Note::Late]);
}

#[test]
fn a_clock_set_back_does_not_silence_the_stream() {
    let mut feed = Feed::new(&spec(2, 1, 1));
    feed.push(1e6, &[0.0]);
    let windows = (0..20).filter_map(|i| feed.push(i.into(), &[1.0])).count();
    assert_eq!(feed.notes.iter().filter(|n| **n == Note::Late).count(), 4);
    assert!(feed.notes.iter().any(|n| matches!(n, Note::Clock { fault: ClockFault::SetBack, .. })));
    assert_eq!(windows, 15);
}

#[test]
fn a_missing_reading_is_held_then_said_then_welcomed_back() {
    let mut feed = Feed::new(&spec(2, 1, 2));
    feed.push(0.0, &[1.0, 1.0]);
    assert_eq!(feed.push(1.0, &[2.0, f64::NAN]), Some(vec![1.0, 1.0, 2.0, 1.0]));
    assert!(feed.push(2.0, &[3.0, f64::NAN]).is_some());
    assert!(feed.push(3.0, &[4.0, f64::NAN]).is_none(), "held for two rows only");
    assert!(feed.push(4.0, &[5.0, 5.0]).is_none(), "the window starts anew");
    assert!(feed.push(5.0, &[6.0, 6.0]).is_some());
    let channel = |note| Note::Channel { channel: 1, note };
    assert_eq!(feed.notes, [channel(ChannelNote::Missing), channel(ChannelNote::Restored)]);
}

#[test]
fn a_reading_too_large_for_the_model_is_missing_not_infinite() {
    let mut feed = Feed::new(&spec(1, 1, 1));
    assert!(feed.push(0.0, &[1e300]).is_none());
}

#[test]
fn a_frozen_sensor_is_said_once() {
    let mut spec = spec(1, 1, 1);
    spec.health.flatline = vec![Some(5)];
    let mut feed = Feed::new(&spec);
    for i in 0..12 {
        feed.push(i.into(), &[7.0]);
    }
    feed.push(12.0, &[8.0]);
    let channel = |note| Note::Channel { channel: 0, note };
    assert_eq!(
        feed.notes,
        [channel(ChannelNote::Flatline { rows: 5 }), channel(ChannelNote::Moving)]
    );
}

#[test]
fn rows_without_time_come_in_order() {
    let mut intake = Intake::new(&spec(2, 1, 1));
    let mut notes = Vec::new();
    let values: Vec<_> = (1..=4)
        .filter_map(|row| {
            let sample = Sample { stream: "", row, time: None, values: &[row as f64] };
            intake.push(&sample, &mut notes)
        })
        .map(|span| (span.first_row, span.last_row))
        .collect();
    assert_eq!(values, [(1, 2), (2, 3), (3, 4)]);
}

#[test]
fn a_stuck_clock_does_not_silence_the_stream() {
    let mut feed = Feed::new(&spec(2, 1, 1));
    feed.push(7.0, &[0.0]);
    let windows = (0..50).filter_map(|i| feed.push(7.0, &[i.into()])).count();
    assert_eq!(windows, 45, "four dropped, one to start anew");
    let clock = Note::Clock { fault: ClockFault::Stuck, from: Time(7 * Time::SECOND) };
    assert_eq!(feed.notes, [&[Note::Duplicate; 4][..], &[clock]].concat(), "said once");
}

#[test]
fn nothing_stands_in_for_a_reading_across_a_gap() {
    let mut feed = Feed::new(&spec(1, 1, 1));
    assert!(feed.push(0.0, &[1.0]).is_some());
    assert!(feed.push(100_000.0, &[f64::NAN]).is_none());
    let mut feed = Feed::new(&spec(1, 1, 1));
    feed.push(0.0, &[1.0]);
    assert!(feed.push(2.0, &[f64::NAN]).is_some(), "one row and one reading are held");
    assert!(feed.push(3.0, &[f64::NAN]).is_none(), "that would be the third");
}

#[test]
fn a_window_of_one_row_is_held_too() {
    let mut feed = Feed::new(&spec(1, 1, 2));
    for step in 0..20 {
        let value = f64::from(step);
        let window = feed.push(2.0 * value, &[value, -value]);
        assert_eq!(window, Some(vec![step as f32, -step as f32]), "row {step}");
    }
}

#[test]
fn a_clock_that_runs_backwards_is_said_and_given_up() {
    let mut feed = Feed::new(&spec(2, 1, 1));
    let windows = (0..200).filter_map(|i| feed.push(f64::from(1000 - i), &[i.into()])).count();
    let clocks = feed.notes.iter().filter(|note| matches!(note, Note::Clock { .. })).count();
    assert!(clocks <= 2 && windows > 180, "{clocks} {windows}");
}

#[test]
fn a_window_knows_its_unhealthy_channels() {
    let mut feed = Feed::new(&spec(3, 1, 2));
    let mut masks = Vec::new();
    let rows = [(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0), (3.0, 4.0), (4.0, 5.0), (6.0, 6.0)];
    for (second, value) in rows {
        if feed.push(second, &[second, value]).is_some() {
            let mask = feed.intake.windower_mut().unhealthy();
            masks.push([mask.get(0), mask.get(1)]);
        }
    }
    // The held reading leaves with its row; a row that is missing is held in every channel.
    assert_eq!(masks, [[false, true], [false, true], [false, false], [true, true]]);
}

#[test]
fn a_stream_may_have_a_mean_and_scale_of_its_own() {
    let mut spec = spec(1, 1, 1);
    spec.streams = vec![("cold".into(), vec![(10.0, 2.0)])];
    let windows = ["cold", "other"].map(|stream| {
        let mut intake = Intake::of(&spec, stream);
        let sample = Sample { stream, row: 1, time: None, values: &[11.0] };
        intake.push(&sample, &mut Vec::new()).unwrap();
        let mut out = Vec::new();
        intake.windower().copy_window(&mut out);
        out
    });
    assert_eq!(windows, [vec![2.0], vec![11.0]]);
}

fn averaging(window: usize, hop: usize, average: usize) -> IntakeSpec {
    spec(window, hop, 1).averaging(average)
}

#[test]
fn a_row_of_a_window_is_the_mean_of_as_many_rows_as_it_says() {
    let mut feed = Feed::new(&averaging(2, 1, 3));
    let windows: Vec<_> = (0..12).map(|i| feed.push(i.into(), &[i.into()])).collect();
    let whole = |at: usize| windows[at].clone().unwrap();
    assert_eq!(
        [whole(5), whole(8), whole(11)],
        [[1., 4.], [4., 7.], [7., 10.]].map(|w| w.to_vec())
    );
    assert_eq!(windows.iter().flatten().count(), 3);
    let marks = feed.intake.windower().marks().iter().map(|&(_, row)| row);
    assert_eq!(marks.collect::<Vec<_>>(), [7, 10], "the first row of each");
}

#[test]
fn a_window_of_means_spans_all_of_their_rows() {
    let mut intake = Intake::new(&averaging(2, 2, 5));
    let mut spans = Vec::new();
    for row in 1..=30_u16 {
        let time = Some(Time(i64::from(row) * Time::SECOND));
        let sample = Sample { stream: "", row: row.into(), time, values: &[0.0] };
        spans.extend(intake.push(&sample, &mut Vec::new()));
    }
    let rows: Vec<_> = spans.iter().map(|span| (span.first_row, span.last_row)).collect();
    assert_eq!(rows, [(1, 10), (11, 20), (21, 30)]);
    let seconds = spans[1].start.zip(spans[1].end).map(|(a, b)| (a.0, b.0));
    assert_eq!(seconds, Some((11 * Time::SECOND, 20 * Time::SECOND)));
}

#[test]
fn means_are_of_readings_that_are_held_and_of_none_before_a_gap() {
    let mut feed = Feed::new(&averaging(1, 1, 4));
    // The third second is missing, and its reading held.
    let found = [0.0, 1.0, 3.0].map(|at| feed.push(at, &[10.0 * at]));
    assert_eq!(found, [None, None, Some(vec![12.5])]);
    assert_eq!(feed.push(4.0, &[1000.0]), None);
    // Too long to hold: what was begun is forgotten.
    let after = [20.0, 21.0, 22.0, 23.0].map(|at| feed.push(at, &[1.0]));
    assert_eq!(after, [None, None, None, Some(vec![1.0])]);
}

#[test]
fn a_mean_is_as_unhealthy_as_any_of_its_rows() {
    let mut feed = Feed::new(&averaging(2, 1, 3));
    let mut unhealthy = Vec::new();
    for second in 0..12 {
        let value = if second == 4 { f64::NAN } else { f64::from(second) };
        if feed.push(second.into(), &[value]).is_some() {
            unhealthy.push(feed.intake.windower_mut().unhealthy().get(0));
        }
    }
    assert_eq!(unhealthy, [true, true, false]);
}

proptest! {
    /// Whatever is held, and wherever it begins anew.
    #[test]
    fn windows_of_means_are_means_of_windows(
        window in 1_usize..4, hop in 1_usize..3, average in 2_usize..5,
        steps in prop::collection::vec(prop_oneof![8 => Just(1_i64), 1 => Just(2), 1 => Just(9)], 80),
    ) {
        let mut averaged = Feed::new(&averaging(window, hop, average));
        let mut plain = Feed::new(&spec(window * average, 1, 1));
        let (mut now, mut since) = (0, None);
        for step in steps {
            now += step;
            let value = [(now * now % 17) as f64];
            let (means, rows) = (averaged.push(now as f64, &value), plain.push(now as f64, &value));
            since = since.filter(|_| step < 9).map(|since| since + step);
            let Some(means) = means else { continue };
            let expected: Vec<f32> = rows
                .unwrap()
                .chunks(average)
                .map(|rows| rows.iter().sum::<f32>() / average as f32)
                .collect();
            for (mean, expected) in means.iter().zip(&expected) {
                prop_assert!((mean - expected).abs() < 1e-4, "{means:?} {expected:?}");
            }
            // Never sooner than the hop says.
            prop_assert!(since.is_none_or(|since| since >= (hop * average) as i64));
            since = Some(0);
            let marks = averaged.intake.windower().marks();
            prop_assert!(marks.windows(2).all(|pair| pair[0].1 < pair[1].1), "{marks:?}");
        }
    }
}

#[test]
fn a_mean_that_is_forgotten_leaves_nothing_behind() {
    let mut feed = Feed::new(&averaging(1, 1, 3));
    assert_eq!(feed.push(0.0, &[1.0]), None);
    assert_eq!(feed.push(1.0, &[f64::NAN]), None);
    let after = [50.0, 51.0, 52.0].map(|at| feed.push(at, &[at]));
    assert_eq!(after, [None, None, Some(vec![51.0])]);
    assert!(!feed.intake.windower_mut().unhealthy().get(0));
}

#[test]
fn a_mean_that_begins_with_held_rows_is_named_by_the_first_that_came() {
    let mut feed = Feed::new(&averaging(2, 1, 3));
    // The fourth second is missing: the second mean is of 2, which is held for it, 4 and 5.
    let found = [0.0, 1.0, 2.0, 4.0, 5.0].map(|at| feed.push(at, &[at]));
    assert_eq!(found[4], Some(vec![1.0, 11.0 / 3.0]));
    let rows: Vec<u64> = feed.intake.windower().marks().iter().map(|&(_, row)| row).collect();
    assert_eq!(rows, [1, 4]);
}
