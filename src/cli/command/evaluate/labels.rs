//! What is odd in which file, and where it is said.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow};
use oddity::decode::parse_time;
use oddity::types::Time;

/// Where labels come from.
#[derive(Debug)]
pub(super) enum LabelSource {
    /// Nothing is odd but what `--anomalous` names.
    Files,
    /// A column of the data.
    Column(String),
    /// Spans of time for each file, by the end of its path.
    Windows(BTreeMap<String, Vec<(Time, Time)>>),
}

impl LabelSource {
    pub(super) fn new(column: Option<String>, windows: Option<&Path>) -> anyhow::Result<Self> {
        match (column, windows) {
            (Some(column), _) => Ok(Self::Column(column)),
            (None, Some(path)) => read(path).with_context(|| path.display().to_string()),
            (None, None) => Ok(Self::Files),
        }
    }

    pub(super) fn is_given(&self) -> bool {
        !matches!(self, Self::Files)
    }

    pub(super) fn column(&self) -> Option<String> {
        match self {
            Self::Column(name) => Some(name.clone()),
            Self::Files | Self::Windows(_) => None,
        }
    }

    /// The odd spans of a file.
    pub(super) fn spans(&self, path: &Path) -> anyhow::Result<&[(Time, Time)]> {
        let Self::Windows(files) = self else { return Ok(&[]) };
        files
            .iter()
            .find(|(name, _)| path.ends_with(name))
            .map(|(_, spans)| spans.as_slice())
            .ok_or_else(|| anyhow!("the file of label windows does not name it"))
    }
}

fn read(path: &Path) -> anyhow::Result<LabelSource> {
    let files: BTreeMap<String, Vec<(String, String)>> =
        serde_json::from_slice(&std::fs::read(path)?)
            .context("not a JSON object of files with lists of [start, end]")?;
    let time = |text: &str| {
        parse_time(text)
            .ok_or_else(|| anyhow!("{text:?} is not a time such as 2014-04-10 16:15:00"))
    };
    let mut windows = BTreeMap::new();
    for (file, spans) in files {
        let spans = spans
            .iter()
            .map(|(start, end)| Ok((time(start)?, time(end)?)))
            .collect::<anyhow::Result<_>>()?;
        windows.insert(file, spans);
    }
    Ok(LabelSource::Windows(windows))
}
