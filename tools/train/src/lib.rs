//! Trains autoencoders for oddity: normal data goes in, a checked ONNX file comes out.
//!
//! [`plan`] reads the command line, [`data`] has the windows, [`net`] the networks, each written
//! once for libtorch and for ONNX, and [`train`] makes them learn. [`checkpoint`] keeps what a run has
//! made so far, [`lock`] keeps others from its files, [`progress`] tells a person of it, [`signals`]
//! end it early, [`report`] draws what came out, and [`run`] joins these. Decoding, windows, scores, thresholds and the profile are those
//! of the library `oddity`.

pub mod checkpoint;
pub mod data;
pub mod lock;
pub mod net;
pub mod plan;
pub mod progress;
pub mod report;
pub mod run;
pub mod signals;
pub mod train;
