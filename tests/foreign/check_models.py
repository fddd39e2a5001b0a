#!/usr/bin/env python3
"""Holds the program against onnxruntime on folders of models with recorded answers.

Takes folders with NAME.onnx beside NAME.in and NAME.out (raw f32 windows), or beside NAME.io with
a reference.json; prints one line a file with the largest relative error, and a total. Files whose
answer is not recorded are asked of onnxruntime here. It never changes a folder.

    check_models.py [--program PROGRAM] [--only PART] FOLDER|FILE.onnx...
"""

import argparse
import json
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import program
import reference
from rule import allowed, operators

# Models that give a score: loading is all that is asked of them here.
SCORES = ("forest_nodes", "ml_only")
# No autoencoder: the program has to refuse it, with this in its message.
REFUSED = {"decoder_only": "generate"}


def read_io(path: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Inputs and outputs: counts, ranks, dimensions (u32), values (f32)."""
    data, at, groups = path.read_bytes(), 0, []

    def word():
        nonlocal at
        at += 4
        return struct.unpack_from("<I", data, at - 4)[0]

    for _ in range(2):
        tensors = []
        for _ in range(word()):
            shape = [word() for _ in range(word())]
            size = int(np.prod(shape))
            tensors.append(np.frombuffer(data, "<f4", size, at).reshape(shape))
            at += 4 * size
        groups.append(tensors)
    return groups[0], groups[1]


def shape_of(model) -> list[int | None]:
    """Without the batch; None where a dimension is free."""
    dims = model.graph.input[0].type.tensor_type.shape.dim[1:]
    return [d.dim_value if d.HasField("dim_value") else None for d in dims]


def windows_of(path: Path, model) -> np.ndarray:
    """The recorded windows in the shape of the model's input."""
    io = path.with_suffix(".io")
    if io.exists():
        return read_io(io)[0][0]
    values = np.frombuffer(path.with_suffix(".in").read_bytes(), "<f4")
    shape = shape_of(model)
    if None not in shape:
        return values.reshape(-1, *shape)
    return by_trial(path, values, shape)


def by_trial(path: Path, values: np.ndarray, shape: list[int | None]) -> np.ndarray:
    """Where an axis is free, nothing says how many windows there are: as many as onnxruntime gives
    the recorded answer for."""
    out = np.frombuffer(path.with_suffix(".out").read_bytes(), "<f4")
    fixed = int(np.prod([d for d in shape if d]))
    for count in range(1, 9):
        length = values.size // count // fixed
        if count * length * fixed != values.size:
            continue
        windows = values.reshape(count, *[d or length for d in shape])
        if program.relative_error(reference.answers(str(path), windows), out) < 1e-4:
            return windows
    raise ValueError("no number of windows gives the recorded answer")


def wanted_of(path: Path, model, windows: np.ndarray) -> tuple[np.ndarray, float]:
    """onnxruntime's answer and its spread; as recorded where each window was run alone."""
    out = path.with_suffix(".out")
    if out.exists():
        spread = path.with_suffix(".spread")
        known = float(spread.read_text()) if spread.exists() else 0.0
        return np.frombuffer(out.read_bytes(), "<f4"), known
    io, record = path.with_suffix(".io"), path.parent / "reference.json"
    dynamic = "DynamicQuantizeLinear" in operators(model)
    if io.exists() and not dynamic and len(read_io(io)[0]) == 1:
        known = json.loads(record.read_text()).get(path.stem, {})
        return read_io(io)[1][0], known.get("ort_optimised_vs_unoptimised_max_abs") or 0.0
    return reference.with_spread(path, windows)


def check(binary: str, path: Path) -> tuple[bool, str]:
    """Whether the file is right, and what to print."""
    model = reference.load(path)
    if path.stem in SCORES:
        out = program.run([binary, "inspect", str(path), "--quiet"])
        refused = isinstance(out, program.Refused)
        return not refused, f"REFUSED  {out.message}" if refused else "loads    (a score)"
    windows = windows_of(path, model)
    answer = program.reconstruct(binary, path, windows)
    if isinstance(answer, program.Refused) and None in shape_of(model):
        answer = program.reconstruct(binary, path, windows, "--window", str(max(windows.shape[1:])))
    if path.stem in REFUSED:
        told = isinstance(answer, program.Refused) and REFUSED[path.stem] in answer.message
        return told, "told     " + answer.message if told else f"NOT TOLD {str(answer)[:200]}"
    if isinstance(answer, program.Refused):
        return False, f"{'CRASHED' if answer.crashed else 'REFUSED'}  {answer.message}"
    wanted, spread = wanted_of(path, model, windows)
    error, most = program.relative_error(answer, wanted), allowed(model, wanted, spread)
    right = error <= most
    return right, f"{'right' if right else 'WRONG'}    error {error:.1e}, allowed {most:.1e}"


def known(path: Path) -> bool:
    """Whether there are windows for it: other files are steps on the way to one."""
    return any(path.with_suffix(end).exists() for end in (".in", ".io"))


def guarded(binary: str, path: Path) -> tuple[bool, str]:
    try:
        return check(binary, path)
    except Exception as error:
        return False, f"CHECKER  {type(error).__name__}: {str(error).splitlines()[0][:200]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program")
    parser.add_argument("--only", default="", help="files with this in their name")
    parser.add_argument("--bad", action="store_true", help="print what is not right only")
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    binary = program.find(given.program)
    paths = []
    for folder in given.folders:
        paths += sorted(folder.glob("*.onnx")) if folder.is_dir() else [folder]
    paths = [path for path in paths if given.only in path.name and known(path)]
    right, counts = 0, {}
    with ThreadPoolExecutor(2) as pool:
        for path, (good, line) in zip(paths, pool.map(lambda p: guarded(binary, p), paths)):
            right += good
            counts[line.split()[0]] = counts.get(line.split()[0], 0) + 1
            if not (good and given.bad):
                print(f"{path.stem:36} {line}", flush=True)
    print(f"{right} of {len(paths)} right: {counts}")
    return 0 if right == len(paths) and paths else 1


if __name__ == "__main__":
    sys.exit(main())
