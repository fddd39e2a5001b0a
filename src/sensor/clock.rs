//! When the next row is due: ticks that do not drift, whatever the reading of a row takes.

use std::io;
use std::time::{Duration, SystemTime};

use embedded_hal::delay::DelayNs;
use oddity_core::types::Time;
use oddity_sensors::health::Nanos;
use rustix::io::Errno;
use rustix::thread::{ClockId, clock_nanosleep_absolute};
use rustix::time::{Timespec, clock_gettime};

/// Ticks of one period, counted from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticks {
    period: Nanos,
    last: Option<Nanos>,
}

impl Ticks {
    pub fn new(period: Nanos) -> Self {
        Self { period: period.max(1), last: None }
    }

    /// When the next tick is: the first one now. Those that have passed meanwhile are left out, for readings
    /// one upon the other would tell nothing.
    pub fn next(&mut self, now: Nanos) -> Nanos {
        let due = match self.last {
            None => now,
            Some(last) => {
                let passed = now.saturating_sub(last) / self.period;
                last.saturating_add(passed.max(1).saturating_mul(self.period))
            }
        };
        self.last = Some(due);
        due
    }
}

/// Nanoseconds of a clock that never goes back.
pub(super) fn monotonic() -> Nanos {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0))
}

/// What the clock on the wall says.
pub(super) fn wall() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    microseconds(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// A time in whole microseconds, as it is written: what is recorded and what is watched say the same.
pub(super) fn microseconds(nanos: i64) -> Time {
    Time(nanos - nanos.rem_euclid(1000))
}

/// Waits for a time of the clock that never goes back. `false` when a signal came first.
pub(super) fn sleep_until(due: Nanos) -> io::Result<bool> {
    let seconds = i64::try_from(due / 1_000_000_000).unwrap_or(i64::MAX);
    let until = Timespec { tv_sec: seconds, tv_nsec: (due % 1_000_000_000) as _ };
    match clock_nanosleep_absolute(ClockId::Monotonic, &until) {
        Ok(()) => Ok(true),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Waits between two transfers.
#[derive(Debug)]
pub(super) struct Sleep;

impl DelayNs for Sleep {
    fn delay_ns(&mut self, ns: u32) {
        std::thread::sleep(Duration::from_nanos(ns.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_do_not_drift_and_those_that_have_passed_are_left_out() {
        let mut ticks = Ticks::new(10);
        let due = [5, 6, 16, 35, 36, 80].map(|now| ticks.next(now));
        assert_eq!(due, [5, 15, 25, 35, 45, 75]);
    }

    #[test]
    fn a_time_that_has_passed_is_not_waited_for() {
        assert!(sleep_until(1).unwrap());
        assert!(sleep_until(monotonic() + 1000).unwrap());
    }
}
