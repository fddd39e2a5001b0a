//! Normal data that was looked through goes in; its windows come out, as often as they are asked
//! for, and in the end a finished model.
//!
//! This is what a trainer of its own works with: windows cut, normalised and put into folds just
//! as `detect` will see them, and the same score, threshold, profile and golden sample for every
//! kind of model.

use std::borrow::Cow;
#[cfg(feature = "pictures")]
use std::path::PathBuf;

use super::data::Data;
use super::draft::{Draft, window_for};
use super::error::FitError;
use super::finish::{Fitted, finish};
use super::fold::{Example, FOLD_WINDOWS, FOLDS, FoldPart, Holes};
use super::judge;
use super::normal::{NormalData, enough};
use super::options::FitOptions;
use super::paired;
#[cfg(feature = "pictures")]
use super::pictures::{self, Album};
use super::raw::RawWindows;
use super::reconstructor::{FoldJudge, Models, Reconstructor};
use super::scatter::linear_judges;
use super::states::off_and_on;
use super::survey::{Selection, Survey, averaged, survey, survey_features};
use super::wide::is_signal;
use super::words;
use crate::model::{Bundle, Model};
#[cfg(feature = "pictures")]
use crate::picture;
use oddity_core::profile::{Channel, HeadSpec, Layout, Profile};
use oddity_core::score::Scorer;
use oddity_core::types::Reconstruction;
use oddity_core::window::WindowShape;

/// What rows of sensors are like, and how windows of them will lie: `[time, channels]`, or
/// `[channels]` where one has one row.
pub(super) fn look_through<'a>(
    data: &'a Data,
    options: &FitOptions,
) -> Result<(Cow<'a, Data>, Survey, Draft), FitError> {
    options.check_reconstructs()?;
    let (data, mut survey) = match data.features {
        Some(_) => survey_features(data, options, Selection::Sensors)?,
        None => (Cow::Borrowed(data), survey(data, options, Selection::Sensors)?),
    };
    let window = match options.window {
        Some(window) => window,
        None => {
            let features = data.features.as_ref();
            let is_signal = features.is_none() && is_signal(&data, &survey)?;
            if is_signal {
                // A point at which all signals are alike is no sensor.
                survey.forget_constants();
                survey.say(format!(
                    "{} columns that go on smoothly, or are called like parts of a spectrum: each row is \
                     taken for a signal of its own; if they are sensors, say --window 10",
                    survey.channels.len()
                ));
            }
            window_for(survey.channels.len(), features, is_signal)
        }
    };
    if window > 1 && options.when.is_none() {
        let off_and_on = off_and_on(&data, &survey)?;
        off_and_on.into_iter().for_each(|words| survey.say(words));
    }
    let layout = if window == 1 { Layout::Features } else { Layout::TimeChannels };
    let mut draft = Draft::new(options, (&survey, data.features), window, layout, true);
    if options.average.is_none() && options.window.is_none() && data.features.is_none() {
        draft.average = averaged(&data, &survey, window)?;
        draft.average_for(&data, &survey)?;
    }
    Ok((data, survey, draft))
}

/// What a model with its profile says of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowScore {
    /// Before smoothing.
    pub score: f64,
    /// Smoothed score over threshold.
    pub ratio: f64,
    /// Whether a label says that a row of it is not normal.
    pub odd: bool,
}

/// Normal data, looked through: its channels, its windows, and what the profile will say.
pub struct Prepared<'a> {
    pub(super) survey: Survey,
    pub(super) draft: Draft,
    pub(super) windows: NormalData<'a>,
    count: u64,
    holes: Holes,
}

impl Prepared<'static> {
    /// Windows as a model with this profile takes them, cut and normalised. What `options` leave open is
    /// as in the profile.
    ///
    /// # Errors
    /// When there are too few.
    pub fn raw(
        mut windows: RawWindows,
        profile: &Profile,
        options: &FitOptions,
    ) -> Result<Self, FitError> {
        let count = windows.windows().len() as u64;
        let needed = FOLD_WINDOWS * FOLDS as u64;
        if count < needed {
            return Err(FitError::TooFewWindows { windows: count, needed });
        }
        let draft = Draft::of_profile(profile, options);
        windows.smooth = draft.smooth();
        let survey = Survey {
            unprecedented: profile.unprecedented.clone(),
            ..Survey::of_windows(count, windows.sha256())
        };
        let (windows, holes) = (NormalData::Raw(windows), Holes::default());
        Ok(Self { survey, draft, windows, count, holes })
    }
}

