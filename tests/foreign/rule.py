"""How far an answer may be from onnxruntime's.

A model and the wanted answer go in; the largest error allowed comes out, in parts of the largest
value. 1e-5 in f32; where the model rounds by itself, one of its steps.
"""

import numpy as np
from onnx import numpy_helper


def operators(model) -> set[str]:
    return {node.op_type for node in model.graph.node}


def quantised(model) -> bool:
    kinds = operators(model)
    return any("Quant" in k or "Integer" in k or k.startswith(("QLinear", "QGemm")) for k in kinds)


def half(model) -> bool:
    return any(tensor.data_type in (10, 16) for tensor in model.graph.initializer)


def allowed(model, wanted: np.ndarray, spread: float) -> float:
    """Relative: 1e-5 in f32; one step where quantised, 1/127 of the largest output where no scale
    says more, or twice onnxruntime's own spread; float16 is onnxruntime's own rounding."""
    largest = float(np.abs(wanted).max()) or 1.0
    if quantised(model):
        return max(1 / 127, 2 * spread / largest, last_scale(model) / largest * 1.001)
    return 2e-3 if half(model) else 1e-5


# They move values and leave them as they are.
MOVES = ("Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Slice")


def last_scale(model) -> float:
    """The scale that the values of the first output are multiples of, or 0."""
    constants = {t.name: t for t in model.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}
    node = makers.get(model.graph.output[0].name)
    while node is not None and node.op_type in MOVES:
        node = makers.get(node.input[0])
    if node is None or node.op_type != "DequantizeLinear" or node.input[1] not in constants:
        return 0.0
    return float(numpy_helper.to_array(constants[node.input[1]]).max())
