//! Signals whose features are known.

use alloc::vec::Vec;
use core::f64::consts::PI;

use proptest::prelude::*;

use super::*;
use crate::profile::{Feature, FeatureSpec};
use crate::types::{Sample, Time};

fn spec(frame: usize, hop: usize, bands: usize, envelope: usize) -> FeatureSpec {
    FeatureSpec { frame, hop, bands, envelope, period_s: None }
}

fn all(spec: &FeatureSpec) -> Vec<Wanted> {
    Feature::all(spec).map(|feature| Wanted { channel: 0, feature }).collect()
}

/// Features of each frame of one channel.
fn of(spec: &FeatureSpec, signal: impl IntoIterator<Item = f64>) -> Vec<Vec<f64>> {
    let mut extractor = Extractor::new(spec, &all(spec));
    let mut frames = Vec::new();
    for (row, value) in (1..).zip(signal) {
        let sample = Sample { stream: "", row, time: None, values: &[value] };
        frames.extend(extractor.push(&sample).map(<[f64]>::to_vec));
    }
    frames
}

/// `sin(2 pi k n / frame)`, whose frequency is that of bin `k`.
fn sine(frame: usize, bin: f64) -> impl Fn(usize) -> f64 {
    move |n| (2.0 * PI * bin * n as f64 / frame as f64).sin()
}

#[test]
fn a_sine_has_its_level_its_shape_and_its_band() {
    let spec = spec(1024, 1024, 8, 0);
    let wave = sine(1024, 100.0);
    let frames = of(&spec, (0..2048).map(|n| 5.0 + 2.0 * wave(n)));
    assert_eq!(frames.len(), 2);
    for frame in &frames {
        assert!((frame[0] - 2.0f64.sqrt()).abs() < 1e-6, "rms {}", frame[0]);
        assert!((frame[1] - 2.0f64.sqrt()).abs() < 1e-3, "crest {}", frame[1]);
        assert!((frame[2] - 1.5).abs() < 1e-6, "kurtosis {}", frame[2]);
        // Bands over 512 bins widen by 512^(1/8): the sixth ends at bin 108.
        let bands = &frame[3..];
        let largest = (0..8).max_by(|&a, &b| bands[a].total_cmp(&bands[b])).unwrap();
        assert_eq!(largest, 5, "{bands:?}");
        // The mean square is 2, all of it there.
        assert!((10f64.powf(bands[5]) - 2.0).abs() < 1e-4, "{bands:?}");
        assert!(bands.iter().enumerate().all(|(band, e)| band == 5 || *e < -6.0), "{bands:?}");
    }
}

#[test]
fn the_energies_of_all_bands_are_the_mean_square() {
    let spec = spec(4096, 4096, 16, 0);
    let mut state = 1u64;
    let noise = (0..4096 * 8).map(|_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.5
    });
    let frames = of(&spec, noise);
    let mean = |f: &dyn Fn(&Vec<f64>) -> f64| frames.iter().map(f).sum::<f64>() / 8.0;
    let square = mean(&|frame| frame[0] * frame[0]);
    let bands = mean(&|frame| frame[3..].iter().map(|e| 10f64.powf(*e)).sum());
    assert!((square - 1.0 / 12.0).abs() < 0.003, "{square}");
    assert!((bands / square - 1.0).abs() < 0.03, "{bands} {square}");
    assert!((mean(&|frame| frame[2]) - 1.8).abs() < 0.05, "kurtosis of a uniform distribution");
}

/// A housing that rings at bin 300, and is struck `strikes` times a frame.
fn struck(frame: usize, strikes: f64) -> impl Iterator<Item = f64> {
    let carrier = sine(frame, 300.0);
    let beat = sine(frame, strikes);
    (0..frame).map(move |n| (1.0 + 0.5 * beat(n)) * carrier(n))
}

#[test]
fn the_envelope_of_a_ringing_housing_shows_how_often_it_is_struck() {
    let spec = spec(1024, 1024, 8, 6);
    let frames = of(&spec, struck(1024, 20.0));
    let envelope = &frames[0][11..];
    // Bands over 128 bins: 128^(1/6) is 2.24; the fourth reaches from 11 to 25.
    let largest = (0..6).max_by(|&a, &b| envelope[a].total_cmp(&envelope[b])).unwrap();
    assert_eq!(largest, 3, "{envelope:?}");
    // The envelope is 1 + 0.5 sin: its mean square without its mean is 1/8.
    assert!((10f64.powf(envelope[3]) - 0.125).abs() < 1e-3, "{envelope:?}");
    // In the spectrum itself all of it stands at bin 300.
    let bands = &frames[0][3..11];
    assert!(bands[7] > -1.0 && bands[..7].iter().all(|e| *e < -4.0), "{bands:?}");
}

