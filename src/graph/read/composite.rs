//! From what a node says to its [`Composite`]: operators that others make up.
//!
//! The defaults are those of the specification of each operator.

use super::attributes::Said;
use super::parse;
use crate::graph::error::ModelError;
use crate::graph::op::{
    AttentionAttributes, Binary, Composite, Distribution, FusedActivation, Interpolation, Op,
    RandomAttributes, ReduceAttributes, Reduction, Unary,
};
use crate::graph::tensor::ElementType;

/// What a parsing function gives.
type Parsed = Result<Composite, ModelError>;

/// An integer that must be there.
fn needed(said: &Said<'_>, name: &str) -> Result<i64, ModelError> {
    said.int(name)?.ok_or_else(|| said.bad(format!("attribute `{name}` is missing")))
}

pub(super) fn attention(said: &mut Said<'_>) -> Parsed {
    let (query, key) = (said.int("q_num_heads")?, said.int("kv_num_heads")?);
    if said.int_or("qk_matmul_output_mode", 0)? != 0 {
        return Err(said.unsupported("`qk_matmul_output_mode` is not supported"));
    }
    Ok(Composite::Attention(AttentionAttributes {
        causal: said.flag("is_causal")?,
        scale: said.float("scale")?,
        heads: query.zip(key),
        softcap: said.float_or("softcap", 0.0)?,
    }))
}

/// That of onnxruntime's optimiser.
pub(super) fn joined_attention(said: &mut Said<'_>) -> Parsed {
    let heads = needed(said, "num_heads")?;
    if said.flag("do_rotary")? {
        return Err(said.unsupported("rotary positions are not supported"));
    }
    let attributes = AttentionAttributes {
        causal: said.flag("unidirectional")?,
        scale: said.float("scale")?,
        heads: Some((heads, heads)),
        softcap: 0.0,
    };
    Ok(Composite::JoinedAttention { said: attributes, sizes: said.ints("qkv_hidden_sizes")? })
}

pub(super) fn blocks(said: &mut Said<'_>) -> Parsed {
    let block = needed(said, "blocksize")?;
    if said.node.op_type == "SpaceToDepth" {
        return Ok(Composite::SpaceToDepth { block });
    }
    let depth_first = match said.text("mode")?.as_deref() {
        None | Some("DCR") => true,
        Some("CRD") => false,
        Some(_) => return Err(said.bad("attribute `mode` is neither DCR nor CRD")),
    };
    Ok(Composite::DepthToSpace { block, depth_first })
}

pub(super) fn einsum(said: &mut Said<'_>) -> Parsed {
    let equation = said.text("equation")?;
    let equation = equation.ok_or_else(|| said.bad("attribute `equation` is missing"))?;
    Ok(Composite::Einsum { equation })
}

/// Whatever seed the file names, what it draws is not drawn here.
pub(super) fn random(said: &mut Said<'_>) -> Parsed {
    let name = said.node.op_type.as_str();
    let distribution = match name {
        "RandomUniform" | "RandomUniformLike" => Distribution::Uniform {
            low: said.float_or("low", 0.0)?,
            high: said.float_or("high", 1.0)?,
        },
        _ => Distribution::Normal {
            mean: said.float_or("mean", 0.0)?,
            scale: said.float_or("scale", 1.0)?,
        },
    };
    let (shape, element) = match name.ends_with("Like") {
        true => (None, None),
        false => {
            let shape = said.ints("shape")?;
            let shape = shape.ok_or_else(|| said.bad("attribute `shape` is missing"))?;
            (Some(shape), Some(ElementType::F32))
        }
    };
    let element = match said.int("dtype")? {
        Some(number) => {
            let known = ElementType::from_onnx(number).map(ElementType::widened);
            Some(known.ok_or_else(|| said.bad(format!("{number} is no element type")))?)
        }
        None => element,
    };
    Ok(Composite::Random(RandomAttributes { distribution, shape, element }))
}

