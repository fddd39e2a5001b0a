//! A model that is ready to run, as a caller sees it: its axes, its parts, what it says of itself.
//!
//! Nothing is loaded or run here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::describe::Description;
use super::engine::Engine;
use crate::graph::{GraphOutputs, ModelKind, ReadOptions, planes_last};
use oddity_core::profile::{KEY, Layout, Profile, ProfileError};

/// A model that is ready to run: an autoencoder, one that gives a score, or a part. Cheap to clone;
/// clones share all weights.
///
/// ```
/// use oddity::model::Model;
/// use oddity::types::Reconstruction;
///
/// let model = Model::from_bytes(&std::fs::read("models/pump.onnx")?)?;
/// let windows = vec![0.5; 2 * model.window_len()];
/// let mut answers = Reconstruction::default();
/// model.session()?.run(&windows, 2, &mut answers)?;
/// assert_eq!(answers.values.len(), windows.len());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Model(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    /// The input's axes after the first.
    pub window: Vec<usize>,
    /// Which of them the file leaves free.
    pub free: Vec<usize>,
    pub input_name: String,
    /// What the engine gives, in this order.
    pub kind: ModelKind,
    pub outputs: GraphOutputs,
    pub scores_are_lower: bool,
    pub variational: bool,
    pub whole: bool,
    /// Windows that one run takes: a fixed batch that the file asks for, else 1.
    pub batch: usize,
    pub engine: Engine,
    pub metadata: BTreeMap<String, String>,
    pub description: Description,
    /// How the file was read.
    pub options: ReadOptions,
}

impl Model {
    /// The input's axes after the first (N): `[features]`, two axes, or the three of a picture. A
    /// single plane (`[N, 1, rows, columns]` or `[N, rows, columns, 1]`) counts as its two axes.
    pub fn window_shape(&self) -> &[usize] {
        match self.0.window.as_slice() {
            [1, plane @ ..] | [plane @ .., 1] if plane.len() == 2 => plane,
            axes => axes,
        }
    }

    /// Values in a window.
    pub fn window_len(&self) -> usize {
        self.0.window.iter().product()
    }

    /// Name of the input.
    pub(super) fn input_name(&self) -> &str {
        &self.0.input_name
    }

    /// The input's axes after the first, all of them.
    pub(super) fn window_axes(&self) -> &[usize] {
        &self.0.window
    }

    /// Which of the axes after the first the file leaves free: their lengths were given when it was read.
    pub fn free_axes(&self) -> &[usize] {
        &self.0.free
    }

    /// Where time is, if the file leaves one axis free: that one is it.
    pub fn free_layout(&self) -> Option<Layout> {
        let &[free] = self.0.free.as_slice() else { return None };
        // A single plane counts as its two axes.
        let before = usize::from(matches!(self.0.window.as_slice(), [1, _, _]));
        match (self.window_shape().len(), free.checked_sub(before)?) {
            (1 | 2, 0) => Some(Layout::TimeChannels),
            (2, 1) => Some(Layout::ChannelsTime),
            _ => None,
        }
    }

    /// Planes, height and width, where windows are pictures: three axes, of one plane also. The order is
    /// that of [`Model::picture_layout`].
    pub fn picture_shape(&self) -> Option<(usize, usize, usize)> {
        self.picture_shape_as(self.picture_layout()?)
    }

    /// The same of windows of this layout; a profile knows which.
    pub fn picture_shape_as(&self, layout: Layout) -> Option<(usize, usize, usize)> {
        match (self.0.window.as_slice(), layout) {
            (&[planes, height, width], Layout::Picture)
            | (&[height, width, planes], Layout::PicturePlanesLast) => {
                Some((planes, height, width))
            }
            _ => None,
        }
    }

    /// Where the planes of pictures are, by the axes alone: last where the last axis is one of 1, 3 and
    /// 4 and the first is not, else first. `None` where windows have not three axes.
    pub fn picture_layout(&self) -> Option<Layout> {
        picture_layout(&self.0.window)
    }

