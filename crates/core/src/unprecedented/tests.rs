use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// A room with a daily pattern, a row each five minutes: reading and second.
fn room(row: i32) -> (f64, f64) {
    let second = f64::from(row) * 300.0;
    let phase = second / 86_400.0 * core::f64::consts::TAU;
    (4.0 + phase.sin() + f64::from(row * 7919 % 101) / 500.0, second)
}

/// What is said of the room after seven days, with `odd` added to it.
fn after_a_week(rows: i32, odd: impl Fn(i32) -> f64) -> Vec<(i32, Record)> {
    let mut learning = Watch::new(300.0);
    let week = 7 * 288;
    for row in 0..week {
        assert_eq!(learning.take(room(row).0, room(row).1), None, "{row}");
    }
    let precedent = learning.precedent().unwrap();
    let mut watch = Watch::of(&precedent, 7.0 * 86_400.0, 300.0);
    let row = |row: i32| {
        let (reading, second) = room(week + row);
        Some((row, watch.take(reading + odd(row), second)?))
    };
    (0..rows).filter_map(row).collect()
}

#[test]
fn a_pattern_that_goes_on_says_nothing() {
    assert_eq!(after_a_week(30 * 288, |_| 0.0), []);
}

#[test]
fn what_was_never_as_high_is_said_once() {
    let found = after_a_week(3000, |row| if (600..640).contains(&row) { 5.0 } else { 0.0 });
    let [(600, record)] = found[..] else { panic!("{found:?}") };
    assert_eq!((record.view, record.above), (View::Level, true));
    assert!(record.before < 5.3 && record.reading > 8.0 && record.for_s > 9.0 * 86_400.0);
}

#[test]
fn what_is_usual_but_not_at_this_time_of_day_is_said() {
    // In the trough, two degrees more.
    let trough = 2 * 288 + 216 - 10..2 * 288 + 216 + 10;
    let found = after_a_week(3000, |row| if trough.contains(&row) { 1.5 } else { 0.0 });
    assert!(matches!(found[..], [(_, Record { view: View::Day, above: true, .. })]), "{found:?}");
}

#[test]
fn holes_and_interruptions_are_no_news() {
    let mut watch = Watch::new(300.0);
    for row in 0..3000 {
        let (reading, second) = room(row);
        let reading = if row % 7 == 0 { f64::NAN } else { reading };
        assert_eq!(watch.take(reading, second), None);
        if row % 500 == 0 {
            watch.interrupt();
        }
    }
    assert!(Watch::new(300.0).precedent().is_none());
}

#[test]
fn a_constant_has_a_range_without_width_and_what_leaves_it_is_said() {
    let mut learning = Watch::new(300.0);
    (0..600).for_each(|row| assert_eq!(learning.take(5.0, f64::from(row) * 300.0), None));
    let precedent = learning.precedent().unwrap();
    let mut watch = Watch::of(&precedent, 0.0, 300.0);
    assert_eq!(watch.take(5.0, 0.0), None);
    assert!(watch.take(5.1, 300.0).is_some());
}

proptest! {
    /// What stays within what was seen, on a flat day, is never news.
    #[test]
    fn within_what_was_seen_nothing_is_said(readings in prop::collection::vec(-1.0f64..1.0, 400..900)) {
        let extent = Extent { low: -1.0, high: 1.0, noise: 0.5 };
        let day = Extent { low: -2.0, high: 2.0, noise: 0.5 };
        let precedent = Precedent { level: extent, day: Some(day), shift: Some(2.0) };
        let mut watch = Watch::of(&precedent, 0.0, 300.0);
        for (row, reading) in readings.into_iter().enumerate() {
            prop_assert_eq!(watch.take(reading, row as f64 * 300.0), None);
        }
    }

    /// Whatever comes, there is silence after something was said, and it was beyond what was known.
    #[test]
    fn anything_may_come(
        readings in prop::collection::vec(prop_oneof![-1e3f64..1e3, prop::num::f64::ANY], 0..600),
        period_s in 55.0f64..1e5,
    ) {
        let extent = Extent { low: -1.0, high: 1.0, noise: 0.0 };
        let precedent = Precedent { level: extent, day: None, shift: None };
        let mut watch = Watch::of(&precedent, 0.0, period_s);
        let mut last = None;
        for (row, reading) in readings.into_iter().enumerate() {
            if let Some(record) = watch.take(reading, row as f64 * period_s) {
                prop_assert!(reading.is_finite() && record.for_s >= 0.0);
                prop_assert!(last.is_none_or(|last| row > last + 1));
                last = Some(row);
            }
        }
    }
}
