//! Readings of what did not move in normal data go in; whether it has changed comes out.
//!
//! What never moved cannot be learned, but when it moves, that is the clearest sign there is. A lone odd
//! reading is no change, a missing one says nothing, and a contact that chatters is changed once: never says
//! the same twice.

use crate::profile::Constant;

/// Readings that are remembered.
const OF: u32 = 10;
/// So many of them that are odd are a change; it is over when none is.
const ODD: u32 = 2;
/// A reading is the same within so much of the constant: numbers are written with a last digit.
const SAME: f64 = 1e-6;
/// Of a constant near zero, in its own unit.
const SAME_AT_ZERO: f64 = 1e-9;

/// What became of a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConstantNote {
    /// It has another value.
    Changed {
        /// The newest that it has.
        is: f64,
    },
    /// It is as it was.
    Returned,
}

/// Watches one constant of one stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConstantWatch {
    /// One bit a reading, newest lowest: it was odd.
    odd: u32,
    changed: bool,
}

impl ConstantWatch {
    /// Takes a reading. One that is not finite is missing.
    pub fn take(&mut self, constant: &Constant, reading: f64) -> Option<ConstantNote> {
        if !reading.is_finite() {
            return None;
        }
        let is_odd = !is_same(constant.value, reading);
        self.odd = ((self.odd << 1) | u32::from(is_odd)) & (u32::MAX >> (u32::BITS - OF));
        match self.changed {
            false if is_odd && self.odd.count_ones() >= ODD => {
                self.changed = true;
                Some(ConstantNote::Changed { is: reading })
            }
            true if self.odd == 0 => {
                self.changed = false;
                Some(ConstantNote::Returned)
            }
            _ => None,
        }
    }
}

/// Whether a reading is that of the constant.
pub fn is_same(constant: f64, reading: f64) -> bool {
    (reading - constant).abs() <= (SAME * constant.abs()).max(SAME_AT_ZERO)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn notes(value: f64, readings: &[f64]) -> Vec<(usize, ConstantNote)> {
        let constant = Constant { name: String::new(), value };
        let mut watch = ConstantWatch::default();
        let readings = readings.iter().enumerate();
        readings.filter_map(|(at, &r)| Some((at, watch.take(&constant, r)?))).collect()
    }

    #[test]
    fn a_change_that_stays_is_said_once() {
        let mut readings = vec![0.0; 20];
        readings.extend([1.0; 30]);
        readings.extend([0.0; 30]);
        let wanted = [(21, ConstantNote::Changed { is: 1.0 }), (59, ConstantNote::Returned)];
        assert_eq!(notes(0.0, &readings), wanted);
    }

    #[test]
    fn neither_a_glitch_nor_a_hole_nor_the_last_digit_is_a_change() {
        let mut readings = [21.5; 40];
        readings[20] = -127.0;
        readings[30..35].fill(f64::NAN);
        readings[36..].fill(21.500_001);
        assert_eq!(notes(21.5, &readings), []);
        assert_eq!(notes(0.0, &[-0.0; 9]), []);
    }

    #[test]
    fn holes_do_not_hide_a_change_and_chatter_is_one() {
        let holes = [0.0, 1.0, f64::NAN, f64::NAN, 1.0];
        assert_eq!(notes(0.0, &holes), [(4, ConstantNote::Changed { is: 1.0 })]);
        let chatter: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        assert_eq!(notes(0.0, &chatter), [(3, ConstantNote::Changed { is: 1.0 })]);
    }

    proptest! {
        #[test]
        fn changed_and_returned_take_turns(
            readings in prop::collection::vec(prop::sample::select(vec![0.0, 1.0, f64::NAN, 7.5]), 0..200)
        ) {
            let mut changed = false;
            for (_, note) in notes(0.0, &readings) {
                let is_change = matches!(note, ConstantNote::Changed { .. });
                prop_assert_ne!(is_change, changed);
                changed = is_change;
            }
        }
    }
}
