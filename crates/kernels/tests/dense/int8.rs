//! Dense layers over int8, every tier that this processor has: the same bytes as the definition, worked out one
//! output after the other in 64 bits, and nothing written outside the rows.

use crate::common::{Noise, assert_gaps, few, span};
use oddity_kernels::{Clamp, DenseInt8, Finish, Int8Tier, KernelError, Pieces, Rows, SLACK, Tier};
use proptest::prelude::*;

const SENTINEL: u8 = 77;
const FLOAT_SENTINEL: f32 = 12_345.678;

struct Case {
    outputs: usize,
    pieces: Pieces,
    rows: Rows,
    weights: Vec<i8>,
    bias: Vec<i32>,
    x_zero: u8,
    weight_zeros: Option<Vec<i32>>,
    scales: Vec<f32>,
    /// The zero point and the limits of y.
    byte: (u8, u8, u8),
    float_bias: Option<Vec<f32>>,
    clamp: Clamp,
    x: Vec<u8>,
}

/// The shape alone: the numbers follow from it and from the seed.
impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { outputs, pieces, rows, weight_zeros, .. } = self;
        write!(f, "{outputs} outputs, {pieces:?}, {rows:?}, {weight_zeros:?}")
    }
}

impl Case {
    fn new(outputs: usize, pieces: Pieces, rows: Rows, noise: &mut Noise) -> Self {
        let x = span(rows.count, rows.x_step, pieces.reach()) + SLACK;
        // Sums of many sizes: some saturate, some do not.
        let scale = 1.0 / (1.0 + pieces.elements() as f32 * 30.0);
        Self {
            weights: noise.i8s(outputs * pieces.elements()),
            bias: (0..outputs).map(|_| noise.bits() as i32 >> 16).collect(),
            x_zero: noise.bits() as u8,
            weight_zeros: None,
            scales: (0..outputs).map(|_| noise.f32() * scale).collect(),
            byte: (noise.bits() as u8, 3, 250),
            float_bias: None,
            clamp: Clamp::NONE,
            x: noise.u8s(x),
            outputs,
            pieces,
            rows,
        }
    }

    fn layer(&self, tier: Int8Tier, finish: Finish) -> Result<DenseInt8, KernelError> {
        let zeros = self.weight_zeros.as_deref();
        let Self { outputs, pieces, weights, bias, x_zero, .. } = self;
        DenseInt8::new(tier, *outputs, pieces, weights, bias, *x_zero, zeros, finish)
    }

    fn u8(&self, tier: Int8Tier) -> DenseInt8 {
        let (zero, low, high) = self.byte;
        let scales = self.scales.clone();
        self.layer(tier, Finish::U8 { scales, zero, low, high }).unwrap()
    }

    fn f32(&self, tier: Int8Tier) -> DenseInt8 {
        let Self { scales, float_bias, clamp, .. } = self;
        let (scales, bias) = (scales.clone(), float_bias.clone());
        self.layer(tier, Finish::F32 { scales, bias, clamp: *clamp }).unwrap()
    }

    /// The sum of an output, exactly.
    fn sum(&self, row: usize, output: usize, x_zero: u8) -> i32 {
        let (k, len) = (self.pieces.elements(), self.pieces.piece_len());
        let zero = self.weight_zeros.as_ref().map_or(0, |zeros| zeros[output]);
        let mut sum = i64::from(self.bias[output]);
        for (i, &w) in self.weights[output * k..][..k].iter().enumerate() {
            let x = self.x[row * self.rows.x_step + self.pieces.offsets()[i / len] + i % len];
            sum += i64::from(i32::from(x) - i32::from(x_zero)) * i64::from(i32::from(w) - zero);
        }
        i32::try_from(sum).unwrap()
    }

    fn byte_of(&self, row: usize, output: usize) -> u8 {
        let (zero, low, high) = self.byte;
        let scaled = self.sum(row, output, self.x_zero) as f32 * self.scales[output];
        let step = f64::from(scaled).round_ties_even() + f64::from(zero);
        step.clamp(low.into(), high.into()) as u8
    }

    fn float_of(&self, row: usize, output: usize, x_zero: u8) -> f32 {
        let scaled = self.sum(row, output, x_zero) as f32 * self.scales[output];
        self.clamp.apply(self.float_bias.as_ref().map_or(scaled, |bias| scaled + bias[output]))
    }

