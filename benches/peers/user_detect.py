"""What a user would write in place of `oddity detect`: pandas in chunks, onnxruntime in batches, numpy.

    python user_detect.py MODEL INPUT.csv

What goes in: a model with its profile (score mse, no smoothing), and rows. What comes out: a line of JSON for
each alert that is raised or cleared. No gaps, no missing readings, no frozen sensors, one stream.
"""
import json
import os
import sys

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import onnxruntime
import pandas as pd

CHUNK_ROWS, BATCH = 65536, 1024

model, path = sys.argv[1:3]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
profile = json.loads(session.get_modelmeta().custom_metadata_map["oddity.profile"])
names = [channel["name"] for channel in profile["channels"]]
mean = np.array([channel["mean"] for channel in profile["channels"]], np.float32)
scale = np.array([channel["scale"] for channel in profile["channels"]], np.float32)
rows, hop, threshold = profile["window"], profile["hop"], profile["threshold"]["value"]
raise_at, clear_at = profile["alert"]["raise"], profile["alert"]["clear"]
shape = (-1, rows, len(names)) if profile["layout"] == "time-channels" else (-1, len(names), rows)

carry, carry_time = np.empty((0, len(names)), np.float32), np.empty(0, object)
raised, seen = False, 0
for part in pd.read_csv(path, chunksize=CHUNK_ROWS):
    x = np.concatenate([carry, (part[names].to_numpy(np.float32) - mean) / scale])
    time = np.concatenate([carry_time, part["time"].to_numpy()])
    n = max(0, (len(x) - rows) // hop + 1)
    # [windows, channels, rows] without a copy.
    view = np.lib.stride_tricks.sliding_window_view(x, rows, axis=0)[::hop][:n]
    if profile["layout"] == "time-channels":
        view = view.transpose(0, 2, 1)
    for at in range(0, n, BATCH):
        batch = np.ascontiguousarray(view[at : at + BATCH])
        out = session.run(["reconstruction"], {"input": batch})[0].reshape(shape)
        ratio = ((out - batch) ** 2).mean(axis=(1, 2)) / threshold
        if not raised and not (ratio > raise_at).any():
            continue
        for k in np.flatnonzero((ratio > raise_at) | (ratio <= clear_at)):
            if raised == (ratio[k] > raise_at):
                continue
            raised = not raised
            end = int((at + k) * hop + rows - 1)
            event = {"kind": "raised" if raised else "cleared", "row": seen + end + 1}
            event |= {"time": str(time[end]), "ratio": float(ratio[k])}
            print(json.dumps(event), flush=True)
    seen += n * hop
    carry, carry_time = x[n * hop :], time[n * hop :]
