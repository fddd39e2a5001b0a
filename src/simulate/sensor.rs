//! In: the true values of one row and the faults at work. Out: what the sensors report.
//! Never changes the machine, never draws a random number because of a fault: so a run with
//! faults differs from the run without only where the faults act.

use super::fault::Fault;
use super::noise::Noise;
use super::row::N;
use super::spec::FaultSpec;

/// What one sensor is like, in its channel's unit.
struct Sensor {
    /// Standard deviation of the noise: a fixed part and one in proportion to the value.
    noise: f64,
    relative_noise: f64,
    /// What the channel normally sweeps, roughly; drifts and spikes are measured by it.
    span: f64,
    /// Digits after the point.
    digits: usize,
}

const fn sensor(noise: f64, relative_noise: f64, span: f64, digits: usize) -> Sensor {
    Sensor { noise, relative_noise, span, digits }
}

/// In the order of `CHANNELS`.
const SENSORS: [Sensor; N] = [
    sensor(0.01, 0.03, 0.6, 3),
    sensor(0.01, 0.03, 0.4, 3),
    sensor(0.03, 0.005, 2.0, 2),
    sensor(0.01, 0.003, 1.4, 3),
    sensor(1.0, 0.004, 60.0, 1),
    sensor(0.2, 0.0, 4.0, 2),
    sensor(0.12, 0.0, 1.5, 2),
    sensor(3.0, 0.0, 300.0, 1),
];

/// A drift reaches severity times the span in this many seconds (or in the fault's duration when
/// that is shorter) and stays there.
pub(super) const DRIFT_S: f64 = 600.0;

/// Height of a spike of severity 1, in spans.
const SPIKE_SPANS: f64 = 2.0;

/// Digits after the point that channel `index` is reported with.
pub(super) fn digits(index: usize) -> usize {
    SENSORS.get(index).map_or(3, |s| s.digits)
}

/// The sensors with what each of them read last.
pub(super) struct Sensors {
    last: Option<[f64; N]>,
}

impl Sensors {
    pub(super) const fn new() -> Self {
        Self { last: None }
    }

    /// Reads `truth`. `active` yields the faults at work in this row, each with its growth in
    /// 0..=1 (how much of a drift has come).
    pub(super) fn read<'a>(
        &mut self,
        truth: [f64; N],
        active: impl Iterator<Item = (&'a FaultSpec, f64)> + Clone,
        noise: &mut Noise,
    ) -> [f64; N] {
        let mut values = truth;
        for (i, (value, sensor)) in values.iter_mut().zip(&SENSORS).enumerate() {
            let sd = sensor.noise + sensor.relative_noise * *value;
            *value += sd * noise.normal();
            let here = active.clone().filter(|(spec, _)| spec.hits(i));
            *value +=
                here.clone().map(|(spec, growth)| offset(spec, growth, sensor.span)).sum::<f64>();
            *value = round(*value, sensor.digits);
            if here.clone().any(|(s, _)| s.fault() == Fault::StuckSensor) {
                *value = self.last.map_or(*value, |last| last[i]);
            }
        }
        self.last = Some(values);
        for (spec, _) in active.filter(|(s, _)| s.fault() == Fault::Dropout) {
            for (i, value) in values.iter_mut().enumerate() {
                if spec.hits(i) {
                    *value = f64::NAN;
                }
            }
        }
        values
    }
}

fn offset(spec: &FaultSpec, growth: f64, span: f64) -> f64 {
    match spec.fault() {
        Fault::SensorDrift => spec.severity() * growth * span,
        Fault::Spike => spec.severity() * SPIKE_SPANS * span,
        _ => 0.0,
    }
}

/// Rounds to `digits` after the point; adding 0 turns -0 into 0.
fn round(value: f64, digits: usize) -> f64 {
    let unit = [1.0, 10.0, 100.0, 1000.0][digits.min(3)];
    (value * unit).round() / unit + 0.0
}
