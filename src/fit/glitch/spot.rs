//! Readings of one channel go in, row by row; which of them are none comes out.
//!
//! A reading is judged by those before and after it, in the same stream: one that jumps far away and comes
//! back to where it was is no reading, unless the machine does so again and again.

use super::usual::Usual;
use super::{Glitches, MOST_CODES, PlausibleRange};
use oddity_core::health::is_error_code;

/// A lone reading so many usual ranges outside of them is none.
const FAR: f64 = 10.0;
/// So many are needed where the reading is repeated at once, or where it comes back to somewhere else.
const VERY_FAR: f64 = 50.0;
/// Nothing is so far away in normal operation, however often it comes.
const ABSURD: f64 = 5e6;
/// An error code where all other readings are equal is at least so far from them.
const FAR_FROM_EQUAL: f64 = 100.0;
/// It has come back when it is within so many usual steps of where it was.
const BACK: f64 = 4.0;
/// A reading is away from its neighbours by this part of its distance from the usual range.
const JUMP: f64 = 0.5;
/// Lone readings are at most one in so many, or so few.
const RARE: u64 = 1000;
const FEW: u64 = 3;
/// Rows that one extreme value may stand.
const LONGEST: u64 = 100;
/// Lone readings as far out as each other, within this part, and not equal: a spike that recurs.
const ALIKE: f64 = 0.3;
/// Lone readings that are kept of one channel.
const KEPT: usize = 16;

/// The last readings of a channel in one stream.
#[derive(Clone, Copy, Debug)]
pub(in crate::fit) struct Recent {
    /// The last that was within reach of the usual.
    before: f64,
    /// After it a run of equal readings that are not: row, value and length; 0 without.
    far: (u64, f64, u64),
}

impl Default for Recent {
    fn default() -> Self {
        Self { before: f64::NAN, far: (0, f64::NAN, 0) }
    }
}

/// An error code, and how often it came.
#[derive(Clone, Copy, Debug)]
struct Code {
    value: f64,
    first: u64,
    count: u64,
}

/// Looks for what is no reading in one channel.
#[derive(Clone, Debug)]
pub(in crate::fit) struct Spotter {
    usual: Usual,
    readings: u64,
    codes: Vec<Code>,
    /// Codes that the channel drifted to: readings.
    reached: Vec<f64>,
    /// Lone readings far away: row and value.
    lone: Vec<(u64, f64)>,
    /// And how many rows they were.
    count: u64,
    /// Row and value of the first reading beyond anything, and how many there were.
    absurd: (u64, f64, u64),
    /// The smallest and the largest of all others.
    low: f64,
    high: f64,
    /// The first of these that is very far away, and how many there are.
    kept: (u64, f64, u64),
}

impl Spotter {
    pub(in crate::fit) fn new(usual: Usual) -> Self {
        Self {
            usual,
            readings: 0,
            codes: Vec::new(),
            reached: Vec::new(),
            lone: Vec::new(),
            count: 0,
            absurd: (0, f64::NAN, 0),
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            kept: (0, f64::NAN, 0),
        }
    }

    /// Takes the next reading of a stream.
    pub(in crate::fit) fn add(&mut self, row: u64, value: f64, recent: &mut Recent) {
        if !value.is_finite() {
            return;
        }
        self.readings += 1;
        let (range, beyond) = (self.usual.range(), self.usual.beyond(value));
        if beyond <= range && recent.far.2 == 0 {
            // Nearly all readings end here. Zero range: what is not equal to all others is looked at.
            if range > 0.0 || beyond <= 0.0 {
                self.keep(row, value, 1);
                recent.before = value;
                return;
            }
        }
        if self.usual.codes && is_error_code(value) && self.code(row, value, recent.before) {
            return;
        }
        if range > 0.0 && beyond > ABSURD * range {
            let (first, what, count) = self.absurd;
            let new = count == 0;
            self.absurd = if new { (row, value, 1) } else { (first, what, count + 1) };
            return;
        }
        if recent.far.2 > 0 && recent.far.1 == value {
            recent.far.2 += 1;
            return;
        }
        let lone = range > 0.0 && beyond > FAR * range;
        self.close(recent, Some(value), lone);
        if lone {
            recent.far = (row, value, 1);
        } else {
            self.keep(row, value, 1);
            recent.before = value;
        }
    }

    /// Whether it counts as one: it has to be away from the others, and to have jumped there.
    fn code(&mut self, row: u64, value: f64, before: f64) -> bool {
        let (range, beyond) = (self.usual.range(), self.usual.beyond(value));
        let away = if range > 0.0 { range } else { FAR_FROM_EQUAL };
        if beyond <= away || self.reached.contains(&value) {
            return false;
        }
        if (value - before).abs() <= JUMP * beyond {
            if self.reached.len() < MOST_CODES {
                self.reached.push(value);
            }
            return false;
        }
        if let Some(code) = self.codes.iter_mut().find(|code| code.value == value) {
            code.count += 1;
        } else if self.codes.len() < MOST_CODES {
            self.codes.push(Code { value, first: row, count: 1 });
        } else {
            return false;
        }
        true
    }

