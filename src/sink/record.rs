//! What is said of a stream or a picture, as the JSON that other programs read: the one public
//! document of an event.
//!
//! Events and scores go in; serialisable objects come out, whose fields docs/events.md lists and
//! docs/events.schema.json describes (a test holds them to it). Writes nothing and judges nothing.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::drift::{Drifting, serialize_drift};
use super::unprecedented::serialize_unprecedented;
use oddity_core::event::{Because, ClockFault, Event, EventKind, HeadValue, Scored, Severity};
use oddity_core::types::Time;

/// How many channels an event names.
const TOP_CHANNELS: usize = 3;

/// A time as it is written: RFC 3339, UTC, as many digits as there are. Years outside the
/// calendar's range are written as nanoseconds.
pub fn rfc3339(time: Time) -> impl std::fmt::Display {
    struct Show(Time);
    impl std::fmt::Display for Show {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match jiff::Timestamp::from_nanosecond(i128::from(self.0.0)) {
                Ok(timestamp) => timestamp.fmt(f),
                Err(_) => write!(f, "{}ns", self.0.0),
            }
        }
    }
    Show(time)
}

struct TimeJson(Option<Time>);

impl Serialize for TimeJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A false date is worse than none.
        match self.0.filter(|time| time.is_dated()) {
            Some(time) => serializer.collect_str(&rfc3339(time)),
            None => serializer.serialize_none(),
        }
    }
}

/// The score of a window: `--emit scores`.
pub(super) struct ScoreJson<'a>(pub(super) &'a Scored<'a>);

impl Serialize for ScoreJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let s = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", "score")?;
        map.serialize_entry("stream", s.stream)?;
        map.serialize_entry("row", &s.row)?;
        map.serialize_entry("time", &TimeJson(s.time))?;
        map.serialize_entry("score", &s.score)?;
        map.serialize_entry("ratio", &s.ratio)?;
        map.serialize_entry("raised", &s.raised)?;
        serialize_head(&mut map, s.head)?;
        map.end()
    }
}

/// Something that happened to a stream.
pub(super) struct EventJson<'a> {
    pub(super) event: &'a Event<'a>,
    /// Names by index: of the channels, then of what is read besides.
    pub(super) channels: &'a [String],
    /// Units of the channels, by index; empty where one is not known.
    pub(super) units: &'a [String],
    /// Seconds between rows, where they are known.
    pub(super) period_s: Option<f64>,
    /// Id of the model.
    pub(super) model: &'a str,
}

impl EventJson<'_> {
    fn name(&self, channel: usize) -> &str {
        self.channels.get(channel).map_or("?", String::as_str)
    }

    fn kind(&self) -> &'static str {
        match self.event.kind {
            EventKind::Alert { raised: true, .. } => "raised",
            EventKind::Alert { raised: false, .. } => "cleared",
            EventKind::Ongoing { .. } => "ongoing",
            EventKind::Drift { change, .. } if change.sets_in => "drift",
            EventKind::Drift { .. } => "steady",
            EventKind::Gap { .. } => "gap",
            EventKind::Clock { .. } => "clock",
            EventKind::Rate { .. } => "rate",
            EventKind::Missing { .. } => "missing",
            EventKind::Implausible { .. } => "implausible",
            EventKind::Restored { .. } => "restored",
            EventKind::Flatline { .. } => "flatline",
            EventKind::Moving { .. } => "moving",
            EventKind::Unreadable { .. } => "unreadable",
            EventKind::Readable { .. } => "readable",
            EventKind::Running { runs: true, .. } => "running",
            EventKind::Running { runs: false, .. } => "idle",
            EventKind::Unprecedented { .. } => "unprecedented",
            EventKind::Changed { .. } => "changed",
            EventKind::Returned { .. } => "returned",
        }
    }
}

