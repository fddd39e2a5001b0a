#!/usr/bin/env python3
"""Runs the node tests of PyPI's onnx package through the program.

Each test is wrapped into a model that takes a window (`wrap.py`), run twice by
`oddity reconstruct`, and compared with the test's own answer within the test's own tolerance. Prints
how many ran right, which were refused and why, and which are wrong: then the exit status is 1.

    node_tests.py [--program PROGRAM] [--only PART] [--every] [--keep FOLDER] [-v]
"""

import argparse
import collections
import re
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx.backend.test.loader import load_model_tests

import program
import reference
from family import outside
from wrap import NotWrapped, Wrapped, wrap


@dataclass
class Result:
    name: str
    kind: str  # right, lowered, wrong, refused, crashed, unwrapped
    reason: str = ""
    operators: tuple = ()


# What the program promises in f32, of the largest value: the tests' own absolute tolerance is finer
# than the last digit where the answer is an exact zero.
PROMISE = 1e-5
# bfloat16 is computed in f32, which does not round to its 8 bits.
HALF = 2**-7
# Newer and older operator sets are tried once more as these, where no operator has changed.
OLDEST, NEWEST, NEWEST_IR = 9, 23, 10


def same(name: str, answer: np.ndarray, wrapped: Wrapped, rtol: float, atol: float) -> bool:
    """As onnx's own runner compares: whole numbers exactly, others within the tolerance."""
    at = 0
    for size, real, half in wrapped.kinds:
        got, want = answer[at : at + size], wrapped.wanted[at : at + size]
        at += size
        close = np.allclose(got, want, max(rtol, HALF * half), atol, equal_nan=True)
        if real and not close and program.relative_error(got, want) > max(PROMISE, HALF * half):
            return False
        if not real and not np.array_equal(got, want):
            # Where a number lies just between two steps, a division rounds it to either.
            if "quantizelinear" not in name or np.abs(got - want).max() > 1:
                return False
    return not answer[at:].any()


def by_onnxruntime(path: Path, wrapped: Wrapped, test) -> str:
    """What onnxruntime makes of the same file: a wrong answer there too points at the wrapping."""
    try:
        got = reference.session(path).run(None, {"window": wrapped.window[None]})[0][0]
    except Exception:
        return "onnxruntime does not run it"
    right = same(test.name, got, wrapped, test.rtol, test.atol)
    return "onnxruntime is right" if right else "onnxruntime is wrong too"


def judge(binary: str, folder: Path, test, every: bool) -> Result:
    operators = tuple(sorted({f"{n.domain}.{n.op_type}".lstrip(".") for n in test.model.graph.node}))
    try:
        wrapped = wrap(test, every)
    except NotWrapped as why:
        return Result(test.name, "unwrapped", str(why), operators)
    path = folder / f"{test.name}.onnx"
    onnx.save(wrapped.model, path)
    result = held_against(binary, path, wrapped, test, operators)
    if result.kind != "refused" or not lower(wrapped.model):
        return result
    onnx.save(wrapped.model, path)
    lowered = held_against(binary, path, wrapped, test, operators)
    lowered.kind = "lowered" if lowered.kind == "right" else lowered.kind
    return lowered


def lower(model: onnx.ModelProto) -> bool:
    """Names another operator set, and format, where that means the same. Whether it did."""
    [default] = [o for o in model.opset_import if not o.domain]
    wanted = min(max(default.version, OLDEST), NEWEST)
    if wanted == default.version and model.ir_version <= NEWEST_IR:
        return False
    for node in model.graph.node:
        if node.domain or node.op_type in WIDENED:
            continue
        then, now = (
            onnx.defs.get_schema(node.op_type, version).since_version
            if onnx.defs.has(node.op_type, version) else 0
            for version in (default.version, wanted)
        )
        if then != now:
            return False
    default.version, model.ir_version = wanted, min(model.ir_version, NEWEST_IR)
    return True


# Operators whose newer form only takes more types.
WIDENED = frozenset(
    "BitShift Cast CastLike Celu Compress Constant ConstantOfShape DepthToSpace DequantizeLinear "
    "Einsum Flatten Identity If Loop Mod OneHot Pad QuantizeLinear Range ReduceLogSum "
    "ReduceLogSumExp Reshape ReverseSequence Scan Shape Size SpaceToDepth Squeeze TopK Transpose "
    "Unique Unsqueeze".split()
)


