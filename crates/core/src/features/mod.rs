//! Fast raw readings of one stream go in, frame by frame; a row of features of each frame comes out: its
//! level, its shape, its spectrum and that of its envelope.
//!
//! A bearing or a gear is heard in tens of kilohertz, where a window of raw readings is large and its
//! phase is chance. What is learned instead is what people look at: root mean square, crest factor and
//! kurtosis, the logarithms of the energies in bands of the spectrum, and in bands of the spectrum of the
//! envelope, where a fault that strikes once a turn shows at its own slow rate (R. B. Randall and J. Antoni,
//! "Rolling element bearing diagnostics: a tutorial", Mechanical Systems and Signal Processing 25, 2011).
//!
//! Works in f32 after the mean is taken off, with transforms that are the same on every processor. Knows
//! nothing of models. Once made it allocates nothing.

mod bands;
mod fft;
mod frame;
mod moments;
mod spectrum;

pub use frame::{Extractor, Wanted};

#[cfg(test)]
mod tests;
