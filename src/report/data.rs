//! What a page is made of. Only data: nothing here draws.

use crate::chart::{Along, Thinner};

use super::event::ReportEvent;

/// All that a page shows.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it is about, such as the name of the data.
    pub title: String,
    /// What came out, in plain sentences.
    pub verdict: String,
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// What the reader should know before believing the rest.
    pub warnings: Vec<String>,
    /// What lies along the axes.
    pub along: Along,
    /// The sensors, in the order of the lines.
    pub channels: Vec<ChannelLabel>,
    /// The ratio that raises an alert.
    pub raise: f64,
    /// Each stream with its lines.
    pub streams: Vec<StreamLines>,
    /// Streams that have no charts.
    pub more_streams: u64,
    /// What happened, in order.
    pub events: Vec<ReportEvent>,
    /// Events that are only counted, by kind.
    pub more_events: Vec<(String, u64)>,
}

/// A sensor.
#[derive(Clone, Debug, Default)]
pub struct ChannelLabel {
    /// Its name in the data.
    pub name: String,
}

/// The lines of one stream.
#[derive(Clone, Debug)]
pub struct StreamLines {
    /// Empty where the input is one stream.
    pub name: String,
    /// Rows that were read.
    pub rows: u64,
    /// Of each channel, in the sensors' units.
    pub readings: Thinner,
    /// The same from the model; no lines where it gives none.
    pub answers: Thinner,
    /// One line: smoothed score over threshold.
    pub ratio: Thinner,
}

impl Report {
    /// First and last place of all that is drawn; `None` where nothing is.
    pub(super) fn ends(&self) -> Option<(f64, f64)> {
        let all = self.streams.iter().filter_map(|stream| stream.readings.ends());
        all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}
