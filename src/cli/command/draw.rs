//! `oddity draw FOLDER -n COUNT`: pictures of a part that exists only here, with defects.
//!
//! A count and a seed go in; grey PNG files come out, into a folder that was empty: what is there is
//! never written over.

use std::io;
use std::path::PathBuf;

use oddity::files::{WriteError, write_whole};
use oddity::picture::{Canvas, PictureShape};
use oddity::simulate::{Defect, draw_part};

use crate::cli::exit::Completion;

/// Draw pictures of a part, with optional defects
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The part is a flange on a belt; each lies slightly off centre, is rotated, and \
is lit differently. Defects: scratch, chip, stain, undrilled. \
Example: oddity draw odd -n 20 --seed 1 --defect scratch --defect chip"
)]
pub(in crate::cli) struct DrawArgs {
    /// Folder for the PNG files; created if it does not exist, else it must be empty
    folder: PathBuf,
    /// How many
    #[arg(short = 'n', long, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Width and height in pixels
    #[arg(long, value_name = "PIXELS", default_value = "32", value_parser = clap::value_parser!(u16).range(8..=1024))]
    size: u16,
    /// Same seed, same pictures
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Defect of each part, also in its file name; where several are given, the parts take them in
    /// turn
    #[arg(long, value_name = "DEFECT")]
    defect: Vec<Defect>,
}

/// Digits of a file's number, at least: their names sort as they were drawn.
const DIGITS: usize = 4;

pub(super) fn run(args: &DrawArgs) -> anyhow::Result<Completion> {
    let (folder, size) = (args.folder.as_path(), usize::from(args.size));
    let failed = |source: io::Error| WriteError { what: folder.display().to_string(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let empty = std::fs::read_dir(folder).map_err(failed)?.next().is_none();
    anyhow::ensure!(
        empty,
        "{} is not empty: name a new folder, so that nothing in it is overwritten or mixed up",
        folder.display()
    );
    let digits = args.count.to_string().len().max(DIGITS);
    let mut defects = args.defect.iter().copied().cycle();
    for number in 1..=args.count {
        let defect = defects.next();
        let values = draw_part(args.seed, u64::from(number), size, defect);
        let name = match defect {
            Some(defect) => format!("{number:0digits$}-{defect}.png"),
            None => format!("{number:0digits$}.png"),
        };
        let shape = PictureShape { planes: 1, height: size, width: size };
        let png = Canvas::picture(shape, &values)?.png()?;
        write_whole(&folder.join(name), &png)?;
    }
    log::info!("{} pictures", args.count);
    Ok(Completion::Done)
}
