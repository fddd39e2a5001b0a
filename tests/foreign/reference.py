"""onnxruntime's answer to a model.

A model and windows go in; what onnxruntime makes of each window alone comes out, and how far its
own optimised and unoptimised runs are apart. A VAE's noise counts as zero, its mean.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper

NOISE = ("RandomNormalLike", "RandomUniformLike", "RandomNormal", "RandomUniform")


def load(path) -> onnx.ModelProto:
    return onnx.load(str(path))


def without_noise(model: onnx.ModelProto) -> onnx.ModelProto:
    """Draws from a distribution become its mean."""
    calm = onnx.ModelProto()
    calm.CopyFrom(model)
    for index, node in enumerate(calm.graph.node):
        if node.op_type not in NOISE:
            continue
        said = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        low, high = said.get("low", 0.0), said.get("high", 1.0)
        mean = (low + high) / 2 if "Uniform" in node.op_type else said.get("mean", 0.0)
        name = f"calm_{index}"
        if node.op_type.endswith("Like"):
            shape = helper.make_node("Shape", [node.input[0]], [f"{name}_shape"])
            value = helper.make_tensor("value", onnx.TensorProto.FLOAT, [1], [mean])
            fill = helper.make_node(
                "ConstantOfShape", [f"{name}_shape"], list(node.output), value=value
            )
            calm.graph.node.remove(node)
            calm.graph.node.insert(index, fill)
            calm.graph.node.insert(index, shape)
        else:
            filled = np.full(said["shape"], mean, np.float32)
            tensor = onnx.numpy_helper.from_array(filled)
            fill = helper.make_node("Constant", [], list(node.output), value=tensor)
            calm.graph.node.remove(node)
            calm.graph.node.insert(index, fill)
    return calm


def session(model, optimised: bool = True) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    # Without VNNI its sums of u8 times s8 are cut to 16 bits, unless it is told to be exact.
    options.add_session_config_entry("session.x64quantprecision", "1")
    if not optimised:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    given = model if isinstance(model, (str, bytes)) else str(model)
    if isinstance(model, onnx.ModelProto):
        given = model.SerializeToString()
    return ort.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def answers(model, windows: np.ndarray, optimised: bool = True) -> np.ndarray:
    """The first output for each window, each run alone unless the batch is fixed. Inputs after the
    first are noise, and zero."""
    runner = session(model, optimised)
    first, *others = runner.get_inputs()
    batch = first.shape[0] if isinstance(first.shape[0], int) else 1
    kind = {"tensor(float16)": np.float16, "tensor(double)": np.float64}.get(first.type, np.float32)
    out = []
    for start in range(0, len(windows), batch):
        some = windows[start : start + batch]
        real = len(some)
        if real < batch:
            some = np.concatenate([some, np.zeros((batch - real, *some.shape[1:]), some.dtype)])
        feed = {first.name: some.astype(kind)}
        for other in others:
            shape = [d if isinstance(d, int) else 1 for d in other.shape]
            feed[other.name] = np.zeros(shape, np.float32)
        answer = np.asarray(runner.run(None, feed)[0])
        # scikit-learn's regressors of several values give one column of them.
        out.append(answer[:real] if len(answer) == batch else answer)
    return np.concatenate(out).astype(np.float32)


def with_spread(path, windows: np.ndarray) -> tuple[np.ndarray, float]:
    """Answers, and the largest difference between the optimised and the unoptimised run."""
    model = load(Path(path))
    if any(node.op_type in NOISE for node in model.graph.node):
        model = without_noise(model)
    else:
        model = str(path)
    plain = answers(model, windows, optimised=False)
    try:
        fast = answers(model, windows)
    except Exception:  # Some of its own optimisations fail on its own files.
        return plain, 0.0
    same = fast.shape == plain.shape
    return plain, float(np.abs(fast - plain).max()) if same and plain.size else 0.0


class Apart:
    """The same in a process of its own: onnxruntime falls over some files (float16 LSTMs)."""

    def __init__(self):
        self.pool = None

    def with_spread(self, path, windows: np.ndarray) -> tuple[np.ndarray, float]:
        if self.pool is None:
            spawn = multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(1, mp_context=spawn)
        try:
            return self.pool.submit(with_spread, path, windows).result()
        except BrokenProcessPool:
            self.pool = None
            raise RuntimeError("onnxruntime crashed") from None
