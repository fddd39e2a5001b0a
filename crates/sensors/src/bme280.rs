//! BME280: temperature, pressure and humidity, on I2C or SPI.
//!
//! After Bosch's datasheet, BST-BME280-DS001, with the compensation of its appendix in double precision:
//! no set of coefficients, however broken, makes it overflow. The chip measures by itself, over and over.

use embedded_hal::delay::DelayNs;

use crate::bus::{Bus, Marks, Wire};
use crate::channel::Channel;
use crate::error::Error;

pub(crate) const NAME: &str = "BME280";
pub(crate) const ADDRESSES: &[u8] = &[0x76, 0x77];
const MARKS: Marks = Marks { i2c_burst: 0, spi_read: 0x80, spi_burst: 0 };

const CALIBRATION: u8 = 0x88;
const CALIBRATION_BYTES: usize = 26;
const ID_REGISTER: u8 = 0xd0;
const ID: u8 = 0x60;
const RESET: u8 = 0xe0;
const RESET_WORD: u8 = 0xb6;
const HUMIDITY_CALIBRATION: u8 = 0xe1;
const HUMIDITY_CALIBRATION_BYTES: usize = 7;
const CTRL_HUM: u8 = 0xf2;
const STATUS: u8 = 0xf3;
/// The coefficients are being copied.
const UPDATE: u8 = 0x01;
const CTRL_MEAS: u8 = 0xf4;
const NORMAL_MODE: u8 = 0x03;
const CONFIG: u8 = 0xf5;
const DATA: u8 = 0xf7;
/// What stands in a reading that was never measured.
const NOTHING: u32 = 0x80000;

pub(crate) const CHANNELS: usize = 3;
/// How often the status is asked after a reset, 2 ms apart.
const STATUS_TRIES: usize = 10;

/// How many measurements are averaged for each reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Oversampling {
    /// One: 9.3 ms for all three readings.
    #[default]
    X1,
    /// Two.
    X2,
    /// Four.
    X4,
    /// Eight.
    X8,
    /// Sixteen: 113 ms for all three readings.
    X16,
}

impl Oversampling {
    /// 1, 2, 4, 8 or 16.
    pub fn of(times: u32) -> Option<Self> {
        Some(match times {
            1 => Self::X1,
            2 => Self::X2,
            4 => Self::X4,
            8 => Self::X8,
            16 => Self::X16,
            _ => return None,
        })
    }

    fn code(self) -> u8 {
        match self {
            Self::X1 => 1,
            Self::X2 => 2,
            Self::X4 => 3,
            Self::X8 => 4,
            Self::X16 => 5,
        }
    }

    /// Microseconds that a measurement of all three takes at most, after the datasheet's appendix B.
    fn longest_us(self) -> u32 {
        let times = 1_u32 << (self.code() - 1);
        1250 + 3 * 2300 * times + 2 * 575
    }
}

/// The filter of temperature and pressure against short disturbances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// None.
    #[default]
    Off,
    /// Coefficient 2.
    C2,
    /// Coefficient 4.
    C4,
    /// Coefficient 8.
    C8,
    /// Coefficient 16.
    C16,
}

impl Filter {
    /// 1 (none), 2, 4, 8 or 16.
    pub fn of(coefficient: u32) -> Option<Self> {
        Some(match coefficient {
            1 => Self::Off,
            2 => Self::C2,
            4 => Self::C4,
            8 => Self::C8,
            16 => Self::C16,
            _ => return None,
        })
    }

    fn code(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::C2 => 1,
            Self::C4 => 2,
            Self::C8 => 3,
            Self::C16 => 4,
        }
    }
}

/// How to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Of all three readings.
    pub oversampling: Oversampling,
    /// Of temperature and pressure.
    pub filter: Filter,
}

/// The chip with its settings and, once started, its coefficients; the bus is lent to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bme280 {
    settings: Settings,
    calibration: Calibration,
}

impl Bme280 {
    /// A chip that is yet to be started.
    pub fn new(settings: Settings) -> Self {
        Self { settings, calibration: Calibration::default() }
    }