    /// What it makes of a window.
    pub fn kind(&self) -> ModelKind {
        self.0.kind
    }

    /// The axes of what it makes of a window, after the first: of an autoencoder those of the input.
    pub fn output_shape(&self) -> &[usize] {
        &self.0.outputs.values.axes
    }

    /// Values in what it makes of a window: 1 of a model that gives a score.
    pub fn output_len(&self) -> usize {
        self.0.outputs.values.len
    }

    /// Name of the output that holds it.
    pub fn output_name(&self) -> &str {
        &self.0.outputs.values.name
    }

    /// Rows of data and channels of a window, where the model's axes allow this layout.
    pub fn rows_and_channels(&self, layout: Layout) -> Option<(usize, usize)> {
        match (layout, self.window_shape()) {
            (Layout::Features, [features]) => Some((1, *features)),
            // A single channel has no axis of its own.
            (Layout::TimeChannels, [time]) => Some((*time, 1)),
            (Layout::TimeChannels, [time, channels]) | (Layout::ChannelsTime, [channels, time]) => {
                Some((*time, *channels))
            }
            (Layout::Picture | Layout::PicturePlanesLast, _) => {
                let shape = self.picture_shape_as(layout);
                shape.map(|(planes, height, width)| (height * width, planes))
            }
            _ => None,
        }
    }

    /// Whether its score is lower the odder the window, as far as the file tells: skl2onnx writes the
    /// scores of scikit-learn's outlier detectors, which are, beside the `label` that it makes of them.
    pub fn scores_are_lower(&self) -> bool {
        self.0.scores_are_lower
    }

    /// Values in a latent, if the model has an output of that name.
    pub fn latent_len(&self) -> Option<usize> {
        self.0.outputs.latent.as_ref().map(|latent| latent.len)
    }

    /// Values that the head says about a window, if the model has an output `class` (`[N, K]`, a
    /// probability each) or `estimate` (`[N, 1]`).
    pub fn head_len(&self) -> Option<usize> {
        self.0.outputs.head.as_ref().map(|head| head.len)
    }

    /// `class` or `estimate`, if the model has a head.
    pub fn head_name(&self) -> Option<&str> {
        self.0.outputs.head.as_ref().map(|head| head.name.as_str())
    }

    /// Whether the file is a variational autoencoder: it has the outputs `mu` and `logvar`, so that
    /// its latents follow a standard normal distribution.
    pub fn is_variational(&self) -> bool {
        self.0.variational
    }

    /// Whether the file holds all that windows are judged by; if not, it is a decoder, which does not
    /// say how its latents lie, or an encoder, and nothing else.
    pub fn is_whole(&self) -> bool {
        self.0.whole
    }

    /// Windows that one run of the plan takes: a fixed batch that the file asks for, else 1.
    pub fn batch(&self) -> usize {
        self.0.batch
    }

    /// The value under `key` in the file's `metadata_props`.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.0.metadata.get(key).map(String::as_str)
    }

    /// The profile in the file; `None` where it has none.
    ///
    /// # Errors
    /// When there is one, and it is not consistent.
    pub fn profile(&self) -> Result<Option<Profile>, ProfileError> {
        self.metadata(KEY).map(Profile::from_json).transpose()
    }

    /// How the file was read.
    pub fn read_options(&self) -> &ReadOptions {
        &self.0.options
    }

    /// What the file holds, for people and programs.
    pub fn description(&self) -> &Description {
        &self.0.description
    }
}

/// How pictures lie in windows of these axes; see [`Model::picture_layout`].
pub fn picture_layout(axes: &[usize]) -> Option<Layout> {
    match axes {
        &[first, _, last] if planes_last(first, last) => Some(Layout::PicturePlanesLast),
        [_, _, _] => Some(Layout::Picture),
        _ => None,
    }
}
