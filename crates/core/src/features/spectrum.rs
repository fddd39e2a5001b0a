//! A frame goes in, the logarithms of the energies in bands of its spectrum or of its envelope's come out.

use alloc::vec;
use alloc::vec::Vec;

use microfft::Complex32;

use super::bands::edges;
use super::fft;
use crate::math::{cos, ln, sqrt};

/// Added to each energy, in the square of the channel's unit: a frame that does not move has a logarithm.
const FLOOR: f64 = 1e-30;
/// Share of the frame's bins, from half the rate down, that the envelope is taken of: those above an eighth of the
/// rate, where housings ring, and not those where the machine turns.
const RINGING: usize = 8;

/// What is done to each frame of a length.
#[derive(Clone, Debug)]
pub(super) struct Spectrum {
    /// Hann's window, of the length of the frame, and of half of it.
    hann: Vec<f32>,
    half_hann: Vec<f32>,
    /// In bins of the frame.
    bands: Vec<usize>,
    envelope: Vec<usize>,
    scratch: Vec<f32>,
    bins: Vec<Complex32>,
}

impl Spectrum {
    /// Of frames of so many readings, a power of two from 64 to 16384.
    pub(super) fn new(frame: usize, bands: usize, envelope: usize) -> Self {
        let (half, enveloped) = (frame / 2, envelope > 0);
        Self {
            hann: hann(if bands > 0 { frame } else { 0 }),
            half_hann: hann(if enveloped { half } else { 0 }),
            bands: edges(bands, half),
            envelope: edges(envelope, frame / RINGING),
            scratch: vec![0.0; frame],
            bins: vec![Complex32::default(); if enveloped { half } else { 0 }],
        }
    }

    /// Of each band of the spectrum of `frame`, in order.
    pub(super) fn bands(&mut self, frame: &[f32], each: impl FnMut(f64)) {
        if self.bands.is_empty() {
            return;
        }
        for ((out, value), weight) in self.scratch.iter_mut().zip(frame).zip(&self.hann) {
            *out = value * weight;
        }
        energies(fft::real(&mut self.scratch), &self.bands, each);
    }

    /// Of each band of the spectrum of the envelope of `frame`, in order.
    ///
    /// The bins that ring are moved down to zero, and half as many values come back: what turns is the
    /// complex envelope, whose magnitude does not depend on where it was moved from.
    pub(super) fn envelope(&mut self, frame: &[f32], each: impl FnMut(f64)) {
        if self.envelope.is_empty() {
            return;
        }
        let from = frame.len() / RINGING;
        self.scratch.copy_from_slice(frame);
        let ringing = fft::real(&mut self.scratch).get(from..).unwrap_or_default();
        self.bins.fill(Complex32::default());
        for (out, bin) in self.bins.iter_mut().zip(ringing) {
            *out = *bin;
        }
        fft::inverse(&mut self.bins);
        // An inverse transform divides by its length, which is half; an analytic signal has twice the
        // amplitude of what it is made of: the two are one.
        let Some(envelope) = self.scratch.get_mut(..self.bins.len()) else { return };
        for (out, value) in envelope.iter_mut().zip(&self.bins) {
            *out = sqrt(f64::from(value.re * value.re + value.im * value.im)) as f32;
        }
        let mean = envelope.iter().map(|&value| f64::from(value)).sum::<f64>();
        let mean = (mean / envelope.len().max(1) as f64) as f32;
        for (value, weight) in envelope.iter_mut().zip(&self.half_hann) {
            *value = (*value - mean) * weight;
        }
        energies(fft::real(envelope), &self.envelope, each);
    }
}

/// Hann's window, scaled so that the mean of its squares is 1: energies are those of the frame without it.
fn hann(length: usize) -> Vec<f32> {
    let turn = 2.0 * core::f64::consts::PI / length.max(1) as f64;
    let scale = sqrt(8.0 / 3.0) / 2.0;
    (0..length).map(|at| (scale * (1.0 - cos(turn * at as f64))) as f32).collect()
}

/// Logarithm to base 10 of the mean square that each band holds (Parseval: each bin stands for its mirror
/// image, too).
fn energies(bins: &[Complex32], edges: &[usize], mut each: impl FnMut(f64)) {
    let length = 2.0 * bins.len().max(1) as f64;
    for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
        let band = bins.get(*from..*to).unwrap_or_default();
        let square = |bin: &Complex32| {
            f64::from(bin.re) * f64::from(bin.re) + f64::from(bin.im) * f64::from(bin.im)
        };
        let energy = 2.0 * band.iter().map(square).sum::<f64>() / (length * length);
        each(ln(energy + FLOOR) / core::f64::consts::LN_10);
    }
}
