//! The operators that a model may use, with their arity, their attributes and the rule that tells
//! the shapes of their outputs.
//!
//! An operator is here when the engine runs it rightly and its output can be sized before running.
//! An attribute that is not listed is refused: the engine would leave it out without a word.

/// How the shapes of an operator's outputs follow from its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// As the first input.
    Same,
    /// All inputs broadcast to one shape.
    Broadcast,
    /// As the first input, then a scale and a zero point.
    DynamicQuantize,
    /// Matrix product of these two inputs.
    MatMul(usize, usize),
    Gemm,
    /// Convolution of the first input with the input of this index.
    Conv(usize),
    ConvTranspose,
    Pool,
    GlobalPool,
    Reduce,
    /// Recurrent, with this many gates.
    Recurrent(usize),
    Reshape,
    Flatten,
    Squeeze,
    Unsqueeze,
    Transpose,
    Concat,
    Split,
    Slice,
    Gather,
    Pad,
    Tile,
    Expand,
    Resize,
    Constant,
    ConstantOfShape,
    Range,
    Shape,
    Size,
}

/// One operator of the default ONNX domain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operator {
    pub name: &'static str,
    /// Fewest and most inputs.
    pub inputs: (usize, usize),
    /// Fewest and most outputs.
    pub outputs: (usize, usize),
    pub attributes: &'static [&'static str],
    pub rule: Rule,
}

const fn op(
    name: &'static str,
    inputs: (usize, usize),
    outputs: (usize, usize),
    attributes: &'static [&'static str],
    rule: Rule,
) -> Operator {
    Operator { name, inputs, outputs, attributes, rule }
}

