//! oddity watches sensor streams with an autoencoder and reports when something is odd.
//!
//! The data goes one way, and each station is a module that knows only those before it:
//!
//! ```text
//! bytes -> samples -> health -> windows -> reconstruction -> score -> verdict -> event -> somewhere
//! source   decode     health    window     model             score    threshold  alert    sink
//!          features
//! ```
//!
//! The pure rooms, from `types` to `alert`, are those of the crate `oddity-core`. [`detector`] joins
//! them to a model; [`fit`] makes a model and its [`profile`] from normal data; [`quantise`] brings one to
//! 8 bits; [`metrics`] judges;
//! [`simulate`] makes data to try it with; [`picture`] reads and draws pictures; `report` makes a page with `chart`. [`blame`], [`files`]
//! and [`terminal`] are the ground that programs stand on, [`board`] knows boards, and [`sensor`] reads what is
//! wired to one. The program `oddity` is glue over these: its cargo feature is `cli`, with which come [`args`],
//! the options that programs share. Without the other features (`learn` is fit, calibrate and evaluate) it is as
//! small as it gets: it reads, detects and writes.

#[cfg(feature = "cli")]
pub mod args;
pub mod blame;
#[cfg(feature = "board")]
pub mod board;
#[cfg(feature = "report")]
pub mod chart;
pub mod decode;
pub mod detector;
pub mod features;
#[cfg(feature = "learn")]
pub mod feedback;
pub mod files;
#[cfg(feature = "learn")]
pub mod fit;
pub mod graph;
#[cfg(feature = "learn")]
pub mod metrics;
pub mod model;
#[cfg(feature = "pictures")]
pub mod picture;
#[cfg(feature = "learn")]
pub mod quantise;
#[cfg(feature = "report")]
pub mod report;
#[cfg(all(feature = "sensor", target_os = "linux"))]
pub mod sensor;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod sink;
pub mod source;
pub mod terminal;

pub use oddity_core::{alert, event, health, profile, score, smooth, threshold, types, window};
