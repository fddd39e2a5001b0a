//! In: seconds that pass and how bad each fault of the machine is. Out: the true value of every
//! channel. Never adds sensor noise, never knows rows or labels.
//!
//! A 5.5 kW class centrifugal pump on a variable-speed drive circulates fluid through a cooler.
//! Speed `n`, flow `q`, head `h` and shaft power `p` are relative to the rated point (all 1).
//! The curves obey the affinity laws q ~ n, h ~ n², p ~ n³ (J. F. Gülich, Centrifugal Pumps).
//! The numbers are chosen to be plausible, not taken from a machine. Only + - * / and sqrt are
//! used, which IEEE 754 rounds the same way everywhere.

use super::noise::{Noise, Wander};
use super::row::N;

/// Severity of each fault of the machine at this moment; 0 is none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Upset {
    pub(super) wear: f64,
    pub(super) blockage: f64,
    pub(super) leak: f64,
}

const SPEED_RPM: f64 = 2900.0;
const FLOW_L_MIN: f64 = 400.0;
const HEAD_BAR: f64 = 5.5;
const SUCTION_BAR: f64 = 0.3;
const CURRENT_A: f64 = 11.0;
const AMBIENT_C: f64 = 22.0;

/// Relative speed about which the duty cycle swings.
const MEAN_SPEED: f64 = 0.88;

/// Head at no flow, its fall with q², static lift of the line, and the line's resistance.
const SHUT_OFF: f64 = 1.3;
const FALL: f64 = 0.3;
const LIFT: f64 = 0.2;
const RESISTANCE: f64 = 0.8;

/// What operation asks for: a duty cycle of 5 minutes with a wander on it, so that half an hour
/// covers the whole range; the valves downstream and the hall's temperature wander too.
struct Duty {
    phase: f64,
    load: Wander,
    valves: Wander,
    hall: Wander,
}

/// Demand at one moment.
struct Demand {
    speed: f64,
    resistance: f64,
    ambient: f64,
}

impl Duty {
    fn new(noise: &mut Noise) -> Self {
        Self {
            phase: noise.uniform(),
            load: Wander::new(20.0, noise),
            valves: Wander::new(30.0, noise),
            hall: Wander::new(60.0, noise),
        }
    }

    fn step(&mut self, dt: f64, noise: &mut Noise) -> Demand {
        self.phase += dt / 300.0;
        self.phase -= self.phase.floor();
        // A sine made of two parabolas.
        let x = 2.0 * self.phase - 1.0;
        let cycle = 4.0 * x * (1.0 - x.abs());
        // Cut off well inside: every cycle rests a while at both ends of the range.
        let load = 0.9 * cycle + 0.12 * self.load.step(dt, noise);
        Demand {
            speed: MEAN_SPEED + 0.10 * load.clamp(-0.8, 0.8),
            resistance: RESISTANCE * (1.0 + 0.012 * self.valves.step(dt, noise)),
            ambient: AMBIENT_C + 0.05 * self.hall.step(dt, noise),
        }
    }
}

/// The machine with what it remembers: speed, torque and two temperatures.
pub(super) struct Plant {
    duty: Duty,
    speed: f64,
    torque: f64,
    bearing_c: f64,
    fluid_c: f64,
}

impl Plant {
    /// A machine that has run long enough to show no warming up: half an hour, many times the
    /// slowest time constant, passes before the first row.
    pub(super) fn new(noise: &mut Noise) -> Self {
        let mut plant = Self {
            duty: Duty::new(noise),
            speed: MEAN_SPEED,
            torque: MEAN_SPEED * MEAN_SPEED,
            bearing_c: AMBIENT_C + 22.0,
            fluid_c: AMBIENT_C + 8.5,
        };
        for _ in 0..1800 {
            plant.step(1.0, Upset::default(), noise);
        }
        plant
    }

    /// Advances by `dt` seconds and gives the true value of each channel in its unit.
    pub(super) fn step(&mut self, dt: f64, upset: Upset, noise: &mut Noise) -> [f64; N] {
        let demand = self.duty.step(dt, noise);
        self.advance(dt, &demand, upset)
    }

