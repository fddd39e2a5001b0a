//! Rows at a fixed rate: the sensors of a file go in, samples come out as a decoder gives them.

use std::path::Path;

use oddity_core::types::{Sample, Time};
use oddity_sensors::health::Nanos;

use super::clock::{self, Ticks};
use super::device::{Device, Notice};
use super::error::SensorError;
use super::file::{Column, SensorFile};

/// How many frames of a FIFO are waited for: a third of what the smallest one holds.
const FIFO_WAIT_FRAMES: u64 = 10;

/// Where the frames of a FIFO stand in time.
#[derive(Clone, Copy, Debug, Default)]
struct Frames {
    /// Of the last drain, and which one comes next.
    count: usize,
    next: usize,
    /// The time before the first of them, and of the last.
    from: i64,
    to: i64,
}

/// Open sensors, of which each call gives a row.
pub struct Sampler {
    devices: Vec<Device>,
    columns: Vec<Column>,
    period: Nanos,
    ticks: Ticks,
    row: u64,
    values: Vec<f64>,
    /// Of the only sensor, if it keeps its frames.
    fifo: Option<Frames>,
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampler").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl Sampler {
    /// Opens and starts all sensors. `root` is `/`, or the folder of a test that has a `sys` of its own.
    ///
    /// # Errors
    /// The first sensor that cannot be opened or started.
    pub fn open(file: SensorFile, root: &Path) -> Result<Self, SensorError> {
        let fifo = file.entries.iter().any(|entry| entry.has_fifo()).then(Frames::default);
        let period = file.period_ns;
        let tick = if fifo.is_some() { FIFO_WAIT_FRAMES * period } else { period };
        let columns = file.columns();
        let new = |entry| Device::new(entry, root.to_path_buf(), tick);
        let mut devices: Vec<Device> = file.entries.into_iter().map(new).collect();
        for device in &mut devices {
            device.start()?;
        }
        let values = vec![f64::NAN; columns.len()];
        Ok(Self { devices, columns, period, ticks: Ticks::new(tick), row: 0, values, fifo })
    }

    /// One for each value of a row.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Waits for the next row and reads it. What cannot be read is NaN. `None` when a signal came first: then
    /// the caller knows whether to go on.
    ///
    /// # Errors
    /// When the timer fails.
    pub fn next_row(
        &mut self,
        tell: &mut dyn FnMut(Notice<'_>),
    ) -> Result<Option<Sample<'_>>, SensorError> {
        while !self.has_frame() {
            let due = self.ticks.next(clock::monotonic());
            if !clock::sleep_until(due).map_err(SensorError::Timer)? {
                return Ok(None);
            }
            let (now, time) = (clock::monotonic(), clock::wall());
            if self.fifo.is_none() {
                return Ok(Some(self.row_at(now, time, tell)));
            }
            self.drain_at(now, time, tell);
        }
        Ok(Some(self.next_frame()))
    }

    /// Reads a row as at this time.
    pub(super) fn row_at(
        &mut self,
        now: Nanos,
        time: Time,
        tell: &mut dyn FnMut(Notice<'_>),
    ) -> Sample<'_> {
        let mut rest = &mut self.values[..];
        for device in &mut self.devices {
            let count = device.channels().len().min(rest.len());
            let (values, after) = std::mem::take(&mut rest).split_at_mut(count);
            device.read(now, values, tell);
            rest = after;
        }
        self.row += 1;
        Sample { stream: "", row: self.row, time: Some(time), values: &self.values }
    }

    /// Whether the next row has been read already, and is not waited for.
    pub(super) fn has_frame(&self) -> bool {
        self.fifo.is_some_and(|frames| frames.next < frames.count)
    }

    /// Takes what waits in the FIFO. Its frames are spread evenly from the last of the drain before to now,
    /// for the chip's own clock is a few percent off what it says; after a gap, over their periods.
    fn drain_at(&mut self, now: Nanos, time: Time, tell: &mut dyn FnMut(Notice<'_>)) {
        let (Some(frames), [device]) = (&mut self.fifo, &mut self.devices[..]) else { return };
        let first = frames.to == 0;
        let drained = device.drain(now, tell);
        if drained.frames == 0 {
            // The next ones come after a gap.
            frames.to = 0;
            return;
        }
        let span = i64::try_from(self.period).unwrap_or(i64::MAX);
        let span = span.saturating_mul(i64::try_from(drained.frames).unwrap_or(i64::MAX));
        let broken = first || drained.gap || time.0 <= frames.to;
        let from = if broken { time.0.saturating_sub(span) } else { frames.to };
        *frames = Frames { count: drained.frames, next: 0, from, to: time.0 };
    }

    fn next_frame(&mut self) -> Sample<'_> {
        let mut time = None;
        if let (Some(frames), [device]) = (&mut self.fifo, &self.devices[..]) {
            for (value, reading) in self.values.iter_mut().zip(device.frame(frames.next)) {
                *value = f64::from(*reading);
            }
            frames.next += 1;
            let part = frames.next as f64 / frames.count.max(1) as f64;
            let since = (frames.to - frames.from) as f64 * part;
            time = Some(clock::microseconds(frames.from.saturating_add(since as i64)));
        }
        self.row += 1;
        Sample { stream: "", row: self.row, time, values: &self.values }
    }
}