    fn check(&self, tier: Int8Tier) {
        let values = span(self.rows.count, self.rows.y_step, self.outputs) + 3;
        let mut bytes = vec![SENTINEL; values];
        self.u8(tier).run_u8(&self.x, &mut bytes, self.rows).unwrap();
        assert_gaps(&bytes, self.rows, self.outputs, SENTINEL);
        let late = self.x_zero.wrapping_add(100);
        let (mut floats, mut dynamic) =
            (vec![FLOAT_SENTINEL; values], vec![FLOAT_SENTINEL; values]);
        let layer = self.f32(tier);
        layer.run_f32(&self.x, &mut floats, self.rows).unwrap();
        layer.run_dynamic(&self.x, late, &mut dynamic, self.rows).unwrap();
        assert_gaps(&floats, self.rows, self.outputs, FLOAT_SENTINEL);
        assert_gaps(&dynamic, self.rows, self.outputs, FLOAT_SENTINEL);
        for row in 0..self.rows.count {
            for output in 0..self.outputs {
                let at = row * self.rows.y_step + output;
                let place = format!("{tier:?} row {row} output {output}");
                assert_eq!(bytes[at], self.byte_of(row, output), "{place}");
                let float = self.float_of(row, output, self.x_zero);
                assert_eq!(floats[at].to_bits(), float.to_bits(), "{place}");
                let float = self.float_of(row, output, late);
                assert_eq!(dynamic[at].to_bits(), float.to_bits(), "{place}, late");
            }
        }
    }
}

fn tiers() -> Vec<Int8Tier> {
    let mut tiers: Vec<_> = Tier::all_here().iter().map(|tier| tier.int8).collect();
    tiers.dedup();
    tiers
}

#[test]
fn every_edge_of_the_tiles() {
    let mut noise = Noise(2);
    for k in few(&[5, 1, 3, 4, 63, 64, 65], 7) {
        for n in few(&[1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129], 8) {
            for count in few(&(0..=17).collect::<Vec<_>>(), 6) {
                let rows = Rows { count, x_step: k, y_step: n + count % 2 };
                let case = Case::new(n, Pieces::whole(k), rows, &mut noise);
                tiers().into_iter().for_each(|tier| case.check(tier));
            }
        }
    }
}

#[test]
fn long_rows_are_summed_exactly() {
    let mut noise = Noise(3);
    for k in few(&[30, 1023, 1024, 1025, 1030, 2049, 5000], 7) {
        for (n, count) in few(&[(9, 7), (33, 1), (129, 3)], 3) {
            let rows = Rows { count, x_step: 5, y_step: n };
            let case = Case::new(n, Pieces::whole(k), rows, &mut noise);
            tiers().into_iter().for_each(|tier| case.check(tier));
            let pieces = Pieces::new(vec![k / 2, 0, 11], k / 3);
            let case = Case::new(n, pieces, rows, &mut noise);
            tiers().into_iter().for_each(|tier| case.check(tier));
        }
    }
}

#[test]
fn the_largest_numbers_do_not_saturate_on_the_way() {
    for weight in [-128, 127] {
        for (x, x_zero) in [(255, 0), (0, 255), (255, 255), (0, 0)] {
            for k in few(&[2, 67, 640], 3) {
                for n in few(&[1, 17, 64], 3) {
                    let rows = Rows::dense(7, k, n);
                    let mut case = Case::new(n, Pieces::whole(k), rows, &mut Noise(4));
                    case.weights.fill(weight);
                    case.x.fill(x);
                    case.x_zero = x_zero;
                    tiers().into_iter().for_each(|tier| case.check(tier));
                }
            }
        }
    }
}

#[test]
fn results_saturate_at_the_limits() {
    let mut noise = Noise(5);
    for scale in [f32::MAX, -f32::MAX, 1e6, -1e6, 0.0, f32::MIN_POSITIVE, 1e-45] {
        for byte in [(0, 0, 255), (255, 0, 255), (128, 128, 255), (7, 9, 9)] {
            for n in few(&[3, 8, 16, 33], 4) {
                let rows = Rows::dense(9, 12, n);
                let mut case = Case::new(n, Pieces::whole(12), rows, &mut noise);
                case.scales.fill(scale);
                case.byte = byte;
                tiers().into_iter().for_each(|tier| case.check(tier));
            }
        }
    }
}

#[test]
fn half_steps_round_to_even() {
    for tier in tiers() {
        let mut case = Case::new(1, Pieces::whole(1), Rows::dense(256, 1, 1), &mut Noise(6));
        (case.weights, case.bias, case.scales) = (vec![1], vec![0], vec![0.5]);
        (case.x_zero, case.byte) = (128, (1, 0, 255));
        case.x = (0..=255).chain([0; SLACK]).collect();
        case.check(tier);
        let mut y = [0; 256];
        case.u8(tier).run_u8(&case.x, &mut y, case.rows).unwrap();
        assert_eq!(y[128..136], [1, 1, 2, 3, 3, 3, 4, 5], "{tier:?}");
    }
}

