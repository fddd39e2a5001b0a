//! What a training run shows to the people who answer for it: numbers, windows and points go in,
//! one self-contained HTML page and the same figures as files come out, as bytes.
//!
//! Never reads or writes a file, never calls a script, a font or a picture from elsewhere. Values
//! that are not finite are left out of the figures, and the page says so.

mod bars;
mod curves;
mod data;
mod error;
mod histogram;
mod latent;
mod page;
mod pictures;
mod tables;
mod windows;

#[cfg(test)]
mod tests;

pub use data::{
    Activity, ChannelLabel, Check, Colour, Curve, HeadPlot, LatentPlot, Points, ReportData, Scores,
    ShownWindow, TrialRow, WindowAxes,
};

pub use error::ReportError;

use oddity::chart::Figure;

impl ReportData {
    /// The page, in UTF-8. Works without scripts, in light and dark, on paper.
    ///
    /// # Errors
    /// When the lengths of its parts do not fit together.
    pub fn html(&self) -> Result<String, ReportError> {
        self.check()?;
        page::page(self)
    }

    /// The figures, each with the name of its file: `loss.svg`, `head-loss.svg`, `scores.svg`, `channels.svg`,
    /// `latent.svg`, `activity.svg`, and for each window `window-1.svg` (rows) or `window-1.png`
    /// (pictures: original, reconstruction, error). What there is no data for is not there.
    ///
    /// # Errors
    /// When the lengths of the parts do not fit together.
    pub fn figures(&self) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
        self.check()?;
        let figures = [
            curves::figure(&self.curves, ("loss", &self.loss))?,
            self.head
                .as_ref()
                .map_or(Ok(None), |head| curves::figure(&head.curves, ("head-loss", &head.loss)))?,
            histogram::figure(&self.scores)?,
            bars::channels(&self.channel_errors, &self.axes)?,
            self.latent.as_ref().map_or(Ok(None), latent::figure)?,
            self.activity.as_ref().map_or(Ok(None), bars::activity)?,
        ];
        let mut files: Vec<(String, Vec<u8>)> = figures.into_iter().flatten().map(file).collect();
        match &self.axes {
            WindowAxes::Features(features) if features.len() > data::WIDE => {
                files.extend(windows::curves(&self.windows)?.into_iter().map(file));
            }
            WindowAxes::Features(_) => {}
            WindowAxes::Rows { channels, period_s } => {
                let figures = windows::figures(&self.windows, channels, *period_s)?;
                files.extend(figures.into_iter().map(file));
            }
            WindowAxes::Picture { planes, height, width } => {
                files.extend(pictures::files(&self.windows, (*planes, *height, *width))?);
            }
        }
        Ok(files)
    }
}

/// A figure as a file: on white, since a viewer may be dark.
fn file(figure: Figure) -> (String, Vec<u8>) {
    let (head, body) = figure.svg.split_once('>').unwrap_or((&figure.svg, ""));
    let svg = format!("{head}><rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>{body}");
    (format!("{}.svg", figure.name), svg.into_bytes())
}
