//! From what a node says to its [`Op`], one function for each kind of attribute list.
//!
//! The defaults are those of the ONNX operator specification (onnx.ai/onnx/operators).

use super::attributes::Said;
use crate::graph::error::{GraphPlace, ModelError};
use crate::graph::op::{
    ArgAttributes, AspectPolicy, AutoPad, Binary, ConvAttributes, CoordinateMode, Direction,
    GeluFormula, GemmAttributes, Interpolation, KernelAttributes, NearestMode, Op, PadMode,
    RecurrentAttributes, RecurrentCell, ReduceAttributes, Reduction, ResizeAttributes,
    ScatterReduction, SliceAttributes, Unary, Variadic,
};
use crate::graph::tensor::{ElementType, Tensor};

/// What a parsing function gives.
pub(super) type ParsedOp = Result<Op, ModelError>;

/// An operator without attributes, by its name.
pub(super) fn plain(said: &mut Said<'_>) -> ParsedOp {
    let name = said.node.op_type.as_str();
    let op = match name {
        "DynamicQuantizeLinear" => Op::DynamicQuantizeLinear,
        "Expand" => Op::Expand,
        "GlobalAveragePool" => Op::GlobalAveragePool,
        "GlobalMaxPool" => Op::GlobalMaxPool,
        "MatMul" => Op::MatMul,
        "MatMulInteger" => Op::MatMulInteger,
        "PRelu" => Op::PRelu,
        "Range" => Op::Range,
        "Size" => Op::Size,
        "Tile" => Op::Tile,
        "Where" => Op::Where,
        _ => {
            let unary = Unary::from_word(name).map(Op::Unary);
            let binary = || Binary::from_word(name).map(Op::Binary);
            let variadic = || Variadic::from_word(name).map(Op::Variadic);
            return unary
                .or_else(binary)
                .or_else(variadic)
                .ok_or_else(|| said.unsupported("this operator is not supported"));
        }
    };
    Ok(op)
}

pub(super) fn cast(said: &mut Said<'_>) -> ParsedOp {
    let to = said.int("to")?.ok_or_else(|| said.bad("attribute `to` is missing"))?;
    let to = ElementType::from_onnx(to)
        .ok_or_else(|| said.unsupported(format!("element type {to} is not supported")))?;
    Ok(Op::Cast { to: to.widened(), saturate: said.int_or("saturate", 1)? != 0 })
}

pub(super) fn activation(said: &mut Said<'_>) -> ParsedOp {
    let alpha = |default: f32| said.float_or("alpha", default);
    Ok(match said.node.op_type.as_str() {
        "Celu" => Op::Celu { alpha: alpha(1.0)? },
        "Elu" => Op::Elu { alpha: alpha(1.0)? },
        "HardSigmoid" => Op::HardSigmoid { alpha: alpha(0.2)?, beta: said.float_or("beta", 0.5)? },
        "LeakyRelu" => Op::LeakyRelu { alpha: alpha(0.01)? },
        "Selu" => Op::Selu { alpha: said.float("alpha")?, gamma: said.float("gamma")? },
        _ => Op::ThresholdedRelu { alpha: alpha(1.0)? },
    })
}

pub(super) fn clip(said: &mut Said<'_>) -> ParsedOp {
    Ok(Op::Clip { min: said.float("min")?, max: said.float("max")? })
}

pub(super) fn dropout(said: &mut Said<'_>) -> ParsedOp {
    Ok(Op::Dropout { ratio: said.float("ratio")?, seed: said.int("seed")? })
}

pub(super) fn gelu(said: &mut Said<'_>) -> ParsedOp {
    let formula = said.word("approximate", GeluFormula::from_word)?;
    Ok(Op::Gelu(formula.unwrap_or(GeluFormula::Exact)))
}

pub(super) fn modulo(said: &mut Said<'_>) -> ParsedOp {
    Ok(Op::Mod { fmod: said.flag("fmod")? })
}

pub(super) fn normalization(said: &mut Said<'_>) -> ParsedOp {
    let epsilon = || said.float_or("epsilon", 1e-5);
    let axis = |default: i64| said.int_or("axis", default);
    // Up to operator set 12 all axes from this one on are one.
    let softmax_axis = if said.opset < 13 { 1 } else { -1 };
    Ok(match said.node.op_type.as_str() {
        "BatchNormalization" => Op::BatchNormalization {
            epsilon: epsilon()?,
            momentum: said.float_or("momentum", 0.9)?,
            training: said.flag("training_mode")?,
        },
        "InstanceNormalization" => Op::InstanceNormalization { epsilon: epsilon()? },
        "LogSoftmax" => Op::LogSoftmax { axis: axis(softmax_axis)? },
        "LpNormalization" => Op::LpNormalization { axis: axis(-1)?, p: said.int_or("p", 2)? },
        _ => Op::Softmax { axis: axis(softmax_axis)? },
    })
}

pub(super) fn gemm(said: &mut Said<'_>) -> ParsedOp {
    gemm_attributes(said).map(Op::Gemm)
}