const fn unary(name: &'static str, attributes: &'static [&'static str]) -> Operator {
    op(name, (1, 1), (1, 1), attributes, Rule::Same)
}

const fn binary(name: &'static str) -> Operator {
    op(name, (2, 2), (1, 1), &[], Rule::Broadcast)
}

const fn many(name: &'static str) -> Operator {
    op(name, (1, 16), (1, 1), &[], Rule::Broadcast)
}

const fn reduce(name: &'static str) -> Operator {
    op(name, (1, 2), (1, 1), &["axes", "keepdims", "noop_with_empty_axes"], Rule::Reduce)
}

const CONV: &[&str] = &["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"];

const OPERATORS: &[Operator] = &[
    // Element by element.
    unary("Abs", &[]),
    unary("Cast", &["to", "saturate"]),
    unary("Ceil", &[]),
    unary("Celu", &["alpha"]),
    op("Clip", (1, 3), (1, 1), &["max", "min"], Rule::Same),
    unary("Cos", &[]),
    op("Dropout", (1, 3), (1, 1), &["ratio", "seed"], Rule::Same),
    unary("Elu", &["alpha"]),
    unary("Erf", &[]),
    unary("Exp", &[]),
    unary("Floor", &[]),
    unary("Gelu", &["approximate"]),
    unary("HardSigmoid", &["alpha", "beta"]),
    unary("HardSwish", &[]),
    unary("Identity", &[]),
    unary("LeakyRelu", &["alpha"]),
    unary("Log", &[]),
    unary("Mish", &[]),
    unary("Neg", &[]),
    unary("Not", &[]),
    op("PRelu", (2, 2), (1, 1), &[], Rule::Same),
    unary("Reciprocal", &[]),
    unary("Relu", &[]),
    unary("Round", &[]),
    unary("Selu", &["alpha", "gamma"]),
    unary("Sigmoid", &[]),
    unary("Sign", &[]),
    unary("Sin", &[]),
    unary("Softplus", &[]),
    unary("Softsign", &[]),
    unary("Sqrt", &[]),
    unary("Tanh", &[]),
    unary("ThresholdedRelu", &["alpha"]),
    binary("Add"),
    binary("And"),
    binary("Div"),
    binary("Equal"),
    binary("Greater"),
    binary("GreaterOrEqual"),
    binary("Less"),
    binary("LessOrEqual"),
    op("Mod", (2, 2), (1, 1), &["fmod"], Rule::Broadcast),
    binary("Mul"),
    binary("Or"),
    binary("Pow"),
    binary("Sub"),
    binary("Xor"),
    many("Max"),
    many("Mean"),
    many("Min"),
    many("Sum"),
    op("Where", (3, 3), (1, 1), &[], Rule::Broadcast),
    // Normalisation.
    op("BatchNormalization", (5, 5), (1, 1), &["epsilon", "momentum", "training_mode"], Rule::Same),
    op("InstanceNormalization", (3, 3), (1, 1), &["epsilon"], Rule::Same),
    op("LayerNormalization", (2, 3), (1, 1), &["axis", "epsilon", "stash_type"], Rule::Same),
    unary("LogSoftmax", &["axis"]),
    unary("LpNormalization", &["axis", "p"]),
    unary("Softmax", &["axis"]),
    // Layers.
    op("MatMul", (2, 2), (1, 1), &[], Rule::MatMul(0, 1)),
    op("Gemm", (2, 3), (1, 1), &["alpha", "beta", "transA", "transB"], Rule::Gemm),
    op("Conv", (2, 3), (1, 1), CONV, Rule::Conv(1)),
    op(
        "ConvTranspose",
        (2, 3),
        (1, 1),
        &["auto_pad", "dilations", "group", "kernel_shape", "output_padding", "pads", "strides"],
        Rule::ConvTranspose,
    ),
    op(
        "AveragePool",
        (1, 1),
        (1, 1),
        &[
            "auto_pad",
            "ceil_mode",
            "count_include_pad",
            "dilations",
            "kernel_shape",
            "pads",
            "strides",
        ],
        Rule::Pool,
    ),
    op(
        "MaxPool",
        (1, 1),
        (1, 1),
        &["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"],
        Rule::Pool,
    ),
    op("GlobalAveragePool", (1, 1), (1, 1), &[], Rule::GlobalPool),
    op("GlobalMaxPool", (1, 1), (1, 1), &[], Rule::GlobalPool),
    op(
        "LSTM",
        (3, 7),
        (1, 3),
        &["activations", "direction", "hidden_size", "input_forget", "layout"],
        Rule::Recurrent(4),
    ),
    op(
        "GRU",
        (3, 6),
        (1, 2),
        &["activations", "direction", "hidden_size", "layout", "linear_before_reset"],
        Rule::Recurrent(3),
    ),
    op(
        "RNN",
        (3, 6),
        (1, 2),
        &["activations", "direction", "hidden_size", "layout"],
        Rule::Recurrent(1),
    ),
    reduce("ReduceL1"),
    reduce("ReduceL2"),
    reduce("ReduceMax"),
    reduce("ReduceMean"),
    reduce("ReduceMin"),
    reduce("ReduceProd"),
    reduce("ReduceSum"),
    reduce("ReduceSumSquare"),
    // Quantised.
    op("QuantizeLinear", (2, 3), (1, 1), &["axis"], Rule::Same),
    op("DequantizeLinear", (2, 3), (1, 1), &["axis"], Rule::Same),
    op("DynamicQuantizeLinear", (1, 1), (3, 3), &[], Rule::DynamicQuantize),
    op("MatMulInteger", (2, 4), (1, 1), &[], Rule::MatMul(0, 1)),
    op("QLinearMatMul", (8, 8), (1, 1), &[], Rule::MatMul(0, 3)),
    op("ConvInteger", (2, 4), (1, 1), CONV, Rule::Conv(1)),
    op("QLinearConv", (8, 9), (1, 1), CONV, Rule::Conv(3)),
    // Shapes.
    op("Reshape", (2, 2), (1, 1), &["allowzero"], Rule::Reshape),
    op("Flatten", (1, 1), (1, 1), &["axis"], Rule::Flatten),
    op("Squeeze", (1, 2), (1, 1), &["axes"], Rule::Squeeze),
    op("Unsqueeze", (1, 2), (1, 1), &["axes"], Rule::Unsqueeze),
    op("Transpose", (1, 1), (1, 1), &["perm"], Rule::Transpose),
    op("Concat", (1, 64), (1, 1), &["axis"], Rule::Concat),
    op("Split", (1, 2), (1, 64), &["axis", "num_outputs", "split"], Rule::Split),
    op("Slice", (1, 5), (1, 1), &["axes", "ends", "starts"], Rule::Slice),
    op("Gather", (2, 2), (1, 1), &["axis"], Rule::Gather),
    op("Pad", (1, 4), (1, 1), &["mode", "pads", "value"], Rule::Pad),
    op("Tile", (2, 2), (1, 1), &[], Rule::Tile),
    op("Expand", (2, 2), (1, 1), &[], Rule::Expand),
    op(
        "Resize",
        (2, 4),
        (1, 1),
        &[
            "antialias",
            "axes",
            "coordinate_transformation_mode",
            "cubic_coeff_a",
            "exclude_outside",
            "extrapolation_value",
            "keep_aspect_ratio_policy",
            "mode",
            "nearest_mode",
        ],
        Rule::Resize,
    ),
    op(
        "Constant",
        (0, 0),
        (1, 1),
        &["value", "value_float", "value_floats", "value_int", "value_ints"],
        Rule::Constant,
    ),
    op("ConstantOfShape", (1, 1), (1, 1), &["value"], Rule::ConstantOfShape),
    op("Range", (3, 3), (1, 1), &[], Rule::Range),
    op("Shape", (1, 1), (1, 1), &["end", "start"], Rule::Shape),
    op("Size", (1, 1), (1, 1), &[], Rule::Size),
];

/// Attributes that became inputs: the engine leaves them out from this operator set on.
pub(crate) const RETIRED: &[(&str, &str, i64)] = &[
    ("Clip", "max", 11),
    ("Clip", "min", 11),
    ("Dropout", "ratio", 12),
    ("Pad", "pads", 11),
    ("Pad", "value", 11),
    ("ReduceL1", "axes", 18),
    ("ReduceL2", "axes", 18),
    ("ReduceMax", "axes", 18),
    ("ReduceMean", "axes", 18),
    ("ReduceMin", "axes", 18),
    ("ReduceProd", "axes", 18),
    ("ReduceSum", "axes", 13),
    ("ReduceSumSquare", "axes", 18),
    ("Slice", "axes", 10),
    ("Slice", "ends", 10),
    ("Slice", "starts", 10),
    ("Split", "split", 13),
    ("Squeeze", "axes", 13),
    ("Unsqueeze", "axes", 13),
];

/// The operator of that name in the default domain, if a model may use it.
pub(crate) fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

/// Whether the rows of a batch cannot meet in this operator, so that one plan may serve every
/// batch size. Those that quantise by the range of the whole tensor are left out.
pub(crate) fn row_by_row(name: &str) -> bool {
    find(name).is_some_and(|operator| match operator.rule {
        Rule::MatMul(..) | Rule::Gemm | Rule::Broadcast | Rule::Constant => true,
        Rule::Same => !matches!(name, "LogSoftmax" | "LpNormalization" | "Softmax"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_retired_attributes_exist() {
        for (index, operator) in OPERATORS.iter().enumerate() {
            assert!(OPERATORS[..index].iter().all(|other| other.name != operator.name));
        }
        for (name, attribute, _) in RETIRED {
            assert!(find(name).is_some_and(|op| op.attributes.contains(attribute)), "{name}");
        }
    }
}
