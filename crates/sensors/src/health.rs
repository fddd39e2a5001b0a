//! Whether a sensor does what it should: what came of each reading goes in with its time, what to do next and
//! what to tell comes out. Pure: no clock, no bus.
//!
//! ```text
//!          started                    errors in a row
//!  Idle ------------> Running ----------------------------> Lost, with a wait that doubles
//!    ^                                                          |
//!    +----------------------------- the wait is over -----------+
//! ```

use crate::channel::Channel;

/// Nanoseconds of a clock that never goes back.
pub type Nanos = u64;

/// When to say and do something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The period of the readings.
    pub period: Nanos,
    /// A reading that comes so much later than a period after the last is late.
    pub late: Nanos,
    /// So many failed readings in a row, and the chip is started again. At least 1.
    pub errors: u32,
    /// The first wait before that.
    pub first_wait: Nanos,
    /// The wait doubles up to this.
    pub longest_wait: Nanos,
    /// So many saturated readings of a channel in a row are told. At least 1.
    pub saturated: u32,
}

impl Limits {
    /// For readings so many nanoseconds apart: late by half a period, started again after 5 errors, waits
    /// from 0.5 to 30 s, saturated after 3.
    pub fn of_period(period: Nanos) -> Self {
        Self {
            period,
            late: period / 2,
            errors: 5,
            first_wait: 500_000_000,
            longest_wait: 30_000_000_000,
            saturated: 3,
        }
    }
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Start the chip.
    Start,
    /// Read it.
    Read,
    /// Nothing before this time.
    Wait(Nanos),
}

/// Something worth telling, once each time that it begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// So many readings failed in a row: the chip is given up until it can be started again.
    Lost {
        /// Failed readings.
        errors: u32,
    },
    /// The chip gives readings again.
    Back {
        /// Nanoseconds since the last good reading.
        after: Nanos,
    },
    /// Frames were lost between two drains.
    Overrun,
    /// A reading came this much later than a period after the last, and the one before it had not.
    Late {
        /// Nanoseconds.
        by: Nanos,
    },
    /// A channel has been at the end of its range for a few readings.
    Saturated {
        /// Which one, from 0.
        channel: usize,
        /// At the upper end.
        high: bool,
    },
    /// A channel has left the end of its range.
    Unsaturated {
        /// Which one, from 0.
        channel: usize,
    },
}

/// What has been counted since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Good readings.
    pub readings: u64,
    /// Failed readings and failed starts.
    pub errors: u64,
    /// Starts after a loss.
    pub restarts: u64,
    /// Times that frames were lost.
    pub overruns: u64,
    /// Readings that were late.
    pub late: u64,
    /// The largest difference from the period.
    pub worst_jitter: Nanos,
    /// The mean difference from the period, smoothed over 16 readings as in RFC 3550.
    pub jitter: Nanos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Running { errors: u32 },
    Lost { until: Nanos },
}

/// How long a channel has been at an end of its range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct AtEnd {
    high: bool,
    readings: u32,
}

/// The state of one sensor of up to `CHANNELS` channels; those beyond are not watched for saturation.
#[derive(Clone, Debug, PartialEq)]
pub struct Health<const CHANNELS: usize> {
    limits: Limits,
    state: State,
    wait: Nanos,
    /// The last good reading.
    last: Option<Nanos>,
    /// Nothing is said of the period across a loss or a gap.
    broken: bool,
    late: bool,
    lost: bool,
    ranges: [(f32, f32); CHANNELS],
    at_end: [AtEnd; CHANNELS],
    counts: Counts,
}

