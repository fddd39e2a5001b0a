//! Dense layers over f32, every tier that this processor has: within a derived bound of a sum in f64, the same
//! bits wherever a row stands, and nothing written outside the rows.

use crate::common::{Noise, assert_gaps, few, span};
use oddity_kernels::{Clamp, DenseF32, FloatTier, KernelError, Pieces, Rows, Tier};
use proptest::prelude::*;

const SENTINEL: f32 = 12_345.678;

struct Case {
    outputs: usize,
    pieces: Pieces,
    rows: Rows,
    clamp: Clamp,
    weights: Vec<f32>,
    bias: Vec<f32>,
    x: Vec<f32>,
}

/// The shape alone: the numbers follow from it and from the seed.
impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { outputs, pieces, rows, clamp, .. } = self;
        write!(f, "{outputs} outputs, {pieces:?}, {rows:?}, {clamp:?}")
    }
}

impl Case {
    fn new(outputs: usize, pieces: Pieces, rows: Rows, clamp: Clamp, noise: &mut Noise) -> Self {
        let x = span(rows.count, rows.x_step, pieces.reach());
        Self {
            weights: noise.f32s(outputs * pieces.elements()),
            bias: noise.f32s(outputs),
            x: noise.f32s(x),
            outputs,
            pieces,
            rows,
            clamp,
        }
    }

    fn layer(&self, tier: FloatTier) -> DenseF32 {
        let Self { outputs, pieces, weights, bias, clamp, .. } = self;
        DenseF32::new(tier, *outputs, pieces, weights, bias, *clamp).unwrap()
    }

    fn y(&self) -> Vec<f32> {
        vec![SENTINEL; span(self.rows.count, self.rows.y_step, self.outputs) + 3]
    }

    /// The values that row `row` reads, in the order of the weights.
    fn row(&self, row: usize) -> Vec<f32> {
        let from = |offset: usize| &self.x[row * self.rows.x_step + offset..];
        let pieces = self.pieces.offsets().iter();
        pieces.flat_map(|&offset| from(offset)[..self.pieces.piece_len()].to_vec()).collect()
    }

    /// The sum in f64, and how far an f32 sum may be from it: every term takes at most `elements + 4` roundings,
    /// and every product can lose half of the smallest number.
    fn exact(&self, row: usize, output: usize, start: f32) -> (f64, f64) {
        let (x, k) = (self.row(row), self.pieces.elements());
        let (mut sum, mut size) = (f64::from(start), f64::from(start.abs()));
        for (x, w) in x.iter().zip(&self.weights[output * k..][..k]) {
            sum += f64::from(*x) * f64::from(*w);
            size += (f64::from(*x) * f64::from(*w)).abs();
        }
        let roundings = (k + 4) as f64 * f64::from(f32::EPSILON) / 2.0;
        let bound = size * roundings / (1.0 - roundings) + (k + 4) as f64 * f64::exp2(-150.0);
        (sum.clamp(self.clamp.low.into(), self.clamp.high.into()), bound)
    }

