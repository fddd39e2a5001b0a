#!/usr/bin/env python3
"""Runs the Python of docs/models.md as it stands, and has the program load what it wrote.

The blocks of a group run in one folder, in the order of the page. A block belongs to PyTorch or to
Keras where its text, or that of its section, says so; all others need no framework.

    snippets.py [--program PROGRAM] [plain|torch|keras]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import program

PAGE = program.ROOT / "docs/models.md"


def blocks() -> list[tuple[str, int, str]]:
    """Group, line and text of each block."""
    found, section, open_at, lines = [], "", None, []
    for number, line in enumerate(PAGE.read_text().splitlines(), 1):
        if open_at is None and line.startswith("#"):
            section = line
        if open_at is None and line == "```python":
            open_at, lines = number, []
        elif open_at is not None and line == "```":
            found.append((group_of(section), open_at, "\n".join(lines)))
            open_at = None
        elif open_at is not None:
            lines.append(line)
    return found


def group_of(section: str) -> str:
    known = {"PyTorch": "torch", "Keras": "keras"}
    return next((group for word, group in known.items() if word in section), "plain")


def loaded(binary: str, path: Path) -> str:
    """Why the program does not load it, or nothing."""
    out = program.run([binary, "inspect", str(path), "--quiet"])
    return out.message if isinstance(out, program.Refused) else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program")
    parser.add_argument("group", nargs="?", default="plain")
    given = parser.parse_args()
    binary, bad, written = program.find(given.program), 0, 0
    with tempfile.TemporaryDirectory() as work:
        for group, line, text in blocks():
            if group != given.group:
                continue
            before = set(Path(work).glob("*.onnx"))
            environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", text],
                cwd=work, env=environment, capture_output=True, text=True,
            )
            if done.returncode:
                bad += 1
                print(f"line {line}: {done.stderr.strip().splitlines()[-1]}")
                continue
            for path in sorted(set(Path(work).glob("*.onnx")) - before):
                why = loaded(binary, path)
                written += 1
                bad += bool(why)
                print(f"line {line}: {path.name:24} {'REFUSED ' + why if why else 'loads'}")
    print(f"{given.group}: {written} models of {PAGE.name}, {bad} bad")
    return 1 if bad or not written else 0


if __name__ == "__main__":
    sys.exit(main())