#[cfg(feature = "pictures")]
impl Prepared<'static> {
    /// Looks through pictures, all of them normal, of files and folders; windows have the layout
    /// `[planes, height, width]`, unless `options` have the planes last, values from 0 to 1. What `size` leaves open is as in the first
    /// picture, and all others must be like it.
    ///
    /// # Errors
    /// When a picture cannot be read, there are too few, or `options` ask for what only rows have.
    pub fn pictures(
        paths: &[PathBuf],
        size: picture::PictureOptions,
        options: &FitOptions,
    ) -> Result<Self, FitError> {
        options.check_reconstructs()?;
        Self::pictures_for(paths, size, options, None)
    }

    /// For a model that was trained with the normalisation of a profile.
    pub(super) fn pictures_for(
        paths: &[PathBuf],
        size: picture::PictureOptions,
        options: &FitOptions,
        profile: Option<&Profile>,
    ) -> Result<Self, FitError> {
        pictures::check(options)?;
        let (pictures, survey, count) = pictures::look_through(paths, size)?;
        let layout = options.layout.unwrap_or(Layout::Picture);
        let mut draft = Draft::pictures(options, pictures.shape(), layout);
        if let Some(profile) = profile {
            draft.keep_normalisation(profile);
        }
        let windows = NormalData::Pictures(Album::new(pictures, &draft.channels, layout));
        Ok(Self { survey, draft, windows, count, holes: Holes::default() })
    }
}

impl<'a> Prepared<'a> {
    /// Looks through rows of sensors; windows have the layout `[time, channels]`, or `[channels]`
    /// where one has one row.
    ///
    /// # Errors
    /// When the data cannot be read, is too little, or has no channel that can be watched.
    pub fn rows(data: &'a Data, options: &FitOptions) -> Result<Self, FitError> {
        let (data, survey, draft) = look_through(data, options)?;
        Self::of_rows(data, survey, draft)
    }

    pub(super) fn of_rows(
        data: Cow<'a, Data>,
        survey: Survey,
        draft: Draft,
    ) -> Result<Self, FitError> {
        let column = data.label.as_ref().map(|label| label.column.clone());
        let windows = NormalData::Rows(Box::new(draft.windows(data, &survey)));
        let (counts, holes) = windows.count()?;
        let count = enough(&counts, (draft.window, draft.average), survey.read.rows)
            .map_err(|error| error.because_of(column.as_deref(), survey.odd))
            .map_err(|error| error.explained(words::warnings(&survey, holes)))?;
        Ok(Self { survey, draft, windows, count, holes })
    }

