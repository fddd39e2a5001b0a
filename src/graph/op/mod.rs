//! What a node computes: an operator with its attributes, read and typed.
//!
//! [`super::read`] makes an [`Op`] out of a name and a list of attributes, once; after that nobody
//! looks at the name of an operator. A default of ONNX is filled in, except where an engine takes
//! another one (`None` then says that the file leaves it out). Semantics and the order of the inputs
//! are those of the ONNX operator specification (onnx.ai/onnx/operators).

mod attribute;
mod composite;
mod ml;
mod reach;
mod words;
mod written;

pub(crate) use attribute::Attribute;
pub(crate) use composite::{
    AttentionAttributes, Composite, Distribution, FusedActivation, RandomAttributes, Written,
};
pub(crate) use ml::{
    Aggregate, Forest, Kernel, Keys, Labels, Ml, Norm, Pair, PostTransform, Rule, Svm, TreeNode,
    Trees,
};
pub(crate) use words::{
    AspectPolicy, AutoPad, Binary, CoordinateMode, Direction, GeluFormula, Interpolation,
    NearestMode, PadMode, Reduction, ScatterReduction, Unary, Variadic,
};

use std::sync::Arc;

use super::tensor::{ElementType, Tensor};

/// An operator of the default ONNX domain that models may use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    Unary(Unary),
    Binary(Binary),
    Variadic(Variadic),
    Mod {
        fmod: bool,
    },
    Where,
    Cast {
        to: ElementType,
        saturate: bool,
    },
    Celu {
        alpha: f32,
    },
    /// The limits are attributes up to operator set 10, then inputs.
    Clip {
        min: Option<f32>,
        max: Option<f32>,
    },
    /// Passes its input on: models are run, not trained.
    Dropout {
        ratio: Option<f32>,
        seed: Option<i64>,
    },
    Elu {
        alpha: f32,
    },
    Gelu(GeluFormula),
    HardSigmoid {
        alpha: f32,
        beta: f32,
    },
    LeakyRelu {
        alpha: f32,
    },
    PRelu,
    Selu {
        alpha: Option<f32>,
        gamma: Option<f32>,
    },
    ThresholdedRelu {
        alpha: f32,
    },
    /// Inputs: x, scale, bias, mean, variance.
    BatchNormalization {
        epsilon: f32,
        momentum: f32,
        training: bool,
    },
    InstanceNormalization {
        epsilon: f32,
    },
    LayerNormalization {
        axis: i64,
        epsilon: f32,
        stash_type: i64,
    },
    LpNormalization {
        axis: i64,
        p: i64,
    },
    /// Up to operator set 12 over all axes from `axis` on, then over that axis alone.
    Softmax {
        axis: i64,
    },
    LogSoftmax {
        axis: i64,
    },
    MatMul,
    Gemm(GemmAttributes),
    Conv(ConvAttributes),
    ConvTranspose {
        conv: ConvAttributes,
        output_padding: Option<Vec<i64>>,
    },
    AveragePool {
        kernel: KernelAttributes,
        ceil: bool,
        count_include_pad: bool,
    },
    MaxPool {
        kernel: KernelAttributes,
        ceil: bool,
        storage_order: i64,
    },
    GlobalAveragePool,
    GlobalMaxPool,
    Recurrent(RecurrentAttributes),
    Reduce(ReduceAttributes),
    /// Inputs: x, scale, zero point. Scales are one, or one for each place along `axis`, or for each
    /// `block` of places where that is not 0.
    QuantizeLinear {
        axis: i64,
        block: i64,
        /// Where no zero point tells it.
        to: Option<ElementType>,
    },
    DequantizeLinear {
        axis: i64,
        block: i64,
    },
    /// Not an operator of ONNX: what becomes of QuantizeLinear and DequantizeLinear in f32.
    Steps(QuantisedSteps),
    DynamicQuantizeLinear,
    MatMulInteger,
    ConvInteger(ConvAttributes),
    /// The shape is the second input.
    Reshape {
        allow_zero: bool,
    },
    Flatten {
        axis: i64,
    },
    /// The axes are an attribute up to operator set 12, then an input.
    Squeeze {
        axes: Option<Vec<i64>>,
    },
    Unsqueeze {
        axes: Option<Vec<i64>>,
    },
    Transpose {
        perm: Option<Vec<i64>>,
    },
    Concat {
        axis: i64,
    },
    Split {
        axis: i64,
        lengths: Option<Vec<i64>>,
        parts: Option<i64>,
    },
    Slice(SliceAttributes),
    Gather {
        axis: i64,
    },
    GatherElements {
        axis: i64,
    },
    GatherNd {
        batch_dims: i64,
    },
    /// Inputs: x, indices, updates.
    ScatterElements {
        axis: i64,
        reduction: ScatterReduction,
    },
    ScatterNd {
        reduction: ScatterReduction,
    },
    /// The place of the largest number along an axis, or of the smallest.
    ArgMax(ArgAttributes),
    /// The largest or smallest, in their order, and their places; how many is the second input.
    TopK {
        axis: i64,
        largest: bool,
    },
    ArgMin(ArgAttributes),
    /// The axis is the second input.
    CumSum {
        exclusive: bool,
        reverse: bool,
    },
    Pad {
        mode: PadMode,
        pads: Option<Vec<i64>>,
        value: Option<f32>,
    },
    Tile,
    Expand,
    Resize(ResizeAttributes),
    Constant(Tensor),
    /// One f32 zero where there is no value.
    ConstantOfShape {
        value: Option<Tensor>,
    },
    Range,
    Shape {
        start: i64,
        end: Option<i64>,
    },
    Size,
    /// Trees that each row of `[N, features]` goes through, to `[N, targets]`.
    Forest(Arc<Forest>),
}

