//! Numbers of one kind go in; that the last ones are not like what is usual, or are again, comes out. Memory is fixed.

use super::distance::{PARTS, Way, distance};
use crate::profile::Usual;

/// What drifts is as it used to be again below so much of the limit.
const CLEAR: f64 = 0.7;

/// What was found when it set in, or ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drifted {
    /// It sets in, and does not end.
    pub sets_in: bool,
    /// Mean of the last numbers.
    pub is: f64,
    /// How far they are from what is usual, 0 to 1.
    pub distance: f64,
}

/// What came in one part.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// At or below each mark.
    below: [u32; Usual::MOST_MARKS],
    count: u32,
    sum: f64,
}

/// Watches numbers of one kind.
#[derive(Clone, Debug)]
pub struct Drift {
    parts: [Part; PARTS],
    /// The part that is being filled, and how many are whole.
    at: usize,
    whole: usize,
    /// Numbers in a part.
    size: u32,
    drifts: bool,
}

impl Drift {
    /// Holds so many of the last numbers against what is usual.
    pub fn new(compared: u64) -> Self {
        let size = u32::try_from(compared / PARTS as u64).unwrap_or(u32::MAX).max(1);
        Self { parts: [Part::default(); PARTS], at: 0, whole: 0, size, drifts: false }
    }

    /// Takes a number, which is finite.
    pub fn take(&mut self, value: f64, usual: &Usual, way: Way) -> Option<Drifted> {
        let part = self.parts.get_mut(self.at)?;
        for (below, &(mark, _)) in part.below.iter_mut().zip(&usual.marks) {
            *below += u32::from(value <= mark);
        }
        part.count += 1;
        part.sum += value;
        if part.count < self.size {
            return None;
        }
        self.at = (self.at + 1) % PARTS;
        self.whole = (self.whole + 1).min(PARTS);
        let found = (self.whole == PARTS).then(|| self.compare(usual, way)).flatten();
        if let Some(next) = self.parts.get_mut(self.at) {
            *next = Part::default();
        }
        found
    }

    fn compare(&mut self, usual: &Usual, way: Way) -> Option<Drifted> {
        let count: f64 = self.parts.iter().map(|part| f64::from(part.count)).sum();
        let shares = usual.marks.iter().enumerate().map(|(at, &(_, share))| {
            let below = |part: &Part| part.below.get(at).copied().map_or(0.0, f64::from);
            (share, self.parts.iter().map(below).sum::<f64>() / count)
        });
        let distance = distance(shares, way);
        let limit = if self.drifts { CLEAR * usual.limit } else { usual.limit };
        let drifts = distance > limit;
        if drifts == core::mem::replace(&mut self.drifts, drifts) {
            return None;
        }
        let is = self.parts.iter().map(|part| part.sum).sum::<f64>() / count;
        Some(Drifted { sets_in: drifts, is, distance })
    }
}
