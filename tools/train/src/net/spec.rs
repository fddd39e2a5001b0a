//! What a network looks like, in plain words: made by the command line, built by
//! [`super::Network`]. Nothing here knows of libtorch.

/// The axes of a window after the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// `[features]`: a row is a window.
    Features(usize),
    /// `[time, channels]`.
    Rows {
        /// Rows in a window.
        time: usize,
        /// Sensors.
        channels: usize,
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

impl Axes {
    /// Values in a window.
    // No window is empty.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> usize {
        match self {
            Self::Features(features) => features,
            Self::Rows { time, channels } => time * channels,
            Self::Picture { planes, height, width } => planes * height * width,
        }
    }

    /// Windows that can be run together without taking much memory, where no gradient is wanted.
    pub fn at_once(self) -> i64 {
        const VALUES: usize = 1 << 19;
        (VALUES / self.len().max(1)).clamp(1, 1024) as i64
    }

    /// Sizes, without the batch.
    pub fn sizes(self) -> Vec<usize> {
        match self {
            Self::Features(features) => vec![features],
            Self::Rows { time, channels } => vec![time, channels],
            Self::Picture { planes, height, width } => vec![planes, height, width],
        }
    }
}

/// What stands between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(0, x)`.
    Relu,
    /// `x` above zero, `0.01 x` below.
    LeakyRelu,
    /// `x` above zero, `exp(x) - 1` below.
    Elu,
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic function.
    Sigmoid,
}

/// How a convolutional decoder grows what the encoder shrank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Growth {
    /// Transposed convolution with the encoder's stride.
    Transposed,
    /// Nearest-neighbour resize, then a convolution: no checkerboard (Odena, Dumoulin & Olah 2016,
    /// Distill, doi:10.23915/distill.00003).
    Resize,
}

/// The layers between a window and its latent, and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backbone {
    /// Fully connected. The decoder has the same widths in reverse.
    Dense {
        /// Widths between window and latent; none makes one layer each way.
        hidden: Vec<usize>,
    },
    /// Convolutions over time, then one layer to the latent.
    Conv1d {
        /// Filters of each layer.
        filters: Vec<usize>,
        /// Rows that a filter sees; odd.
        kernel: usize,
        /// Rows from one output to the next.
        stride: usize,
        /// The way back.
        growth: Growth,
    },
    /// The same over the pixels of a picture.
    Conv2d {
        /// Filters of each layer.
        filters: Vec<usize>,
        /// Side of a filter in pixels; odd.
        kernel: usize,
        /// Pixels from one output to the next, both ways.
        stride: usize,
        /// The way back.
        growth: Growth,
    },
    /// Long short-term memory: the last state becomes the latent; the decoder gets the latent at
    /// each step.
    Lstm {
        /// Width of the state.
        hidden: usize,
        /// Layers on top of each other.
        layers: usize,
    },
    /// Gated recurrent units, the same way.
    Gru {
        /// Width of the state.
        hidden: usize,
        /// Layers on top of each other.
        layers: usize,
    },
}

impl Backbone {
    /// Widths or filters of the layers on the way to the latent; a recurrent one has one.
    pub fn widths(&self) -> &[usize] {
        match self {
            Self::Dense { hidden } => hidden,
            Self::Conv1d { filters, .. } | Self::Conv2d { filters, .. } => filters,
            Self::Lstm { hidden, .. } | Self::Gru { hidden, .. } => std::slice::from_ref(hidden),
        }
    }

    /// The same, to change them.
    pub fn widths_mut(&mut self) -> &mut [usize] {
        match self {
            Self::Dense { hidden } => hidden,
            Self::Conv1d { filters, .. } | Self::Conv2d { filters, .. } => filters,
            Self::Lstm { hidden, .. } | Self::Gru { hidden, .. } => std::slice::from_mut(hidden),
        }
    }
}

/// A second output, learned from the few windows that have a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Output `class`, `[N, classes]`: probabilities.
    Classes(usize),
    /// Output `estimate`, `[N, 1]`: a number, normalised as the profile says.
    Estimate,
}

/// A whole network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The axes of a window.
    pub axes: Axes,
    /// The layers.
    pub backbone: Backbone,
    /// Width of the latent.
    pub latent: usize,
    /// Between layers.
    pub activation: Activation,
    /// On the latent: `Sigmoid` or `Relu` for a sparse one.
    pub latent_activation: Activation,
    /// On the reconstruction: `Sigmoid` for pictures.
    pub output_activation: Activation,
    /// Two layers give mean and log variance of the latent instead of one that gives the latent.
    pub variational: bool,
    /// A head on the latent.
    pub head: Option<Head>,
}

impl Spec {
    /// With rectifiers between the layers, and nothing on the latent, the reconstruction and beside
    /// them.
    pub fn plain(axes: Axes, backbone: Backbone, latent: usize) -> Self {
        Self {
            axes,
            backbone,
            latent,
            activation: Activation::Relu,
            latent_activation: Activation::Identity,
            output_activation: Activation::Identity,
            variational: false,
            head: None,
        }
    }
}

/// A part of a network that stands as an ONNX file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportPart {
    /// `input` to `reconstruction`, `latent`, and of a VAE `mu` and `logvar`, and `class` or
    /// `estimate` of a head.
    Whole,
    /// `input` to `latent`, and of a VAE `mu` and `logvar`.
    Encoder,
    /// `latent` to `reconstruction`.
    Decoder,
}
