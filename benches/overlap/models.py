"""Two convolutional autoencoders over windows of 64 rows and 8 channels, to measure overlapping windows with.

What goes in: a folder. What comes out there: `valid.onnx` (valid convolutions, a dense latent, transposed
convolutions back) and `causal.onnx` (causal and dilated convolutions throughout). Their weights are drawn, not
trained: how long they take does not depend on it.

    pip install onnx numpy
    python benches/overlap/models.py FOLDER
"""
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROWS, CHANNELS = 64, 8


class Network:
    """Grows node by node; `channels` and `time` are those of the value at its end."""

    def __init__(self):
        self.nodes, self.stored, self.name = [], [], "x"
        self.channels, self.time = CHANNELS, ROWS
        self.random = np.random.default_rng(1)

    def weights(self, *shape, inputs):
        values = self.random.standard_normal(shape) * 1.4 / np.sqrt(inputs)
        return self.store(values.astype(np.float32))

    def store(self, values):
        self.stored.append(numpy_helper.from_array(values, f"stored{len(self.stored)}"))
        return self.stored[-1].name

    def node(self, operator, *inputs, name=None, **attributes):
        out = f"v{len(self.nodes)}"
        node = helper.make_node(operator, [self.name, *inputs], [out], name=name or out, **attributes)
        self.nodes.append(node)
        self.name = out

    def turn(self):
        self.node("Transpose", perm=[0, 2, 1])

    def conv(self, outputs, kernel, name, before=0, dilation=1, relu=True):
        inputs = self.channels * kernel
        stored = self.weights(outputs, self.channels, kernel, inputs=inputs), self.weights(outputs, inputs=50)
        self.node("Conv", *stored, name=name, pads=[before, 0], dilations=[dilation])
        self.channels, self.time = outputs, self.time + before - (kernel - 1) * dilation
        if relu:
            self.node("Relu")

    def back(self, outputs, kernel, name, relu=True):
        inputs = self.channels * kernel
        stored = self.weights(self.channels, outputs, kernel, inputs=inputs), self.weights(outputs, inputs=50)
        self.node("ConvTranspose", *stored, name=name)
        self.channels, self.time = outputs, self.time + kernel - 1
        if relu:
            self.node("Relu")

    def dense(self, inputs, outputs, name):
        self.node("Gemm", self.weights(inputs, outputs, inputs=inputs), self.weights(outputs, inputs=50), name=name)

    def save(self, path):
        self.nodes[-1].output[0] = "reconstruction"
        axes = ["N", ROWS, CHANNELS]
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, axes) for name in ("x", "reconstruction")]
        graph = helper.make_graph(self.nodes, "network", ends[:1], ends[1:], self.stored)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def valid():
    network = Network()
    network.turn()
    for at, outputs in enumerate((32, 32, 16)):
        network.conv(outputs, 5, f"conv{at + 1}")
    channels, time = network.channels, network.time
    network.node("Flatten")
    network.dense(channels * time, 16, "latent")
    network.dense(16, channels * time, "spread")
    network.node("Relu")
    network.node("Reshape", network.store(np.array([-1, channels, time], dtype=np.int64)))
    network.back(32, 5, "up1")
    network.back(32, 5, "up2")
    network.back(CHANNELS, 5, "up3", relu=False)
    network.turn()
    return network


def causal():
    network = Network()
    network.turn()
    for half in range(2):
        for at, dilation in enumerate((1, 2, 4)):
            network.conv(32, 3, f"causal{3 * half + at + 1}", before=2 * dilation, dilation=dilation)
        network.conv((2, CHANNELS)[half], 1, ("waist", "out")[half], relu=False)
    network.turn()
    return network


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    valid().save(folder / "valid.onnx")
    causal().save(folder / "causal.onnx")
