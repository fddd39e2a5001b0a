//! What training saw of a channel goes in; whether a reading can be one of its sensor comes out.
//!
//! Generous: a fault of the machine leaves the range of training, too, and has to be judged. Only what is far
//! beyond it, and jumped there, is no reading. Decides reading by reading; what follows from it, `channel`
//! knows.

use crate::profile::SeenRange;

/// So many ranges of training beyond it, a reading is absurd.
const RANGES: f64 = 20.0;
/// And so many times the largest magnitude in training: pressure that hardly moved can still double.
const MAGNITUDES: f64 = 4.0;
/// Part of the limit that a reading must be away from the one before it: what drifts out there is real.
const JUMP: f64 = 0.5;

/// What programs and devices write where there is no reading.
const CODES: [f64; 12] = [
    // DS18B20: no contact, not converted since it was switched on.
    -127.0, 85.0, // MAX31865: open, shorted.
    -242.02, 988.79, // SHT3x: all bits clear, all set.
    -45.0, 130.0,   // Absolute zero.
    -273.15, // Well logs (LAS), loggers of Campbell Scientific.
    -999.25, -6999.0, 6999.0, -7999.0, 7999.0,
];
/// Registers with all bits set, or the lowest and the highest number that they hold.
const WORDS: [f64; 8] = [
    32_767.0,
    -32_768.0,
    65_535.0,
    8_388_607.0,
    16_777_215.0,
    2_147_483_647.0,
    -2_147_483_648.0,
    4_294_967_295.0,
];
/// Nothing that is measured is as large, in whatever unit: these are 1e30, 3.4e38 and their like.
const HUGE: f64 = 1e15;

/// Whether this number mostly stands for "no reading": -127, 65535, 3276.7, -9999, 1e30 and their like. Each of
/// them can be a reading, too: what else the channel reads has to tell.
pub fn is_error_code(value: f64) -> bool {
    let scaled = || [1.0, 10.0, 100.0, 1000.0].map(|scale| value * scale).into_iter();
    let is = |x: f64, code: f64| (x - code).abs() <= 1e-9 * code.abs();
    value.abs() >= HUGE
        || CODES.iter().any(|&code| is(value, code))
        || scaled().any(|x| WORDS.iter().any(|&word| is(x, word)))
        || value.abs() >= 999.0 && scaled().take(3).any(is_nines)
}

/// 999, 9999, ... with either sign.
fn is_nines(value: f64) -> bool {
    (3..=9).any(|digits| {
        let nines = f64::from(10u32.pow(digits) - 1);
        (value.abs() - nines).abs() <= 1e-9 * nines
    })
}

/// What a channel can read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plausible {
    low: f64,
    high: f64,
    /// Beyond `low` and `high`, in the channel's unit.
    reach: f64,
    errors: [f64; SeenRange::MOST_ERRORS],
}

impl Plausible {
    /// Of a channel of which training saw this.
    pub fn new(seen: &SeenRange) -> Self {
        let magnitude = seen.low.abs().max(seen.high.abs());
        // No number equals NaN.
        let mut errors = [f64::NAN; SeenRange::MOST_ERRORS];
        errors.iter_mut().zip(&seen.errors).for_each(|(slot, &error)| *slot = error);
        let reach = (RANGES * (seen.high - seen.low)).max(MAGNITUDES * magnitude);
        Self { low: seen.low, high: seen.high, reach, errors }
    }

    /// Whether a reading is none; `last` is the channel's last one that was.
    pub fn is_absurd(&self, reading: f64, last: Option<f64>) -> bool {
        let beyond = (self.low - reading).max(reading - self.high);
        // Nearly all readings end here.
        if beyond <= 0.0 {
            return false;
        }
        let limit = if self.is_code(reading) { self.high - self.low } else { self.reach };
        beyond > limit && last.is_none_or(|last| (reading - last).abs() > JUMP * beyond)
    }

    /// Whether a reading stands for none, by its value alone.
    pub fn is_code(&self, reading: f64) -> bool {
        self.errors.contains(&reading) || is_error_code(reading)
    }

    /// Whether readings so far out can follow each other on one sensor.
    pub fn are_near(&self, a: f64, b: f64) -> bool {
        (a - b).abs() <= JUMP * self.reach
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn seen(low: f64, high: f64) -> Plausible {
        Plausible::new(&SeenRange { low, high, errors: vec![] })
    }

    #[test]
    fn codes_are_known_by_their_digits() {
        for code in [
            -127.0, 85.0, 65_535.0, 6553.5, 655.35, 327.67, -3276.8, -999.0, 9999.0, 999.9,
            -9999.99, 1e30, -3.4e38, -999.25,
        ] {
            assert!(is_error_code(code), "{code}");
        }
        for reading in [0.0, -126.9, 85.1, 99.9, 65_534.0, 998.0, 1e6, f64::NAN, 12.5, -1.0] {
            assert!(!is_error_code(reading), "{reading}");
        }
    }

    #[test]
    fn what_a_fault_can_reach_is_judged_and_what_no_sensor_reads_is_not() {
        let room = seen(19.5, 22.5);
        for absurd in [-127.0, 85.0, 3000.0, -300.0, 65_535.0, 1e30] {
            assert!(room.is_absurd(absurd, Some(21.0)), "{absurd}");
        }
        for reading in [0.0, 40.0, 60.0, 84.9, -20.0, f64::NAN] {
            assert!(!room.is_absurd(reading, Some(21.0)), "{reading}");
        }
        // Pressure at three times what it was, although it hardly moved; and none at all.
        let pressure = seen(4.98, 5.02);
        assert!(!pressure.is_absurd(15.0, Some(5.0)) && !pressure.is_absurd(0.0, Some(5.0)));
        // A tank that was heated to 90 degrees can read 85, and 130 is a fault.
        let tank = seen(10.0, 90.0);
        assert!(!tank.is_absurd(85.0, Some(20.0)) && !tank.is_absurd(130.0, Some(20.0)));
        assert!(tank.is_absurd(-127.0, Some(20.0)));
    }

    #[test]
    fn what_drifts_out_there_is_real() {
        let current = seen(0.1, 0.2);
        assert!(current.is_absurd(30.0, Some(0.15)));
        assert!(!current.is_absurd(30.0, Some(25.0)));
        assert!(current.is_absurd(30.0, None));
    }

    #[test]
    fn an_error_that_training_had_is_one() {
        let seen = SeenRange { low: 0.0, high: 10.0, errors: vec![42.0] };
        let plausible = Plausible::new(&seen);
        assert!(plausible.is_absurd(42.0, Some(5.0)) && !plausible.is_absurd(42.5, Some(5.0)));
    }
}