impl<const CHANNELS: usize> Health<CHANNELS> {
    /// A sensor that is yet to be started.
    pub fn new<'a>(limits: Limits, channels: impl Iterator<Item = Channel<'a>>) -> Self {
        let mut ranges = [(f32::NEG_INFINITY, f32::INFINITY); CHANNELS];
        for (range, channel) in ranges.iter_mut().zip(channels) {
            *range = (channel.low, channel.high);
        }
        Self {
            limits,
            state: State::Idle,
            wait: limits.first_wait,
            last: None,
            broken: false,
            late: false,
            lost: false,
            ranges,
            at_end: [AtEnd::default(); CHANNELS],
            counts: Counts::default(),
        }
    }

    /// What is to be done at this time.
    pub fn next(&self, now: Nanos) -> Next {
        match self.state {
            State::Idle => Next::Start,
            State::Running { .. } => Next::Read,
            State::Lost { until } if until <= now => Next::Start,
            State::Lost { until } => Next::Wait(until),
        }
    }

    /// The chip was started.
    pub fn started(&mut self) {
        self.counts.restarts += u64::from(self.lost);
        self.state = State::Running { errors: 0 };
        self.broken = true;
    }

    /// The chip could not be started.
    pub fn not_started(&mut self, now: Nanos, tell: &mut impl FnMut(Note)) {
        self.counts.errors += 1;
        self.lose(now, 1, tell);
    }

    /// A reading failed: the bus did, or nothing new was there.
    pub fn failed(&mut self, now: Nanos, tell: &mut impl FnMut(Note)) {
        self.counts.errors += 1;
        self.broken = true;
        let before = if let State::Running { errors } = self.state { errors } else { 0 };
        let errors = before.saturating_add(1);
        self.state = State::Running { errors };
        if errors >= self.limits.errors.max(1) {
            self.lose(now, errors, tell);
        }
    }

    /// Frames were lost in the chip.
    pub fn overrun(&mut self, tell: &mut impl FnMut(Note)) {
        self.counts.overruns += 1;
        self.broken = true;
        tell(Note::Overrun);
    }

    /// A reading came: its channels in order, missing ones not a number. Of a drain, call it for the last
    /// frame with its time and [`Self::values`] for those before it.
    pub fn read(&mut self, now: Nanos, values: &[f32], tell: &mut impl FnMut(Note)) {
        self.counts.readings += 1;
        self.state = State::Running { errors: 0 };
        self.wait = self.limits.first_wait;
        if core::mem::take(&mut self.lost) {
            tell(Note::Back { after: self.last.map_or(0, |last| now.saturating_sub(last)) });
        }
        let broken = core::mem::take(&mut self.broken);
        if let Some(last) = self.last.filter(|_| !broken) {
            self.period(now.saturating_sub(last), tell);
        }
        self.last = Some(now);
        self.values(values, tell);
    }

    /// Looks at the values alone.
    pub fn values(&mut self, values: &[f32], tell: &mut impl FnMut(Note)) {
        let needed = self.limits.saturated.max(1);
        let channels = self.ranges.iter().zip(&mut self.at_end).zip(values).enumerate();
        for (channel, (((low, high), at_end), value)) in channels {
            let end = if value >= high {
                Some(true)
            } else if value <= low {
                Some(false)
            } else {
                None
            };
            let was_told = at_end.readings >= needed;
            match end {
                Some(high) if at_end.readings > 0 && at_end.high == high => {
                    at_end.readings = at_end.readings.saturating_add(1);
                }
                Some(high) => *at_end = AtEnd { high, readings: 1 },
                None => at_end.readings = 0,
            }
            match end {
                Some(high) if at_end.readings == needed => {
                    tell(Note::Saturated { channel, high });
                }
                None if was_told => tell(Note::Unsaturated { channel }),
                _ => {}
            }
        }
    }

    /// What has been counted.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn lose(&mut self, now: Nanos, errors: u32, tell: &mut impl FnMut(Note)) {
        if !self.lost {
            self.lost = true;
            tell(Note::Lost { errors });
        }
        self.state = State::Lost { until: now.saturating_add(self.wait) };
        self.wait = self.wait.saturating_mul(2).min(self.limits.longest_wait);
    }

    fn period(&mut self, passed: Nanos, tell: &mut impl FnMut(Note)) {
        let off = passed.abs_diff(self.limits.period);
        self.counts.worst_jitter = self.counts.worst_jitter.max(off);
        let jitter = self.counts.jitter;
        self.counts.jitter = jitter - jitter / 16 + off / 16;
        let late = passed > self.limits.period.saturating_add(self.limits.late);
        let was_late = core::mem::replace(&mut self.late, late);
        self.counts.late += u64::from(late);
        if late && !was_late {
            tell(Note::Late { by: off });
        }
    }
}
