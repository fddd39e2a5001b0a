//! The profile: all that detection needs besides the network, as one versioned JSON document.
//!
//! JSON text goes in, a checked [`Profile`] comes out, and back. It rides in the ONNX file's
//! `metadata_props` under [`KEY`]. These are plain data shared by every room; the rooms that act
//! on them hold the rules.

mod check;
mod document;
mod drift;
mod feature;
mod input;
mod misread;
mod spec;
mod text;
mod time;
mod unprecedented;
mod when;

pub use check::{MAX_AVERAGE, MAX_CONSTANTS, MAX_STREAM_SCALES, MAX_WINDOW_LEN, ProfileError};
pub use document::{
    Channel, Constant, Feedback, FeedbackKind, Golden, HeadSpec, KEY, Layout, Profile, Provenance,
    SeenRange, Sensitivity, StreamScale, VERSION,
};
pub use drift::{DriftSpec, Usual};
pub use feature::{Feature, feature_of};
pub use input::{InputSpec, NumberSpec, PivotSpec};
pub use misread::SpecError;
pub use spec::{
    AlertSpec, DifferenceSpec, FeatureSpec, Gaussian, MissingSpec, PotFit, ScoreKind, ScoreSpec,
    SmoothSpec, ThresholdRule, ThresholdSpec,
};
pub use time::{DateOrder, TimeSpec, TimeStyle};
pub use unprecedented::{Extent, Precedent, UnprecedentedSpec};
pub use when::{Comparison, Condition, WhenSpec};

#[cfg(test)]
mod tests;
