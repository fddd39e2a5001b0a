//! A simulated cold room, a row every five minutes, and a model of seven normal days.

use std::fmt::Write;

use crate::harness::Dir;

/// Rows in a day.
pub(crate) const DAY: u32 = 288;
/// Days of normal data.
pub(crate) const LEARNED: u32 = 7;

/// Steele, Lea & Flood 2014, SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Between 0 and 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of mean 0 and variance 1: Box & Muller 1958.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// What wanders: so much of it is left in the next row.
struct Wander(f64, f64);

impl Wander {
    fn next(&mut self, keep: f64, deviation: f64, random: &mut Random) -> f64 {
        self.0 = keep * self.0 + self.1 * random.normal();
        self.1 = deviation * (1.0 - keep * keep).sqrt();
        self.0
    }
}

/// Rows of a cold room: air at the door and in the back in degrees, with the cycles of a compressor, humidity, power.
/// The outside has a daily pattern, doors are opened mostly by day. `warm` is added to both airs.
pub(crate) fn room(seed: u64, days: std::ops::Range<u32>, warm: impl Fn(u32) -> f64) -> String {
    let mut random = Random(seed);
    let mut wanders: [Wander; 5] = [(); 5].map(|()| Wander(0.0, 0.0));
    let (mut cycle, mut length, mut door, mut back) = (0.0, 7.0, 0.0, 3.3);
    let mut csv = String::from("time,door_c,back_c,humidity,power_w\n");
    for row in 0..days.end * DAY {
        let [outside, load, door_air, back_air, humid] = &mut wanders;
        let phase = f64::from(row) / f64::from(DAY) * std::f64::consts::TAU - 2.0;
        let warmer = 6.0 * phase.sin() + outside.next(0.995, 1.5, &mut random);
        cycle += 1.0 / length;
        if cycle >= 1.0 {
            cycle -= 1.0;
            length = 6.0 + 2.5 * random.uniform();
        }
        let cools = cycle >= 0.6;
        let saw = if cools { (1.0 - cycle) / 0.4 } else { cycle / 0.6 };
        door *= 0.5;
        let by_day = (72..216).contains(&(row % DAY));
        if random.uniform() < if by_day { 1.0 / 9.0 } else { 0.01 } {
            door += 0.2 + 0.8 * random.uniform();
        }
        let air = 3.0 + 0.05 * warmer + 0.8 * (saw - 0.5);
        let air = air + door_air.next(0.8, 0.15, &mut random);
        back += 0.3 * (air + 0.3 - back);
        let work = 0.4 + 0.02 * warmer + 0.1 * door + load.next(0.7, 0.05, &mut random);
        let power = 300.0 + 900.0 * work.clamp(0.0, 1.0) * if cools { 1.9 } else { 0.4 };
        let power = power + 20.0 * random.normal();
        let humidity = 75.0 - 0.8 * warmer + 2.0 * door + humid.next(0.9, 1.5, &mut random);
        let back = back + 0.4 * door + back_air.next(0.8, 0.06, &mut random);
        if row >= days.start * DAY {
            let (time, warm) = (1_767_225_600 + 300 * row, warm(row));
            let (air, back) = (air + door + warm, back + warm);
            writeln!(csv, "{time},{air:.2},{back:.2},{humidity:.1},{power:.0}").unwrap();
        }
    }
    csv
}

/// A folder with a model of the first days of the room of this seed.
pub(crate) fn fitted(seed: u64) -> Dir {
    let dir = Dir::new();
    dir.write("normal.csv", room(seed, 0..LEARNED, |_| 0.0));
    dir.oddity("fit normal.csv -o room.onnx").ok();
    dir
}
