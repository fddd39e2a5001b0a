//! Files of data go in; how they are read comes out: columns, roles, first rows, and what would be left out.
//!
//! What is found is what [`fit`](super::fit()) would find. Learns nothing.

use super::data::{Data, Wanted};
use super::draft::Draft;
use super::error::FitError;
use super::normal::NormalData;
use super::options::FitOptions;
use super::prepared::look_through;
use super::words;
use crate::decode::Columns;
use oddity_core::types::Time;

/// Rows that are shown.
const FIRST: usize = 3;

/// How data is read.
#[derive(Clone, Debug)]
pub struct DataCheck {
    /// Format, delimiter, and the columns with a role, as in the first file.
    pub columns: Columns,
    /// Rows in all, bad ones too.
    pub rows: u64,
    /// Streams by name, in the order in which they came; one without a name where there is no key.
    pub streams: Vec<String>,
    /// Times of the first and the last row that has one.
    pub span: Option<(Time, Time)>,
    /// Seconds between rows; `None` without times that advance.
    pub period_s: Option<f64>,
    /// Gaps in the times.
    pub gaps: u64,
    /// Windows that a fit would learn from.
    pub windows: u64,
    /// Rows of data that are averaged to one row of a window.
    pub average: usize,
    /// Rows in a window.
    pub window: usize,
    /// What each channel is like.
    pub channels: Vec<CheckedChannel>,
    /// Columns that are no channels, each with the reason.
    pub left_out: Vec<String>,
    /// What should be looked at, a sentence each.
    pub warnings: Vec<String>,
}

/// What one channel is like.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedChannel {
    /// Its name.
    pub name: String,
    /// Its unit, where that is known.
    pub unit: Option<String>,
    /// Its first readings; NaN is missing.
    pub first: Vec<f64>,
    /// Smallest and largest reading.
    pub range: (f64, f64),
    /// Readings that are missing.
    pub missing: u64,
}

/// Looks at data as a fit would.
///
/// # Errors
/// When the data cannot be read, or has no channel that can be watched.
pub fn check(data: &Data, options: &FitOptions) -> Result<DataCheck, FitError> {
    let (data, survey, draft) = look_through(data, options)?;
    let names: Vec<String> = draft.channels.iter().map(|channel| channel.name.clone()).collect();
    let mut first = vec![Vec::new(); names.len()];
    let (mut span, mut streams) = (None, Vec::<String>::new());
    data.read(&Wanted::known(names, &survey.read), |_, sample, _| {
        if let Some(time) = sample.time {
            let (from, to) = span.unwrap_or((time, time));
            span = Some((time.min(from), time.max(to)));
        }
        if streams.last().is_none_or(|last| last != sample.stream)
            && !streams.iter().any(|known| known == sample.stream)
        {
            streams.push(sample.stream.to_owned());
        }
        for (first, &value) in first.iter_mut().zip(sample.values) {
            if first.len() < FIRST {
                first.push(value);
            }
        }
        Ok(())
    })?;
    let Draft { channels, .. } = &draft;
    let channels = channels.iter().zip(&survey.channels).zip(first);
    let channels = channels.map(|((channel, (_, stats)), first)| CheckedChannel {
        name: channel.name.clone(),
        unit: channel.unit.clone(),
        first,
        range: stats.range(),
        missing: stats.missing(),
    });
    let channels = channels.collect();
    let columns = survey.read.columns.clone().ok_or(FitError::NoRows)?;
    let (counts, holes) = NormalData::Rows(Box::new(draft.windows(data, &survey))).count()?;
    Ok(DataCheck {
        columns,
        rows: survey.read.rows,
        streams,
        span,
        period_s: survey.period_s,
        gaps: holes.gaps,
        windows: counts.iter().sum(),
        average: draft.average,
        window: draft.window,
        channels,
        left_out: survey.left_out.clone(),
        warnings: words::warnings_of_rows(&survey, holes),
    })
}
