//! What the new rows are like and a profile go in; how far the mean of each channel moves over comes out, or why it must
//! not.
//!
//! Scales stay: the network was shown what is so many deviations from the mean, and is shown the same again.

use super::begin::Extent;
use super::error::NewNormalError;
use crate::fit::data::{Data, Wanted};
use crate::fit::error::FitError;
use crate::fit::survey::Survey;
use crate::fit::unlike::Spread;
use crate::terminal::four_digits;
use oddity_core::profile::{Channel, Profile, StreamScale};
use oddity_core::window::{MOST_STREAMS, Streams};

/// Deviations by which a mean may move over. An hour of normal data knows little of how temperatures wander: on SKAB they
/// stand up to seven of its deviations elsewhere after a fault was mended, and the network still does. What lies further
/// out is mostly a sensor that fails; whether the network does is seen from its scores all the same.
const MOST: f64 = 10.0;
/// A move of fewer deviations is not told.
pub(super) const TOLD: f64 = 0.1;
/// Nor are more moves than these.
const MOST_TOLD: usize = 12;

/// One mean that moves over.
struct Move {
    channel: String,
    unit: Option<String>,
    /// The stream that it is of, where streams have means of their own.
    stream: Option<String>,
    from: f64,
    to: f64,
    scale: f64,
}

/// All means that move over.
pub(super) struct Moves(Vec<Move>);

impl Moves {
    /// From what the profile holds to what the rows are like.
    ///
    /// # Errors
    /// When a channel or stream is not there, or the data cannot be read.
    pub(super) fn of(
        profile: &Profile,
        (data, survey): (&Data, &Survey),
        rows: Extent,
    ) -> Result<Self, NewNormalError> {
        let Extent { first, last, .. } = rows;
        if !profile.streams.is_empty() {
            return Self::of_streams(profile, (data, survey), rows);
        }
        let mut moves = Vec::new();
        for (channel, (_, stats)) in profile.channels.iter().zip(&survey.channels) {
            let (low, high) = stats.range();
            if low > high {
                let channel = channel.name.clone();
                return Err(NewNormalError::NoReading { channel, first, last });
            }
            let own = (channel.mean, stats.mean, channel.scale);
            moves.push(Move::new(channel, None, own));
        }
        Ok(Self(moves))
    }

    fn of_streams(
        profile: &Profile,
        (data, survey): (&Data, &Survey),
        Extent { first, last, .. }: Extent,
    ) -> Result<Self, NewNormalError> {
        let mut means = means(data, survey)?;
        let mut moves = Vec::new();
        for StreamScale { name, mean, scale } in &profile.streams {
            let found = means.find_or_insert(name, Vec::new).and_then(|at| means.get_mut(at));
            let found = found.map(|(_, spreads)| spreads.as_slice()).unwrap_or_default();
            if found.is_empty() {
                let stream = name.clone();
                return Err(NewNormalError::NoStream { stream, first, last });
            }
            let old = profile.channels.iter().zip(mean.iter().zip(scale));
            for ((channel, (mean, scale)), found) in old.zip(found) {
                // A sensor that this stream has not: it had none before either, or is noted as missing.
                let to = found.mean().unwrap_or(*mean);
                moves.push(Move::new(channel, Some(name.clone()), (*mean, to, *scale)));
            }
        }
        Ok(Self(moves))
    }

    /// That no mean goes too far.
    ///
    /// # Errors
    /// Names the one that goes furthest, if it does.
    pub(super) fn check(&self, first: u64) -> Result<(), NewNormalError> {
        let furthest = self.0.iter().max_by(|a, b| a.scales().total_cmp(&b.scales()));
        match furthest.filter(|furthest| furthest.scales() > MOST) {
            None => Ok(()),
            Some(furthest) => Err(NewNormalError::TooFar {
                what: furthest.too_far(first),
                scales: four_digits(furthest.scales()),
                most: MOST,
            }),
        }
    }

    /// Puts the new means in place of the old ones, which are in the same order.
    pub(super) fn apply(&self, channels: &mut [Channel], streams: &mut [StreamScale]) {
        match streams.is_empty() {
            true => channels.iter_mut().zip(&self.0).for_each(|(to, it)| to.mean = it.to),
            false => {
                let means = streams.iter_mut().flat_map(|stream| &mut stream.mean);
                means.zip(&self.0).for_each(|(to, it)| *to = it.to);
            }
        }
    }

    /// In words, a line each, the largest first.
    pub(super) fn to_words(&self) -> Vec<String> {
        let mut told: Vec<&Move> = self.0.iter().filter(|it| it.scales() >= TOLD).collect();
        told.sort_by(|a, b| b.scales().total_cmp(&a.scales()));
        let (more, small) = (told.len().saturating_sub(MOST_TOLD), self.0.len() - told.len());
        let mut words: Vec<String> = told.into_iter().take(MOST_TOLD).map(Move::to_words).collect();
        if more > 0 {
            words.push(format!("{more} more move by less than that"));
        }
        words.extend(match (small, words.is_empty()) {
            (0, _) => None,
            (_, true) => Some(format!("all means move by less than {TOLD} deviations")),
            (1, _) => Some(format!("the other mean moves by less than {TOLD} deviations")),
            _ => Some(format!("{small} other means move by less than {TOLD} deviations")),
        });
        words
    }
}

