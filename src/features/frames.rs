//! Raw rows of any number of streams go in; rows of features come out, and the columns that they have.

use oddity_core::features::{Extractor, Wanted};
use oddity_core::profile::{Feature, FeatureSpec, feature_of};
use oddity_core::types::Sample;
use oddity_core::window::{MOST_STREAMS, STREAM_MEMORY, Streams};

use crate::decode::{Channels, Columns, DecodeError, Item, Problem, ProblemKind};

/// Makes features of the rows of one input.
#[derive(Debug)]
pub(super) struct Frames {
    spec: FeatureSpec,
    /// What is asked for; without names all of each column that there is, once the first row tells how many
    /// there are.
    wanted: Option<Vec<Wanted>>,
    /// As many as there is memory for, which the first row tells.
    streams: Option<Streams<Stream>>,
    columns: Option<Columns>,
    /// Readings that stand behind those of the columns, and come out behind the features.
    optional: usize,
    /// A row of both.
    row: Vec<f64>,
}

/// One stream on its way into frames.
#[derive(Debug)]
struct Stream {
    extractor: Extractor,
    /// The largest of the rows since the last frame.
    label: Option<f64>,
}

impl Frames {
    /// For these channels; gives the columns that they are made of, too.
    pub(super) fn new(
        spec: &FeatureSpec,
        channels: Channels,
        optional: usize,
    ) -> Result<(Self, Channels), DecodeError> {
        let (wanted, channels) = match channels {
            Channels::Named(names) => {
                let (wanted, columns) = wanted(spec, &names)?;
                (Some(wanted), Channels::Named(columns))
            }
            Channels::Discover { only: Some(names), exclude } => {
                let (wanted, columns) = wanted(spec, &names)?;
                (Some(wanted), Channels::Discover { only: Some(columns), exclude })
            }
            discover @ Channels::Discover { .. } => (None, discover),
        };
        let (streams, columns, row) = (None, None, Vec::new());
        Ok((Self { spec: *spec, wanted, streams, columns, optional, row }, channels))
    }

    /// Takes what was decoded. `each` gets the row of features that it completes, and every problem.
    pub(super) fn take<E>(
        &mut self,
        item: Item<'_>,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Item::Row { sample, label, line } = item else { return each(item) };
        let raw = sample.values.len().saturating_sub(self.optional);
        let (readings, optional) = sample.values.split_at(raw);
        let wanted = self.wanted.get_or_insert_with(|| all(&self.spec, raw));
        let streams = self.streams.get_or_insert_with(|| {
            let bytes = Extractor::bytes(&self.spec, raw, wanted.len());
            Streams::new((STREAM_MEMORY / bytes.max(1)).clamp(1, MOST_STREAMS))
        });
        let most = streams.most();
        let new = || Stream { extractor: Extractor::new(&self.spec, wanted), label: None };
        let Some(stream) = streams.get_or_insert(sample.stream, new) else {
            let kind = ProblemKind::Streams { most };
            return each(Item::Problem(Problem { line, row: sample.row, kind }));
        };
        stream.label = match (stream.label, label) {
            (Some(before), Some(now)) => Some(before.max(now)),
            (before, now) => now.or(before),
        };
        let readings = Sample { values: readings, ..sample };
        let Some(values) = stream.extractor.push(&readings) else { return Ok(()) };
        let label = stream.label.take();
        if optional.is_empty() {
            return each(Item::Row { sample: Sample { values, ..sample }, label, line });
        }
        self.row.clear();
        self.row.extend_from_slice(values);
        self.row.extend_from_slice(optional);
        let values = &self.row[..];
        each(Item::Row { sample: Sample { values, ..sample }, label, line })
    }

    /// Takes over what was found out about the input.
    pub(super) fn look_at(&mut self, columns: Option<&Columns>) {
        let Some(raw) = columns else { return };
        let of = |columns: &mut Columns| {
            let wanted = match &self.wanted {
                Some(wanted) => wanted.clone(),
                None => all(&self.spec, raw.channels.len()),
            };
            let name = |wanted: Wanted| {
                wanted.feature.of(raw.channels.get(wanted.channel).map_or("", String::as_str))
            };
            columns.channels = wanted.into_iter().map(name).collect();
        };
        match &mut self.columns {
            // The time column of JSON may be found later than the others.
            Some(columns) if columns.time != raw.time || columns.guesses != raw.guesses => {
                columns.time.clone_from(&raw.time);
                columns.input.time.clone_from(&raw.input.time);
                columns.guesses.clone_from(&raw.guesses);
            }
            Some(_) => {}
            None => {
                let mut columns = raw.clone();
                of(&mut columns);
                self.columns = Some(columns);
            }
        }
    }

    pub(super) fn columns(&self) -> Option<&Columns> {
        self.columns.as_ref()
    }
}

/// Every feature of so many raw channels.
fn all(spec: &FeatureSpec, channels: usize) -> Vec<Wanted> {
    let of = |channel| Feature::all(spec).map(move |feature| Wanted { channel, feature });
    (0..channels).flat_map(of).collect()
}

/// What these names ask for, and the columns that it is made of.
fn wanted(spec: &FeatureSpec, names: &[String]) -> Result<(Vec<Wanted>, Vec<String>), DecodeError> {
    let (mut wanted, mut columns) = (Vec::new(), Vec::new());
    for name in names {
        let one = feature_of(name).filter(|(_, feature)| feature.is_of(spec));
        let column = one.map_or(name.as_str(), |(column, _)| column);
        let channel = columns.iter().position(|known| known == column).unwrap_or_else(|| {
            columns.push(column.to_owned());
            columns.len() - 1
        });
        match one {
            Some((_, feature)) => wanted.push(Wanted { channel, feature }),
            None => wanted.extend(Feature::all(spec).map(|feature| Wanted { channel, feature })),
        }
    }
    let twice = wanted.iter().enumerate().find(|(at, one)| wanted[..*at].contains(one));
    match twice {
        Some((_, Wanted { channel, feature })) => Err(DecodeError::Options(format!(
            "channel {:?} is named twice",
            feature.of(columns.get(*channel).map_or("", String::as_str))
        ))),
        None => Ok((wanted, columns)),
    }
}
