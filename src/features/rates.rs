//! Rows of any number of streams go in; the same rows come out, in which counters are replaced by how fast they rise.

use oddity_core::difference::Differ;
use oddity_core::profile::DifferenceSpec;
use oddity_core::types::Sample;
use oddity_core::window::{MOST_STREAMS, STREAM_MEMORY, Streams};

use crate::decode::{Channels, Item, Problem, ProblemKind};

/// Makes rises of the counters of one input.
#[derive(Debug)]
pub(super) struct Rates {
    /// Each with its place in a row.
    counters: Vec<(usize, DifferenceSpec)>,
    streams: Streams<Vec<Differ>>,
    row: Vec<f64>,
}

impl Rates {
    /// Of these channels; `None` where none of them is such a counter.
    pub(super) fn of(counters: &[DifferenceSpec], names: &[String]) -> Option<Self> {
        let place = |spec: &DifferenceSpec| {
            let place = names.iter().position(|name| *name == spec.column)?;
            Some((place, spec.clone()))
        };
        let counters: Vec<(usize, DifferenceSpec)> = counters.iter().filter_map(place).collect();
        let bytes = counters.len() * size_of::<Differ>();
        let most = (STREAM_MEMORY / bytes.max(1)).clamp(1, MOST_STREAMS);
        let streams = Streams::new(most);
        (!counters.is_empty()).then(|| Self { counters, streams, row: Vec::new() })
    }

    /// As [`Rates::of`]. Of channels that are yet to be discovered none is a counter.
    pub(super) fn new(counters: &[DifferenceSpec], channels: &Channels) -> Option<Self> {
        match channels {
            Channels::Named(names) => Self::of(counters, names),
            Channels::Discover { .. } => None,
        }
    }

    /// Takes what was decoded, and hands it on.
    pub(super) fn take<E>(
        &mut self,
        item: Item<'_>,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Item::Row { sample, label, line } = item else { return each(item) };
        let most = self.streams.most();
        let new = || vec![Differ::default(); self.counters.len()];
        let Some(stream) = self.streams.get_or_insert(sample.stream, new) else {
            let kind = ProblemKind::Streams { most };
            return each(Item::Problem(Problem { line, row: sample.row, kind }));
        };
        self.row.clear();
        self.row.extend_from_slice(sample.values);
        for ((place, spec), differ) in self.counters.iter().zip(stream) {
            if let Some(value) = self.row.get_mut(*place) {
                *value = differ.take(spec, *value, sample.time);
            }
        }
        each(Item::Row { sample: Sample { values: &self.row, ..sample }, label, line })
    }
}

#[cfg(test)]
mod tests {
    use super::super::RowReader;
    use super::*;
    use crate::decode::{DecodeError, DecodeOptions};
    use oddity_core::profile::InputSpec;

    /// Rows as text, read in blocks of so many bytes.
    fn rows(options: &DecodeOptions, text: &str, block: usize) -> Vec<String> {
        let mut reader = RowReader::new(options.clone(), None).unwrap();
        let mut rows = Vec::new();
        let mut each = |item: Item<'_>| {
            if let Item::Row { sample, .. } = item {
                rows.push(format!("{}{:?}", sample.stream, sample.values));
            }
            Ok::<_, DecodeError>(())
        };
        text.as_bytes().chunks(block).for_each(|bytes| reader.push(bytes, &mut each).unwrap());
        reader.finish(&mut each).unwrap();
        rows
    }

    #[test]
    fn counters_rise_in_each_stream_and_other_channels_stay_as_they_are() {
        let difference = vec![DifferenceSpec { column: "kwh".into(), period_s: Some(1.0) }];
        let learned = InputSpec { difference, ..InputSpec::default() };
        let key = Some("m".to_owned());
        let options = DecodeOptions { learned, key, ..DecodeOptions::named(["kwh", "volt"]) };
        let text = "time,m,volt,kwh\n1700000000,a,230,100\n1700000000,b,231,7\n1700000010,a,229,105\n\
            1700000010,b,230,6\n1700000020,b,230,26\n";
        let wanted =
            ["a[NaN, 230.0]", "b[NaN, 231.0]", "a[0.5, 229.0]", "b[NaN, 230.0]", "b[2.0, 230.0]"];
        for block in [1, 3, 7, 1000] {
            assert_eq!(rows(&options, text, block), wanted, "{block}");
        }
        let plain = DecodeOptions::named(["volt"]);
        let other = DecodeOptions { learned: options.learned.clone(), ..plain.clone() };
        assert_eq!(rows(&other, text, 9), rows(&plain, text, 9));
    }
}
