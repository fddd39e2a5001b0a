//! The features of a channel, and their names: `acc_x:rms`, `acc_x:band3`.

use alloc::string::String;
use core::fmt;

use super::spec::FeatureSpec;

/// One number of a frame of one channel. Of the frame the mean is taken off first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Root of the mean square, in the channel's unit.
    Rms,
    /// Largest magnitude over [`Feature::Rms`]; 0 of a frame that does not move.
    Crest,
    /// Fourth moment over the square of the second: 3 of noise, 1.5 of a sine, more of blows; 0 of a
    /// frame that does not move.
    Kurtosis,
    /// Logarithm to base 10 of the mean square that this band of the spectrum holds, from 1.
    Band(usize),
    /// The same of the envelope.
    Envelope(usize),
}

impl Feature {
    /// All that `spec` asks for, in order.
    pub fn all(spec: &FeatureSpec) -> impl Iterator<Item = Self> + use<> {
        let bands = (1..=spec.bands).map(Self::Band);
        let envelope = (1..=spec.envelope).map(Self::Envelope);
        [Self::Rms, Self::Crest, Self::Kurtosis].into_iter().chain(bands).chain(envelope)
    }

    /// Whether `spec` has it.
    pub fn is_of(self, spec: &FeatureSpec) -> bool {
        match self {
            Self::Rms | Self::Crest | Self::Kurtosis => true,
            Self::Band(band) => (1..=spec.bands).contains(&band),
            Self::Envelope(band) => (1..=spec.envelope).contains(&band),
        }
    }

    /// What it is called for this channel.
    pub fn of(self, channel: &str) -> String {
        alloc::format!("{channel}:{self}")
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rms => f.write_str("rms"),
            Self::Crest => f.write_str("crest"),
            Self::Kurtosis => f.write_str("kurtosis"),
            Self::Band(band) => write!(f, "band{band}"),
            Self::Envelope(band) => write!(f, "envelope{band}"),
        }
    }
}

/// The raw channel and the feature of a name, where it is the name of one.
pub fn feature_of(name: &str) -> Option<(&str, Feature)> {
    let (channel, feature) = name.rsplit_once(':')?;
    let numbered = |prefix: &str| {
        let digits = feature.strip_prefix(prefix)?;
        let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| plain)
    };
    let feature = match feature {
        "rms" => Feature::Rms,
        "crest" => Feature::Crest,
        "kurtosis" => Feature::Kurtosis,
        _ => numbered("band")
            .map(Feature::Band)
            .or_else(|| numbered("envelope").map(Feature::Envelope))?,
    };
    (!channel.is_empty()).then_some((channel, feature))
}
