"""What changes a finished model: onnxruntime's own optimisation, conversion to half precision, and
the simplifiers. Each is given the plain networks."""

from collections.abc import Iterator
from pathlib import Path

import onnx
import onnxruntime as ort
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

import networks
import reference
from by_quantiser import Normal
from cases import Case, tried

LEVELS = {
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
}


def cases(folder: Path) -> Iterator:
    for network in networks.ALL:
        model, windows = networks.made(network)
        plain = folder / f"{network}.onnx"
        onnx.save(model, plain)
        for name, level in LEVELS.items():
            path = folder / f"{network}.{name}.onnx"
            export = lambda: saved(plain, path, level)  # noqa: B023, E731
            yield tried(f"onnxruntime.{name}", network, path, windows, export)
        yield from quantised(folder, network, plain, windows)
        yield from half(folder, network, plain, model, windows)
        yield from simplified(folder, network, model, windows)


def saved(source: Path, path: Path, level) -> None:
    """As onnxruntime saves what it has optimised."""
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 4
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def quantised(folder, network, plain, windows):
    """A quantised model that onnxruntime has optimised has operators of its own once more."""
    if network == "vae":
        return
    for name, activations in (("u8", QuantType.QUInt8), ("s8", QuantType.QInt8)):
        between = folder / f"{network}.between_{name}.onnx"
        path = folder / f"{network}.qdq_{name}_extended.onnx"

        def export():
            quantize_static(
                str(plain), str(between), Normal(windows), quant_format=QuantFormat.QDQ,
                activation_type=activations, weight_type=QuantType.QInt8,
            )
            saved(between, path, LEVELS["extended"])

        case = tried(f"onnxruntime.qdq_{name}_extended", network, path, windows, export)
        if isinstance(case, Case):
            # What is saved has but one way to run; the file before it has both.
            case.spread = reference.with_spread(between, windows)[1]
        yield case


def half(folder, network, plain, model, windows):
    from onnxconverter_common import float16

    for name, outside in (("float16", False), ("float16_keep_io", True)):
        path = folder / f"{network}.{name}.onnx"

        def export():
            source = onnx.ModelProto()
            source.CopyFrom(model)
            onnx.save(float16.convert_float_to_float16(source, keep_io_types=outside), path)

        # Where onnxruntime runs no such file: the network as it was, rounded to half precision.
        full = (reference.with_spread(plain, windows)[0], 5e-3)
        yield tried(f"converter.{name}", network, path, windows, export, else_wanted=full)


def simplified(folder, network, model, windows):
    import onnxsim
    import onnxslim

    ways = {"onnxslim": onnxslim.slim, "onnxsim": lambda source: onnxsim.simplify(source)[0]}
    for name, change in ways.items():
        path = folder / f"{network}.{name}.onnx"

        def export():
            source = onnx.ModelProto()
            source.CopyFrom(model)
            onnx.save(change(source), path)

        yield tried(name, network, path, windows, export)
