//! The name of a model file goes in; a model that a child process has loaded within limits comes out,
//! with its profile as a [`Bundle`].

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use oddity::args::AlertArgs;
use oddity::graph::{merge_external, refuse_foreign};
use oddity::model::{
    Bundle, BundleError, Limits, Model, ModelKind, ModelPart, PreparedModel, ReadOptions, file_id,
};
#[cfg(feature = "pictures")]
use oddity::profile::Layout;
use oddity::profile::{KEY, Profile};
use oddity::terminal::printable;

use super::external;
#[cfg(feature = "tract")]
use super::sandbox::{self, Tried};
#[cfg(feature = "tract")]
use super::warning::Warning;

/// A child tries the file out; beside it this process compiles it. Nothing is run here before the child
/// has said yes. Where there can be no child the file is tried here, and only the checks of its graph bound
/// what that takes.
#[cfg(feature = "tract")]
fn loaded(bytes: &[u8], part: ModelPart, options: &ReadOptions) -> anyhow::Result<Model> {
    let trial = sandbox::start(bytes, part, options)?;
    let prepared = PreparedModel::read(bytes, part, options);
    Ok(match trial.end()? {
        Tried::Passed => prepared?.trusted()?,
        Tried::NotTried(why) => {
            Warning::NoChild(&why).say();
            prepared?.tried()?
        }
    })
}

/// Without tract only code whose memory and time are bounded works on a file: no child is needed.
#[cfg(not(feature = "tract"))]
fn loaded(bytes: &[u8], part: ModelPart, options: &ReadOptions) -> anyhow::Result<Model> {
    Ok(PreparedModel::read(bytes, part, options)?.tried()?)
}

/// A model file as it is, with a profile or without; its golden sample is not checked yet.
pub(super) struct ModelFile {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) model: Model,
}

impl ModelFile {
    pub(super) fn open(path: &Path, options: &ReadOptions) -> anyhow::Result<Self> {
        Self::load(path, ModelPart::Whole, options)
    }

    /// What gives a latent: an autoencoder, or an encoder alone.
    pub(super) fn open_encoder(path: &Path, options: &ReadOptions) -> anyhow::Result<Self> {
        Self::load(path, ModelPart::Encoder, options)
    }

    /// The decoder alone.
    #[cfg(feature = "generate")]
    pub(super) fn open_decoder(path: &Path, options: &ReadOptions) -> anyhow::Result<Self> {
        Self::load(path, ModelPart::Decoder, options)
    }

    fn load(path: &Path, part: ModelPart, options: &ReadOptions) -> anyhow::Result<Self> {
        let show = || named(path);
        let bytes = read(path, options.limits).with_context(show)?;
        let model = loaded(&bytes, part, options).with_context(show)?;
        Ok(Self { path: path.to_path_buf(), bytes, model })
    }

    /// Refuses a model that gives a score where a reconstruction is wanted.
    pub(super) fn must_reconstruct(&self) -> anyhow::Result<()> {
        let operators = &self.model.description().operators;
        let trees = operators.iter().any(|count| count.operator.starts_with("TreeEnsemble"));
        anyhow::ensure!(
            self.model.kind() != ModelKind::Score,
            "model {} {}gives a score, not a reconstruction: its output `{}` is one number for a window; \
             `oddity detect` judges by it",
            self.path.display(),
            if trees { "is an ensemble of trees, which " } else { "" },
            printable(self.model.output_name())
        );
        Ok(())
    }

    /// Tells this file from others.
    pub(super) fn id(&self) -> String {
        file_id(&self.bytes)
    }

    /// The profile, where it has one.
    pub(super) fn profile(&self) -> anyhow::Result<Option<Profile>> {
        self.model.profile().with_context(|| named(&self.path))
    }

    /// With its profile, without which nothing can be detected.
    pub(super) fn bundle(self) -> anyhow::Result<Bundle> {
        let Self { path, bytes, model } = self;
        Bundle::of(model, bytes).map_err(|error| match error {
            BundleError::NoProfile => anyhow::anyhow!(
                "model {} has no profile: run `oddity calibrate {0} NORMAL_DATA -o {0}` first",
                path.display()
            ),
            error => anyhow::Error::from(error).context(named(&path)),
        })
    }

