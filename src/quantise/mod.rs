//! A model in f32 and windows of normal data go in; the same model with weights and activations of 8 bits
//! comes out, and what that cost.
//!
//! Static: each range is found once, from normal data. Everything is measured by running the model as
//! `detect` will: ranges on the values between its layers, costs on its scores. Nothing is learned anew but
//! the threshold.

mod calibration;
mod candidate;
mod cost;
mod entropy;
mod equalise;
mod error;
mod finish;
mod histogram;
mod options;
mod range;
mod search;
mod trial;
mod weights;

pub use cost::{Cost, KEY, KeptLayer};
pub use error::QuantiseError;
pub use finish::{Normal, Quantised, quantise};
pub use options::{HEADROOM, MOST_COST, QuantiseOptions};
pub use range::RangeMethod;
