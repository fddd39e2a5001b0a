//! From samples to verdicts: the pure part of oddity, for programs, bindings and microcontrollers.
//!
//! ```text
//! samples -> (features) -> health -> windows -> (reconstruction) -> score -> verdict -> event
//! types       features     health    window      the caller's        score    threshold  alert
//!                                                                    smooth   detector   event
//! ```
//!
//! Nothing here does I/O, reads a clock, starts a thread or logs; time comes in with the sample. What
//! is made once allocates nothing once it has warmed up. The [`profile`] says how to judge; whoever
//! calls runs the model (see [`detector::PureDetector::flush`]).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod alert;
pub mod constant;
pub mod detector;
pub mod difference;
pub mod drift;
pub mod event;
#[cfg(feature = "features")]
pub mod features;
pub mod health;
mod math;
pub mod ongoing;
pub mod profile;
pub mod running;
pub mod score;
pub mod smooth;
pub mod threshold;
pub mod types;
pub mod unprecedented;
pub mod window;
