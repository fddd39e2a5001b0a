//! Rows to measure with: data or a profile goes in, the same rows come out as samples and as the bytes of
//! each format.

use std::fmt::Write;
use std::path::Path;

use oddity::args::ReadArgs;
use oddity::decode::{Channels, DecodeOptions, Format, Item, TimeColumn};
use oddity::features::RowReader;
use oddity::profile::{Channel, Profile};
use oddity::sink::rfc3339;
use oddity::source::{self, Block};
use oddity::types::{Sample, Time};

use crate::cli::error::RunError;
use crate::cli::stream;
use crate::cli::table::CsvLine;
use crate::cli::warning::Warning;

/// Rows in memory.
pub(super) struct Rows {
    channels: Vec<String>,
    /// Name of the column with the time, where rows have one.
    time: Option<String>,
    /// Name of the column with the stream, where there are several.
    key: Option<String>,
    origins: Vec<(String, Option<Time>)>,
    /// One row after the other.
    values: Vec<f64>,
}

impl Rows {
    fn new(profile: &Profile) -> Self {
        let channels = profile.channels.iter().map(|channel| channel.name.clone()).collect();
        Self { channels, time: None, key: None, origins: Vec::new(), values: Vec::new() }
    }

    /// The first rows of a file, at most about `most`, read for a model with this profile.
    pub(super) fn of_data(
        path: &Path,
        read: &ReadArgs,
        profile: &Profile,
        most: usize,
    ) -> Result<Self, RunError> {
        let options = stream::options(read, profile, None);
        let key = options.key.clone();
        let mut source = source::open(Some(path))?;
        let mut reader = RowReader::new(options, profile.features.as_ref())?;
        let (mut rows, mut bad) = (Self::new(profile), 0);
        while rows.len() < most {
            let mut each = |item: Item<'_>| {
                match item {
                    Item::Row { sample, .. } => rows.push(&sample),
                    Item::Problem(_) => bad += 1,
                }
                Ok::<_, RunError>(())
            };
            match source.next_block()? {
                Block::Bytes(bytes) => reader.push(bytes, &mut each)?,
                Block::End | Block::Stopped(_) => {
                    reader.finish(&mut each)?;
                    break;
                }
            }
        }
        if bad > 0 {
            Warning::Problems { count: bad }.say();
        }
        if rows.len() == 0 {
            return Err(RunError::NoRows);
        }
        let timed = rows.origins.iter().any(|(_, time)| time.is_some());
        rows.time = timed.then(|| rows.free_name("time"));
        rows.key = key.map(|_| rows.free_name("stream"));
        Ok(rows)
    }

    /// Noise about the channels' means, as wide as their scales, at the profile's period.
    pub(super) fn of_noise(profile: &Profile, count: usize) -> Self {
        let mut rows = Self::new(profile);
        let period_s = profile.period_s;
        rows.time = period_s.map(|_| rows.free_name("time"));
        let noise = noise(count * profile.channels.len());
        for (row, noise) in noise.chunks_exact(profile.channels.len().max(1)).enumerate() {
            // From the epoch on: numbers below 1e8 are no time to a reader, dates are.
            let time = period_s.map(|period| Time((row as f64 * period * 1e9) as i64));
            rows.origins.push((String::new(), time));
            let readings = noise.iter().zip(&profile.channels);
            rows.values.extend(readings.map(|(&noise, channel)| reading(noise, channel)));
        }
        rows
    }

    /// This, or like it, where a channel has that name.
    fn free_name(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.channels.contains(&name) {
            name.push('_');
        }
        name
    }

    fn push(&mut self, sample: &Sample<'_>) {
        self.origins.push((sample.stream.to_owned(), sample.time));
        self.values.extend_from_slice(sample.values);
    }

    pub(super) fn len(&self) -> usize {
        self.origins.len()
    }

    /// The first of them, at most `count`, as a detector takes them.
    pub(super) fn samples(&self, count: usize) -> impl Iterator<Item = Sample<'_>> {
        let values = self.values.chunks_exact(self.channels.len().max(1));
        self.origins
            .iter()
            .zip(values)
            .take(count)
            .zip(1..)
            .map(|(((stream, time), values), row)| Sample { stream, row, time: *time, values })
    }

    /// How the text of [`Rows::csv`] and [`Rows::jsonl`] is to be read.
    pub(super) fn options(&self, format: Format) -> DecodeOptions {
        DecodeOptions {
            format,
            channels: Channels::Named(self.channels.clone()),
            time: self.time.clone().map_or(TimeColumn::None, TimeColumn::Named),
            key: self.key.clone(),
            ..DecodeOptions::discover()
        }
    }

    /// With a header; a missing reading is empty.
    pub(super) fn csv(&self, count: usize) -> Vec<u8> {
        let (mut text, mut line) = (Vec::new(), CsvLine::default());
        // A vector takes all that is written to it.
        let mut end = |line: &mut CsvLine| line.end(&mut text).unwrap_or_default();
        let names = self.time.iter().chain(&self.key).chain(&self.channels);
        for name in names {
            line.word(name);
        }
        end(&mut line);
        for sample in self.samples(count) {
            if self.time.is_some() {
                line.time(sample.time);
            }
            if self.key.is_some() {
                line.word(sample.stream);
            }
            for value in sample.values {
                if value.is_nan() {
                    line.show("")
                } else {
                    line.show(value)
                };
            }
            end(&mut line);
        }
        text
    }

    /// An object a line; a missing reading is `null`.
    pub(super) fn jsonl(&self, count: usize) -> Vec<u8> {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let named = |name: &String| quoted(name);
        let (time, key) = (self.time.as_ref().map(named), self.key.as_ref().map(named));
        let channels: Vec<String> = self.channels.iter().map(named).collect();
        let mut text = String::new();
        for sample in self.samples(count) {
            let mut comma = '{';
            let mut pair = |name: &String, value: &dyn std::fmt::Display| {
                let _ = write!(text, "{comma}{name}:{value}");
                comma = ',';
            };
            if let (Some(name), Some(time)) = (&time, sample.time) {
                pair(name, &format_args!("\"{}\"", rfc3339(time)));
            }
            if let Some(name) = &key {
                pair(name, &quoted(sample.stream));
            }
            for (name, value) in channels.iter().zip(sample.values) {
                if value.is_nan() { pair(name, &"null") } else { pair(name, value) }
            }
            text.push_str("}\n");
        }
        text.into_bytes()
    }

    /// Little-endian f32, without times.
    pub(super) fn raw(&self, count: usize) -> Vec<u8> {
        let samples = self.samples(count);
        samples.flat_map(|sample| sample.values).flat_map(|&v| (v as f32).to_le_bytes()).collect()
    }
}

