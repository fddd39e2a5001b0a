//! Rows of one stream go in, features of each frame come out.

use alloc::vec;
use alloc::vec::Vec;

use super::moments::Moments;
use super::spectrum::Spectrum;
use crate::profile::{Feature, FeatureSpec};
use crate::types::{Sample, Time};

/// Of so many readings of a frame one may be missing: it is held. With more the channel's features are missing.
const HELD: usize = 64;
/// Periods from one row to the next, forth or back, after which a frame begins anew. Less is jitter.
const GAP: f64 = 3.0;

/// A feature that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Place of the raw channel in a row.
    pub channel: usize,
    /// What of it.
    pub feature: Feature,
}

/// Makes features of the frames of one stream.
#[derive(Clone, Debug)]
pub struct Extractor {
    spec: FeatureSpec,
    /// Longest step in time within a frame, in nanoseconds.
    longest_step: Option<i64>,
    channels: Vec<RawChannel>,
    /// Rows since the beginning or the last gap.
    rows: u64,
    last: Option<Time>,
    spectrum: Spectrum,
    scratch: Vec<f32>,
    /// Features of the newest frame, in the order in which they were asked for.
    out: Vec<f64>,
}

/// A raw channel of which something is asked for.
#[derive(Clone, Debug)]
struct RawChannel {
    /// Place in a row.
    at: usize,
    /// Its last readings, the one of row `n` at `n` modulo their number.
    ring: Vec<f64>,
    /// What of it, and where that goes.
    wanted: Vec<(Feature, usize)>,
}

impl Extractor {
    /// For a stream of which nothing was seen; `spec` as a profile has it that was checked.
    pub fn new(spec: &FeatureSpec, wanted: &[Wanted]) -> Self {
        let mut channels: Vec<RawChannel> = Vec::new();
        for (place, &Wanted { channel, feature }) in wanted.iter().enumerate() {
            match channels.iter_mut().find(|known| known.at == channel) {
                Some(known) => known.wanted.push((feature, place)),
                None => channels.push(RawChannel {
                    at: channel,
                    ring: vec![f64::NAN; spec.frame],
                    wanted: vec![(feature, place)],
                }),
            }
        }
        Self {
            spec: *spec,
            longest_step: spec.period_s.map(|s| (GAP * s * Time::SECOND as f64) as i64),
            channels,
            rows: 0,
            last: None,
            spectrum: Spectrum::new(spec.frame, spec.bands, spec.envelope),
            scratch: vec![0.0; spec.frame],
            out: vec![f64::NAN; wanted.len()],
        }
    }

    /// Bytes that one takes, of so many raw channels and features.
    pub fn bytes(spec: &FeatureSpec, channels: usize, wanted: usize) -> usize {
        // A ring for each channel; the frame, two windows, and scratch for two transforms.
        let frame = spec.frame * (8 * channels + 24);
        frame + wanted * (8 + size_of::<(Feature, usize)>()) + size_of::<Self>()
    }

    /// Takes one row of raw readings. Returns the features of the frame that it completes, in the order in
    /// which they were asked for; NaN where too many readings of it are missing.
    pub fn push(&mut self, sample: &Sample<'_>) -> Option<&[f64]> {
        if let (Some(last), Some(time), Some(longest)) = (self.last, sample.time, self.longest_step)
            && time.0.saturating_sub(last.0).saturating_abs() > longest
        {
            self.rows = 0;
        }
        self.last = sample.time;
        let frame = self.spec.frame as u64;
        // Of what is below the length of a frame nothing is cut.
        let at = (self.rows % frame) as usize;
        for channel in &mut self.channels {
            if let Some(place) = channel.ring.get_mut(at) {
                *place = sample.values.get(channel.at).copied().unwrap_or(f64::NAN);
            }
        }
        self.rows += 1;
        let beyond = self.rows.checked_sub(frame)?;
        if beyond % self.spec.hop as u64 != 0 {
            return None;
        }
        let oldest = (self.rows % frame) as usize;
        for channel in &self.channels {
            let moving = unroll(&channel.ring, oldest, &mut self.scratch);
            channel.features(moving, &self.scratch, &mut self.spectrum, &mut self.out);
        }
        Some(&self.out)
    }
}

impl RawChannel {
    /// Puts the features of `frame` where they belong; NaN where it is not whole.
    fn features(&self, whole: bool, frame: &[f32], spectrum: &mut Spectrum, out: &mut [f64]) {
        let mut put = |of: Feature, value: f64| {
            for &(feature, place) in &self.wanted {
                if let (true, Some(out)) = (feature == of, out.get_mut(place)) {
                    *out = if whole { value } else { f64::NAN };
                }
            }
        };
        let Moments { rms, crest, kurtosis } = Moments::of(frame);
        put(Feature::Rms, rms);
        put(Feature::Crest, crest);
        put(Feature::Kurtosis, kurtosis);
        let mut band = 0;
        spectrum.bands(frame, |energy| {
            band += 1;
            put(Feature::Band(band), energy);
        });
        band = 0;
        spectrum.envelope(frame, |energy| {
            band += 1;
            put(Feature::Envelope(band), energy);
        });
    }
}

/// Puts the readings of a ring in order, the oldest first, holds those that are missing, and takes the mean
/// off. Whether there are enough of them; if not, `out` is all zeros.
fn unroll(ring: &[f64], oldest: usize, out: &mut [f32]) -> bool {
    let (newer, older) = ring.split_at(oldest.min(ring.len()));
    let in_order = || older.iter().chain(newer).copied();
    let (mut sum, mut present) = (0.0, 0usize);
    for value in in_order().filter(|value| value.is_finite()) {
        sum += value;
        present += 1;
    }
    if (ring.len() - present) * HELD > ring.len() {
        out.fill(0.0);
        return false;
    }
    let mean = sum / present as f64;
    // One that is missing at the beginning is the mean.
    let mut held = 0.0;
    for (out, value) in out.iter_mut().zip(in_order()) {
        if value.is_finite() {
            held = value - mean;
        }
        *out = held as f32;
    }
    true
}
