//! The command line as it is typed.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use oddity::args::LearnArgs;

use crate::data::HeadKind;
use crate::net::{Activation, Growth};
use crate::train::{InputNoise, Loss, Optimiser, Schedule, Settings, Sparsity};

/// Trains an autoencoder on normal data and writes it as a checked ONNX file with its profile, for
/// `oddity detect`, `encode`, `reconstruct` and `generate`.
#[derive(Debug, Parser)]
#[command(name = "oddity-train", version, max_term_width = 100, after_help = HELP)]
pub struct TrainCommand {
    /// Kind of autoencoder
    #[arg(value_enum)]
    pub kind: Kind,
    /// CSV or JSON Lines of normal operation, `-` is standard input; or pictures: PNG, JPEG and MNIST
    /// idx files, and folders of PNG and JPEG files
    #[arg(required = true)]
    pub data: Vec<PathBuf>,
    /// Where to write the model
    #[arg(short, long, value_name = "MODEL")]
    pub output: PathBuf,
    /// The network's layers.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// How it learns.
    #[command(flatten)]
    pub training: TrainingArgs,
    /// What is written, and how it runs.
    #[command(flatten)]
    pub run: RunArgs,
    /// How pictures are read.
    #[command(flatten)]
    pub pictures: TrainPictureArgs,
    /// How data is read, and what the profile says.
    #[command(flatten)]
    pub learn: LearnArgs,
}

const HELP: &str = "Examples:
  oddity-train dense normal.csv -o pump.onnx
  oddity-train vae normal.csv -o pump.onnx --latent 4 --seed 7
  oddity-train dense normal.csv -o pump-int8.onnx --int8
  oddity-train conv2d parts/ -o parts.onnx --size 32x32 --grey

Ctrl-C and SIGTERM finish with the best model so far, judged by as many of the four blocks of the data \
as were trained for; after a kill, the same command with --resume continues.

Exit codes: 0 done; 2 wrong usage, or a file that cannot be used; 65 data that cannot be used; \
70 libtorch failed, or a bug in the program; 74 reading or writing failed.";

/// The kinds of autoencoders. Each is a set of defaults: what makes it can be set for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// One layer each way, without activations: the subspace of the principal components
    Linear,
    /// Fully connected layers
    Dense,
    /// A wide latent of which few units are active
    Sparse,
    /// Learns to remove noise that is added to its input
    Denoising,
    /// Convolutions over time
    Conv1d,
    /// Convolutions over a picture
    Conv2d,
    /// Long short-term memory
    Lstm,
    /// Gated recurrent units
    Gru,
    /// Variational: latents follow a normal distribution, so it can generate
    Vae,
}

/// Layers under a kind that does not say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BackboneKind {
    /// Fully connected
    Dense,
    /// Convolutions over time
    Conv1d,
    /// Convolutions over a picture
    Conv2d,
    /// Long short-term memory
    Lstm,
    /// Gated recurrent units
    Gru,
}

/// The network's layers.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Layers of a sparse, denoising or variational autoencoder [default: dense; conv2d for
    /// pictures]
    #[arg(long, value_enum)]
    pub backbone: Option<BackboneKind>,
    /// Width of the latent [default: an eighth of the window's values, from 2 to 64]
    #[arg(long)]
    pub latent: Option<usize>,
    /// Widths of the dense layers between window and latent, such as 128,64; a single one for lstm and gru
    /// [default: half of the window's values, from 8 to 128; 32 for lstm and gru]
    #[arg(long, value_name = "WIDTH,...", value_delimiter = ',')]
    pub hidden: Option<Vec<usize>>,
    /// Filters of each convolution [default: 32,16; for pictures 16,32]
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub filters: Option<Vec<usize>>,
    /// Rows, or pixels each way, that a filter covers [default: 5; for pictures 3]
    #[arg(long)]
    pub kernel: Option<usize>,
    /// Rows, or pixels, that a filter moves on by [default: 2]
    #[arg(long)]
    pub stride: Option<usize>,
    /// How the decoder undoes the strides [default: resize]
    #[arg(long, value_enum)]
    pub growth: Option<Growth>,
    /// Stacked recurrent layers [default: 1]
    #[arg(long)]
    pub layers: Option<usize>,
    /// Activation between the layers [default: relu; linear: identity]
    #[arg(long, value_enum)]
    pub activation: Option<Activation>,
    /// Activation on the latent [default: identity; sparse: sigmoid, or relu with an L1 penalty]
    #[arg(long, value_enum)]
    pub latent_activation: Option<Activation>,
    /// Activation on the reconstruction [default: identity; sigmoid for pictures, except with linear]
    #[arg(long, value_enum)]
    pub output_activation: Option<Activation>,
    /// Make any kind variational: mean and log variance of the latent
    #[arg(long)]
    pub variational: bool,
}

