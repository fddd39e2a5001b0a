//! What windows of normal data are scored by goes in; stretches of rows that are unlike all the rest come
//! out, with what the threshold would be without them.
//!
//! A few rows of a fault among the normal ones lift the threshold until that fault is never raised. They are
//! found by what the calmest windows are like (concentration steps, as in Rousseeuw & Van Driessen 1999,
//! Technometrics 41(3)). What recurs, as a start-up does, is not odd. Only names them: leaves nothing out.

use super::moments::Moments;
use super::odd::{Odd, OddRows};
use oddity_core::profile::{Channel, Gaussian, SmoothSpec, ThresholdRule};
use oddity_core::smooth::Smoother;
use oddity_core::threshold::{self, Scale};

/// Values that are kept of all windows. Of more windows, every second, fourth, ... one.
const MOST_VALUES: usize = 1 << 20;
/// With more values a window, the covariance would take longer than all else.
const MOST_WIDTH: usize = 512;
/// Fewer windows have no middle to be far from.
const FEWEST: usize = 40;
/// Share of the windows that are the calm ones.
const CALM: f64 = 0.85;
const STEPS: usize = 2;
/// So many times the median distance from the calm ones, a window is odd enough to be named.
pub(super) const NAMED_FROM: f64 = 4.0;
/// And to be left out, where that is asked for: what is left in of a fault hides it.
pub(super) const LEFT_OUT_FROM: f64 = 3.0;
/// One value counts up to so many deviations.
const MOST_DEVIATIONS: f64 = 30.0;
/// Stretches whose mean deviations have a larger cosine than this are of one kind.
const ALIKE: f64 = 0.7;
/// And none of so much smaller a sum of them is.
const AS_LARGE: f64 = 0.25;
/// What comes as often as this is what the machine does.
const RECURS: usize = 3;
/// What more of the windows are is not odd.
const MOST_ODD: f64 = 0.2;
/// Channels that are named, and the least share of one.
const NAMED: usize = 3;
const LEAST_SHARE: f64 = 0.15;

/// One window, by what it is scored by.
#[derive(Clone, Copy, Debug)]
struct Place {
    rows: (u64, u64),
    fold: usize,
}

/// Keeps what windows are scored by.
#[derive(Debug)]
pub(super) struct Gathered {
    width: usize,
    values: Vec<f32>,
    places: Vec<Place>,
    stride: u64,
    seen: u64,
}

impl Gathered {
    /// Of windows that are scored by so many values; `None` where there are too many.
    pub(super) fn new(width: usize) -> Option<Self> {
        let fits = (1..=MOST_WIDTH).contains(&width);
        let (values, places) = (Vec::new(), Vec::new());
        fits.then_some(Self { width, values, places, stride: 1, seen: 0 })
    }

    pub(super) fn add(&mut self, values: &[f64], rows: (u64, u64), fold: usize) {
        self.seen += 1;
        if !(self.seen - 1).is_multiple_of(self.stride) {
            return;
        }
        if self.values.len() + self.width > MOST_VALUES {
            self.thin();
            if !(self.seen - 1).is_multiple_of(self.stride) {
                return;
            }
        }
        self.values.extend(values.iter().map(|&value| value as f32));
        self.places.push(Place { rows, fold });
    }

    fn thin(&mut self) {
        self.stride *= 2;
        let (mut window, mut place) = (0usize, 0usize);
        let (width, last) = (self.width, self.values.len());
        self.values.retain(|_| {
            let keep = (window / width).is_multiple_of(2);
            window += 1;
            keep
        });
        self.places.retain(|_| {
            place += 1;
            !place.is_multiple_of(2)
        });
        debug_assert!(self.values.len() < last);
    }

