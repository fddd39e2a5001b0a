//! I2C and SPI of this machine as embedded-hal sees them: a device file goes in, a bus comes out, or what to do
//! about it.
//!
//! The calls of the kernel are those of the crates `i2cdev` and `spidev`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use embedded_hal::i2c::{self, I2c, NoAcknowledgeSource};
use embedded_hal::spi::{self, SpiDevice};
use i2cdev::core::{I2CMessage, I2CTransfer};
use i2cdev::linux::{LinuxI2CBus, LinuxI2CError, LinuxI2CMessage};
use oddity_sensors::bus::{Marks, Value};
use oddity_sensors::{Address, Bus, OnI2c, OnSpi};
use rustix::io::Errno;
use spidev::{SpiModeFlags, Spidev, SpidevOptions, SpidevTransfer};

/// A transfer that failed.
pub(super) struct Failed(io::Error);

impl Failed {
    fn errno(&self) -> Option<Errno> {
        Errno::from_io_error(&self.0)
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errno() {
            Some(Errno::NXIO | Errno::REMOTEIO) => {
                f.write_str("nothing answers at this address; see to address, wiring and power")
            }
            Some(Errno::TIMEDOUT) => f.write_str(
                "the bus does not move; a line is held low, or pull-up resistors are missing",
            ),
            _ => write!(f, "{}", self.0),
        }
    }
}

impl i2c::Error for Failed {
    fn kind(&self) -> i2c::ErrorKind {
        match self.errno() {
            Some(Errno::NXIO | Errno::REMOTEIO) => {
                i2c::ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown)
            }
            Some(Errno::AGAIN) => i2c::ErrorKind::ArbitrationLoss,
            Some(Errno::TIMEDOUT | Errno::IO) => i2c::ErrorKind::Bus,
            _ => i2c::ErrorKind::Other,
        }
    }
}

impl spi::Error for Failed {
    fn kind(&self) -> spi::ErrorKind {
        spi::ErrorKind::Other
    }
}

impl From<LinuxI2CError> for Failed {
    fn from(error: LinuxI2CError) -> Self {
        Self(error.into())
    }
}

pub(super) struct LinuxI2c(LinuxI2CBus);

impl i2c::ErrorType for LinuxI2c {
    type Error = Failed;
}

impl I2c for LinuxI2c {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [i2c::Operation<'_>],
    ) -> Result<(), Failed> {
        fn message<'a>(address: u8, operation: &'a mut i2c::Operation<'_>) -> LinuxI2CMessage<'a> {
            match operation {
                i2c::Operation::Read(into) => LinuxI2CMessage::read(into),
                i2c::Operation::Write(bytes) => LinuxI2CMessage::write(bytes),
            }
            .with_address(address.into())
        }
        // What the chips here say needs no memory.
        match operations {
            [one] => self.0.transfer(&mut [message(address, one)]),
            [one, two] => self.0.transfer(&mut [message(address, one), message(address, two)]),
            more => {
                let mut messages: Vec<_> =
                    more.iter_mut().map(|one| message(address, one)).collect();
                self.0.transfer(&mut messages)
            }
        }?;
        Ok(())
    }
}

pub(super) struct LinuxSpi(Spidev);

impl spi::ErrorType for LinuxSpi {
    type Error = Failed;
}

impl SpiDevice for LinuxSpi {
    fn transaction(&mut self, operations: &mut [spi::Operation<'_, u8>]) -> Result<(), Failed> {
        fn transfer<'a>(operation: &'a mut spi::Operation<'_, u8>) -> SpidevTransfer<'a, 'a> {
            match operation {
                spi::Operation::Read(into) => SpidevTransfer::read(into),
                spi::Operation::Write(bytes) => SpidevTransfer::write(bytes),
                spi::Operation::Transfer(into, bytes) => SpidevTransfer::read_write(bytes, into),
                spi::Operation::TransferInPlace(both) => SpidevTransfer::read_write_in_place(both),
                spi::Operation::DelayNs(ns) => {
                    let us = ns.div_ceil(1000).min(u16::MAX.into());
                    SpidevTransfer::delay(us as u16)
                }
            }
        }
        match operations {
            [one, two] => self.0.transfer_multiple(&mut [transfer(one), transfer(two)]),
            more => {
                let mut transfers: Vec<_> = more.iter_mut().map(transfer).collect();
                self.0.transfer_multiple(&mut transfers)
            }
        }
        .map_err(Failed)
    }
}

/// The bus with the chip.
pub(super) enum Port {
    I2c(OnI2c<LinuxI2c>),
    Spi(OnSpi<LinuxSpi>),
}

impl Bus for Port {
    type Error = Failed;

