use alloc::vec;

use super::*;
use crate::profile::Gaussian;

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
