//! The settings of the chips: the keys of a sensor go in, a chip that is yet to be started comes out.

use oddity_sensors::accel::{Range, Watermark};
use oddity_sensors::thermometer::{Lm75, Lm75Kind, Tmp102, Tmp102Rate};
use oddity_sensors::{Chip, Kind, adxl345, bme280, ina219, lis3dh, mpu6050};

use super::channels;
use super::error::FileError;
use super::keys::{Found, Keys, Place};

/// A chip measures this much more often than rows are read, so that each row finds something new.
const AHEAD: f32 = 1.25;

/// The chips by their names in the file.
pub(super) const NAMES: [(&str, Kind); 9] = [
    ("adxl345", Kind::Adxl345),
    ("lis3dh", Kind::Lis3dh),
    ("mpu6050", Kind::Mpu6050),
    ("bme280", Kind::Bme280),
    ("tmp102", Kind::Tmp102),
    ("lm75", Kind::Lm75),
    ("ads1115", Kind::Ads1115),
    ("ina219", Kind::Ina219),
    ("registers", Kind::Table),
];

/// The kind of that name.
pub(super) fn kind(name: Found<String>) -> Result<Kind, FileError> {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let problem = format!("no such chip; there are: {}", names.join(", "));
    name.parse(&problem, |name| {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    })
}

/// A chip of that kind, for so many rows a second.
pub(super) fn chip(kind: Kind, keys: &mut Keys<'_>, rows_hz: f32) -> Result<Chip, FileError> {
    Ok(match kind {
        Kind::Adxl345 => {
            let fifo = keys.flag("fifo")?;
            let (at_least, hz) = (adxl345::Rate::at_least, adxl345::Rate::hz);
            let rate = Rates { at_least, hz, most: "3200" }.choose(keys, rows_hz, fifo)?;
            let (range, fifo) = (range(keys)?, fifo.then(Watermark::default));
            Chip::Adxl345(adxl345::Adxl345::new(adxl345::Settings { range, rate, fifo }))
        }
        Kind::Lis3dh => {
            let fifo = keys.flag("fifo")?;
            let (at_least, hz) = (lis3dh::Rate::at_least, lis3dh::Rate::hz);
            let rate = Rates { at_least, hz, most: "1344" }.choose(keys, rows_hz, fifo)?;
            let (range, fifo) = (range(keys)?, fifo.then(Watermark::default));
            Chip::Lis3dh(lis3dh::Lis3dh::new(lis3dh::Settings { range, rate, fifo }))
        }
        Kind::Mpu6050 => {
            let fifo = keys.flag("fifo")?;
            let (at_least, hz) = (mpu6050::Rate::at_least, mpu6050::Rate::hz);
            let rate = Rates { at_least, hz, most: "1000" }.choose(keys, rows_hz, fifo)?;
            let range = range(keys)?;
            let problem = "has to be 250, 500, 1000 or 2000 degrees a second";
            let gyro = keys.whole("gyro_dps")?;
            let gyro = gyro.map(|gyro| gyro.parse(problem, mpu6050::GyroRange::of_degrees));
            let settings = mpu6050::Settings { range, gyro: gyro.transpose()?, rate, fifo };
            Chip::Mpu6050(mpu6050::Mpu6050::new(settings))
        }
        Kind::Bme280 => Chip::Bme280(bme280::Bme280::new(bme280_settings(keys)?)),
        Kind::Tmp102 => Chip::Tmp102(Tmp102::new(tmp102_rate(keys, rows_hz)?)),
        Kind::Lm75 => Chip::Lm75(Lm75::new(lm75_kind(keys)?)),
        Kind::Ads1115 => channels::ads1115(keys, rows_hz)?,
        Kind::Ina219 => Chip::Ina219(ina219::Ina219::new(ina219_settings(keys)?)),
        Kind::Table => channels::table(keys)?,
    })
}

/// The rates of a chip.
struct Rates<R> {
    at_least: fn(f32) -> Option<R>,
    hz: fn(R) -> f32,
    most: &'static str,
}