#[test]
fn sums_that_may_leave_i32_are_refused() {
    let k = if cfg!(miri) { 300 } else { 65_000 };
    for tier in tiers() {
        let make = |weight, bias, x_zero, zeros: Option<&[i32]>| {
            let finish = Finish::F32 { scales: vec![1.0], bias: None, clamp: Clamp::NONE };
            let weights = vec![weight; k];
            DenseInt8::new(tier, 1, &Pieces::whole(k), &weights, &[bias], x_zero, zeros, finish)
        };
        let most = 127 * 255 * k as i32;
        assert!(make(127, i32::MAX - most, 0, None).is_ok());
        assert!(make(127, i32::MAX - most + 1, 0, None).is_err());
        assert!(make(127, i32::MIN + most, 255, None).is_ok());
        assert!(make(127, i32::MIN + most - 1, 255, None).is_err());
        assert!(make(127, 0, 0, Some(&[-128])).is_ok() == cfg!(miri));
        assert!(make(0, 0, 0, Some(&[-129])).is_err());
        assert!(make(0, 0, 0, Some(&[128])).is_err());

        // A zero point that comes late must not make it leave either.
        let layer = make(127, i32::MAX - most, 0, None).unwrap();
        let (x, rows, mut y) = (vec![255; k + SLACK], Rows::dense(1, k, 1), [0.0]);
        layer.run_f32(&x, &mut y, rows).unwrap();
        assert_eq!(y, [i32::MAX as f32]);
        layer.run_dynamic(&x, 255, &mut y, rows).unwrap();
        assert_eq!(y, [(i32::MAX - most) as f32]);
        let layer = make(127, i32::MIN + most, 255, None).unwrap();
        assert!(layer.run_dynamic(&x, 0, &mut y, rows).is_ok());
        let layer = make(127, i32::MAX - most / 2, 200, None);
        assert!(layer.is_err() || layer.unwrap().run_dynamic(&x, 0, &mut y, rows).is_err());
    }
}

#[test]
fn wrong_calls_are_refused_and_write_nothing() {
    for tier in tiers() {
        let case = Case::new(3, Pieces::new(vec![4, 0], 2), Rows::dense(2, 1, 3), &mut Noise(7));
        let (u8, f32) = (case.u8(tier), case.f32(tier));
        let (mut bytes, mut floats) = ([SENTINEL; 6], [FLOAT_SENTINEL; 6]);
        let rows = case.rows;
        assert_eq!(u8.run_f32(&case.x, &mut floats, rows), Err(KernelError::Finish));
        assert_eq!(u8.run_dynamic(&case.x, 0, &mut floats, rows), Err(KernelError::Finish));
        assert_eq!(f32.run_u8(&case.x, &mut bytes, rows), Err(KernelError::Finish));
        let short = &case.x[..case.x.len() - 1];
        assert!(u8.run_u8(short, &mut bytes, rows).is_err());
        assert!(f32.run_f32(short, &mut floats, rows).is_err());
        assert!(u8.run_u8(&case.x, &mut bytes[..5], rows).is_err());
        assert!(u8.run_u8(&case.x, &mut bytes, Rows { y_step: 2, ..rows }).is_err());
        assert!(u8.run_u8(&case.x, &mut bytes, Rows { x_step: usize::MAX, ..rows }).is_err());
        assert_eq!((bytes, floats), ([SENTINEL; 6], [FLOAT_SENTINEL; 6]));
        let finish = || Finish::U8 { scales: vec![1.0], zero: 0, low: 0, high: 255 };
        let make = |k: usize, weights: usize, bias: usize, zeros: Option<&[i32]>| {
            let (weights, bias) = (vec![1; weights], vec![0; bias]);
            DenseInt8::new(tier, 1, &Pieces::whole(k), &weights, &bias, 0, zeros, finish())
        };
        assert!(make(4, 4, 1, None).is_ok());
        assert!(make(4, 3, 1, None).is_err());
        assert!(make(4, 4, 2, None).is_err());
        assert!(make(4, 4, 1, Some(&[])).is_err());
        assert!(make(0, 0, 1, None).is_err());
        assert!(make(65_001, 65_001, 1, None).is_err());
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let most: usize = if cfg!(miri) { 10 } else { 140 };
    let offsets = prop::collection::vec(0..most / 2, 1..4);
    let rows = (0..most / 7, 0..most / 2, 0usize..4);
    let zeros = (any::<bool>(), any::<bool>(), any::<bool>());
    (1..most, offsets, 1..most / 3, rows, zeros, any::<u64>()).prop_map(
        |(outputs, offsets, len, (count, x_step, gap), (weight_zeros, bias, relu), seed)| {
            let mut noise = Noise(seed);
            let rows = Rows { count, x_step, y_step: outputs + gap };
            let mut case = Case::new(outputs, Pieces::new(offsets, len), rows, &mut noise);
            if weight_zeros {
                let zeros = (0..outputs).map(|_| i32::from(noise.bits() as i8));
                case.weight_zeros = Some(zeros.collect());
            }
            case.float_bias = bias.then(|| noise.f32s(outputs));
            case.clamp = if relu { Clamp::RELU } else { Clamp::NONE };
            case
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
