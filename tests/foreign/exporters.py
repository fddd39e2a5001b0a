#!/usr/bin/env python3
"""Tries the exporters themselves on small networks, and holds the program against onnxruntime.

Prints one line a file and a table of exporters by networks. The exit status is 1 where an answer is
wrong, or a file is refused that is not on the list of those that are refused on purpose.

    exporters.py [--program PROGRAM] [--keep FOLDER] [--only PART] [GROUP...]

Groups: quantiser, onnxruntime, sklearn (all three where none is named), torch, keras.
"""

import argparse
import collections
import importlib
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path

import cases
import program

PLAIN = ("quantiser", "onnxruntime", "sklearn")


MARKS = {"right": "ok", "refused": "(no)", "REFUSED": "NO", "unmade": "-"}


def table(results: dict[tuple[str, str], str]) -> None:
    """ok, NO for refused, (no) on purpose, - where there is no file. The longer list goes down."""
    marks = {key: MARKS.get(word, word) for key, word in results.items()}
    exporters = list(dict.fromkeys(exporter for exporter, _ in results))
    networks = list(dict.fromkeys(network for _, network in results))
    down, across = exporters, networks
    if len(networks) > 3 * len(exporters):
        down, across = networks, exporters
        marks = {(network, exporter): mark for (exporter, network), mark in marks.items()}
    wide = max((len(name) for name in down), default=0)
    columns = [max(len(name), 5) for name in across]
    print("\n" + " " * wide, *(n.ljust(w) for n, w in zip(across, columns)))
    for name in down:
        cells = (marks.get((name, n), "").ljust(w) for n, w in zip(across, columns))
        print(name.ljust(wide), *cells)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program")
    parser.add_argument("--keep", type=Path, help="leave the exported models there")
    parser.add_argument("--only", action="append", default=[], help="cases with this in their name")
    parser.add_argument("groups", nargs="*", default=PLAIN)
    given = parser.parse_args()
    binary = program.find(given.program)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    results, tables, cases.ONLY = {}, [], given.only
    with tempfile.TemporaryDirectory() as work:
        folder = given.keep or Path(work)
        folder.mkdir(parents=True, exist_ok=True)
        for group in given.groups:
            found = {}
            for case in importlib.import_module(f"by_{group}").cases(folder):
                if case is None:
                    continue
                word, said = cases.judge(binary, case)
                found[case.exporter, case.network] = word
                print(f"{case.name:44} {word:8} {said}", flush=True)
            results |= found
            tables.append(found)
    for found in tables:
        table(found)
    counts = collections.Counter(results.values())
    print(f"\n{len(results)} cases: " + ", ".join(f"{n} {word}" for word, n in counts.items()))
    return 0 if counts["right"] and not any(word.isupper() for word in counts) else 1


if __name__ == "__main__":
    sys.exit(main())
