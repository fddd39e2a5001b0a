"""One model that an exporter wrote, and its judgement.

An exporter's module yields cases: a file, windows, and the answer where it is not onnxruntime's own
to give. The program is run on it; a line of the table comes out. What is refused on purpose is
listed here with its reason, and nowhere else.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

import program
import reference
from rule import allowed

# Names of cases, and why the program refuses them.
ON_PURPOSE: dict[str, str] = {
    r"onnxruntime\.all/conv2d": "level 99 is for the machine that it was made on",
    r"keras\.tf2onnx\.fixed/(bi)?lstm(_relu)?": "control flow: with a fixed batch tf2onnx writes loops",
    r"keras\..*/gru": "control flow: tf2onnx writes a GRU that is not unrolled as a loop",
}
# How far a score may be off.
SCORES = 1e-4


@dataclass
class Case:
    exporter: str
    network: str
    path: Path
    windows: np.ndarray
    wanted: np.ndarray | None = None
    # The answer where onnxruntime has none, and how far from it is right.
    else_wanted: tuple[np.ndarray, float] | None = None
    # How far apart onnxruntime's own runs of the same network are.
    spread: float = 0.0
    # The order of axes in which the program gives back what onnxruntime gives.
    turned: tuple[int, ...] = ()
    # Rows of normal operation, where the model gives a score of each row.
    normal: np.ndarray | None = None

    @property
    def name(self) -> str:
        return f"{self.exporter}/{self.network}"


@dataclass
class Failed:
    """The exporter itself gave up: nothing that the program could be blamed for."""

    exporter: str
    network: str
    reason: str

    @property
    def name(self) -> str:
        return f"{self.exporter}/{self.network}"


# Parts of names: nothing else is exported, where there are any.
ONLY: list[str] = []


def tried(exporter: str, network: str, path: Path, windows, export, **more):
    """Runs `export`, which writes `path`; the case, or why there is none."""
    if ONLY and not any(part in f"{exporter}/{network}" for part in ONLY):
        return None
    try:
        export()
        onnx.load(str(path), load_external_data=False)
    except BaseException as error:  # Exporters raise whatever they like, SystemExit as well.
        if isinstance(error, KeyboardInterrupt):
            raise
        lines = str(error).strip().splitlines() or [""]
        return Failed(exporter, network, f"{type(error).__name__}: {lines[0][:160]}")
    return Case(exporter, network, path, windows, **more)


APART = reference.Apart()


def wanted_of(case: Case, model) -> tuple[np.ndarray, float]:
    """The right answer, and how far from it one may be."""
    if case.wanted is not None:
        return case.wanted, allowed(model, case.wanted, 0.0)
    try:
        wanted, spread = APART.with_spread(case.path, case.windows)
    except Exception:
        if case.else_wanted is None:
            raise
        return case.else_wanted
    if case.turned:
        wanted = wanted.transpose(case.turned)
    case.spread = max(case.spread, spread)
    return wanted, allowed(model, wanted, case.spread)


def judge(binary: str, case) -> tuple[str, str]:
    """A word for the table, and what to say about it."""
    if isinstance(case, Failed):
        return "unmade", case.reason
    model = reference.load(case.path)
    try:
        wanted, most = wanted_of(case, model)
    except Exception as error:
        return "unmade", f"onnxruntime does not run it: {str(error).splitlines()[0][:160]}"
    # `check_models.py` judges a folder of these again, without the exporter.
    case.path.with_suffix(".in").write_bytes(case.windows.astype("<f4").tobytes())
    case.path.with_suffix(".out").write_bytes(wanted.astype("<f4").tobytes())
    case.path.with_suffix(".spread").write_text(str(case.spread))
    if case.normal is not None:
        answer = program.scores(binary, case.path, case.normal, case.windows)
        most = max(most, SCORES)
    else:
        answer = program.reconstruct(binary, case.path, case.windows)
    if isinstance(answer, program.Refused):
        if answer.crashed:
            return "CRASHED", answer.message
        reason = next((why for name, why in ON_PURPOSE.items() if re.fullmatch(name, case.name)), None)
        said = answer.message.split(".onnx: ")[-1]
        return ("refused", f"{reason} ({said})") if reason else ("REFUSED", said)
    error = program.relative_error(answer, wanted)
    said = f"error {error:.1e}, allowed {most:.1e}"
    return ("right" if error <= most else "WRONG"), said