    fn check(&self, tier: FloatTier) {
        let layer = self.layer(tier);
        let mut y = self.y();
        layer.run(&self.x, &mut y, self.rows).unwrap();
        assert_gaps(&y, self.rows, self.outputs, SENTINEL);
        let mut again = self.y();
        for row in 0..self.rows.count {
            for output in 0..self.outputs {
                let (exact, bound) = self.exact(row, output, self.bias[output]);
                let got = f64::from(y[row * self.rows.y_step + output]);
                assert!((got - exact).abs() <= bound, "{tier:?} row {row}: {got} not {exact}");
            }
            // Each row by itself.
            let one = Rows { count: 1, ..self.rows };
            let (x, y) = (row * self.rows.x_step, row * self.rows.y_step);
            layer.run(&self.x[x..], &mut again[y..], one).unwrap();
        }
        assert_eq!(bits(&y), bits(&again), "{tier:?}: bits depend on the count of rows");

        // What is added to is where the sums start.
        let mut added = self.y();
        for row in 0..self.rows.count {
            added[row * self.rows.y_step..][..self.outputs].copy_from_slice(&self.bias);
        }
        let start = added.clone();
        layer.add_to(&self.x, &mut added, self.rows).unwrap();
        assert_eq!(bits(&y), bits(&added), "{tier:?}: added to y");
        let mut again = start;
        for row in (0..self.rows.count).rev() {
            let one = Rows { count: 1, ..self.rows };
            let (x, y) = (row * self.rows.x_step, row * self.rows.y_step);
            layer.add_to(&self.x[x..], &mut again[y..], one).unwrap();
        }
        assert_eq!(bits(&added), bits(&again), "{tier:?}: added row by row");
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn tiers() -> Vec<FloatTier> {
    let mut tiers: Vec<_> = Tier::all_here().iter().map(|tier| tier.float).collect();
    tiers.dedup();
    tiers
}

#[test]
fn every_edge_of_the_tiles() {
    let mut noise = Noise(1);
    for k in few(&[5, 1, 3, 4, 63, 64, 65], 7) {
        for n in
            few(&[1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129], 8)
        {
            for count in few(&(0..=17).collect::<Vec<_>>(), 6) {
                let rows = Rows { count, x_step: k, y_step: n + count % 2 };
                let clamp = [Clamp::NONE, Clamp::RELU][count % 2];
                let case = Case::new(n, Pieces::whole(k), rows, clamp, &mut noise);
                tiers().into_iter().for_each(|tier| case.check(tier));
            }
        }
    }
}

#[test]
fn special_numbers_go_through_as_they_are() {
    let specials = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-40, -1e-40, 0.0, -0.0, f32::MAX];
    for tier in tiers() {
        for n in few(&[1, 2, 3, 4, 8, 16, 17, 40, 130], 6) {
            for count in few(&[1, 2, 9], 2) {
                let rows = Rows::dense(count, 5, n);
                let mut noise = Noise(n as u64);
                let mut case = Case::new(n, Pieces::whole(5), rows, Clamp::RELU, &mut noise);
                for special in specials {
                    case.x.fill(0.5);
                    case.x[2] = special;
                    case.weights.fill(0.5);
                    case.bias.fill(0.0);
                    let mut y = case.y();
                    case.layer(tier).run(&case.x, &mut y, rows).unwrap();
                    let exact = f64::from(special) * 0.5 + 1.0;
                    for &got in &y[..n] {
                        let right = match exact {
                            exact if exact.is_nan() => got.is_nan(),
                            exact => got == (exact as f32).max(0.0),
                        };
                        assert!(right, "{tier:?} {special}: {got}");
                    }
                    assert!(y[n..count * n].iter().all(|&got| got == 1.25), "{tier:?} {special}");
                }
            }
        }
    }
}

#[test]
fn what_stands_between_the_pieces_changes_nothing() {
    let pieces = Pieces::new(vec![2, 16], 11);
    let rows = Rows { count: 9, x_step: 29, y_step: 5 };
    for n in [1, 2, 3, 4, 5] {
        let mut case = Case::new(n, pieces.clone(), rows, Clamp::NONE, &mut Noise(n as u64));
        for (at, x) in case.x.iter_mut().enumerate() {
            let inside = |offset: usize| (offset..offset + 11).contains(&(at % 29));
            if !inside(2) && !inside(16) {
                *x = [f32::INFINITY, f32::NAN][at % 2];
            }
        }
        tiers().into_iter().for_each(|tier| case.check(tier));
    }
}

#[test]
fn subnormal_numbers_are_not_lost() {
    for tier in tiers() {
        let (weights, bias) = ([0.5; 17], [0.0; 17]);
        let layer =
            DenseF32::new(tier, 17, &Pieces::whole(1), &weights, &bias, Clamp::NONE).unwrap();
        let mut y = [0.0; 17];
        layer.run(&[f32::MIN_POSITIVE], &mut y, Rows::dense(1, 1, 17)).unwrap();
        assert_eq!(y, [f32::MIN_POSITIVE / 2.0; 17], "{tier:?}");
    }
}

#[test]
fn wrong_calls_are_refused_and_write_nothing() {
    let pieces = Pieces::new(vec![4, 0], 2);
    for tier in tiers() {
        let new = |weights: &[f32], bias: &[f32], clamp| {
            DenseF32::new(tier, 3, &pieces, weights, bias, clamp).map(|_| ())
        };
        let length = |result| matches!(result, Err(KernelError::Length { .. }));
        assert!(length(new(&[0.0; 11], &[0.0; 3], Clamp::NONE)));
        assert!(length(new(&[0.0; 12], &[0.0; 4], Clamp::NONE)));
        assert!(new(&[0.0; 12], &[0.0; 3], Clamp { low: 1.0, high: 0.0 }).is_err());
        assert!(DenseF32::new(tier, 0, &pieces, &[], &[], Clamp::NONE).is_err());
        assert!(DenseF32::new(tier, 1, &Pieces::whole(0), &[], &[0.0], Clamp::NONE).is_err());
        let layer = DenseF32::new(tier, 3, &pieces, &[1.0; 12], &[0.0; 3], Clamp::NONE).unwrap();
        let rows = Rows { count: 2, x_step: 1, y_step: 3 };
        let mut y = [SENTINEL; 6];
        assert!(length(layer.run(&[0.0; 6], &mut y, rows)));
        assert!(length(layer.run(&[0.0; 7], &mut y[..5], rows)));
        assert!(layer.run(&[0.0; 7], &mut y, Rows { y_step: 2, ..rows }).is_err());
        assert!(length(layer.add_to(&[0.0; 9], &mut y, Rows { x_step: usize::MAX, ..rows })));
        assert_eq!(y, [SENTINEL; 6]);
        layer.run(&[0.0; 7], &mut y, rows).unwrap();
        assert_eq!(y, [0.0; 6]);
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let most: usize = if cfg!(miri) { 10 } else { 140 };
    let offsets = prop::collection::vec(0..most / 2, 1..4);
    let rows = (0..most / 7, 0..most / 2, 0usize..4);
    (1..most, offsets, 1..most / 3, rows, any::<u64>()).prop_map(
        |(outputs, offsets, len, (count, x_step, gap), seed)| {
            let mut noise = Noise(seed);
            let rows = Rows { count, x_step, y_step: outputs + gap };
            let clamp =
                [Clamp::NONE, Clamp::RELU, Clamp { low: -0.5, high: 0.5 }][seed as usize % 3];
            Case::new(outputs, Pieces::new(offsets, len), rows, clamp, &mut noise)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 4 } else { ProptestConfig::default().cases.min(200) },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_layer_any_rows(case in cases().no_shrink()) {
        tiers().into_iter().for_each(|tier| case.check(tier));
    }
}
