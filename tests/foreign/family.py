"""Operators and types that no autoencoder, and no detector that scores, is made of.

A node test's name and operators go in; the reason why the program leaves it out comes out, or
nothing. What is not listed here counts as missing.
"""

import re

OUTSIDE = {
    "control flow": "If Loop Scan",
    "sequences, optionals and strings": "ConcatFromSequence Optional OptionalGetElement "
    "OptionalHasElement RegexFullMatch SequenceAt SequenceConstruct SequenceEmpty SequenceErase "
    "SequenceInsert SequenceLength SequenceMap SplitToSequence StringConcat StringNormalizer "
    "StringSplit TfIdfVectorizer ImageDecoder",
    "boxes and regions of object detectors": "AffineGrid DeformConv GridSample MaxRoiPool "
    "NonMaxSuppression RoiAlign",
    "spectra (compute them before the model)": "BlackmanWindow DFT HammingWindow HannWindow "
    "MelWeightMatrix STFT",
    "losses and optimisers of training": "ai.onnx.preview.training.Adagrad "
    "ai.onnx.preview.training.Adam ai.onnx.preview.training.Gradient "
    "ai.onnx.preview.training.Momentum NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
    "random draws that are no VAE's": "Bernoulli Multinomial",
    "caches and masks of language models": "CausalConvWithState FlexAttention LinearAttention "
    "RotaryEmbedding TensorScatter ai.onnx.preview.CausalConvWithState "
    "ai.onnx.preview.FlexAttention ai.onnx.preview.LinearAttention",
    "an output whose shape hangs on the values": "Compress NonZero Unique",
    "bits of whole numbers": "BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor",
    "met in no autoencoder": "CenterCropPad Col2Im CumProd Det EyeLike Hardmax LpPool LRN OneHot "
    "ReverseSequence Shrink SwiGLU TopK",
    "features that are no numbers": "ai.onnx.ml.CategoryMapper ai.onnx.ml.DictVectorizer ai.onnx.ml.FeatureVectorizer",
}
REASONS = {name: why for why, names in OUTSIDE.items() for name in names.split()}

# By a part of the test's name: types and modes.
NAMED = {
    r"float8|e4m3|e5m2|e8m0|float4|e2m1|FLOAT8|FLOAT4|_uint2|_int2|UINT2|INT2\b": "8-bit and 4-bit "
    "floats, and 2-bit integers",
    r"^test_training_dropout|batchnorm.*training|dropout.*mask": "training mode",
    r"bernoulli": "random draws that are no VAE's",
    r"past|present|cache|kv|rotary|causal_conv|linear_attention|flexattention|tensorscatter": "caches "
    "and masks of language models",
    r"affine_grid|gridsample|roialign": "boxes and regions of object detectors",
    r"(hann|hamming|blackman)window|dft|stft": "spectra (compute them before the model)",
    r"empty_set|_empty|zero_size|_zero_output": "tensors without elements",
    r"_scan9|^test_scan|^test_range_.*expanded": "control flow",
    r"sce_|nllloss": "losses and optimisers of training",
}


# Arithmetic that no exporter writes in these types; weights and shapes have others.
RARE = re.compile(r"_u?int(8|16|32|64)(_|$)")


def outside(name: str, operators, message: str = "") -> str:
    """Why a test is outside the family, or nothing."""
    if "element type" in message and RARE.search(name):
        return "arithmetic on small and unsigned whole numbers"
    for pattern, why in NAMED.items():
        if re.search(pattern, name):
            return why
    return next((REASONS[op] for op in operators if op in REASONS), "")
