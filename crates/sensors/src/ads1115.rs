//! ADS1115: up to four voltages or currents, one after the other, on I2C.
//!
//! After TI's datasheet, SBAS444. Each reading is a conversion of its own, told to begin and waited for: what
//! the chip was told before, or forgot when its supply failed, does not matter.

use embedded_hal::delay::DelayNs;

use crate::bus::{Bus, Marks, Value, Wire};
use crate::channel::Channel;
use crate::error::Error;
use crate::scale::{Scale, Unit};

pub(crate) const NAME: &str = "ADS1115";
pub(crate) const ADDRESSES: &[u8] = &[0x48, 0x49, 0x4a, 0x4b];
const MARKS: Marks = Marks { i2c_burst: 0, spi_read: 0, spi_burst: 0 };

const CONVERSION: u8 = 0x00;
const CONFIG: u8 = 0x01;
/// Written: begin a conversion. Read: none is going on.
const IDLE: u16 = 0x8000;
const ONE_SHOT: u16 = 0x0100;
const NO_COMPARATOR: u16 = 0x0003;

/// Inputs at most.
pub const MOST_INPUTS: usize = 4;
/// How often the chip is asked whether a conversion is done, after it should be.
const TRIES: usize = 5;

/// What is measured against what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// AIN0 against ground.
    #[default]
    A0,
    /// AIN1 against ground.
    A1,
    /// AIN2 against ground.
    A2,
    /// AIN3 against ground.
    A3,
    /// AIN0 against AIN1.
    A0A1,
    /// AIN0 against AIN3.
    A0A3,
    /// AIN1 against AIN3.
    A1A3,
    /// AIN2 against AIN3.
    A2A3,
}

impl Input {
    fn code(self) -> u16 {
        match self {
            Self::A0A1 => 0,
            Self::A0A3 => 1,
            Self::A1A3 => 2,
            Self::A2A3 => 3,
            Self::A0 => 4,
            Self::A1 => 5,
            Self::A2 => 6,
            Self::A3 => 7,
        }
    }
}

/// Ends of the range of the converter. No input may be above the supply, whatever the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// ±6.144 V.
    V6,
    /// ±4.096 V.
    V4,
    /// ±2.048 V, as after power-up.
    #[default]
    V2,
    /// ±1.024 V.
    V1,
    /// ±0.512 V.
    V05,
    /// ±0.256 V.
    V025,
}

impl Range {
    const ALL: [Self; 6] = [Self::V6, Self::V4, Self::V2, Self::V1, Self::V05, Self::V025];

    /// The range of ±`volts`, to a thousandth.
    pub fn of_volts(volts: f32) -> Option<Self> {
        Self::ALL.into_iter().find(|range| (range.volts() - volts).abs() < 1e-3)
    }

    /// The upper end.
    pub fn volts(self) -> f32 {
        match self {
            Self::V6 => 6.144,
            Self::V4 => 4.096,
            Self::V2 => 2.048,
            Self::V1 => 1.024,
            Self::V05 => 0.512,
            Self::V025 => 0.256,
        }
    }

    fn code(self) -> u16 {
        match self {
            Self::V6 => 0,
            Self::V4 => 1,
            Self::V2 => 2,
            Self::V1 => 3,
            Self::V05 => 4,
            Self::V025 => 5,
        }
    }
}

/// Conversions a second; all inputs share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    hz: u16,
    code: u16,
}

impl Rate {
    const ALL: [(u16, u16); 8] =
        [(8, 0), (16, 1), (32, 2), (64, 3), (128, 4), (250, 5), (475, 6), (860, 7)];

    /// The lowest rate that is not below `hz`; `None` above 860.
    pub fn at_least(hz: f32) -> Option<Self> {
        let rate = Self::ALL.iter().find(|(rate, _)| f32::from(*rate) >= hz);
        rate.map(|&(hz, code)| Self { hz, code })
    }

