//! Runs of missing readings of one channel go in; how many of them holding the last reading leaves open comes out.

use std::collections::BTreeMap;

/// Runs that are told apart, in rows; a longer one counts as so long.
const LONGEST: u32 = 4096;
/// The part of the missing readings that is to be held.
const HELD: f64 = 0.99;

/// Runs of missing readings.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps {
    /// How many there are of each length.
    runs: BTreeMap<u32, u64>,
}

impl Gaps {
    /// A run of so many rows has ended.
    pub(super) fn add(&mut self, rows: u32) {
        if rows > 0 {
            *self.runs.entry(rows.min(LONGEST)).or_default() += 1;
        }
    }

    /// Readings that are missing for longer than `hold` rows.
    pub(super) fn open(&self, hold: u32) -> u64 {
        let longer = self.runs.range(hold.saturating_add(1)..);
        longer.map(|(rows, count)| u64::from(rows - hold) * count).sum()
    }

    /// The rows for which a reading has to be held so that hardly any is missing; `None` where it would have to be
    /// held for longer than `most`.
    pub(super) fn needs(&self, most: u32) -> Option<u32> {
        let all: u64 = self.runs.iter().map(|(rows, count)| u64::from(*rows) * count).sum();
        let mut held = 0;
        for (&rows, count) in &self.runs {
            held += u64::from(rows) * count;
            if held as f64 >= HELD * all as f64 {
                return (rows <= most).then_some(rows);
            }
        }
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_not_missing() {
        let mut gaps = Gaps::default();
        (0..1000).for_each(|_| gaps.add(2));
        gaps.add(10);
        assert_eq!((gaps.open(0), gaps.open(2), gaps.open(5), gaps.open(10)), (2010, 8, 5, 0));
        assert_eq!((gaps.needs(100), gaps.needs(1)), (Some(2), None));
        assert_eq!(Gaps::default().needs(0), Some(0));
    }
}
