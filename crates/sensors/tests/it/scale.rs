use oddity_sensors::scale::{Scale, Unit};

#[test]
fn a_transducer_is_a_straight_line_also_downwards() {
    let scale = Scale::line((0.5, 4.5), (100.0, 0.0)).unwrap();
    assert_eq!([0.5, 2.5, 4.5].map(|volts| scale.apply(volts)), [100.0, 50.0, 0.0]);
    assert_eq!(Scale::line((1.0, 1.0), (0.0, 5.0)), None);
    assert_eq!(Scale::line((0.0, 1.0), (5.0, 5.0)), None);
    assert_eq!(Scale::line((0.0, 1.0), (0.0, f32::NAN)), None);
}

#[test]
fn a_loop_is_broken_below_3_6_and_above_21_milliamperes() {
    let scale = Scale::current_loop(250.0, (-50.0, 50.0)).unwrap();
    let at = |milliamperes: f32| scale.apply(milliamperes * 0.25);
    assert!((at(4.0) + 50.0).abs() < 1e-3 && (at(20.0) - 50.0).abs() < 1e-3);
    assert!(at(3.7) < -50.0 && at(20.9) > 50.0);
    assert!(at(3.5).is_nan() && at(21.1).is_nan() && at(0.0).is_nan() && at(-4.0).is_nan());
    for ohm in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert_eq!(Scale::current_loop(ohm, (0.0, 1.0)), None);
    }
}

#[test]
fn a_unit_has_up_to_12_bytes() {
    assert_eq!(Unit::new("m³/h").unwrap().as_str(), "m³/h");
    assert_eq!(Unit::new("").unwrap().as_str(), "");
    assert_eq!(Unit::new("kilogram/hour"), None);
    assert_eq!(Unit::default().as_str(), "V");
}