impl Move {
    fn new(channel: &Channel, stream: Option<String>, (from, to, scale): (f64, f64, f64)) -> Self {
        let (name, unit) = (channel.name.clone(), channel.unit.clone());
        Self { channel: name, unit, stream, from, to, scale }
    }

    fn scales(&self) -> f64 {
        ((self.to - self.from) / self.scale).abs()
    }

    /// Channel, stream, and the unit with a blank before it.
    fn named(&self) -> (String, String) {
        let stream = self.stream.as_deref().map(|stream| format!(" of {stream}"));
        let unit = self.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
        (format!("{}{}", self.channel, stream.unwrap_or_default()), unit)
    }

    fn to_words(&self) -> String {
        let (name, unit) = self.named();
        format!(
            "{name}: the mean moves over from {} to {}{unit}, {} of its deviations",
            four_digits(self.from),
            four_digits(self.to),
            four_digits(self.scales())
        )
    }

    fn too_far(&self, first: u64) -> String {
        let (name, unit) = self.named();
        format!(
            "{name} is {}{unit} in the mean from row {first} on, and was {}{unit} when the model learned",
            four_digits(self.to),
            four_digits(self.from)
        )
    }
}

/// What each stream's channels are in the mean.
fn means(data: &Data, survey: &Survey) -> Result<Streams<Vec<Spread>>, FitError> {
    let names = survey.channels.iter().map(|(name, _)| name.clone()).collect();
    let mut streams: Streams<Vec<Spread>> = Streams::new(MOST_STREAMS);
    data.read(&Wanted::known(names, &survey.read), |_, sample, label| {
        if !data.is_normal(sample.row, label) {
            return Ok(());
        }
        let new = || vec![Spread::default(); sample.values.len()];
        let spreads = streams.get_or_insert(sample.stream, new);
        let spreads = spreads.ok_or(FitError::TooManyStreams { most: MOST_STREAMS })?;
        for ((spread, (_, stats)), &value) in
            spreads.iter_mut().zip(&survey.channels).zip(sample.values)
        {
            spread.add(stats.bounds.clean(value));
        }
        Ok(())
    })?;
    Ok(streams)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(stream: Option<&str>, from: f64, to: f64) -> Move {
        let (channel, unit) = ("flow".into(), Some("l/min".into()));
        Move { channel, unit, stream: stream.map(Into::into), from, to, scale: 2.0 }
    }

    #[test]
    fn a_mean_may_go_ten_deviations_up_or_down_and_no_further() {
        for to in [30.0, 70.0] {
            assert!(Moves(vec![one(None, 50.0, 51.0), one(None, 50.0, to)]).check(7).is_ok());
        }
        // Of two that go too far the one that goes further is named.
        for (to, scales) in [(28.0, "11"), (80.0, "15")] {
            let moves = Moves(vec![one(None, 50.0, 71.0), one(None, 50.0, to)]);
            let error = moves.check(7).unwrap_err().to_string();
            let told = format!(
                "flow is {to} l/min in the mean from row 7 on, and was 50 l/min when the model learned: that is \
                 {scales} of its deviations, and a mean may move over by 10 at most"
            );
            assert!(error.starts_with(&told), "{error}");
        }
    }

    #[test]
    fn the_largest_is_told_first_and_small_ones_are_counted() {
        let moves =
            Moves(vec![one(None, 5.0, 5.1), one(Some("p2"), 5.0, 4.0), one(None, 1.0, 9.0)]);
        assert_eq!(
            moves.to_words(),
            [
                "flow: the mean moves over from 1 to 9 l/min, 4 of its deviations",
                "flow of p2: the mean moves over from 5 to 4 l/min, 0.5 of its deviations",
                "the other mean moves by less than 0.1 deviations",
            ]
        );
        let none = Moves(vec![one(None, 5.0, 5.1), one(None, 5.0, 5.0)]);
        assert_eq!(none.to_words(), ["all means move by less than 0.1 deviations"]);
    }

    #[test]
    fn means_go_to_the_channels_or_to_the_streams_that_have_their_own() {
        let channel = |name: &str| Channel {
            name: name.into(),
            unit: None,
            mean: 1.0,
            scale: 2.0,
            longest_run: None,
            seen: None,
            sensitivity: None,
        };
        let stream =
            |name: &str| StreamScale { name: name.into(), mean: vec![1.0; 2], scale: vec![2.0; 2] };
        let to = |to: &[f64]| Moves(to.iter().map(|&to| one(None, 1.0, to)).collect());
        let mut channels = [channel("a"), channel("b")];
        to(&[3.0, 4.0]).apply(&mut channels, &mut []);
        assert_eq!(channels.each_ref().map(|channel| channel.mean), [3.0, 4.0]);
        let mut streams = [stream("x"), stream("y")];
        to(&[5.0, 6.0, 7.0, 8.0]).apply(&mut channels, &mut streams);
        assert_eq!(channels.each_ref().map(|channel| channel.mean), [3.0, 4.0]);
        assert_eq!(streams.map(|stream| stream.mean), [vec![5.0, 6.0], vec![7.0, 8.0]]);
    }
}
