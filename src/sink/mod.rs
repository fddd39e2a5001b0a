//! Events and scores go in; JSON Lines come out, each flushed as it is written, and pins are set.
//!
//! This room never judges and never waits for more: a line is out as soon as it is handed over.

mod digits;
mod drift;
mod jsonl;
#[cfg(all(feature = "sensor", target_os = "linux"))]
mod pin;
mod record;
mod unprecedented;

pub use jsonl::{JsonLines, write_line};
#[cfg(all(feature = "sensor", target_os = "linux"))]
pub use pin::{OffSwitch, PinError, PinName, PinNotice, PinProblem, Pins};
pub use record::{HeadJson, PictureJson, rfc3339};