    fn windows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }

    /// The stretches that are unlike the rest by so many times the median; none where there are, or where they are too many.
    pub(super) fn find(
        &self,
        channels: &[Channel],
        smooth: SmoothSpec,
        (rule, scale, threshold): (ThresholdRule, Scale, f64),
        times: f64,
    ) -> Option<Odd> {
        if self.places.len() < FEWEST {
            return None;
        }
        let usual = self.usual();
        let distances = self.concentrate(&usual);
        let limit = times * quantile(&distances, 0.5);
        let mut stretches = self.runs(&distances, limit, &usual);
        let kinds: Vec<Vec<f64>> = stretches.iter().map(|s| s.deviation.clone()).collect();
        let mut number = 0;
        stretches.retain(|stretch| {
            number += 1;
            let others = kinds.iter().enumerate().filter(|&(other, _)| other + 1 != number);
            others.filter(|(_, other)| comes_again(&stretch.deviation, other)).count() + 1 < RECURS
        });
        let odd: Vec<bool> = self.places.iter().map(|place| within(place, &stretches)).collect();
        let count = odd.iter().filter(|&&odd| odd).count();
        if count == 0 || count as f64 > MOST_ODD * odd.len() as f64 {
            return None;
        }
        let without =
            self.judge(&|at| !odd.get(at).copied().unwrap_or(false), smooth, (rule, scale))?;
        let part = without.threshold / self.judge(&|_| true, smooth, (rule, scale))?.threshold;
        let named = stretches.iter().map(|s| OddRows { rows: s.rows, channels: s.names(channels) });
        Some(Odd {
            stretches: named.collect(),
            threshold,
            without: threshold * part,
            worst: without.worst,
        })
    }

    /// Middle and deviation of each value; the latter is infinite where it hardly moves.
    fn usual(&self) -> Vec<(f64, f64)> {
        let column = |at: usize| -> Vec<f64> {
            self.values.iter().skip(at).step_by(self.width).map(|&value| f64::from(value)).collect()
        };
        let of = |at: usize| {
            let mut values = column(at);
            let middle = quantile(&values, 0.5);
            values.iter_mut().for_each(|value| *value = (*value - middle).abs());
            // Of a normal distribution, this is the standard deviation.
            let deviation = 1.4826 * quantile(&values, 0.5);
            (middle, if deviation > 0.0 { deviation } else { f64::INFINITY })
        };
        (0..self.width).map(of).collect()
    }

    /// How far each window is from the calm ones.
    fn concentrate(&self, usual: &[(f64, f64)]) -> Vec<f64> {
        let first = |window: &[f32]| {
            let squares = deviations(window, usual).map(|d| d * d).sum::<f64>();
            (squares / usual.len().max(1) as f64).sqrt()
        };
        let mut distances: Vec<f64> = self.windows().map(first).collect();
        for _ in 0..STEPS {
            let calm = quantile(&distances, CALM);
            let normal = self.gaussian(|at| distances.get(at).is_some_and(|&d| d <= calm));
            distances = self.distances(&normal);
        }
        distances
    }

    fn gaussian(&self, keep: impl Fn(usize) -> bool) -> Gaussian {
        let mut moments = Moments::full(self.width);
        let mut values = vec![0.0; self.width];
        for (_, window) in self.windows().enumerate().filter(|&(at, _)| keep(at)) {
            values.iter_mut().zip(window).for_each(|(to, &from)| *to = f64::from(from));
            moments.add(&values);
        }
        moments.gaussian()
    }

    /// The Mahalanobis distance of each window.
    fn distances(&self, normal: &Gaussian) -> Vec<f64> {
        let mut from_mean = vec![0.0; self.width];
        let mut distance = |window: &[f32]| {
            let pairs = window.iter().zip(&normal.mean);
            from_mean.iter_mut().zip(pairs).for_each(|(d, (&x, mean))| *d = f64::from(x) - mean);
            let rows = normal.precision.chunks_exact(self.width).zip(&from_mean);
            let square = |(row, x): (&[f64], &f64)| {
                x * row.iter().zip(&from_mean).map(|(p, y)| p * y).sum::<f64>()
            };
            rows.map(square).sum::<f64>().max(0.0).sqrt()
        };
        self.windows().map(&mut distance).collect()
    }

    /// Windows beyond `limit`, joined where they overlap.
    fn runs(&self, distances: &[f64], limit: f64, usual: &[(f64, f64)]) -> Vec<Run> {
        let (mut runs, end) = (Vec::<Run>::new(), self.places.last().map_or(0, |p| p.rows.1));
        let windows = self.windows().zip(&self.places).zip(distances);
        for ((window, place), _) in windows.filter(|&(_, &distance)| distance > limit) {
            match runs.last_mut().filter(|run| place.rows.0 <= run.last.1.saturating_add(1)) {
                Some(run) => run.last = place.rows,
                None => runs.push(Run::new(place.rows, self.width)),
            }
            if let Some(run) = runs.last_mut() {
                let to = run.deviation.iter_mut();
                to.zip(deviations(window, usual)).for_each(|(sum, d)| *sum += d);
            }
        }
        runs.iter_mut().for_each(|run| run.trim(end));
        runs
    }

    /// What those windows alone give: a covariance, by which all are scored, and the threshold.
    fn judge(
        &self,
        keep: &dyn Fn(usize) -> bool,
        smooth: SmoothSpec,
        (rule, scale): (ThresholdRule, Scale),
    ) -> Option<Judged> {
        let distances = self.distances(&self.gaussian(keep));
        let new = || [Smoother::new(smooth), Smoother::new(smooth)];
        let (mut smoothers, mut fold) = (new(), None);
        let (mut scores, mut worst) = (Vec::new(), 0.0f64);
        for (at, (&distance, place)) in distances.iter().zip(&self.places).enumerate() {
            if fold != Some(place.fold) {
                (smoothers, fold) = (new(), Some(place.fold));
            }
            let [of_kept, of_all] = &mut smoothers;
            let live = of_all.push(distance);
            match keep(at) {
                true => scores.push(of_kept.push(distance)),
                false => worst = worst.max(live),
            }
        }
        let threshold = threshold::find(rule, scale, &mut scores).ok()?.value;
        Some(Judged { threshold, worst: worst / threshold })
    }
}