    fn read(&mut self, marks: Marks, register: u8, into: &mut [u8]) -> Result<(), Failed> {
        match self {
            Self::I2c(bus) => bus.read(marks, register, into),
            Self::Spi(bus) => bus.read(marks, register, into),
        }
    }

    fn write(&mut self, marks: Marks, register: u8, value: Value) -> Result<(), Failed> {
        match self {
            Self::I2c(bus) => bus.write(marks, register, value),
            Self::Spi(bus) => bus.write(marks, register, value),
        }
    }
}

/// Opens a bus with a chip on it that no driver of the kernel has.
pub(super) fn open_i2c(root: &Path, device: &Path, address: Address) -> Result<Port, String> {
    if let Some(driver) = i2c_driver(root, device, address) {
        return Err(format!(
            "the kernel's driver {driver:?} has the chip at {:#04x}; read it with bus = \"iio\", or take \
             its overlay out of config.txt",
            address.get()
        ));
    }
    match LinuxI2CBus::new(device) {
        Ok(bus) => Ok(Port::I2c(OnI2c::new(LinuxI2c(bus), address))),
        Err(error) => Err(advice(&error.into(), "i2c", "dtparam=i2c_arm=on", "i2c-dev")),
    }
}

/// The driver that is bound to an address, as `/sys` tells.
fn i2c_driver(root: &Path, device: &Path, address: Address) -> Option<String> {
    let bus = device.file_name()?.to_str()?.strip_prefix("i2c-")?;
    let place = format!("sys/bus/i2c/devices/{bus}-{:04x}/driver", address.get());
    let driver: PathBuf = std::fs::read_link(root.join(place)).ok()?;
    // i2c-dev itself gives addresses that were only tried out to a driver that does nothing.
    let name = driver.file_name()?.to_str().filter(|name| *name != "dummy")?;
    Some(name.to_owned())
}

/// Opens a device with a select line of its own.
pub(super) fn open_spi(device: &Path, hz: u32) -> Result<Port, String> {
    let open = || {
        let mut spi = Spidev::open(device)?;
        let mode = SpiModeFlags::SPI_MODE_3;
        spi.configure(&SpidevOptions::new().bits_per_word(8).max_speed_hz(hz).mode(mode).build())?;
        Ok(spi)
    };
    match open() {
        Ok(spi) => Ok(Port::Spi(OnSpi::new(LinuxSpi(spi)))),
        Err(error) => Err(advice(&error, "spi", "dtparam=spi=on", "spidev")),
    }
}

/// What an error in opening usually means on a Raspberry Pi.
fn advice(error: &io::Error, group: &str, overlay: &str, module: &str) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no such bus; write `{overlay}` into /boot/firmware/config.txt and start anew, and see \
             that the module {module} is loaded (`sudo modprobe {module}`)"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "it is not allowed; put the user into the group {group} (`sudo usermod -aG {group} \"$USER\"`) \
             and log in anew"
        ),
        io::ErrorKind::ResourceBusy => {
            "another program or a driver of the kernel has it; end that first".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let address = Address::new(0x53).unwrap();
        let none = root.path().join("i2c-9");
        let missing = open_i2c(root.path(), &none, address).err().unwrap();
        assert!(missing.contains("dtparam=i2c_arm=on") && missing.contains("i2c-dev"), "{missing}");
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let denied = advice(&denied, "spi", "dtparam=spi=on", "spidev");
        assert!(denied.contains("usermod -aG spi"), "{denied}");
        let missing = open_spi(&none, 1_000_000).err().unwrap();
        assert!(missing.contains("dtparam=spi=on"), "{missing}");
    }

    #[test]
    fn a_chip_that_a_driver_has_is_left_to_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("sys/bus/i2c/devices/1-0048");
        std::fs::create_dir_all(&folder).unwrap();
        let bind = |driver: &str| {
            let _ = std::fs::remove_file(folder.join("driver"));
            std::os::unix::fs::symlink(format!("../drivers/{driver}"), folder.join("driver"))
                .unwrap();
        };
        let address = Address::new(0x48).unwrap();
        let open = || open_i2c(root.path(), Path::new("/nowhere/i2c-1"), address).err().unwrap();
        bind("lm75");
        assert!(open().contains("\"lm75\" has the chip at 0x48"), "{}", open());
        bind("dummy");
        assert!(open().contains("no such bus"), "{}", open());
    }

    #[test]
    fn errors_of_transfers_are_told_in_words() {
        let failed = |errno: Errno| Failed(errno.into());
        assert!(format!("{:?}", failed(Errno::REMOTEIO)).contains("nothing answers"));
        assert!(format!("{:?}", failed(Errno::TIMEDOUT)).contains("held low"));
        assert_eq!(i2c::Error::kind(&failed(Errno::AGAIN)), i2c::ErrorKind::ArbitrationLoss);
    }
}