    /// Conversions a second.
    pub fn hz(self) -> f32 {
        f32::from(self.hz)
    }

    /// Microseconds that a conversion takes at most: the chip's clock may be slow by a tenth.
    fn longest_us(self) -> u32 {
        1_100_000 / u32::from(self.hz.max(1)) + 50
    }
}

impl Default for Rate {
    /// 128 conversions a second, as after power-up.
    fn default() -> Self {
        Self { hz: 128, code: 4 }
    }
}

/// One channel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Port {
    /// What is measured.
    pub input: Input,
    /// Within which ends.
    pub range: Range,
    /// What the volts stand for.
    pub scale: Scale,
    /// Of what the volts stand for.
    pub unit: Unit,
}

/// How to measure: one to four channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    ports: [Port; MOST_INPUTS],
    count: usize,
    rate: Rate,
}

impl Settings {
    /// `None` for no port, and for more than four.
    pub fn new(ports: &[Port], rate: Rate) -> Option<Self> {
        let mut all = [Port::default(); MOST_INPUTS];
        all.get_mut(..ports.len())?.copy_from_slice(ports);
        (!ports.is_empty()).then_some(Self { ports: all, count: ports.len(), rate })
    }

    /// One channel for each input.
    pub fn ports(&self) -> &[Port] {
        self.ports.get(..self.count).unwrap_or_default()
    }
}

/// The chip with its settings; the bus is lent to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ads1115 {
    settings: Settings,
}

impl Ads1115 {
    /// A chip that is yet to be started.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    pub(crate) fn channel(&self, index: usize) -> Option<Channel<'_>> {
        let port = self.settings.ports().get(index)?;
        let name = match port.input {
            Input::A0 => "a0",
            Input::A1 => "a1",
            Input::A2 => "a2",
            Input::A3 => "a3",
            Input::A0A1 => "a0_a1",
            Input::A0A3 => "a0_a3",
            Input::A1A3 => "a1_a3",
            Input::A2A3 => "a2_a3",
        };
        let (low, high) = port.scale.ends(volts(i16::MIN, port), volts(i16::MAX, port));
        Some(Channel { name, unit: port.unit.as_str(), low, high })
    }

    /// What is written for a port, without the order to begin.
    fn config(&self, port: &Port) -> u16 {
        port.input.code() << 12
            | port.range.code() << 9
            | ONE_SHOT
            | self.settings.rate.code << 5
            | NO_COMPARATOR
    }

    /// The chip does not say what it is; its configuration is read back in place of that.
    pub(crate) fn start<B: Bus>(&mut self, bus: &mut B) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        let Some(port) = self.settings.ports().first() else { return Ok(()) };
        let config = self.config(port);
        wire.write(CONFIG, Value::word(config))?;
        let found = wire.word(CONFIG)? & !IDLE;
        wire.expect(CONFIG, config.into(), found.into())
    }

    pub(crate) fn read<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
        values: &mut [f32],
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        for (value, port) in values.iter_mut().zip(self.settings.ports()) {
            let code = self.convert(&mut wire, delay, port)?;
            *value = port.scale.apply(volts(code, port));
        }
        Ok(())
    }

    fn convert<B: Bus>(
        &self,
        wire: &mut Wire<'_, B>,
        delay: &mut impl DelayNs,
        port: &Port,
    ) -> Result<i16, Error<B::Error>> {
        wire.write(CONFIG, Value::word(IDLE | self.config(port)))?;
        let longest = self.settings.rate.longest_us();
        delay.delay_us(longest);
        for _ in 0..TRIES {
            if wire.word(CONFIG)? & IDLE != 0 {
                return Ok(wire.word(CONVERSION)?.cast_signed());
            }
            delay.delay_us(longest / 4);
        }
        Err(Error::Stuck { chip: NAME, what: "a conversion" })
    }
}

fn volts(code: i16, port: &Port) -> f32 {
    f32::from(code) * (port.range.volts() / 32768.0)
}
