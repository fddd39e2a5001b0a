//! One chip of any kind: it is started, asked what it measures, and read. The bus is lent for each call.

use core::fmt::Debug;

use embedded_hal::delay::DelayNs;

use crate::ads1115::{self, Ads1115};
use crate::adxl345::{self, Adxl345};
use crate::bme280::{self, Bme280};
use crate::bus::{Address, Bus};
use crate::channel::{Channel, Drained};
use crate::error::Error;
use crate::ina219::{self, Ina219};
use crate::lis3dh::{self, Lis3dh};
use crate::mpu6050::{self, Mpu6050};
use crate::table::{self, Table};
use crate::thermometer::{self, Lm75, Tmp102};

/// What kinds of chips there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // They are their names.
pub enum Kind {
    Adxl345,
    Lis3dh,
    Mpu6050,
    Bme280,
    Tmp102,
    Lm75,
    Ads1115,
    Ina219,
    /// Anything that a [`Table`] describes.
    Table,
}

impl Kind {
    /// As the maker calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adxl345 => adxl345::NAME,
            Self::Lis3dh => lis3dh::NAME,
            Self::Mpu6050 => mpu6050::NAME,
            Self::Bme280 => bme280::NAME,
            Self::Tmp102 => thermometer::TMP102_NAME,
            Self::Lm75 => thermometer::LM75_NAME,
            Self::Ads1115 => ads1115::NAME,
            Self::Ina219 => ina219::NAME,
            Self::Table => table::NAME,
        }
    }

    /// The I2C addresses that it can have; empty for a chip that is described, which can have any.
    pub fn addresses(self) -> &'static [u8] {
        match self {
            Self::Adxl345 => adxl345::ADDRESSES,
            Self::Lis3dh => lis3dh::ADDRESSES,
            Self::Mpu6050 => mpu6050::ADDRESSES,
            Self::Bme280 => bme280::ADDRESSES,
            Self::Tmp102 => thermometer::TMP102_ADDRESSES,
            Self::Lm75 => thermometer::LM75_ADDRESSES,
            Self::Ads1115 => ads1115::ADDRESSES,
            Self::Ina219 => ina219::ADDRESSES,
            Self::Table => &[],
        }
    }

    /// Whether it can be at this address.
    pub fn can_be_at(self, address: Address) -> bool {
        self == Self::Table || self.addresses().contains(&address.get())
    }

    /// Whether it has an SPI side, too.
    pub fn has_spi(self) -> bool {
        matches!(self, Self::Adxl345 | Self::Lis3dh | Self::Bme280 | Self::Table)
    }
}

/// A chip with its settings.
///
/// ```
/// use oddity_sensors::{Address, Chip, OnI2c, thermometer::{Lm75, Lm75Kind}};
/// # use embedded_hal_mock::eh1::{delay::NoopDelay, i2c::{Mock, Transaction}};
/// # let mut i2c = Mock::new(&[
/// #     Transaction::write(0x48, vec![1, 0x60]), Transaction::write_read(0x48, vec![1], vec![0x60]),
/// #     Transaction::write_read(0x48, vec![0], vec![0x19, 0x10]),
/// # ]);
/// # let mut delay = NoopDelay;
/// let address = Address::new(0x48).ok_or("no address")?;
/// let mut chip = Chip::Lm75(Lm75::new(Lm75Kind::Tmp75));
/// let mut bus = OnI2c::new(&mut i2c, address);
/// chip.start(&mut bus, &mut delay)?;
/// let mut values = [0.0; 1];
/// chip.read(&mut bus, &mut delay, &mut values)?;
/// assert_eq!(values, [25.0625]);
/// # i2c.done();
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // They are their names.
pub enum Chip {
    Adxl345(Adxl345),
    Lis3dh(Lis3dh),
    Mpu6050(Mpu6050),
    Bme280(Bme280),
    Tmp102(Tmp102),
    Lm75(Lm75),
    Ads1115(Ads1115),
    Ina219(Ina219),
    Table(Table),
}

