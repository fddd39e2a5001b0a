//! What lies along a shared axis: rows, seconds, or the time of day. Its two ends go in; ticks at round places come out.

use oddity_core::types::Time;

use super::axis::{Axis, Scale};

/// What the places of an axis stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Numbers of rows.
    Rows,
    /// Seconds from a start that has no date.
    Seconds,
    /// Seconds from this time.
    Dated(Time),
}

/// A place with what is written there.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// On the axis.
    pub place: f64,
    /// Short.
    pub text: String,
}

/// Seconds between ticks; days and weeks are 86400 and 604800.
const STEPS: [f64; 26] = [
    0.001, 0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0,
    1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0, 432_000.0,
    864_000.0,
];
const DAY: f64 = 86_400.0;

impl Along {
    /// About so many ticks between two places.
    pub fn ticks(self, (from, to): (f64, f64), about: usize) -> Vec<Tick> {
        match self {
            Self::Dated(origin) => dated(origin, (from, to), about),
            Self::Rows | Self::Seconds => {
                let scale = if self == Self::Rows { Scale::Whole } else { Scale::Linear };
                let axis = Axis::new("", scale, (from, to), about);
                let tick =
                    |(place, text): &(f64, String)| Tick { place: *place, text: text.clone() };
                axis.ticks().iter().map(tick).collect()
            }
        }
    }

    /// What the axis is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "row",
            Self::Seconds => "seconds",
            Self::Dated(_) => "time (UTC)",
        }
    }

    /// A place in words, to the second.
    pub fn words(self, place: f64) -> String {
        match self {
            Self::Rows => format!("row {place:.0}"),
            Self::Seconds => format!("{place:.0} s"),
            Self::Dated(origin) => civil(origin, place, "%Y-%m-%d %H:%M:%S"),
        }
    }
}

fn dated(origin: Time, (from, to): (f64, f64), about: usize) -> Vec<Tick> {
    let raw = (to - from) / about.max(1) as f64;
    let days = |n: f64| n * DAY;
    let long = [days(30.0), days(91.0), days(182.0), days(365.25), days(1826.25)];
    let fits = STEPS.into_iter().chain(long).find(|step| *step >= raw);
    let step = fits.unwrap_or_else(|| (raw / days(3652.5)).ceil() * days(3652.5));
    // Round on the clock, not from where the data begins.
    let start = origin.0 as f64 / Time::SECOND as f64;
    let first = ((start + from) / step - 1e-9).ceil();
    let format = match step {
        s if s < 1.0 => "%H:%M:%S%.3f",
        s if s < 60.0 => "%H:%M:%S",
        s if s < DAY => "%H:%M",
        s if s < days(300.0) => "%-d %b",
        _ => "%Y",
    };
    let places = (0..64).map(|n| (first + f64::from(n)) * step);
    places
        .map(|at| (at, at - start))
        .take_while(|(_, place)| *place <= to + 1e-9 * step)
        .map(|(at, place)| {
            let midnight = (at / DAY).fract() == 0.0 && step < DAY;
            Tick { place, text: civil(origin, place, if midnight { "%-d %b" } else { format }) }
        })
        .collect()
}

/// Seconds after `origin` by the calendar, UTC; a time beyond it has none.
fn civil(origin: Time, seconds: f64, format: &str) -> String {
    let nanoseconds =
        i128::from(origin.0).saturating_add((seconds * Time::SECOND as f64).round() as i128);
    let time = jiff::Timestamp::from_nanosecond(nanoseconds);
    time.map_or_else(|_| "?".into(), |time| time.strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(along: Along, ends: (f64, f64), about: usize) -> Vec<String> {
        along.ticks(ends, about).into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn ticks_are_round_on_the_clock() {
        // 2026-01-01T23:50:10Z
        let start = Along::Dated(Time(1_767_311_410 * Time::SECOND));
        assert_eq!(
            texts(start, (0.0, 1800.0), 4),
            ["00:00", "00:10", "00:20"]
                .map(|text| { if text == "00:00" { "2 Jan".to_owned() } else { text.to_owned() } })
        );
        assert_eq!(texts(start, (0.0, 30.0), 3), ["23:50:10", "23:50:20", "23:50:30", "23:50:40"]);
        assert_eq!(texts(start, (0.0, 3.0 * 86_400.0), 3), ["2 Jan", "3 Jan", "4 Jan"]);
        assert!(texts(start, (0.0, 3e9), 5).len() <= 8);
        assert_eq!(texts(Along::Rows, (1.0, 3.0), 5), ["1", "2", "3"]);
        assert_eq!(start.words(0.0), "2026-01-01 23:50:10");
        assert_eq!(Along::Dated(Time(i64::MAX)).words(1e30), "?");
    }
}
