//! A seed and a list of faults go in; rows of readings come out, one after the other.
//!
//! A fault is labelled in the rows that its spec names. The bearing and the fluid need some
//! minutes to cool down after that; these rows are not labelled.

use std::time::Duration;

use super::error::SimulateError;
use super::fault::{Fault, FaultSet};
use super::noise::Noise;
use super::plant::{Plant, Upset};
use super::row::PlantRow;
use super::sensor::{self, Sensors};
use super::spec::FaultSpec;

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
    type Item = PlantRow;

    fn next(&mut self) -> Option<PlantRow> {
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
        Some(PlantRow { row, time_ns: self.start_ns.wrapping_add(passed), values, faults })
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