impl Chip {
    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Adxl345(_) => Kind::Adxl345,
            Self::Lis3dh(_) => Kind::Lis3dh,
            Self::Mpu6050(_) => Kind::Mpu6050,
            Self::Bme280(_) => Kind::Bme280,
            Self::Tmp102(_) => Kind::Tmp102,
            Self::Lm75(_) => Kind::Lm75,
            Self::Ads1115(_) => Kind::Ads1115,
            Self::Ina219(_) => Kind::Ina219,
            Self::Table(_) => Kind::Table,
        }
    }

    /// A channel of the frame, from 0; `None` after the last.
    pub fn channel(&self, index: usize) -> Option<Channel<'_>> {
        match self {
            Self::Adxl345(chip) => chip.channel(index),
            Self::Lis3dh(chip) => chip.channel(index),
            Self::Mpu6050(chip) => chip.channel(index),
            Self::Bme280(chip) => chip.channel(index),
            Self::Tmp102(_) | Self::Lm75(_) => thermometer::channel(index),
            Self::Ads1115(chip) => chip.channel(index),
            Self::Ina219(chip) => chip.channel(index),
            Self::Table(chip) => chip.channel(index),
        }
    }

    /// The channels of a frame, in their order.
    pub fn channels(&self) -> impl Iterator<Item = Channel<'_>> {
        (0..).map_while(|index| self.channel(index))
    }

    /// Whether it keeps frames until they are drained.
    pub fn has_fifo(&self) -> bool {
        match self {
            Self::Adxl345(chip) => chip.has_fifo(),
            Self::Lis3dh(chip) => chip.has_fifo(),
            Self::Mpu6050(chip) => chip.has_fifo(),
            Self::Bme280(_)
            | Self::Tmp102(_)
            | Self::Lm75(_)
            | Self::Ads1115(_)
            | Self::Ina219(_)
            | Self::Table(_) => false,
        }
    }

    /// Checks that this is the chip, gives it its settings, and waits until it measures. Also what brings a
    /// chip back that lost its supply.
    ///
    /// # Errors
    /// When another chip answers, none does, or it does not come to an end.
    pub fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        match self {
            Self::Adxl345(chip) => chip.start(bus, delay),
            Self::Lis3dh(chip) => chip.start(bus, delay),
            Self::Mpu6050(chip) => chip.start(bus, delay),
            Self::Bme280(chip) => chip.start(bus, delay),
            Self::Tmp102(chip) => chip.start(bus, delay),
            Self::Lm75(chip) => chip.start(bus, delay),
            Self::Ads1115(chip) => chip.start(bus),
            Self::Ina219(chip) => chip.start(bus, delay),
            Self::Table(chip) => chip.start(bus, delay),
        }
    }

    /// Reads one frame: of a chip with a FIFO the oldest, of any other the latest.
    ///
    /// # Errors
    /// When the bus fails, there is nothing new, frames of a FIFO were lost before this one, or `values` is
    /// not as long as a frame. What is in `values` then means nothing.
    pub fn read<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
        values: &mut [f32],
    ) -> Result<(), Error<B::Error>> {
        if self.has_fifo() {
            return self.read_oldest(bus, delay, values);
        }
        let found = values.len();
        if self.channels().count() != found {
            return Err(self.no_frame(found));
        }
        match self {
            Self::Adxl345(chip) => chip.read(bus, exactly(values, adxl345::NAME)?),
            Self::Lis3dh(chip) => chip.read(bus, exactly(values, lis3dh::NAME)?),
            Self::Mpu6050(chip) => chip.read(bus, values),
            Self::Bme280(chip) => chip.read(bus, exactly(values, bme280::NAME)?),
            Self::Tmp102(chip) => one(values, chip.read(bus)?),
            Self::Lm75(chip) => one(values, chip.read(bus)?),
            Self::Ads1115(chip) => chip.read(bus, delay, values),
            Self::Ina219(chip) => chip.read(bus, exactly(values, ina219::NAME)?),
            Self::Table(chip) => chip.read(bus, values),
        }
    }

    fn read_oldest<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
        values: &mut [f32],
    ) -> Result<(), Error<B::Error>> {
        if self.channels().count() != values.len() {
            return Err(self.no_frame(values.len()));
        }
        let chip = self.kind().name();
        match self.drain(bus, delay, values)? {
            Drained { gap: true, .. } => Err(Error::Overrun { chip }),
            Drained { frames: 0, .. } => Err(Error::NotReady { chip }),
            Drained { .. } => Ok(()),
        }
    }

    /// How many frames wait in the FIFO.
    ///
    /// # Errors
    /// When the bus fails, or there is no FIFO.
    pub fn level<B: Bus>(&mut self, bus: &mut B) -> Result<usize, Error<B::Error>> {
        match self {
            Self::Adxl345(chip) if chip.has_fifo() => chip.level(bus),
            Self::Lis3dh(chip) if chip.has_fifo() => chip.level(bus),
            Self::Mpu6050(chip) if chip.has_fifo() => chip.level(bus),
            _ => Err(Error::NoFifo { chip: self.kind().name() }),
        }
    }

    /// Reads the frames that wait in the FIFO, as many as `frames` has room for, each channel by channel.
    ///
    /// # Errors
    /// When the bus fails, there is no FIFO, or the buffer is not one of whole frames. After an error of the
    /// bus, frames may be lost that nothing tells of.
    pub fn drain<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
        frames: &mut [f32],
    ) -> Result<Drained, Error<B::Error>> {
        let channels = self.channels().count();
        if frames.is_empty() || !frames.len().is_multiple_of(channels) {
            return Err(self.no_frame(frames.len()));
        }
        match self {
            Self::Adxl345(chip) if chip.has_fifo() => chip.drain(bus, delay, frames),
            Self::Lis3dh(chip) if chip.has_fifo() => chip.drain(bus, frames),
            Self::Mpu6050(chip) if chip.has_fifo() => chip.drain(bus, frames),
            _ => Err(Error::NoFifo { chip: self.kind().name() }),
        }
    }

    fn no_frame<E: Debug>(&self, found: usize) -> Error<E> {
        let channels = self.channels().count();
        Error::Buffer { chip: self.kind().name(), channels, found }
    }
}

fn exactly<'a, const N: usize, E: Debug>(
    values: &'a mut [f32],
    chip: &'static str,
) -> Result<&'a mut [f32; N], Error<E>> {
    let found = values.len();
    values.try_into().map_err(|_| Error::Buffer { chip, channels: N, found })
}

fn one<E: Debug>(values: &mut [f32], value: f32) -> Result<(), Error<E>> {
    if let [only] = values {
        *only = value;
    }
    Ok(())
}