    pub(crate) fn channel(&self, index: usize) -> Option<Channel<'static>> {
        let channel = |name, unit, low, high| Channel { name, unit, low, high };
        Some(match index {
            0 => channel("temperature", "degC", -40.0, 85.0),
            1 => channel("pressure", "hPa", 300.0, 1100.0),
            2 => channel("humidity", "%", 0.0, 100.0),
            _ => return None,
        })
    }

    pub(crate) fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        let id = wire.byte(ID_REGISTER)?;
        wire.expect(ID_REGISTER, ID.into(), id.into())?;
        wire.write_byte(RESET, RESET_WORD)?;
        let mut copied = false;
        for _ in 0..STATUS_TRIES {
            delay.delay_ms(2);
            copied = wire.byte(STATUS)? & UPDATE == 0;
            if copied {
                break;
            }
        }
        if !copied {
            return Err(Error::Stuck { chip: NAME, what: "its reset" });
        }
        let first = wire.read(CALIBRATION)?;
        self.calibration = Calibration::new(&first, &wire.read(HUMIDITY_CALIBRATION)?);
        let Settings { oversampling, filter } = self.settings;
        let times = oversampling.code();
        // Shortest standby. That of the humidity takes effect with the write to CTRL_MEAS.
        wire.write_byte(CONFIG, filter.code() << 2)?;
        wire.write_byte(CTRL_HUM, times)?;
        wire.write_byte(CTRL_MEAS, times << 5 | times << 2 | NORMAL_MODE)?;
        delay.delay_us(oversampling.longest_us());
        Ok(())
    }

    pub(crate) fn read<B: Bus>(
        &mut self,
        bus: &mut B,
        values: &mut [f32; CHANNELS],
    ) -> Result<(), Error<B::Error>> {
        // In one transfer: the chip keeps the readings of one measurement together.
        let mut wire = Wire::new(bus, NAME, MARKS);
        let [p0, p1, p2, t0, t1, t2, h0, h1] = wire.read(DATA)?;
        let twenty = |bytes: [u8; 3]| u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) >> 4;
        let (pressure, temperature) = (twenty([p0, p1, p2]), twenty([t0, t1, t2]));
        if temperature == NOTHING || pressure == NOTHING {
            return Err(Error::NotReady { chip: NAME });
        }
        let fine = self.calibration.fine(temperature);
        *values = [
            (fine / 5120.0) as f32,
            (self.calibration.pascal(pressure, fine) / 100.0) as f32,
            self.calibration.humidity(u16::from_be_bytes([h0, h1]), fine) as f32,
        ];
        Ok(())
    }
}

/// The coefficients of the compensation, named as in the datasheet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Calibration {
    t: [f64; 3],
    p: [f64; 9],
    h: [f64; 6],
}

impl Calibration {
    /// From the registers 0x88 to 0xa1, and 0xe1 to 0xe7.
    pub fn new(
        first: &[u8; CALIBRATION_BYTES],
        humidity: &[u8; HUMIDITY_CALIBRATION_BYTES],
    ) -> Self {
        let mut words = first.chunks_exact(2).map(|pair| match *pair {
            [low, high] => u16::from_le_bytes([low, high]),
            _ => 0,
        });
        // The first of each kind has no sign.
        let mut take = |index| {
            let word = words.next().unwrap_or_default();
            if index == 0 { f64::from(word) } else { f64::from(word.cast_signed()) }
        };
        let t = core::array::from_fn(&mut take);
        let p = core::array::from_fn(&mut take);
        // Register 0xa0 is not used; 0xa1 holds the first of the humidity.
        let h1 = first.last().copied().unwrap_or_default();
        let [h2_low, h2_high, h3, h4_high, nibbles, h5_high, h6] = *humidity;
        // Twelve bits with a sign: the byte carries it, and the nibble is added below.
        let twelve = |high: u8, low: u8| i16::from(high.cast_signed()) * 16 + i16::from(low);
        let h = [
            f64::from(h1),
            f64::from(i16::from_le_bytes([h2_low, h2_high])),
            f64::from(h3),
            f64::from(twelve(h4_high, nibbles & 0x0f)),
            f64::from(twelve(h5_high, nibbles >> 4)),
            f64::from(h6.cast_signed()),
        ];
        Self { t, p, h }
    }

    /// The temperature in 1/5120 degree Celsius, which the others need.
    pub fn fine(&self, adc: u32) -> f64 {
        let [t1, t2, t3] = self.t;
        let adc = f64::from(adc);
        let first = (adc / 16384.0 - t1 / 1024.0) * t2;
        let second = adc / 131072.0 - t1 / 8192.0;
        first + second * second * t3
    }

    /// The pressure in pascal; not a number with coefficients that would divide by zero.
    pub fn pascal(&self, adc: u32, fine: f64) -> f64 {
        let [p1, p2, p3, p4, p5, p6, p7, p8, p9] = self.p;
        let v1 = fine / 2.0 - 64000.0;
        let v2 = v1 * v1 * p6 / 32768.0 + v1 * p5 * 2.0;
        let v2 = v2 / 4.0 + p4 * 65536.0;
        let v1 = (p3 * v1 * v1 / 524288.0 + p2 * v1) / 524288.0;
        let v1 = (1.0 + v1 / 32768.0) * p1;
        if v1 == 0.0 {
            return f64::NAN;
        }
        let p = (1048576.0 - f64::from(adc) - v2 / 4096.0) * 6250.0 / v1;
        p + (p9 * p * p / 2147483648.0 + p * p8 / 32768.0 + p7) / 16.0
    }

    /// The relative humidity in percent, from 0 to 100.
    pub fn humidity(&self, adc: u16, fine: f64) -> f64 {
        let [h1, h2, h3, h4, h5, h6] = self.h;
        let fine = fine - 76800.0;
        let wet = f64::from(adc) - (h4 * 64.0 + h5 / 16384.0 * fine);
        let warm = 1.0 + h6 / 67108864.0 * fine * (1.0 + h3 / 67108864.0 * fine);
        let humidity = wet * (h2 / 65536.0 * warm);
        (humidity * (1.0 - h1 * humidity / 524288.0)).clamp(0.0, 100.0)
    }
}
