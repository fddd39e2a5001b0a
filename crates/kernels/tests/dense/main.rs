//! The dense kernels, held to their definitions on every tier that this processor has.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod common;
mod f32;
mod int8;