impl Serialize for EventJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        map.serialize_entry("stream", self.event.stream)?;
        map.serialize_entry("row", &self.event.row)?;
        map.serialize_entry("time", &TimeJson(self.event.time))?;
        match self.event.kind {
            EventKind::Alert { span, score, threshold, ratio, channels, raised, head } => {
                map.serialize_entry("window", &[TimeJson(span.start), TimeJson(span.end)])?;
                map.serialize_entry("rows", &[span.first_row, span.last_row])?;
                map.serialize_entry("score", &score)?;
                map.serialize_entry("threshold", &threshold)?;
                map.serialize_entry("ratio", &ratio)?;
                map.serialize_entry("severity", if raised { severity(ratio) } else { "ok" })?;
                map.serialize_entry("channels", &Shares { event: self, channels })?;
                serialize_head(&mut map, head)?;
            }
            EventKind::Ongoing { because, since, score, threshold, ratio, channels, drifts } => {
                let because = match because {
                    Because::Lasts => "lasts",
                    Because::AnotherChannel => "another-channel",
                };
                map.serialize_entry("because", because)?;
                map.serialize_entry("since", &TimeJson(since.time))?;
                map.serialize_entry("since_row", &since.row)?;
                map.serialize_entry("score", &score)?;
                map.serialize_entry("threshold", &threshold)?;
                map.serialize_entry("ratio", &ratio)?;
                map.serialize_entry("severity", severity(ratio))?;
                map.serialize_entry("channels", &Shares { event: self, channels })?;
                map.serialize_entry("drift", &Names { event: self, channels: drifts })?;
            }
            EventKind::Drift { channel, ref change } => {
                let unit = channel.and_then(|channel| self.units.get(channel));
                let (channel, unit) = (channel.map(|channel| self.name(channel)), unit);
                let (unit, period_s) = (unit.map_or("", String::as_str), self.period_s);
                serialize_drift(&mut map, &Drifting { channel, unit, period_s, change })?;
            }
            EventKind::Gap { missing, from } => {
                map.serialize_entry("missing_rows", &missing)?;
                map.serialize_entry("from", &TimeJson(Some(from)))?;
            }
            EventKind::Clock { fault, from } => {
                let fault = match fault {
                    ClockFault::SetBack => "set-back",
                    ClockFault::Stuck => "stuck",
                };
                map.serialize_entry("fault", fault)?;
                map.serialize_entry("from", &TimeJson(Some(from)))?;
            }
            EventKind::Rate { period_s, expected_s } => {
                map.serialize_entry("period_s", &period_s)?;
                map.serialize_entry("expected_s", &expected_s)?;
            }
            EventKind::Missing { channel }
            | EventKind::Restored { channel }
            | EventKind::Moving { channel } => {
                map.serialize_entry("channel", self.name(channel))?;
            }
            EventKind::Implausible { channel, value } => {
                map.serialize_entry("channel", self.name(channel))?;
                map.serialize_entry("value", &value)?;
            }
            EventKind::Flatline { channel, rows } => {
                map.serialize_entry("channel", self.name(channel))?;
                map.serialize_entry("equal_rows", &rows)?;
            }
            EventKind::Unreadable { rows, line, reason } => {
                map.serialize_entry("lost_rows", &rows)?;
                map.serialize_entry("line", &line)?;
                map.serialize_entry("reason", reason)?;
            }
            EventKind::Readable { rows } => map.serialize_entry("lost_rows", &rows)?,
            EventKind::Running { channel, reading, .. } => {
                map.serialize_entry("channel", self.name(channel))?;
                map.serialize_entry("value", &Some(reading).filter(|value| value.is_finite()))?;
            }
            EventKind::Unprecedented { channel, ref record } => {
                let unit = self.units.get(channel).map_or("", String::as_str);
                serialize_unprecedented(&mut map, self.name(channel), unit, record)?;
            }
            EventKind::Changed { channel, was, is } => {
                map.serialize_entry("channel", self.name(channel))?;
                map.serialize_entry("was", &was)?;
                map.serialize_entry("is", &is)?;
            }
            EventKind::Returned { channel, is } => {
                map.serialize_entry("channel", self.name(channel))?;
                map.serialize_entry("is", &is)?;
            }
        }
        map.serialize_entry("model", self.model)?;
        map.end()
    }
}

fn severity(ratio: f64) -> &'static str {
    match Severity::of(ratio) {
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// What a model's second output says, as fields of the object that it is flattened into; none where it
/// says nothing.
#[derive(Clone, Copy, Debug)]
pub struct HeadJson<'a>(pub Option<HeadValue<'a>>);

impl Serialize for HeadJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serialize_head(&mut map, self.0)?;
        map.end()
    }
}

fn serialize_head<M: SerializeMap>(
    map: &mut M,
    head: Option<HeadValue<'_>>,
) -> Result<(), M::Error> {
    match head {
        None => Ok(()),
        Some(HeadValue::Class { name, probability }) => {
            map.serialize_entry("class", name)?;
            map.serialize_entry("probability", &probability)
        }
        Some(HeadValue::Estimate { name, value }) => {
            map.serialize_entry("estimate", &One(name, value))
        }
    }
}

/// An object with one number.
struct One<'a>(&'a str, f64);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &self.1)?;
        map.end()
    }
}

/// The names of some channels.
struct Names<'a> {
    event: &'a EventJson<'a>,
    channels: &'a [usize],
}

impl Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.channels.iter().map(|&channel| self.event.name(channel)))
    }
}

/// The channels with the largest shares in the score.
struct Shares<'a> {
    event: &'a EventJson<'a>,
    channels: &'a [(usize, f64)],
}

impl Serialize for Shares<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for &(channel, share) in self.channels.iter().take(TOP_CHANNELS) {
            seq.serialize_element(&ShareJson(self.event.name(channel), share))?;
        }
        seq.end()
    }
}

struct ShareJson<'a>(&'a str, f64);

impl Serialize for ShareJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("name", self.0)?;
        // Four digits are more than a share means.
        map.serialize_entry("share", &((self.1 * 1e4).round() / 1e4))?;
        map.end()
    }
}

/// What is said of a picture. Without a profile there is nothing to hold its score against.
#[derive(Clone, Copy, Debug)]
pub struct PictureJson<'a> {
    /// Of its file.
    pub name: &'a str,
    /// As the profile's score says; without one the mean squared error.
    pub score: f64,
    /// Of normal data.
    pub threshold: Option<f64>,
    /// Score over threshold.
    pub ratio: Option<f64>,
    /// Whether the ratio is above what raises an alert.
    pub odd: Option<bool>,
    /// What the model's second output says.
    pub head: Option<HeadValue<'a>>,
    /// Id of the model.
    pub model: &'a str,
}

impl Serialize for PictureJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", "picture")?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("score", &self.score)?;
        if let Some(threshold) = self.threshold {
            map.serialize_entry("threshold", &threshold)?;
        }
        if let Some(ratio) = self.ratio {
            map.serialize_entry("ratio", &ratio)?;
        }
        if let Some(odd) = self.odd {
            map.serialize_entry("odd", &odd)?;
        }
        serialize_head(&mut map, self.head)?;
        map.serialize_entry("model", self.model)?;
        map.end()
    }
}
