//! Specifications as people write them: `ewma:0.05`, `pot:1e-3`, `mahalanobis-log`.
//!
//! Text goes in, a checked specification comes out, and back by `Display`.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::check;
use super::document::Layout;
use super::misread::SpecError;
use super::spec::{FeatureSpec, ScoreKind, ScoreSpec, SmoothSpec, ThresholdRule};

const SCORES: [(&str, ScoreKind); 10] = [
    ("mse", ScoreKind::Mse),
    ("mae", ScoreKind::Mae),
    ("worst-channel", ScoreKind::WorstChannel),
    ("normalised", ScoreKind::Normalised),
    ("mahalanobis", ScoreKind::Mahalanobis),
    ("mahalanobis-log", ScoreKind::MahalanobisLog),
    ("mahalanobis-window", ScoreKind::MahalanobisWindow),
    ("t2q", ScoreKind::T2q),
    ("model", ScoreKind::Model),
    ("model-low", ScoreKind::ModelLow),
];

impl FromStr for ScoreKind {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        SCORES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind).ok_or_else(|| {
            SpecError {
                text: text.into(),
                what: "a score",
                possible: "mse, mae, worst-channel, normalised, mahalanobis, \
                           mahalanobis-log, mahalanobis-window, t2q, model, model-low",
            }
        })
    }
}

impl fmt::Display for ScoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCORES.iter().find(|(_, kind)| kind == self).map_or("?", |(name, _)| name))
    }
}

const LAYOUTS: [(&str, Layout); 5] = [
    ("features", Layout::Features),
    ("time-channels", Layout::TimeChannels),
    ("channels-time", Layout::ChannelsTime),
    ("picture", Layout::Picture),
    ("picture-planes-last", Layout::PicturePlanesLast),
];

impl FromStr for Layout {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        LAYOUTS.iter().find(|(name, _)| *name == text).map(|(_, layout)| *layout).ok_or_else(|| {
            SpecError {
                text: text.into(),
                what: "a layout",
                possible: "features, time-channels, channels-time, picture, \
                           picture-planes-last",
            }
        })
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(LAYOUTS.iter().find(|(_, layout)| layout == self).map_or("?", |(name, _)| name))
    }
}

impl ScoreSpec {
    /// Which score it is.
    pub fn kind(&self) -> ScoreKind {
        match self {
            Self::Mse => ScoreKind::Mse,
            Self::Mae => ScoreKind::Mae,
            Self::WorstChannel { .. } => ScoreKind::WorstChannel,
            Self::Normalised { .. } => ScoreKind::Normalised,
            Self::Mahalanobis { .. } => ScoreKind::Mahalanobis,
            Self::MahalanobisLog { .. } => ScoreKind::MahalanobisLog,
            Self::MahalanobisWindow { .. } => ScoreKind::MahalanobisWindow,
            Self::T2q { .. } => ScoreKind::T2q,
            Self::Model { lower: false, .. } => ScoreKind::Model,
            Self::Model { lower: true, .. } => ScoreKind::ModelLow,
        }
    }
}

impl FromStr for SmoothSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let parts: Vec<&str> = text.split(':').collect();
        let spec = match parts.as_slice() {
            ["none"] => Some(Self::None),
            ["ewma", alpha] => alpha.parse().ok().map(|alpha| Self::Ewma { alpha }),
            ["mean", windows] => windows.parse().ok().map(|windows| Self::Mean { windows }),
            ["median", windows] => windows.parse().ok().map(|windows| Self::Median { windows }),
            _ => None,
        };
        spec.filter(|spec| check::smooth(spec).is_ok()).ok_or_else(|| SpecError {
            text: text.into(),
            what: "a smoothing",
            possible: "none, ewma:ALPHA (0 < ALPHA <= 1), mean:WINDOWS, median:WINDOWS (1 or more)",
        })
    }
}

impl fmt::Display for SmoothSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Ewma { alpha } => write!(f, "ewma:{alpha}"),
            Self::Mean { windows } => write!(f, "mean:{windows}"),
            Self::Median { windows } => write!(f, "median:{windows}"),
        }
    }
}

/// Bands of the spectrum and of the envelope's, unless said otherwise.
const BANDS: (usize, usize) = (12, 4);

impl FromStr for FeatureSpec {
    type Err = SpecError;

    /// `FRAME[:HOP[:BANDS[:ENVELOPE]]]`.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let numbers: Option<Vec<usize>> = text.split(':').map(|part| part.parse().ok()).collect();
        let (bands, envelope) = BANDS;
        let spec =
            |frame, hop, bands, envelope| Self { frame, hop, bands, envelope, period_s: None };
        let spec = match numbers.as_deref() {
            Some(&[frame]) => Some(spec(frame, frame, bands, envelope.min(frame / 16))),
            Some(&[frame, hop]) => Some(spec(frame, hop, bands, envelope.min(frame / 16))),
            Some(&[frame, hop, bands]) => Some(spec(frame, hop, bands, envelope.min(frame / 16))),
            Some(&[frame, hop, bands, envelope]) => Some(spec(frame, hop, bands, envelope)),
            _ => None,
        };
        spec.filter(|spec| check::features(spec).is_ok()).ok_or_else(|| SpecError {
            text: text.into(),
            what: "a frame",
            possible: "FRAME[:HOP[:BANDS[:ENVELOPE]]], where FRAME is a power of two from 64 to 16384, \
                       BANDS at most 64 and a quarter of it, ENVELOPE at most 64 and a sixteenth of it",
        })
    }
}

