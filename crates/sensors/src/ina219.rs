//! INA219: the voltage of a supply, and the current through a shunt, on I2C.
//!
//! After TI's datasheet, SBOS448. The current is computed here, from the voltage of the shunt: the chip's own
//! computation needs a register more, and knows no more.

use embedded_hal::delay::DelayNs;

use crate::bus::{Bus, Marks, Value, Wire};
use crate::channel::Channel;
use crate::error::Error;

pub(crate) const NAME: &str = "INA219";
pub(crate) const ADDRESSES: &[u8] = &[
    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f,
];
const MARKS: Marks = Marks { i2c_burst: 0, spi_read: 0, spi_burst: 0 };

const CONFIGURATION: u8 = 0x00;
const RESET: u16 = 0x8000;
/// What stands there after a reset: it takes the place of an id, which the chip has not.
const AFTER_RESET: u16 = 0x399f;
/// Both voltages, over and over.
const CONTINUOUS: u16 = 0x0007;
const SHUNT: u8 = 0x01;
const BUS: u8 = 0x02;
const CONVERTED: u16 = 0x0002;

pub(crate) const CHANNELS: usize = 2;

/// Ends of the range of the shunt's voltage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShuntRange {
    /// ±40 mV.
    Mv40,
    /// ±80 mV.
    Mv80,
    /// ±160 mV.
    Mv160,
    /// ±320 mV, as after power-up.
    #[default]
    Mv320,
}

impl ShuntRange {
    /// 40, 80, 160 or 320 mV.
    pub fn of_millivolts(millivolts: u32) -> Option<Self> {
        Some(match millivolts {
            40 => Self::Mv40,
            80 => Self::Mv80,
            160 => Self::Mv160,
            320 => Self::Mv320,
            _ => return None,
        })
    }

    fn code(self) -> u16 {
        match self {
            Self::Mv40 => 0,
            Self::Mv80 => 1,
            Self::Mv160 => 2,
            Self::Mv320 => 3,
        }
    }

    fn volts(self) -> f32 {
        0.04 * f32::from(1_u16 << self.code())
    }
}

/// How many measurements are averaged for each reading: a power of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Average {
    exponent: u8,
}

impl Average {
    /// 1, 2, 4, ... 128.
    pub fn of(times: u32) -> Option<Self> {
        let exponent = times.checked_ilog2()?;
        let exponent = u8::try_from(exponent).ok()?;
        (times.is_power_of_two() && exponent <= 7).then_some(Self { exponent })
    }

    /// In 12 bits.
    fn code(self) -> u16 {
        0x8 | u16::from(self.exponent)
    }

    /// Microseconds that shunt and bus take together at most: 586 each, after the datasheet.
    fn longest_us(self) -> u32 {
        (2 * 586) << self.exponent
    }
}

/// How to measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    shunt_ohm: f32,
    /// Ends of the range of the shunt's voltage.
    pub shunt_range: ShuntRange,
    /// Up to 32 V rather than 16.
    pub to_32_volts: bool,
    /// Of both readings.
    pub average: Average,
}

impl Settings {
    /// With a shunt of so many ohm, and all else as after power-up. `None` when that is not above zero.
    pub fn new(shunt_ohm: f32) -> Option<Self> {
        (shunt_ohm > 0.0 && shunt_ohm.is_finite()).then_some(Self {
            shunt_ohm,
            shunt_range: ShuntRange::default(),
            to_32_volts: true,
            average: Average::default(),
        })
    }
}

/// The chip with its settings; the bus is lent to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ina219 {
    settings: Settings,
}

impl Ina219 {
    /// A chip that is yet to be started.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    pub(crate) fn channel(&self, index: usize) -> Option<Channel<'static>> {
        let highest = if self.settings.to_32_volts { 32.0 } else { 16.0 };
        let current = self.settings.shunt_range.volts() / self.settings.shunt_ohm;
        Some(match index {
            // A supply that is off is no end of the range.
            0 => Channel { name: "voltage", unit: "V", low: f32::NEG_INFINITY, high: highest },
            1 => Channel { name: "current", unit: "A", low: -current, high: current },
            _ => return None,
        })
    }

    pub(crate) fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        wire.write(CONFIGURATION, Value::word(RESET))?;
        let found = wire.word(CONFIGURATION)?;
        wire.expect(CONFIGURATION, AFTER_RESET.into(), found.into())?;
        let Settings { shunt_range, to_32_volts, average, .. } = self.settings;
        let configuration = u16::from(to_32_volts) << 13
            | shunt_range.code() << 11
            | average.code() << 7
            | average.code() << 3
            | CONTINUOUS;
        wire.write(CONFIGURATION, Value::word(configuration))?;
        delay.delay_us(average.longest_us());
        Ok(())
    }

    pub(crate) fn read<B: Bus>(
        &mut self,
        bus: &mut B,
        values: &mut [f32; CHANNELS],
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        let voltage = wire.word(BUS)?;
        if voltage & CONVERTED == 0 {
            return Err(Error::NotReady { chip: NAME });
        }
        let shunt = wire.word(SHUNT)?.cast_signed();
        // 4 mV and 10 µV a step.
        *values =
            [f32::from(voltage >> 3) * 0.004, f32::from(shunt) * 1e-5 / self.settings.shunt_ohm];
        Ok(())
    }
}
