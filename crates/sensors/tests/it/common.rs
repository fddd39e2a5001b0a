//! A chip on a bus that knows in advance what will be said on it; and one that is nothing but memory.

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use embedded_hal_mock::eh1::delay::NoopDelay;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use oddity_sensors::{Address, Chip, Drained, Error, OnI2c};

pub const NACK: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);

pub fn write(address: u8, bytes: &[u8]) -> Transaction {
    Transaction::write(address, bytes.to_vec())
}

pub fn read(address: u8, register: u8, bytes: &[u8]) -> Transaction {
    Transaction::write_read(address, vec![register], bytes.to_vec())
}

/// Runs `what` on a bus on which exactly `said` is said.
pub fn talk<T>(
    address: u8,
    said: &[Transaction],
    what: impl FnOnce(&mut OnI2c<&mut Mock>, &mut NoopDelay) -> T,
) -> T {
    let mut i2c = Mock::new(said);
    let mut bus = OnI2c::new(&mut i2c, Address::new(address).unwrap());
    let result = what(&mut bus, &mut NoopDelay::new());
    i2c.done();
    result
}

pub fn start(chip: &mut Chip, address: u8, said: &[Transaction]) -> Result<(), Error<ErrorKind>> {
    talk(address, said, |bus, delay| chip.start(bus, delay))
}

pub fn frame(
    chip: &mut Chip,
    address: u8,
    said: &[Transaction],
) -> Result<Vec<f32>, Error<ErrorKind>> {
    let mut values = vec![f32::NAN; chip.channels().count()];
    talk(address, said, |bus, delay| chip.read(bus, delay, &mut values))?;
    Ok(values)
}

/// Drains into a buffer of so many frames; what was not filled comes back as it was.
pub fn drain(
    chip: &mut Chip,
    address: u8,
    room: usize,
    said: &[Transaction],
) -> Result<(Drained, Vec<f32>), Error<ErrorKind>> {
    let mut values = vec![f32::NAN; room * chip.channels().count()];
    let drained = talk(address, said, |bus, delay| chip.drain(bus, delay, &mut values))?;
    values.truncate(drained.frames * chip.channels().count());
    Ok((drained, values))
}

/// Registers that hold what is written to them.
pub struct Memory {
    pub bytes: [u8; 256],
    at: u8,
}

impl Memory {
    pub fn new() -> Self {
        Self { bytes: [0; 256], at: 0 }
    }

    pub fn put(&mut self, register: u8, bytes: &[u8]) {
        self.bytes[usize::from(register)..][..bytes.len()].copy_from_slice(bytes);
    }
}

impl ErrorType for Memory {
    type Error = ErrorKind;
}

impl I2c for Memory {
    fn transaction(&mut self, _: u8, all: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        for one in all {
            match one {
                Operation::Write(bytes) => {
                    self.at = bytes[0];
                    // The configuration of a chip is not what this is for.
                }
                Operation::Read(into) => {
                    for byte in into.iter_mut() {
                        *byte = self.bytes[usize::from(self.at)];
                        self.at = self.at.wrapping_add(1);
                    }
                }
            }
        }
        Ok(())
    }
}