impl<R: Copy> Rates<R> {
    /// The rate that is asked for, or one that is ahead of the rows, or at least keeps up with them. With a
    /// FIFO every frame is a row.
    fn choose(&self, keys: &mut Keys<'_>, rows_hz: f32, fifo: bool) -> Result<R, FileError> {
        let problem = format!("the chip measures at most {} times a second", self.most);
        let of_chip = Place { key: Some("chip".to_owned()), ..keys.place.clone() };
        if fifo {
            let rate = (self.at_least)(rows_hz).ok_or_else(|| of_chip.refuse(problem))?;
            let hz = (self.hz)(rate);
            let off = (hz - rows_hz).abs() / rows_hz;
            return if off < 0.01 {
                Ok(rate)
            } else {
                let problem = format!("with fifo = true every frame is a row: set rate_hz = {hz}");
                Err(of_chip.refuse(problem))
            };
        }
        match keys.number("chip_rate_hz")? {
            Some(Found { value, place }) if (value as f32) < rows_hz => {
                Err(place.refuse("is below rate_hz: most rows would find nothing new"))
            }
            Some(rate) => rate.parse(&problem, |rate| (self.at_least)(rate as f32)),
            None => (self.at_least)(AHEAD * rows_hz)
                .or_else(|| (self.at_least)(rows_hz))
                .ok_or_else(|| of_chip.refuse(format!("{problem}; lower rate_hz"))),
        }
    }
}

fn range(keys: &mut Keys<'_>) -> Result<Range, FileError> {
    let range = keys.whole("range_g")?;
    let range = range.map(|range| range.parse("has to be 2, 4, 8 or 16", Range::of_g));
    Ok(range.transpose()?.unwrap_or_default())
}

fn bme280_settings(keys: &mut Keys<'_>) -> Result<bme280::Settings, FileError> {
    let problem = "has to be 1, 2, 4, 8 or 16";
    let oversampling = keys.whole("oversampling")?;
    let oversampling = oversampling.map(|times| times.parse(problem, bme280::Oversampling::of));
    let filter = keys.whole("filter")?;
    let filter = filter.map(|filter| filter.parse(problem, bme280::Filter::of));
    Ok(bme280::Settings {
        oversampling: oversampling.transpose()?.unwrap_or_default(),
        filter: filter.transpose()?.unwrap_or_default(),
    })
}

/// It does not say whether it has measured: rows may be read more often, and repeat.
fn tmp102_rate(keys: &mut Keys<'_>, rows_hz: f32) -> Result<Tmp102Rate, FileError> {
    match keys.number("chip_rate_hz")? {
        Some(rate) => rate.parse("the chip measures at most 8 times a second", |rate| {
            Tmp102Rate::at_least(rate as f32)
        }),
        None => Ok(Tmp102Rate::at_least(rows_hz).unwrap_or(Tmp102Rate::Eight)),
    }
}

fn lm75_kind(keys: &mut Keys<'_>) -> Result<Lm75Kind, FileError> {
    let Some(kind) = keys.text("kind")? else { return Ok(Lm75Kind::default()) };
    let problem = "has to be \"lm75\" (9 bits), \"lm75b\" (11 bits) or \"tmp75\" (12 bits)";
    kind.parse(problem, |kind| {
        Some(match kind.as_str() {
            "lm75" => Lm75Kind::Lm75,
            "lm75b" => Lm75Kind::Lm75b,
            "tmp75" => Lm75Kind::Tmp75,
            _ => return None,
        })
    })
}

fn ina219_settings(keys: &mut Keys<'_>) -> Result<ina219::Settings, FileError> {
    let shunt = keys.number("shunt_ohm")?;
    let shunt = keys.need("shunt_ohm", shunt, "the shunt's resistance, 0.1 on most boards")?;
    let settings = shunt.parse("has to be above zero", |ohm| ina219::Settings::new(ohm as f32));
    let mut settings = settings?;
    if let Some(range) = keys.whole("shunt_range_mv")? {
        let of = ina219::ShuntRange::of_millivolts;
        settings.shunt_range = range.parse("has to be 40, 80, 160 or 320", of)?;
    }
    if let Some(range) = keys.whole("bus_range_v")? {
        settings.to_32_volts = range.parse("has to be 16 or 32", |volts| match volts {
            16 => Some(false),
            32 => Some(true),
            _ => None,
        })?;
    }
    if let Some(average) = keys.whole("average")? {
        let problem = "has to be 1, 2, 4, 8, 16, 32, 64 or 128";
        settings.average = average.parse(problem, ina219::Average::of)?;
    }
    Ok(settings)
}
