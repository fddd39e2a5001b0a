use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::profile::{Profile, Usual};

/// Numbers between 0 and 1 that look drawn.
fn noise(number: usize) -> f64 {
    let x = (number as f64 * 12.9898).sin() * 43_758.547;
    x - x.floor()
}

fn series(count: usize, level: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..count).map(|number| noise(number) + level(number)).collect()
}

fn found(usual: &Usual, length: u64, values: &[f64], way: Way) -> Vec<(usize, bool)> {
    let mut drift = Drift::new(length);
    let take = |(at, &value): (usize, &f64)| Some((at, drift.take(value, usual, way)?.sets_in));
    values.iter().enumerate().filter_map(take).collect()
}

#[test]
fn a_shift_is_told_when_it_sets_in_and_when_it_ends() {
    let usual = usual(&[series(4000, |_| 0.0)], 500, Way::Any).unwrap();
    assert!((usual.mean - 0.5).abs() < 0.02 && usual.marks.len() == Usual::MOST_MARKS);
    assert!(usual.limit > 0.3 && usual.limit < 0.4, "{}", usual.limit);
    let values = series(9000, |at| if (3000..6000).contains(&at) { 0.6 } else { 0.0 });
    let told = found(&usual, 500, &values, Way::Any);
    let [(from, true), (to, false)] = told[..] else { panic!("{told:?}") };
    assert!((3000..3500).contains(&from) && (6000..6500).contains(&to), "{told:?}");
    // Scores that fall are no news.
    let down: Vec<f64> = values.iter().map(|value| -value).collect();
    let negative = Usual { marks: vec![(-0.5, 0.5)], ..usual.clone() };
    assert_eq!(found(&negative, 500, &down, Way::Up), []);
    assert_eq!(found(&negative, 500, &down, Way::Any).len(), 2);
}

#[test]
fn the_mean_and_the_distance_are_those_of_the_last_numbers() {
    let usual = Usual { mean: 0.5, marks: vec![(0.5, 0.5)], limit: 0.4 };
    let mut drift = Drift::new(8);
    let mut told = (0..8).filter_map(|at| drift.take(f64::from(at), &usual, Way::Any));
    assert_eq!(told.next(), None, "an eighth is below the mark, so 0.375 off");
    let told: Vec<Drifted> = (0..2).filter_map(|_| drift.take(9.0, &usual, Way::Any)).collect();
    assert_eq!(told, [Drifted { sets_in: true, is: (27.0 + 18.0) / 8.0, distance: 0.5 }]);
}

#[test]
fn what_moves_between_levels_has_a_limit_beyond_them_or_is_not_watched() {
    let levels = |at: usize| ((at / 400) % 5) as f64 * 0.4;
    let some = usual(&[series(4000, levels)], 500, Way::Any);
    assert!(some.is_none_or(|usual| usual.limit > 0.6));
    // Two states, and how much of the time it is in each.
    let duty = |at: usize| if at % 10 < 4 { 1.0 } else { 0.0 };
    let states: Vec<f64> = (0..4000).map(duty).collect();
    let usual = usual(&[states], 500, Way::Any).unwrap();
    assert_eq!(usual.marks, [(0.0, 0.6)]);
    let busy: Vec<f64> = (0..2000).map(|at| if at % 10 < 9 { 1.0 } else { 0.0 }).collect();
    assert_eq!(found(&usual, 500, &busy, Way::Any).len(), 1);
}

#[test]
fn too_little_tells_nothing() {
    assert_eq!(usual(&[series(1000, |_| 0.0)], 400, Way::Any), None);
    assert_eq!(usual(&[vec![1.0; 4000]], 500, Way::Any), None);
    assert_eq!(usual(&[], 500, Way::Any), None);
    assert_eq!(usual(&[vec![], vec![1.0]], 0, Way::Any), None);
}

#[test]
fn whole_days_are_compared_where_there_are_some() {
    let at_5_min = |days: u64| compared(288 * days, Some(300.0));
    assert_eq!([1, 2, 3, 7].map(at_5_min), [Some(36), Some(72), Some(288), Some(288)]);
    assert_eq!([20, 60, 365].map(at_5_min), [Some(576), Some(2016), Some(2016)]);
    // An hour at least, of which there must be three.
    assert_eq!(compared(7200, Some(1.0)), None);
    assert_eq!(compared(10_800, Some(1.0)), Some(3600));
    assert_eq!(compared(10_800, None), Some(3600));
    assert_eq!(compared(95, Some(600.0)), None);
    assert_eq!(compared(10, Some(86_400.0)), None);
    assert_eq!(compared(365, Some(86_400.0)), Some(46));
}

/// Of one channel, which is read in another unit in stream `b`.
fn profile() -> Profile {
    let text = r#"{"version": 5, "channels": [{"name": "a", "mean": 0.0, "scale": 1.0}],
        "streams": [{"name": "b", "mean": [100.0], "scale": [10.0]}],
        "period_s": 1.0, "window": 2, "hop": 2, "layout": "time-channels", "missing": {"hold": 1},
        "drift": {"rows": 8, "channels": [{"mean": 0.5, "marks": [[0.5, 0.5]], "limit": 0.4}],
                  "score": {"mean": 1.0, "marks": [[1.0, 0.5]], "limit": 0.4}},
        "score": {"kind": "mse"}, "smooth": {"kind": "none"},
        "threshold": {"value": 1.0, "rule": {"kind": "fixed", "value": 1.0}, "scores": 0},
        "alert": {"raise": 1.0, "clear": 0.9, "k": 1, "of": 1, "min_duration_s": 0.0, "cooldown_s": 0.0},
        "golden": {"input": [0.0, 0.0], "output": [0.0, 0.0], "score": 0.0},
        "provenance": {"program": "", "command": "", "data_sha256": "", "rows": 0, "windows": 0}}"#;
    Profile::from_json(text).unwrap()
}

#[test]
fn a_stream_with_a_scale_of_its_own_is_told_in_its_own_unit() {
    let profile = profile();
    let drift = |stream: &str, reading: f64| {
        let mut drift = StreamDrift::new(&profile, stream);
        let rows = (0..8).map(|at| reading + f64::from(at % 2));
        let mut told = Vec::new();
        told.extend(rows.filter_map(|reading| drift.reading(&profile, 0, reading)));
        // What is missing counts for nothing.
        assert_eq!(drift.reading(&profile, 0, f64::NAN), None);
        told
    };
    let [change] = drift("a", 3.0)[..] else { panic!("not told once") };
    assert_eq!((change.sets_in, change.was, change.is, change.rows), (true, 0.5, 3.5, 8));
    let [change] = drift("b", 130.0)[..] else { panic!("not told once") };
    assert_eq!((change.was, change.is, change.distance), (105.0, 130.5, 0.5));
    assert_eq!(drift("b", 95.0).len(), 1);
    assert_eq!(drift("a", 0.0), [], "half of them lie below the mark");
}

#[test]
fn scores_count_in_windows_and_what_was_told_is_remembered() {
    let profile = profile();
    let mut drift = StreamDrift::new(&profile, "a");
    let mut told = [2.0; 6].into_iter().filter_map(|score| drift.score(&profile, score));
    assert_eq!(told.next().map(|change| (change.sets_in, change.is)), Some((true, 2.0)));
    assert_eq!(told.next(), None);
    for (sets_in, now) in [(true, &[0][..]), (true, &[0]), (false, &[]), (false, &[])] {
        drift.tell(0, sets_in);
        assert_eq!(drift.told(), now);
    }
}
