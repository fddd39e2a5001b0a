//! Each set against the same formula in f64.

use std::vec::Vec;

use std::vec;

use proptest::prelude::*;

use super::*;
use crate::tier::Tier;

const ALL: [ScalingOp; 4] =
    [ScalingOp::Softmax, ScalingOp::LogSoftmax, ScalingOp::L1, ScalingOp::L2];

fn naive(op: ScalingOp, x: &[f64]) -> Vec<f64> {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = x.iter().map(|x| (x - top).exp()).sum();
    let (l1, l2) =
        (x.iter().map(|x| x.abs()).sum::<f64>(), x.iter().map(|x| x * x).sum::<f64>().sqrt());
    let one = |x: f64| match op {
        ScalingOp::Softmax => (x - top).exp() / total,
        ScalingOp::LogSoftmax => x - top - total.ln(),
        ScalingOp::L1 => x / l1,
        ScalingOp::L2 => x / l2,
    };
    x.iter().map(|&x| one(x)).collect()
}

proptest! {
    #[test]
    fn every_scaling_is_the_naive_one(a in 1usize..4, b in 1usize..70, c in 1usize..6) {
        let x: Vec<_> = (0..a * b * c).map(|i| (i as f32 * 0.7 + 0.5).sin() * 4.0).collect();
        // Over the middle axis of [a][b][c].
        let outer = Walk::new(&[a, c], [&[(b * c) as isize, 1]], [0]).unwrap();
        let inner = Walk::new(&[b], [&[c as isize]], [0]).unwrap();
        for op in ALL {
            let scaling = Scaling::new(op, outer.clone(), inner.clone()).unwrap();
            let mut portable = x.clone();
            scaling.run(FloatTier::Portable, &mut portable).unwrap();
            for tier in Tier::all_here() {
                let mut y = x.clone();
                scaling.run(tier.float, &mut y).unwrap();
                prop_assert_eq!(&y, &portable);
            }
            for set in 0..a * c {
                let at = set / c * b * c + set % c;
                let numbers: Vec<_> = (0..b).map(|j| f64::from(x[at + j * c])).collect();
                for (j, t) in naive(op, &numbers).into_iter().enumerate() {
                    let y = f64::from(portable[at + j * c]);
                    prop_assert!((y - t).abs() <= 1e-6 * (1.0 + t.abs()), "{:?}", op);
                }
            }
        }
    }

    #[test]
    fn every_normalisation_is_the_naive_one(
        batch in 1usize..3, groups in 1usize..4, each in 1usize..4, space in 1usize..40,
    ) {
        let channels = groups * each;
        let x: Vec<_> =
            (0..batch * channels * space).map(|i| (i as f32 * 0.7).sin() * 4.0 + 9.0).collect();
        let scale: Vec<_> = (0..channels).map(|i| i as f32 * 0.5 + 0.1).collect();
        let bias: Vec<_> = (0..channels).map(|i| i as f32 - 1.0).collect();
        let set = (each * space) as isize;
        let outer = Walk::new(
            &[batch, groups],
            [&[groups as isize * set, set], &[0, each as isize]],
            [0, 0],
        )
        .unwrap();
        let inner =
            Walk::new(&[each, space], [&[space as isize, 1], &[1, 0]], [0, 0]).unwrap();
        let layer =
            Standardise::new(outer, inner, 1e-3, scale.clone(), bias.clone()).unwrap();
        let mut portable = x.clone();
        layer.run(FloatTier::Portable, &mut portable).unwrap();
        for tier in Tier::all_here() {
            let mut y = x.clone();
            layer.run(tier.float, &mut y).unwrap();
            prop_assert_eq!(&y, &portable);
        }
        for (set, (x, y)) in x.chunks(each * space).zip(portable.chunks(each * space)).enumerate() {
            let n = x.len() as f64;
            let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
            let variance = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
            for (i, (&x, &y)) in x.iter().zip(y).enumerate() {
                let channel = set % groups * each + i / space;
                let t = (f64::from(x) - mean) / (variance + 1e-3).sqrt()
                    * f64::from(scale[channel])
                    + f64::from(bias[channel]);
                prop_assert!((f64::from(y) - t).abs() < 2e-4, "{} {}", y, t);
            }
        }
    }
}

