//! Trains autoencoders for oddity: normal data goes in, a checked ONNX file comes out.
//!
//! [`plan`] reads the command line, [`data`] has the windows, [`net`] the networks, each written
//! once for libtorch and for ONNX, [`train`] makes them learn, and [`run`] joins these. Decoding,
//! windows, scores, thresholds and the profile are those of the library `oddity`.

pub mod data;
pub mod net;
pub mod plan;
pub mod run;
pub mod train;
