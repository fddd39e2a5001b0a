//! Made-up data with the truth beside it. In: a seed, with faults or defects. Out: rows of a
//! motor-pump, as values or as CSV, or pictures of a part. Never reads a file, a clock or an unseeded
//! random number.
//!
//! The same configuration gives the same bytes on every platform: the plant uses only operations
//! that IEEE 754 rounds exactly, and readings are rounded to the sensors' digits.

mod csv;
mod error;
mod fault;
mod noise;
mod parts;
mod plant;
mod row;
mod sensor;
mod simulator;
mod spec;
#[cfg(test)]
mod tests;

pub use csv::{LabelColumns, write_csv, write_header, write_row};
pub use error::SimulateError;
pub use fault::{Fault, FaultSet, MAX_SEVERITY};
pub use parts::{Defect, draw_part};
pub use row::{CHANNELS, N, PlantRow};
pub use simulator::{DEFAULT_START_NS, SimConfig, Simulator};
pub use spec::FaultSpec;