impl fmt::Display for FeatureSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frame, hop, bands, envelope, .. } = self;
        write!(f, "{frame}:{hop}:{bands}:{envelope}")
    }
}

/// What `margin:K` adds to.
const MARGIN_QUANTILE: f64 = 0.99;
/// Where the tail of `pot:RISK` begins.
const POT_INITIAL: f64 = 0.95;

impl FromStr for ThresholdRule {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let numbers: Option<Vec<f64>> = parts.map(|part| part.parse().ok()).collect();
        let rule = match (name, numbers.as_deref()) {
            ("fixed", Some(&[value])) => Some(Self::Fixed { value }),
            ("quantile", Some(&[q])) => Some(Self::Quantile { q, factor: 1.0 }),
            ("quantile", Some(&[q, factor])) => Some(Self::Quantile { q, factor }),
            ("margin", Some(&[k])) => Some(Self::Margin { q: MARGIN_QUANTILE, k }),
            ("margin", Some(&[k, q])) => Some(Self::Margin { q, k }),
            ("false-alarms", Some(&[per_week])) => Some(Self::FalseAlarms { per_week }),
            ("sigma", Some(&[k])) => Some(Self::Sigma { k }),
            ("pot", Some(&[risk])) => Some(Self::Pot { risk, initial: POT_INITIAL }),
            ("pot", Some(&[risk, initial])) => Some(Self::Pot { risk, initial }),
            _ => None,
        };
        rule.filter(|rule| check::rule(rule).is_ok()).ok_or_else(|| SpecError {
            text: text.into(),
            what: "a threshold",
            possible: "fixed:VALUE, margin:K[:QUANTILE], quantile:Q[:FACTOR], sigma:K, pot:RISK[:INITIAL QUANTILE], false-alarms:A_WEEK",
        })
    }
}

impl fmt::Display for ThresholdRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed { value } => write!(f, "fixed:{value}"),
            Self::Quantile { q, factor: 1.0 } => write!(f, "quantile:{q}"),
            Self::Quantile { q, factor } => write!(f, "quantile:{q}:{factor}"),
            Self::Margin { q: MARGIN_QUANTILE, k } => write!(f, "margin:{k}"),
            Self::Margin { q, k } => write!(f, "margin:{k}:{q}"),
            Self::FalseAlarms { per_week } => write!(f, "false-alarms:{per_week}"),
            Self::Sigma { k } => write!(f, "sigma:{k}"),
            Self::Pot { risk, initial } => write!(f, "pot:{risk}:{initial}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn what_is_shown_reads_back() {
        for text in ["none", "ewma:0.05", "mean:30", "median:9"] {
            assert_eq!(text.parse::<SmoothSpec>().unwrap().to_string(), text);
        }
        for text in [
            "fixed:2.5",
            "margin:3",
            "margin:2.5:0.95",
            "quantile:0.99",
            "false-alarms:0.5",
            "quantile:0.99:2",
            "sigma:3",
            "pot:0.001:0.9",
        ] {
            assert_eq!(text.parse::<ThresholdRule>().unwrap().to_string(), text);
        }
        for text in ["2048:1024:16:8", "64:64:0:0"] {
            assert_eq!(text.parse::<FeatureSpec>().unwrap().to_string(), text);
        }
        assert_eq!("2048".parse::<FeatureSpec>().unwrap().to_string(), "2048:2048:12:4");
        for (name, kind) in SCORES {
            assert_eq!(name.parse::<ScoreKind>().unwrap(), kind);
            assert_eq!(kind.to_string(), name);
        }
    }

    #[test]
    fn nonsense_is_refused_with_what_is_possible() {
        for text in ["ewma:0", "ewma:2", "ewma", "mean:0", "mean:-1", "mean:1:2", ""] {
            assert!(text.parse::<SmoothSpec>().unwrap_err().to_string().contains("ewma:ALPHA"));
        }
        for text in ["fixed:0", "fixed:nan", "quantile:2", "sigma:-1", "pot:0", "pot:x", "3"] {
            assert!(text.parse::<ThresholdRule>().unwrap_err().to_string().contains("sigma:K"));
        }
        for text in ["0", "63", "100", "32768", "64:0", "64:64:17", "64:64:8:5", "1:2:3:4:5", "x"] {
            assert!(text.parse::<FeatureSpec>().unwrap_err().to_string().contains("FRAME[:HOP"));
        }
    }
}
