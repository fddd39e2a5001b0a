//! How long things take: calls go in, the fastest and the median of many short bursts come out.
//!
//! A burst is as many calls as fill half a millisecond, so that the clock does not count, and so short
//! that some pass undisturbed on a busy machine. All are measured in turn, round by round: what slows the
//! machine down for a while slows all of them. Knows nothing of models.

use std::time::{Duration, Instant};

/// About as long as one burst takes, where a call takes less.
const BURST: Duration = Duration::from_micros(500);

/// Times that each is taken up again.
const ROUNDS: u32 = 10;

/// Calls before it counts, at most, and how long they may go on.
const WARM_UP: (u32, Duration) = (20, Duration::from_millis(20));

/// Something that is measured. A call says how many units of work it did.
pub(super) struct Subject<'a> {
    call: Box<dyn FnMut() -> anyhow::Result<u64> + 'a>,
    /// In a burst.
    calls: u32,
    /// Nanoseconds a unit in the fastest call of the warm-up.
    first_ns: f64,
    /// Nanoseconds a unit.
    bursts: Vec<f64>,
    spent: Duration,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    /// Nanoseconds a unit in the fastest burst.
    pub(super) fastest_ns: f64,
    /// In the median of the bursts.
    pub(super) median_ns: f64,
    /// How many there were.
    pub(super) bursts: usize,
}

impl<'a> Subject<'a> {
    /// Warms it up.
    pub(super) fn new(call: impl FnMut() -> anyhow::Result<u64> + 'a) -> anyhow::Result<Self> {
        let mut subject = Self {
            call: Box::new(call),
            calls: 1,
            first_ns: f64::INFINITY,
            bursts: Vec::new(),
            spent: Duration::ZERO,
        };
        let (calls, time) = WARM_UP;
        let (begin, mut fastest) = (Instant::now(), Duration::MAX);
        for _ in 0..calls {
            let (took, each_ns) = subject.burst()?;
            fastest = fastest.min(took);
            subject.first_ns = subject.first_ns.min(each_ns);
            if begin.elapsed() > time {
                break;
            }
        }
        let calls = BURST.as_nanos() / fastest.as_nanos().max(1);
        subject.calls = u32::try_from(calls).unwrap_or(u32::MAX).clamp(1, 1_000_000);
        Ok(subject)
    }

    /// Nanoseconds a unit, at a first look.
    pub(super) fn first_ns(&self) -> f64 {
        self.first_ns
    }

    /// How long it took, and the nanoseconds of a unit.
    fn burst(&mut self) -> anyhow::Result<(Duration, f64)> {
        let (begin, mut units) = (Instant::now(), 0u64);
        for _ in 0..self.calls {
            units += (self.call)()?;
        }
        let took = begin.elapsed();
        anyhow::ensure!(units > 0, "nothing was there to be measured");
        // A clock that stands still would make everything infinitely fast.
        Ok((took, took.as_nanos().max(1) as f64 / units as f64))
    }

    /// One burst at least, and more until `slice` is over; none where `share` is spent.
    fn take(&mut self, slice: Duration, share: Duration) -> anyhow::Result<()> {
        if self.spent >= share && !self.bursts.is_empty() {
            return Ok(());
        }
        let mut left = slice;
        loop {
            let (took, each_ns) = self.burst()?;
            self.bursts.push(each_ns);
            self.spent += took;
            if took >= left {
                return Ok(());
            }
            left -= took;
        }
    }

    fn figure(mut self) -> Figure {
        self.bursts.sort_by(f64::total_cmp);
        let bursts = self.bursts.len();
        // `take` has been called: there is one at least.
        let at = |index: usize| self.bursts.get(index).copied().unwrap_or(self.first_ns);
        Figure { fastest_ns: at(0), median_ns: at(bursts / 2), bursts }
    }
}

/// Measures all of them, in turn, for about `time` together; each gets one burst at least.
pub(super) fn measure(
    mut subjects: Vec<Subject<'_>>,
    time: Duration,
) -> anyhow::Result<Vec<Figure>> {
    let share = time / u32::try_from(subjects.len()).unwrap_or(u32::MAX).max(1);
    for _ in 0..ROUNDS {
        for subject in &mut subjects {
            subject.take(share / ROUNDS, share)?;
        }
    }
    Ok(subjects.into_iter().map(Subject::figure).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_called_and_the_fastest_is_no_slower_than_the_median() {
        let mut calls = [0u32; 2];
        let [one, other] = &mut calls;
        let count = |calls: &mut u32| {
            *calls += 1;
            Ok(2)
        };
        let subjects = vec![
            Subject::new(|| count(one)).unwrap(),
            // As slow as a whole slice: one burst a round, until its share is spent.
            Subject::new(|| {
                std::thread::sleep(Duration::from_millis(2));
                count(other)
            })
            .unwrap(),
        ];
        let figures = measure(subjects, Duration::from_millis(4)).unwrap();
        assert!(calls[0] > 100 && calls[1] >= 2, "{calls:?}");
        for Figure { fastest_ns, median_ns, bursts } in &figures {
            assert!(*fastest_ns > 0.0 && fastest_ns <= median_ns && *bursts > 0, "{figures:?}");
        }
        assert!(figures[1].fastest_ns >= 1e6, "2 ms are two units of 1 ms: {figures:?}");
    }

    #[test]
    fn nothing_done_and_errors_are_errors() {
        assert!(Subject::new(|| Ok(0)).is_err());
        assert!(Subject::new(|| anyhow::bail!("broken")).is_err());
    }
}
