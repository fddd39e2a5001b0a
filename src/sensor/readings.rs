//! Sensors that are read by a thread of their own: a file of sensors and the channels of a model go in, rows with
//! these channels come out as they are read.
//!
//! The thread reads ahead, so that whoever is late with a row loses none for a while. What is worth telling is
//! told from there. Judges nothing.

use std::io;
use std::path::Path;
use std::time::Duration;

use oddity_core::types::{Sample, Time};

use super::device::Notice;
use super::error::SensorError;
use super::file::SensorFile;
use super::sampler::Sampler;
use crate::decode::find_column;
use crate::source::{Ahead, Next};

/// Rows that wait for a user who is late, at most: half a second of them at the highest rate. The sensors are not
/// read while they are all waiting, and that is told as a late reading.
const AHEAD: usize = 1024;

/// Rows that were read together: one, or what a chip had kept.
#[derive(Debug)]
pub struct Rows {
    /// Number of the first one, from 1.
    first: u64,
    /// Values of a row.
    width: usize,
    times: Vec<Option<Time>>,
    values: Vec<f64>,
}

impl Rows {
    /// Each with its channels in the order that was asked for; a missing value is NaN, the stream has no name.
    pub fn iter(&self) -> impl Iterator<Item = Sample<'_>> {
        let values = self.values.chunks_exact(self.width.max(1));
        let rows = (self.first..).zip(&self.times).zip(values);
        rows.map(|((row, time), values)| Sample { stream: "", row, time: *time, values })
    }

    fn clear(&mut self) {
        self.times.clear();
        self.values.clear();
    }

    fn push(&mut self, sample: &Sample<'_>, picked: &[usize]) {
        if self.times.is_empty() {
            self.first = sample.row;
        }
        self.times.push(sample.time);
        let value = |column: &usize| sample.values.get(*column).copied().unwrap_or(f64::NAN);
        self.values.extend(picked.iter().map(value));
    }
}

/// What [`Readings::next_rows`] gives.
#[derive(Debug)]
pub enum Reading<'a> {
    /// What was read.
    Rows(&'a Rows),
    /// This signal came; all that was read before it has been handed out. Every later call gives this again.
    Stopped(i32),
}

/// Open sensors with the thread that reads them. Once this is dropped, the thread ends with the next row.
pub struct Readings(Ahead<Rows>);

impl std::fmt::Debug for Readings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readings").finish_non_exhaustive()
    }
}

impl Readings {
    /// Opens and starts all sensors and begins to read. `channels` are picked from the columns by their names;
    /// those that differ only in case are the same, as in a header of CSV. `root` is as of [`Sampler::open`].
    ///
    /// # Errors
    /// A channel that no sensor measures, before any of them is opened; and those of [`Sampler::open`].
    pub fn start(
        file: SensorFile,
        root: &Path,
        channels: &[String],
        mut tell: impl FnMut(Notice<'_>) + Send + 'static,
    ) -> Result<Self, SensorError> {
        let picked = pick(&file, channels)?;
        let mut sampler = Sampler::open(file, root)?;
        let width = channels.len();
        let empty = || Rows { first: 1, width, times: Vec::new(), values: Vec::new() };
        let fill = move |rows: &mut Rows| {
            rows.clear();
            loop {
                match sampler.next_row(&mut tell) {
                    Ok(Some(sample)) => rows.push(&sample, &picked),
                    // A signal, of which another thread knows what to do.
                    Ok(None) => continue,
                    Err(SensorError::Timer(error)) => return Err(error),
                    Err(error) => return Err(io::Error::other(error)),
                }
                if !sampler.has_frame() {
                    return Ok(true);
                }
            }
        };
        Ahead::start(AHEAD, empty, "reads the sensors", fill).map(Self).map_err(SensorError::Thread)
    }

    /// From now on the first SIGINT or SIGTERM ends this; a second one kills the process as if nothing were
    /// installed.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn with_signals(self) -> Result<Self, SensorError> {
        self.0.with_signals().map(Self).map_err(SensorError::Thread)
    }

    /// Waits for the next rows.
    ///
    /// # Errors
    /// When the timer fails.
    pub fn next_rows(&mut self) -> Result<Reading<'_>, SensorError> {
        self.0.next().map_err(SensorError::Timer)?.try_into()
    }

    /// Waits for the next rows, and no longer than `most`: `None` when none have come by then.
    ///
    /// # Errors
    /// As [`Readings::next_rows`].
    pub fn next_rows_within(&mut self, most: Duration) -> Result<Option<Reading<'_>>, SensorError> {
        self.0.next_within(most).map_err(SensorError::Timer)?.map(Reading::try_from).transpose()
    }
}

impl<'a> TryFrom<Next<'a, Rows>> for Reading<'a> {
    type Error = SensorError;

    fn try_from(next: Next<'a, Rows>) -> Result<Self, SensorError> {
        match next {
            Next::Filled(rows) => Ok(Self::Rows(rows)),
            Next::Stopped(signal) => Ok(Self::Stopped(signal)),
            // The thread never says so.
            Next::End => Err(SensorError::Timer(io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

/// The column of each channel.
fn pick(file: &SensorFile, channels: &[String]) -> Result<Vec<usize>, SensorError> {
    let measured: Vec<String> = file.columns().into_iter().map(|column| column.name).collect();
    let find = |channel: &String| find_column(channel, &measured);
    let missing: Vec<&String> = channels.iter().filter(|channel| find(channel).is_none()).collect();
    if missing.is_empty() {
        return Ok(channels.iter().filter_map(find).collect());
    }
    let missing = missing.into_iter().cloned().collect();
    Err(SensorError::Channels { wanted: channels.to_vec(), missing, measured })
}