/// A reading with as many digits as a sensor would give: about four of its channel's scale.
fn reading(noise: f32, channel: &Channel) -> f64 {
    let digits = (4.0 - channel.scale.log10()).ceil().clamp(0.0, 15.0);
    let ten = 10f64.powf(digits);
    ((f64::from(noise) * channel.scale + channel.mean) * ten).round() / ten
}

/// Values between -1 and 1: a linear congruential generator with Knuth's constants.
pub(super) fn noise(length: usize) -> Vec<f32> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..length).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(rows: &Rows, format: Format, text: &[u8]) -> Vec<(String, Option<Time>, Vec<f64>)> {
        let mut found = Vec::new();
        let mut each = |item: Item<'_>| {
            let Item::Row { sample, .. } = item else { panic!("{item:?}") };
            found.push((sample.stream.to_owned(), sample.time, sample.values.to_vec()));
            Ok::<_, RunError>(())
        };
        let mut decoder = oddity::decode::Decoder::new(rows.options(format)).unwrap();
        decoder.push(text, &mut each).unwrap();
        decoder.finish(&mut each).unwrap();
        found
    }

    #[test]
    fn every_format_holds_the_same_rows() {
        let (a, b) = ("a \"b\"".to_owned(), "time".to_owned());
        let mut rows = Rows {
            channels: vec![a, b],
            time: None,
            key: None,
            origins: vec![("x,y".into(), Some(Time(1_767_225_600_500_000_000))), ("".into(), None)],
            values: vec![1.5, -2e-7, 1e21, 0.0],
        };
        for (time, key) in [(false, false), (true, false), (true, true)] {
            rows.time = time.then(|| rows.free_name("time"));
            rows.key = key.then(|| rows.free_name("stream"));
            let kept = |(stream, at): &(String, Option<Time>)| (stream.clone(), *at);
            let wanted: Vec<_> = rows
                .samples(1)
                .map(|s| {
                    let (stream, at) = kept(&rows.origins[0]);
                    let stream = if key { stream } else { String::new() };
                    (stream, at.filter(|_| time), s.values.to_vec())
                })
                .collect();
            assert_eq!(decoded(&rows, Format::Csv, &rows.csv(1)), wanted);
            assert_eq!(decoded(&rows, Format::Jsonl, &rows.jsonl(1)), wanted);
        }
        assert_eq!(rows.raw(1), [1.5f32.to_le_bytes(), (-2e-7f32).to_le_bytes()].concat());
        assert_eq!(rows.raw(9).len(), 16, "no more than there are");
    }
}
