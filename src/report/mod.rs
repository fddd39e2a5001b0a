//! What happened to a stream, for people: thinned lines of readings, reconstructions and ratios go in, with events;
//! one self-contained HTML page comes out, as text.
//!
//! Never reads or writes a file, runs no model, calls no script, font or picture from elsewhere. Without its script
//! the page is whole; with it, time can be looked at closely.

mod bands;
mod blame;
mod data;
mod error;
mod event;
mod page;
mod panel;
mod policy;
mod tables;

pub use data::{ChannelLabel, Report, StreamLines};
pub use error::EventError;
pub use event::ReportEvent;
