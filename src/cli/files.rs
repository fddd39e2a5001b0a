//! Model files: read with a limit, and loaded by a child process first.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use oddity::model::{MOST_BYTES, Model, ModelError};
use oddity::profile::Profile;
use sha2::{Digest, Sha256};

use super::sandbox;

/// A model file that was read, and that a child process has loaded within limits.
pub(super) struct ModelFile {
    pub(super) bytes: Vec<u8>,
    pub(super) model: Model,
    /// First 16 hexadecimal digits of its SHA-256: tells which file an event came from.
    pub(super) id: String,
}

impl ModelFile {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        Self::load(path, Part::Whole)
    }

    /// The decoder alone.
    #[cfg(feature = "generate")]
    pub(super) fn open_decoder(path: &Path) -> anyhow::Result<Self> {
        Self::load(path, Part::Decoder)
    }

    fn load(path: &Path, part: Part) -> anyhow::Result<Self> {
        let show = || format!("model {}", path.display());
        let bytes = read(path).with_context(show)?;
        sandbox::check(&bytes, part).with_context(show)?;
        let model = part.load(&bytes).with_context(show)?;
        let id = Sha256::digest(&bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, model, id })
    }
}

/// What of a file is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Decoder,
}

impl Part {
    pub(super) fn load(self, bytes: &[u8]) -> Result<Model, ModelError> {
        match self {
            Part::Whole => Model::from_bytes(bytes),
            Part::Decoder => Model::decoder_from_bytes(bytes),
        }
    }
}

impl ModelFile {
    /// The profile, without which nothing can be detected.
    pub(super) fn profile(&self, path: &Path) -> anyhow::Result<Profile> {
        let profile =
            Profile::of(&self.model).with_context(|| format!("model {}", path.display()))?;
        profile.with_context(|| {
            format!(
                "model {} has no profile: run `oddity calibrate {0} NORMAL_DATA -o {0}` first",
                path.display()
            )
        })
    }
}

/// A little more than is allowed is enough to see that it is too much.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
