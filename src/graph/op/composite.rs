//! Operators that other operators make up, with their attributes: how a file says them.
//!
//! [`crate::graph::expand`] puts the others in their place, so no engine meets one. Semantics are those
//! of the ONNX specification (onnx.ai/onnx/operators) and, in the domain `com.microsoft`, of
//! onnxruntime (its docs/ContribOperators.md).

use super::{ConvAttributes, GemmAttributes, Ml, Op, RecurrentAttributes};
use crate::graph::tensor::ElementType;

/// The operator of a node as the file says it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Written {
    /// One that engines know.
    Op(Op),
    /// One that others make up.
    Composite(Box<Composite>),
}

/// An operator that others make up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Composite {
    Attention(AttentionAttributes),
    /// With the products that make query, key and value.
    JoinedAttention {
        said: AttentionAttributes,
        sizes: Option<Vec<i64>>,
    },
    /// Depth first (`DCR`) or column first (`CRD`).
    DepthToSpace {
        block: i64,
        depth_first: bool,
    },
    SpaceToDepth {
        block: i64,
    },
    Einsum {
        equation: String,
    },
    /// To the type of the second input.
    CastLike,
    /// With the mean and one by the deviation as further outputs.
    LayerNormalization {
        axis: i64,
        epsilon: f32,
    },
    /// The logarithm of a sum, of exponentials too.
    ReduceLog {
        axes: Option<Vec<i64>>,
        keep_dims: bool,
        exponents: bool,
    },
    /// One half of a matrix; which diagonal is the second input.
    Trilu {
        upper: bool,
    },
    /// Inputs: x, scale, bias; these are for each channel or for each group.
    GroupNormalization {
        epsilon: f32,
        groups: i64,
    },
    MeanVarianceNormalization {
        axes: Vec<i64>,
    },
    /// Inputs: x, scale.
    RmsNormalization {
        axis: i64,
        epsilon: f32,
    },
    Swish {
        alpha: f32,
    },
    /// What came before Resize. The scales are an attribute up to operator set 8, then an input.
    Upsample {
        linear: bool,
        scales: Option<Vec<f32>>,
    },

    /// Inputs: x, then what is added first. `exact`: by the error function, else by tanh.
    BiasGelu {
        exact: bool,
    },
    BiasSoftmax {
        axis: i64,
        inner: bool,
    },
    FusedConv {
        conv: ConvAttributes,
        activation: Option<FusedActivation>,
        planes_last: bool,
    },
    FusedGemm {
        gemm: GemmAttributes,
        activation: Option<FusedActivation>,
    },
    FusedMatMul {
        alpha: f32,
        trans_a: bool,
        trans_b: bool,
        activation: Option<FusedActivation>,
    },
    PlanesLastMaxPool(Op),
    QuickGelu {
        alpha: f32,
    },
    /// Inputs: x, what is added to it, scale, then bias and a second summand, of which `rms` has no bias.
    SkipNormalization {
        epsilon: f32,
        rms: bool,
    },

    /// Inputs: a, b, the scales and zero points of b, bias.
    DynamicQuantizeMatMul,
    DynamicQuantizeLstm(RecurrentAttributes),
    MatMulIntegerToFloat,
    /// Weights of few bits in blocks along the depth.
    MatMulNBits {
        depth: i64,
        columns: i64,
        bits: i64,
        block: i64,
    },
    QGemm(GemmAttributes),
    QLinearBinary(super::Binary),
    QLinearConcat {
        axis: i64,
    },
    QLinearConv {
        conv: ConvAttributes,
        planes_last: bool,
    },
    QLinearMatMul,
    /// One input, with scale and zero point, then those of the output. `name` is that of the operator.
    QLinearUnary {
        name: &'static str,
        op: Op,
        planes_last: bool,
    },
    QLinearWhere,
    /// What stands for it is stored: see [`crate::graph::sample`].
    Random(RandomAttributes),

    /// One of `ai.onnx.ml`.
    Ml(Ml),
}

