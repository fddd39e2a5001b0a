//! The operators of onnxruntime's own domain that its quantiser and its optimiser write.
//!
//! As in [`super::operators`]: what is not listed is refused.

use super::composite;
use super::operator::{CONV, Operator, composite as made_up, with_domain};
use super::parse;

/// The domain of onnxruntime.
const MICROSOFT: &str = "com.microsoft";

const fn op(
    name: &'static str,
    inputs: (usize, usize),
    attributes: &'static [&'static str],
    parse: super::operator::ParseComposite,
) -> Operator {
    made_up(MICROSOFT, name, inputs, (1, 1), attributes, parse)
}

const FUSED_CONV: &[&str] = &[
    "activation",
    "activation_params",
    "auto_pad",
    "dilations",
    "group",
    "kernel_shape",
    "pads",
    "strides",
];
const QLINEAR_CONV: &[&str] =
    &["auto_pad", "channels_last", "dilations", "group", "kernel_shape", "pads", "strides"];
const FUSED_MATMUL: &[&str] = &["alpha", "transA", "transB", "transBatchA", "transBatchB"];
const QUANTIZE: &[&str] = &["axis", "block_size", "output_dtype", "saturate"];
const DEQUANTIZE: &[&str] = &["axis", "block_size", "output_dtype"];

pub(super) const OPERATORS: &[Operator] = &[
    with_domain(MICROSOFT, "Gelu", (1, 1), &[], parse::gelu),
    with_domain(MICROSOFT, "QuantizeLinear", (2, 3), QUANTIZE, parse::along_axis),
    with_domain(MICROSOFT, "DequantizeLinear", (2, 3), DEQUANTIZE, parse::along_axis),
    op(
        "Attention",
        (2, 7),
        &[
            "do_rotary",
            "mask_filter_value",
            "num_heads",
            "qkv_hidden_sizes",
            "scale",
            "unidirectional",
        ],
        composite::joined_attention,
    ),
    op("BiasGelu", (2, 2), &[], composite::gelu),
    op("FastGelu", (1, 2), &[], composite::gelu),
    op("QuickGelu", (1, 1), &["alpha"], composite::gelu),
    op("BiasSoftmax", (2, 2), &["axis", "is_inner_broadcast"], composite::bias_softmax),
    op("FusedConv", (2, 4), FUSED_CONV, composite::fused),
    op(
        "FusedGemm",
        (2, 3),
        &[
            "activation",
            "activation_alpha",
            "activation_beta",
            "activation_gamma",
            "alpha",
            "beta",
            "transA",
            "transB",
        ],
        composite::fused,
    ),
    op("FusedMatMul", (2, 2), FUSED_MATMUL, composite::fused),
    op(
        "FusedMatMulActivation",
        (2, 2),
        &[
            "activation",
            "activation_alpha",
            "activation_axis",
            "activation_beta",
            "activation_gamma",
            "alpha",
            "transA",
            "transB",
            "transBatchA",
            "transBatchB",
        ],
        composite::fused,
    ),
    op("NhwcConv", (2, 3), CONV, composite::fused),
    op("NhwcFusedConv", (2, 4), FUSED_CONV, composite::fused),
    op(
        "NhwcMaxPool",
        (1, 1),
        &["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides"],
        composite::planes_last_pool,
    ),
    made_up(
        MICROSOFT,
        "SkipLayerNormalization",
        (3, 5),
        (1, 4),
        &["epsilon"],
        composite::normalization,
    ),
    made_up(
        MICROSOFT,
        "SkipSimplifiedLayerNormalization",
        (3, 4),
        (1, 4),
        &["epsilon"],
        composite::normalization,
    ),
    op("DynamicQuantizeMatMul", (3, 5), &[], composite::quantised),
    made_up(
        MICROSOFT,
        "DynamicQuantizeLSTM",
        (12, 12),
        (1, 3),
        &["activations", "direction", "hidden_size", "input_forget"],
        composite::quantised_lstm,
    ),
    op("MatMulIntegerToFloat", (4, 7), &[], composite::quantised),
    op(
        "MatMulNBits",
        (3, 6),
        &["K", "N", "accuracy_level", "bits", "block_size", "weight_prepacked"],
        composite::quantised_layer,
    ),
    op("QGemm", (6, 9), &["alpha", "transA", "transB"], composite::quantised_layer),
    op("QLinearAdd", (7, 8), &[], composite::quantised),
    op("QLinearMul", (7, 8), &[], composite::quantised),
    op("QLinearConcat", (2, 128), &["axis"], composite::quantised_layer),
    op("QLinearConv", (8, 9), QLINEAR_CONV, composite::quantised_layer),
    op("QLinearSigmoid", (4, 5), &[], composite::quantised_unary),
    op("QLinearLeakyRelu", (4, 5), &["alpha"], composite::quantised_unary),
    op("QLinearSoftmax", (5, 5), &["axis", "opset"], composite::quantised_unary),
    op("QLinearReduceMean", (4, 5), &["axes", "keepdims"], composite::quantised_unary),
    op("QLinearGlobalAveragePool", (5, 5), &["channels_last"], composite::quantised_unary),
    op(
        "QLinearAveragePool",
        (4, 5),
        &[
            "auto_pad",
            "ceil_mode",
            "channels_last",
            "count_include_pad",
            "kernel_shape",
            "pads",
            "strides",
        ],
        composite::quantised_unary,
    ),
    op("QLinearWhere", (9, 9), &[], composite::quantised),
];
