//! Samples of one stream go in; they pass health, then fill windows.
//!
//! What `health` and `window` do apart, in the one order in which it is right.

use alloc::string::String;
use alloc::vec::Vec;

use super::windower::{WindowSpec, Windower};
use crate::event::WindowSpan;
use crate::health::{Health, HealthSpec, Note, Plausible, RowPlace, flatline_limit};
use crate::profile::{Channel, Layout, Profile, StreamScale};
use crate::types::{Sample, Time};

/// How rows are checked, then made into windows.
#[derive(Clone, Debug)]
pub struct IntakeSpec {
    /// What rows are held against.
    pub health: HealthSpec,
    /// How windows are formed.
    pub window: WindowSpec,
    /// Streams whose channels have a mean and one over scale of their own, by name.
    pub streams: Vec<(String, Vec<(f64, f64)>)>,
}

/// Streams in one input, at most.
pub const MOST_STREAMS: usize = 10_000;
/// Bytes that all streams of one input together may take.
pub const STREAM_MEMORY: usize = 256 << 20;

impl IntakeSpec {
    /// Takes what is needed out of a profile.
    pub fn new(p: &Profile) -> Self {
        Self::of(&p.channels, (p.window, p.hop, p.layout), p.period_s, p.missing.hold)
            .averaging(p.average)
            .with_streams(&p.streams)
    }

    /// The same from its parts, for a profile in the making.
    pub fn of(
        channels: &[Channel],
        (window, hop, layout): (usize, usize, Layout),
        period_s: Option<f64>,
        hold: u32,
    ) -> Self {
        let normal: Vec<(f64, f64)> = channels.iter().map(|c| (c.mean, 1.0 / c.scale)).collect();
        let flatline =
            channels.iter().map(|c| c.longest_run.map(|run| flatline_limit(run, window)));
        let period_ns = HealthSpec::period_ns(period_s);
        Self {
            health: HealthSpec {
                period_ns,
                hold,
                normal: normal.clone(),
                flatline: flatline.collect(),
                plausible: channels.iter().map(|c| c.seen.as_ref().map(Plausible::new)).collect(),
            },
            window: WindowSpec { average: 1, window, hop, layout, normal },
            streams: Vec::new(),
        }
    }

    /// With rows of windows that are each the mean of so many.
    pub fn averaging(mut self, average: usize) -> Self {
        self.window.average = average;
        self
    }

    /// With streams that have means and scales of their own.
    pub fn with_streams(mut self, streams: &[StreamScale]) -> Self {
        let normal = |stream: &StreamScale| {
            stream
                .mean
                .iter()
                .zip(&stream.scale)
                .map(|(mean, scale)| (*mean, 1.0 / scale))
                .collect()
        };
        self.streams = streams.iter().map(|stream| (stream.name.clone(), normal(stream))).collect();
        self
    }

    /// Streams that there is memory for, each with `besides` bytes of other state; always one.
    pub fn most_streams(&self, besides: usize) -> usize {
        let health = Health::bytes(self.health.normal.len());
        let bytes = Windower::bytes(&self.window) + health + besides;
        (STREAM_MEMORY / bytes.max(1)).clamp(1, MOST_STREAMS)
    }
}

/// One stream on its way into windows.
#[derive(Debug)]
pub struct Intake {
    health: Health,
    windower: Windower,
}

impl Intake {
    /// Of the stream with this name, of which nothing was seen.
    pub fn of(spec: &IntakeSpec, stream: &str) -> Self {
        let Some((_, normal)) = spec.streams.iter().find(|(name, _)| name == stream) else {
            return Self::new(spec);
        };
        Self {
            health: Health::new(&HealthSpec { normal: normal.clone(), ..spec.health.clone() }),
            windower: Windower::new(&WindowSpec { normal: normal.clone(), ..spec.window.clone() }),
        }
    }

    /// Of a stream of which nothing was seen, and that has the means and scales of all.
    pub fn new(spec: &IntakeSpec) -> Self {
        Self { health: Health::new(&spec.health), windower: Windower::new(&spec.window) }
    }

    /// Takes one row. Returns what the window covers when one is complete. Notes are added to `notes`.
    pub fn push(&mut self, sample: &Sample<'_>, notes: &mut Vec<Note>) -> Option<WindowSpan> {
        let place = self.place(sample.time, notes);
        self.push_at(place, sample, notes)
    }

    /// Says where a row of this time lies; to be followed by [`Intake::push_at`] or [`Intake::pass`].
    pub fn place(&mut self, time: Option<Time>, notes: &mut Vec<Note>) -> RowPlace {
        self.health.place(time, notes)
    }

    /// As [`Intake::push`], of a row that lies there.
    pub fn push_at(
        &mut self,
        place: RowPlace,
        sample: &Sample<'_>,
        notes: &mut Vec<Note>,
    ) -> Option<WindowSpan> {
        let row = self.health.check_at(place, sample, notes)?;
        self.windower.push(&row)
    }

    /// Takes one row that is not to be judged, and not dropped. What follows begins a new window.
    pub fn pass(&mut self) {
        self.health.pass();
        self.windower.restart();
    }

    /// Whether this channel's reading in the newest row came, can be one, and moves.
    pub fn is_healthy(&self, channel: usize) -> bool {
        self.health.is_healthy(channel)
    }

    /// The newest window and its rows.
    pub fn windower(&self) -> &Windower {
        &self.windower
    }

    /// As [`Intake::windower`], for its mask.
    pub fn windower_mut(&mut self) -> &mut Windower {
        &mut self.windower
    }
}
