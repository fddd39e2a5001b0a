//! Readings of one channel go in; what it is like, and why it cannot be watched, come out.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::counter::Rise;
use super::gaps::Gaps;
use super::glitch::{Glitches, PlausibleRange};
use oddity_core::profile::SeenRange;

/// A channel with more of its readings missing leaves too few windows.
const MOST_MISSING: f64 = 0.5;
/// Rows over which a missing reading is held, unless said otherwise.
pub(super) const HOLD: u32 = 5;
/// Rows over which it may be held where sensors report in turn, by themselves and in long format, where a sensor may
/// report only what has changed.
const MOST_HOLD: u32 = 100;
const MOST_HOLD_LONG: u32 = 1000;
/// A sensor in long format reports in turn where more of its readings are missing.
const IN_TURN: f64 = 0.05;

/// A channel's last reading in one stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    value: f64,
    /// Equal readings in a row.
    run: u64,
    /// Missing ones since.
    missing: u32,
}

impl Default for Last {
    /// None yet.
    fn default() -> Self {
        Self { value: f64::NAN, run: 0, missing: 0 }
    }
}

/// What one channel is like.
#[derive(Clone, Debug)]
pub(super) struct ChannelStats {
    /// Beyond them a reading counts as missing.
    pub(super) bounds: PlausibleRange,
    pub(super) glitches: Option<Glitches>,
    count: u64,
    missing: u64,
    pub(super) mean: f64,
    squares: f64,
    min: f64,
    max: f64,
    /// Most equal readings in a row.
    pub(super) longest_run: u64,
    pub(super) rise: Rise,
    gaps: Gaps,
    hash: DefaultHasher,
}

impl ChannelStats {
    pub(super) fn new((bounds, glitches): (PlausibleRange, Option<Glitches>)) -> Self {
        Self {
            bounds,
            glitches,
            count: 0,
            missing: 0,
            mean: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            longest_run: 0,
            rise: Rise::new(),
            gaps: Gaps::default(),
            hash: DefaultHasher::new(),
        }
    }

    /// `last` is what the stream's row before gave: streams of one input have nothing to do with
    /// each other. `part` is that of the data, from 0 to [`PARTS`].
    pub(super) fn add(&mut self, value: f64, last: &mut Last, part: usize) {
        let value = self.bounds.clean(value);
        value.to_bits().hash(&mut self.hash);
        if !value.is_finite() {
            self.missing += 1;
            last.missing = last.missing.saturating_add(1);
            return;
        }
        self.gaps.add(std::mem::take(&mut last.missing));
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / self.count as f64;
        self.squares += delta * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        last.run = if value == last.value { last.run + 1 } else { 1 };
        self.longest_run = self.longest_run.max(last.run);
        self.rise.add(value, last.value, part);
        last.value = value;
    }

    /// Nothing follows what a stream gave last.
    pub(super) fn end(&mut self, last: &Last) {
        self.gaps.add(last.missing);
    }

    /// The same for channels of the same readings.
    pub(super) fn digest(&self) -> u64 {
        self.hash.finish()
    }

    /// What a profile says of the channel's readings; `None` where they were all equal: then there is no
    /// range to be far from.
    pub(super) fn seen(&self) -> Option<SeenRange> {
        (self.min < self.max).then(|| self.bounds.seen(self.min, self.max))
    }

    /// Smallest and largest reading.
    pub(super) fn range(&self) -> (f64, f64) {
        (self.min, self.max)
    }

    /// Readings that are missing.
    pub(super) fn missing(&self) -> u64 {
        self.missing
    }

    /// Standard deviation, of the population; 1 where the channel does not move.
    pub(super) fn scale(&self) -> f64 {
        let deviation = self.deviation();
        if deviation > 0.0 && deviation.is_finite() { deviation } else { 1.0 }
    }

    /// Standard deviation, of the population.
    fn deviation(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }

    /// The part of the readings that is missing.
    fn missing_part(&self) -> f64 {
        self.missing as f64 / (self.count + self.missing).max(1) as f64
    }

    /// Whether most are missing where the last reading is held for so many rows.
    fn is_mostly_missing(&self, hold: u32) -> bool {
        self.gaps.open(hold) as f64 > MOST_MISSING * (self.count + self.missing) as f64
    }

    /// The value that it has all the time, if so; `hold` as in [`ChannelStats::flaw`].
    pub(super) fn constant(&self, hold: u32) -> Option<f64> {
        let there = self.count > 0 && !self.is_mostly_missing(hold);
        let still = self.max <= self.min || self.deviation() <= 1e-12 * self.mean.abs();
        (there && still).then_some(self.min)
    }

    /// Why the channel cannot be watched, if so, where the last reading is held for so many rows.
    pub(super) fn flaw(&self, hold: u32) -> Option<String> {
        if self.count == 0 {
            return Some("no reading at all".into());
        }
        if self.is_mostly_missing(hold) {
            let rows = self.count + self.missing;
            let more = match self.gaps.needs(MOST_HOLD_LONG) {
                Some(rows) => {
                    format!("; if it reports so seldom, --hold {rows} holds its last reading")
                }
                None => String::new(),
            };
            return Some(format!("{} of {rows} readings are missing{more}", self.missing));
        }
        if let Some(value) = self.constant(hold) {
            return Some(format!("constant at {value}"));
        }
        if self.rise.is_still() {
            return Some("constant in each stream".into());
        }
        if self.deviation().is_infinite() {
            return Some("its readings are too large".into());
        }
        None
    }
}

/// Rows for which readings have to be held where sensors report in turn; `None` where the usual number does.
pub(super) fn hold_in_turn(stats: &[ChannelStats], long: bool) -> Option<u32> {
    let (least, most) = match long {
        true => (IN_TURN, MOST_HOLD_LONG),
        false => (MOST_MISSING, MOST_HOLD),
    };
    let seldom = stats.iter().filter(|stats| stats.count > 0 && stats.missing_part() > least);
    let needs = seldom.filter_map(|stats| stats.gaps.needs(most)).max().filter(|&rows| rows > HOLD);
    // Who reports what has changed may let more time pass than it did here.
    needs.map(|rows| if long { rows + rows / 2 } else { rows })
}
