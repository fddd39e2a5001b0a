//! Boards that the program runs on, as data. A TOML file goes in; a board that is consistent comes out:
//! which build it takes, its processor, buses, GPIO chips, pins and LEDs. Held against a machine, it gives
//! findings: what is there, what is not, and what to do.
//!
//! The files of `boards/` are part of the program. Nothing on a machine is changed, and no device is opened.

mod check;
mod error;
mod known;
mod machine;
mod rules;
mod spec;
mod words;

pub use check::{Finding, Part, State, check};
pub use error::{BoardError, Problem};
pub use known::{Boards, Recognised};
pub use machine::{Machine, Visitor};
pub use rules::Board;
pub use spec::{
    Bus, BusKind, Chip, ChipNumber, Cpu, CpuFeature, Detect, Enable, Features, Led, Line, PinName,
    Spec, Suggest, Triple,
};