/// Numbers that are drawn at random.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RandomAttributes {
    pub distribution: Distribution,
    /// `None` where it is that of the input.
    pub shape: Option<Vec<i64>>,
    /// `None` where it is that of the input.
    pub element: Option<ElementType>,
}

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Distribution {
    Normal { mean: f32, scale: f32 },
    Uniform { low: f32, high: f32 },
}

impl Distribution {
    /// What noise that is given to a model is like.
    pub(crate) const STANDARD: Self = Self::Normal { mean: 0.0, scale: 1.0 };

    pub(crate) fn mean(self) -> f32 {
        match self {
            Self::Normal { mean, .. } => mean,
            Self::Uniform { low, high } => ((f64::from(low) + f64::from(high)) / 2.0) as f32,
        }
    }
}

/// Attention by scaled products (ONNX, version 23).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AttentionAttributes {
    pub causal: bool,
    pub scale: Option<f32>,
    /// Heads of the query and of key and value, where the inputs have three axes.
    pub heads: Option<(i64, i64)>,
    pub softcap: f32,
}

/// What onnxruntime has joined to a layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FusedActivation {
    Op(Op),
    Clip { min: f32, max: f32 },
}

impl Composite {
    /// Its name in an ONNX file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Composite::Attention(_) | Composite::JoinedAttention { .. } => "Attention",
            Composite::DepthToSpace { .. } => "DepthToSpace",
            Composite::SpaceToDepth { .. } => "SpaceToDepth",
            Composite::Einsum { .. } => "Einsum",
            Composite::CastLike => "CastLike",
            Composite::LayerNormalization { .. } => "LayerNormalization",
            Composite::ReduceLog { exponents: true, .. } => "ReduceLogSumExp",
            Composite::ReduceLog { .. } => "ReduceLogSum",
            Composite::Trilu { .. } => "Trilu",
            Composite::GroupNormalization { .. } => "GroupNormalization",
            Composite::Ml(ml) => ml.name(),
            Composite::MeanVarianceNormalization { .. } => "MeanVarianceNormalization",
            Composite::RmsNormalization { .. } => "RMSNormalization",
            Composite::Swish { .. } => "Swish",
            Composite::Upsample { .. } => "Upsample",
            Composite::BiasGelu { exact: true } => "BiasGelu",
            Composite::BiasGelu { exact: false } => "FastGelu",
            Composite::BiasSoftmax { .. } => "BiasSoftmax",
            Composite::FusedConv { planes_last: true, .. } => "NhwcFusedConv",
            Composite::FusedConv { .. } => "FusedConv",
            Composite::FusedGemm { .. } => "FusedGemm",
            Composite::FusedMatMul { .. } => "FusedMatMul",
            Composite::PlanesLastMaxPool(_) => "NhwcMaxPool",
            Composite::QuickGelu { .. } => "QuickGelu",
            Composite::SkipNormalization { rms: false, .. } => "SkipLayerNormalization",
            Composite::SkipNormalization { .. } => "SkipSimplifiedLayerNormalization",
            Composite::DynamicQuantizeMatMul => "DynamicQuantizeMatMul",
            Composite::DynamicQuantizeLstm(_) => "DynamicQuantizeLSTM",
            Composite::MatMulIntegerToFloat => "MatMulIntegerToFloat",
            Composite::MatMulNBits { .. } => "MatMulNBits",
            Composite::QGemm(_) => "QGemm",
            Composite::QLinearBinary(super::Binary::Add) => "QLinearAdd",
            Composite::QLinearBinary(_) => "QLinearMul",
            Composite::QLinearConcat { .. } => "QLinearConcat",
            Composite::QLinearConv { .. } => "QLinearConv",
            Composite::QLinearMatMul => "QLinearMatMul",
            Composite::QLinearUnary { name, .. } => name,
            Composite::QLinearWhere => "QLinearWhere",
            Composite::Random(RandomAttributes { distribution, shape, .. }) => {
                match (distribution, shape) {
                    (Distribution::Normal { .. }, None) => "RandomNormalLike",
                    (Distribution::Normal { .. }, Some(_)) => "RandomNormal",
                    (Distribution::Uniform { .. }, None) => "RandomUniformLike",
                    (Distribution::Uniform { .. }, Some(_)) => "RandomUniform",
                }
            }
        }
    }
}