/// The steps of a quantisation, with which an engine without integers carries its numbers in f32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct QuantisedSteps {
    pub scale: f32,
    pub zero_point: f32,
    /// Smallest and largest number of the type.
    pub lowest: f32,
    pub highest: f32,
    pub way: QuantisedWay,
}

/// Which way quantised steps are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuantisedWay {
    /// `clip(round(x / scale) + zero_point)`.
    Quantise,
    /// `(q - zero_point) * scale`.
    Dequantise,
    /// One after the other.
    Both,
}

/// `alpha * A * B + beta * C`, either matrix transposed first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GemmAttributes {
    pub alpha: f32,
    pub beta: f32,
    pub trans_a: bool,
    pub trans_b: bool,
}

/// A convolution: its channels fall into groups that do not meet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConvAttributes {
    pub group: i64,
    pub kernel: KernelAttributes,
}

/// Where a kernel goes, as the file says it; [`super::kernel::KernelGeometry`] is what follows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KernelAttributes {
    pub auto_pad: AutoPad,
    pub kernel_shape: Option<Vec<i64>>,
    pub strides: Option<Vec<i64>>,
    pub dilations: Option<Vec<i64>>,
    /// All axes before, then all axes after.
    pub pads: Option<Vec<i64>>,
}

/// A recurrent layer. Inputs: X, W, R, B, sequence lengths, first h, first c (LSTM).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecurrentAttributes {
    pub cell: RecurrentCell,
    pub direction: Direction,
    pub hidden_size: Option<i64>,
    pub activations: Option<Vec<String>>,
    /// Layout 1 of ONNX: the batch is the first axis.
    pub batch_first: bool,
}

/// What a recurrent layer does at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecurrentCell {
    /// Gates in the order i, o, f, c.
    Lstm {
        input_forget: bool,
    },
    /// Gates in the order z, r, h.
    Gru {
        linear_before_reset: bool,
    },
    Rnn,
}

impl RecurrentCell {
    /// Rows of weights for each hidden value.
    pub(crate) fn gates(self) -> usize {
        match self {
            RecurrentCell::Lstm { .. } => 4,
            RecurrentCell::Gru { .. } => 3,
            RecurrentCell::Rnn => 1,
        }
    }

    /// The activations of one direction where the file names none.
    pub(crate) fn usual_activations(self) -> &'static [&'static str] {
        match self {
            RecurrentCell::Lstm { .. } => &["Sigmoid", "Tanh", "Tanh"],
            RecurrentCell::Gru { .. } => &["Sigmoid", "Tanh"],
            RecurrentCell::Rnn => &["Tanh"],
        }
    }
}

/// One number out of many, along axes. These are an attribute in older operator sets, then an input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReduceAttributes {
    pub reduction: Reduction,
    pub axes: Option<Vec<i64>>,
    pub keep_dims: bool,
    pub noop_with_empty_axes: bool,
}

/// Which of several equal numbers is meant, and whether the axis stays with length 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ArgAttributes {
    pub axis: i64,
    pub keep_dims: bool,
    pub last: bool,
}

/// A cut along axes. All of it is inputs from operator set 10 on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SliceAttributes {
    pub starts: Option<Vec<i64>>,
    pub ends: Option<Vec<i64>>,
    pub axes: Option<Vec<i64>>,
}

/// Another size, by samples between the old ones.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ResizeAttributes {
    pub mode: Interpolation,
    pub coordinates: Option<CoordinateMode>,
    pub nearest: Option<NearestMode>,
    pub aspect: Option<AspectPolicy>,
    pub axes: Option<Vec<i64>>,
    pub antialias: Option<i64>,
    pub cubic_coeff_a: Option<f32>,
    pub exclude_outside: Option<i64>,
    pub extrapolation_value: Option<f32>,
}