#[test]
fn blows_have_a_high_crest_and_kurtosis() {
    let spec = spec(256, 256, 0, 0);
    let frames = of(&spec, (0..256).map(|n| if n == 100 { 10.0 } else { 0.0 }));
    assert!(frames[0][1] > 15.0 && frames[0][2] > 200.0, "{:?}", frames[0]);
}

#[test]
fn what_does_not_move_has_finite_features() {
    let spec = spec(64, 64, 4, 2);
    let frames = of(&spec, core::iter::repeat_n(21.5, 64));
    assert_eq!(frames[0][..3], [0.0, 0.0, 0.0]);
    assert!(frames[0][3..].iter().all(|e| (e + 30.0).abs() < 1e-9), "{:?}", frames[0]);
}

#[test]
fn frames_overlap_or_leave_rows_out() {
    let count = |hop, rows| of(&spec(64, hop, 2, 0), (0..rows).map(f64::from)).len();
    assert_eq!(count(64, 63), 0);
    assert_eq!(count(64, 64), 1);
    assert_eq!(count(16, 64 + 3 * 16), 4);
    assert_eq!(count(100, 64 + 250), 3);
    // A ramp has the same features in every frame, wherever it begins.
    let frames = of(&spec(64, 7, 2, 0), (0..200).map(f64::from));
    assert!(frames.iter().all(|frame| (frame[0] - frames[0][0]).abs() < 1e-9));
}

#[test]
fn a_few_missing_readings_are_held_and_many_are_missing() {
    let spec = spec(128, 128, 2, 0);
    let with = |missing: usize| {
        let wave = sine(128, 3.0);
        let rows = (0..128).map(|n| if n < missing { f64::NAN } else { wave(n) });
        of(&spec, rows).remove(0)
    };
    assert!((with(2)[0] - with(0)[0]).abs() < 0.02);
    assert!(with(3).iter().all(|value| value.is_nan()));
}

#[test]
fn a_gap_begins_a_frame_anew() {
    let mut spec = spec(64, 64, 0, 0);
    spec.period_s = Some(0.001);
    let mut extractor = Extractor::new(&spec, &all(&spec));
    let mut ends = Vec::new();
    let mut time = 0;
    for row in 1..=200 {
        // Jitter is no gap; a hundredth of a second is.
        time += if row == 100 { 10_000_000 } else { 1_000_000 + (row as i64 % 3) * 500_000 };
        let sample = Sample { stream: "", row, time: Some(Time(time)), values: &[row as f64] };
        if extractor.push(&sample).is_some() {
            ends.push(row);
        }
    }
    assert_eq!(ends, [64, 163]);
}

#[test]
fn only_what_is_asked_for_is_made_of_the_right_channel() {
    let spec = spec(64, 64, 2, 1);
    let wanted = [(2, Feature::Band(2)), (0, Feature::Rms), (2, Feature::Rms)];
    let wanted = wanted.map(|(channel, feature)| Wanted { channel, feature });
    let mut extractor = Extractor::new(&spec, &wanted);
    let mut frame: Vec<f64> = Vec::new();
    for row in 1..=64u64 {
        let alternating = if row % 2 == 0 { 1.0 } else { -1.0 };
        let values = [alternating, f64::NAN, 3.0 * alternating];
        let sample = Sample { stream: "", row, time: None, values: &values };
        frame.extend(extractor.push(&sample).unwrap_or_default());
    }
    assert_eq!(frame.len(), 3);
    assert!((frame[1] - 1.0).abs() < 1e-6 && (frame[2] - 3.0).abs() < 1e-6, "{frame:?}");
}

proptest! {
    /// Each band has a bin at least, and all bins have a band.
    #[test]
    fn bands_cover_all_bins(power in 6u32..=14, bands in 0usize..=64) {
        let bins = (1usize << power) / 2;
        let bands = bands.min(bins / 2);
        let edges = super::bands::edges(bands, bins);
        if bands > 0 {
            prop_assert_eq!(edges.len(), bands + 1);
            prop_assert_eq!((edges[0], edges[bands]), (1, bins));
            prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", edges);
        }
    }

    /// Any readings give numbers, or nothing but NaN.
    #[test]
    fn any_readings_have_features(
        readings in proptest::collection::vec(proptest::num::f64::ANY, 128..300),
        hop in 1usize..80,
    ) {
        let spec = spec(64, hop, 4, 2);
        for frame in of(&spec, readings.iter().map(|r| if r.abs() > 1e15 { f64::NAN } else { *r })) {
            let missing = frame.iter().filter(|value| value.is_nan()).count();
            prop_assert!(missing == 0 || missing == frame.len());
            prop_assert!(frame.iter().all(|value| value.is_nan() || value.is_finite()), "{:?}", frame);
        }
    }
}