    /// Whether [`ModelFile::fed`] will say pictures.
    pub(super) fn takes_pictures(&self) -> anyhow::Result<bool> {
        Ok(match self.profile()? {
            Some(profile) => profile.layout.is_picture(),
            None => self.model.picture_shape().is_some(),
        })
    }

    /// Refuses another `--sample` than that by which a profile was made.
    pub(super) fn keeps_its_samples(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.model.metadata(KEY).is_none() || self.model.read_options().sampling.is_none(),
            "model {} has a profile, whose threshold goes with the samples it was made with: leave out \
             --sample, or renew it with `oddity calibrate --sample`",
            self.path.display()
        );
        Ok(())
    }

    /// Sorts it by what it is fed with. A model without a profile takes pictures if its input has their
    /// axes; of rows nothing is known without one.
    pub(super) fn fed(self) -> anyhow::Result<Fed> {
        if self.model.metadata(KEY).is_none() && self.model.picture_shape().is_some() {
            let id = self.id();
            return Ok(Fed::Pictures(PictureModel::Bare { model: self.model, id }));
        }
        self.keeps_its_samples()?;
        let bundle = self.bundle()?;
        Ok(match bundle.profile().layout.is_picture() {
            true => Fed::Pictures(PictureModel::Bundle(Box::new(bundle))),
            false => Fed::Rows(Box::new(bundle)),
        })
    }
}

/// What a model is fed with.
pub(super) enum Fed {
    /// Rows of a stream.
    Rows(Box<Bundle>),
    /// Pictures, with a profile or without.
    Pictures(PictureModel),
}

/// A model of pictures.
#[cfg_attr(not(feature = "pictures"), expect(dead_code, reason = "refused in this build"))]
pub(super) enum PictureModel {
    /// With its profile.
    Bundle(Box<Bundle>),
    /// An external one as it is.
    Bare { model: Model, id: String },
}

#[cfg(feature = "pictures")]
impl PictureModel {
    pub(super) fn model(&self) -> &Model {
        match self {
            Self::Bundle(bundle) => bundle.model(),
            Self::Bare { model, .. } => model,
        }
    }

    pub(super) fn profile(&self) -> Option<&Profile> {
        match self {
            Self::Bundle(bundle) => Some(bundle.profile()),
            Self::Bare { .. } => None,
        }
    }

    /// Where in a window the planes are.
    pub(super) fn layout(&self) -> Layout {
        let layout = match self {
            Self::Bundle(bundle) => Some(bundle.profile().layout),
            Self::Bare { model, .. } => model.picture_layout(),
        };
        layout.unwrap_or(Layout::Picture)
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Self::Bundle(bundle) => bundle.id(),
            Self::Bare { id, .. } => id,
        }
    }
}

/// With alerts as the command line asks for them.
pub(super) fn with_alert(bundle: Bundle, alert: &AlertArgs) -> anyhow::Result<Bundle> {
    let alert = alert.over(bundle.profile().alert)?;
    Ok(bundle.with_alert(alert)?)
}

/// The names of the channels, by index.
pub(super) fn channel_names(profile: &Profile) -> Vec<String> {
    profile.channels.iter().map(|channel| channel.name.clone()).collect()
}

/// The units of the channels, by index; empty where one is not known.
pub(super) fn units(profile: &Profile) -> Vec<String> {
    profile.channels.iter().map(|channel| channel.unit.clone().unwrap_or_default()).collect()
}

/// The names of what events speak of, by index: channels, then what is read besides.
pub(super) fn names(profile: &Profile) -> Vec<String> {
    let besides = profile.besides().into_iter().map(str::to_owned);
    channel_names(profile).into_iter().chain(besides).collect()
}

/// How errors call it.
fn named(path: &Path) -> String {
    format!("model {}", path.display())
}

/// The model with all its data, wherever they lie. A little more than is allowed is enough to see that
/// it is too much.
fn read(path: &Path, limits: Limits) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    file.take(limits.file_bytes() + 1).read_to_end(&mut bytes)?;
    refuse_foreign(&bytes)?;
    limits.check_file(size)?;
    Ok(merge_external(bytes, limits, |part| external::read_part(path, part))?)
}
