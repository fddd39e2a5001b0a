//! One line of the public document of an event goes in; what a page shows of it comes out. A kind that is not known
//! is shown by its name.

use oddity_core::types::Time;
use serde::Deserialize;

use super::error::EventError;
use crate::chart::{count, number};
use crate::decode::parse_time;

/// Something that happened to a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportEvent {
    /// Such as `raised`.
    pub kind: String,
    /// Empty where the input is one stream.
    pub stream: String,
    /// Number of the row at which it was found.
    pub row: u64,
    /// Time of that row.
    pub time: Option<Time>,
    /// Id of the model.
    pub model: Option<String>,
    /// The channel that it is about.
    pub channel: Option<String>,
    /// Channels with their shares of the score.
    pub shares: Vec<(String, f64)>,
    /// Where a hole begins.
    pub from: Option<Time>,
    /// Where it stands on the axis, if it does.
    pub place: Option<f64>,
    /// Where a hole begins on the axis.
    pub from_place: Option<f64>,
    /// What else there is to say.
    pub words: String,
}

/// The fields that a page makes use of.
#[derive(Debug, Deserialize)]
struct Line {
    kind: String,
    #[serde(default)]
    stream: String,
    row: u64,
    time: Option<String>,
    model: Option<String>,
    channel: Option<String>,
    #[serde(default)]
    channels: Vec<Share>,
    from: Option<String>,
    ratio: Option<f64>,
    severity: Option<String>,
    class: Option<String>,
    equal_rows: Option<u64>,
    lost_rows: Option<u64>,
    missing_rows: Option<u64>,
    line: Option<u64>,
    reason: Option<String>,
    because: Option<String>,
    message: Option<String>,
    fault: Option<String>,
    value: Option<f64>,
    was: Option<f64>,
    is: Option<f64>,
    period_s: Option<f64>,
    expected_s: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Share {
    name: String,
    share: f64,
}

impl ReportEvent {
    /// Reads one line; `None` is a score, which is no event.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(line: &str) -> Result<Option<Self>, EventError> {
        let line: Line = serde_json::from_str(line)?;
        if line.kind == "score" {
            return Ok(None);
        }
        let time = |text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => parse_time(text).map(Some).ok_or_else(|| EventError::Time(text.clone())),
        };
        Ok(Some(Self {
            time: time(&line.time)?,
            from: time(&line.from)?,
            words: words(&line),
            kind: line.kind,
            stream: line.stream,
            row: line.row,
            model: line.model,
            channel: line.channel,
            shares: line.channels.into_iter().map(|s| (s.name, s.share)).collect(),
            place: None,
            from_place: None,
        }))
    }
}

fn words(line: &Line) -> String {
    let rows = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX), "row", "rows");
    // All of it, where the program has said it in words.
    if let Some(message) = &line.message {
        return message.clone();
    }
    let mut parts = Vec::new();
    match (line.kind.as_str(), line.ratio) {
        ("raised" | "cleared" | "ongoing", Some(ratio)) => {
            parts.push(format!("ratio {}", number(ratio)))
        }
        ("raised" | "cleared" | "ongoing", None) => parts.push("ratio beyond all numbers".into()),
        _ => {}
    }
    parts.extend(line.because.as_deref().map(|because| match because {
        "lasts" => "lasts".to_owned(),
        "another-channel" => "another channel has taken over".to_owned(),
        other => other.to_owned(),
    }));
    parts.extend(line.severity.clone().filter(|severity| severity == "critical"));
    let blamed = line.channels.iter().map(|s| format!("{} {:.0} %", s.name, 100.0 * s.share));
    let blamed = blamed.collect::<Vec<_>>().join(", ");
    // Who was to blame is of no weight any more.
    parts.extend(Some(blamed).filter(|blamed| !blamed.is_empty() && line.kind != "cleared"));
    parts.extend(line.class.clone());
    parts.extend(line.channel.clone());
    parts.extend(line.equal_rows.map(|n| format!("{} alike", rows(n))));
    parts.extend(line.value.map(|value| format!("reading {}", number(value))));
    parts.extend(line.was.map(|was| format!("was {}", number(was))));
    parts.extend(line.is.map(|is| format!("is {}", number(is))));
    parts.extend(line.missing_rows.map(|n| format!("{} missing", rows(n))));
    parts.extend(line.lost_rows.map(|n| format!("{} that could not be read", rows(n))));
    parts.extend(line.line.map(|n| format!("from line {n}")));
    parts.extend(line.reason.clone());
    parts.extend(line.fault.as_deref().map(|fault| match fault {
        "stuck" => "the clock stands still or runs backwards".to_owned(),
        "set-back" => "the clock was set back".to_owned(),
        other => other.to_owned(),
    }));
    parts.extend(line.period_s.zip(line.expected_s).map(|(found, expected)| {
        format!("a row every {} s, {} s when it was fitted", number(found), number(expected))
    }));
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_names_who_is_to_blame() {
        let line = r#"{"kind":"raised","stream":"a","row":7,"time":"2026-01-01T00:00:06Z","ratio":2.51,
            "severity":"critical","channels":[{"name":"flow","share":0.75}],"model":"00ff","new":[1]}"#;
        let event = ReportEvent::parse(line).unwrap().unwrap();
        assert_eq!(event.words, "ratio 2.51; critical; flow 75 %");
        assert_eq!(event.shares, [("flow".to_owned(), 0.75)]);
        assert_eq!(event.time, Some(Time(1_767_225_606 * Time::SECOND)));
    }

    #[test]
    fn scores_are_passed_over_and_other_lines_refused() {
        assert_eq!(ReportEvent::parse(r#"{"kind":"score","row":1,"ratio":null}"#).unwrap(), None);
        for line in ["", "[]", "time,a,b", r#"{"row":1}"#, r#"{"kind":"raised","row":-1}"#] {
            assert!(ReportEvent::parse(line).is_err(), "{line}");
        }
        let event = r#"{"kind":"gap","row":1,"time":"soon"}"#;
        assert!(ReportEvent::parse(event).unwrap_err().to_string().contains("\"soon\""));
    }
}
