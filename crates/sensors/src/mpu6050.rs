//! MPU6050: acceleration and rotation, on I2C, with a FIFO of 1024 bytes.
//!
//! After InvenSense's register map, revision 4.2.

use embedded_hal::delay::DelayNs;

use crate::accel::Range;
use crate::bus::{Bus, Marks, Wire};
use crate::channel::{Channel, Drained, big};
use crate::error::Error;

pub(crate) const NAME: &str = "MPU6050";
pub(crate) const ADDRESSES: &[u8] = &[0x68, 0x69];
const MARKS: Marks = Marks { i2c_burst: 0, spi_read: 0, spi_burst: 0 };

const SMPLRT_DIV: u8 = 0x19;
const CONFIG: u8 = 0x1a;
const GYRO_CONFIG: u8 = 0x1b;
const ACCEL_CONFIG: u8 = 0x1c;
const FIFO_EN: u8 = 0x23;
const ACCEL_TO_FIFO: u8 = 0x08;
const GYRO_TO_FIFO: u8 = 0x70;
const INT_ENABLE: u8 = 0x38;
const INT_STATUS: u8 = 0x3a;
const OVERFLOW: u8 = 0x10;
const DATA_READY: u8 = 0x01;
const USER_CTRL: u8 = 0x6a;
const FIFO_ON: u8 = 0x40;
const FIFO_RESET: u8 = 0x04;
const PWR_MGMT_1: u8 = 0x6b;
const RESET: u8 = 0x80;
/// Awake, with the clock of the gyroscope, which is steadier than the chip's own.
const AWAKE: u8 = 0x01;
const FIFO_COUNTH: u8 = 0x72;
const FIFO_R_W: u8 = 0x74;
const WHO_AM_I: u8 = 0x75;
const ID: u8 = 0x68;

/// Bytes that the FIFO holds.
const FIFO_BYTES: usize = 1024;
/// Bytes that are read in one transfer: whole frames, with or without rotation.
const CHUNK_BYTES: usize = 192;

/// Ends of the range of the gyroscope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GyroRange {
    /// ±250 degrees a second.
    #[default]
    D250,
    /// ±500 degrees a second.
    D500,
    /// ±1000 degrees a second.
    D1000,
    /// ±2000 degrees a second.
    D2000,
}

impl GyroRange {
    /// The range of ±`degrees` a second: 250, 500, 1000 or 2000.
    pub fn of_degrees(degrees: u32) -> Option<Self> {
        Some(match degrees {
            250 => Self::D250,
            500 => Self::D500,
            1000 => Self::D1000,
            2000 => Self::D2000,
            _ => return None,
        })
    }

    fn code(self) -> u8 {
        match self {
            Self::D250 => 0,
            Self::D500 => 1,
            Self::D1000 => 2,
            Self::D2000 => 3,
        }
    }

    /// Degrees a second for each step, rounded in the datasheet to 131, 65.5, 32.8 and 16.4 steps.
    fn step(self) -> f32 {
        let steps = match self {
            Self::D250 => 131.0,
            Self::D500 => 65.5,
            Self::D1000 => 32.8,
            Self::D2000 => 16.4,
        };
        1.0 / steps
    }
}

/// How often the chip measures: 1 kHz divided by 1 to 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    divider: u8,
}

impl Rate {
    /// The lowest rate that is not below `hz`; `None` above 1000 and for what is not a number.
    pub fn at_least(hz: f32) -> Option<Self> {
        if hz.is_nan() || hz > 1000.0 {
            return None;
        }
        (0..=u8::MAX).rev().map(|divider| Self { divider }).find(|rate| rate.hz() >= hz)
    }

    /// Frames a second.
    pub fn hz(self) -> f32 {
        1000.0 / (f32::from(self.divider) + 1.0)
    }

    /// The code of the widest filter that half of the rate has room for.
    fn filter(self) -> u8 {
        let widths = [(184.0, 1), (94.0, 2), (44.0, 3), (21.0, 4), (10.0, 5)];
        widths.iter().find(|(width, _)| *width <= self.hz() / 2.0).map_or(6, |&(_, code)| code)
    }
}

impl Default for Rate {
    /// 100 Hz.
    fn default() -> Self {
        Self { divider: 9 }
    }
}

/// How to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Ends of the range of the acceleration.
    pub range: Range,
    /// Measure rotation, too, within these ends.
    pub gyro: Option<GyroRange>,
    /// How often.
    pub rate: Rate,
    /// Keep frames in the chip: up to 170, or 85 with rotation. It has no watermark.
    pub fifo: bool,
}

/// The chip with its settings; the bus is lent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mpu6050 {
    settings: Settings,
}

