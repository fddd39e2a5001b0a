//! A chip that is described rather than programmed: registers with their numbers, what to write to start it,
//! and what it has to say it is.

use alloc::string::String;
use alloc::vec::Vec;

use embedded_hal::delay::DelayNs;

use crate::bus::{Bus, Marks, Value, Wire};
use crate::channel::Channel;
use crate::error::Error;
use crate::field::{Bits, Endian, Width};

pub(crate) const NAME: &str = "registers";

/// Channels at most.
pub const MOST_CHANNELS: usize = 64;
/// Bytes at most that are read in one transfer.
const MOST_BURST_BYTES: usize = 32;

/// One channel: `value = number * scale + offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    /// Name of the channel.
    pub name: String,
    /// Unit of the channel.
    pub unit: String,
    /// The register.
    pub address: u8,
    /// The number in it.
    pub bits: Bits,
    /// Units for each step.
    pub scale: f64,
    /// What zero stands for.
    pub offset: f64,
}

impl Register {
    fn value(&self, number: i64) -> f32 {
        (number as f64 * self.scale + self.offset) as f32
    }
}

/// A register that holds the same on every such chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The register.
    pub address: u8,
    /// Its bytes.
    pub width: Width,
    /// Their order.
    pub endian: Endian,
    /// The bits that are looked at.
    pub mask: u32,
    /// What they are.
    pub expected: u32,
}

/// A value that is written to start the chip, and a wait after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The register.
    pub address: u8,
    /// What is written.
    pub value: Value,
    /// Milliseconds.
    pub wait_ms: u16,
}

/// A bit that says whether there is something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// A register of one byte.
    pub address: u8,
    /// The bits that are looked at.
    pub mask: u8,
    /// What they are when there is.
    pub value: u8,
}

/// The description.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// One for each channel, in the order of the frame.
    pub registers: Vec<Register>,
    /// How the chip knows reads and bursts.
    pub marks: Marks,
    /// Whether registers that stand side by side may be read in one transfer: then their bytes belong to one
    /// measurement.
    pub burst: bool,
    /// What to check first.
    pub identity: Option<Identity>,
    /// What to write then, in order.
    pub writes: Vec<Write>,
    /// What to look at before each frame.
    pub ready: Option<Ready>,
}

/// Why a description is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// None, or more than [`MOST_CHANNELS`].
    #[error("{0} registers; there have to be 1 to {MOST_CHANNELS}")]
    Count(usize),
    /// No name.
    #[error("register {0:#04x} has no name")]
    Unnamed(u8),
    /// Two of one name.
    #[error("two registers are called {0:?}; the names of the channels have to differ")]
    Twice(String),
    /// A scale of zero, or a scale or offset that is not finite.
    #[error("{0:?}: scale has to be a number other than zero, and offset a number")]
    Scale(String),
    /// An identity that can never be, or always is.
    #[error("identity {expected:#x} is outside of the bits that are looked at, {mask:#x}")]
    Identity {
        /// What is expected.
        expected: u32,
        /// The bits that are looked at.
        mask: u32,
    },
    /// A ready bit that can never be, or always is.
    #[error("ready {value:#x} is outside of the bits that are looked at, {mask:#x}")]
    Ready {
        /// What is expected.
        value: u8,
        /// The bits that are looked at.
        mask: u8,
    },
}

/// Registers that are read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    first: usize,
    count: usize,
    bytes: usize,
}

/// A description that holds; the bus is lent to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    description: Description,
    groups: Vec<Group>,
}

impl Table {
    /// Checks a description.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(description: Description) -> Result<Self, TableError> {
        let registers = &description.registers;
        if !(1..=MOST_CHANNELS).contains(&registers.len()) {
            return Err(TableError::Count(registers.len()));
        }
        for (index, register) in registers.iter().enumerate() {
            let Register { name, scale, offset, .. } = register;
            if name.is_empty() {
                return Err(TableError::Unnamed(register.address));
            }
            if registers.iter().take(index).any(|other| other.name == *name) {
                return Err(TableError::Twice(name.clone()));
            }
            if !scale.is_finite() || *scale == 0.0 || !offset.is_finite() {
                return Err(TableError::Scale(name.clone()));
            }
        }
        if let Some(Identity { width, mask, expected, .. }) = description.identity
            && (mask == 0 || mask & !width.ones() != 0 || expected & !mask != 0)
        {
            return Err(TableError::Identity { expected, mask });
        }
        if let Some(Ready { mask, value, .. }) = description.ready
            && (mask == 0 || value & !mask != 0)
        {
            return Err(TableError::Ready { value, mask });
        }
        let groups = groups(&description);
        Ok(Self { description, groups })
    }

    /// What was checked.
    pub fn description(&self) -> &Description {
        &self.description
    }

    pub(crate) fn channel(&self, index: usize) -> Option<Channel<'_>> {
        let register = self.description.registers.get(index)?;
        let (low, high) = register.bits.ends();
        let (low, high) = (register.value(low), register.value(high));
        Some(Channel {
            name: &register.name,
            unit: &register.unit,
            low: low.min(high),
            high: low.max(high),
        })
    }

    pub(crate) fn start<B: Bus>(
        &mut self,
        bus: &mut B,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, self.description.marks);
        if let Some(identity) = self.description.identity {
            let mut bytes = [0; 4];
            let bytes = bytes.get_mut(..identity.width.bytes()).unwrap_or_default();
            wire.read_into(identity.address, bytes)?;
            let whole = Bits::whole(identity.width, identity.endian, false);
            let found = (whole.decode(bytes) as u32) & identity.mask;
            wire.expect(identity.address, identity.expected, found)?;
        }
        for write in &self.description.writes {
            wire.write(write.address, write.value)?;
            delay.delay_ms(write.wait_ms.into());
        }
        Ok(())
    }

    pub(crate) fn read<B: Bus>(
        &mut self,
        bus: &mut B,
        values: &mut [f32],
    ) -> Result<(), Error<B::Error>> {
        let mut wire = Wire::new(bus, NAME, self.description.marks);
        if let Some(ready) = self.description.ready
            && wire.byte(ready.address)? & ready.mask != ready.value
        {
            return Err(Error::NotReady { chip: NAME });
        }
        let mut buffer = [0; MOST_BURST_BYTES];
        let mut values = values.iter_mut();
        for group in &self.groups {
            let registers = self.description.registers.iter().skip(group.first).take(group.count);
            let mut rest = buffer.get_mut(..group.bytes).unwrap_or_default();
            if let Some(first) = self.description.registers.get(group.first) {
                wire.read_into(first.address, rest)?;
            }
            for (register, value) in registers.zip(values.by_ref()) {
                let at = register.bits.bytes().min(rest.len());
                let (bytes, after) = core::mem::take(&mut rest).split_at_mut(at);
                *value = register.value(register.bits.decode(bytes));
                rest = after;
            }
        }
        Ok(())
    }
}

/// Neighbours together where the chip allows it, each alone where not.
fn groups(description: &Description) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // The register after the last of the group, as a number that may be beyond 255.
    let mut next = None;
    for (index, register) in description.registers.iter().enumerate() {
        let bytes = register.bits.bytes();
        let address = usize::from(register.address);
        match groups.last_mut() {
            Some(group)
                if description.burst
                    && next == Some(address)
                    && group.bytes + bytes <= MOST_BURST_BYTES =>
            {
                group.count += 1;
                group.bytes += bytes;
            }
            _ => groups.push(Group { first: index, count: 1, bytes }),
        }
        next = Some(address + bytes);
    }
    groups
}
