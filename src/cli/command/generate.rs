//! `oddity generate MODEL -n COUNT`: new windows or pictures from a variational autoencoder.
//!
//! Its latents follow a standard normal distribution (Kingma & Welling 2014, Auto-Encoding
//! Variational Bayes): so one is drawn, decoded, and brought back to the units of the data.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use oddity::files::WriteError;
use oddity::model::{Session, picture_layout};
use oddity::profile::{Channel, Layout, Profile};
use oddity::types::Reconstruction;
use oddity::window::WindowShape;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

#[cfg(not(feature = "pictures"))]
use crate::cli::error::RunError;
use crate::cli::exit::Completion;
use crate::cli::files::ModelFile;
use crate::cli::loading::{BareArgs, LoadArgs};
use crate::cli::stdio::stdout;
use crate::cli::table::CsvLine;
use crate::cli::warning::Warning;

/// Draw new windows or pictures from a variational autoencoder
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Windows are written as CSV: window, step, then a column for each channel. \
Pictures need --output: FILE.png holds them all as a grid, a folder gets one file for each. A file \
that holds only a decoder is treated as that of a variational autoencoder."
)]
pub(in crate::cli) struct GenerateArgs {
    /// A variational autoencoder (outputs `latent`, `mu` and `logvar`), or its decoder
    model: PathBuf,
    /// How many
    #[arg(short = 'n', long, default_value = "16", value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Same seed, same output
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write them [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    #[command(flatten)]
    bare: BareArgs,
    #[command(flatten)]
    load: LoadArgs,
}

/// Windows that are decoded at once.
const AT_ONCE: usize = 32;

pub(super) fn run(args: &GenerateArgs) -> anyhow::Result<Completion> {
    let file = ModelFile::open_decoder(&args.model, &args.bare.over(args.load.options()))?;
    // What `oddity-train` says of a lone decoder; an external one says nothing.
    let free = file.model.metadata("oddity.latent") == Some("free");
    anyhow::ensure!(
        file.model.is_variational() || !(file.model.is_whole() || free),
        "model {} is not variational (it has no outputs `mu` and `logvar`): the distribution of \
         its latents is not known, so nothing can be drawn from it; train a variational \
         autoencoder",
        args.model.display()
    );
    let profile = file.profile()?;
    let profile = profile.as_ref();
    let axes = file.model.output_shape();
    if let Some(profile) = profile {
        anyhow::ensure!(
            profile.window_len() == file.model.output_len(),
            "the profile describes windows of {} values, the decoder gives {axes:?}; renew it with \
             `oddity calibrate`",
            profile.window_len()
        );
    }
    let mut drawer = Drawer {
        session: file.model.session()?,
        normal: Normal { random: Pcg64Mcg::seed_from_u64(args.seed), spare: None },
        left: args.count as usize,
        answer: Reconstruction::default(),
    };
    let layout = profile.map(|profile| profile.layout).or_else(|| picture_layout(axes));
    if let Some(layout) = layout.filter(|layout| layout.is_picture()) {
        pictures(args, (axes, layout), profile, &mut drawer)?;
    } else {
        let named = args.output.as_deref().filter(|path| {
            path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"))
        });
        if let Some(path) = named {
            anyhow::bail!(
                "the model makes windows of rows, which are written as CSV: {} names a picture",
                path.display()
            );
        }
        windows(args, axes, profile, &mut drawer)?;
    }
    Ok(Completion::Done)
}

/// Draws latents and decodes them, some at a time.
struct Drawer {
    session: Session,
    normal: Normal,
    left: usize,
    answer: Reconstruction,
}

impl Drawer {
    /// The next windows, one after the other; `None` when all are drawn.
    fn next(&mut self) -> anyhow::Result<Option<&[f32]>> {
        let count = self.left.min(AT_ONCE);
        if count == 0 {
            return Ok(None);
        }
        self.left -= count;
        let length = count * self.session.model().window_len();
        let latents: Vec<f32> = (0..length).map(|_| self.normal.next()).collect();
        self.session.run(&latents, count, &mut self.answer).context("cannot run the decoder")?;
        Ok(Some(&self.answer.values))
    }
}

/// Standard normal numbers, two at a time (Box & Muller 1958).
struct Normal {
    random: Pcg64Mcg,
    spare: Option<f64>,
}

impl Normal {
    fn next(&mut self) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare as f32;
        }
        // 53 bits, from above 0 to 1.
        let mut uniform = || ((self.random.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64;
        let radius = (-2.0 * uniform().ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * uniform()).sin_cos();
        self.spare = Some(radius * sine);
        (radius * cosine) as f32
    }
}

/// CSV: a line for each row of each window.
fn windows(
    args: &GenerateArgs,
    axes: &[usize],
    profile: Option<&Profile>,
    drawer: &mut Drawer,
) -> anyhow::Result<()> {
    let (steps, channels, channels_first) = match (profile, axes) {
        (Some(p), _) => (p.window, p.channels.clone(), p.layout.is_channels_first()),
        (None, [steps, channels]) => (*steps, unnamed(*channels), false),
        (None, axes) => (1, unnamed(axes.iter().product()), false),
    };
    let shape = WindowShape { window: steps, channels: channels.len(), channels_first };
    if profile.is_none() {
        Warning::NoProfile.say();
    }
    let what =
        args.output.as_ref().map_or("standard output".into(), |path| path.display().to_string());
    let failed = |source| WriteError { what: what.clone(), source };
    let out: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(std::fs::File::create(path).map_err(failed)?),
        None => Box::new(stdout()),
    };
    let mut out = BufWriter::new(out);
    let mut line = CsvLine::default();
    line.word("window").word("step");
    for channel in &channels {
        line.word(&channel.name);
    }
    line.end(&mut out).map_err(failed)?;
    let mut number = 0u64;
    while let Some(values) = drawer.next()? {
        for window in values.chunks(steps * channels.len()) {
            for step in 0..steps {
                line.show(number).show(step);
                for (index, channel) in channels.iter().enumerate() {
                    let at = shape.place(step, index);
                    line.reading(window.get(at).copied().unwrap_or(f32::NAN), channel);
                }
                line.end(&mut out).map_err(failed)?;
            }
            number += 1;
        }
    }
    out.flush().map_err(failed)?;
    Ok(())
}

