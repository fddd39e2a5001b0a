//! The windows of an alert that is raised go in; that it still lasts comes out, at doubling intervals, and that another
//! channel has taken over.
//!
//! An alert that nobody has ended must neither be forgotten nor hide what goes wrong besides. Memory is fixed; no
//! clock: time comes in with the windows.

use alloc::vec;
use alloc::vec::Vec;

use crate::event::{Because, Since};
use crate::health::ChannelMask;

/// After so many seconds it is said for the first time that an alert lasts.
const FIRST_S: f64 = 3600.0;
/// And after so many rows, a window each: rows may come once an hour.
const FIRST_ROWS: u64 = 100;
/// Weight of a window's share in the mean of a channel's, about that of 30 windows.
const ALPHA: f64 = 0.065;
/// A channel with more of the score than all others together is what it is about.
const TAKES_OVER: f64 = 0.5;
/// Channels that were named when the alert was raised.
const NAMED: usize = 3;

/// Follows the alerts of one stream.
#[derive(Clone, Debug)]
pub struct Ongoing {
    since: Since,
    since_s: f64,
    next_s: f64,
    first_windows: u64,
    next_windows: u64,
    windows: u64,
    shares: Vec<f64>,
    named: ChannelMask,
}

impl Ongoing {
    /// No alert, of so many channels, where so many rows are averaged to one of a window.
    pub fn new(channels: usize, average: usize) -> Self {
        let first_windows = FIRST_ROWS.div_ceil((average as u64).max(1));
        Self {
            since: Since::default(),
            since_s: 0.0,
            next_s: FIRST_S,
            first_windows,
            next_windows: first_windows,
            windows: 0,
            shares: vec![0.0; channels],
            named: ChannelMask::new(channels),
        }
    }

    /// Bytes that one takes besides itself.
    pub fn bytes(channels: usize) -> usize {
        channels * size_of::<f64>() + channels.div_ceil(8)
    }

    /// An alert is raised; `blame` has the channels by their share, the largest first.
    pub fn raised(&mut self, since: Since, now_s: f64, blame: &[(usize, f64)]) {
        (self.since, self.since_s) = (since, now_s);
        (self.next_s, self.next_windows, self.windows) = (FIRST_S, self.first_windows, 0);
        self.shares.fill(0.0);
        self.named.clear();
        blame.iter().take(NAMED).for_each(|&(channel, _)| self.named.set(channel));
    }

    /// Where the alert was raised.
    pub fn since(&self) -> Since {
        self.since
    }

    /// Another window of a raised alert, with each channel's share in its score, and whether it is odd by itself: what is
    /// left of a fault that is over has no channel to blame.
    pub fn window(&mut self, shares: &[f64], is_odd: bool, now_s: f64) -> Option<Because> {
        self.windows = self.windows.saturating_add(1);
        let mut another = None;
        let shares = if is_odd { shares } else { &[] };
        for (channel, (mean, share)) in self.shares.iter_mut().zip(shares).enumerate() {
            *mean += ALPHA * (share - *mean);
            if *mean > TAKES_OVER && !self.named.get(channel) {
                another = Some(channel);
            }
        }
        // A clock that was set back: as if it were raised now.
        if now_s < self.since_s {
            self.since_s = now_s;
        }
        if let Some(channel) = another {
            self.named.set(channel);
            return Some(Because::AnotherChannel);
        }
        if now_s - self.since_s >= self.next_s && self.windows >= self.next_windows {
            self.next_s = 2.0 * self.next_s.max(0.5 * (now_s - self.since_s));
            self.next_windows = self.windows.saturating_mul(2);
            return Some(Because::Lasts);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ongoing() -> Ongoing {
        let mut ongoing = Ongoing::new(4, 1);
        ongoing.raised(Since { row: 7, time: None }, 1000.0, &[(0, 0.9), (1, 0.1)]);
        ongoing
    }

    /// Seconds after the alert was raised at which something is said.
    fn said(
        ongoing: &mut Ongoing,
        windows: u32,
        step_s: f64,
        shares: [f64; 4],
    ) -> Vec<(f64, Because)> {
        let at = |window: u32| step_s * f64::from(window);
        (1..=windows)
            .filter_map(|window| {
                Some((at(window), ongoing.window(&shares, true, 1000.0 + at(window))?))
            })
            .collect()
    }

    #[test]
    fn an_alert_that_lasts_is_told_at_doubling_intervals() {
        let found = said(&mut ongoing(), 40_000, 1.0, [1.0, 0.0, 0.0, 0.0]);
        let lasts = |hours: f64| (3600.0 * hours, Because::Lasts);
        assert_eq!(found, [lasts(1.0), lasts(2.0), lasts(4.0), lasts(8.0)]);
        // Rows once an hour are not told each.
        let found = said(&mut ongoing(), 500, 3600.0, [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(found, [lasts(100.0), lasts(200.0), lasts(400.0)]);
    }

    #[test]
    fn another_channel_is_told_once() {
        let mut ongoing = ongoing();
        assert_eq!(said(&mut ongoing, 100, 1.0, [0.2, 0.8, 0.0, 0.0]), [], "it was named");
        let found = said(&mut ongoing, 200, 1.0, [0.2, 0.0, 0.8, 0.0]);
        assert!(
            matches!(found[..], [(at, Because::AnotherChannel)] if (5.0..60.0).contains(&at)),
            "{found:?}"
        );
    }
}
