//! From JSON text to a profile that is consistent, or an error that names the field.
//!
//! A profile comes with a model file, so it is untrusted: sizes are bounded before anything is
//! built from them.

mod data;
mod field;
mod history;
mod seen;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::document::{Channel, HeadSpec, Profile, VERSION};
use super::feature::feature_of;
use super::spec::{
    AlertSpec, FeatureSpec, Gaussian, ScoreSpec, SmoothSpec, ThresholdRule, ThresholdSpec,
};
use super::when::{Condition, MAX_CONDITIONS};

pub use data::{MAX_CONSTANTS, MAX_STREAM_SCALES};
use data::{constants, input, seen_range, streams};
pub use field::ProfileError;
use field::{MAX_NAME, bad, ensure, numbers, period_of_rows, positive, positives};

const MAX_CHANNELS: usize = 4096;
/// Values in a window, or a picture, at most.
pub const MAX_WINDOW_LEN: usize = 1 << 20;
const MAX_SMOOTH_WINDOWS: usize = 100_000;
/// Bands of a spectrum.
const MAX_BANDS: usize = 64;
/// Bytes of the document.
const MAX_TEXT: usize = 16 << 20;
/// Reasons for leaving out channels.
const MAX_LEFT_OUT: usize = 2 * MAX_CHANNELS;
const MAX_HOLD: u32 = 1_000_000;
/// Rows of data that are averaged to one row of a window, at most.
pub const MAX_AVERAGE: usize = 1 << 20;

impl Profile {
    /// Reads and checks a profile.
    ///
    /// # Errors
    /// Names the JSON position, or the field and channel, that is wrong.
    pub fn from_json(text: &str) -> Result<Self, ProfileError> {
        parse(text)
    }

    /// The document as it goes into the ONNX file.
    ///
    /// # Errors
    /// When it is not consistent, or longer than it may be to be read again.
    pub fn to_json(&self) -> Result<String, ProfileError> {
        write(self)
    }
}

impl AlertSpec {
    /// Checks that the numbers go together.
    ///
    /// # Errors
    /// Names the field.
    pub fn check(&self) -> Result<(), ProfileError> {
        alert(self)
    }
}

fn length(text: &str) -> Result<(), ProfileError> {
    ensure(text.len() <= MAX_TEXT, "the profile", || {
        format!(
            "has {} bytes, but may have {MAX_TEXT}: with so many channels choose a score without a covariance, such as normalised",
            text.len()
        )
    })
}

fn write(profile: &Profile) -> Result<String, ProfileError> {
    validate(profile)?;
    let text = serde_json::to_string(profile).map_err(ProfileError::Json)?;
    length(&text)?;
    Ok(text)
}

fn parse(text: &str) -> Result<Profile, ProfileError> {
    length(text)?;
    #[derive(serde::Deserialize)]
    struct Head {
        version: u64,
    }
    // The version first: a later document may well not parse as this one.
    let head: Head = serde_json::from_str(text).map_err(ProfileError::Json)?;
    if !(1..=u64::from(VERSION)).contains(&head.version) {
        return Err(ProfileError::Version { found: head.version });
    }
    let profile: Profile = serde_json::from_str(text).map_err(ProfileError::Json)?;
    validate(&profile)?;
    Ok(profile)
}