pub(super) fn normalization(said: &mut Said<'_>) -> Parsed {
    let epsilon = |default: f32| said.float_or("epsilon", default);
    Ok(match said.node.op_type.as_str() {
        "GroupNormalization" => {
            let groups = needed(said, "num_groups")?;
            Composite::GroupNormalization { epsilon: epsilon(1e-5)?, groups }
        }
        "LayerNormalization" => Composite::LayerNormalization {
            axis: said.int_or("axis", -1)?,
            epsilon: epsilon(1e-5)?,
        },
        "MeanVarianceNormalization" => Composite::MeanVarianceNormalization {
            axes: said.ints("axes")?.unwrap_or_else(|| vec![0, 2, 3]),
        },
        "SkipLayerNormalization" => {
            Composite::SkipNormalization { epsilon: epsilon(1e-12)?, rms: false }
        }
        "SkipSimplifiedLayerNormalization" => {
            Composite::SkipNormalization { epsilon: epsilon(1e-12)?, rms: true }
        }
        _ => {
            Composite::RmsNormalization { axis: said.int_or("axis", -1)?, epsilon: epsilon(1e-5)? }
        }
    })
}

pub(super) fn upsample(said: &mut Said<'_>) -> Parsed {
    let linear = match said.text("mode")?.as_deref() {
        None => false,
        // `linear` is what `bilinear` became.
        Some("bilinear") => true,
        Some(word) => match Interpolation::from_word(word) {
            Some(Interpolation::Nearest) => false,
            Some(Interpolation::Linear) => true,
            _ => return Err(said.unsupported("its mode is neither nearest nor linear")),
        },
    };
    Ok(Composite::Upsample { linear, scales: said.floats("scales")? })
}

/// Activations by the sigmoid, and those that are joined to a sum.
pub(super) fn gelu(said: &mut Said<'_>) -> Parsed {
    Ok(match said.node.op_type.as_str() {
        "BiasGelu" => Composite::BiasGelu { exact: true },
        "FastGelu" => Composite::BiasGelu { exact: false },
        "Swish" => Composite::Swish { alpha: said.float_or("alpha", 1.0)? },
        _ => Composite::QuickGelu { alpha: said.float_or("alpha", 1.702)? },
    })
}

pub(super) fn bias_softmax(said: &mut Said<'_>) -> Parsed {
    let axis = said.int_or("axis", 1)?;
    Ok(Composite::BiasSoftmax { axis, inner: said.int_or("is_inner_broadcast", 1)? != 0 })
}

/// The activation that is joined to a layer; its parameters are called `alpha`, `beta` or stand in a
/// list.
fn activation(said: &Said<'_>) -> Result<Option<FusedActivation>, ModelError> {
    let Some(name) = said.text("activation")?.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let listed = said.floats_or_none("activation_params")?;
    let parameter = |place: usize, name: &str, default: f32| match &listed {
        Some(listed) => Ok(listed.get(place).copied().unwrap_or(default)),
        None => said.float_or(name, default),
    };
    let alpha = |default: f32| parameter(0, "activation_alpha", default);
    let beta = |default: f32| parameter(1, "activation_beta", default);
    Ok(Some(match name.as_str() {
        "Clip" => FusedActivation::Clip { min: alpha(f32::MIN)?, max: beta(f32::MAX)? },
        "LeakyRelu" => FusedActivation::Op(Op::LeakyRelu { alpha: alpha(0.01)? }),
        "Elu" => FusedActivation::Op(Op::Elu { alpha: alpha(1.0)? }),
        "HardSigmoid" => {
            FusedActivation::Op(Op::HardSigmoid { alpha: alpha(0.2)?, beta: beta(0.5)? })
        }
        word => match Unary::from_word(word) {
            Some(unary) => FusedActivation::Op(Op::Unary(unary)),
            None => return Err(said.unsupported("its `activation` is not supported")),
        },
    }))
}

pub(super) fn fused(said: &mut Said<'_>) -> Parsed {
    let activation = activation(said)?;
    Ok(match said.node.op_type.as_str() {
        "FusedGemm" => Composite::FusedGemm { gemm: parse::gemm_attributes(said)?, activation },
        "FusedMatMul" | "FusedMatMulActivation" => {
            if said.flag("transBatchA")? || said.flag("transBatchB")? {
                return Err(said.unsupported("`transBatchA` and `transBatchB` are not supported"));
            }
            Composite::FusedMatMul {
                alpha: said.float_or("alpha", 1.0)?,
                trans_a: said.flag("transA")?,
                trans_b: said.flag("transB")?,
                activation,
            }
        }
        name => Composite::FusedConv {
            conv: parse::conv_attributes(said)?,
            activation,
            planes_last: name.starts_with("Nhwc"),
        },
    })
}

