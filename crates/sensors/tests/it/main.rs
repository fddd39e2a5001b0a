//! The chips, held to the sequences and the worked examples of their datasheets, and to other drivers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

mod ads1115;
mod adxl345;
mod bme280;
mod common;
mod errors;
mod health;
mod ina219;
mod lis3dh;
mod mpu6050;
mod pin;
mod scale;
mod table;
mod thermometer;