fn validate(p: &Profile) -> Result<(), ProfileError> {
    let least = p.least_version();
    ensure((least..=VERSION).contains(&p.version), "version", || {
        format!("is {}, but with what is in it, it must be {least} to {VERSION}", p.version)
    })?;
    channels(p)?;
    constants(p)?;
    input(p)?;
    when(p)?;
    streams(p)?;
    seen::unprecedented(p)?;
    seen::drift(p)?;
    if let Some(spec) = &p.features {
        features(spec)?;
        channels_are_features(p, spec)?;
    }
    let len = p
        .window
        .checked_mul(p.channels.len())
        .filter(|&n| n > 0 && n <= MAX_WINDOW_LEN)
        .ok_or_else(|| bad("window", format!("of {} rows is zero or too large", p.window)))?;
    ensure(p.hop >= 1 && p.hop <= MAX_WINDOW_LEN, "hop", || {
        format!("is {}, but must be 1 to {MAX_WINDOW_LEN}", p.hop)
    })?;
    ensure((1..=MAX_AVERAGE).contains(&p.average), "average", || {
        format!("is {}, but must be 1 to {MAX_AVERAGE}", p.average)
    })?;
    ensure(p.average == 1 || !p.layout.is_picture(), "average", || {
        format!("is {}, but pictures have no rows to average", p.average)
    })?;
    if let Some(period) = p.period_s {
        period_of_rows(period, "period_s")?;
    }
    ensure(p.missing.hold <= MAX_HOLD, "missing.hold", || {
        format!("is {}, but at most {MAX_HOLD} rows can be held", p.missing.hold)
    })?;
    score(&p.score, p.channels.len())?;
    smooth(&p.smooth)?;
    threshold(&p.threshold)?;
    alert(&p.alert)?;
    p.head.as_ref().map_or(Ok(()), head)?;
    for (values, field, len) in [
        (&p.golden.input, "golden.input", len),
        (&p.golden.output, "golden.output", p.answer_len()),
    ] {
        ensure(values.len() == len, field, || {
            format!("has {} numbers, but must have {len}", values.len())
        })?;
        ensure(values.iter().all(|v| v.is_finite()), field, || {
            "holds a number that is not finite".into()
        })?;
    }
    history::feedback(p)?;
    history::before(p)?.map_or(Ok(()), validate)?;
    ensure(p.provenance.left_out.len() <= MAX_LEFT_OUT, "provenance.left_out", || {
        format!("has {} entries, but at most {MAX_LEFT_OUT}", p.provenance.left_out.len())
    })?;
    ensure(p.golden.score.is_finite(), "golden.score", || "is not finite".into())
}

fn channels(p: &Profile) -> Result<(), ProfileError> {
    ensure((1..=MAX_CHANNELS).contains(&p.channels.len()), "channels", || {
        format!("are {}, but must be 1 to {MAX_CHANNELS}", p.channels.len())
    })?;
    let mut seen = BTreeSet::new();
    for channel in &p.channels {
        ensure(!channel.name.is_empty() && channel.name.len() <= MAX_NAME, "channels", || {
            format!("hold a name that is empty or longer than {MAX_NAME} bytes")
        })?;
        ensure(seen.insert(channel.name.as_str()), "channels", || {
            format!("hold the name {:?} twice", channel.name)
        })?;
        ensure(channel.mean.is_finite(), &format!("mean of channel {:?}", channel.name), || {
            "is not finite".into()
        })?;
        positive(channel.scale, &format!("scale of channel {:?}", channel.name))?;
        channel.seen.as_ref().map_or(Ok(()), |range| seen_range(range, &channel.name))?;
    }
    Ok(())
}

/// Checks the numbers of features, also when they come from a command line.
pub(super) fn features(spec: &FeatureSpec) -> Result<(), ProfileError> {
    let FeatureSpec { frame, hop, bands, envelope, period_s } = *spec;
    ensure(frame.is_power_of_two() && (64..=16384).contains(&frame), "features.frame", || {
        format!("is {frame}, but must be a power of two from 64 to 16384")
    })?;
    ensure((1..=MAX_WINDOW_LEN).contains(&hop), "features.hop", || {
        format!("is {hop}, but must be 1 to {MAX_WINDOW_LEN}")
    })?;
    for (found, most, field) in [
        (bands, MAX_BANDS.min(frame / 4), "features.bands"),
        (envelope, MAX_BANDS.min(frame / 16), "features.envelope"),
    ] {
        ensure(found <= most, field, || {
            format!("are {found}, but frames of {frame} rows can have {most} at most")
        })?;
    }
    period_s.map_or(Ok(()), |period| period_of_rows(period, "features.period_s"))
}