/// What says how steps are taken: the closed form takes none, and its runs are too short to resume.
const STEPS: [&str; 15] = [
    "epochs",
    "batch",
    "optimiser",
    "lr",
    "schedule",
    "lr_warm_up",
    "weight_decay",
    "loss",
    "patience",
    "clip",
    "noise",
    "sparsity",
    "label",
    "resume",
    "int8",
];

/// How it learns.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Training")]
pub struct TrainingArgs {
    /// Most passes over the training windows
    #[arg(long, default_value_t = Settings::default().epochs)]
    pub epochs: usize,
    /// Windows per step
    #[arg(long, default_value_t = Settings::default().batch)]
    pub batch: usize,
    /// Optimiser
    #[arg(long, value_enum, default_value_t = Settings::default().optimiser)]
    pub optimiser: Optimiser,
    /// Learning rate
    #[arg(long, default_value_t = Settings::default().lr)]
    pub lr: f64,
    /// Learning rate schedule: constant, cosine:LAST (a share of --lr), step:EPOCHS:FACTOR, or
    /// plateau:EPOCHS:FACTOR (epochs without a better validation loss)
    #[arg(long, default_value_t = Settings::default().schedule)]
    pub schedule: Schedule,
    /// Epochs in which the learning rate rises to --lr
    #[arg(long, value_name = "EPOCHS", default_value_t = Settings::default().lr_warm_up)]
    pub lr_warm_up: usize,
    /// Weight decay: decoupled with adamw, added to the gradient with adam
    #[arg(long, default_value_t = Settings::default().weight_decay)]
    pub weight_decay: f64,
    /// Loss: mse, mae, huber:DELTA, or for pictures bce
    #[arg(long, default_value_t = Settings::default().loss)]
    pub loss: Loss,
    /// Stop after this many epochs without a better validation loss; 0 never stops
    #[arg(long, value_name = "EPOCHS", default_value_t = 20)]
    pub patience: usize,
    /// Clip the gradient to this norm
    #[arg(long, value_name = "NORM")]
    pub clip: Option<f64>,
    /// Noise on the input while training: none, gaussian:SIGMA, masking:SHARE, salt-and-pepper:SHARE
    /// [default: none; denoising: gaussian:0.3, for pictures gaussian:0.1]
    #[arg(long)]
    pub noise: Option<InputNoise>,
    /// Penalty on the latent: none, l1:WEIGHT, kl:TARGET:WEIGHT [default: none; sparse: kl:0.05:0.1]
    #[arg(long)]
    pub sparsity: Option<Sparsity>,
    /// Weight of the Kullback-Leibler divergence of a variational latent.
    #[arg(
        long,
        help = "Weight of the Kullback-Leibler divergence of a variational latent [default: 1]"
    )]
    pub beta: Option<f64>,
    /// Epochs in which that weight rises from 0.
    #[arg(
        long,
        value_name = "EPOCHS",
        help = "Epochs in which that weight rises from 0 [default: 10]"
    )]
    pub kl_warm_up: Option<usize>,
    /// Column with labels of some rows: a second output learns them, classes (texts or numbers) or with
    /// --head estimate a quantity. Rows of a class that is not normal do not count as normal data; rows
    /// without a label do. A class alone never raises an alert
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// The classes that are normal [default: 0, normal and ok]
    #[arg(long, requires = "label", value_name = "CLASS,...", value_delimiter = ',')]
    pub normal: Option<Vec<String>>,
    /// What the second output is: one of the classes, or with estimate a number [default: class]
    #[arg(long, value_enum, requires = "label")]
    pub head: Option<HeadKind>,
    /// Weight of the second output's loss
    #[arg(long, requires = "label", default_value_t = Settings::default().head_weight)]
    pub head_weight: f64,
    /// Compute the weights of a linear autoencoder by its formula (principal components), without training
    #[arg(long, conflicts_with_all = STEPS)]
    pub closed_form: bool,
    /// Fine-tune with weights and activations rounded to 8 bits, and write a model that runs in int8
    /// (QuantizeLinear and DequantizeLinear): for linear, dense and convolutional layers
    #[arg(long)]
    pub int8: bool,
    /// Passes over the training windows in which it is fine-tuned, at a tenth of --lr
    #[arg(long, value_name = "EPOCHS", requires = "int8", default_value_t = 20)]
    pub int8_epochs: usize,
    /// Try N sizes, the default and others with half or double its window, latent and layers, and take
    /// the one with the smallest validation loss, which is mostly one with a wide latent
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub trials: usize,
    /// The same seed gives the same file on one machine
    #[arg(long, default_value_t = Settings::default().seed)]
    pub seed: u64,
    /// Write the model that was validated, instead of training once more on all of the data
    #[arg(long)]
    pub no_refit: bool,
}