def held_against(binary, path: Path, wrapped: Wrapped, test, operators) -> Result:
    answer = program.reconstruct(binary, path, np.stack([wrapped.window] * 2), seconds=60)
    if isinstance(answer, program.Refused):
        kind = "crashed" if answer.crashed else "refused"
        message = answer.message.split(f"{test.name}.onnx: ")[-1]
        return Result(test.name, kind, message, operators)
    first, second = np.split(answer, 2)
    if not np.array_equal(first, second, equal_nan=True):
        return Result(test.name, "wrong", "the second run differs from the first", operators)
    if same(test.name, first, wrapped, test.rtol, test.atol):
        return Result(test.name, "right", "", operators)
    off = program.relative_error(first, wrapped.wanted)
    said = f"error {off:.1e}; {by_onnxruntime(path, wrapped, test)}"
    return Result(test.name, "wrong", said, operators)


def plain(message: str) -> str:
    """A message without names and numbers, so that alike ones can be counted."""
    message = re.sub(r"`[^`]*`", "`..`", message)
    message = re.sub(r"\[[^\]]*\]", "[..]", message)
    message = re.sub(r"\d+(\.\d+)?", "n", message)
    return message[:110]


def report(results: list[Result], verbose: bool) -> int:
    kinds = collections.defaultdict(list)
    right = {r.name for r in results if r.kind in ("right", "lowered")}
    for result in results:
        kinds[result.kind].append(result)
    section("cannot be given as a window", kinds["unwrapped"], lambda r: r.reason)
    why = {r.name: outside(r.name, r.operators, r.reason) for r in kinds["refused"]}
    beyond = [r for r in kinds["refused"] if why[r.name]]
    parts = [r for r in kinds["refused"] if not why[r.name] and whole(r.name) in right]
    inside = [r for r in kinds["refused"] if not why[r.name] and r not in parts]
    section("refused, outside what autoencoders use", beyond, lambda r: why[r.name])
    section("refused said in other operators; the operator itself runs", parts, lambda r: "")
    section("refused, the rest, by message", inside, lambda r: plain(r.reason))
    if verbose:
        for result in inside:
            print(f"  {result.name:60} {result.reason[:150]}")
    for kind in ("wrong", "crashed"):
        print(f"\n{kind}: {len(kinds[kind])}")
        for result in kinds[kind]:
            print(f"  {result.name:60} {result.reason[:150]}")
    tried = len(results) - len(kinds["unwrapped"])
    good = len(kinds["right"]) + len(kinds["lowered"])
    print(
        f"\n{len(results)} node tests of onnx {onnx.__version__}, {tried} wrapped: "
        f"{good} right ({len(kinds['lowered'])} as another operator set), {len(beyond)} refused as outside the family, "
        f"{len(parts)} in their parts only, {len(inside)} refused otherwise, {len(kinds['wrong'])} wrong, "
        f"{len(kinds['crashed'])} crashed"
    )
    return 1 if kinds["wrong"] or kinds["crashed"] or not good else 0


def whole(name: str) -> str | None:
    """The test of an operator that this one says in others."""
    found = re.match(r"(.*)_expanded(_ver\d+)?$", name)
    return found[1] if found else None


def section(title: str, results: list[Result], reason) -> None:
    groups = collections.defaultdict(list)
    for result in results:
        groups[reason(result)].append(result)
    print(f"\n{title}: {len(results)}")
    for why, members in sorted(groups.items(), key=lambda g: -len(g[1])):
        used = collections.Counter(base(r.name) for r in members)
        names = ", ".join(f"{name} {count}" for name, count in used.most_common(8))
        more = f", and {len(used) - 8} more" if len(used) > 8 else ""
        print(f"  {len(members):4}  {why}\n        {names}{more}")


def base(name: str) -> str:
    """The operator in a test's name, roughly: `test_conv_with_strides` is `conv`."""
    words = name.removeprefix("test_").removeprefix("ai_onnx_ml_").split("_")
    return "_".join(words[:2]) if words[0] in ("reduce", "sequence", "optional") else words[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program")
    parser.add_argument("--only", default="", help="tests with this in their name")
    parser.add_argument("--every", action="store_true", help="every f32 input is of the window")
    parser.add_argument("--keep", type=Path, help="leave the wrapped models there")
    parser.add_argument("-v", "--verbose", action="store_true", help="name each refused test")
    given = parser.parse_args()
    binary = program.find(given.program)
    warnings.simplefilter("ignore")
    tests = [test for test in load_model_tests(kind="node") if given.only in test.name]
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(2) as pool:
        folder = given.keep or Path(work)
        folder.mkdir(parents=True, exist_ok=True)
        one = lambda test: judge(binary, folder, test, given.every)  # noqa: E731
        results = list(pool.map(one, tests))
    return report(results, given.verbose)


if __name__ == "__main__":
    sys.exit(main())