impl Mpu6050 {
    /// A chip that is yet to be started.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    pub(crate) fn has_fifo(&self) -> bool {
        self.settings.fifo
    }

    fn channels(&self) -> usize {
        if self.settings.gyro.is_some() { 6 } else { 3 }
    }

    pub(crate) fn channel(&self, index: usize) -> Option<Channel<'static>> {
        let names = ["acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z"];
        let name = names.get(..self.channels())?.get(index)?;
        let (step, unit) = self.step(index);
        Some(Channel { name, unit, low: -32768.0 * step, high: 32767.0 * step })
    }

    fn step(&self, channel: usize) -> (f32, &'static str) {
        match self.settings.gyro {
            Some(range) if channel >= 3 => (range.step(), "deg/s"),
            _ => (1.0 / f32::from(16384_u16 >> self.settings.range.code()), "g"),
        }
    }

    pub(crate) fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        let Settings { range, gyro, rate, fifo } = self.settings;
        let mut wire = Wire::new(bus, NAME, MARKS);
        let id = wire.byte(WHO_AM_I)?;
        wire.expect(WHO_AM_I, ID.into(), id.into())?;
        wire.write_byte(PWR_MGMT_1, RESET)?;
        delay.delay_ms(100);
        wire.write_byte(PWR_MGMT_1, AWAKE)?;
        wire.write_byte(CONFIG, rate.filter())?;
        wire.write_byte(SMPLRT_DIV, rate.divider)?;
        wire.write_byte(GYRO_CONFIG, gyro.unwrap_or_default().code() << 3)?;
        wire.write_byte(ACCEL_CONFIG, range.code() << 3)?;
        // The status tells nothing that is not enabled.
        wire.write_byte(INT_ENABLE, OVERFLOW | DATA_READY)?;
        // The gyroscope starts up, and with it the clock.
        delay.delay_ms(30);
        if fifo {
            let rotation = if gyro.is_some() { GYRO_TO_FIFO } else { 0 };
            wire.write_byte(FIFO_EN, ACCEL_TO_FIFO | rotation)?;
            wire.write_byte(USER_CTRL, FIFO_RESET)?;
            wire.write_byte(USER_CTRL, FIFO_ON)?;
        }
        Ok(())
    }

    pub(crate) fn read<B: Bus>(
        &mut self,
        bus: &mut B,
        values: &mut [f32],
    ) -> Result<(), Error<B::Error>> {
        // Status, acceleration, temperature and rotation lie side by side: one transfer.
        let mut wire = Wire::new(bus, NAME, MARKS);
        let [status, data @ ..] = wire.read::<15>(INT_STATUS)?;
        if status & DATA_READY == 0 {
            return Err(Error::NotReady { chip: NAME });
        }
        let (acceleration, rest) = data.split_at(6);
        let rotation = rest.get(2..).unwrap_or_default();
        let pairs = acceleration.chunks_exact(2).chain(rotation.chunks_exact(2));
        self.decode(pairs, values);
        Ok(())
    }

    pub(crate) fn level<B: Bus>(&mut self, bus: &mut B) -> Result<usize, Error<B::Error>> {
        let bytes = Wire::new(bus, NAME, MARKS).word(FIFO_COUNTH)?;
        Ok(usize::from(bytes) / (2 * self.channels()))
    }

    /// Whole frames only. A full FIFO goes on over its oldest bytes, and nothing says where a frame begins:
    /// then all is thrown away.
    pub(crate) fn drain<B: Bus>(
        &mut self,
        bus: &mut B,
        into: &mut [f32],
    ) -> Result<Drained, Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        let overflow = wire.byte(INT_STATUS)? & OVERFLOW != 0;
        let bytes = usize::from(wire.word(FIFO_COUNTH)?);
        if overflow || bytes >= FIFO_BYTES {
            wire.write_byte(USER_CTRL, FIFO_RESET)?;
            wire.write_byte(USER_CTRL, FIFO_ON)?;
            return Ok(Drained { frames: 0, gap: true, left: 0 });
        }
        let channels = self.channels();
        let frame_bytes = 2 * channels;
        let waiting = bytes / frame_bytes;
        let frames = waiting.min(into.len() / channels);
        let into = into.get_mut(..frames * channels).unwrap_or_default();
        let mut buffer = [0; CHUNK_BYTES];
        for part in into.chunks_mut(CHUNK_BYTES / 2) {
            let data = buffer.get_mut(..2 * part.len()).unwrap_or_default();
            wire.read_into(FIFO_R_W, data)?;
            for (bytes, frame) in
                data.chunks_exact(frame_bytes).zip(part.chunks_exact_mut(channels))
            {
                self.decode(bytes.chunks_exact(2), frame);
            }
        }
        Ok(Drained { frames, gap: false, left: waiting - frames })
    }

    fn decode<'a>(&self, pairs: impl Iterator<Item = &'a [u8]>, values: &mut [f32]) {
        for (channel, (value, pair)) in values.iter_mut().zip(pairs).enumerate() {
            *value = big(pair) * self.step(channel).0;
        }
    }
}
