//! An ONNX file and a profile go in; the same file with the profile in its `metadata_props`
//! comes out. The graph is not touched.

use super::network::Model;
use crate::graph::{ModelError, write};
use crate::profile::{KEY, Profile, ProfileError};

/// Puts the profile into the file, in place of one that is there.
///
/// # Errors
/// When the bytes are no ONNX file, or the profile is not consistent.
pub fn embed(onnx: &[u8], profile: &Profile) -> Result<Vec<u8>, EmbedError> {
    let file = write::with_metadata(onnx, KEY, profile.to_json()?)?;
    Ok(file)
}

/// Why a profile cannot be put into a file.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The file.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl Profile {
    /// The profile in a model's file; `None` where it has none.
    ///
    /// # Errors
    /// When there is one, and it is not consistent.
    pub fn of(model: &Model) -> Result<Option<Self>, ProfileError> {
        model.metadata(KEY).map(Self::from_json).transpose()
    }
}
