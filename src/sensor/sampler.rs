//! Rows at a fixed rate: the sensors of a file go in, samples come out as a decoder gives them.

use std::path::Path;

use oddity_core::types::{Sample, Time};
use oddity_sensors::health::Nanos;

use super::clock::{self, Ticks};
use super::device::{Device, Notice};
use super::error::SensorError;
use super::file::{Column, SensorFile};
use super::frames::{FIFO_WAIT_FRAMES, Frames};

/// Open sensors, of which each call gives a row.
pub struct Sampler {
    devices: Vec<Device>,
    columns: Vec<Column>,
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
        let fifo = file.entries.iter().any(|entry| entry.has_fifo());
        let period = file.period_ns;
        let fifo = fifo.then(|| Frames::new(period));
        let tick = if fifo.is_some() { FIFO_WAIT_FRAMES * period } else { period };
        let columns = file.columns();
        let new = |entry| Device::new(entry, root.to_path_buf(), tick);
        let mut devices: Vec<Device> = file.entries.into_iter().map(new).collect();
        for device in &mut devices {
            device.start()?;
        }
        let values = vec![f64::NAN; columns.len()];
        Ok(Self { devices, columns, ticks: Ticks::new(tick), row: 0, values, fifo })
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
        self.fifo.as_ref().is_some_and(Frames::has_next)
    }

    /// Takes what waits in the FIFO; while the sensor is given up, rows without values stand for its frames.
    fn drain_at(&mut self, now: Nanos, time: Time, tell: &mut dyn FnMut(Notice<'_>)) {
        let (Some(frames), [device]) = (&mut self.fifo, &mut self.devices[..]) else { return };
        let drained = device.drain(now, tell);
        match drained.frames {
            0 if device.is_lost(now) => frames.lost(time.0),
            0 => frames.none(),
            count => frames.came(count, drained.gap, time.0),
        }
    }

    fn next_frame(&mut self) -> Sample<'_> {
        let mut time = None;
        if let (Some(frames), [device]) = (&mut self.fifo, &self.devices[..]) {
            self.values.fill(f64::NAN);
            if let Some((frame, at)) = frames.take() {
                let readings = frame.map_or(&[][..], |frame| device.frame(frame));
                for (value, reading) in self.values.iter_mut().zip(readings) {
                    *value = f64::from(*reading);
                }
                time = Some(clock::microseconds(at));
            }
        }
        self.row += 1;
        Sample { stream: "", row: self.row, time, values: &self.values }
    }
}