proptest! {
    #[test]
    fn columns_have_the_bits_of_sets_by_themselves(
        rows in 1usize..20, width in 1usize..40, by_row in any::<bool>(),
    ) {
        let x: Vec<_> = (0..rows * width).map(|i| (i as f32 * 0.7 + 0.5).sin() * 4.0).collect();
        let scale: Vec<_> = (0..rows.max(width)).map(|i| i as f32 * 0.5 + 0.1).collect();
        let bias: Vec<_> = scale.iter().map(|s| 3.0 - s).collect();
        // A scale for each row (layer normalisation), or for each column (instance normalisation).
        let (of_row, of_column) = if by_row { (1, 0) } else { (0, 1) };
        let outer = Walk::new(&[width], [&[1], &[of_column]], [0, 0]).unwrap();
        let inner = Walk::new(&[rows], [&[width as isize], &[of_row]], [0, 0]).unwrap();
        let all =
            Standardise::new(outer, inner.clone(), 1e-3, scale.clone(), bias.clone()).unwrap();
        let down = Walk::new(&[rows], [&[width as isize]], [0]).unwrap();
        let soft = |outer| Scaling::new(ScalingOp::Softmax, outer, down.clone()).unwrap();
        let (mut expected, mut soft_expected) = (x.clone(), x.clone());
        for column in 0..width {
            let at = if by_row { 0 } else { column };
            let one = Walk::new(&[], [&[], &[]], [column, at]).unwrap();
            let one =
                Standardise::new(one, inner.clone(), 1e-3, scale.clone(), bias.clone()).unwrap();
            one.run(FloatTier::Portable, &mut expected).unwrap();
            let one = Walk::new(&[], [&[]], [column]).unwrap();
            soft(one).run(FloatTier::Portable, &mut soft_expected).unwrap();
        }
        for tier in Tier::all_here() {
            let (mut y, mut soft_y) = (x.clone(), x.clone());
            all.run(tier.float, &mut y).unwrap();
            soft(Walk::new(&[width], [&[1]], [0]).unwrap()).run(tier.float, &mut soft_y).unwrap();
            prop_assert_eq!(&y, &expected);
            prop_assert_eq!(&soft_y, &soft_expected);
        }
    }
}

fn row(op: ScalingOp, n: usize) -> Scaling {
    let (outer, inner) = (Walk::new(&[], [&[]], [0]), Walk::new(&[n], [&[1]], [0]));
    Scaling::new(op, outer.unwrap(), inner.unwrap()).unwrap()
}

#[test]
fn extremes_do_not_overflow_and_zeros_stay() {
    let mut x = [1e30, -1e30, f32::NEG_INFINITY];
    row(ScalingOp::Softmax, 3).run(FloatTier::Portable, &mut x).unwrap();
    assert_eq!(x, [1.0, 0.0, 0.0]);
    let mut x = [0.0; 3];
    row(ScalingOp::L2, 3).run(FloatTier::Portable, &mut x).unwrap();
    row(ScalingOp::L1, 3).run(FloatTier::Portable, &mut x).unwrap();
    assert_eq!(x, [0.0; 3]);
    for op in ALL {
        let mut x = [0.5, f32::NAN, 1.0];
        row(op, 3).run(FloatTier::Portable, &mut x).unwrap();
        assert!(x.iter().all(|x| x.is_nan()), "{op:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    assert!(row(ScalingOp::Softmax, 3).run(FloatTier::Portable, &mut [0.0; 2]).is_err());
    let (outer, inner) =
        (Walk::new(&[], [&[], &[]], [0; 2]), Walk::new(&[3], [&[1], &[1]], [0; 2]));
    let (outer, inner) = (outer.unwrap(), inner.unwrap());
    let make = |epsilon, n: usize, m: usize| {
        Standardise::new(outer.clone(), inner.clone(), epsilon, vec![1.0; n], vec![0.0; m])
    };
    assert!(make(f32::NAN, 3, 3).is_err() && make(0.0, 2, 3).is_err());
    assert!(make(0.0, 3, 2).is_err());
    assert!(make(0.0, 3, 3).unwrap().run(FloatTier::Portable, &mut [0.0; 2]).is_err());
}
