//! LIS3DH, LIS2DH, LIS2DH12: acceleration along three axes, on I2C or SPI, with a FIFO of 32 frames.
//!
//! After ST's datasheet of the LIS3DH, revision 2, in high resolution: 12 bits. The others have the same
//! registers.

use embedded_hal::delay::DelayNs;

use crate::accel::{Range, Watermark};
use crate::bus::{Bus, Marks, Wire};
use crate::channel::{Channel, Drained, little};
use crate::error::Error;

pub(crate) const NAME: &str = "LIS3DH";
pub(crate) const ADDRESSES: &[u8] = &[0x18, 0x19];
const MARKS: Marks = Marks { i2c_burst: 0x80, spi_read: 0x80, spi_burst: 0x40 };

const WHO_AM_I: u8 = 0x0f;
const ID: u8 = 0x33;
const CTRL_REG1: u8 = 0x20;
const ALL_AXES: u8 = 0x07;
const CTRL_REG3: u8 = 0x22;
const I1_WTM: u8 = 0x04;
const CTRL_REG4: u8 = 0x23;
/// The two bytes of a reading change together.
const BDU: u8 = 0x80;
const HIGH_RESOLUTION: u8 = 0x08;
const CTRL_REG5: u8 = 0x24;
const FIFO_EN: u8 = 0x40;
const STATUS_REG: u8 = 0x27;
const NEW_DATA: u8 = 0x08;
const OUT_X_L: u8 = 0x28;
const FIFO_CTRL_REG: u8 = 0x2e;
const STREAM: u8 = 0x80;
const FIFO_SRC_REG: u8 = 0x2f;
const OVERRUN: u8 = 0x40;

const FRAME_BYTES: usize = 6;
const AXES: usize = 3;
/// Frames that the FIFO holds.
const FIFO_FRAMES: usize = 32;
/// Settings take effect after seven periods; for slow rates that is not waited for.
const SETTLING_PERIODS: f32 = 7.0;
const LONGEST_SETTLING_US: f32 = 200_000.0;

/// g for each of the 4096 steps, as the datasheet has it: 16 g are not 8 times 2 g.
fn step(range: Range) -> f32 {
    match range {
        Range::G2 => 0.001,
        Range::G4 => 0.002,
        Range::G8 => 0.004,
        Range::G16 => 0.012,
    }
}

/// Frames a second with the code of each rate.
const RATES: [(f32, u8); 8] =
    [(1.0, 1), (10.0, 2), (25.0, 3), (50.0, 4), (100.0, 5), (200.0, 6), (400.0, 7), (1344.0, 9)];

/// How often the chip measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    hz: f32,
    code: u8,
}

impl Rate {
    /// The lowest rate that is not below `hz`; `None` above 1344.
    pub fn at_least(hz: f32) -> Option<Self> {
        RATES.iter().find(|(rate, _)| *rate >= hz).map(|&(hz, code)| Self { hz, code })
    }

    /// Frames a second.
    pub fn hz(self) -> f32 {
        self.hz
    }
}

impl Default for Rate {
    /// 100 Hz.
    fn default() -> Self {
        Self { hz: 100.0, code: 5 }
    }
}

/// How to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settings {
    /// Ends of the range.
    pub range: Range,
    /// How often.
    pub rate: Rate,
    /// Keep up to 32 frames in the chip; INT1 rises at this level.
    pub fifo: Option<Watermark>,
}

/// The chip with its settings; the bus is lent to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lis3dh {
    settings: Settings,
}

impl Lis3dh {
    /// A chip that is yet to be started.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    pub(crate) fn has_fifo(&self) -> bool {
        self.settings.fifo.is_some()
    }

    pub(crate) fn channel(&self, index: usize) -> Option<Channel<'static>> {
        let name = *["acc_x", "acc_y", "acc_z"].get(index)?;
        let step = step(self.settings.range);
        Some(Channel { name, unit: "g", low: -2048.0 * step, high: 2047.0 * step })
    }

    pub(crate) fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        let Settings { range, rate, fifo } = self.settings;
        let mut wire = Wire::new(bus, NAME, MARKS);
        let id = wire.byte(WHO_AM_I)?;
        wire.expect(WHO_AM_I, ID.into(), id.into())?;
        // Bypass empties the FIFO.
        wire.write_byte(FIFO_CTRL_REG, 0)?;
        wire.write_byte(CTRL_REG1, rate.code << 4 | ALL_AXES)?;
        wire.write_byte(CTRL_REG3, if fifo.is_some() { I1_WTM } else { 0 })?;
        wire.write_byte(CTRL_REG4, BDU | range.code() << 4 | HIGH_RESOLUTION)?;
        wire.write_byte(CTRL_REG5, if fifo.is_some() { FIFO_EN } else { 0 })?;
        let settling = (SETTLING_PERIODS * 1e6 / rate.hz).min(LONGEST_SETTLING_US);
        delay.delay_us(settling as u32);
        // Last, so that nothing of the settling is in it.
        if let Some(watermark) = fifo {
            wire.write_byte(FIFO_CTRL_REG, STREAM | watermark.get())?;
        }
        Ok(())
    }

    pub(crate) fn read<B: Bus>(
        &mut self,
        bus: &mut B,
        values: &mut [f32; AXES],
    ) -> Result<(), Error<B::Error>> {
        // Status and data lie side by side: one transfer.
        let mut wire = Wire::new(bus, NAME, MARKS);
        let [status, data @ ..] = wire.read::<{ 1 + FRAME_BYTES }>(STATUS_REG)?;
        if status & NEW_DATA == 0 {
            return Err(Error::NotReady { chip: NAME });
        }
        self.decode(&data, values);
        Ok(())
    }

    pub(crate) fn level<B: Bus>(&mut self, bus: &mut B) -> Result<usize, Error<B::Error>> {
        Ok(level(Wire::new(bus, NAME, MARKS).byte(FIFO_SRC_REG)?))
    }

    /// All that waits in one transfer: in the FIFO, the address goes round from the last byte of a frame to
    /// its first.
    pub(crate) fn drain<B: Bus>(
        &mut self,
        bus: &mut B,
        into: &mut [f32],
    ) -> Result<Drained, Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, MARKS);
        let source = wire.byte(FIFO_SRC_REG)?;
        let (gap, waiting) = (source & OVERRUN != 0, level(source));
        let frames = waiting.min(into.len() / AXES);
        let mut data = [0; FIFO_FRAMES * FRAME_BYTES];
        let data = data.get_mut(..frames * FRAME_BYTES).unwrap_or_default();
        if !data.is_empty() {
            wire.read_into(OUT_X_L, data)?;
        }
        for (bytes, frame) in data.chunks_exact(FRAME_BYTES).zip(into.chunks_exact_mut(AXES)) {
            self.decode(bytes, frame);
        }
        Ok(Drained { frames, gap, left: waiting - frames })
    }

    fn decode(&self, data: &[u8], values: &mut [f32]) {
        // The 12 bits stand at the left of 16.
        let step = step(self.settings.range) / 16.0;
        for (value, pair) in values.iter_mut().zip(data.chunks_exact(2)) {
            *value = little(pair) * step;
        }
    }
}

/// Frames that wait. Five bits cannot count the 32 of a full FIFO; its overrun says them.
fn level(source: u8) -> usize {
    if source & OVERRUN != 0 { FIFO_FRAMES } else { usize::from(source & 0x1f) }
}
