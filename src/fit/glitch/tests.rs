use super::*;
use spot::Recent;

/// Numbers between -0.5 and 0.5, by their place.
fn noise(i: usize) -> f64 {
    let x = (i as f64 * 12.9898).sin() * 43_758.547;
    x - x.floor() - 0.5
}

/// 21 degrees that drift slowly, with a little noise.
fn room(rows: usize) -> Vec<f64> {
    (0..rows).map(|i| 21.0 + 1.5 * (i as f64 / 300.0).sin() + 0.1 * noise(i)).collect()
}

fn judge(values: &[f64]) -> (PlausibleRange, Option<String>) {
    let (mut sampler, mut last) = (Sampler::default(), f64::NAN);
    values.iter().for_each(|&value| sampler.add(value, &mut last));
    let (mut spotter, mut recent) = (Spotter::new(sampler.usual()), Recent::default());
    (1..).zip(values).for_each(|(row, &value)| spotter.add(row, value, &mut recent));
    spotter.end(&mut recent);
    let (bounds, glitches) = spotter.judge("t");
    (bounds, glitches.map(|glitches| glitches.to_string()))
}

/// The rows, from 0, that are taken out.
fn out(values: &[f64]) -> Vec<usize> {
    let (bounds, _) = judge(values);
    (0..values.len()).filter(|&i| bounds.is_glitch(values[i])).collect()
}

#[test]
fn a_lone_error_code_is_none_and_is_named() {
    for code in [-127.0, 85.0, 65_535.0, 32_767.0, -32_768.0, 9999.0, -999.0, 6553.5, 1e30] {
        for row in [0, 1, 700, 1199] {
            let mut values = room(1200);
            values[row] = code;
            assert_eq!(out(&values), [row], "{code}");
            let words = judge(&values).1.unwrap();
            let named = format!("t: {code} in row {} is far from the usual range", row + 1);
            assert!(words.starts_with(&named), "{words}");
        }
    }
}

#[test]
fn a_run_of_one_error_code_is_none_and_so_are_many_of_them() {
    let mut values = room(1200);
    values[400..430].fill(-127.0);
    assert_eq!(out(&values), (400..430).collect::<Vec<_>>());
    assert!(judge(&values).1.unwrap().contains("-127 in row 401 (and 29 more)"));
    let mut values = room(1200);
    let rows: Vec<usize> = (0..1200).filter(|row| row % 15 == 7).collect();
    rows.iter().for_each(|&row| values[row] = 85.0);
    assert_eq!(out(&values), rows);
}

#[test]
fn a_lone_reading_far_from_all_others_is_none() {
    for odd in [300.0, -100.0, 0.0, 4000.0] {
        let mut values: Vec<f64> = (0..1200).map(|i| 21.0 + noise(i)).collect();
        values[500] = odd;
        assert_eq!(out(&values), [500], "{odd}");
        assert_eq!(judge(&values).0.clean(20.7), 20.7);
        // Of one that comes again, all are none, and stay it.
        values[900] = odd;
        assert_eq!(out(&values), [500, 900], "{odd}");
        assert_eq!(judge(&values).0.seen(20.0, 22.0).errors, [odd]);
    }
    let mut values = room(1200);
    values[500..510].fill(-300.0);
    assert_eq!(out(&values), (500..510).collect::<Vec<_>>(), "a run of one extreme value");
}

#[test]
fn a_step_and_a_switch_are_what_the_machine_does() {
    let mut step: Vec<f64> = (0..1200).map(|i| 5.0 + 0.01 * noise(i)).collect();
    step[1195..].iter_mut().for_each(|value| *value += 80.0);
    assert_eq!(out(&step), [0usize; 0]);
    let switch: Vec<f64> = (0..1200).map(|i| f64::from(u8::from(i % 400 == 5))).collect();
    assert_eq!(out(&switch), [0usize; 0]);
    // Off for a while: exactly zero, far from everything else.
    let mut off: Vec<f64> = (0..1200).map(|i| 230.0 + noise(i)).collect();
    off[600..640].fill(0.0);
    assert_eq!(out(&off), [0usize; 0]);
}

#[test]
fn a_spike_that_recurs_and_a_start_are_what_the_machine_does() {
    // A compressor: off, a start current for one row, running.
    let current = |i: usize| match i % 150 {
        0..100 => 0.1 + 0.02 * noise(i),
        100 => 31.0 + 4.0 * noise(i),
        _ => 5.0 + 0.2 * noise(i),
    };
    assert_eq!(out(&(0..1200).map(current).collect::<Vec<_>>()), [0usize; 0]);
    assert_eq!(out(&(0..160).map(current).collect::<Vec<_>>()), [0usize; 0], "one start");
    // A pump that runs for one row, three times in all, never at quite the same current.
    let pump = |i: usize| if i % 400 == 100 { 30.0 + noise(i) } else { 0.1 + 0.02 * noise(i) };
    assert_eq!(out(&(0..1200).map(pump).collect::<Vec<_>>()), [0usize; 0]);
    // It comes up, and settles.
    let start = |i: usize| 20.0 + 400.0 * (-(i as f64) / 4.0).exp() + noise(i);
    assert_eq!(out(&(0..1200).map(start).collect::<Vec<_>>()), [0usize; 0]);
}

#[test]
fn a_code_that_the_channel_reaches_is_a_reading() {
    let oven: Vec<f64> = (0..1200).map(|i: u32| 20.0 + f64::from(i.saturating_sub(1100))).collect();
    assert!(oven.contains(&85.0));
    assert_eq!(out(&oven), [0usize; 0]);
    // A duty that is often at its end.
    let duty: Vec<f64> = (0..1200).map(|i| if i % 3 == 0 { 999.0 } else { noise(i) }).collect();
    assert_eq!(out(&duty), [0usize; 0]);
}

#[test]
fn what_comes_often_is_normal_and_is_said() {
    let mut values: Vec<f64> = (0..1200).map(noise).collect();
    (0..8).for_each(|k| values[100 + 100 * k] = 90.0 * (k + 1) as f64);
    assert_eq!(out(&values), [0usize; 0]);
    let words = judge(&values).1.unwrap();
    assert!(words.contains("in row 101 (and 7 more)") && words.contains("treated as normal"));
}

#[test]
fn where_all_others_are_equal_only_codes_far_away_are_none() {
    let mut values = vec![0.0; 600];
    (values[100], values[300]) = (1.0, 85.0);
    assert_eq!(out(&values), [0usize; 0]);
    values[200] = -127.0;
    assert_eq!(out(&values), [200]);
}
