//! An operator's name and attributes, as ONNX writes them: the way back from [`Op`].

use super::{
    Attribute, AutoPad, ConvAttributes, GemmAttributes, KernelAttributes, Op, RecurrentAttributes,
    RecurrentCell, ReduceAttributes, ResizeAttributes, SliceAttributes,
};

/// Names with values.
type Attributes = Vec<(&'static str, Attribute)>;

impl Op {
    /// Its name in an ONNX file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Op::Unary(unary) => unary.word(),
            Op::Binary(binary) => binary.word(),
            Op::Variadic(variadic) => variadic.word(),
            Op::Reduce(reduce) => reduce.reduction.word(),
            Op::Recurrent(RecurrentAttributes { cell, .. }) => match cell {
                RecurrentCell::Lstm { .. } => "LSTM",
                RecurrentCell::Gru { .. } => "GRU",
                RecurrentCell::Rnn => "RNN",
            },
            Op::Mod { .. } => "Mod",
            Op::Where => "Where",
            Op::Cast { .. } => "Cast",
            Op::Celu { .. } => "Celu",
            Op::Clip { .. } => "Clip",
            Op::Dropout { .. } => "Dropout",
            Op::Elu { .. } => "Elu",
            Op::Gelu(_) => "Gelu",
            Op::HardSigmoid { .. } => "HardSigmoid",
            Op::LeakyRelu { .. } => "LeakyRelu",
            Op::PRelu => "PRelu",
            Op::Selu { .. } => "Selu",
            Op::ThresholdedRelu { .. } => "ThresholdedRelu",
            Op::BatchNormalization { .. } => "BatchNormalization",
            Op::InstanceNormalization { .. } => "InstanceNormalization",
            Op::LayerNormalization { .. } => "LayerNormalization",
            Op::LpNormalization { .. } => "LpNormalization",
            Op::Softmax { .. } => "Softmax",
            Op::LogSoftmax { .. } => "LogSoftmax",
            Op::MatMul => "MatMul",
            Op::Gemm(_) => "Gemm",
            Op::Conv(_) => "Conv",
            Op::ConvTranspose { .. } => "ConvTranspose",
            Op::AveragePool { .. } => "AveragePool",
            Op::MaxPool { .. } => "MaxPool",
            Op::GlobalAveragePool => "GlobalAveragePool",
            Op::GlobalMaxPool => "GlobalMaxPool",
            Op::Steps(_) => "QuantisedSteps",
            Op::QuantizeLinear { .. } => "QuantizeLinear",
            Op::DequantizeLinear { .. } => "DequantizeLinear",
            Op::DynamicQuantizeLinear => "DynamicQuantizeLinear",
            Op::MatMulInteger => "MatMulInteger",
            Op::ConvInteger(_) => "ConvInteger",
            Op::Reshape { .. } => "Reshape",
            Op::Flatten { .. } => "Flatten",
            Op::Squeeze { .. } => "Squeeze",
            Op::Unsqueeze { .. } => "Unsqueeze",
            Op::Transpose { .. } => "Transpose",
            Op::Concat { .. } => "Concat",
            Op::Split { .. } => "Split",
            Op::Slice(_) => "Slice",
            Op::Gather { .. } => "Gather",
            Op::GatherElements { .. } => "GatherElements",
            Op::GatherNd { .. } => "GatherND",
            Op::ScatterElements { .. } => "ScatterElements",
            Op::ScatterNd { .. } => "ScatterND",
            Op::ArgMax(_) => "ArgMax",
            Op::TopK { .. } => "TopK",
            Op::ArgMin(_) => "ArgMin",
            Op::CumSum { .. } => "CumSum",
            Op::Pad { .. } => "Pad",
            Op::Tile => "Tile",
            Op::Expand => "Expand",
            Op::Resize(_) => "Resize",
            Op::Constant(_) => "Constant",
            Op::ConstantOfShape { .. } => "ConstantOfShape",
            Op::Range => "Range",
            Op::Shape { .. } => "Shape",
            Op::Size => "Size",
            Op::Forest(_) => "TreeEnsemble",
        }
    }

    /// Its attributes. Stored tensors are moved, not copied.
    pub(crate) fn into_attributes(self) -> Attributes {
        match self {
            Op::Mod { fmod } => vec![flag("fmod", fmod)],
            Op::Cast { to, saturate } => {
                vec![int("to", i64::from(to.onnx())), flag("saturate", saturate)]
            }
            Op::Celu { alpha }
            | Op::Elu { alpha }
            | Op::LeakyRelu { alpha }
            | Op::ThresholdedRelu { alpha } => vec![float("alpha", alpha)],
            Op::Clip { min, max } => {
                given([min.map(|min| float("min", min)), max.map(|max| float("max", max))])
            }
            Op::Dropout { ratio, seed } => given([
                ratio.map(|ratio| float("ratio", ratio)),
                seed.map(|seed| int("seed", seed)),
            ]),
            Op::Gelu(formula) => vec![text("approximate", formula.word())],
            Op::HardSigmoid { alpha, beta } => vec![float("alpha", alpha), float("beta", beta)],
            Op::Selu { alpha, gamma } => given([
                alpha.map(|alpha| float("alpha", alpha)),
                gamma.map(|gamma| float("gamma", gamma)),
            ]),
            Op::BatchNormalization { epsilon, momentum, training } => vec![
                float("epsilon", epsilon),
                float("momentum", momentum),
                flag("training_mode", training),
            ],
            Op::InstanceNormalization { epsilon } => vec![float("epsilon", epsilon)],
            Op::LayerNormalization { axis, epsilon, stash_type } => {
                vec![int("axis", axis), float("epsilon", epsilon), int("stash_type", stash_type)]
            }
            Op::LpNormalization { axis, p } => vec![int("axis", axis), int("p", p)],
            Op::Softmax { axis }
            | Op::LogSoftmax { axis }
            | Op::Flatten { axis }
            | Op::Concat { axis }
            | Op::GatherElements { axis }
            | Op::Gather { axis } => vec![int("axis", axis)],
            Op::GatherNd { batch_dims } => vec![int("batch_dims", batch_dims)],
            Op::ScatterElements { axis, reduction } => {
                vec![int("axis", axis), text("reduction", reduction.word())]
            }
            Op::ScatterNd { reduction } => vec![text("reduction", reduction.word())],
            Op::TopK { axis, largest } => {
                vec![int("axis", axis), flag("largest", largest), flag("sorted", true)]
            }
            Op::ArgMax(said) | Op::ArgMin(said) => vec![
                int("axis", said.axis),
                flag("keepdims", said.keep_dims),
                flag("select_last_index", said.last),
            ],
            Op::CumSum { exclusive, reverse } => {
                vec![flag("exclusive", exclusive), flag("reverse", reverse)]
            }
            Op::QuantizeLinear { axis, block, to } => with(
                vec![int("axis", axis), int("block_size", block)],
                [to.map(|to| int("output_dtype", i64::from(to.onnx())))],
            ),
            Op::DequantizeLinear { axis, block } => {
                vec![int("axis", axis), int("block_size", block)]
            }
            Op::Steps(steps) => vec![
                float("scale", steps.scale),
                float("zero_point", steps.zero_point),
                float("lowest", steps.lowest),
                float("highest", steps.highest),
                int("way", steps.way as i64),
            ],
            Op::Gemm(GemmAttributes { alpha, beta, trans_a, trans_b }) => vec![
                float("alpha", alpha),
                float("beta", beta),
                flag("transA", trans_a),
                flag("transB", trans_b),
            ],
            Op::Conv(conv) | Op::ConvInteger(conv) => convolution(conv),
            Op::ConvTranspose { conv, output_padding } => {
                with(convolution(conv), [output_padding.map(|all| ints("output_padding", all))])
            }
            Op::AveragePool { kernel, ceil, count_include_pad } => {
                let more = [flag("ceil_mode", ceil), flag("count_include_pad", count_include_pad)];
                with(geometry(kernel), more.map(Some))
            }
            Op::MaxPool { kernel, ceil, storage_order } => {
                let more = [flag("ceil_mode", ceil), int("storage_order", storage_order)];
                with(geometry(kernel), more.map(Some))
            }
            Op::Recurrent(recurrent) => recurrence(recurrent),
            Op::Reduce(ReduceAttributes { axes, keep_dims, noop_with_empty_axes, .. }) => with(
                vec![
                    flag("keepdims", keep_dims),
                    flag("noop_with_empty_axes", noop_with_empty_axes),
                ],
                [axes.map(|axes| ints("axes", axes))],
            ),
            Op::Reshape { allow_zero } => vec![flag("allowzero", allow_zero)],
            Op::Squeeze { axes } | Op::Unsqueeze { axes } => {
                given([axes.map(|axes| ints("axes", axes))])
            }
            Op::Transpose { perm } => given([perm.map(|perm| ints("perm", perm))]),
            Op::Split { axis, lengths, parts } => with(
                vec![int("axis", axis)],
                [
                    lengths.map(|all| ints("split", all)),
                    parts.map(|parts| int("num_outputs", parts)),
                ],
            ),
            Op::Slice(SliceAttributes { starts, ends, axes }) => given([
                starts.map(|all| ints("starts", all)),
                ends.map(|all| ints("ends", all)),
                axes.map(|all| ints("axes", all)),
            ]),
            Op::Pad { mode, pads, value } => with(
                vec![text("mode", mode.word())],
                [pads.map(|pads| ints("pads", pads)), value.map(|value| float("value", value))],
            ),
            Op::Resize(resize) => resizing(resize),
            Op::Constant(value) => vec![("value", Attribute::Tensor(value))],
            Op::ConstantOfShape { value } => {
                given([value.map(|value| ("value", Attribute::Tensor(value)))])
            }
            Op::Shape { start, end } => {
                with(vec![int("start", start)], [end.map(|end| int("end", end))])
            }
            Op::Unary(_)
            | Op::Binary(_)
            | Op::Variadic(_)
            | Op::Where
            | Op::PRelu
            | Op::MatMul
            | Op::GlobalAveragePool
            | Op::GlobalMaxPool
            | Op::DynamicQuantizeLinear
            | Op::MatMulInteger
            | Op::Tile
            | Op::Expand
            | Op::Range
            | Op::Size
            // An engine is given the trees themselves.
            | Op::Forest(_) => Vec::new(),
        }
    }
}

