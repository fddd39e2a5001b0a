//! Events of a stream go in; the stretches of its axis in which it was odd, or not as it used to be, or a sensor was not
//! to be trusted, or rows were missing, come out.

use super::event::ReportEvent;
use crate::chart::ChartColour;

/// A stretch of the axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Band {
    pub(super) kind: BandKind,
    /// `None`: it is about the whole stream.
    pub(super) channel: Option<String>,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// What a stretch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BandKind {
    /// An alert stands.
    Alert,
    /// A sensor is frozen, missing or implausible, or what never moved has changed.
    Sensor,
    /// A channel, or the score, is not as it used to be.
    Drift,
    /// There are no rows, or none that can be read or judged.
    Rows,
}

impl BandKind {
    pub(super) const ALL: [Self; 4] = [Self::Alert, Self::Sensor, Self::Drift, Self::Rows];

    pub(super) fn colour(self) -> ChartColour {
        match self {
            Self::Alert => ChartColour::Vermillion,
            Self::Sensor => ChartColour::Purple,
            Self::Drift => ChartColour::Green,
            Self::Rows => ChartColour::Rest,
        }
    }

    /// Its colour in the style sheet.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Sensor => "sensor",
            Self::Drift => "drift",
            Self::Rows => "hole",
        }
    }

    /// Its place among others, from above.
    pub(super) fn lane(self) -> i32 {
        match self {
            Self::Alert => 0,
            Self::Sensor => 1,
            Self::Drift => 2,
            Self::Rows => 3,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Sensor => "sensor not to be trusted",
            Self::Drift => "not as it used to be",
            Self::Rows => "not judged: no rows, a wrong clock, or idle",
        }
    }
}

/// A band that is open is closed by the end of the axis.
pub(super) fn bands(events: &[ReportEvent], stream: &str, end: f64) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    // Whatever is open, by the kind of event that opened it.
    let mut open: Vec<(&str, Band)> = Vec::new();
    // Unreadable rows belong to no stream.
    let own = events.iter().filter(|e| e.stream == stream || e.stream.is_empty());
    for event in own {
        let Some(at) = event.place else { continue };
        let band = |kind, from: f64| Band {
            kind,
            channel: event.channel.clone(),
            from: from.min(at),
            to: at,
        };
        let (closes, opens): (&[&str], _) = match event.kind.as_str() {
            "raised" => (&["raised"], Some(BandKind::Alert)),
            "cleared" => (&["raised"], None),
            "flatline" => (&["flatline"], Some(BandKind::Sensor)),
            "moving" => (&["flatline"], None),
            "missing" | "implausible" => (&["missing", "implausible"], Some(BandKind::Sensor)),
            "restored" => (&["missing", "implausible"], None),
            "drift" => (&["drift"], Some(BandKind::Drift)),
            "steady" => (&["drift"], None),
            "changed" => (&["changed"], Some(BandKind::Sensor)),
            "returned" => (&["changed"], None),
            "unreadable" => (&["unreadable"], Some(BandKind::Rows)),
            "readable" => (&["unreadable"], None),
            "idle" => (&["idle"], Some(BandKind::Rows)),
            "running" => (&["idle"], None),
            "gap" | "clock" => {
                bands.push(band(BandKind::Rows, event.from_place.unwrap_or(at)));
                continue;
            }
            _ => continue,
        };
        let (ended, still): (Vec<_>, Vec<_>) = std::mem::take(&mut open)
            .into_iter()
            .partition(|(by, band)| closes.contains(by) && band.channel == event.channel);
        open = still;
        bands.extend(ended.into_iter().map(|(_, band)| Band { to: at.max(band.from), ..band }));
        open.extend(opens.map(|kind| (event.kind.as_str(), band(kind, at))));
    }
    bands.extend(open.into_iter().map(|(_, band)| Band { to: end.max(band.from), ..band }));
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, channel: &str, place: f64) -> ReportEvent {
        let line = format!(r#"{{"kind":"{kind}","row":1,"channel":"{channel}"}}"#);
        ReportEvent { place: Some(place), ..ReportEvent::parse(&line).unwrap().unwrap() }
    }

    #[test]
    fn a_band_lasts_from_its_event_to_the_one_that_ends_it() {
        let events = [
            event("flatline", "a", 2.0),
            event("raised", "", 3.0),
            event("missing", "b", 4.0),
            event("implausible", "b", 5.0),
            event("moving", "b", 6.0),
            event("restored", "b", 7.0),
            event("cleared", "", 8.0),
            event("new", "", 9.0),
        ];
        let found: Vec<(BandKind, f64, f64)> =
            bands(&events, "", 10.0).into_iter().map(|b| (b.kind, b.from, b.to)).collect();
        assert_eq!(
            found,
            [
                (BandKind::Sensor, 4.0, 5.0),
                (BandKind::Sensor, 5.0, 7.0),
                (BandKind::Alert, 3.0, 8.0),
                (BandKind::Sensor, 2.0, 10.0)
            ]
        );
    }
}