/// Checks that every channel is a feature that there is, of a layout of rows.
fn channels_are_features(p: &Profile, spec: &FeatureSpec) -> Result<(), ProfileError> {
    ensure(!p.layout.is_picture(), "features", || {
        "are of rows, but the windows are pictures".into()
    })?;
    for Channel { name, .. } in &p.channels {
        let known = feature_of(name).is_some_and(|(_, feature)| feature.is_of(spec));
        ensure(known, "channels", || {
            format!(
                "hold {name:?}, which is no feature of a frame: those are called NAME:rms, \
                     NAME:crest, NAME:kurtosis, NAME:band1 to NAME:band{} and NAME:envelope1 to \
                     NAME:envelope{}",
                spec.bands, spec.envelope
            )
        })?;
    }
    Ok(())
}

fn head(spec: &HeadSpec) -> Result<(), ProfileError> {
    let named = |name: &str| !name.is_empty() && name.len() <= MAX_NAME;
    match spec {
        HeadSpec::Class { classes } => {
            ensure((2..=MAX_CHANNELS).contains(&classes.len()), "head.classes", || {
                format!("are {}, but must be 2 to {MAX_CHANNELS}", classes.len())
            })?;
            ensure(classes.iter().all(|name| named(name)), "head.classes", || {
                format!("hold a name that is empty or longer than {MAX_NAME} bytes")
            })
        }
        HeadSpec::Estimate { name, mean, scale } => {
            ensure(named(name), "head.name", || {
                format!("is empty or longer than {MAX_NAME} bytes")
            })?;
            ensure(mean.is_finite(), "head.mean", || "is not finite".into())?;
            positive(*scale, "head.scale")
        }
    }
}

fn gaussian(g: &Gaussian, n: usize, field: &str) -> Result<(), ProfileError> {
    numbers(&g.mean, n, &format!("{field}.mean"))?;
    numbers(&g.precision, n * n, &format!("{field}.precision"))
}

fn score(spec: &ScoreSpec, channels: usize) -> Result<(), ProfileError> {
    match spec {
        ScoreSpec::Mse | ScoreSpec::Mae => Ok(()),
        ScoreSpec::WorstChannel { level } | ScoreSpec::Normalised { level } => {
            positives(level, channels, "score.level")
        }
        ScoreSpec::Mahalanobis { normal } => gaussian(normal, channels, "score.normal"),
        ScoreSpec::MahalanobisLog { normal, floor } => {
            gaussian(normal, channels, "score.normal")?;
            positive(*floor, "score.floor")
        }
        ScoreSpec::MahalanobisWindow { normal, floor } => {
            gaussian(normal, 2 * channels, "score.normal")?;
            positive(*floor, "score.floor")
        }
        ScoreSpec::T2q { latent_mean, latent_variance, t2_level, q_level } => {
            ensure((1..=MAX_WINDOW_LEN).contains(&latent_mean.len()), "score.latent_mean", || {
                "is empty or too long".into()
            })?;
            numbers(latent_mean, latent_mean.len(), "score.latent_mean")?;
            positives(latent_variance, latent_mean.len(), "score.latent_variance")?;
            positive(*t2_level, "score.t2_level")?;
            positive(*q_level, "score.q_level")
        }
        ScoreSpec::Model { origin, .. } => {
            ensure(origin.is_finite(), "score.origin", || "is not finite".into())
        }
    }
}