/// What is written, and how it runs.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// Threads of libtorch
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
    /// Also write encoder and decoder as files of their own, with the profile: MODEL.encoder.onnx for
    /// other programs, MODEL.decoder.onnx for those and, of a variational model, `oddity generate`
    #[arg(long)]
    pub parts: bool,
    /// Where to write the HTML report, or none [default: MODEL.report.html, without .onnx]
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Also write the figures of the report into this folder: charts as SVG, windows of rows too; only
    /// windows that are pictures as PNG
    #[arg(long, value_name = "FOLDER")]
    pub figures: Option<PathBuf>,
    /// Seconds between checkpoints, MODEL.checkpoint; 0 keeps none
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub checkpoint: u64,
    /// Continue from the checkpoint of the same command, with or without -q
    #[arg(long)]
    pub resume: bool,
    /// Print only warnings and errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// How pictures are read.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Pictures")]
pub struct TrainPictureArgs {
    /// Bring all pictures to this size in pixels [default: their own, which must be the same]
    #[arg(long, value_name = "HEIGHTxWIDTH", value_parser = size)]
    pub size: Option<(usize, usize)>,
    /// Convert all pictures to grey [default: as they are, which must be the same]
    #[arg(long, conflicts_with = "colour")]
    pub grey: bool,
    /// Convert all pictures to colour
    #[arg(long)]
    pub colour: bool,
}

impl TrainPictureArgs {
    /// Whether anything is asked for.
    pub fn is_any(&self) -> bool {
        self.size.is_some() || self.grey || self.colour
    }

    /// As the library takes them.
    pub fn options(&self) -> oddity::picture::PictureOptions {
        let planes = match (self.grey, self.colour) {
            (true, _) => Some(1),
            (_, true) => Some(3),
            _ => None,
        };
        oddity::picture::PictureOptions { size: self.size, planes }
    }
}

fn size(text: &str) -> Result<(usize, usize), String> {
    let sides = text.split_once('x').map(|(height, width)| (height.parse(), width.parse()));
    match sides {
        Some((Ok(height), Ok(width))) => Ok((height, width)),
        _ => Err("must be HEIGHTxWIDTH, such as 32x32".into()),
    }
}

/// Where libtorch computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA device if there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device.
    Cuda(usize),
}

impl std::str::FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| "must be auto, cpu, cuda or cuda:N".into()),
        }
    }
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}
