//! What the command line and a profile say of an input goes in; how to read it comes out.

use std::path::{Path, PathBuf};

use oddity::args::ReadArgs;
use oddity::decode::{Channels, Columns, DecodeOptions, KeyColumn, TimeColumn};
use oddity::profile::Profile;

/// How to read data for a model with this profile: what is not said is as when it was fitted.
pub(in crate::cli) fn options(
    read: &ReadArgs,
    profile: &Profile,
    label: Option<String>,
) -> DecodeOptions {
    DecodeOptions {
        format: read.format,
        channels: Channels::Named(profile.channels.iter().map(|c| c.name.clone()).collect()),
        optional: Vec::new(),
        time: match (read.time(), &profile.time) {
            (TimeColumn::Auto, Some(name)) => TimeColumn::Likely(name.clone()),
            (time, _) => time,
        },
        key: match read.key() {
            KeyColumn::AsBefore => profile.key.clone(),
            KeyColumn::None => None,
            KeyColumn::Named(name) => Some(name),
        },
        label,
        hints: read.hints(),
        learned: profile.input.clone(),
    }
}

/// How the input is read, for `-v`.
pub(in crate::cli) fn describe(columns: &Columns) -> String {
    let or_none = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".into());
    let delimiter = match columns.delimiter {
        Some('\t') => " separated by tabs".into(),
        Some(delimiter) => format!(" separated by {delimiter}"),
        None => String::new(),
    };
    format!(
        "read as {}{delimiter}; time column: {}; key column: {}",
        columns.format,
        or_none(&columns.time),
        or_none(&columns.key)
    ) + &long_format(columns)
}

fn long_format(columns: &Columns) -> String {
    let pivot = columns.input.pivot.as_ref();
    pivot.map_or(String::new(), |pivot| {
        format!(
            "; column {} names the sensors, {} holds their readings",
            pivot.name,
            pivot.values.join(", ")
        )
    })
}

/// The one input of a stream.
pub(in crate::cli) fn one_input(input: &[PathBuf]) -> anyhow::Result<Option<&Path>> {
    match input {
        [] => Ok(None),
        [input] => Ok(Some(input)),
        _ => anyhow::bail!(
            "a stream has one input: `cat` the files into a pipe, or run them one by one"
        ),
    }
}
