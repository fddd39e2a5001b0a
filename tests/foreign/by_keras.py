"""What Keras writes: by its own `export`, and by tf2onnx, with planes last and planes first."""

import contextlib
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

# tf2onnx still asks for names that numpy has dropped.
for dropped, now in (("object", object), ("bool", bool), ("cast", np.asarray)):
    if not hasattr(np, dropped):
        setattr(np, dropped, now)

import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402

import networks_keras  # noqa: E402
from cases import tried  # noqa: E402

OPSETS = (11, 13, 15, 18)


def cases(folder: Path) -> Iterator:
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    for name in networks_keras.ALL:
        network, windows = networks_keras.made(name)
        shape = windows.shape[1:]
        score = name in networks_keras.SCORES
        random = np.random.default_rng(6)
        normal = random.normal(0, 1, (300, *shape)).astype(np.float32) if score else None

        def one(exporter, export, given=None, **more):
            path = folder / f"{name}.{exporter}.onnx"
            quiet = io.StringIO()

            def quietly():
                with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
                    export(path)

            return tried(f"keras.{exporter}", name, path, windows if given is None else given, quietly, normal=normal, **more)

        windows = normal[:8] if score else windows
        network(windows)  # Keras exports only what has been called.
        yield one("export", lambda path: network.export(str(path), format="onnx", verbose=False))
        for opset in OPSETS:
            yield one(f"tf2onnx.{opset}", lambda path: converted(network, shape, path, opset=opset))
        fixed = lambda path: converted(network, shape, path, batch=1, opset=15)  # noqa: E731
        yield one("tf2onnx.fixed", fixed)
        if len(shape) != 3:
            continue
        first = np.ascontiguousarray(windows.transpose(0, 3, 1, 2))
        inputs = {"inputs_as_nchw": ["x"]}
        yield one(
            "tf2onnx.nchw",
            lambda path: converted(network, shape, path, **inputs, outputs_as_nchw=["Identity:0"]),
            first,
        )
        # Planes first in, last out: the program gives back what went in.
        mixed = lambda path: converted(network, shape, path, **inputs)  # noqa: E731
        yield one("tf2onnx.mixed", mixed, first, turned=(0, 3, 1, 2))


def converted(network, shape, path, batch=None, opset=15, **more) -> None:
    signature = [tf.TensorSpec((batch, *shape), tf.float32, name="x")]
    function = tf.function(lambda x: network(x, training=False), input_signature=signature)
    tf2onnx.convert.from_function(function, signature, opset=opset, output_path=str(path), **more)
