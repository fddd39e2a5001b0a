"""Checks exports by ONNX's own checker and by onnxruntime.

    ODDITY_EXPORTS=/tmp/exports cargo test --test networks --test int8
    pip install onnx onnxruntime numpy
    python tests/check_onnx.py /tmp/exports

Each FOLDER/NAME.onnx must pass onnx.checker with full shape inference, whose shapes must be those
declared, and onnxruntime must give the outputs of NAME.json, alone and in a batch. Of those in int8
(`int8-*`) NAME.json has what oddity answers: a number that lies between two steps may be rounded to
either, and a step moves an answer by a few hundredths of the largest at most.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

NEAR = 1e-5
# Shares of the largest value: of the values that were moved by a step, and of the others.
STEP = 5e-2
NEAR_INT8 = 1e-4
MOVED = 0.02


def tensor(entry):
    return np.array(entry["values"], dtype=np.float32).reshape(entry["shape"])


def shapes(model):
    return {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in model.graph.output
    }


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for value in bare.graph.output:
        value.type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(bare, strict_mode=True, data_prop=True)
    for name, declared in shapes(model).items():
        found = shapes(inferred)[name]
        # Where a Reshape to -1 stands before it, the batch has no name.
        assert found[1:] == declared[1:], f"{name}: declared {declared}, is {found}"

    expected = json.loads(path.with_suffix(".json").read_text())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # Without VNNI its sums of u8 times s8 are cut to 16 bits, unless it is told to be exact.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    assert sorted(names) == sorted(expected["outputs"]), f"outputs {names}"
    (source,) = session.get_inputs()
    windows = tensor(expected["input"])
    together = session.run(names, {source.name: windows})
    alone = [session.run(names, {source.name: windows[i : i + 1]}) for i in range(len(windows))]
    largest = 0.0
    for index, name in enumerate(names):
        wanted = tensor(expected["outputs"][name])
        for got in (together[index], np.concatenate([one[index] for one in alone])):
            assert got.shape == wanted.shape, f"{name}: {got.shape}, not {wanted.shape}"
            difference = np.abs(got - wanted)
            if path.name.startswith("int8-"):
                difference = difference / np.abs(wanted).max()
                moved = float((difference > NEAR_INT8).mean())
                assert moved <= MOVED, f"{name}: {moved:.1%} of the values are a step away"
            difference = float(difference.max())
            near = STEP if path.name.startswith("int8-") else NEAR
            assert difference < near, f"{name} is {difference:e} away"
            largest = max(largest, difference)
    return largest


def main():
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    if not paths:
        sys.exit("no exports in this folder: see the top of this file")
    wrong, largest = 0, 0.0
    for path in paths:
        try:
            largest = max(largest, check(path))
        except Exception as error:
            wrong += 1
            print(f"{path.name}: {error}")
    print(f"{len(paths)} exports, {wrong} wrong, at most {largest:.1e} away")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
