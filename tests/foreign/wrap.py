"""Turns a node test of onnx into a model that the program takes: a window in, its like out.

One input of the test, or all that are of f32, come out of the window; the others become stored
tensors. All outputs are turned into f32, laid end to end and filled up with zeros. The nodes of the
test stand as they were. What cannot be wrapped is said, never wrapped otherwise.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Element types that an f32 holds exactly for all values, or for those of the test.
WHOLE = "biuf"


class NotWrapped(Exception):
    """Why a test has no form that takes a window."""


@dataclass
class Wrapped:
    model: onnx.ModelProto
    window: np.ndarray
    wanted: np.ndarray
    # Of each output: its length, whether it is floating point, and bfloat16.
    kinds: list[tuple[int, bool, bool]]


def exact(array: np.ndarray) -> bool:
    """Whether the values survive as f32."""
    if array.dtype.kind not in WHOLE and array.dtype.name not in FLOATS:
        return False
    with np.errstate(all="ignore"):
        there = array.astype(np.float32)
        back = there.astype(array.dtype)
    return back.tobytes() == array.tobytes()


FLOATS = ("bfloat16",)


def array_of(data) -> np.ndarray:
    """Small types come as tensors of ONNX's own."""
    return numpy_helper.to_array(data) if isinstance(data, onnx.TensorProto) else np.asarray(data)


def is_tensor(value: onnx.ValueInfoProto) -> bool:
    return value.type.HasField("tensor_type")


def chosen(inputs, arrays, every: bool) -> list[int]:
    """Which inputs the window holds: the first f32, or every one; else the first that fits."""
    f32 = [i for i, a in enumerate(arrays) if a is not None and a.dtype == np.float32 and a.size]
    if f32:
        return f32 if every else f32[:1]
    others = [i for i, a in enumerate(arrays) if a is not None and a.size and exact(a)]
    if not others:
        raise NotWrapped(reason_of_none(inputs, arrays))
    return others[:1]


def reason_of_none(inputs, arrays) -> str:
    if not arrays:
        return "it has no input"
    if all(a is None or a.dtype.kind in "OSU" for a in arrays):
        return "strings go in"
    if all(a is None or a.size == 0 for a in arrays):
        return "only empty tensors go in"
    return f"no f32 holds its input ({arrays[0].dtype.name})"


def wrap(test, every: bool = False) -> Wrapped:
    """The model with its window and the answer, or `NotWrapped`."""
    graph = test.model.graph
    given, wanted = test.data_sets[0]
    if "bernoulli" in test.name:
        raise NotWrapped("it draws at random")
    opset = next((o.version for o in test.model.opset_import if not o.domain), 0)
    if opset and opset < 7:
        raise NotWrapped(f"operator set {opset}")
    for value in graph.output:
        if not is_tensor(value):
            raise NotWrapped("a sequence or an optional comes out")
        if value.type.tensor_type.elem_type == TensorProto.STRING:
            raise NotWrapped("strings come out")
    inputs = list(graph.input)
    if any(not is_tensor(value) for value in inputs):
        raise NotWrapped("a sequence or an optional goes in")
    arrays = [None if a is None else array_of(a) for a in given]
    return build(test.model, inputs, arrays, chosen(inputs, arrays, every), wanted, opset)


def build(model, inputs, arrays, picked, wanted, opset) -> Wrapped:
    wanted = [array_of(a) for a in wanted]
    rows = sum(arrays[i].size for i in picked)
    length = max(rows, sum(a.size for a in wanted))
    before, stored = enter(inputs, arrays, picked, length)
    after, kinds = leave(model.graph, wanted, stored, length)
    for index, value in enumerate(inputs):
        if index not in picked and arrays[index] is not None:
            tensor = numpy_helper.from_array(arrays[index], value.name)
            # numpy knows no names for some of ONNX's small types.
            tensor.data_type = value.type.tensor_type.elem_type or tensor.data_type
            stored.append(tensor)
    graph = helper.make_graph(
        [*before, *model.graph.node, *after],
        "wrapped",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, [1, length])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, length])],
        [*model.graph.initializer, *stored],
        value_info=model.graph.value_info,
    )
    imports = list(model.opset_import)
    if not opset:
        imports.append(helper.make_opsetid("", 17))
    whole = helper.make_model(graph, opset_imports=imports, functions=model.functions)
    whole.ir_version = max(model.ir_version, 8)
    window = np.zeros(length, np.float32)
    window[:rows] = np.concatenate([arrays[i].astype(np.float32).ravel() for i in picked])
    with np.errstate(all="ignore"):
        flat = [a.astype(np.float32).ravel() for a in wanted]
    answer = np.zeros(length, np.float32)
    answer[: sum(a.size for a in wanted)] = np.concatenate(flat) if flat else []
    return Wrapped(whole, window, answer, kinds)


def enter(inputs, arrays, picked, length):
    """Nodes from the window to the test's inputs, and the tensors that they need."""
    nodes, stored, at = [], [], 0
    for index in picked:
        array, value = arrays[index], inputs[index]
        last, kind = "window", value.type.tensor_type.elem_type
        if array.size < length:
            # Gather is the same in every operator set, unlike Slice.
            which = np.arange(at, at + array.size, dtype=np.int64)
            stored.append(numpy_helper.from_array(which, f"wrap_which_{index}"))
            nodes.append(
                helper.make_node(
                    "Gather", [last, f"wrap_which_{index}"], [f"wrap_part_{index}"],
                    name=f"wrap_part_{index}", axis=1,
                )
            )
            last = f"wrap_part_{index}"
        at += array.size
        if kind != TensorProto.FLOAT:
            nodes.append(
                helper.make_node(
                    "Cast", [last], [f"wrap_cast_{index}"], name=f"wrap_cast_{index}", to=kind
                )
            )
            last = f"wrap_cast_{index}"
        shape = np.array(array.shape, np.int64)
        stored.append(numpy_helper.from_array(shape, f"wrap_shape_{index}"))
        nodes.append(
            helper.make_node(
                "Reshape", [last, f"wrap_shape_{index}"], [value.name], name=f"wrap_in_{index}"
            )
        )
    return nodes, stored


def leave(graph, wanted, stored, length):
    """Nodes from the test's outputs to the answer; tensors that they need are added."""
    nodes, parts, kinds = [], [], []
    for index, (value, array) in enumerate(zip(graph.output, wanted)):
        kind, last = value.type.tensor_type.elem_type, value.name
        kinds.append((array.size, array.dtype.kind not in "biu", array.dtype.name == "bfloat16"))
        if array.size == 0:
            continue
        if kind != TensorProto.FLOAT:
            nodes.append(
                helper.make_node(
                    "Cast", [last], [f"wrap_float_{index}"],
                    name=f"wrap_float_{index}", to=TensorProto.FLOAT,
                )
            )
            last = f"wrap_float_{index}"
        size = np.array([1, array.size], np.int64)
        stored.append(numpy_helper.from_array(size, f"wrap_size_{index}"))
        out = f"wrap_flat_{index}"
        nodes.append(helper.make_node("Reshape", [last, f"wrap_size_{index}"], [out], name=out))
        parts.append(out)
    if not parts:
        raise NotWrapped("only empty tensors come out")
    missing = length - sum(a.size for a in wanted)
    if missing:
        stored.append(numpy_helper.from_array(np.zeros((1, missing), np.float32), "wrap_rest"))
        parts.append("wrap_rest")
    if len(parts) > 1:
        nodes.append(helper.make_node("Concat", parts, ["answer"], name="wrap_end", axis=1))
    else:
        nodes[-1].output[0] = "answer"
    return nodes, kinds
