//! Readings of normal data go in; the bounds beyond which one is a glitch come out.
//!
//! A single 65535 from a bus error would stretch its channel's scale until nothing shows on it any
//! more. So a reading far outside the range of the others counts as missing, and is named.

use std::fmt;

/// Readings that are kept of each channel. Of more, every second, fourth, ... one.
const KEPT: usize = 2048;
/// So many times farther away, a reading is a glitch however often it comes.
const ABSURD: f64 = 1e5;
/// Glitches are at most one in so many readings, or so few, and never two in a row.
const RARE: u64 = 1000;
const FEW: u64 = 3;
/// A reading this many times the usual range away from the median is a glitch.
const FAR: f64 = 50.0;

/// Keeps an even sample of one channel's readings. Which ones is a hash of their number: every
/// second, fourth, ... row would be one machine of several, or one phase of what is periodic.
#[derive(Clone, Debug, Default)]
pub(super) struct Sampler {
    /// Each with its hash.
    kept: Vec<(u64, f64)>,
    /// Low bits of the hash that must be zero.
    mask: u64,
    seen: u64,
}

impl Sampler {
    pub(super) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.seen += 1;
        let hash = mix(self.seen);
        while hash & self.mask == 0 && self.kept.len() >= KEPT {
            self.mask = 2 * self.mask + 1;
            let mask = self.mask;
            self.kept.retain(|(hash, _)| hash & mask == 0);
        }
        if hash & self.mask == 0 {
            self.kept.push((hash, value));
        }
    }

    /// None where most readings are the same: then there is no range to be far from.
    pub(super) fn bounds(mut self) -> PlausibleRange {
        self.kept.sort_unstable_by(|a, b| a.1.total_cmp(&b.1));
        let at = |share: f64| {
            let last = self.kept.len().saturating_sub(1) as f64;
            self.kept.get((share * last).round() as usize).map_or(0.0, |&(_, value)| value)
        };
        let range = FAR * (at(0.99) - at(0.01));
        if range > 0.0 && range.is_finite() {
            PlausibleRange { low: at(0.5) - range, high: at(0.5) + range }
        } else {
            PlausibleRange::open()
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a reading may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlausibleRange {
    low: f64,
    high: f64,
}

impl PlausibleRange {
    /// The reading, or NaN where it is a glitch.
    pub(super) fn clean(self, value: f64) -> f64 {
        if self.is_glitch(value) { f64::NAN } else { value }
    }

    /// Nothing is so far away in normal operation, however often it comes.
    fn widened(self) -> Self {
        let (middle, reach) = (0.5 * (self.low + self.high), 0.5 * (self.high - self.low));
        Self { low: middle - ABSURD * reach, high: middle + ABSURD * reach }
    }

    fn open() -> Self {
        Self { low: f64::NEG_INFINITY, high: f64::INFINITY }
    }

    pub(super) fn is_glitch(self, value: f64) -> bool {
        value < self.low || value > self.high
    }
}

/// Readings of one channel beyond its bounds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outside {
    count: u64,
    readings: u64,
    /// Row and value of the first.
    first: Option<(u64, f64)>,
    /// Whether the reading before was one.
    before: bool,
    adjacent: bool,
}

impl Outside {
    pub(super) fn add(&mut self, bounds: PlausibleRange, row: u64, value: f64) {
        let outside = bounds.is_glitch(value);
        self.readings += 1;
        self.count += u64::from(outside);
        self.adjacent |= outside && self.before;
        self.before = outside;
        if outside {
            self.first.get_or_insert((row, value));
        }
    }

    /// Whether they are too many, or come together: then they are what the machine does.
    fn are_normal(&self) -> bool {
        self.adjacent || self.count > (self.readings / RARE).max(FEW)
    }

    /// The bounds to go by, and what there is to say.
    pub(super) fn judge(
        &self,
        bounds: PlausibleRange,
        channel: &str,
    ) -> (PlausibleRange, Option<Glitches>) {
        let Some(first) = self.first else { return (bounds, None) };
        let bounds = if self.are_normal() { bounds.widened() } else { bounds };
        let kept = !bounds.is_glitch(first.1);
        let glitches = Glitches { channel: channel.to_owned(), count: self.count, first, kept };
        (bounds, Some(glitches))
    }
}

/// The glitches of one channel.
#[derive(Clone, Debug)]
pub(super) struct Glitches {
    channel: String,
    count: u64,
    first: (u64, f64),
    /// They were taken for normal.
    kept: bool,
}

impl fmt::Display for Glitches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (row, value) = self.first;
        write!(f, "{}: {value} in row {row}", self.channel)?;
        if self.count > 1 {
            write!(f, " (and {} more)", self.count - 1)?;
        }
        match self.kept {
            true => write!(
                f,
                " is far from the usual range; as there are several, they are treated as normal"
            ),
            false => write!(f, " is far from the usual range and is treated as missing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_error_is_a_glitch_and_a_burst_is_none() {
        let mut sampler = Sampler::default();
        for i in 0..10_000 {
            sampler.add(if i == 7000 { 65_535.0 } else { 20.0 + f64::from(i % 7) });
        }
        assert!(sampler.kept.len() > KEPT / 2);
        let bounds = sampler.bounds();
        assert!(bounds.is_glitch(65_535.0) && bounds.is_glitch(-999.0));
        assert!(!bounds.is_glitch(60.0) && !bounds.is_glitch(f64::NAN));
        assert!(bounds.clean(1e30).is_nan());
    }

    #[test]
    fn every_machine_and_every_phase_is_sampled() {
        for period in [2, 4, 16, 64] {
            let mut sampler = Sampler::default();
            for i in 0..20_000u32 {
                sampler.add(f64::from(i % 7) + if i % period == 1 { 500.0 } else { 0.0 });
            }
            assert!((KEPT / 3..=KEPT).contains(&sampler.kept.len()));
            assert!(!sampler.bounds().is_glitch(503.0), "{period}");
        }
    }

    #[test]
    fn what_comes_often_or_together_is_normal() {
        let bounds = PlausibleRange { low: 0.0, high: 1.0 };
        let judge = |odd: &[u64]| {
            let mut outside = Outside::default();
            for row in 1..=10_000 {
                outside.add(bounds, row, if odd.contains(&row) { 9.0 } else { 0.5 });
            }
            let (bounds, glitches) = outside.judge(bounds, "a");
            (bounds.is_glitch(9.0), glitches.map(|g| g.to_string()))
        };
        assert_eq!(judge(&[]), (true, None));
        let (rejected, words) = judge(&[100, 200]);
        assert!(rejected && words.unwrap().contains("9 in row 100 (and 1 more)"));
        let (rejected, words) = judge(&[100, 101]);
        assert!(!rejected && words.unwrap().contains("treated as normal"));
        assert!(!judge(&(1..30).map(|i| 100 * i).collect::<Vec<_>>()).0);
    }

    #[test]
    fn a_switch_that_is_mostly_off_has_no_glitches() {
        let mut sampler = Sampler::default();
        for i in 0..5000 {
            sampler.add(f64::from(u8::from(i % 400 == 0)));
        }
        assert!(!sampler.bounds().is_glitch(1.0));
    }
}