fn unnamed(count: usize) -> Vec<Channel> {
    let channel = |index| Channel {
        name: format!("c{index}"),
        unit: None,
        mean: 0.0,
        scale: 1.0,
        longest_run: None,
        seen: None,
        sensitivity: None,
    };
    (0..count).map(channel).collect()
}

#[cfg(feature = "pictures")]
fn pictures(
    args: &GenerateArgs,
    (axes, layout): (&[usize], Layout),
    profile: Option<&Profile>,
    drawer: &mut Drawer,
) -> anyhow::Result<()> {
    use oddity::files::write_whole;
    use oddity::picture::{Canvas, PictureShape, PictureWindow};

    let planes_last = layout == Layout::PicturePlanesLast;
    let (planes, height, width) = match (axes, planes_last) {
        (&[height, width, planes], true) | (&[planes, height, width], false) => {
            (planes, height, width)
        }
        _ => anyhow::bail!(
            "the decoder gives {axes:?}, which is not a picture [planes, height, width] or [height, \
             width, planes]"
        ),
    };
    let channels = profile.map_or(&[][..], |profile| &profile.channels);
    let of = PictureWindow { planes, planes_last, channels };
    let shape = PictureShape { planes, height, width };
    let output = args.output.as_deref().context(
        "the model draws pictures: name a file for them with --output FILE.png, or a folder",
    )?;
    let grid = output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    if !grid {
        std::fs::create_dir_all(output)
            .map_err(|source| WriteError { what: output.display().to_string(), source })?;
    }
    let digits = (args.count - 1).to_string().len();
    let mut all = Vec::new();
    let mut number = 0u32;
    while let Some(values) = drawer.next()? {
        for one in values.chunks(shape.values()) {
            let picture = of.picture(one);
            if grid {
                all.extend(picture);
                continue;
            }
            let path = output.join(format!("{number:0digits$}.png"));
            write_whole(&path, &Canvas::picture(shape, &picture)?.png()?)?;
            number += 1;
        }
    }
    if grid {
        write_whole(output, &Canvas::grid(shape, &all)?.png()?)?;
    }
    Ok(())
}

#[cfg(not(feature = "pictures"))]
fn pictures(
    args: &GenerateArgs,
    _axes: (&[usize], Layout),
    _profile: Option<&Profile>,
    _drawer: &mut Drawer,
) -> anyhow::Result<()> {
    Err(RunError::PicturesLeftOut { model: args.model.clone() }.into())
}
