#!/usr/bin/env python3
"""Holds what `oddity quantize` writes against onnxruntime, optimised as it is by default: it must check
as ONNX, run in integers, and give what the program gives.

Prints a line a network with how many numbers lie on another step, and fails where one is off by more
than a step. A number between two steps may fall either way: engines sum in other orders.

    quantized.py [NETWORK...]
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

import networks
import program
import reference
from rule import last_scale

# Of so many windows ranges are found; of so many others answers are compared.
NORMAL, OTHERS = 200, 50
# Operators that onnxruntime runs in integers.
INTEGERS = ("QGemm", "QLinearConv", "QLinearMatMul", "MatMulIntegerToFloat")


def quantised(binary: str, folder: Path, name: str, *options: str):
    """The file of the network in 8 bits, and windows that it was not made with."""
    model, windows = networks.made(name)
    shape = windows.shape[1:]
    noise = np.random.default_rng(11).normal(0, 1, (NORMAL + OTHERS, *shape)).astype("<f4")
    plain, small, normal = (folder / f"{name}.{end}" for end in ("onnx", "small.onnx", "f32"))
    onnx.save(model, plain)
    normal.write_bytes(noise[:NORMAL].tobytes())
    command = [binary, "quantize", plain, normal, "--format", "f32", "-o", small, "-q", *options]
    done = program.run([str(word) for word in command])
    return (done if isinstance(done, program.Refused) else small), noise[NORMAL:]


def fused(path: Path) -> Counter:
    """The operators that are left when onnxruntime has optimised a file."""
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.log_severity_level = 4
        options.optimized_model_filepath = f"{folder}/optimised.onnx"
        ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return Counter(node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node)


def check(binary: str, folder: Path, name: str) -> tuple[bool, str]:
    """With the output in steps: whether each number is on the same or the next one."""
    small, windows = quantised(binary, folder, name, "--last", "int8", "--most-cost", "1e9")
    if isinstance(small, program.Refused):
        return False, f"REFUSED  {small.message}"
    model = reference.load(small)
    onnx.checker.check_model(model, full_check=True)
    step = last_scale(model)
    wanted = reference.answers(str(small), windows).ravel()
    answer = program.reconstruct(binary, small, windows)
    if isinstance(answer, program.Refused):
        return False, f"REFUSED  {answer.message}"
    left = fused(small)
    integers = sum(left[kind] for kind in INTEGERS)
    # What bends behind the last layer has no steps of its own.
    unit = step or float(np.abs(wanted).max()) / 255
    steps = np.abs(answer.astype(np.float64) - wanted) / unit
    apart = int((steps > 0.5).sum()) if step else int((steps > 1e-3).sum())
    right = steps.max() <= 1.001 and integers > 0
    where = "on another step" if step else "off by more than 1/1000 of a step"
    said = f"{integers} layers in integers; {apart} of {steps.size} {where}, at most {steps.max():.2f} steps"
    return right, ("right    " if right else "WRONG    ") + said


def main() -> int:
    binary, bad = program.find(), 0
    names = sys.argv[1:] or [name for name in networks.ALL]
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            right, said = check(binary, Path(folder), name)
            bad += not right
            print(f"quantized/{name:14} {said}")
    print(f"{len(names) - bad} of {len(names)} quantised networks agree with onnxruntime")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
