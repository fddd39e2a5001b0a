//! oddity watches sensor streams with an autoencoder and says when something is odd.
//!
//! The data goes one way, and each station is a module that knows only those before it:
//!
//! ```text
//! bytes -> samples -> windows -> reconstruction -> score -> verdict -> event -> somewhere
//! source   decode     window     model             score    threshold  alert    sink
//! ```
//!
//! [`graph`] reads the ONNX files that `model` runs; [`detector`] joins `window` to `alert`; [`fit`] makes a model and its [`profile`] from normal
//! data; [`metrics`] judges; [`simulate`] makes data to try it with; [`picture`] reads and draws
//! pictures; [`args`] are the options that the programs share. The program `oddity` is glue over these. Without the cargo features `learn` (fit,
//! calibrate, evaluate), `pictures`, `generate` and `simulate` it is as small as it gets: it reads,
//! detects and writes.

pub mod alert;
pub mod args;
pub mod decode;
pub mod detector;
#[cfg(feature = "learn")]
pub mod fit;
pub mod graph;
#[cfg(feature = "learn")]
pub mod metrics;
pub mod model;
#[cfg(feature = "pictures")]
pub mod picture;
pub mod profile;
pub mod score;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod sink;
pub mod source;
pub mod threshold;
pub mod types;
pub mod window;
