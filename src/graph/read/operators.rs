//! The operators that a model may use, with their arity, the attributes they may have, and the
//! function that reads these.
//!
//! An operator is here when the engine runs it rightly and its output can be sized before running.
//! An attribute that is not listed is refused: the engine would leave it out without a word.

use super::composite;
use super::ml;
use super::operator::{CONV, Operator, STANDARD, composite as made_up, op, standard, unary};
use super::parse;
use super::vendors;

/// One input and one output, without attributes.
const fn plain(name: &'static str) -> Operator {
    unary(name, &[], parse::plain)
}

const fn binary(name: &'static str) -> Operator {
    op(name, (2, 2), (1, 1), &[], parse::plain)
}

/// Values that a node may join or make: as many as the steps of a series that is written out.
const MANY: usize = 25_000;

const fn many(name: &'static str) -> Operator {
    op(name, (1, MANY), (1, 1), &[], parse::plain)
}

const fn reduce(name: &'static str) -> Operator {
    op(name, (1, 2), (1, 1), REDUCE, parse::reduce)
}

const REDUCE: &[&str] = &["axes", "keepdims", "noop_with_empty_axes"];

pub(super) const OPERATORS: &[Operator] = &[
    // Element by element.
    plain("Abs"),
    unary("Cast", &["to", "saturate"], parse::cast),
    plain("Acos"),
    plain("Acosh"),
    plain("Asin"),
    plain("Asinh"),
    plain("Atan"),
    plain("Atanh"),
    plain("Ceil"),
    unary("Celu", &["alpha"], parse::activation),
    op("Clip", (1, 3), (1, 1), &["max", "min"], parse::clip),
    plain("Cos"),
    plain("Cosh"),
    op("Dropout", (1, 3), (1, 1), &["ratio", "seed"], parse::dropout),
    unary("Elu", &["alpha"], parse::activation),
    plain("Erf"),
    plain("Exp"),
    plain("Floor"),
    unary("Gelu", &["approximate"], parse::gelu),
    unary("HardSigmoid", &["alpha", "beta"], parse::activation),
    plain("HardSwish"),
    plain("Identity"),
    plain("IsNaN"),
    unary("LeakyRelu", &["alpha"], parse::activation),
    plain("Log"),
    plain("Mish"),
    plain("Neg"),
    plain("Not"),
    op("PRelu", (2, 2), (1, 1), &[], parse::plain),
    plain("Reciprocal"),
    plain("Relu"),
    plain("Round"),
    unary("Selu", &["alpha", "gamma"], parse::activation),
    plain("Sigmoid"),
    plain("Sign"),
    plain("Sin"),
    plain("Sinh"),
    plain("Softplus"),
    plain("Softsign"),
    plain("Sqrt"),
    plain("Tan"),
    plain("Tanh"),
    unary("ThresholdedRelu", &["alpha"], parse::activation),
    binary("Add"),
    binary("And"),
    binary("Div"),
    binary("Equal"),
    binary("Greater"),
    binary("GreaterOrEqual"),
    binary("Less"),
    binary("LessOrEqual"),
    op("Mod", (2, 2), (1, 1), &["fmod"], parse::modulo),
    binary("Mul"),
    binary("Or"),
    binary("Pow"),
    binary("Sub"),
    binary("Xor"),
    many("Max"),
    many("Mean"),
    many("Min"),
    many("Sum"),
    op("Where", (3, 3), (1, 1), &[], parse::plain),
    // Normalisation.
    op(
        "BatchNormalization",
        (5, 5),
        (1, 1),
        &["epsilon", "momentum", "training_mode"],
        parse::normalization,
    ),
    op("InstanceNormalization", (3, 3), (1, 1), &["epsilon"], parse::normalization),
    made_up(
        STANDARD,
        "LayerNormalization",
        (2, 3),
        (1, 3),
        &["axis", "epsilon", "stash_type"],
        composite::normalization,
    ),
    standard(
        "GroupNormalization",
        (3, 3),
        &["epsilon", "num_groups", "stash_type"],
        composite::normalization,
    ),
    standard("MeanVarianceNormalization", (1, 1), &["axes"], composite::normalization),
    standard(
        "RMSNormalization",
        (2, 2),
        &["axis", "epsilon", "stash_type"],
        composite::normalization,
    ),
    // What onnxruntime calls it, in the default domain.
    standard(
        "SimplifiedLayerNormalization",
        (2, 2),
        &["axis", "epsilon", "stash_type"],
        composite::normalization,
    ),
    unary("LogSoftmax", &["axis"], parse::normalization),
    unary("LpNormalization", &["axis", "p"], parse::normalization),
    unary("Softmax", &["axis"], parse::normalization),
    // Layers.
    op("MatMul", (2, 2), (1, 1), &[], parse::plain),
    op("Gemm", (2, 3), (1, 1), &["alpha", "beta", "transA", "transB"], parse::gemm),
    op("Conv", (2, 3), (1, 1), CONV, parse::conv),
    op(
        "ConvTranspose",
        (2, 3),
        (1, 1),
        &["auto_pad", "dilations", "group", "kernel_shape", "output_padding", "pads", "strides"],
        parse::conv,
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
        parse::average_pool,
    ),
    op(
        "MaxPool",
        (1, 1),
        (1, 1),
        &["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"],
        parse::max_pool,
    ),
    op("GlobalAveragePool", (1, 1), (1, 1), &[], parse::plain),
    op("GlobalMaxPool", (1, 1), (1, 1), &[], parse::plain),
    op(
        "LSTM",
        (3, 7),
        (1, 3),
        &["activations", "direction", "hidden_size", "input_forget", "layout"],
        parse::recurrent,
    ),
    op(
        "GRU",
        (3, 6),
        (1, 2),
        &["activations", "direction", "hidden_size", "layout", "linear_before_reset"],
        parse::recurrent,
    ),
    op(
        "RNN",
        (3, 6),
        (1, 2),
        &["activations", "direction", "hidden_size", "layout"],
        parse::recurrent,
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
    op(
        "QuantizeLinear",
        (2, 3),
        (1, 1),
        &["axis", "block_size", "output_dtype", "precision", "saturate"],
        parse::along_axis,
    ),
    op(
        "DequantizeLinear",
        (2, 3),
        (1, 1),
        &["axis", "block_size", "output_dtype"],
        parse::along_axis,
    ),
    op("DynamicQuantizeLinear", (1, 1), (1, 3), &[], parse::plain),
    op("MatMulInteger", (2, 4), (1, 1), &[], parse::plain),
    standard("QLinearMatMul", (8, 8), &[], composite::quantised),
    op("ConvInteger", (2, 4), (1, 1), CONV, parse::conv),
    standard("QLinearConv", (8, 9), CONV, composite::quantised_layer),
    // What others make up.
    standard(
        "Attention",
        (3, 4),
        &[
            "is_causal",
            "kv_num_heads",
            "q_num_heads",
            "qk_matmul_output_mode",
            "scale",
            "softcap",
            "softmax_precision",
        ],
        composite::attention,
    ),
    standard("DepthToSpace", (1, 1), &["blocksize", "mode"], composite::blocks),
    standard("SpaceToDepth", (1, 1), &["blocksize"], composite::blocks),
    standard("Einsum", (1, 16), &["equation"], composite::einsum),
    standard(
        "RandomNormal",
        (0, 0),
        &["dtype", "mean", "scale", "seed", "shape"],
        composite::random,
    ),
    standard("RandomNormalLike", (1, 1), &["dtype", "mean", "scale", "seed"], composite::random),
    standard(
        "RandomUniform",
        (0, 0),
        &["dtype", "high", "low", "seed", "shape"],
        composite::random,
    ),
    standard("RandomUniformLike", (1, 1), &["dtype", "high", "low", "seed"], composite::random),
    standard("Swish", (1, 1), &["alpha"], composite::gelu),
    standard("Upsample", (1, 2), &["mode", "scales"], composite::upsample),
    // Shapes.
    op("Reshape", (2, 2), (1, 1), &["allowzero"], parse::reshape),
    op("Flatten", (1, 1), (1, 1), &["axis"], parse::along_axis),
    op("Squeeze", (1, 2), (1, 1), &["axes"], parse::squeeze),
    op("Unsqueeze", (1, 2), (1, 1), &["axes"], parse::squeeze),
    op("Transpose", (1, 1), (1, 1), &["perm"], parse::transpose),
    op("Concat", (1, MANY), (1, 1), &["axis"], parse::along_axis),
    op("Split", (1, 2), (1, MANY), &["axis", "num_outputs", "split"], parse::split),
    op("Slice", (1, 5), (1, 1), &["axes", "ends", "starts"], parse::slice),
    op("Gather", (2, 2), (1, 1), &["axis"], parse::along_axis),
    op("GatherElements", (2, 2), (1, 1), &["axis"], parse::along_axis),
    op("GatherND", (2, 2), (1, 1), &["batch_dims"], parse::along_axis),
    op("ScatterElements", (3, 3), (1, 1), &["axis", "reduction"], parse::scatter),
    op("ScatterND", (3, 3), (1, 1), &["reduction"], parse::scatter),
    unary("ArgMax", &["axis", "keepdims", "select_last_index"], parse::arg),
    unary("ArgMin", &["axis", "keepdims", "select_last_index"], parse::arg),
    op("TopK", (2, 2), (1, 2), &["axis", "largest", "sorted"], parse::top_k),
    op("CumSum", (2, 2), (1, 1), &["exclusive", "reverse"], parse::cum_sum),
    standard("CastLike", (2, 2), &["saturate"], composite::plain),
    standard("Trilu", (1, 2), &["upper"], composite::trilu),
    standard("ReduceLogSum", (1, 2), REDUCE, composite::reduce_log),
    standard("ReduceLogSumExp", (1, 2), REDUCE, composite::reduce_log),
    op("Pad", (1, 4), (1, 1), &["mode", "pads", "value"], parse::pad),
    op("Tile", (2, 2), (1, 1), &[], parse::plain),
    op("Expand", (2, 2), (1, 1), &[], parse::plain),
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
        parse::resize,
    ),
    op(
        "Constant",
        (0, 0),
        (1, 1),
        &["value", "value_float", "value_floats", "value_int", "value_ints"],
        parse::constant,
    ),
    op("ConstantOfShape", (1, 1), (1, 1), &["value"], parse::constant_of_shape),
    op("Range", (3, 3), (1, 1), &[], parse::plain),
    op("Shape", (1, 1), (1, 1), &["end", "start"], parse::shape),
    op("Size", (1, 1), (1, 1), &[], parse::plain),
];

/// The operator of that name in a domain, if a model may use it.
pub(super) fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    let domain = if domain == "ai.onnx" { STANDARD } else { domain };
    let all = OPERATORS.iter().chain(vendors::OPERATORS).chain(ml::OPERATORS);
    let mut all = all.filter(|operator| operator.domain == domain);
    all.find(|operator| operator.name == name)
}

#[cfg(test)]
mod tests {
    use super::super::operator::RETIRED;
    use super::*;

    #[test]
    fn names_are_unique_and_retired_attributes_exist() {
        for (index, operator) in OPERATORS.iter().enumerate() {
            assert!(
                OPERATORS[..index].iter().all(|other| {
                    (other.domain, other.name) != (operator.domain, operator.name)
                })
            );
        }
        for (name, attribute, _) in RETIRED {
            assert!(
                find(STANDARD, name).is_some_and(|op| op.attributes.contains(attribute)),
                "{name}"
            );
        }
    }
}
