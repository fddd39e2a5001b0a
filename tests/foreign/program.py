"""The program under test, run on a model and raw windows.

A model file and an array of windows go in; the program's answers or its refusal come out. Nothing
here knows where a model came from, nor what the right answer is.
"""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def find(given: str | None = None) -> str:
    """The program: as given, else by ODDITY, else the debug build of this tree."""
    found = given or os.environ.get("ODDITY") or ROOT / "target/debug/oddity"
    if not Path(found).is_file():
        raise SystemExit(f"no program at {found}: build it, or name it by ODDITY or --program")
    return str(found)


@dataclass
class Refused:
    """What the program said instead of an answer."""

    code: int
    message: str

    @property
    def crashed(self) -> bool:
        """A panic, a signal or a time-out: never a proper refusal."""
        return self.code not in (2, 65, 74)


def run(arguments: list[str], data: bytes = b"", seconds: float = 120.0):
    """Standard output, or the refusal."""
    # To a file, not a pipe: an answer may be larger than a pipe takes before all input is read.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out:
        given.write(data)
        given.seek(0)
        try:
            done = subprocess.run(
                arguments, stdin=given, stdout=out, stderr=subprocess.PIPE, timeout=seconds
            )
        except subprocess.TimeoutExpired:
            return Refused(-1, f"no answer after {seconds:.0f} s")
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            said = [line for line in lines if "error: " in line or "panicked" in line]
            message = said[0] if said else " ".join(lines[-1:])
            if message.startswith("oddity: error: "):
                message = message[len("oddity: error: ") :]
            return Refused(done.returncode, message)
        out.seek(0)
        return out.read()


def reconstruct(program: str, model, windows: np.ndarray, *options: str, seconds=120.0):
    """All answers as one flat array, or the refusal."""
    command = [program, "reconstruct", str(model), "--format", "f32", "--quiet", *options]
    out = run(command, np.ascontiguousarray(windows, "<f4").tobytes(), seconds)
    return out if isinstance(out, Refused) else np.frombuffer(out, "<f4")


def scores(program: str, model, normal: np.ndarray, windows: np.ndarray):
    """The model's own score of each window of one row, by way of `calibrate`; or the refusal."""
    with tempfile.TemporaryDirectory() as work:
        files = [Path(work) / "normal.csv", Path(work) / "windows.csv"]
        for file, rows in zip(files, (normal, windows)):
            header = ",".join(f"c{i}" for i in range(rows.shape[1]))
            lines = (",".join(map(repr, row)) for row in rows.astype(np.float32).tolist())
            file.write_text("\n".join([header, *lines]) + "\n")
        ready = str(Path(work) / "ready.onnx")
        inspect = [program, "inspect", ready, "--json", "--quiet"]
        for command in (
            [program, "calibrate", str(model), str(files[0]), "-o", ready, "--quiet"],
            inspect,
            [program, "detect", ready, str(files[1]), "--emit", "scores", "--quiet"],
        ):
            out = run(command)
            if isinstance(out, Refused):
                return out
            if command is inspect:
                how = json.loads(out)["profile"]["score"]
    # The profile counts from the calmest score of normal data, upwards where a row is odder.
    counted = np.array([json.loads(line)["score"] for line in out.splitlines()])
    own = counted + how.get("origin", 0.0)
    return (-own if how.get("lower") else own).astype(np.float32)


def relative_error(answer: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference, in parts of the largest value wanted. Infinite where the two do not
    fit each other; values that are not finite have to be the same."""
    answer, wanted = np.ravel(answer).astype(np.float64), np.ravel(wanted).astype(np.float64)
    if answer.shape != wanted.shape:
        return float("inf")
    finite = np.isfinite(wanted)
    if not np.array_equal(answer[~finite], wanted[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    largest = np.abs(wanted[finite]).max()
    off = np.abs(answer[finite] - wanted[finite]).max()
    return float(off / largest) if largest > 0 else float(off > 0)
