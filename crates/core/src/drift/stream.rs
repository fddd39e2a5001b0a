//! The readings and scores of one stream go in; which of them are not as they used to be comes out.

use alloc::vec::Vec;

use super::distance::Way;
use super::watch::{Drift, Drifted};
use crate::event::DriftChange;
use crate::profile::{Profile, StreamScale, Usual};

/// What is watched of one stream. Its memory does not grow.
#[derive(Clone, Debug)]
pub struct StreamDrift {
    /// In the order of the channels; empty where nothing is watched.
    channels: Vec<Option<Drift>>,
    score: Option<Drift>,
    /// The stream's own means and scales, where it has some.
    own: Option<StreamScale>,
    /// Channels of which it was said that they drift, in their order.
    told: Vec<usize>,
}

impl StreamDrift {
    /// Of the stream with this name.
    pub fn new(profile: &Profile, stream: &str) -> Self {
        let mut new = Self {
            channels: Vec::new(),
            score: None,
            own: profile.streams.iter().find(|scale| scale.name == stream).cloned(),
            told: Vec::new(),
        };
        if let Some(spec) = &profile.drift {
            let of = |usual: &Option<Usual>| usual.as_ref().map(|_| Drift::new(spec.rows));
            new.channels = spec.channels.iter().map(of).collect();
            new.told = Vec::with_capacity(profile.channels.len());
            let windows = spec.rows / profile.rows_apart().max(1) as u64;
            new.score = spec.score.as_ref().map(|_| Drift::new(windows));
        }
        new
    }

    /// Bytes that one takes besides itself.
    pub fn bytes(profile: &Profile) -> usize {
        let watched = profile.drift.iter().flat_map(|spec| &spec.channels).count();
        let scales = if profile.streams.is_empty() { 0 } else { 2 * profile.channels.len() };
        watched * (size_of::<Option<Drift>>() + size_of::<usize>()) + scales * size_of::<f64>()
    }

    /// Takes a healthy reading of a channel.
    pub fn reading(
        &mut self,
        profile: &Profile,
        channel: usize,
        reading: f64,
    ) -> Option<DriftChange> {
        let drift = self.channels.get_mut(channel)?.as_mut()?;
        let spec = profile.drift.as_ref()?;
        let usual = spec.channels.get(channel)?.as_ref()?;
        let (own, common) = (self.own.as_ref(), profile.channels.get(channel)?);
        let own = own.and_then(|own| Some((*own.mean.get(channel)?, *own.scale.get(channel)?)));
        let (mean, scale) = own.unwrap_or((common.mean, common.scale));
        let shared = match own {
            Some(_) => (reading - mean) / scale * common.scale + common.mean,
            None => reading,
        };
        if shared.is_nan() || shared.abs() > Usual::MOST {
            return None;
        }
        let found = drift.take(shared, usual, Way::Any)?;
        let back = |value: f64| match own {
            Some(_) => (value - common.mean) / common.scale * scale + mean,
            None => value,
        };
        let Drifted { sets_in, is, distance } = found;
        let (was, is, limit, rows) = (back(usual.mean), back(is), usual.limit, spec.rows);
        Some(DriftChange { sets_in, was, is, distance, limit, rows })
    }

    /// Takes the score of a window, before smoothing.
    pub fn score(&mut self, profile: &Profile, score: f64) -> Option<DriftChange> {
        let spec = profile.drift.as_ref()?;
        let usual = spec.score.as_ref()?;
        let found = self.score.as_mut()?.take(score.min(Usual::MOST), usual, Way::Up)?;
        let Drifted { sets_in, is, distance } = found;
        let (was, limit, rows) = (usual.mean, usual.limit, spec.rows);
        Some(DriftChange { sets_in, was, is, distance, limit, rows })
    }

    /// It was said of a channel that it drifts, or no longer does.
    pub fn tell(&mut self, channel: usize, sets_in: bool) {
        match self.told.binary_search(&channel) {
            Err(place) if sets_in => self.told.insert(place, channel),
            Ok(place) if !sets_in => drop(self.told.remove(place)),
            _ => {}
        }
    }

    /// Channels of which it was said that they drift, in their order.
    pub fn told(&self) -> &[usize] {
        &self.told
    }
}
