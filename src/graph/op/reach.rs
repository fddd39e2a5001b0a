//! How far the answer of an operator at one place reaches into its inputs: what decides whether
//! windows may share a batch, and whether a table of 256 entries says all of it.

use super::Op;

/// How far the answer at a place reaches into the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To the same place alone.
    Place,
    /// Over axes of the same window.
    Window,
    /// Over axes among which the batch may be.
    Axes,
    /// Over a row of the first matrix.
    Product,
    /// Further, or to places elsewhere.
    Elsewhere,
}

impl Op {
    /// Whether each element that comes out is made of those at its place alone.
    pub(crate) fn is_by_element(&self) -> bool {
        matches!(self.reach(), Reach::Place)
    }

    /// See [`Reach`]. Parameters do not count.
    pub(crate) fn reach(&self) -> Reach {
        match self {
            Op::Unary(_)
            | Op::Binary(_)
            | Op::Variadic(_)
            | Op::Mod { .. }
            | Op::Where
            | Op::Cast { .. }
            | Op::Celu { .. }
            | Op::Clip { .. }
            | Op::Dropout { .. }
            | Op::Elu { .. }
            | Op::Gelu(_)
            | Op::HardSigmoid { .. }
            | Op::LeakyRelu { .. }
            | Op::PRelu
            | Op::Selu { .. }
            | Op::ThresholdedRelu { .. }
            | Op::Steps(_)
            | Op::QuantizeLinear { .. }
            | Op::DequantizeLinear { .. } => Reach::Place,
            Op::BatchNormalization { .. }
            | Op::InstanceNormalization { .. }
            | Op::LayerNormalization { .. } => Reach::Window,
            Op::LpNormalization { .. }
            | Op::Softmax { .. }
            | Op::LogSoftmax { .. }
            | Op::Reduce(_) => Reach::Axes,
            Op::MatMul | Op::MatMulInteger | Op::Gemm(_) | Op::Forest(_) => Reach::Product,
            // The range of the whole tensor decides how all of it is quantised.
            Op::DynamicQuantizeLinear
            | Op::Conv(_)
            | Op::ConvTranspose { .. }
            | Op::ConvInteger(_)
            | Op::AveragePool { .. }
            | Op::MaxPool { .. }
            | Op::GlobalAveragePool
            | Op::GlobalMaxPool
            | Op::Recurrent(_)
            | Op::Reshape { .. }
            | Op::Flatten { .. }
            | Op::Squeeze { .. }
            | Op::Unsqueeze { .. }
            | Op::Transpose { .. }
            | Op::Concat { .. }
            | Op::Split { .. }
            | Op::Slice(_)
            | Op::Gather { .. }
            | Op::GatherElements { .. }
            | Op::GatherNd { .. }
            | Op::ScatterElements { .. }
            | Op::ScatterNd { .. }
            | Op::ArgMax(_)
            | Op::TopK { .. }
            | Op::ArgMin(_)
            | Op::CumSum { .. }
            | Op::Pad { .. }
            | Op::Tile
            | Op::Expand
            | Op::Resize(_)
            | Op::Constant(_)
            | Op::ConstantOfShape { .. }
            | Op::Range
            | Op::Shape { .. }
            | Op::Size => Reach::Elsewhere,
        }
    }

    /// Whether an input may be empty, as the pads are that nobody asked for, or one of several parts.
    /// Such values are known, or joined to others.
    pub(crate) fn takes_empty(&self) -> bool {
        matches!(
            self,
            Op::Cast { .. }
                | Op::Concat { .. }
                | Op::Constant(_)
                | Op::ConstantOfShape { .. }
                | Op::Gather { .. }
                | Op::Expand
                | Op::Pad { .. }
                | Op::Reshape { .. }
                | Op::Resize(_)
                | Op::Shape { .. }
                | Op::Slice(_)
                | Op::Split { .. }
                | Op::Squeeze { .. }
                | Op::Transpose { .. }
                | Op::Unary(super::Unary::Identity)
                | Op::Unsqueeze { .. }
        )
    }

    /// Whether the rows of a batch cannot meet in this operator, so that one plan may serve every
    /// batch size.
    pub(crate) fn keeps_rows_apart(&self) -> bool {
        matches!(self.reach(), Reach::Place | Reach::Window | Reach::Product)
            || matches!(self, Op::Constant(_))
    }
}
