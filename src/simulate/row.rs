//! What one row of the simulated machine holds: its channels, and the truth beside their readings.

use super::fault::FaultSet;

/// Number of channels.
pub const N: usize = 8;

/// Name and unit of each channel. `de` is the drive end, `nde` the non-drive end; vibration is
/// velocity RMS, pressure the gauge pressure at discharge, flow what arrives downstream.
pub const CHANNELS: [(&str, &str); N] = [
    ("vibration_de", "mm/s"),
    ("vibration_nde", "mm/s"),
    ("current", "A"),
    ("pressure", "bar"),
    ("flow", "L/min"),
    ("bearing_temp", "°C"),
    ("fluid_temp", "°C"),
    ("speed", "rpm"),
];

/// One row of readings with the truth about them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantRow {
    /// Counted from 0.
    pub row: u64,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub time_ns: i64,
    /// Readings in the order and units of [`CHANNELS`]; NaN is missing.
    pub values: [f64; N],
    /// The faults at work.
    pub faults: FaultSet,
}

impl PlantRow {
    /// The label: whether any fault is at work in this row.
    pub const fn is_faulty(&self) -> bool {
        !self.faults.is_empty()
    }
}