    /// The stream is over.
    pub(in crate::fit) fn end(&mut self, recent: &mut Recent) {
        self.close(recent, None, false);
    }

    /// A run of far readings is over, at `next`, which is far, too, or not; or at the end of the stream.
    fn close(&mut self, recent: &mut Recent, next: Option<f64>, next_far: bool) {
        let (row, value, length) = std::mem::take(&mut recent.far);
        if length == 0 {
            return;
        }
        let (range, beyond) = (self.usual.range(), self.usual.beyond(value));
        let next = next.unwrap_or(f64::NAN);
        let (before, next) = match (recent.before.is_nan(), next.is_nan()) {
            (true, _) => (next, next),
            (_, true) => (recent.before, recent.before),
            _ => (recent.before, next),
        };
        let away = |other: f64| other.is_nan() || (value - other).abs() > JUMP * beyond;
        let is_back = (before - next).abs() <= BACK * self.usual.step;
        let very_far = beyond > VERY_FAR * range;
        let lone = !next_far && away(before) && away(next);
        let lone = lone
            && match length {
                1 => is_back || very_far,
                // What stands at zero is switched off.
                2..=LONGEST => is_back && very_far && value != 0.0,
                _ => false,
            };
        if lone {
            self.count += length;
            if self.lone.len() < KEPT {
                self.lone.push((row, value));
            }
        } else {
            self.keep(row, value, length);
            recent.before = value;
        }
    }

    fn keep(&mut self, row: u64, value: f64, length: u64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        if self.usual.range() > 0.0 && self.usual.beyond(value) > VERY_FAR * self.usual.range() {
            let (first, what, count) = self.kept;
            self.kept = match count {
                0 => (row, value, length),
                _ => (first, what, count + length),
            };
        }
    }

    /// Whether they are too many, or so alike that they are what the machine does.
    fn recur(&self) -> bool {
        let standing = self.lone.len() as u64;
        let distance = |value: f64| (value - self.usual.low, value - self.usual.high);
        let alike = |a: f64, b: f64| {
            let (a, b) = (distance(a), distance(b));
            let (a, b) = if a.0 < 0.0 { (a.0, b.0) } else { (a.1, b.1) };
            a != b && (a - b).abs() <= ALIKE * a.abs().max(b.abs())
        };
        let mut pairs = self.lone.iter().enumerate();
        let any = pairs.any(|(i, &(_, a))| self.lone.iter().skip(i + 1).any(|&(_, b)| alike(a, b)));
        any || standing > (self.readings / RARE).max(FEW) || standing >= KEPT as u64
    }

    /// The bounds to go by, and what there is to say.
    pub(in crate::fit) fn judge(mut self, channel: &str) -> (PlausibleRange, Option<Glitches>) {
        let reached = std::mem::take(&mut self.reached);
        let (real, codes): (Vec<Code>, Vec<Code>) =
            self.codes.iter().partition(|code| reached.contains(&code.value));
        real.iter().for_each(|code| self.keep(code.first, code.value, code.count));
        if self.recur() {
            let lone = std::mem::take(&mut self.lone);
            lone.iter().for_each(|&(row, value)| self.keep(row, value, 1));
            self.count = 0;
        }
        // What lies within the others is one of them.
        let (low, high) = (self.low, self.high);
        self.lone.retain(|&(_, value)| value < low || value > high);
        if self.lone.is_empty() {
            self.count = 0;
        }
        let mut bounds = PlausibleRange::open();
        let out = self.lone.iter().copied().chain([(self.absurd.0, self.absurd.1)]);
        let out: Vec<(u64, f64)> = out.filter(|(_, value)| !value.is_nan()).collect();
        for &(_, value) in &out {
            if value < low {
                bounds.low = bounds.low.max(0.5 * value + 0.5 * low);
            } else if value > high {
                bounds.high = bounds.high.min(0.5 * value + 0.5 * high);
            }
        }
        bounds.codes.iter_mut().zip(&codes).for_each(|(slot, code)| *slot = code.value);
        let twice = self.lone.iter().enumerate().filter(|&(i, &(_, value))| {
            let before = self.lone.get(..i).unwrap_or_default();
            before.iter().filter(|&&(_, other)| other == value).count() == 1
        });
        bounds.repeated.iter_mut().zip(twice).for_each(|(slot, (_, lone))| *slot = lone.1);

        let mut firsts: Vec<(u64, f64)> = out;
        firsts.extend(codes.iter().map(|code| (code.first, code.value)));
        let count = self.count + self.absurd.2 + codes.iter().map(|code| code.count).sum::<u64>();
        let said =
            |count, first, kept| Glitches { channel: channel.to_owned(), count, first, kept };
        let glitches = match firsts.iter().min_by_key(|(row, _)| *row) {
            Some(&first) => Some(said(count, first, false)),
            None if self.kept.2 > 0 => Some(said(self.kept.2, (self.kept.0, self.kept.1), true)),
            None => None,
        };
        (bounds, glitches)
    }
}