    fn advance(&mut self, dt: f64, demand: &Demand, upset: Upset) -> [f64; N] {
        // The drive leaves a slip of 1.5 % at rated torque.
        let target = demand.speed * (1.0 - 0.015 * self.torque);
        lag(&mut self.speed, target, dt, 4.0);
        let n = self.speed;

        let resistance = demand.resistance * (1.0 + 0.5 * upset.blockage);
        let line = operating_point(n, resistance, 0.06 * upset.leak);
        let friction = 0.03 * upset.wear * n;
        let power = 0.45 * n * n * n + 0.55 * n * n * line.pumped + friction;
        self.torque = power / n.max(0.05);
        let current = (0.12 + 0.88 * self.torque * self.torque).sqrt();

        let warm = demand.ambient + 18.0 * n * n + 14.0 * power + 12.0 * upset.wear;
        lag(&mut self.bearing_c, warm, dt, 150.0);
        // The power that does not become head heats the fluid, less so the more of it flows.
        let loss = (power - 0.7 * line.head * line.pumped).max(0.0);
        let warm = demand.ambient + 4.0 + 20.0 * loss / line.delivered.max(0.1);
        lag(&mut self.fluid_c, warm, dt, 180.0);

        // Imbalance grows with n²; away from the best efficiency point the flow shakes the pump.
        let off = line.pumped / n.max(0.05) - 1.0;
        let shake = 4.0 * off * off;
        [
            0.3 + 1.0 * n * n + 0.5 * power + shake + 1.8 * upset.wear * n,
            0.3 + 0.7 * n * n + 0.3 * power + 0.5 * shake + 0.6 * upset.wear * n,
            CURRENT_A * current,
            SUCTION_BAR + HEAD_BAR * line.head,
            FLOW_L_MIN * line.delivered,
            self.bearing_c,
            self.fluid_c,
            SPEED_RPM * n,
        ]
    }
}

/// Where the pump's curve meets the line's.
struct OperatingPoint {
    head: f64,
    pumped: f64,
    delivered: f64,
}

/// Solves pump head = line head. The line takes q = sqrt((h - lift) / resistance), a leak in front
/// of the flow meter leak * sqrt(h). The surplus head falls as `h` rises, so halving finds the root.
fn operating_point(n: f64, resistance: f64, leak: f64) -> OperatingPoint {
    let delivered = |h: f64| ((h - LIFT).max(0.0) / resistance).sqrt();
    let pumped = |h: f64| delivered(h) + leak * h.sqrt();
    let shut_off = SHUT_OFF * n * n;
    let (mut low, mut high) = (0.0, shut_off);
    for _ in 0..50 {
        let head = 0.5 * (low + high);
        let q = pumped(head);
        if shut_off - FALL * q * q > head {
            low = head;
        } else {
            high = head;
        }
    }
    OperatingPoint { head: low, pumped: pumped(low), delivered: delivered(low) }
}

/// First-order lag with time constant `tau` seconds (implicit Euler: stable for every `dt`).
fn lag(value: &mut f64, target: f64, dt: f64, tau: f64) {
    *value += (target - *value) * dt / (tau + dt);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rated_point_is_1() {
        let point = operating_point(1.0, RESISTANCE, 0.0);
        assert!((point.head - 1.0).abs() < 1e-9, "{}", point.head);
        assert!((point.pumped - 1.0).abs() < 1e-9, "{}", point.pumped);
    }

    #[test]
    fn point_lies_on_both_curves() {
        for (n, leak) in [(0.8, 0.0), (0.9, 0.1), (1.0, 0.6)] {
            let p = operating_point(n, 1.1, leak);
            let pump = SHUT_OFF * n * n - FALL * p.pumped * p.pumped;
            let line = LIFT + 1.1 * p.delivered * p.delivered;
            assert!((pump - p.head).abs() < 1e-9, "{n} {leak}");
            assert!((line - p.head).abs() < 1e-9, "{n} {leak}");
            assert!((p.pumped - p.delivered - leak * p.head.sqrt()).abs() < 1e-9);
        }
    }

    #[test]
    fn extreme_upsets_stay_finite() {
        let mut noise = Noise::new(1);
        let mut plant = Plant::new(&mut noise);
        let upset = Upset { wear: 10.0, blockage: 10.0, leak: 10.0 };
        for dt in [0.001, 1.0, 3600.0] {
            for _ in 0..100 {
                let values = plant.step(dt, upset, &mut noise);
                assert!(values.iter().all(|v| v.is_finite() && *v >= 0.0), "{values:?}");
            }
        }
    }
}