pub(super) fn gemm_attributes(said: &Said<'_>) -> Result<GemmAttributes, ModelError> {
    Ok(GemmAttributes {
        alpha: said.float_or("alpha", 1.0)?,
        beta: said.float_or("beta", 1.0)?,
        trans_a: said.flag("transA")?,
        trans_b: said.flag("transB")?,
    })
}

fn kernel(said: &Said<'_>) -> Result<KernelAttributes, ModelError> {
    let word = said.text("auto_pad")?;
    let auto_pad = word.map(|word| {
        let unknown = || said.bad("attribute `auto_pad` has a value that ONNX does not define");
        AutoPad::from_word(&word).ok_or_else(unknown)
    });
    Ok(KernelAttributes {
        auto_pad: auto_pad.transpose()?.unwrap_or(AutoPad::NotSet),
        kernel_shape: said.ints("kernel_shape")?,
        strides: said.ints("strides")?,
        dilations: said.ints("dilations")?,
        pads: said.ints("pads")?,
    })
}

pub(super) fn conv_attributes(said: &Said<'_>) -> Result<ConvAttributes, ModelError> {
    Ok(ConvAttributes { group: said.int_or("group", 1)?, kernel: kernel(said)? })
}

pub(super) fn conv(said: &mut Said<'_>) -> ParsedOp {
    let conv = conv_attributes(said)?;
    Ok(match said.node.op_type.as_str() {
        "ConvTranspose" => Op::ConvTranspose { conv, output_padding: said.ints("output_padding")? },
        "ConvInteger" => Op::ConvInteger(conv),
        _ => Op::Conv(conv),
    })
}

pub(super) fn max_pool(said: &mut Said<'_>) -> ParsedOp {
    let (kernel, ceil) = (kernel(said)?, said.flag("ceil_mode")?);
    Ok(Op::MaxPool { kernel, ceil, storage_order: said.int_or("storage_order", 0)? })
}

pub(super) fn average_pool(said: &mut Said<'_>) -> ParsedOp {
    let (kernel, ceil) = (kernel(said)?, said.flag("ceil_mode")?);
    Ok(Op::AveragePool { kernel, ceil, count_include_pad: said.flag("count_include_pad")? })
}

pub(super) fn recurrent(said: &mut Said<'_>) -> ParsedOp {
    recurrent_attributes(said).map(Op::Recurrent)
}

pub(super) fn recurrent_attributes(said: &Said<'_>) -> Result<RecurrentAttributes, ModelError> {
    let cell = match said.node.op_type.as_str() {
        "LSTM" | "DynamicQuantizeLSTM" => {
            RecurrentCell::Lstm { input_forget: said.int_or("input_forget", 0)? != 0 }
        }
        "GRU" => RecurrentCell::Gru { linear_before_reset: said.flag("linear_before_reset")? },
        _ => RecurrentCell::Rnn,
    };
    let direction = said.word("direction", Direction::from_word)?;
    Ok(RecurrentAttributes {
        cell,
        direction: direction.unwrap_or(Direction::Forward),
        hidden_size: said.int("hidden_size")?,
        activations: said.texts("activations")?,
        batch_first: said.int_or("layout", 0)? != 0,
    })
}

pub(super) fn reduce(said: &mut Said<'_>) -> ParsedOp {
    let reduction = Reduction::from_word(&said.node.op_type);
    Ok(Op::Reduce(ReduceAttributes {
        reduction: reduction.ok_or_else(|| said.unsupported("this operator is not supported"))?,
        axes: said.ints("axes")?,
        keep_dims: said.int_or("keepdims", 1)? != 0,
        noop_with_empty_axes: said.flag("noop_with_empty_axes")?,
    }))
}

/// An element type, of which 0 says nothing.
fn element(said: &Said<'_>, name: &str) -> Result<Option<ElementType>, ModelError> {
    let unknown = |number: i64| said.unsupported(format!("element type {number} is not supported"));
    match said.int_or(name, 0)? {
        0 => Ok(None),
        number => ElementType::from_onnx(number).map(Some).ok_or_else(|| unknown(number)),
    }
}

/// Operators whose one attribute is an axis.
pub(super) fn along_axis(said: &mut Said<'_>) -> ParsedOp {
    let axis = |default: i64| said.int_or("axis", default);
    Ok(match said.node.op_type.as_str() {
        "QuantizeLinear" => Op::QuantizeLinear {
            axis: axis(1)?,
            block: said.int_or("block_size", 0)?,
            to: element(said, "output_dtype")?,
        },
        "DequantizeLinear" => {
            Op::DequantizeLinear { axis: axis(1)?, block: said.int_or("block_size", 0)? }
        }
        "Flatten" => Op::Flatten { axis: axis(1)? },
        "Gather" => Op::Gather { axis: axis(0)? },
        "GatherElements" => Op::GatherElements { axis: axis(0)? },
        "GatherND" => Op::GatherNd { batch_dims: said.int_or("batch_dims", 0)? },
        _ => {
            let missing = || said.bad("attribute `axis` is missing");
            Op::Concat { axis: said.int("axis")?.ok_or_else(missing)? }
        }
    })
}

