"""What a user meets, simulated: normal operation that goes on as it does in the field, and faults in it.

    tests/field.py PROGRAM [SEEDS]

Each line is a situation: a model is fitted on normal data and judges what follows, with the defaults of the program. It
says how many alerts, events `unprecedented` and events `drift` a day are false, and how many of the faults are found by
alerts or `unprecedented`, and of how many it is said by `drift`, in the mean of SEEDS (10) runs. What is said in a
fault and the 50 rows after it is not false; `drift` is not until all rows that are compared are normal again. Knows nothing of the program but its command line; needs no packages.
"""

import json
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = sys.argv[1]
SEEDS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
START = 1_767_225_600
AFTER = 50


class Noise:
    """Numbers that depend on a seed alone."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def white(self, deviation=1.0):
        return self.random.gauss(0, deviation)

    def slow(self, rows, phi, deviation=1.0):
        """An autoregressive process of this deviation."""
        value, step = 0.0, deviation * math.sqrt(1 - phi * phi)
        for _ in range(rows):
            value = phi * value + self.white(step)
            yield value


def cold_room(noise, days, first=0, drift=0.0):
    """Temperature, humidity, power of the compressor, temperature outside; a row every 5 minutes."""
    rows = 288 * days
    weather, cycles = noise.slow(rows, 0.995, 1.5), noise.slow(rows, 0.7, 0.05)
    room, air = noise.slow(rows, 0.8, 0.2), noise.slow(rows, 0.9, 1.5)
    table = []
    for at in range(rows):
        day = (first * 288 + at) / 288
        outside = 18 + 6 * math.sin(2 * math.pi * day - 2) + drift * day + next(weather)
        duty = min(max(0.4 + 0.02 * (outside - 18) + next(cycles), 0), 1)
        table.append(
            [
                4 + 0.05 * (outside - 18) + next(room),
                75 - 0.8 * (outside - 18) + next(air),
                300 + 900 * duty + noise.white(20),
                outside,
            ]
        )
    return table


def motor(noise, loads, seconds):
    """Vibration, current, speed, temperature; a row a second, so many at each load."""
    load, warm = loads[0], 40 + 25 * loads[0]
    table = []
    for wanted in loads:
        for _ in range(seconds):
            load += 0.1 * (wanted - load)
            warm += 0.002 * (40 + 25 * wanted - warm)
            table.append(
                [
                    0.5 + 0.8 * load + noise.white(0.05),
                    3 + 6 * load + noise.white(0.15),
                    1500 - 40 * load + noise.white(2),
                    warm + noise.white(0.1),
                ]
            )
    return table


def shifts(noise, count):
    """A motor that runs for an hour and stands still for half of one."""
    table = []
    for _ in range(count):
        table += motor(noise, [0.6], 3600)
        for row in motor(noise, [0.0], 1800):
            table.append([0.02 + abs(noise.white(0.01)), 0.1 + noise.white(0.02), 0.0, row[3]])
    return table


def changed(table, rows, channel, change):
    for at in rows:
        table[at][channel] = change(table[at][channel])
    return table


def write(path, table, names, period, first):
    lines = ["time," + ",".join(names)]
    for at, row in enumerate(table):
        lines.append(f"{START + (first + at) * period}," + ",".join(f"{value:.5g}" for value in row))
    path.write_text("\n".join(lines) + "\n")


def run(folder, train, test, names, period, options):
    """Rows at which something was raised or said, by kind, and whether each row is in an alert."""
    write(folder / "train.csv", train, names, period, 0)
    write(folder / "test.csv", test, names, period, len(train))
    model = folder / "model.onnx"
    fit = [PROGRAM, "fit", folder / "train.csv", "-o", model, *options]
    subprocess.run(fit, check=True, capture_output=True)
    detect = [PROGRAM, "detect", model, folder / "test.csv"]
    lines = subprocess.run(detect, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


COLD = (["room_c", "humidity", "power_w", "outside_c"], 300)
MOTOR = (["vibration", "current", "speed", "temp"], 1)
LOADS = (0.3, 0.6, 0.9)


def loads(noise, count, among=LOADS):
    return [noise.random.choice(among) for _ in range(count)]


def situations():
    """Words, normal data, what follows, names and period, rows of the fault, options of `fit`."""

    def cold(days, words, drift=0.0, fault=None, change=None, channel=0, options=()):
        def made(noise):
            test = cold_room(noise, 30, days, drift)
            if fault:
                changed(test, fault, channel, change)
            return cold_room(noise, days, 0, drift), test

        return words, made, COLD, fault, options

    warm = range(288 * 20, 288 * 21)
    yield cold(3, "cold room, daily cycle: 3 days, then 30")
    yield cold(7, "cold room, daily cycle: 7 days, then 30")
    yield cold(7, "the same, warmer by 0.2 °C outside each day", drift=0.2)
    yield cold(7, "the same, 1.5 °C too warm for a day", fault=warm, change=lambda t: t + 1.5)
    replaced = range(288 * 10, 288 * 30)
    yield cold(7, "the same, sensor replaced, reads 0.8 °C more", fault=replaced, change=lambda t: t + 0.8)

    day, half_day, hours = warm, range(288 * 20, 288 * 20 + 144), range(288 * 20, 288 * 20 + 48)
    for options, words in (((), ""), (("--average", "1"), ", `--average 1`")):
        yield cold(7, f"the same, humidity 6 % lower for a day{words}", 0.0, day, lambda h: h - 6, 1, options)
        yield cold(7, f"the same, 8 °C too warm for 4 hours{words}", 0.0, hours, lambda t: t + 8, 0, options)
        yield cold(7, f"the same, 120 W more for 12 hours{words}", 0.0, half_day, lambda p: p + 120, 2, options)

    def steady(noise):
        return motor(noise, [0.6], 3600), motor(noise, [0.6], 28800)

    yield "motor at one load: 1 h, then 8 h", steady, MOTOR, None, []

    def three(noise):
        return motor(noise, loads(noise, 12), 600), motor(noise, loads(noise, 48), 600)

    yield "motor at three loads: 2 h, then 8 h", three, MOTOR, None, []
    half = range(14400, 28800)

    def worn(noise):
        train, test = three(noise)
        return train, changed(test, half, 0, lambda v: v * 1.25)

    yield "the same, vibration 25 % up", worn, MOTOR, half, []

    def stops(noise):
        return shifts(noise, 2), shifts(noise, 6)

    yield "stop and start: 2 shifts, then 6", stops, MOTOR, None, []
    event = range(3 * 5400 + 600, 3 * 5400 + 1800)

    def shaking(noise):
        train, test = stops(noise)
        return train, changed(test, event, 0, lambda v: v * 1.5)

    yield "the same, vibration 50 % up for 20 min", shaking, MOTOR, event, []
    running = ["--when", "current > 1", "--settle", "60"]
    yield "the same, judged while it runs (`--when`)", shaking, MOTOR, event, running
    later = range(7200, 14400)
    for percent in (2, 5, 10):
        for options, words in (([], ""), (["--leave-out-odd"], ", `--leave-out-odd`")):

            def dirty(noise, percent=percent):
                train = motor(noise, [0.6], 3600)
                changed(train, range(1000, 1000 + 36 * percent), 0, lambda v: v * 1.5)
                return train, changed(motor(noise, [0.6], 14400), later, 0, lambda v: v * 1.5)

            words = f"{percent} % of the normal rows vibrate 50 % more, as later{words}"
            yield words, dirty, MOTOR, later, options


def main():
    print(
        f"| situation, {SEEDS} seeds | false alerts a day | `unprecedented` a day | `drift` a day | faults found "
        "| after, rows | said by `drift` |"
    )
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for words, made, (names, period), fault, options in situations():
            false, new, drifts, days, delays, told = 0, 0, 0, 0.0, [], 0
            for seed in range(SEEDS):
                train, test = made(Noise(seed))
                events = run(Path(folder), train, test, names, period, options)
                at = {
                    kind: [event["row"] - 1 for event in events if event["kind"] == kind]
                    for kind in ("raised", "unprecedented", "drift")
                }
                compared = max((e["compared_rows"] for e in events if e["kind"] == "drift"), default=0)
                inside = range(fault.start, fault.stop + AFTER) if fault else range(0)
                false += sum(row not in inside for row in at["raised"])
                new += sum(row not in inside for row in at["unprecedented"])
                lasts = range(inside.start, inside.stop + compared) if fault else range(0)
                drifts += sum(row not in lasts for row in at["drift"])
                told += any(row in lasts for row in at.pop("drift"))
                days += (len(test) - len(inside)) * period / 86400
                found = sorted(row for rows in at.values() for row in rows if row in inside)
                delays += [row - fault.start for row in found[:1]]
            found = f"{len(delays)} of {SEEDS}" if fault else ""
            delay = str(sorted(delays)[len(delays) // 2]) if delays else ""
            told = f"{told} of {SEEDS}" if fault else ""
            rates = " | ".join(f"{count / days if days else 0:.2f}" for count in (false, new, drifts))
            print(f"| {words} | {rates} | {found} | {delay} | {told} |", flush=True)


main()
