"""oddity beside onnxruntime, LiteRT and the script that a user would write, on this machine.

What goes in: the program (optimised), and the folder with the real data. What comes out: two Markdown
tables on standard output, as ratios. It changes nothing and keeps nothing.

    pip install onnxruntime ai-edge-litert numpy pandas
    cargo build --release
    python benches/peers/compare.py target/release/oddity ../shared/data

Models: microseconds a batch, each side in its own process, on one thread, with its buffers bound beforehand:
`oddity bench` on our side, Python's bindings on the other (about 0.3 us of a figure is theirs). A figure is
the fastest burst of all rounds; the sides take turns within a round, so that what slows the machine down for
a while slows all of them. LiteRT runs XNNPACK on the models' own `.tflite` files; where there is none there is
no figure. Its int8 file takes and gives int8, the others f32.

Streams: CPU seconds (user and system, children included) of whole processes from a CSV file to events, on one
thread: `oddity detect` and `user_detect.py`, which reads with pandas, runs onnxruntime in batches of 1024 and
scores with numpy. The fastest of all rounds, taken in turn. Both must report the same events at the same rows.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

# Before numpy is loaded: one thread each.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import onnxruntime

HERE = Path(__file__).parent
BATCHES = [1, 8, 32, 128]
# Name, ONNX file, LiteRT file.
MODELS = [
    ("MLPerf Tiny AD, f32", "mlperf/ad01_fp32.onnx", "mlperf/ad01_fp32.tflite"),
    ("MLPerf Tiny AD, int8", "mlperf/ad01_int8_qdq.onnx", "mlperf/ad01_int8.tflite"),
    ("dense 784-128-64-128-784", "zoo/dense.leg17.onnx", None),
    ("of `oddity fit`, 128-4-128", "FIT", None),
    ("conv1d", "zoo/conv1d_t.leg17.onnx", None),
    ("conv2d 32 x 32", "zoo/conv2d_t.leg17.onnx", None),
    ("LSTM", "zoo/lstm.leg17.onnx", None),
]


def onnxruntime_call(path, batch):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    x = np.random.default_rng(1).normal(size=[batch, *source.shape[1:]]).astype(np.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input(source.name, onnxruntime.OrtValue.ortvalue_from_numpy(x))
    # A first run tells the shapes of all outputs, which are bound to buffers then.
    outputs = zip(session.get_outputs(), session.run(None, {source.name: x}))
    outputs = [(output.name, np.zeros_like(value)) for output, value in outputs]
    for name, buffer in outputs:
        binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(buffer))
    run, bound = session._sess.run_with_iobinding, binding._iobinding
    # The binding does not own the arrays.
    return lambda keep=(x, outputs, session): run(bound, None)


def litert_call(path, batch):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    source = interpreter.get_input_details()[0]
    shape = [batch, *source["shape"][1:]]
    interpreter.resize_tensor_input(source["index"], shape)
    interpreter.allocate_tensors()
    x = np.random.default_rng(1).normal(size=shape)
    if source["dtype"] != np.float32:
        x = np.clip(x * 40, -128, 127)
    interpreter.set_tensor(source["index"], x.astype(source["dtype"]))
    return lambda keep=interpreter: keep._interpreter.Invoke()


def fastest_us(call, ms):
    """Microseconds of a call in the fastest burst of half a millisecond."""
    for _ in range(20):
        call()
    begin = time.perf_counter_ns()
    call()
    calls = range(max(1, int(5e5 / max(1, time.perf_counter_ns() - begin))))
    end, best = time.perf_counter_ns() + ms * 1e6, float("inf")
    while True:
        begin = time.perf_counter_ns()
        for _ in calls:
            call()
        now = time.perf_counter_ns()
        best = min(best, (now - begin) / len(calls) / 1e3)
        if now > end:
            return best


def oddity_us(program, path, ms):
    """Microseconds a batch, by batch."""
    # `bench` gives windows, the stream and the formats 0.7 of its time in equal shares.
    seconds = ms / 1e3 * (len(BATCHES) + 4) / 0.7
    at_once = ",".join(map(str, BATCHES))
    command = [program, "bench", path, "--json", "--at-once", at_once, "--seconds", f"{seconds:.3f}"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    each = {of["windows_at_once"]: of["fastest_us_per_window"] for of in report["windows"]}
    return {batch: us * batch for batch, us in each.items()}


def compare_models(program, data, fit_model, rounds, ms):
    best, calls = {}, {}

    def note(key, us):
        best[key] = min(us, best.get(key, float("inf")))

    for number in range(rounds):
        for name, onnx, tflite in MODELS:
            onnx = fit_model if onnx == "FIT" else data / onnx
            for batch, us in oddity_us(program, onnx, ms).items():
                note((name, "oddity", batch), us)
            for batch in BATCHES:
                peers = [("onnxruntime", onnxruntime_call, onnx)]
                peers += [("LiteRT", litert_call, data / tflite)] if tflite else []
                for peer, make, path in peers:
                    key = (name, peer, batch)
                    if key not in calls:
                        calls[key] = make(path, batch)
                    note(key, fastest_us(calls[key], ms))
        print(f"models: round {number + 1} of {rounds}", file=sys.stderr)
    header = "".join(f" {batch} |" for batch in BATCHES)
    print(f"| model, windows at once | |{header}\n|---|---|{'---|' * len(BATCHES)}")
    for name, _, _ in MODELS:
        own = [best.get((name, "oddity", batch)) for batch in BATCHES]
        cells = "".join(f" {us:.4g} |" if us else " - |" for us in own)
        print(f"| {name} | oddity, us |{cells}")
        for peer in ("onnxruntime", "LiteRT"):
            theirs = [best.get((name, peer, batch)) for batch in BATCHES]
            if any(theirs):
                pairs = zip(theirs, own)
                cells = "".join(f" {a / b:.2f} |" if a and b else " - |" for a, b in pairs)
                print(f"| | {peer} / oddity |{cells}")
    print("\nAbove 1 oddity is faster.\n")


def write_stream(path, rows):
    """Four channels with RFC 3339 times, a row a second; a fault of 300 rows in every 100,000."""
    rng = np.random.default_rng(7)
    at = np.arange(rows)
    waves = np.stack([np.sin(at / p + k) for k, p in enumerate((5.0, 7.0, 11.0, 13.0))], 1)
    x = 20 + waves @ rng.normal(size=(4, 4)) + 0.1 * rng.normal(size=(rows, 4))
    for begin in range(50_000, rows - 300, 100_000):
        x[begin : begin + 300, begin // 100_000 % 4] += 6
    start = np.datetime64("2026-01-01T00:00:00")
    with open(path, "w") as out:
        out.write("time,a,b,c,d\n")
        for i in range(0, rows, 100_000):
            part = x[i : i + 100_000]
            times = np.datetime_as_string(start + np.arange(i, i + len(part)).astype("timedelta64[s]"))
            out.writelines(
                f"{t}Z,{r[0]:.4f},{r[1]:.4f},{r[2]:.4f},{r[3]:.4f}\n" for t, r in zip(times, part)
            )


# A process begins with the memory of the one that it was forked from, which is this small one, not ours.
MEASURE = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=2).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


def cpu_run(command):
    """CPU seconds, peak memory in MB, and the lines of JSON that it wrote."""
    command = [sys.executable, "-S", "-c", MEASURE, *map(str, command)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    code, seconds, mb = json.loads(done.stdout)
    if code != 0:
        sys.exit(f"{command} has failed ({code}): {done.stderr}")
    return seconds, mb, [line for line in done.stderr.splitlines() if line.startswith("{")]


def alerts(lines):
    events = map(json.loads, lines)
    return [(e["kind"], e["row"]) for e in events if e["kind"] in ("raised", "cleared")]


def compare_streams(program, stream, models, rows, rounds):
    best, found, memory = {}, {}, {}
    for number in range(rounds):
        for hop, model in models.items():
            commands = {
                "oddity": [program, "detect", model, stream],
                "script": [sys.executable, HERE / "user_detect.py", model, stream],
            }
            for side, command in commands.items():
                seconds, mb, lines = cpu_run(command)
                key = (hop, side)
                best[key] = min(seconds, best.get(key, float("inf")))
                memory[key] = min(mb, memory.get(key, float("inf")))
                found[key] = alerts(lines)
            if found[hop, "oddity"] != found[hop, "script"]:
                sys.exit(f"hop {hop}: other events: {found}")
        print(f"streams: round {number + 1} of {rounds}", file=sys.stderr)
    print(f"| {rows:,} rows of CSV, 4 channels | oddity, CPU s | rows/s | MB | script, CPU s | MB | script / oddity |")
    print("|---|---|---|---|---|---|---|")
    for hop in models:
        own, theirs = best[hop, "oddity"], best[hop, "script"]
        mb, their_mb = memory[hop, "oddity"], memory[hop, "script"]
        print(
            f"| window 32, hop {hop}, {len(found[hop, 'oddity'])} events | {own:.2f} | {rows / own / 1e6:.2f} M "
            f"| {mb:.0f} | {theirs:.2f} | {their_mb:.0f} | {theirs / own:.2f} |"
        )
    print()


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[0] if names else "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path, help="oddity, optimised")
    parser.add_argument("data", type=Path, help="the folder with the real data")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ms", type=float, default=50, help="a figure and round, of models")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the stream")
    parser.add_argument("--only", choices=["models", "streams"])
    args = parser.parse_args()
    program = args.program.resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        stream, normal = folder / "stream.csv", folder / "normal.csv"
        write_stream(normal, 20_000)
        models = {}
        for hop in (1, 32):
            models[hop] = folder / f"hop{hop}.onnx"
            subprocess.run(
                [program, "fit", normal, "-o", models[hop], "--window", "32", "--hop", str(hop)]
                + ["--latent", "4", "--score", "mse", "--smooth", "none", "--quiet"],
                check=True,
            )
        if args.only != "streams":
            compare_models(program, args.data, models[1], args.rounds, args.ms)
        if args.only != "models":
            write_stream(stream, args.rows)
            compare_streams(program, stream, models, args.rows, args.rounds)
    packages = ", ".join(f"{p} {version(p)}" for p in ("onnxruntime", "ai-edge-litert", "numpy", "pandas"))
    print(f"{processor()}, one thread; {packages}")


if __name__ == "__main__":
    main()