/// What some of the windows say of all.
struct Judged {
    threshold: f64,
    /// The largest smoothed score of the others over the threshold.
    worst: f64,
}

/// Windows beyond the limit that overlap.
#[derive(Debug)]
struct Run {
    /// Rows of its first and of its last window.
    first: (u64, u64),
    last: (u64, u64),
    /// The rows themselves: most of a window at either end is like the rest.
    rows: (u64, u64),
    /// Sum of the deviations of its windows.
    deviation: Vec<f64>,
}

impl Run {
    fn new(rows: (u64, u64), width: usize) -> Self {
        Self { first: rows, last: rows, rows, deviation: vec![0.0; width] }
    }

    fn trim(&mut self, end: u64) {
        let half = |(first, last): (u64, u64)| (last + 1).saturating_sub(first) / 2;
        let from = if self.first.0 <= 1 { 1 } else { self.first.0 + half(self.first) };
        let to = if self.last.1 >= end { end } else { self.last.1.saturating_sub(half(self.last)) };
        // One window alone is about its middle.
        self.rows = (from.min(to), to.max(from));
    }

    /// The channels that deviate most.
    fn names(&self, channels: &[Channel]) -> Vec<String> {
        let mut squares = vec![0.0; channels.len()];
        for part in self.deviation.chunks(channels.len().max(1)) {
            squares.iter_mut().zip(part).for_each(|(sum, d)| *sum += d * d);
        }
        let total: f64 = squares.iter().sum();
        let mut ranked: Vec<(f64, &str)> =
            squares.iter().copied().zip(channels.iter().map(|c| c.name.as_str())).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let large = ranked
            .iter()
            .enumerate()
            .filter(|&(at, &(square, _))| at == 0 || square > LEAST_SHARE * total);
        large.take(NAMED).map(|(_, &(_, name))| name.to_owned()).collect()
    }
}

/// Whether a window holds a row of one of them.
fn within(place: &Place, runs: &[Run]) -> bool {
    runs.iter().any(|run| place.rows.0 <= run.rows.1 && place.rows.1 >= run.rows.0)
}

/// In deviations from the middle.
fn deviations<'a>(
    window: &'a [f32],
    usual: &'a [(f64, f64)],
) -> impl Iterator<Item = f64> + use<'a> {
    window.iter().zip(usual).map(|(&value, &(middle, deviation))| {
        ((f64::from(value) - middle) / deviation).clamp(-MOST_DEVIATIONS, MOST_DEVIATIONS)
    })
}

/// Whether one stretch is like another, and no mere shadow of it: where a model has not learned from a fault, it is less
/// good at all that is near.
fn comes_again(one: &[f64], other: &[f64]) -> bool {
    let size = |stretch: &[f64]| stretch.iter().map(|d| d * d).sum::<f64>().sqrt();
    cosine(one, other) > ALIKE && size(other) > AS_LARGE * size(one)
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f64::MIN_POSITIVE)
}

fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    threshold::quantile(&sorted, q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oddity_core::profile::ScoreKind;

    const WINDOW: u64 = 10;

    fn noise(i: usize) -> f64 {
        let x = (i as f64 * 12.9898).sin() * 43_758.547;
        x - x.floor() - 0.5
    }

    /// What is found in windows of two channels, of which `odd` says how far off the first one is.
    fn found(windows: usize, odd: impl Fn(usize) -> [f64; 2]) -> Option<Odd> {
        let mut gathered = Gathered::new(4).unwrap();
        for i in 0..windows {
            let [level, other] = odd(i);
            let values =
                [noise(i), noise(i + 5000), noise(i + 9000) + level, noise(i + 777) + other];
            gathered.add(&values, (i as u64 + 1, i as u64 + WINDOW), 4 * i / windows);
        }
        let channel = |name: &str| Channel {
            name: name.into(),
            unit: None,
            mean: 0.0,
            scale: 1.0,
            longest_run: None,
            seen: None,
            sensitivity: None,
        };
        let rule = ThresholdRule::Quantile { q: 0.99, factor: 2.0 };
        let smooth = SmoothSpec::Ewma { alpha: 0.2 };
        let scale =
            Scale::new(ScoreKind::MahalanobisWindow, (2, WINDOW as usize, 1), smooth, Some(1.0));
        gathered.find(&[channel("a"), channel("b")], smooth, (rule, scale, 10.0), NAMED_FROM)
    }

    #[test]
    fn a_stretch_unlike_the_rest_is_named_with_its_channel() {
        let odd = found(600, |i| [if (300..330).contains(&i) { 9.0 } else { 0.0 }, 0.0]).unwrap();
        let [OddRows { rows: (from, to), channels }] = odd.stretches.as_slice() else { panic!() };
        assert!((300..=310).contains(from) && (325..=340).contains(to), "{odd:?}");
        assert_eq!(*channels, ["a"]);
        assert!(odd.decide() && odd.without < 0.6 * odd.threshold && odd.worst > 1.0, "{odd:?}");
        let words = odd.to_string();
        assert!(words.contains("(a) are unlike the rest: without them the threshold"), "{words}");
    }

    #[test]
    fn what_recurs_and_what_is_half_of_the_data_is_not_odd() {
        assert_eq!(found(600, |_| [0.0; 2]), None);
        let start = |i: usize| [if i % 200 < 12 { 9.0 } else { 0.0 }, 0.0];
        assert_eq!(found(600, start), None);
        let half = |i: usize| [if i < 240 { 9.0 } else { 0.0 }, 0.0];
        assert_eq!(found(600, half), None);
        let twice = |i: usize| [if matches!(i, 100..112 | 350..362) { 9.0 } else { 0.0 }, 0.0];
        assert_eq!(found(600, twice).unwrap().stretches.len(), 2, "a fault may have come twice");
        // Two that are each of their own kind are odd.
        let two = |i: usize| match i {
            100..110 => [9.0, 0.0],
            400..410 => [0.0, -9.0],
            _ => [0.0, 0.0],
        };
        assert_eq!(found(600, two).unwrap().stretches.len(), 2);
        assert_eq!(found(FEWEST - 1, two), None);
    }

    #[test]
    fn of_very_many_windows_some_are_kept() {
        let mut gathered = Gathered::new(MOST_WIDTH).unwrap();
        let windows = 3 * MOST_VALUES / MOST_WIDTH;
        for i in 0..windows {
            gathered.add(&[i as f64; MOST_WIDTH], (i as u64 + 1, i as u64 + 1), 0);
        }
        assert!(gathered.values.len() <= MOST_VALUES && gathered.stride == 4);
        let mut same = gathered.windows().zip(&gathered.places);
        assert!(same.all(|(window, place)| f64::from(window[0]) as u64 + 1 == place.rows.0));
        assert_eq!(gathered.places.len(), windows.div_ceil(4));
        assert!(Gathered::new(MOST_WIDTH + 1).is_none() && Gathered::new(0).is_none());
    }
}
