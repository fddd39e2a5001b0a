"""What PyTorch's two exporters write: the one by TorchScript, and the newer one by dynamo."""

import contextlib
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import torch

import networks_torch
from cases import tried

SCRIPT = (9, 11, 13, 15, 17, 18, 20)
DYNAMO = (18, 20, 21, 23, 24, 25)


def cases(folder: Path) -> Iterator:
    torch.set_num_threads(1)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    for name in networks_torch.ALL:
        network, windows = networks_torch.made(name)
        for opset in SCRIPT:
            batch = {"dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}}
            yield one(folder, f"torchscript.{opset}", name, network, windows, opset, False, batch)
        yield one(folder, "torchscript.fixed", name, network, windows[:1], 17, False, {})
        for opset in DYNAMO:
            batch = {"dynamic_shapes": ({0: torch.export.Dim("batch")},)}
            yield one(folder, f"dynamo.{opset}", name, network, windows, opset, True, batch)
        inside = {"external_data": False}
        yield one(folder, "dynamo.fixed", name, network, windows[:1], 18, True, inside)


def one(folder, exporter, name, network, windows, opset, dynamo, more):
    path = folder / f"{name}.{exporter}.onnx"

    def export():
        quiet = io.StringIO()
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            torch.onnx.export(
                network, (windows,), str(path), input_names=["x"], output_names=["y"],
                opset_version=opset, dynamo=dynamo, **more,
            )

    if name not in networks_torch.SCORES:
        return tried(f"torch.{exporter}", name, path, windows.numpy(), export)
    normal = torch.randn(300, *windows.shape[1:]).numpy()
    return tried(f"torch.{exporter}", name, path, normal[:8], export, normal=normal)
