//! A model with its profile, as one file: bytes go in, what detection needs comes out, checked; and
//! back.
//!
//! The golden sample is run on this very CPU before a [`Bundle`] exists, so whoever has one need not
//! check again.

mod error;
mod golden;

use sha2::{Digest, Sha256};

use super::network::Model;
use crate::graph::{
    Graph, ModelError, ModelKind, ModelPart, ReadOptions, SAMPLE_KEY, Sampling, write,
};
use oddity_core::profile::{AlertSpec, HeadSpec, KEY, Profile, ProfileError};

pub use error::BundleError;

/// Bytes of a hash that tell one file from another.
const ID_BYTES: usize = 8;

/// A model, its profile, and the name of the file's content. Its golden sample has passed here.
///
/// ```
/// use oddity::model::Bundle;
///
/// let bundle = Bundle::from_bytes(std::fs::read("models/pump.onnx")?)?;
/// assert_eq!(bundle.id().len(), 16);
/// assert_eq!(bundle.profile().window_len(), bundle.model().window_len());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bundle {
    model: Model,
    profile: Profile,
    onnx: Vec<u8>,
    id: String,
}

impl Bundle {
    /// Loads a file that holds both.
    ///
    /// # Errors
    /// When the model does not load, has no profile, or the two do not fit; and when the golden sample
    /// gives other numbers than where it was recorded.
    pub fn from_bytes(onnx: impl Into<Vec<u8>>) -> Result<Self, BundleError> {
        Self::from_bytes_with(onnx, &ReadOptions::default())
    }

    /// The same, read as `options` say.
    ///
    /// # Errors
    /// As [`Bundle::from_bytes`].
    pub fn from_bytes_with(
        onnx: impl Into<Vec<u8>>,
        options: &ReadOptions,
    ) -> Result<Self, BundleError> {
        let onnx = onnx.into();
        Self::of(Model::part_from_bytes(&onnx, ModelPart::Whole, options)?, onnx)
    }

    /// The same of a model that was loaded from these bytes.
    ///
    /// # Errors
    /// As [`Bundle::from_bytes`].
    pub fn of(model: Model, onnx: Vec<u8>) -> Result<Self, BundleError> {
        let profile = model.profile()?.ok_or(BundleError::NoProfile)?;
        Self::checked(model, profile, onnx)
    }

    /// Puts a profile into the file that `model` was loaded from, in place of one that is there; and
    /// what was decided when it was read: the length of free axes, and what stands for samples. What is
    /// made is read again before it is given out.
    ///
    /// # Errors
    /// As [`Bundle::from_bytes`], and when the profile is not consistent.
    pub fn new(model: Model, onnx: &[u8], profile: Profile) -> Result<Self, BundleError> {
        let onnx = write::with_metadata(onnx, KEY, profile.to_json()?)?;
        let onnx = as_it_was_read(&model, onnx)?;
        let read = Graph::from_bytes_with(&onnx, model.read_options())?;
        let profile = Profile::from_json(read.metadata(KEY).unwrap_or_default())?;
        Self::checked(model, profile, onnx)
    }

    fn checked(model: Model, profile: Profile, onnx: Vec<u8>) -> Result<Self, BundleError> {
        let described = (profile.window, profile.channels.len());
        if model.rows_and_channels(profile.layout) != Some(described) {
            return Err(BundleError::Shape {
                rows: described.0,
                channels: described.1,
                layout: profile.layout,
                model: model.window_shape().to_vec(),
            });
        }
        let score = profile.score.kind();
        match model.kind() {
            ModelKind::Score if !score.is_of_model() => {
                return Err(BundleError::Kind { score, what: "a score" });
            }
            ModelKind::Score => {}
            _ if score.is_of_model() => {
                return Err(BundleError::Kind { score, what: "a reconstruction" });
            }
            _ => {}
        }
        let found = model.head_len().unwrap_or(0);
        if let Some(expected) = profile.head.as_ref().map(HeadSpec::width)
            && expected != found
        {
            return Err(BundleError::Head { expected, found });
        }
        golden::check(&mut model.session()?, &profile)?;
        let id = file_id(&onnx);
        Ok(Self { model, profile, onnx, id })
    }

    /// The same, with other rules for alerts; the file stays as it is.
    ///
    /// # Errors
    /// When the numbers do not go together.
    pub fn with_alert(mut self, alert: AlertSpec) -> Result<Self, ProfileError> {
        alert.check()?;
        self.profile.alert = alert;
        Ok(self)
    }

    /// The same, for which nothing is unprecedented; the file stays as it is.
    #[must_use]
    pub fn without_unprecedented(mut self) -> Self {
        self.profile.unprecedented = None;
        self
    }

    /// The same, of which nothing drifts; the file stays as it is.
    #[must_use]
    pub fn without_drift(mut self) -> Self {
        self.profile.drift = None;
        self
    }

    /// The same, judged whatever its conditions say; the file stays as it is.
    pub fn always_judged(mut self) -> Self {
        self.profile.when = None;
        self
    }

    /// The file.
    pub fn to_bytes(&self) -> &[u8] {
        &self.onnx
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// First 16 hexadecimal digits of the file's SHA-256: tells which file an event came from.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// First 16 hexadecimal digits of the SHA-256 of a model's file.
pub fn file_id(onnx: &[u8]) -> String {
    Sha256::digest(onnx).iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// The file with what was decided of `model` when it was read, so that it reads the same by itself.
fn as_it_was_read(model: &Model, mut onnx: Vec<u8>) -> Result<Vec<u8>, ModelError> {
    if !model.free_axes().is_empty() {
        onnx = write::with_fixed_axes(&onnx, model.input_name(), model.window_axes())?;
    }
    Ok(match model.read_options().sampling {
        Some(Sampling::Seed(seed)) => write::with_metadata(&onnx, SAMPLE_KEY, seed.to_string())?,
        Some(Sampling::Mean) => write::without_metadata(&onnx, SAMPLE_KEY)?,
        None => onnx,
    })
}
