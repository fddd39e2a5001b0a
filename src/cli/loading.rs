//! How a model is loaded: options go in, those of the library come out; and back, for the child that
//! tries it first.

use oddity::model::{FreeAxes, Limits, Model, ReadOptions, Sampling};

/// What a model may take.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Loading")]
pub(super) struct LoadArgs {
    /// Memory that a run of the model may take, such as 300M or 2G [default: 512M]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    model_memory: Option<u64>,
    /// Multiply-adds that a run of the model may take, such as 500M or 200G [default: 64G]
    #[arg(long, value_name = "N", value_parser = count)]
    model_work: Option<u64>,
    /// Refuse a model of which any layer would be computed in floating point, instead of in int8
    #[arg(long)]
    strict_int8: bool,
}

impl LoadArgs {
    pub(super) fn options(&self) -> ReadOptions {
        let default = Limits::default();
        let limits = Limits {
            memory: self.model_memory.unwrap_or(default.memory),
            multiply_adds: self.model_work.unwrap_or(default.multiply_adds),
        };
        ReadOptions { limits, strict_int8: self.strict_int8, ..ReadOptions::default() }
    }
}

/// What a file may leave open, for commands that take a model without a profile.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Loading")]
pub(super) struct BareArgs {
    /// Rows in a window, for a model whose time axis is free
    #[arg(long, value_name = "ROWS", value_parser = length)]
    window: Option<usize>,
    #[command(flatten)]
    open: OpenArgs,
}

/// The same for commands that have a `--window` already.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Loading")]
pub(super) struct OpenArgs {
    /// Height and width of pictures, for a model that leaves them free
    #[arg(long, value_name = "HEIGHTxWIDTH", value_parser = size_of_pictures)]
    size: Option<(usize, usize)>,
    /// What stands for numbers that the model draws at random: mean, or noise of this SEED, the same for
    /// each window [default: as when it was calibrated, else mean]
    #[arg(long, value_name = "mean|SEED", value_parser = sampling)]
    sample: Option<Sampling>,
}

impl BareArgs {
    pub(super) fn over(&self, options: ReadOptions) -> ReadOptions {
        self.open.over(self.window, options)
    }

    /// Refuses a length where nothing is free.
    pub(super) fn check(&self, model: &Model) -> anyhow::Result<()> {
        let option = match (self.window, self.open.size) {
            (Some(_), _) => "--window",
            (None, Some(_)) => "--size",
            (None, None) => return Ok(()),
        };
        anyhow::ensure!(
            !model.free_axes().is_empty(),
            "the model's windows are {:?}, and none of these axes is free: leave out {option}",
            model.window_shape()
        );
        Ok(())
    }
}

impl OpenArgs {
    /// With `window`, the rows that are asked for.
    pub(super) fn over(&self, window: Option<usize>, options: ReadOptions) -> ReadOptions {
        let size = self.size.map(|(height, width)| FreeAxes::Size { height, width });
        // No rows are said to be wrong by whoever looks at the data.
        let rows = window.filter(|&rows| rows > 0);
        let free_axes = size.or(rows.map(FreeAxes::Rows));
        ReadOptions { free_axes, sampling: self.sample, ..options }
    }

    #[cfg(feature = "learn")]
    pub(super) fn size(&self) -> Option<(usize, usize)> {
        self.size
    }
}

/// The arguments that give these options.
pub(super) fn arguments(options: &ReadOptions) -> Vec<String> {
    let ReadOptions { limits, free_axes, sampling, strict_int8 } = options;
    let Limits { memory, multiply_adds } = limits;
    let free_axes = free_axes.map(|free_axes| match free_axes {
        FreeAxes::Rows(rows) => format!("--window={rows}"),
        FreeAxes::Size { height, width } => format!("--size={height}x{width}"),
    });
    let sampling = sampling.map(|sampling| match sampling {
        Sampling::Mean => "--sample=mean".to_owned(),
        Sampling::Seed(seed) => format!("--sample={seed}"),
    });
    [format!("--model-memory={memory}"), format!("--model-work={multiply_adds}")]
        .into_iter()
        .chain(free_axes)
        .chain(sampling)
        .chain(strict_int8.then(|| "--strict-int8".to_owned()))
        .collect()
}

fn length(text: &str) -> Result<usize, String> {
    let length = text.parse().ok().filter(|&length| length > 0);
    length.ok_or_else(|| "must be a whole number above 0".into())
}

fn size_of_pictures(text: &str) -> Result<(usize, usize), String> {
    let sides = text
        .split_once('x')
        .and_then(|(height, width)| Some((length(height).ok()?, length(width).ok()?)));
    sides.ok_or_else(|| "write it as HEIGHTxWIDTH, such as 64x64".into())
}

fn sampling(text: &str) -> Result<Sampling, String> {
    match (text, text.parse()) {
        ("mean", _) => Ok(Sampling::Mean),
        (_, Ok(seed)) => Ok(Sampling::Seed(seed)),
        _ => Err("must be `mean`, or a whole number as the seed of noise".into()),
    }
}

/// Bytes: K is 1024.
fn size(text: &str) -> Result<u64, String> {
    scaled(text.strip_suffix("iB").unwrap_or(text), 1024)
}

/// A count: K is 1000.
fn count(text: &str) -> Result<u64, String> {
    scaled(text, 1000)
}

/// A whole number, with K, M or G behind it for `thousand`, its square and its cube.
fn scaled(text: &str, thousand: u64) -> Result<u64, String> {
    let power = text.chars().last().and_then(|unit| "KMG".find(unit));
    let (digits, power) = match power {
        Some(power) => (&text[..text.len() - 1], power as u32 + 1),
        None => (text, 0),
    };
    let number: Option<u64> = digits.parse().ok();
    let number = number.and_then(|number| number.checked_mul(thousand.pow(power)));
    number.filter(|&number| number > 0).ok_or_else(|| {
        "must be a whole number above 0, with K, M or G behind it where it is large, such as 2G"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_child_reads_as_its_parent() {
        #[derive(clap::Parser)]
        struct Child {
            #[command(flatten)]
            load: LoadArgs,
            #[command(flatten)]
            bare: BareArgs,
        }
        let read = |arguments: Vec<String>| -> ReadOptions {
            let all = std::iter::once("check-model".to_owned()).chain(arguments);
            let Child { load, bare } = clap::Parser::try_parse_from(all).unwrap();
            bare.over(load.options())
        };
        let free_axes = Some(FreeAxes::Size { height: 3, width: 4 });
        for options in [
            ReadOptions::default(),
            ReadOptions { sampling: Some(Sampling::Mean), free_axes, ..ReadOptions::default() },
            ReadOptions {
                limits: Limits { memory: 5, multiply_adds: 6 },
                sampling: Some(Sampling::Seed(u64::MAX)),
                free_axes: Some(FreeAxes::Rows(7)),
                strict_int8: true,
            },
        ] {
            assert_eq!(read(arguments(&options)), options);
        }
        for wrong in ["--size=4", "--size=0x4", "--window=0", "--sample=-1", "--sample=median"] {
            let all = ["check-model", wrong];
            assert!(<Child as clap::Parser>::try_parse_from(all).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        let cases =
            [("7", 7), ("3K", 3 << 10), ("512M", 512 << 20), ("2G", 2 << 30), ("2GiB", 2 << 30)];
        for (text, wanted) in cases {
            assert_eq!(size(text), Ok(wanted), "{text}");
        }
        assert_eq!(count("64G"), Ok(64_000_000_000));
        for text in ["", "G", "0", "-1", "1.5G", "2T", "99999999999G"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
