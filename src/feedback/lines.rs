//! Lines that `detect` wrote go in; the ratios in them come out, each with its place. Also reads places that somebody
//! names. Judges nothing.

use serde::Deserialize;

use super::error::FeedbackError;
use crate::decode::parse_time;
use oddity_core::types::Time;

/// What a line of `detect` says, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    kind: String,
    #[serde(default)]
    stream: String,
    row: u64,
    time: Option<String>,
    ratio: Option<f64>,
    score: Option<f64>,
    raised: Option<bool>,
    model: Option<String>,
}

/// One ratio, and whether an alert was raised then.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) stream: String,
    pub(super) row: u64,
    pub(super) time: Option<Time>,
    pub(super) ratio: f64,
    pub(super) raised: bool,
    /// Of a line for each window, the score before smoothing.
    pub(super) score: Option<f64>,
}

/// What `detect` said of a model's data.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    pub(super) name: String,
    pub(super) told: Vec<Told>,
}

impl Lines {
    /// Reads the lines of the file `name`, written by the model with this id.
    ///
    /// # Errors
    /// When one is no event, or of another model.
    pub fn read(name: &str, text: &str, model: &str) -> Result<Self, FeedbackError> {
        let mut told = Vec::new();
        for (at, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            let line: Line = serde_json::from_str(text).map_err(|error| FeedbackError::Line {
                name: name.into(),
                line: at + 1,
                reason: error.to_string(),
            })?;
            if let Some(found) = line.model.filter(|found| found != model) {
                let (name, line, expected) = (name.into(), at + 1, model.into());
                return Err(FeedbackError::OtherModel { name, line, found, expected });
            }
            let raised = match line.kind.as_str() {
                "raised" | "ongoing" => true,
                "cleared" => false,
                "score" => line.raised.unwrap_or(false),
                _ => continue,
            };
            let Some(ratio) = line.ratio.filter(|ratio| ratio.is_finite()) else { continue };
            told.push(Told {
                stream: line.stream,
                row: line.row,
                time: line.time.as_deref().and_then(parse_time),
                ratio,
                raised,
                score: line.score.filter(|_| line.kind == "score"),
            });
        }
        Ok(Self { name: name.into(), told })
    }
}

/// Where something happened.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Row(u64),
    At(Time),
}

/// Reads it.
pub(super) fn place(text: &str) -> Result<Place, FeedbackError> {
    let row = text.parse().ok().filter(|&row| row > 0).map(Place::Row);
    // A number that is no row is a slip, not seconds since 1970.
    let is_number = text.parse::<f64>().is_ok();
    let time = || parse_time(text).filter(|_| !is_number).map(Place::At);
    row.or_else(time).ok_or_else(|| FeedbackError::Place { text: text.into() })
}

pub(super) fn at_or_after(told: &Told, place: Place) -> bool {
    match place {
        Place::Row(row) => told.row >= row,
        Place::At(time) => told.time.is_some_and(|at| at >= time),
    }
}

pub(super) fn after(told: &Told, place: Place) -> bool {
    match place {
        Place::Row(row) => told.row > row,
        Place::At(time) => told.time.is_none_or(|at| at > time),
    }
}