fn int(name: &'static str, value: i64) -> (&'static str, Attribute) {
    (name, Attribute::Int(value))
}

fn flag(name: &'static str, value: bool) -> (&'static str, Attribute) {
    int(name, i64::from(value))
}

fn ints(name: &'static str, values: Vec<i64>) -> (&'static str, Attribute) {
    (name, Attribute::Ints(values))
}

fn float(name: &'static str, value: f32) -> (&'static str, Attribute) {
    (name, Attribute::Float(value))
}

fn text(name: &'static str, word: &str) -> (&'static str, Attribute) {
    (name, Attribute::Text(word.to_owned()))
}

fn given<const N: usize>(attributes: [Option<(&'static str, Attribute)>; N]) -> Attributes {
    attributes.into_iter().flatten().collect()
}

fn with<const N: usize>(
    mut attributes: Attributes,
    more: [Option<(&'static str, Attribute)>; N],
) -> Attributes {
    attributes.extend(more.into_iter().flatten());
    attributes
}

fn geometry(kernel: KernelAttributes) -> Attributes {
    let KernelAttributes { auto_pad, kernel_shape, strides, dilations, pads } = kernel;
    given([
        (auto_pad != AutoPad::NotSet).then(|| text("auto_pad", auto_pad.word())),
        kernel_shape.map(|all| ints("kernel_shape", all)),
        strides.map(|all| ints("strides", all)),
        dilations.map(|all| ints("dilations", all)),
        pads.map(|all| ints("pads", all)),
    ])
}

fn convolution(conv: ConvAttributes) -> Attributes {
    with(geometry(conv.kernel), [Some(int("group", conv.group))])
}

fn recurrence(recurrent: RecurrentAttributes) -> Attributes {
    let RecurrentAttributes { cell, direction, hidden_size, activations, batch_first } = recurrent;
    let of_the_cell = match cell {
        RecurrentCell::Lstm { input_forget } => Some(flag("input_forget", input_forget)),
        RecurrentCell::Gru { linear_before_reset } => {
            Some(flag("linear_before_reset", linear_before_reset))
        }
        RecurrentCell::Rnn => None,
    };
    given([
        of_the_cell,
        Some(text("direction", direction.word())),
        Some(flag("layout", batch_first)),
        hidden_size.map(|size| int("hidden_size", size)),
        activations.map(|all| ("activations", Attribute::Texts(all))),
    ])
}

fn resizing(resize: ResizeAttributes) -> Attributes {
    let ResizeAttributes { mode, coordinates, nearest, aspect, axes, antialias, .. } = resize;
    let ResizeAttributes { cubic_coeff_a, exclude_outside, extrapolation_value, .. } = resize;
    given([
        Some(text("mode", mode.word())),
        coordinates.map(|mode| text("coordinate_transformation_mode", mode.word())),
        nearest.map(|mode| text("nearest_mode", mode.word())),
        aspect.map(|policy| text("keep_aspect_ratio_policy", policy.word())),
        axes.map(|axes| ints("axes", axes)),
        antialias.map(|on| int("antialias", on)),
        cubic_coeff_a.map(|a| float("cubic_coeff_a", a)),
        exclude_outside.map(|on| int("exclude_outside", on)),
        extrapolation_value.map(|value| float("extrapolation_value", value)),
    ])
}