pub(super) fn planes_last_pool(said: &mut Said<'_>) -> Parsed {
    parse::max_pool(said).map(Composite::PlanesLastMaxPool)
}

/// Operators without attributes.
pub(super) fn plain(_: &mut Said<'_>) -> Parsed {
    Ok(Composite::CastLike)
}

pub(super) fn trilu(said: &mut Said<'_>) -> Parsed {
    Ok(Composite::Trilu { upper: said.int_or("upper", 1)? != 0 })
}

pub(super) fn reduce_log(said: &mut Said<'_>) -> Parsed {
    if said.flag("noop_with_empty_axes")? {
        return Err(said.unsupported("`noop_with_empty_axes` is not supported; export with axes"));
    }
    Ok(Composite::ReduceLog {
        axes: said.ints("axes")?,
        keep_dims: said.int_or("keepdims", 1)? != 0,
        exponents: said.node.op_type == "ReduceLogSumExp",
    })
}

/// Quantised operators without attributes.
pub(super) fn quantised(said: &mut Said<'_>) -> Parsed {
    Ok(match said.node.op_type.as_str() {
        "DynamicQuantizeMatMul" => Composite::DynamicQuantizeMatMul,
        "MatMulIntegerToFloat" => Composite::MatMulIntegerToFloat,
        "QLinearAdd" => Composite::QLinearBinary(Binary::Add),
        "QLinearMul" => Composite::QLinearBinary(Binary::Mul),
        "QLinearWhere" => Composite::QLinearWhere,
        _ => Composite::QLinearMatMul,
    })
}

pub(super) fn quantised_layer(said: &mut Said<'_>) -> Parsed {
    Ok(match said.node.op_type.as_str() {
        "QGemm" => Composite::QGemm(parse::gemm_attributes(said)?),
        "QLinearConcat" => Composite::QLinearConcat { axis: needed(said, "axis")? },
        "MatMulNBits" => Composite::MatMulNBits {
            depth: needed(said, "K")?,
            columns: needed(said, "N")?,
            bits: said.int_or("bits", 4)?,
            block: needed(said, "block_size")?,
        },
        _ => Composite::QLinearConv {
            conv: parse::conv_attributes(said)?,
            planes_last: said.flag("channels_last")?,
        },
    })
}

pub(super) fn quantised_lstm(said: &mut Said<'_>) -> Parsed {
    parse::recurrent_attributes(said).map(Composite::DynamicQuantizeLstm)
}

/// Quantised operators with one input that are a float one in between.
pub(super) fn quantised_unary(said: &mut Said<'_>) -> Parsed {
    let mut planes_last = false;
    let (name, op) = match said.node.op_type.as_str() {
        "QLinearSigmoid" => ("QLinearSigmoid", Op::Unary(Unary::Sigmoid)),
        "QLinearLeakyRelu" => {
            ("QLinearLeakyRelu", Op::LeakyRelu { alpha: said.float_or("alpha", 0.01)? })
        }
        "QLinearSoftmax" => ("QLinearSoftmax", Op::Softmax { axis: said.int_or("axis", -1)? }),
        "QLinearReduceMean" => {
            let op = Op::Reduce(ReduceAttributes {
                reduction: Reduction::Mean,
                axes: said.ints("axes")?,
                keep_dims: said.int_or("keepdims", 1)? != 0,
                noop_with_empty_axes: false,
            });
            ("QLinearReduceMean", op)
        }
        "QLinearGlobalAveragePool" => {
            planes_last = said.flag("channels_last")?;
            ("QLinearGlobalAveragePool", Op::GlobalAveragePool)
        }
        _ => {
            planes_last = said.flag("channels_last")?;
            ("QLinearAveragePool", parse::average_pool(said)?)
        }
    };
    Ok(Composite::QLinearUnary { name, op, planes_last })
}
