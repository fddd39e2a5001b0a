"""Python's judgement of the exports that the Rust tests leave in a folder.

Each NAME.onnx must pass onnx.checker's full check, and onnxruntime must give the outputs that
libtorch gave, which stand in NAME.json. usage: check_onnx.py FOLDER (needs onnx, onnxruntime, numpy)
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-4


def array(plain):
    return numpy.array(plain["values"], dtype=numpy.float32).reshape(plain["shape"])


def check(path):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    expected = json.loads(path.with_suffix(".json").read_text())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    names = [output.name for output in session.get_outputs()]
    assert sorted(names) == sorted(expected["outputs"]), names
    answers = session.run(names, {name: array(expected["input"])})
    worst = 0.0
    for name, answer in zip(names, answers):
        wanted = array(expected["outputs"][name])
        assert answer.shape == wanted.shape, (name, answer.shape, wanted.shape)
        worst = max(worst, float((abs(answer - wanted) / numpy.maximum(abs(wanted), 1)).max()))
    return worst


def main():
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    if not paths:
        sys.exit(f"no export in {sys.argv[1]}")
    failed, worst = 0, 0.0
    for path in paths:
        try:
            difference = check(path)
            if not difference <= TOLERANCE:
                raise ValueError(f"differs by {difference:.1e}")
            worst = max(worst, difference)
        except Exception as error:
            failed += 1
            print(f"{path.name}: {type(error).__name__}: {error}")
    print(f"{len(paths)} exports, {failed} failed, largest difference {worst:.1e}")
    sys.exit(1 if failed else 0)


main()
