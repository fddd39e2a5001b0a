//! Trains autoencoders for oddity: windows go in, a checked ONNX file comes out.
//!
//! [`net`] holds the networks, each written once for libtorch and for ONNX. The program
//! `oddity-train` is glue over these modules.

pub mod net;
