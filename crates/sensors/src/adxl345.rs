//! ADXL345: acceleration along three axes, on I2C or SPI, with a FIFO of 32 frames.
//!
//! After Analog Devices' datasheet, revision E. In full resolution 256 steps are 1 g in every range.

use embedded_hal::delay::DelayNs;

use crate::accel::{Range, Watermark};
use crate::bus::{Bus, Marks, Wire};
use crate::channel::{Channel, Drained, little};
use crate::error::Error;

pub(crate) const NAME: &str = "ADXL345";
pub(crate) const ADDRESSES: &[u8] = &[0x53, 0x1d];
const MARKS: Marks = Marks { i2c_burst: 0, spi_read: 0x80, spi_burst: 0x40 };

const DEVID: u8 = 0x00;
const ID: u8 = 0xe5;
const BW_RATE: u8 = 0x2c;
const POWER_CTL: u8 = 0x2d;
const MEASURE: u8 = 0x08;
const INT_ENABLE: u8 = 0x2e;
const INT_SOURCE: u8 = 0x30;
const DATA_READY: u8 = 0x80;
const WATERMARK: u8 = 0x02;
const OVERRUN: u8 = 0x01;
const DATA_FORMAT: u8 = 0x31;
const FULL_RES: u8 = 0x08;
const DATAX0: u8 = 0x32;
const FIFO_CTL: u8 = 0x38;
const STREAM: u8 = 0x80;
const FIFO_STATUS: u8 = 0x39;

/// Bytes and values of a frame.
const FRAME_BYTES: usize = 6;
const AXES: usize = 3;
const G: f32 = 1.0 / 256.0;

/// Steps to each side of a range; the last one up is one less.
fn steps(range: Range) -> f32 {
    f32::from(512_u16 << range.code())
}

/// How often the chip measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(u8);

impl Rate {
    /// The lowest and the highest code: 6.25 Hz, 3200 Hz. Below these the filter is narrower than needed.
    const CODES: core::ops::RangeInclusive<u8> = 0x6..=0xf;

    /// The lowest rate that is not below `hz`; `None` above 3200. On I2C at 400 kHz no more than 800 can
    /// be read.
    pub fn at_least(hz: f32) -> Option<Self> {
        Self::CODES.map(Self).find(|rate| rate.hz() >= hz)
    }

    /// Frames a second.
    pub fn hz(self) -> f32 {
        3200.0 / f32::from(1_u16 << (0xf_u8.saturating_sub(self.0)))
    }
}

impl Default for Rate {
    /// 100 Hz, as after power-up.
    fn default() -> Self {
        Self(0xa)
    }
}

/// How to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Ends of the range.
    pub range: Range,
    /// How often.
    pub rate: Rate,
    /// Keep up to 32 frames in the chip; INT1 rises at this level.
    pub fifo: Option<Watermark>,
}

/// The chip with its settings; the bus is lent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adxl345 {
    settings: Settings,
}

impl Adxl345 {
    /// A chip that is yet to be started.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    pub(crate) fn has_fifo(&self) -> bool {
        self.settings.fifo.is_some()
    }

    pub(crate) fn channel(&self, index: usize) -> Option<Channel<'static>> {
        let name = *["acc_x", "acc_y", "acc_z"].get(index)?;
        let steps = steps(self.settings.range);
        Some(Channel { name, unit: "g", low: -steps * G, high: (steps - 1.0) * G })
    }

    pub(crate) fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        let id = wire.byte(DEVID)?;
        wire.expect(DEVID, ID.into(), id.into())?;
        // Settings are changed in standby; bypass empties the FIFO.
        wire.write_byte(POWER_CTL, 0)?;
        wire.write_byte(FIFO_CTL, 0)?;
        wire.write_byte(BW_RATE, self.settings.rate.0)?;
        wire.write_byte(DATA_FORMAT, FULL_RES | self.settings.range.code())?;
        if let Some(watermark) = self.settings.fifo {
            wire.write_byte(FIFO_CTL, STREAM | watermark.get())?;
        }
        wire.write_byte(INT_ENABLE, if self.has_fifo() { WATERMARK } else { 0 })?;
        wire.write_byte(POWER_CTL, MEASURE)?;
        // One period and 1.1 ms, as the datasheet has it.
        let period_us = 1e6 / self.settings.rate.hz();
        delay.delay_us(1100 + period_us as u32);
        Ok(())
    }

    pub(crate) fn read<B: Bus>(
        &mut self,
        bus: &mut B,
        values: &mut [f32; AXES],
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        // Source, format and data lie side by side: one transfer. The source says whether the data is new.
        let [source, _, data @ ..] = wire.read::<{ 2 + FRAME_BYTES }>(INT_SOURCE)?;
        if source & DATA_READY == 0 {
            return Err(Error::NotReady { chip: NAME });
        }
        decode(&data, values);
        Ok(())
    }

    pub(crate) fn level<B: Bus>(&mut self, bus: &mut B) -> Result<usize, Error<B::Error>> {
        let status = Wire::new(bus, NAME, MARKS).byte(FIFO_STATUS)?;
        Ok(usize::from(status & 0x3f))
    }

    /// Frame by frame: the FIFO moves on when a transfer of the data ends.
    pub(crate) fn drain<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
        into: &mut [f32],
    ) -> Result<Drained, Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        let gap = wire.byte(INT_SOURCE)? & OVERRUN != 0;
        let mut left = usize::from(wire.byte(FIFO_STATUS)? & 0x3f);
        let mut frames = 0;
        for frame in into.chunks_exact_mut(AXES).take(left) {
            let data = wire.read::<FRAME_BYTES>(DATAX0)?;
            decode(&data, frame);
            // The next frame is there 5 µs later.
            delay.delay_us(5);
            (frames, left) = (frames + 1, left - 1);
        }
        Ok(Drained { frames, gap, left })
    }
}

fn decode(data: &[u8; FRAME_BYTES], values: &mut [f32]) {
    for (value, pair) in values.iter_mut().zip(data.chunks_exact(2)) {
        *value = little(pair) * G;
    }
}
