//! Slow rows of normal data go in; what was seen of each channel, to tell what never was, comes out.
//!
//! By the very code that watches later, once more through the data: only slow rows are, and there are few of them.
//! Learns no model, and looks at nothing that a label calls odd.

use crate::fit::channel::ChannelStats;
use crate::fit::data::{Data, Read, Wanted};
use crate::fit::error::FitError;
use oddity_core::profile::{Precedent, UnprecedentedSpec};
use oddity_core::types::{Sample, Time};
use oddity_core::unprecedented::Watch;
use oddity_core::window::{MOST_STREAMS, Streams};

/// One stream of one file.
struct Stream {
    watches: Vec<Watch>,
    rows: u64,
    last: Option<Time>,
}

/// What all streams have held so far.
#[derive(Default)]
struct Seen {
    channels: Vec<Option<Precedent>>,
    /// Of the longest stream.
    rows: u64,
}

/// What was seen of the channels of data that was read before, where its rows are slow enough.
///
/// # Errors
/// When the data cannot be read.
pub(super) fn precedents(
    data: &Data,
    channels: &[(String, ChannelStats)],
    (period_s, read): (Option<f64>, &Read),
) -> Result<Option<UnprecedentedSpec>, FitError> {
    let Some(period_s) = period_s.filter(|_| UnprecedentedSpec::is_for(period_s)) else {
        return Ok(None);
    };
    let names = channels.iter().map(|(name, _)| name.clone()).collect();
    let wanted = Wanted::known(names, read);
    let mut streams: Streams<Stream> = Streams::new(MOST_STREAMS);
    let (mut seen, mut current) = (Seen::default(), 0);
    data.read(&wanted, |file, sample, label| {
        if file != current {
            current = file;
            seen.close(&mut streams);
        }
        let new = || Stream {
            watches: channels.iter().map(|_| Watch::new(period_s)).collect(),
            rows: 0,
            last: None,
        };
        let stream = streams.get_or_insert(sample.stream, new);
        let stream = stream.ok_or(FitError::TooManyStreams { most: MOST_STREAMS })?;
        if data.is_normal(sample.row, label) {
            stream.take(sample, channels, period_s);
        }
        Ok(())
    })?;
    seen.close(&mut streams);
    let learned_s = seen.rows as f64 * period_s;
    let any = seen.channels.iter().any(Option::is_some);
    Ok(any.then_some(UnprecedentedSpec { learned_s, channels: seen.channels }))
}

impl Stream {
    fn take(&mut self, sample: &Sample<'_>, channels: &[(String, ChannelStats)], period_s: f64) {
        self.rows += 1;
        let step = sample.time.zip(self.last).map(|(time, last)| time.seconds_since(last));
        if step.is_some_and(|step| step < 0.0) {
            self.watches.iter_mut().for_each(Watch::interrupt);
        }
        self.last = sample.time.or(self.last);
        let now_s = sample.time.map_or(self.rows as f64 * period_s, |time| time.0 as f64 / 1e9);
        let readings = self.watches.iter_mut().zip(channels).zip(sample.values);
        for ((watch, (_, stats)), &value) in readings {
            watch.take(stats.bounds.clean(value), now_s);
        }
    }
}

impl Seen {
    /// The streams are over.
    fn close(&mut self, streams: &mut Streams<Stream>) {
        for number in 0.. {
            let Some((_, stream)) = streams.get_mut(number) else { break };
            self.rows = self.rows.max(stream.rows);
            self.channels.resize(stream.watches.len(), None);
            for (known, watch) in self.channels.iter_mut().zip(&stream.watches) {
                *known = match (*known, watch.precedent()) {
                    (Some(a), Some(b)) => Some(a.with(b)),
                    (a, b) => a.or(b),
                };
            }
        }
        streams.clear();
    }
}