/// Checks the numbers of a smoothing.
pub(super) fn smooth(spec: &SmoothSpec) -> Result<(), ProfileError> {
    match *spec {
        SmoothSpec::None => Ok(()),
        SmoothSpec::Ewma { alpha } => ensure(alpha > 0.0 && alpha <= 1.0, "smooth.alpha", || {
            format!("is {alpha}, but must be above 0 and at most 1")
        }),
        SmoothSpec::Mean { windows } | SmoothSpec::Median { windows } => {
            ensure((1..=MAX_SMOOTH_WINDOWS).contains(&windows), "smooth.windows", || {
                format!("is {windows}, but must be 1 to {MAX_SMOOTH_WINDOWS}")
            })
        }
    }
}

fn when(p: &Profile) -> Result<(), ProfileError> {
    let Some(when) = &p.when else { return Ok(()) };
    ensure((1..=MAX_CONDITIONS).contains(&when.all.len()), "when.all", || {
        format!("has {} conditions, but there must be 1 to {MAX_CONDITIONS}", when.all.len())
    })?;
    for Condition { column, value, .. } in &when.all {
        ensure(!column.is_empty() && value.is_finite(), "when.all", || {
            format!("has the condition {column:?} against {value}: it needs a column and a number")
        })?;
    }
    for Condition { column, .. } in &when.all {
        let counts = p.input.difference.iter().any(|spec| spec.column == *column);
        ensure(!counts, "when.all", || {
            format!(
                "is about {column:?}, which is a counter, watched by how fast it rises: choose another column"
            )
        })?;
    }
    ensure(p.features.is_none(), "when", || "is of rows, but these are features of frames".into())?;
    ensure(when.settle_s.is_finite() && when.settle_s >= 0.0, "when.settle_s", || {
        format!("is {}, but must be zero or more", when.settle_s)
    })
}

fn threshold(spec: &ThresholdSpec) -> Result<(), ProfileError> {
    positive(spec.value, "threshold.value")?;
    rule(&spec.rule)
}

/// Checks the numbers of a threshold rule.
pub(super) fn rule(rule: &ThresholdRule) -> Result<(), ProfileError> {
    let share = |v: f64, field: &str| {
        ensure(v > 0.0 && v < 1.0, field, || format!("is {v}, but must lie between 0 and 1"))
    };
    match *rule {
        ThresholdRule::Fixed { value } => positive(value, "threshold.rule.value"),
        ThresholdRule::Quantile { q, factor } => {
            ensure(q > 0.0 && q <= 1.0, "threshold.rule.q", || {
                format!("is {q}, but must be above 0 and at most 1")
            })?;
            positive(factor, "threshold.rule.factor")
        }
        ThresholdRule::Margin { q, k } => {
            share(q, "threshold.rule.q")?;
            ensure(k >= 0.0 && k.is_finite(), "threshold.rule.k", || {
                format!("is {k}, but must be zero or more")
            })
        }
        ThresholdRule::FalseAlarms { per_week } => positive(per_week, "threshold.rule.per_week"),
        ThresholdRule::Sigma { k } => positive(k, "threshold.rule.k"),
        ThresholdRule::Pot { risk, initial } => {
            share(risk, "threshold.rule.risk")?;
            share(initial, "threshold.rule.initial")
        }
    }
}

/// Checks the numbers of an alert rule, also when they come from a command line.
fn alert(spec: &AlertSpec) -> Result<(), ProfileError> {
    positive(spec.raise, "alert.raise")?;
    positive(spec.clear, "alert.clear")?;
    ensure(spec.clear <= spec.raise, "alert.clear", || {
        format!("is {}, above alert.raise {}", spec.clear, spec.raise)
    })?;
    ensure(spec.of <= 64 && (1..=spec.of).contains(&spec.k), "alert.k", || {
        format!("is {} of {}, but k must be 1 to n and n at most 64", spec.k, spec.of)
    })?;
    for (value, field) in
        [(spec.min_duration_s, "alert.min_duration_s"), (spec.cooldown_s, "alert.cooldown_s")]
    {
        ensure(value.is_finite() && value >= 0.0, field, || {
            format!("is {value}, but must be zero or more")
        })?;
    }
    Ok(())
}
