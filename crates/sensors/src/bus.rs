//! How the registers of one chip are reached: a register and bytes go in, a transfer on I2C or SPI comes out.
//!
//! A chip knows its registers, a bus knows its wires; [`Marks`] are what the two have to agree on. A bus is
//! lent for each call, so that several chips share one without a lock. Nothing here waits or tries again.

use core::fmt::Debug;

use embedded_hal::i2c::I2c;
use embedded_hal::spi::{Operation, SpiDevice};

use crate::error::Error;

/// The most bytes that one write puts into a register.
const MOST_WRITTEN: usize = 4;

/// An I2C address of seven bits that is not one of the reserved ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(u8);

impl Address {
    /// From 0x08 to 0x77, without the read bit; `None` for all others.
    pub const fn new(address: u8) -> Option<Self> {
        if matches!(address, 0x08..=0x77) { Some(Self(address)) } else { None }
    }

    /// The seven bits.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// What a chip wants to see in the byte that names a register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Set on I2C when more than one byte is read.
    pub i2c_burst: u8,
    /// Set on SPI for a read, and cleared for a write.
    pub spi_read: u8,
    /// Set on SPI when more than one byte is read or written.
    pub spi_burst: u8,
}

/// One to four bytes for a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    bytes: [u8; MOST_WRITTEN],
    length: usize,
}

impl Value {
    /// One byte.
    pub const fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    /// Two bytes, the high one first.
    pub const fn word(word: u16) -> Self {
        let [high, low] = word.to_be_bytes();
        Self { bytes: [high, low, 0, 0], length: 2 }
    }

    /// One to four bytes, in the order of the wire; `None` for none and for more.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut all = [0; MOST_WRITTEN];
        all.get_mut(..bytes.len())?.copy_from_slice(bytes);
        (!bytes.is_empty()).then_some(Self { bytes: all, length: bytes.len() })
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The registers of one chip.
pub trait Bus {
    /// What the bus says when a transfer fails.
    type Error: Debug;

    /// Reads from `register` on until `into` is full.
    ///
    /// # Errors
    /// When the transfer fails; what is in `into` then means nothing.
    fn read(&mut self, marks: Marks, register: u8, into: &mut [u8]) -> Result<(), Self::Error>;

    /// Writes to `register`.
    ///
    /// # Errors
    /// When the transfer fails.
    fn write(&mut self, marks: Marks, register: u8, value: Value) -> Result<(), Self::Error>;
}

impl<B: Bus> Bus for &mut B {
    type Error = B::Error;

    fn read(&mut self, marks: Marks, register: u8, into: &mut [u8]) -> Result<(), Self::Error> {
        B::read(self, marks, register, into)
    }

    fn write(&mut self, marks: Marks, register: u8, value: Value) -> Result<(), Self::Error> {
        B::write(self, marks, register, value)
    }
}

/// A chip at an address of an I2C bus. Takes `&mut` of a bus, too.
#[derive(Debug)]
pub struct OnI2c<I> {
    i2c: I,
    address: Address,
}

impl<I: I2c> OnI2c<I> {
    /// The chip at `address`.
    pub fn new(i2c: I, address: Address) -> Self {
        Self { i2c, address }
    }

    /// Gives the bus back.
    pub fn release(self) -> I {
        self.i2c
    }
}

impl<I: I2c> Bus for OnI2c<I> {
    type Error = I::Error;

    fn read(&mut self, marks: Marks, register: u8, into: &mut [u8]) -> Result<(), Self::Error> {
        let mark = if into.len() > 1 { marks.i2c_burst } else { 0 };
        self.i2c.write_read(self.address.get(), &[register | mark], into)
    }

    fn write(&mut self, _: Marks, register: u8, value: Value) -> Result<(), Self::Error> {
        // One message: a repeated start between register and value would be another transfer to the chip.
        let mut message = [register; 1 + MOST_WRITTEN];
        let (_, bytes) = message.split_at_mut(1);
        bytes.copy_from_slice(&value.bytes);
        self.i2c.write(self.address.get(), message.get(..=value.length).unwrap_or_default())
    }
}

/// A chip behind its own select line of an SPI bus. The chips here want mode 3, the clock high between
/// transfers; BME280 and LIS3DH take mode 0 as well.
#[derive(Debug)]
pub struct OnSpi<S> {
    device: S,
}

impl<S: SpiDevice> OnSpi<S> {
    /// The chip that `device` selects.
    pub fn new(device: S) -> Self {
        Self { device }
    }

    /// Gives the device back.
    pub fn release(self) -> S {
        self.device
    }
}

impl<S: SpiDevice> Bus for OnSpi<S> {
    type Error = S::Error;

    fn read(&mut self, marks: Marks, register: u8, into: &mut [u8]) -> Result<(), Self::Error> {
        let burst = if into.len() > 1 { marks.spi_burst } else { 0 };
        let command = [register | marks.spi_read | burst];
        self.device.transaction(&mut [Operation::Write(&command), Operation::Read(into)])
    }

    fn write(&mut self, marks: Marks, register: u8, value: Value) -> Result<(), Self::Error> {
        let burst = if value.length > 1 { marks.spi_burst } else { 0 };
        let command = [(register & !marks.spi_read) | burst];
        self.device
            .transaction(&mut [Operation::Write(&command), Operation::Write(value.as_slice())])
    }
}

/// A bus with the chip that is meant, so that errors name it.
pub(crate) struct Wire<'a, B> {
    bus: &'a mut B,
    chip: &'static str,
    marks: Marks,
}

impl<'a, B: Bus> Wire<'a, B> {
    pub fn new(bus: &'a mut B, chip: &'static str, marks: Marks) -> Self {
        Self { bus, chip, marks }
    }

    pub fn read_into(&mut self, register: u8, into: &mut [u8]) -> Result<(), Error<B::Error>> {
        let chip = self.chip;
        self.bus.read(self.marks, register, into).map_err(|error| Error::Bus {
            chip,
            register,
            error,
        })
    }

    pub fn read<const N: usize>(&mut self, register: u8) -> Result<[u8; N], Error<B::Error>> {
        let mut bytes = [0; N];
        self.read_into(register, &mut bytes)?;
        Ok(bytes)
    }

    pub fn byte(&mut self, register: u8) -> Result<u8, Error<B::Error>> {
        self.read(register).map(|[byte]| byte)
    }

    /// Two bytes, the high one first.
    pub fn word(&mut self, register: u8) -> Result<u16, Error<B::Error>> {
        self.read(register).map(u16::from_be_bytes)
    }

    pub fn write(&mut self, register: u8, value: Value) -> Result<(), Error<B::Error>> {
        let chip = self.chip;
        self.bus.write(self.marks, register, value).map_err(|error| Error::Bus {
            chip,
            register,
            error,
        })
    }

    pub fn write_byte(&mut self, register: u8, byte: u8) -> Result<(), Error<B::Error>> {
        self.write(register, Value::byte(byte))
    }

    /// Whether a register, read before, holds what only this chip holds there.
    pub fn expect(&self, register: u8, expected: u32, found: u32) -> Result<(), Error<B::Error>> {
        if found == expected {
            return Ok(());
        }
        Err(Error::WrongChip { chip: self.chip, register, expected, found })
    }
}
