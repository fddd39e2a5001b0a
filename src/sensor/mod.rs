//! Sensors that hang on this machine: a file that names them goes in, rows come out as a decoder gives them.
//!
//! Chips on I2C and SPI through the crate `oddity-sensors`, what a driver of the kernel reads (IIO, 1-Wire), and
//! registers of devices on Modbus.
//! A row is read at each tick of a timer that does not drift. What cannot be read is missing in the row, and
//! told; the sensor is started again, after waits that grow. Knows no model, and allocates nothing in a row.

mod bus;
mod channels;
mod chips;
mod clock;
mod device;
mod error;
mod file;
mod frames;
mod keys;
#[cfg(feature = "modbus")]
mod modbus;
mod readings;
mod sampler;
mod sysfs;

#[cfg(test)]
mod tests;

pub use device::{Notice, What};
pub use error::{FileError, SensorError};
pub use file::{Column, SensorFile};
pub use readings::{Reading, Readings, Rows};
pub use sampler::Sampler;
