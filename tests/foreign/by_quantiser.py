"""What onnxruntime's quantiser writes, in each of its formats, of the plain networks."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime import quantization as q
from onnxruntime.quantization.shape_inference import quant_pre_process

import networks
from cases import tried

U8, S8 = q.QuantType.QUInt8, q.QuantType.QInt8
U16, S16 = q.QuantType.QUInt16, q.QuantType.QInt16
U4, S4 = q.QuantType.QUInt4, q.QuantType.QInt4
QDQ, QOP = q.QuantFormat.QDQ, q.QuantFormat.QOperator

# Name, format, activations, weights, per channel, symmetric.
STATIC = [
    ("qdq_u8s8", QDQ, U8, S8, False, False),
    ("qdq_u8u8", QDQ, U8, U8, False, False),
    ("qdq_s8s8", QDQ, S8, S8, False, False),
    ("qdq_s8s8_pc", QDQ, S8, S8, True, False),
    ("qdq_s8s8_sym_pc", QDQ, S8, S8, True, True),
    ("qdq_s16s8", QDQ, S16, S8, False, False),
    ("qdq_u16u8", QDQ, U16, U8, False, False),
    ("qdq_s16s16_pc", QDQ, S16, S16, True, True),
    ("qdq_u8s4", QDQ, U8, S4, False, False),
    ("qdq_u8u4", QDQ, U8, U4, False, False),
    ("qop_u8s8", QOP, U8, S8, False, False),
    ("qop_u8u8", QOP, U8, U8, False, False),
    ("qop_s8s8", QOP, S8, S8, False, False),
    ("qop_s8s8_pc", QOP, S8, S8, True, True),
]
DYNAMIC = [("dyn_u8", U8, False), ("dyn_s8", S8, False), ("dyn_s8_pc", S8, True)]


class Normal(q.CalibrationDataReader):
    """Windows one by one, as the quantiser asks for them."""

    def __init__(self, windows: np.ndarray):
        self.rest = iter([{"x": window[None]} for window in windows])

    def get_next(self):
        return next(self.rest, None)


def at_opset(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """The network in a newer operator set: all its operators mean the same there."""
    newer = onnx.version_converter.convert_version(model, opset)
    newer.ir_version = max(newer.ir_version, 10)
    return newer


def cases(folder: Path, only: str = "") -> Iterator:
    for network in networks.ALL:
        model, windows = networks.made(network)
        if network == "vae":
            continue  # What calibrates on random draws, quantises at random.
        plain = folder / f"{network}.onnx"
        onnx.save(model, plain)
        ready = folder / f"{network}.ready.onnx"
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        yield from static(folder, network, ready, windows)
        yield from dynamic(folder, network, ready, windows)
        yield from few_bits(folder, network, model, windows)


def static(folder, network, ready, windows):
    normal = np.random.default_rng(6).normal(0, 1, (16, *windows.shape[1:])).astype(np.float32)
    for name, form, activations, weights, channels, symmetric in STATIC:
        path = folder / f"{network}.{name}.onnx"

        def export():
            q.quantize_static(
                str(ready), str(path), Normal(normal), quant_format=form,
                activation_type=activations, weight_type=weights, per_channel=channels,
                extra_options={"ActivationSymmetric": symmetric, "WeightSymmetric": symmetric},
            )

        yield tried(f"quantiser.{name}", network, path, windows, export)


def dynamic(folder, network, ready, windows):
    for name, weights, channels in DYNAMIC:
        path = folder / f"{network}.{name}.onnx"

        def export():
            q.quantize_dynamic(str(ready), str(path), weight_type=weights, per_channel=channels)

        yield tried(f"quantiser.{name}", network, path, windows, export)


def few_bits(folder, network, model, windows):
    """Weights of matrix products alone, in blocks of 4 or 8 bits."""
    from onnxruntime.quantization import matmul_nbits_quantizer as nbits

    if not any(node.op_type == "MatMul" for node in model.graph.node):
        return
    for name, bits, form, symmetric in (
        ("nbits4", 4, QOP, True),
        ("nbits4_asym", 4, QOP, False),
        ("nbits8", 8, QOP, True),
        ("int4_blocked", 4, QDQ, True),
        ("uint4_blocked", 4, QDQ, False),
    ):
        path = folder / f"{network}.{name}.onnx"

        def export():
            source = at_opset(model, 21) if form == QDQ else onnx.ModelProto()
            if form != QDQ:
                source.CopyFrom(model)
            config = nbits.DefaultWeightOnlyQuantConfig(
                block_size=16, is_symmetric=symmetric, quant_format=form, bits=bits
            )
            quantiser = nbits.MatMulNBitsQuantizer(source, algo_config=config)
            quantiser.process()
            quantiser.model.save_model_to_file(str(path))

        yield tried(f"quantiser.{name}", network, path, windows, export)