    /// Goes through all windows, in the order of the data.
    ///
    /// # Errors
    /// When the data cannot be read, and those of `each`.
    pub fn each(
        &self,
        mut each: impl FnMut(&Example<'_>) -> Result<(), FitError>,
    ) -> Result<(), FitError> {
        self.windows.each(|example, _| each(example)).map(drop)
    }

    /// What a model with its profile says of all these windows, in the order of the data.
    ///
    /// # Errors
    /// When the data cannot be read, or the model fails.
    pub fn scores(&self, bundle: &Bundle) -> Result<Vec<WindowScore>, FitError> {
        let profile = bundle.profile();
        let (mut session, mut scorer) = (bundle.model().session()?, Scorer::of(profile));
        let mut out = Reconstruction::default();
        let mut scores = Vec::new();
        self.windows.each(|example, smoother| {
            session.run(example.window, 1, &mut out)?;
            if !out.non_finite.is_empty() {
                return Err(FitError::NotFinite);
            }
            let score = scorer.score(example.window, &out.values, &out.latent)?;
            let ratio = smoother.push(score) / profile.threshold.value;
            scores.push(WindowScore { score, ratio, odd: example.part == FoldPart::Odd });
            Ok(())
        })?;
        Ok(scores)
    }

    /// What [`fit`](super::fit()) would learn from these windows without one of the folds, for each of them:
    /// the ONNX files of linear autoencoders with a latent of this width.
    ///
    /// # Errors
    /// When the data cannot be read, or has no components.
    pub fn linear_judges(&self, latent: usize) -> Result<Vec<Vec<u8>>, FitError> {
        let WindowShape { window, channels, .. } = self.shape();
        linear_judges(&self.windows, (window, channels), latent)
    }

    /// What the model's second output says, where it has one.
    pub fn head(&self) -> Option<&HeadSpec> {
        self.draft.head.as_ref()
    }

    /// Whether a column says which rows are not normal.
    pub fn has_labels(&self) -> bool {
        matches!(&self.windows, NormalData::Rows(rows) if rows.data.label.is_some())
    }

    /// The shape of a window.
    pub fn shape(&self) -> WindowShape {
        self.draft.shape()
    }

    /// Rows of data that are averaged to one row of a window.
    pub fn average(&self) -> usize {
        self.draft.average
    }

    /// The order of a window's axes.
    pub fn layout(&self) -> Layout {
        self.draft.layout
    }

    /// Names, units and normalisation, in the order of the channel axis.
    pub fn channels(&self) -> &[Channel] {
        &self.draft.channels
    }

    /// Seconds between rows, where they have times.
    pub fn period_s(&self) -> Option<f64> {
        self.draft.period_s
    }

    /// Rows, or pictures, that were read.
    pub fn rows_read(&self) -> u64 {
        self.survey.read.rows
    }

    /// Windows that lie in one block of the data and are normal: those that are judged.
    pub fn judged(&self) -> u64 {
        self.count
    }

    /// What should be looked at in the data before anything is learned from it. [`Prepared::finish`]
    /// gives these again, with what the finished model adds to them.
    pub fn warnings(&self) -> Vec<String> {
        words::warnings(&self.survey, self.holes)
    }

    /// SHA-256 of what was read, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.survey.read.sha256
    }

    /// Gives a model that was trained on these windows its profile: score and threshold from the
    /// windows of each fold, as its judge reconstructs them.
    ///
    /// # Errors
    /// When the model does not load or does not fit the windows, or gives no threshold.
    pub fn finish(
        &self,
        onnx: &[u8],
        judges: &[FoldJudge; FOLDS],
        head: Option<HeadSpec>,
        summary: Vec<String>,
    ) -> Result<Fitted, FitError> {
        self.finish_loaded((Model::from_bytes(onnx)?, onnx), judges, head, summary)
    }

    /// As [`Prepared::finish`], of a model that was loaded from these bytes.
    ///
    /// # Errors
    /// As [`Prepared::finish`].
    pub fn finish_loaded(
        &self,
        (model, onnx): (Model, &[u8]),
        judges: &[FoldJudge; FOLDS],
        head: Option<HeadSpec>,
        summary: Vec<String>,
    ) -> Result<Fitted, FitError> {
        let kind = self.draft.score;
        let judgement = judge::judge(
            &self.windows,
            &mut Reconstructor::Models(Box::new(Models::trained(&model, judges, kind)?)),
            (kind, self.draft.shape(), model.latent_len().unwrap_or(0)),
            self.draft.judging(),
            self.count,
        )?;
        let mut draft = self.draft.clone();
        draft.head = head;
        finish(draft, (model, onnx), &self.survey, judgement, self.count, summary)
    }

    /// Gives a model that stands for that of `before` its profile, made from this very data, with the
    /// threshold moved by as much as the scores have moved. For models that learned from the data.
    ///
    /// # Errors
    /// When the two do not fit, or give no threshold.
    pub fn finish_in_place(
        &self,
        (model, onnx): (Model, &[u8]),
        before: &Bundle,
    ) -> Result<Bundle, FitError> {
        let profile = paired::moved(&self.windows, before, &model)?;
        Ok(Bundle::new(model, onnx, profile)?)
    }
}
