#!/usr/bin/env python3
"""Whether two processors said the same of a stream.

    tests/arm/same.py EXPECTED FOUND [exact]

Both files are JSON Lines of `oddity detect`. All fields have to be equal but numbers with a fraction, which may
differ by 1e-5 of their size: processors add in different orders. A score below its threshold is measured by the
threshold, as its ratio is by 1, since what is small there is the difference of larger numbers. Shares are written
with four digits, of which the last may differ by 1. With `exact`
nothing may differ, as befits sums of integers. Prints how many lines there are, and the largest difference; ends with
code 1 where they differ.
"""

import json
import sys

RELATIVE = 1e-5
SHARE = 1.5e-4
EXACT = sys.argv[3:] == ["exact"]


def differences(expected, found, where, least=0.0):
    """(place, how large) of what is not the same; `least` is the size that a number has at least."""
    if isinstance(expected, dict) and isinstance(found, dict) and list(expected) == list(found):
        sizes = {}
        if expected.get("ratio"):
            sizes = {"ratio": 1.0, "score": abs(expected["score"] / expected["ratio"])}
        for key in expected:
            yield from differences(expected[key], found[key], f"{where}.{key}", sizes.get(key, 0.0))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, pair in enumerate(zip(expected, found)):
            yield from differences(*pair, f"{where}[{number}]")
    elif isinstance(expected, float) and isinstance(found, float):
        rounded = where.endswith(".share") and abs(expected - found) < SHARE and not EXACT
        if expected != found and not rounded:
            yield where, abs(expected - found) / max(abs(expected), abs(found), least)
    elif expected != found or type(expected) is not type(found):
        yield where, float("inf")


def main():
    expected, found = ([json.loads(line) for line in open(path)] for path in sys.argv[1:3])
    allowed = 0 if EXACT else RELATIVE
    if not expected or len(expected) != len(found):
        sys.exit(f"{len(expected)} lines expected, {len(found)} found")
    largest = 0
    for number, pair in enumerate(zip(expected, found), start=1):
        for where, difference in differences(*pair, ""):
            if difference > allowed:
                sys.exit(f"line {number}, {where[1:]}: {difference:.1e} apart\n{pair[0]}\n{pair[1]}")
            largest = max(largest, difference)
    print(f"{len(found)} lines, {largest:.1e} apart")


if __name__ == "__main__":
    main()
