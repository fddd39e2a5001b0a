//! Where the frames of a FIFO stand in time: how many were drained and when goes in, the time of each comes out.
//!
//! Frames are spread evenly from the last of the drain before to now, for the chip's own clock is a few percent off
//! what it says; after a gap, over their periods. No clock, no bus.

/// How many frames of a FIFO are waited for: a third of what the smallest one holds.
pub(super) const FIFO_WAIT_FRAMES: u64 = 10;

/// Rows without values that are made up for at once, at most.
const MOST_LOST: i64 = 1000;

/// The frames of the last drain. Times are nanoseconds of the clock on the wall.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    period: i64,
    /// Of the last drain, and which one comes next.
    count: usize,
    next: usize,
    /// The time before the first of them, and of the last.
    from: i64,
    to: i64,
    /// There is nothing that the next ones could follow at once.
    broken: bool,
    /// They have no values.
    lost: bool,
}

impl Frames {
    /// None yet; one is due each so many nanoseconds.
    pub fn new(period: u64) -> Self {
        let period = i64::try_from(period).unwrap_or(i64::MAX).max(1);
        Self { period, count: 0, next: 0, from: 0, to: 0, broken: true, lost: false }
    }

    /// Whether one is left.
    pub fn has_next(&self) -> bool {
        self.next < self.count
    }

    /// So many were drained at this time. With a gap, others were lost before them.
    pub fn came(&mut self, count: usize, gap: bool, time: i64) {
        let broken = self.broken || gap || time <= self.to;
        let span = self.span(i64::try_from(count).unwrap_or(i64::MAX));
        let mut from = if broken { time.saturating_sub(span) } else { self.to };
        if self.to < time {
            // Not before those that were told already.
            from = from.max(self.to);
        }
        *self = Self { count, next: 0, from, to: time, broken: false, lost: false, ..*self };
    }

    /// None were there, though some were due.
    pub fn none(&mut self) {
        self.broken = true;
    }

    /// None can come at this time: rows without values stand for those that were due since the last.
    pub fn lost(&mut self, time: i64) {
        let waited = self.span(i64::try_from(FIFO_WAIT_FRAMES).unwrap_or(i64::MAX));
        let before =
            if self.to == 0 || time < self.to { time.saturating_sub(waited) } else { self.to };
        let due = time.saturating_sub(before) / self.period;
        let count = due.min(MOST_LOST);
        let from = if due > count { time.saturating_sub(self.span(count)) } else { before };
        let to = from.saturating_add(self.span(count));
        let count = usize::try_from(count).unwrap_or(0);
        *self = Self { count, next: 0, from, to, broken: true, lost: true, ..*self };
    }

    /// The next one: its number in the drain, `None` for one without values, and its time.
    pub fn take(&mut self) -> Option<(Option<usize>, i64)> {
        if !self.has_next() {
            return None;
        }
        let frame = (!self.lost).then_some(self.next);
        self.next += 1;
        let part = self.next as f64 / self.count.max(1) as f64;
        let since = (self.to - self.from) as f64 * part;
        Some((frame, self.from.saturating_add(since as i64)))
    }

    fn span(&self, frames: i64) -> i64 {
        self.period.saturating_mul(frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(frames: &mut Frames) -> Vec<(Option<usize>, i64)> {
        std::iter::from_fn(|| frames.take()).collect()
    }

    #[test]
    fn frames_are_spread_from_the_last_of_the_drain_before() {
        let mut frames = Frames::new(100);
        frames.came(2, false, 10_000);
        assert_eq!(all(&mut frames), [(Some(0), 9900), (Some(1), 10_000)]);
        // The chip is slow.
        frames.came(4, false, 10_440);
        let times = [10_110, 10_220, 10_330, 10_440];
        assert_eq!(all(&mut frames), (0..4).map(|i| (Some(i), times[i])).collect::<Vec<_>>());
        frames.came(2, true, 20_000);
        assert_eq!(all(&mut frames)[0], (Some(0), 19_900), "after a gap over their periods");
        frames.came(1, false, 15_000);
        assert_eq!(all(&mut frames), [(Some(0), 15_000)], "the clock was set back");
    }

    #[test]
    fn a_lost_sensor_goes_on_in_rows_without_values_and_comes_back_after_them() {
        let mut frames = Frames::new(100);
        frames.came(1, false, 10_000);
        all(&mut frames);
        frames.none();
        assert!(!frames.has_next());
        frames.lost(10_350);
        assert_eq!(all(&mut frames), [(None, 10_100), (None, 10_200), (None, 10_300)]);
        frames.lost(10_420);
        assert_eq!(all(&mut frames), [(None, 10_400)]);
        // These were read since the start, and none of them before what was told.
        frames.came(4, false, 10_600);
        assert_eq!(
            all(&mut frames),
            (0..4).map(|i| (Some(i), 10_450 + 50 * i as i64)).collect::<Vec<_>>()
        );
        // A clock that was set back, or much time, makes no flood and no silence.
        frames.lost(5000);
        assert_eq!(all(&mut frames).len(), 10);
        frames.lost(1_000_000);
        let told = all(&mut frames);
        assert_eq!((told.len(), told[999]), (1000, (None, 1_000_000)));
    }
}
