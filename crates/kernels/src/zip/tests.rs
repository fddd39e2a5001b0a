//! Each function of two numbers at its edges, and over shapes that repeat.

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::tier::Tier;

const ALL: [BinaryOp; 17] = [
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Pow,
    BinaryOp::Min,
    BinaryOp::Max,
    BinaryOp::PRelu,
    BinaryOp::Mod,
    BinaryOp::And,
    BinaryOp::Or,
    BinaryOp::Xor,
    BinaryOp::Equal,
    BinaryOp::Greater,
    BinaryOp::GreaterOrEqual,
    BinaryOp::Less,
    BinaryOp::LessOrEqual,
];

fn of(op: BinaryOp, a: f32, b: f32) -> f32 {
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div => a / b,
        BinaryOp::Pow => f64::from(a).powf(f64::from(b)) as f32,
        BinaryOp::Min if a.is_nan() || b.is_nan() => f32::NAN,
        BinaryOp::Min => a.min(b),
        BinaryOp::Max if a.is_nan() || b.is_nan() => f32::NAN,
        BinaryOp::Max => a.max(b),
        BinaryOp::PRelu => {
            if a < 0.0 {
                a * b
            } else {
                a
            }
        }
        BinaryOp::Mod => a % b,
        BinaryOp::And => f32::from(a != 0.0 && b != 0.0),
        BinaryOp::Or => f32::from(a != 0.0 || b != 0.0),
        BinaryOp::Xor => f32::from((a != 0.0) ^ (b != 0.0)),
        BinaryOp::Equal => f32::from(a == b),
        BinaryOp::Greater => f32::from(a > b),
        BinaryOp::GreaterOrEqual => f32::from(a >= b),
        BinaryOp::Less => f32::from(a < b),
        BinaryOp::LessOrEqual => f32::from(a <= b),
    }
}

const EDGES: [f32; 12] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    2.0,
    3.0,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    1e-40,
    f32::MAX,
    0.5,
];

fn same(y: f32, t: f32) -> bool {
    y == t || (y.is_nan() && t.is_nan()) || (y - t).abs() <= t.abs() * 1e-6
}

#[test]
fn every_function_of_two_has_its_edges() {
    // Each with each, by an outer and an inner axis.
    let walk = Walk::new(&[12, 12], [&[1, 0], &[0, 1], &[12, 1]], [0; 3]).unwrap();
    for op in ALL {
        for tier in Tier::all_here() {
            let mut y = vec![0.0; 144];
            zip(tier.float, op, &walk, &EDGES, &EDGES, &mut y).unwrap();
            for (i, &a) in EDGES.iter().enumerate() {
                for (j, &b) in EDGES.iter().enumerate() {
                    let y = y[12 * i + j];
                    assert!(same(y, of(op, a, b)), "{op:?} of {a} and {b} is {y}");
                }
            }
        }
    }
}

#[test]
fn choosing_repeats_and_takes_nan_for_true() {
    let walk = Walk::new(&[2, 3], [&[0, 1], &[3, 1], &[0, 0], &[3, 1]], [0; 4]).unwrap();
    let mut y = [0.0; 6];
    let condition = [1.0, 0.0, f32::NAN];
    select(&walk, &condition, &[1., 2., 3., 4., 5., 6.], &[9.0], &mut y).unwrap();
    assert_eq!(y, [1., 9., 3., 4., 9., 6.]);
    assert!(select(&walk, &condition[1..], &[0.0; 6], &[9.0], &mut y).is_err());
}

#[test]
fn short_arrays_are_refused() {
    let walk = Walk::new(&[3], [&[1], &[1], &[1]], [0; 3]).unwrap();
    let (x, short) = ([0.0; 3], [0.0; 2]);
    let tier = FloatTier::Portable;
    assert!(zip(tier, BinaryOp::Add, &walk, &short, &x, &mut [0.0; 3]).is_err());
    assert!(zip(tier, BinaryOp::Add, &walk, &x, &short, &mut [0.0; 3]).is_err());
    assert!(zip(tier, BinaryOp::Add, &walk, &x, &x, &mut [0.0; 2]).is_err());
}

proptest! {
    #[test]
    fn every_shape_is_element_by_element(
        lens in proptest::collection::vec(1usize..40, 1..4),
        repeats in proptest::collection::vec(any::<(bool, bool)>(), 3),
        turned in any::<bool>(),
    ) {
        let rank = lens.len();
        let steps = |keeps: &dyn Fn(usize) -> bool| {
            let (mut step, mut steps) = (1isize, vec![0isize; rank]);
            for axis in (0..rank).rev().filter(|&axis| keeps(axis)) {
                steps[axis] = step;
                step *= lens[axis] as isize;
            }
            steps
        };
        let (mut a, b) = (steps(&|axis| repeats[axis].0), steps(&|axis| repeats[axis].1));
        if turned {
            // Any steps will do: only the longest array is needed for the check.
            a.reverse();
        }
        let walk = Walk::new(&lens, [&a, &b, &steps(&|_| true)], [0; 3]).unwrap();
        let values = |n: usize| (0..n).map(|i| (i as f32 * 0.7).sin()).collect::<Vec<_>>();
        let needs = walk.needs();
        let (a, b) = (values(needs[0]), values(needs[1]));
        let mut expected = vec![0.0; needs[2]];
        for [i, j, k] in walk.each() {
            expected[k] = a[i] - b[j];
        }
        for tier in Tier::all_here() {
            let mut y = vec![0.0; needs[2]];
            zip(tier.float, BinaryOp::Sub, &walk, &a, &b, &mut y).unwrap();
            prop_assert_eq!(&y, &expected);
        }
    }
}
