//! In: a seed and a list of faults. Out: rows of a simulated motor-pump with the truth beside
//! them, as values or as CSV; and pictures of drawn parts. Never reads a file, a clock or an unseeded
//! random number.
//!
//! The same configuration gives the same bytes on every platform: the plant uses only operations
//! that IEEE 754 rounds exactly, and readings are rounded to the sensors' digits.
//! A fault is labelled in the rows that its spec names. The bearing and the fluid need some
//! minutes to cool down after that; these rows are not labelled.

mod csv;
mod error;
mod fault;
mod noise;
mod parts;
mod plant;
mod sensor;
mod spec;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use csv::{LabelColumns, write_csv, write_header, write_row};
pub use error::SimulateError;
pub use fault::{Fault, FaultSet};
pub use parts::{Defect, draw_part};
pub use spec::{FaultSpec, MAX_SEVERITY};

use noise::Noise;
use plant::{Plant, Upset};
use sensor::Sensors;

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

/// 2026-01-01T00:00:00Z in nanoseconds since the epoch.
pub const DEFAULT_START_NS: i64 = 1_767_225_600_000_000_000;

/// What to simulate.
#[derive(Debug, Clone, PartialEq)]
pub struct SimConfig {
    /// Everything random follows from it.
    pub seed: u64,
    /// Number of rows; None goes on until the time stamps end in 2262.
    pub rows: Option<u64>,
    /// Time from row to row, 1 ms to 1 h.
    pub period: Duration,
    /// Time of row 0, nanoseconds since 1970-01-01T00:00:00Z.
    pub start_ns: i64,
    /// Faults; they may overlap.
    pub faults: Vec<FaultSpec>,
}

impl Default for SimConfig {
    /// Endless, fault-free, one row a second from [`DEFAULT_START_NS`], seed 0.
    fn default() -> Self {
        Self {
            seed: 0,
            rows: None,
            period: Duration::from_secs(1),
            start_ns: DEFAULT_START_NS,
            faults: Vec::new(),
        }
    }
}

/// One row of readings with the truth about them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Counted from 0.
    pub row: u64,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub time_ns: i64,
    /// Readings in the order and units of [`CHANNELS`]; NaN is missing.
    pub values: [f64; N],
    /// The faults at work.
    pub faults: FaultSet,
}

impl Row {
    /// The label: whether any fault is at work in this row.
    pub const fn is_faulty(&self) -> bool {
        !self.faults.is_empty()
    }
}

/// The simulated machine: an iterator over its rows.
pub struct Simulator {
    faults: Vec<FaultSpec>,
    rows: u64,
    next: u64,
    start_ns: i64,
    period_ns: i64,
    period_s: f64,
    noise: Noise,
    plant: Plant,
    sensors: Sensors,
}

impl Simulator {
    /// Checks the configuration and brings the machine to its working temperature.
    pub fn new(config: SimConfig) -> Result<Self, SimulateError> {
        let period_s = config.period.as_secs_f64();
        let period_ns = match i64::try_from(config.period.as_nanos()) {
            Ok(ns @ 1_000_000..=3_600_000_000_000) => ns,
            _ => return Err(SimulateError::Period { seconds: period_s }),
        };
        let room = (i128::from(i64::MAX) - i128::from(config.start_ns)) / i128::from(period_ns);
        // At most 2^64 ns in steps of 1 ms: always fits.
        let most = u64::try_from(room).unwrap_or(u64::MAX - 1) + 1;
        let rows = config.rows.unwrap_or(most);
        if rows > most {
            return Err(SimulateError::TimeOverflow { rows });
        }
        if let Some(late) = config.faults.iter().find(|f| f.start() >= rows) {
            return Err(SimulateError::PastEnd { spec: late.to_string(), rows });
        }
        let mut noise = Noise::new(config.seed);
        let plant = Plant::new(&mut noise);
        Ok(Self {
            faults: config.faults,
            rows,
            next: 0,
            start_ns: config.start_ns,
            period_ns,
            period_s,
            noise,
            plant,
            sensors: Sensors::new(),
        })
    }
}

impl Iterator for Simulator {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let row = self.next;
        if row >= self.rows {
            return None;
        }
        self.next += 1;

        let period_s = self.period_s;
        let active = self.faults.iter().filter_map(|spec| {
            let age = spec.age(row)?;
            Some((spec, growth(spec, age as f64 * period_s, period_s)))
        });
        let mut faults = FaultSet::default();
        let mut upset = Upset::default();
        for (spec, growth) in active.clone() {
            faults.insert(spec.fault());
            let amount = spec.severity() * growth;
            match spec.fault() {
                Fault::BearingWear => upset.wear += amount,
                Fault::Blockage => upset.blockage += amount,
                Fault::Leak => upset.leak += amount,
                Fault::SensorDrift | Fault::Dropout | Fault::StuckSensor | Fault::Spike => {}
            }
        }
        let truth = self.plant.step(period_s, upset, &mut self.noise);
        let values = self.sensors.read(truth, active, &mut self.noise);
        // `new` has checked that the sum fits; from a start far before 1970 the product alone may
        // not, and wrapping twice gives the right sum.
        let passed = self.period_ns.wrapping_mul(row as i64);
        Some(Row { row, time_ns: self.start_ns.wrapping_add(passed), values, faults })
    }
}

/// How much of a fault has come `elapsed` seconds after its onset, 0 to 1: linear over the fault's
/// own onset time, or over its duration when that is shorter.
fn growth(spec: &FaultSpec, elapsed: f64, period_s: f64) -> f64 {
    let onset = match spec.fault() {
        Fault::BearingWear => 600.0,
        Fault::Blockage => 30.0,
        Fault::Leak => 10.0,
        Fault::SensorDrift => sensor::DRIFT_S,
        Fault::Dropout | Fault::StuckSensor | Fault::Spike => return 1.0,
    };
    (elapsed / onset.min(spec.duration() as f64 * period_s)).min(1.0)
}
