//! Readings of several streams go in; whether one mean and scale do for all of them comes out.
//!
//! A model of one temperature near 23 and one pressure near 2 sees neither move: what is usual between them is
//! hundreds of times what is usual within each.

use crate::terminal::four_digits;
use oddity_core::profile::{MAX_STREAM_SCALES, StreamScale};

/// Readings of a stream that tell its mean and scale.
const LEAST: u64 = 50;
/// The spread of all streams together, in that of one alone, from which one scale does not do.
pub(super) const UNLIKE: f64 = 4.0;
/// Streams that a message names.
const SHOWN: usize = 4;

/// Mean and spread of one channel in one stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Spread {
    pub(super) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / self.count as f64;
        self.squares += delta * (value - self.mean);
    }

    /// `None` without readings.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// Whether there is enough of it.
    fn tells(&self) -> bool {
        self.count >= LEAST && self.deviation() > 0.0
    }

    /// Of the population.
    fn deviation(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }
}

/// The streams of the data, each with its channels.
#[derive(Clone, Debug, Default)]
pub(super) struct Spreads(Vec<(String, Vec<Spread>)>);

/// What each stream is normalised by.
#[derive(Clone, Debug, Default)]
pub(super) struct Unlike {
    pub(super) streams: Vec<StreamScale>,
    pub(super) said: Option<String>,
}

impl Spreads {
    pub(super) fn add(&mut self, stream: &str, channels: Vec<Spread>) {
        match self.0.iter_mut().find(|(name, _)| name == stream) {
            // The same stream in another file.
            Some((_, known)) => {
                for (known, other) in known.iter_mut().zip(channels) {
                    known.merge(other);
                }
            }
            None => self.0.push((stream.to_owned(), channels)),
        }
    }

    /// Mean and spread of each channel in all streams together.
    pub(super) fn pooled(&self) -> Vec<(f64, f64)> {
        let mut pooled: Vec<Spread> = Vec::new();
        for (_, channels) in &self.0 {
            pooled.resize(channels.len().max(pooled.len()), Spread::default());
            pooled.iter_mut().zip(channels).for_each(|(pooled, other)| pooled.merge(*other));
        }
        pooled.iter().map(|spread| (spread.mean, spread.deviation())).collect()
    }

    /// How the streams differ most, in words, where the spread of all together is more than `unlike` times that of one. `channels` are as of
    /// [`Spreads::judge`].
    pub(super) fn difference(
        &self,
        channels: &[(usize, &str, f64, f64)],
        unlike: f64,
    ) -> Option<String> {
        let worst = channels.iter().filter_map(|&(place, name, _, pooled)| {
            let of = self
                .0
                .iter()
                .filter_map(|(_, spreads)| spreads.get(place))
                .filter(|spread| spread.tells());
            let least = of.clone().map(Spread::deviation).min_by(f64::total_cmp)?;
            (of.count() > 1).then_some((pooled / least, place, name))
        });
        let worst = worst.max_by(|a, b| a.0.total_cmp(&b.0));
        let (_, place, name) = worst.filter(|(ratio, ..)| *ratio > unlike)?;
        let mut shown: Vec<String> = Vec::new();
        for (stream, spreads) in &self.0 {
            if let Some(spread) = spreads.get(place).filter(|spread| spread.tells()) {
                shown.push(format!(
                    "{} +- {} in {stream}",
                    signed(spread.mean),
                    four_digits(spread.deviation())
                ));
            }
        }
        let more = match shown.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and so on in {more} more"),
        };
        shown.truncate(SHOWN);
        Some(format!("{name} is {}{more}", shown.join(", ")))
    }

    /// Scales of their own for streams that one scale does not do for; `channels` are the places of those that are
    /// used, with name, mean and scale of all streams together.
    pub(super) fn judge(&self, channels: &[(usize, &str, f64, f64)]) -> Unlike {
        let Some(shown) = self.difference(channels, UNLIKE) else { return Unlike::default() };
        let what = format!("the streams differ in scale: {shown}");
        if self.0.len() > MAX_STREAM_SCALES {
            let said = format!(
                "{what}; there are too many streams for scales of their own: fit a model for each kind"
            );
            return Unlike { streams: Vec::new(), said: Some(said) };
        }
        let streams = self.0.iter().map(|(stream, spreads)| {
            let of = |&(place, _, mean, scale): &(usize, &str, f64, f64)| {
                let spread = spreads.get(place).filter(|spread| spread.tells());
                spread.map_or((mean, scale), |spread| (spread.mean, spread.deviation()))
            };
            let (mean, scale) = channels.iter().map(of).unzip();
            StreamScale { name: stream.clone(), mean, scale }
        });
        let said = format!(
            "{what}; each is held against its own mean and scale, and a stream with another name against those of \
             all together"
        );
        Unlike { streams: streams.collect(), said: Some(said) }
    }
}

impl Spread {
    /// Both together: Chan, Golub & LeVeque 1979, "Updating formulae", eq. 2.1.
    fn merge(&mut self, other: Self) {
        let count = self.count + other.count;
        if count == 0 {
            return;
        }
        let delta = other.mean - self.mean;
        let (a, b) = (self.count as f64, other.count as f64);
        self.squares += other.squares + delta * delta * a * b / count as f64;
        self.mean += delta * b / count as f64;
        self.count = count;
    }
}

fn signed(value: f64) -> String {
    format!("{}{}", if value < 0.0 { "-" } else { "" }, four_digits(value.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spreads(of: &[(&str, f64, f64)]) -> Spreads {
        let mut spreads = Spreads::default();
        for (name, mean, scale) in of {
            // In two parts, as of two files.
            for part in [0..40, 40..100] {
                let mut spread = Spread::default();
                part.for_each(|i| spread.add(mean + scale * f64::from(i % 2 * 2 - 1)));
                spreads.add(name, vec![spread]);
            }
        }
        spreads
    }

    #[test]
    fn streams_of_unlike_scale_get_their_own() {
        let unlike = spreads(&[("temp", 23.0, 0.5), ("pressure", 2.0, 0.04)])
            .judge(&[(0, "value", 12.5, 10.5)]);
        let said = unlike.said.unwrap();
        assert!(said.contains("value is 23 +- 0.5 in temp, 2 +- 0.04 in pressure;"), "{said}");
        let pressure = unlike.streams.iter().find(|stream| stream.name == "pressure").unwrap();
        assert!((pressure.mean[0] - 2.0).abs() < 1e-9 && (pressure.scale[0] - 0.04).abs() < 1e-9);
    }

    #[test]
    fn streams_of_one_kind_share_theirs() {
        let unlike =
            spreads(&[("p1", 23.0, 0.5), ("p2", 24.0, 0.4)]).judge(&[(0, "value", 23.5, 0.7)]);
        assert!(unlike.said.is_none() && unlike.streams.is_empty());
        assert!(spreads(&[("p1", 23.0, 0.5)]).judge(&[(0, "value", 23.0, 5.0)]).said.is_none());
    }
}
