//! Command-line options that the programs share: text goes in, the types of the rooms come out.
//!
//! Nothing here prints or ends a process.

mod hints;
#[cfg(feature = "learn")]
mod learn;

use crate::decode::{Format, KeyColumn, ReadHints, TimeColumn};
use clap::Args;
use oddity_core::profile::{AlertSpec, ProfileError};

pub use hints::HintArgs;
#[cfg(feature = "learn")]
pub use learn::{DataError, LearnArgs, command_line};

/// How data is read.
#[derive(Clone, Debug, Default, Args)]
pub struct ReadArgs {
    /// Format of the data: auto, csv (with header), bare (CSV without), jsonl,
    /// pairs (label:value), topics (a topic before each payload)
    #[arg(long, default_value = "auto")]
    pub format: Format,
    /// Column with the time; `none` counts rows as they come [default: detected from the first
    /// lines]
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// Column that names the stream of a row; each stream is watched on its own. `none` treats all
    /// rows as one stream [default: as the model's profile says]
    #[arg(long, value_name = "COLUMN")]
    pub key: Option<String>,
    /// How it is written.
    #[command(flatten)]
    pub hints: HintArgs,
}

impl ReadArgs {
    /// What is said of how data is written.
    pub fn hints(&self) -> ReadHints {
        self.hints.hints()
    }

    /// The column that tells streams apart.
    pub fn key(&self) -> KeyColumn {
        match self.key.as_deref() {
            None => KeyColumn::AsBefore,
            Some("none") => KeyColumn::None,
            Some(name) => KeyColumn::Named(name.into()),
        }
    }

    /// The column with the time.
    pub fn time(&self) -> TimeColumn {
        match self.time.as_deref() {
            None => TimeColumn::Auto,
            Some("none") => TimeColumn::None,
            Some(name) => TimeColumn::Named(name.into()),
        }
    }
}

/// When ratios become alerts.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct AlertArgs {
    /// Raise when the ratio is above this [default: 1]
    #[arg(long, value_name = "RATIO")]
    raise: Option<f64>,
    /// Clear when it is at or below this [default: 0.9 of --raise]
    #[arg(long, value_name = "RATIO")]
    clear: Option<f64>,
    /// Raise when K of the last N windows are above, as K/N [default: 1/1]
    #[arg(long, value_name = "K/N", value_parser = k_of_n)]
    k_of_n: Option<(u32, u32)>,
    /// Raise only after the condition has held for this long [default: 0]
    #[arg(long, value_name = "SECONDS")]
    min_duration: Option<f64>,
    /// Raise nothing for this long after an alert has cleared [default: 0]
    #[arg(long, value_name = "SECONDS")]
    cooldown: Option<f64>,
}

impl AlertArgs {
    /// Whether anything is said.
    pub fn any(&self) -> bool {
        self.raise.is_some()
            || self.clear.is_some()
            || self.k_of_n.is_some()
            || self.min_duration.is_some()
            || self.cooldown.is_some()
    }

    /// What is said here, over what was said before.
    ///
    /// # Errors
    /// When the numbers do not go together.
    pub fn over(&self, base: AlertSpec) -> Result<AlertSpec, ProfileError> {
        let raise = self.raise.unwrap_or(base.raise);
        let (k, of) = self.k_of_n.unwrap_or((base.k, base.of));
        let spec = AlertSpec {
            raise,
            clear: self.clear.unwrap_or(base.clear / base.raise * raise),
            k,
            of,
            min_duration_s: self.min_duration.unwrap_or(base.min_duration_s),
            cooldown_s: self.cooldown.unwrap_or(base.cooldown_s),
        };
        spec.check()?;
        Ok(spec)
    }
}

fn k_of_n(text: &str) -> Result<(u32, u32), String> {
    text.split_once('/')
        .and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)))
        .ok_or_else(|| "write it as K/N, such as 3/5".into())
}
