//! Rounding, saturation and what is not a number, by every tier.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::tier::Tier;

fn reference(grid: &Grid, x: f32) -> u8 {
    let step = f64::from((x / grid.scale).round_ties_even()) + f64::from(grid.zero);
    // Rust's conversion of NaN gives 0: the lowest of a byte.
    step.clamp(grid.low.into(), grid.high.into()) as u8
}

fn inputs() -> Vec<f32> {
    let halves = (-700..700).map(|i| i as f32 * 0.25);
    let ends = [1e9, -1e9, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-40, -0.0, f32::NAN];
    halves.chain(ends).collect()
}

#[test]
fn every_tier_rounds_halves_to_even_and_saturates() {
    let x = inputs();
    let narrow = Grid::new(0.37, 100, 3, 200).unwrap();
    let signed = Grid::i8(0.5, -3).unwrap();
    for grid in [Grid::u8(0.5, 3).unwrap(), signed, Grid::u8(0.1, 255).unwrap(), narrow] {
        for tier in Tier::all_here() {
            let mut y = vec![7; x.len()];
            quantise(tier.float, &grid, &x, &mut y).unwrap();
            for (&x, &y) in x.iter().zip(&y).filter(|(x, _)| !x.is_nan()) {
                assert_eq!(y, reference(&grid, x), "{x} by {grid:?}");
            }
            assert_eq!(i32::from(y[x.len() - 1]), grid.low, "NaN is the lowest step");
            let mut back = vec![0.0; x.len()];
            dequantise(tier.float, &grid, &y, &mut back).unwrap();
            let mut both = x.clone();
            steps(tier.float, &grid, &mut both);
            for ((&y, &back), &both) in y.iter().zip(&back).zip(&both) {
                assert_eq!(back, (i32::from(y) - grid.zero) as f32 * grid.scale);
                assert!(both == back || both.is_nan());
            }
            assert!(both[x.len() - 1].is_nan());
        }
    }
}

#[test]
fn sixteen_bits_stay_f32() {
    let grid = Grid::new(0.5, 0, -0x8000, 0x7fff).unwrap();
    let mut values = [16_383.6, 1e9, -1e9, 0.25, -0.75, 1.25];
    steps(FloatTier::Portable, &grid, &mut values);
    assert_eq!(values, [16_383.5, 16_383.5, -16_384.0, 0.0, -1.0, 1.0]);
    assert!(quantise(FloatTier::Portable, &grid, &[0.0], &mut [0]).is_err());
}

#[test]
fn channels_are_each_by_their_grid() {
    let grids: Vec<_> = (1..=5u8).map(|i| Grid::u8(f32::from(i) * 0.1, i * 20).unwrap()).collect();
    for inner in [1, 3] {
        let by_channel = ChannelGrid::new(&grids, inner).unwrap();
        let x: Vec<_> = (0..2 * 5 * inner).map(|i| (i as f32 * 3.7).sin() * 30.0).collect();
        for tier in Tier::all_here() {
            let mut y = vec![0; x.len()];
            by_channel.quantise(tier.float, &x, &mut y).unwrap();
            let mut back = vec![0.0; x.len()];
            by_channel.dequantise(tier.float, &y, &mut back).unwrap();
            for i in 0..x.len() {
                let grid = &grids[i / inner % 5];
                assert_eq!(y[i], reference(grid, x[i]));
                assert_eq!(back[i], grid.number(y[i]));
            }
        }
        assert!(by_channel.quantise(FloatTier::Portable, &x[1..], &mut [0; 9]).is_err());
    }
    assert!(ChannelGrid::new(&[], 1).is_err());
}

#[test]
fn tables_are_what_stands_between_two_grids() {
    let (from, to) = (Grid::i8(0.1, 5).unwrap(), Grid::u8(1.0 / 255.0, 0).unwrap());
    let sigmoid = crate::map::Activation::Sigmoid;
    let table = Table::new(|x| sigmoid.of(x), &from, &to).unwrap();
    let x: Vec<_> = (0..=255).collect();
    let (mut y, mut numbers, mut expected) = (vec![0; 256], vec![0.0; 256], vec![0; 256]);
    table.run(&x, &mut y).unwrap();
    dequantise(FloatTier::Portable, &from, &x, &mut numbers).unwrap();
    sigmoid.run(FloatTier::Portable, &mut numbers);
    quantise(FloatTier::Portable, &to, &numbers, &mut expected).unwrap();
    assert_eq!(y, expected);
    assert!(table.run(&x, &mut y[1..]).is_err());
}

#[test]
fn dynamic_gives_the_examples_of_the_specification() {
    for tier in Tier::all_here() {
        let mut y = [0; 6];
        let x = [0.0, 2.0, -3.0, -2.5, 1.34, 0.5];
        assert_eq!(dynamic(tier.float, &x, &mut y).unwrap(), (0.019_607_844, 153));
        assert_eq!(y, [153, 255, 0, 26, 221, 179]);
        let x = [-1.0, -2.1, -1.3, -2.5, -3.34, -4.0];
        assert_eq!(dynamic(tier.float, &x, &mut y).unwrap(), (0.015_686_275, 255));
        assert_eq!(y, [191, 121, 172, 96, 42, 0]);
        assert_eq!(dynamic(tier.float, &[0.0; 6], &mut y).unwrap(), (1.0, 0));
        let (scale, _) = dynamic(tier.float, &[f32::NAN, 1.0], &mut [0; 2]).unwrap();
        assert!(scale.is_nan());
        assert!(dynamic(tier.float, &x, &mut y[1..]).is_err());
    }
}

#[test]
fn steps_that_cannot_be_are_refused() {
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert!(Grid::u8(scale, 0).is_err());
    }
    assert!(Grid::new(1.0, 5, 6, 9).is_err() && Grid::new(1.0, 0, 0, 0x10000).is_err());
}
