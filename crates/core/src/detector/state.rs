//! What is kept of one stream: its intake, its smoothed score, its alert, its constants,
//! what was seen of its channels, and whether they are as they used to be.

use alloc::vec;
use alloc::vec::Vec;

use crate::alert::Alert;
use crate::constant::ConstantWatch;
use crate::drift::StreamDrift;
use crate::ongoing::Ongoing;
use crate::profile::Profile;
use crate::running::Running;
use crate::smooth::Smoother;
use crate::types::Sample;
use crate::unprecedented::{Watch, watches};
use crate::window::{Intake, IntakeSpec};

/// The state of one stream.
#[derive(Debug)]
pub(super) struct StreamState {
    pub(super) intake: Intake,
    pub(super) smoother: Smoother,
    pub(super) alert: Alert,
    /// What is said while an alert is raised.
    pub(super) ongoing: Ongoing,
    /// In the order of the profile's.
    pub(super) constants: Vec<ConstantWatch>,
    /// Whether rows are judged.
    pub(super) running: Running,
    /// In the order of the channels; empty where nothing is unprecedented.
    pub(super) unprecedented: Vec<Option<Watch>>,
    pub(super) drift: StreamDrift,
    rows: u64,
}

impl StreamState {
    pub(super) fn new(spec: &IntakeSpec, profile: &Profile, stream: &str) -> Self {
        Self {
            intake: Intake::of(spec, stream),
            smoother: Smoother::new(profile.smooth),
            alert: Alert::new(profile.alert),
            ongoing: Ongoing::new(profile.channels.len(), profile.average),
            constants: vec![ConstantWatch::default(); profile.constants.len()],
            running: Running::default(),
            unprecedented: watches(profile.unprecedented.as_ref(), profile.period_s),
            drift: StreamDrift::new(profile, stream),
            rows: 0,
        }
    }

    /// Counts a row. Gives the seconds on the stream's own clock: the time of the row, or rows times
    /// the sample period (taken as one second where nothing tells it).
    pub(super) fn count(&mut self, sample: &Sample<'_>, period_s: Option<f64>) -> f64 {
        self.rows += 1;
        match sample.time {
            Some(time) => time.0 as f64 / 1e9,
            None => self.rows as f64 * period_s.unwrap_or(1.0),
        }
    }
}
