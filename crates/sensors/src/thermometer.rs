//! TMP102 and the family of the LM75: temperature, on I2C.
//!
//! After TI's datasheets of the TMP102, the LM75B and the TMP75. All hold the temperature in register 0, in
//! two's complement from the left: 256 steps are 1 °C, and the chip leaves the last of them zero. None says
//! what it is: in its place stands what only reads back where such a chip answers.

use embedded_hal::delay::DelayNs;

use crate::bus::{Bus, Marks, Value, Wire};
use crate::channel::Channel;
use crate::error::Error;

pub(crate) const TMP102_NAME: &str = "TMP102";
pub(crate) const TMP102_ADDRESSES: &[u8] = &[0x48, 0x49, 0x4a, 0x4b];
pub(crate) const LM75_NAME: &str = "LM75";
pub(crate) const LM75_ADDRESSES: &[u8] = &[0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f];
const MARKS: Marks = Marks { i2c_burst: 0, spi_read: 0, spi_burst: 0 };

const TEMPERATURE: u8 = 0x00;
const CONFIGURATION: u8 = 0x01;
const STEP: f32 = 1.0 / 256.0;

/// How often a TMP102 measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tmp102Rate {
    /// Every 4 s.
    Quarter,
    /// Once a second.
    One,
    /// Four times a second, as after power-up.
    #[default]
    Four,
    /// Eight times a second.
    Eight,
}

impl Tmp102Rate {
    /// The lowest rate that is not below `hz`; `None` above 8.
    pub fn at_least(hz: f32) -> Option<Self> {
        [Self::Quarter, Self::One, Self::Four, Self::Eight].into_iter().find(|rate| rate.hz() >= hz)
    }

    /// Measurements a second.
    pub fn hz(self) -> f32 {
        match self {
            Self::Quarter => 0.25,
            Self::One => 1.0,
            Self::Four => 4.0,
            Self::Eight => 8.0,
        }
    }

    fn code(self) -> u16 {
        match self {
            Self::Quarter => 0,
            Self::One => 1,
            Self::Four => 2,
            Self::Eight => 3,
        }
    }
}

/// A TMP102; the bus is lent to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tmp102 {
    rate: Tmp102Rate,
}

impl Tmp102 {
    /// Two bits of the configuration that say 12 bits, and cannot be written.
    const TWELVE_BITS: u16 = 0x6000;
    const WRITTEN: u16 = 0x1fc0 & !Self::ALERT;
    /// The alert pin's level.
    const ALERT: u16 = 0x0020;

    /// A chip that is yet to be started.
    pub fn new(rate: Tmp102Rate) -> Self {
        Self { rate }
    }

    pub(crate) fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, TMP102_NAME, MARKS);
        let configuration = Self::TWELVE_BITS | self.rate.code() << 6;
        wire.write(CONFIGURATION, Value::word(configuration))?;
        let found = wire.word(CONFIGURATION)? & (Self::TWELVE_BITS | Self::WRITTEN);
        wire.expect(CONFIGURATION, configuration.into(), found.into())?;
        // The first measurement takes 35 ms at most.
        delay.delay_ms(35);
        Ok(())
    }

    pub(crate) fn read<B: Bus>(&mut self, bus: &mut B) -> Result<f32, Error<B::Error>> {
        temperature(&mut Wire::new(bus, TMP102_NAME, MARKS), 12)
    }
}

/// How fine a chip of the family measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lm75Kind {
    /// 9 bits, half a degree: LM75, DS75 as after power-up, and what is sold as one.
    #[default]
    Lm75,
    /// 11 bits, an eighth of a degree: LM75A and LM75B of NXP, PCT2075.
    Lm75b,
    /// 12 bits, a sixteenth of a degree, which it has to be told: TMP75, TMP175, TMP105.
    Tmp75,
}

impl Lm75Kind {
    fn bits(self) -> u32 {
        match self {
            Self::Lm75 => 9,
            Self::Lm75b => 11,
            Self::Tmp75 => 12,
        }
    }
}

/// A chip of the family; the bus is lent to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lm75 {
    kind: Lm75Kind,
}

impl Lm75 {
    /// A chip that is yet to be started.
    pub fn new(kind: Lm75Kind) -> Self {
        Self { kind }
    }

    pub(crate) fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, LM75_NAME, MARKS);
        let configuration = if self.kind == Lm75Kind::Tmp75 { 0x60 } else { 0 };
        wire.write_byte(CONFIGURATION, configuration)?;
        let found = wire.byte(CONFIGURATION)?;
        wire.expect(CONFIGURATION, configuration.into(), found.into())?;
        // The slowest of the family take 300 ms.
        delay.delay_ms(300);
        Ok(())
    }

    pub(crate) fn read<B: Bus>(&mut self, bus: &mut B) -> Result<f32, Error<B::Error>> {
        temperature(&mut Wire::new(bus, LM75_NAME, MARKS), self.kind.bits())
    }
}

/// The only channel of all of these. At its ends the chips read all ones or its complement.
pub(crate) fn channel(index: usize) -> Option<Channel<'static>> {
    let channel = Channel { name: "temperature", unit: "degC", low: -128.0, high: 127.9375 };
    (index == 0).then_some(channel)
}

fn temperature<B: Bus>(wire: &mut Wire<'_, B>, bits: u32) -> Result<f32, Error<B::Error>> {
    let word = wire.word(TEMPERATURE)? & (0xffff << (16 - bits));
    Ok(f32::from(word.cast_signed()) * STEP)
}
