//! Readings go in; how far the mean of the last ones has moved from those before comes out.

use alloc::vec;
use alloc::vec::Vec;

/// Rows of the newer mean, and of the older.
const NEW: usize = 30;
const OLD: usize = 150;

/// The last readings.
#[derive(Clone, Debug)]
pub(super) struct Shift {
    /// A ring; without `base`, so that 32 bits do.
    ring: Vec<f32>,
    base: f64,
    at: usize,
    filled: usize,
    new: f64,
    old: f64,
}

impl Shift {
    /// Rows before there is a move.
    pub(super) const ROWS: usize = NEW + OLD;
    /// Bytes that one keeps.
    pub(super) const BYTES: usize = Self::ROWS * size_of::<f32>();

    pub(super) fn new() -> Self {
        let ring = vec![0.0; Self::ROWS];
        Self { ring, base: f64::NAN, at: 0, filled: 0, new: 0.0, old: 0.0 }
    }

    fn back(&self, rows: usize) -> f64 {
        self.ring.get((self.at + Self::ROWS - rows) % Self::ROWS).copied().map_or(0.0, f64::from)
    }

    /// Takes a reading. Gives how far the mean has moved, up or down, once there are readings enough.
    pub(super) fn take(&mut self, reading: f64) -> Option<f64> {
        if self.base.is_nan() {
            self.base = reading;
        }
        if self.filled >= Self::ROWS {
            self.old -= self.back(Self::ROWS);
        }
        if self.filled >= NEW {
            let leaves = self.back(NEW);
            self.new -= leaves;
            self.old += leaves;
        }
        let reading = (reading - self.base) as f32;
        if let Some(slot) = self.ring.get_mut(self.at) {
            *slot = reading;
        }
        self.new += f64::from(reading);
        self.at = (self.at + 1) % Self::ROWS;
        self.filled = (self.filled + 1).min(Self::ROWS);
        if self.at == 0 && self.filled == Self::ROWS {
            // What rounding has left of a number that was huge must not stay.
            let (old, new) = self.ring.split_at(OLD);
            self.old = old.iter().copied().map(f64::from).sum();
            self.new = new.iter().copied().map(f64::from).sum();
        }
        (self.filled == Self::ROWS).then(|| self.new / NEW as f64 - self.old / OLD as f64)
    }

    /// What comes next does not follow what came.
    pub(super) fn interrupt(&mut self) {
        (self.filled, self.new, self.old) = (0, 0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_difference_of_two_means() {
        let mut shift = Shift::new();
        let readings: Vec<f64> =
            (0..700).map(|i| f64::from((i * i) % 97) + f64::from(i / 300) * 50.0).collect();
        for (i, &reading) in readings.iter().enumerate() {
            let found = shift.take(reading);
            let wanted = (i + 1 >= Shift::ROWS).then(|| {
                let new = &readings[i + 1 - NEW..=i];
                let old = &readings[i + 1 - NEW - OLD..=i - NEW];
                new.iter().sum::<f64>() / NEW as f64 - old.iter().sum::<f64>() / OLD as f64
            });
            match (found, wanted) {
                (Some(found), Some(wanted)) => assert!((found - wanted).abs() < 1e-6, "{i}"),
                pair => assert_eq!(pair, (None, None), "{i}"),
            }
        }
        // What was huge is over once it is out of the ring.
        shift.take(1e14);
        let last = (0..2 * Shift::ROWS).map(|_| shift.take(1.0)).last();
        assert!(last.flatten().is_some_and(|last| last.abs() < 1e-3), "{last:?}");
        shift.interrupt();
        assert_eq!(shift.take(1.0), None);
    }
}
