//! The arithmetic of oddity: kernels over f32 and int8, and the program of layers that is made of them.
//!
//! Slices of numbers go in and out. Nothing here allocates once it has been made, does I/O, or knows
//! of files, graphs or windows of a stream. Only this crate holds unsafe code.
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod blend;
pub mod map;
pub mod matmul;
pub mod moves;
pub mod normalise;
pub mod pool;
pub mod program;
pub mod quantise;
pub mod recurrent;
pub mod reduce;
pub mod walk;
pub mod zip;

mod aligned;
mod arch;
mod clamp;
mod dense_f32;
mod dense_int8;
mod error;
mod finish;
mod job;
mod math;
mod multi;
mod pieces;
mod tier;

pub use aligned::{Aligned, SLACK};
pub use clamp::Clamp;
pub use dense_f32::DenseF32;
pub use dense_int8::DenseInt8;
pub use error::KernelError;
pub use finish::Finish;
pub use pieces::{Pieces, Rows};
pub use tier::{FloatTier, Int8Tier, Tier};
