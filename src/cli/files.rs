//! The name of a model file goes in; a model that a child process has loaded within limits comes out,
//! with its profile as a [`Bundle`].

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use oddity::args::AlertArgs;
use oddity::detector::Detector;
use oddity::model::{MOST_BYTES, Model};
use oddity::profile::{Layout, Profile};
use sha2::{Digest, Sha256};

use super::sandbox::{self, ModelPart};

/// A model file as it is, with a profile or without; its golden sample is not checked yet.
pub(super) struct ModelFile {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) model: Model,
    pub(super) profile: Option<Profile>,
    /// First 16 hexadecimal digits of its SHA-256: tells which file an event came from.
    pub(super) id: String,
}

impl ModelFile {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        Self::load(path, ModelPart::Whole)
    }

    /// The decoder alone.
    #[cfg(feature = "generate")]
    pub(super) fn open_decoder(path: &Path) -> anyhow::Result<Self> {
        Self::load(path, ModelPart::Decoder)
    }

    fn load(path: &Path, part: ModelPart) -> anyhow::Result<Self> {
        let show = || named(path);
        let bytes = read(path).with_context(show)?;
        sandbox::check(&bytes, part).with_context(show)?;
        let model = part.load(&bytes).with_context(show)?;
        let profile = Profile::of(&model).with_context(show)?;
        let id = id_of(&bytes);
        Ok(Self { path: path.to_path_buf(), bytes, model, profile, id })
    }

    /// With its profile, without which nothing can be detected.
    pub(super) fn bundle(self) -> anyhow::Result<Bundle> {
        let Self { path, model, profile, id, .. } = self;
        let profile = profile.with_context(|| {
            format!(
                "model {} has no profile: run `oddity calibrate {0} NORMAL_DATA -o {0}` first",
                path.display()
            )
        })?;
        Ok(Bundle { path: Some(path), model, profile, id })
    }

    /// Sorts it by what it is fed with. A model without a profile takes pictures if its input has their
    /// axes; of rows nothing is known without one.
    pub(super) fn fed(self) -> anyhow::Result<Fed> {
        let pictures = match &self.profile {
            Some(profile) => profile.layout == Layout::Picture,
            None => self.model.picture_shape().is_some(),
        };
        Ok(match pictures {
            true => Fed::Pictures(Box::new(self)),
            false => Fed::Rows(Box::new(self.bundle()?)),
        })
    }

    /// Checks that the profile, where there is one, fits the model, and the golden sample on this
    /// machine.
    #[cfg(feature = "pictures")]
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if let Some(profile) = &self.profile {
            detector(&self.model, profile, Some(&self.path))?;
        }
        Ok(())
    }
}

/// What a model is fed with.
pub(super) enum Fed {
    /// Rows of a stream.
    Rows(Box<Bundle>),
    /// Pictures, with a profile or without.
    Pictures(Box<ModelFile>),
}

/// A model with its profile and the id of its file: all that judges a stream.
pub(super) struct Bundle {
    /// Where it came from, for errors; none where it was fitted on the spot.
    path: Option<PathBuf>,
    model: Model,
    profile: Profile,
    id: String,
}

impl Bundle {
    /// One that this program has made itself.
    #[cfg(feature = "learn")]
    pub(super) fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        let model = Model::from_bytes(bytes)?;
        let profile = Profile::of(&model)?.context("the model has no profile")?;
        Ok(Self { path: None, model, profile, id: id_of(bytes) })
    }

    /// With alerts as the command line asks for them.
    pub(super) fn with_alert(mut self, alert: &AlertArgs) -> anyhow::Result<Self> {
        self.profile.alert = alert.over(self.profile.alert)?;
        Ok(self)
    }

    pub(super) fn model(&self) -> &Model {
        &self.model
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The names of the channels, by index.
    pub(super) fn channel_names(&self) -> Vec<String> {
        self.profile.channels.iter().map(|channel| channel.name.clone()).collect()
    }

    /// Checks that profile and model fit, and the golden sample on this machine, on the way.
    pub(super) fn detector(&self) -> anyhow::Result<Detector> {
        detector(&self.model, &self.profile, self.path.as_deref())
    }
}

fn detector(model: &Model, profile: &Profile, path: Option<&Path>) -> anyhow::Result<Detector> {
    let detector = Detector::new(model, profile);
    match path {
        Some(path) => detector.with_context(|| named(path)),
        None => Ok(detector?),
    }
}

/// How errors call it.
fn named(path: &Path) -> String {
    format!("model {}", path.display())
}

fn id_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A little more than is allowed is enough to see that it is too much.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