pub(super) fn scatter(said: &mut Said<'_>) -> ParsedOp {
    let reduction = said.word("reduction", ScatterReduction::from_word)?;
    let reduction = reduction.unwrap_or(ScatterReduction::None);
    Ok(match said.node.op_type.as_str() {
        "ScatterND" => Op::ScatterNd { reduction },
        _ => Op::ScatterElements { axis: said.int_or("axis", 0)?, reduction },
    })
}

pub(super) fn arg(said: &mut Said<'_>) -> ParsedOp {
    let attributes = ArgAttributes {
        axis: said.int_or("axis", 0)?,
        keep_dims: said.int_or("keepdims", 1)? != 0,
        last: said.flag("select_last_index")?,
    };
    Ok(match said.node.op_type.as_str() {
        "ArgMax" => Op::ArgMax(attributes),
        _ => Op::ArgMin(attributes),
    })
}

/// From operator set 10 on, in which how many became an input. In which order equal ones come is not
/// said, so the order that engines give will do where none is asked for.
pub(super) fn top_k(said: &mut Said<'_>) -> ParsedOp {
    Ok(Op::TopK { axis: said.int_or("axis", -1)?, largest: said.int_or("largest", 1)? != 0 })
}

pub(super) fn cum_sum(said: &mut Said<'_>) -> ParsedOp {
    Ok(Op::CumSum { exclusive: said.flag("exclusive")?, reverse: said.flag("reverse")? })
}

pub(super) fn reshape(said: &mut Said<'_>) -> ParsedOp {
    Ok(Op::Reshape { allow_zero: said.flag("allowzero")? })
}

pub(super) fn squeeze(said: &mut Said<'_>) -> ParsedOp {
    let axes = said.ints("axes")?;
    Ok(match said.node.op_type.as_str() {
        "Squeeze" => Op::Squeeze { axes },
        _ => Op::Unsqueeze { axes },
    })
}

pub(super) fn transpose(said: &mut Said<'_>) -> ParsedOp {
    Ok(Op::Transpose { perm: said.ints("perm")? })
}

pub(super) fn split(said: &mut Said<'_>) -> ParsedOp {
    let (axis, lengths) = (said.int_or("axis", 0)?, said.ints("split")?);
    Ok(Op::Split { axis, lengths, parts: said.int("num_outputs")? })
}

pub(super) fn slice(said: &mut Said<'_>) -> ParsedOp {
    let (starts, ends) = (said.ints("starts")?, said.ints("ends")?);
    Ok(Op::Slice(SliceAttributes { starts, ends, axes: said.ints("axes")? }))
}

pub(super) fn pad(said: &mut Said<'_>) -> ParsedOp {
    let mode = match said.text("mode")? {
        None => PadMode::Constant,
        Some(word) => PadMode::from_word(&word)
            .ok_or_else(|| said.unsupported("its mode is neither constant, reflect nor edge"))?,
    };
    Ok(Op::Pad { mode, pads: said.ints("pads")?, value: said.float("value")? })
}

pub(super) fn resize(said: &mut Said<'_>) -> ParsedOp {
    let mode = said.word("mode", Interpolation::from_word)?;
    Ok(Op::Resize(ResizeAttributes {
        mode: mode.unwrap_or(Interpolation::Nearest),
        coordinates: said.word("coordinate_transformation_mode", CoordinateMode::from_word)?,
        nearest: said.word("nearest_mode", NearestMode::from_word)?,
        aspect: said.word("keep_aspect_ratio_policy", AspectPolicy::from_word)?,
        axes: said.ints("axes")?,
        antialias: said.int("antialias")?,
        cubic_coeff_a: said.float("cubic_coeff_a")?,
        exclude_outside: said.int("exclude_outside")?,
        extrapolation_value: said.float("extrapolation_value")?,
    }))
}

pub(super) fn constant(said: &mut Said<'_>) -> ParsedOp {
    if said.count() != 1 {
        return Err(said.bad("it must have exactly one value"));
    }
    if let Some(value) = said.tensor("value", GraphPlace::Tensor(said.node.output.concat()))? {
        return Ok(Op::Constant(value));
    }
    let floats = |dims: Vec<usize>, values: &[f32]| {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Tensor { dims, element: ElementType::F32, bytes }
    };
    let value = if let Some(value) = said.int("value_int")? {
        Tensor { dims: Vec::new(), ..Tensor::integers(&[value]) }
    } else if let Some(value) = said.float("value_float")? {
        floats(Vec::new(), &[value])
    } else if let Some(values) = said.ints("value_ints")? {
        Tensor::integers(&values)
    } else if let Some(values) = said.floats("value_floats")? {
        floats(vec![values.len()], &values)
    } else {
        return Err(said.bad("its value is missing"));
    };
    Ok(Op::Constant(value))
}

pub(super) fn constant_of_shape(said: &mut Said<'_>) -> ParsedOp {
    let place = super::attributes::place(said.node);
    Ok(Op::ConstantOfShape { value: said.tensor("value", place)? })
}

pub(super) fn shape(said: &mut Said<'_>) -> ParsedOp {
    Ok(Op::Shape { start: said.int_or("start", 0)?, end: said.int("end")? })
}
