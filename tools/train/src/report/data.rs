//! What a report is made of. Only data: nothing here draws.

use super::error::ReportError;

/// All that a report shows. Every part but `title` and `verdict` may be empty.
#[derive(Clone, Debug)]
pub struct ReportData {
    /// Name of the model.
    pub title: String,
    /// What came out, in one plain sentence.
    pub verdict: String,
    /// What was trained on what: sections of names and values.
    pub facts: Vec<(String, Vec<(String, String)>)>,
    /// Name of the loss for the axis, with its unit, such as `mean squared error (normalised)`.
    pub loss: String,
    /// Loss by epoch, of the training that was validated and of those that repeat it.
    pub curves: Vec<Curve>,
    /// How a second output did.
    pub head: Option<HeadPlot>,
    /// Scores of held-out windows.
    pub scores: Scores,
    /// What a window is made of.
    pub axes: WindowAxes,
    /// Windows to show, such as the best, the median and the worst.
    pub windows: Vec<ShownWindow>,
    /// Mean squared error of each channel, normalised.
    pub channel_errors: Vec<(String, f64)>,
    /// Where the windows lie in the latent space.
    pub latent: Option<LatentPlot>,
    /// How often the units of a sparse latent are active.
    pub activity: Option<Activity>,
    /// Settings that were tried.
    pub trials: Vec<TrialRow>,
    /// What was checked on the finished file.
    pub checks: Vec<Check>,
    /// What the reader should know before believing the rest.
    pub warnings: Vec<String>,
}

/// The loss of one run.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    /// Such as `fold 2`.
    pub name: String,
    /// Whether it repeats the training that was validated on other windows: drawn thin.
    pub fold: bool,
    /// Training loss after each epoch.
    pub train: Vec<f64>,
    /// Validation loss after each epoch; empty without validation.
    pub validation: Vec<f64>,
    /// Epoch whose weights were kept, from 0.
    pub best: Option<usize>,
}

/// How a second output learned, apart from the autoencoder.
#[derive(Clone, Debug, Default)]
pub struct HeadPlot {
    /// How good it is, and what it is for.
    pub sentences: Vec<String>,
    /// Name of its loss for the axis.
    pub loss: String,
    /// Its loss by epoch.
    pub curves: Vec<Curve>,
}

/// Scores that a threshold is set from.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    /// Name for the axis, such as `score (Mahalanobis distance)`.
    pub name: String,
    /// One for each window.
    pub values: Vec<f64>,
    /// A window above this is anomalous.
    pub threshold: Option<f64>,
    /// They are smoothed over windows, as the threshold's are.
    pub smoothed: bool,
}

/// A row of more columns than this most likely is a spectrum or a signal.
pub(super) const WIDE: usize = 64;

/// What the values of a window stand for.
#[derive(Clone, Debug)]
pub enum WindowAxes {
    /// `[features]`: one row. Of more than 64 a curve is drawn, fewer are a table.
    Features(Vec<ChannelLabel>),
    /// `[time, channels]`.
    Rows {
        /// The sensors.
        channels: Vec<ChannelLabel>,
        /// Seconds from one row to the next, when that is known.
        period_s: Option<f64>,
    },
    /// `[planes, height, width]`, from 0 to 1.
    Picture {
        /// 1 for grey, 3 for colour.
        planes: usize,
        /// Pixels from top to bottom.
        height: usize,
        /// Pixels from left to right.
        width: usize,
    },
}

/// A sensor.
#[derive(Clone, Debug, Default)]
pub struct ChannelLabel {
    /// Its name in the data.
    pub name: String,
    /// Unit of its values.
    pub unit: Option<String>,
}

/// A window and what the model made of it, in the sensors' units.
#[derive(Clone, Debug, Default)]
pub struct ShownWindow {
    /// Which one, such as `worst window: rows 512 to 575 of pump.csv`.
    pub title: String,
    /// Its score, one of [`Scores::values`].
    pub score: f64,
    /// `[time, channels]`, `[features]` or `[planes, height, width]`, the last axis fastest.
    pub original: Vec<f32>,
    /// The same shape.
    pub reconstruction: Vec<f32>,
    /// Normalised error of each channel, which says what is shown first. Empty keeps the order.
    pub errors: Vec<f64>,
}

/// Windows in the latent space.
#[derive(Clone, Debug)]
pub struct LatentPlot {
    /// Where they lie.
    pub points: Points,
    /// What colours them.
    pub colour: Colour,
}

/// Positions, one a window.
#[derive(Clone, Debug)]
pub enum Points {
    /// A latent of width 1.
    One(Vec<f64>),
    /// The first two principal components of a wider one.
    Two {
        /// Positions.
        points: Vec<[f64; 2]>,
        /// Share of the variance that each component holds, 0 to 1.
        share: [f64; 2],
    },
}

/// What a point is coloured by; one value a point.
#[derive(Clone, Debug)]
pub enum Colour {
    /// From early to late.
    Time {
        /// Name of the values, with their unit, such as `row` or `time (hours)`.
        name: String,
        /// One for each point.
        values: Vec<f64>,
    },
    /// A category.
    Label(Vec<String>),
}

/// How active the units of a sparse latent are.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// What is measured, such as `mean activation` or `share of windows in which the unit is on`.
    pub name: String,
    /// One for each unit.
    pub units: Vec<f64>,
    /// What training aimed at.
    pub target: Option<f64>,
    /// Numbers to stand beside it.
    pub facts: Vec<(String, String)>,
}

/// Settings that were tried, and how they did.
#[derive(Clone, Debug, Default)]
pub struct TrialRow {
    /// Names and values; trials need not have the same names.
    pub settings: Vec<(String, String)>,
    /// Validation loss; none when the trial failed or was stopped.
    pub loss: Option<f64>,
    /// Whether these became the model.
    pub chosen: bool,
}

/// One check of the finished file.
#[derive(Clone, Debug, Default)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// What was measured, or what rule holds.
    pub result: String,
    /// Whether it is as it should be.
    pub passed: bool,
}

impl ReportData {
    /// Refuses parts that do not fit together, so that no figure shows the wrong thing.
    pub(super) fn check(&self) -> Result<(), ReportError> {
        let (channels, rows) = match &self.axes {
            WindowAxes::Features(features) => (features.len(), Some(1)),
            WindowAxes::Rows { channels, .. } => (channels.len(), None),
            WindowAxes::Picture { planes, height, width } => (planes * height * width, Some(1)),
        };
        for window in &self.windows {
            let rows =
                rows.unwrap_or_else(|| window.original.len().checked_div(channels).unwrap_or(0));
            let what = |part: &str| format!("the {part} of window {:?}", window.title);
            fits(what("original"), window.original.len(), rows * channels)?;
            fits(what("reconstruction"), window.reconstruction.len(), rows * channels)?;
            let picture = matches!(self.axes, WindowAxes::Picture { .. });
            if !window.errors.is_empty() && !picture {
                fits(what("errors"), window.errors.len(), channels)?;
            }
        }
        if let Some(latent) = &self.latent {
            let points = match &latent.points {
                Points::One(values) => values.len(),
                Points::Two { points, .. } => points.len(),
            };
            let colours = match &latent.colour {
                Colour::Time { values, .. } => values.len(),
                Colour::Label(labels) => labels.len(),
            };
            fits("the colours of the latent space".into(), colours, points)?;
        }
        Ok(())
    }
}

fn fits(what: String, got: usize, want: usize) -> Result<(), ReportError> {
    if got == want { Ok(()) } else { Err(ReportError::Length { what, got, want }) }
}
