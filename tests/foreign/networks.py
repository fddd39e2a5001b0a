"""Small autoencoders written node by node, for the tools that change models rather than make them.

No framework is needed. Each function gives a model with a free batch and random weights; `ALL` names
them with the shape of a window.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class Builder:
    """Collects nodes and weights; every method gives the name of a tensor."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights, self.count = [], [], 0

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind.lower()}_{self.count}"

    def weight(self, *shape, scale: float | None = None) -> str:
        fan = np.prod(shape[1:]) if len(shape) > 1 else 8
        values = self.random.normal(0, scale or fan**-0.5, shape)
        return self.constant(values.astype(np.float32))

    def constant(self, values) -> str:
        name = self.name("weight")
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes):
        out = [self.name(kind) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), out, name=out[0], **attributes))
        return out[0] if outputs == 1 else out

    def dense(self, x: str, rows: int, columns: int, activation: str | None = None) -> str:
        weight = self.weight(columns, rows)
        out = self.node("Gemm", x, weight, self.weight(columns), transB=1)
        return self.node(activation, out) if activation else out

    def linear(self, x: str, rows: int, columns: int) -> str:
        """A dense layer of the last axis, as frameworks write it for sequences."""
        product = self.node("MatMul", x, self.weight(rows, columns, scale=rows**-0.5))
        return self.node("Add", product, self.weight(columns))

    def model(self, shape, out: str) -> onnx.ModelProto:
        self.nodes.append(helper.make_node("Identity", [out], ["y"], name="y"))
        io = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])
            for name in ("x", "y")
        ]
        graph = helper.make_graph(self.nodes, "net", io[:1], io[1:], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        return model


def dense(b: Builder, shape) -> str:
    x = b.dense("x", 24, 16, "Relu")
    x = b.dense(x, 16, 4, "LeakyRelu")
    x = b.dense(x, 4, 16, "Tanh")
    return b.dense(x, 16, 24, "Sigmoid")


def conv1d(b: Builder, shape) -> str:
    same = {"kernel_shape": [4], "strides": [2], "pads": [1, 1]}
    x = b.node("Conv", "x", b.weight(6, 3, 4), b.weight(6), **same)
    x = b.node("Conv", b.node("Relu", x), b.weight(8, 6, 4), b.weight(8), **same)
    x = b.node("ConvTranspose", b.node("Relu", x), b.weight(8, 6, 4), b.weight(6), **same)
    return b.node("ConvTranspose", b.node("Relu", x), b.weight(6, 3, 4), b.weight(3), **same)


def conv2d(b: Builder, shape) -> str:
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    x = b.node("Conv", "x", b.weight(8, 1, 3, 3), b.weight(8), **same)
    statistics = [b.weight(8), b.weight(8), b.weight(8), b.constant(np.ones(8, np.float32))]
    x = b.node("Relu", b.node("BatchNormalization", x, *statistics))
    x = b.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = b.node("Relu", b.node("Conv", x, b.weight(4, 8, 3, 3), b.weight(4), **same))
    twice = b.constant(np.array([1, 1, 2, 2], np.float32))
    x = b.node("Resize", x, "", twice, mode="nearest")
    return b.node("Sigmoid", b.node("Conv", x, b.weight(1, 4, 3, 3), b.weight(1), **same))


def recurrent(b: Builder, kind: str, gates: int) -> str:
    """Encoder, its last state repeated, decoder: [N, 12, 3]."""
    length, channels, hidden = 12, 3, 5

    def layer(x: str, rows: int) -> list[str]:
        weights = [b.weight(1, gates * hidden, rows), b.weight(1, gates * hidden, hidden)]
        bias = b.weight(1, 2 * gates * hidden)
        return b.node(kind, x, *weights, bias, outputs=3 if kind == "LSTM" else 2, hidden_size=hidden)

    x = b.node("Transpose", "x", perm=[1, 0, 2])
    last = layer(x, channels)[1]
    repeated = b.node("Concat", *[last] * length, axis=0)
    every = b.node("Squeeze", layer(repeated, hidden)[0], b.constant(np.array([1])))
    return b.linear(b.node("Transpose", every, perm=[1, 0, 2]), hidden, channels)


def lstm(b: Builder, shape) -> str:
    return recurrent(b, "LSTM", 4)


def gru(b: Builder, shape) -> str:
    return recurrent(b, "GRU", 3)


def tcn(b: Builder, shape) -> str:
    x = "x"
    for rows, columns, dilation in ((3, 6, 1), (6, 6, 2), (6, 3, 4)):
        pads = b.constant(np.array([0, 0, 2 * dilation, 0, 0, 0]))
        padded = b.node("Pad", x, pads)
        conv = {"kernel_shape": [3], "dilations": [dilation]}
        out = b.node("Conv", padded, b.weight(columns, rows, 3), b.weight(columns), **conv)
        x = b.node("Add", x, b.node("Relu", out)) if rows == columns else b.node("Relu", out)
    return b.node("Conv", x, b.weight(3, 3, 1), b.weight(3), kernel_shape=[1])


def vae(b: Builder, shape) -> str:
    x = b.dense("x", 24, 16, "Relu")
    mean, spread = b.dense(x, 16, 4), b.dense(x, 16, 4)
    half = b.node("Exp", b.node("Mul", spread, b.constant(np.float32(0.5))))
    noise = b.node("RandomNormalLike", half, seed=1.0)
    z = b.node("Add", mean, b.node("Mul", noise, half))
    return b.dense(b.dense(z, 4, 16, "Relu"), 16, 24)


def transformer(b: Builder, shape) -> str:
    """One block of an encoder: attention of two heads, and the feed-forward part, both added."""
    length, width, heads = 10, 8, 2
    x = b.linear("x", 4, width)
    split = b.constant(np.array([0, length, heads, width // heads]))

    def head(order: list[int]) -> str:
        return b.node("Transpose", b.node("Reshape", b.linear(x, width, width), split), perm=order)

    q, k, v = head([0, 2, 1, 3]), head([0, 2, 3, 1]), head([0, 2, 1, 3])
    scores = b.node("Div", b.node("MatMul", q, k), b.constant(np.float32((width // heads) ** 0.5)))
    mixed = b.node("MatMul", b.node("Softmax", scores, axis=-1), v)
    joined = b.node("Transpose", mixed, perm=[0, 2, 1, 3])
    joined = b.node("Reshape", joined, b.constant(np.array([0, length, width])))
    x = normalised(b, b.node("Add", x, b.linear(joined, width, width)), width)
    x = normalised(b, b.node("Add", x, feed_forward(b, x, width)), width)
    return b.linear(x, width, 4)


def normalised(b: Builder, x: str, width: int) -> str:
    return b.node("LayerNormalization", x, b.weight(width), b.weight(width), axis=-1)


def feed_forward(b: Builder, x: str, width: int) -> str:
    """With Gelu in the parts that exporters write it in."""
    up = b.linear(x, width, 2 * width)
    inner = b.node("Erf", b.node("Div", up, b.constant(np.float32(2**0.5))))
    scaled = b.node("Mul", up, b.node("Add", inner, b.constant(np.float32(1))))
    return b.linear(b.node("Mul", scaled, b.constant(np.float32(0.5))), 2 * width, width)


ALL = {
    "dense": (dense, (24,)),
    "conv1d": (conv1d, (3, 16)),
    "conv2d": (conv2d, (1, 8, 8)),
    "lstm": (lstm, (12, 3)),
    "gru": (gru, (12, 3)),
    "tcn": (tcn, (3, 16)),
    "vae": (vae, (24,)),
    "transformer": (transformer, (10, 4)),
}


def made(name: str) -> tuple[onnx.ModelProto, np.ndarray]:
    """The network and four windows of noise."""
    function, shape = ALL[name]
    builder = Builder(seed=len(name))
    model = builder.model(shape, function(builder, shape))
    windows = np.random.default_rng(5).normal(0, 1, (4, *shape)).astype(np.float32)
    return model, windows
