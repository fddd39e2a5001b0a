use alloc::vec;

use super::*;
use crate::profile::{Gaussian, ScoreKind};

const SHAPE: WindowShape = WindowShape { window: 2, channels: 2, channels_first: false };

fn score(
    spec: &ScoreSpec,
    shape: WindowShape,
    input: &[f32],
    reconstruction: &[f32],
) -> (f64, Vec<f64>) {
    let mut scorer = Scorer::new(spec, shape);
    let score = scorer.score(input, reconstruction, &[]).unwrap();
    (score, scorer.shares().to_vec())
}

#[test]
fn errors_are_means_over_the_window() {
    let input = [1.0, 0.0, 3.0, 0.0];
    let (mse, shares) = score(&ScoreSpec::Mse, SHAPE, &input, &[0.0; 4]);
    assert_eq!((mse, shares), (2.5, vec![1.0, 0.0]));
    assert_eq!(score(&ScoreSpec::Mae, SHAPE, &input, &[0.0; 4]).0, 1.0);
}

#[test]
fn the_order_of_the_axes_changes_no_score() {
    let spec = ScoreSpec::WorstChannel { level: vec![1.0, 4.0] };
    let rows_first = score(&spec, SHAPE, &[1.0, 10.0, 3.0, 20.0], &[0.0; 4]);
    let first = WindowShape { channels_first: true, ..SHAPE };
    assert_eq!(rows_first, score(&spec, first, &[1.0, 3.0, 10.0, 20.0], &[0.0; 4]));
    assert_eq!(rows_first.0, 250.0 / 4.0);
}

#[test]
fn a_models_own_score_is_turned_and_counted_from_its_origin() {
    let of = |lower, origin, output: &[f32]| {
        let mut scorer = Scorer::new(&ScoreSpec::Model { lower, origin }, SHAPE);
        let score = scorer.score(&[1.0; 4], output, &[]);
        assert_eq!(scorer.shares(), [0.0, 0.0]);
        score
    };
    assert_eq!(of(false, 0.0, &[2.5]).unwrap(), 2.5);
    assert_eq!(of(true, -0.25, &[-0.5]).unwrap(), 0.75);
    assert_eq!(of(true, -0.25, &[0.5]).unwrap(), 0.0);
    assert!(of(false, 0.0, &[f32::NAN]).unwrap().is_nan());
    assert!(matches!(of(false, 0.0, &[1.0; 4]), Err(ScoreError::Answers { found: 4, .. })));
}

#[test]
fn mahalanobis_is_the_distance_under_the_covariance() {
    // Covariance [[2, 1], [1, 2]], whose inverse is [[2, -1], [-1, 2]] / 3.
    let precision = [2.0, -1.0, -1.0, 2.0].map(|v| v / 3.0).to_vec();
    let normal = Gaussian { mean: vec![0.0, 1.0], precision };
    let (distance, shares) =
        score(&ScoreSpec::Mahalanobis { normal }, SHAPE, &[9.0, 9.0, 3.0, 1.0], &[0.0; 4]);
    assert!((distance - 6f64.sqrt()).abs() < 1e-12, "{distance}");
    assert_eq!(shares, [1.0, 0.0]);
}

#[test]
fn sums_in_chains_are_those_of_one_chain() {
    let value = |i: usize| ((i * 7919) % 1000) as f32 / 37.0;
    for (channels, window) in (1..=20).flat_map(|channels| [1, 2, 7, 33].map(|w| (channels, w))) {
        for channels_first in [false, true] {
            let shape = WindowShape { window, channels, channels_first };
            let x: Vec<f32> = (0..window * channels).map(value).collect();
            let y: Vec<f32> = (0..window * channels).map(|i| value(i + 5)).collect();
            let mean = |channel: usize, of: fn(f64) -> f64| {
                let places = (0..window).map(|row| shape.place(row, channel));
                places.map(|at| of(f64::from(x[at]) - f64::from(y[at]))).sum::<f64>()
                    / window as f64
            };
            let square: fn(f64) -> f64 = |error| error * error;
            let kinds = [(ScoreKind::Mae, f64::abs as _), (ScoreKind::MahalanobisWindow, square)];
            for (kind, of) in kinds {
                let mut out = vec![f64::NAN; errors::features(kind, channels)];
                errors::fill(kind, shape, &x, &y, &mut out);
                let signed = out.len() - channels;
                let expected = (0..channels).map(|channel| mean(channel, of));
                let expected = expected.chain((0..signed).map(|channel| mean(channel, |e| e)));
                for (found, expected) in out.iter().zip(expected) {
                    assert!(
                        (found - expected).abs() <= 1e-12 * expected.abs(),
                        "{shape:?} {kind:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_last_row_is_what_mahalanobis_looks_at() {
    for channels_first in [false, true] {
        let shape = WindowShape { window: 2, channels: 2, channels_first };
        let mut x = [0.0; 4];
        x[shape.place(1, 0)] = 3.0;
        x[shape.place(1, 1)] = -4.0;
        let mut out = [0.0; 2];
        errors::fill(ScoreKind::Mahalanobis, shape, &x, &[0.0; 4], &mut out);
        assert_eq!(out, [3.0, -4.0]);
    }
}
