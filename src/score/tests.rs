use super::*;
use crate::profile::{Gaussian, ScoreKind, SmoothSpec};

const SHAPE: Shape = Shape { window: 2, channels: 2, channels_first: false };

fn score(spec: &ScoreSpec, shape: Shape, input: &[f32], reconstruction: &[f32]) -> (f64, Vec<f64>) {
    let mut scorer = Scorer::new(spec, shape);
    let score = scorer.score(input, reconstruction, &[]).unwrap();
    (score, scorer.shares().to_vec())
}

#[test]
fn places_and_channels_agree() {
    for channels_first in [false, true] {
        let shape = Shape { window: 3, channels: 2, channels_first };
        let mut places = Vec::new();
        for row in 0..3 {
            for channel in 0..2 {
                assert_eq!(shape.channel(shape.place(row, channel)), channel);
                places.push(shape.place(row, channel));
            }
        }
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3, 4, 5]);
    }
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
    let first = Shape { channels_first: true, ..SHAPE };
    assert_eq!(rows_first, score(&spec, first, &[1.0, 3.0, 10.0, 20.0], &[0.0; 4]));
    assert_eq!(rows_first.0, 250.0 / 4.0);
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
fn a_fitted_gaussian_whitens_its_data() {
    let shape = Shape { window: 1, channels: 2, channels_first: false };
    let mut fit = ScoreFit::new(ScoreKind::Mahalanobis, shape, 0).unwrap();
    let data: Vec<[f32; 2]> = (0..5000)
        .map(|i| {
            let (a, b) = ((i as f32 * 0.7).sin(), (i as f32 * 1.3).cos());
            [100.0 + a, 0.01 * (a + b)]
        })
        .collect();
    for x in &data {
        fit.add(x, &[0.0; 2], &[]).unwrap();
    }
    let mut scorer = Scorer::new(&fit.finish().unwrap(), shape);
    let mean = data.iter().map(|x| scorer.score(x, &[0.0; 2], &[]).unwrap().powi(2)).sum::<f64>()
        / data.len() as f64;
    assert!((mean - 2.0).abs() < 0.01, "mean squared distance is the dimension: {mean}");
}

#[test]
fn an_exact_channel_keeps_the_log_score_finite() {
    let shape = Shape { window: 1, channels: 2, channels_first: false };
    let mut fit = ScoreFit::new(ScoreKind::MahalanobisLog, shape, 0).unwrap();
    for i in 0..50 {
        fit.add(&[i as f32, 1.0], &[0.0, 1.0], &[]).unwrap();
    }
    let mut scorer = Scorer::new(&fit.finish().unwrap(), shape);
    let normal = scorer.score(&[25.0, 1.0], &[0.0, 1.0], &[]).unwrap();
    let odd = scorer.score(&[25.0, 9.0], &[0.0, 1.0], &[]).unwrap();
    assert!(normal.is_finite() && odd.is_finite() && odd > 10.0 * normal, "{normal} {odd}");
}

#[test]
fn t2q_grows_with_the_latent_and_wants_one() {
    let mut fit = ScoreFit::new(ScoreKind::T2q, SHAPE, 1).unwrap();
    for i in 0..100 {
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        fit.add(&[sign; 4], &[0.0; 4], &[2.0 * sign]).unwrap();
    }
    let mut scorer = Scorer::new(&fit.finish().unwrap(), SHAPE);
    assert!((scorer.score(&[1.0; 4], &[0.0; 4], &[2.0]).unwrap() - 2.0).abs() < 1e-9);
    assert!((scorer.score(&[1.0; 4], &[0.0; 4], &[4.0]).unwrap() - 5.0).abs() < 1e-9);
    assert!(scorer.score(&[1.0; 4], &[0.0; 4], &[]).is_err());
    assert!(ScoreFit::new(ScoreKind::T2q, SHAPE, 0).is_err());
}

#[test]
fn a_shift_of_level_and_a_change_of_noise_both_show() {
    let shape = Shape { window: 4, channels: 1, channels_first: false };
    let mut fit = ScoreFit::new(ScoreKind::MahalanobisWindow, shape, 0).unwrap();
    let noise = |i: usize| ((i * i) as f32 * 0.618).sin();
    let window = |i: usize| [0, 1, 2, 3].map(|t| noise(4 * i + t));
    for i in 0..500 {
        fit.add(&window(i), &[0.0; 4], &[]).unwrap();
    }
    let mut scorer = Scorer::new(&fit.finish().unwrap(), shape);
    let mut score = |window: [f32; 4]| scorer.score(&window, &[0.0; 4], &[]).unwrap();
    let normal = score(window(600));
    assert!(score(window(600).map(|x| x + 3.0)) > 2.0 * normal, "level");
    assert!(score(window(600).map(|x| x * 10.0)) > 2.0 * normal, "noise");
    assert!(score(window(600).map(|x| x * 0.001)) > 2.0 * normal, "stuck");
}

#[test]
fn smoothing_is_causal_and_as_defined() {
    let run = |spec| {
        let mut smoother = Smoother::new(spec);
        [1.0, 5.0, 3.0, 3.0, 100.0].map(|x| smoother.push(x))
    };
    assert_eq!(run(SmoothSpec::None), [1.0, 5.0, 3.0, 3.0, 100.0]);
    assert_eq!(run(SmoothSpec::Ewma { alpha: 0.5 }), [1.0, 3.0, 3.0, 3.0, 51.5]);
    assert_eq!(run(SmoothSpec::Mean { windows: 2 }), [1.0, 3.0, 4.0, 3.0, 51.5]);
    assert_eq!(run(SmoothSpec::Median { windows: 3 }), [1.0, 3.0, 3.0, 3.0, 3.0]);
}
