//! What `reconstruct` is told of pictures: words go in, checked options come out.

use std::path::PathBuf;

use clap::ValueEnum;

/// What is done with pictures.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Pictures")]
pub(in crate::cli) struct PictureArgs {
    /// Folder for the PNG files; created if it does not exist
    #[arg(short, long, value_name = "FOLDER")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Which files to write for each picture
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "A,B,...",
        default_value = "reconstruction,side-by-side,heatmap"
    )]
    pub(in crate::cli) write: Vec<Drawing>,
    /// Error of a pixel, from 0 to 1, at which heat maps are brightest
    #[arg(long, value_name = "ERROR", default_value = "0.5", value_parser = share)]
    pub(in crate::cli) heat: f32,
    /// Exit with code 1 if a picture is odd
    #[arg(long)]
    pub(in crate::cli) fail_on_alert: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Drawing {
    /// NAME.reconstruction.png, in the model's size
    Reconstruction,
    /// NAME.side-by-side.png: picture, reconstruction and heat map
    SideBySide,
    /// NAME.heatmap.png: the error of each pixel
    Heatmap,
}

fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "must be a number above 0 and at most 1".into())
}
