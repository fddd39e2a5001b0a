//! Chips on I2C and SPI: a bus of [`embedded_hal`] goes in, samples in their units come out.
//!
//! [`Chip`] is any of them: it is started, which checks that it is the chip that is meant, and then read a
//! frame at a time, or drained where it keeps frames. [`health`] says when to start it anew and what to tell;
//! [`pin`] shows an alert. The bus is lent for each call, so that several chips share it without a lock, and
//! nothing here knows an operating system, reads a clock, starts a thread or logs.
//!
//! # Why our own drivers
//!
//! | chip | what there is for embedded-hal 1.0 | and why it is not used |
//! |---|---|---|
//! | ADXL345 | adxl345-eh-driver 0.2 | no FIFO, no SPI; reads the format without naming its register |
//! | LIS3DH | lis2dh12 0.8 | I2C only; sets the FIFO up, but reads one frame in a transfer |
//! | MPU6050 | mpu6050-dmp 0.6 | made for the motion processor: reads bytes of the FIFO, not whole frames |
//! | BME280 | bme280-rs 0.4 | I2C only; waits without end for a chip that never comes up; two of the humidity's coefficients lose their sign. Tests hold ours against it |
//! | | bme280 0.5 | brings a stack of procedural macros |
//! | TMP102 | tmp1x2 1.1 | the same stack |
//! | LM75 | lm75 1.0 | cuts the 11 and 12 bits of an LM75B or TMP75 to 9, or is told that it is a PCT2075 |
//! | ADS1115 | ads1x1x 0.3 | remembers across a lost supply that a conversion was begun, and takes what stands there for its result |
//! | INA219 | ina219 0.2 | would do; but it holds the bus, as all of these do. Tests hold ours against it |
//!
//! What decides in the end: each of them keeps its bus, has its own error, and is taken apart to be started
//! again. A stream that goes on for years needs the latter, and one driver is some 100 lines.
//!
//! # What is checked when a chip is started
//!
//! | chip | what says that it is the one |
//! |---|---|
//! | ADXL345, LIS3DH, MPU6050, BME280 | its id |
//! | INA219 | its configuration after a reset |
//! | TMP102 | two bits that cannot be written, and the rest read back |
//! | LM75, ADS1115 | the configuration read back: a weak sign, but they have no other |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod accel;
pub mod ads1115;
pub mod adxl345;
pub mod bme280;
pub mod bus;
pub mod channel;
pub mod chip;
pub mod error;
pub mod field;
pub mod health;
pub mod ina219;
pub mod lis3dh;
pub mod mpu6050;
pub mod pin;
pub mod scale;
pub mod table;
pub mod thermometer;

pub use bus::{Address, Bus, OnI2c, OnSpi};
pub use channel::{Channel, Drained};
pub use chip::{Chip, Kind};
pub use error::Error;
