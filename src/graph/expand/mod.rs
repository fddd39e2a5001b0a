//! Puts in place of an operator that others make up those others, and tells all shapes on the way.
//!
//! The nodes of a file go in; nodes of operators that engines know come out, with what is known of
//! every value. Names of new values begin with that of the node they stand for, so that a message
//! still leads to it. Nothing is run.

mod attention;
mod einsum;
mod fused;
mod leaf_values;
mod leaves;
mod ml;
mod moves;
mod normalization;
mod quantised;

use super::build::{Part, Unfolded};
use super::error::ModelError;
use super::op::{Composite, Written};
use super::parts::Node;
use super::sample::Sampler;
pub(crate) use leaves::fold as fold_leaves;

/// Adds the nodes of a file to a graph that knows its input and its stored tensors.
pub(crate) fn nodes(
    written: Vec<Node<Written>>,
    graph: &mut Unfolded<'_>,
    sampler: &mut Sampler,
) -> Result<(), ModelError> {
    graph.reserve(written.iter().flat_map(|node| &node.outputs).flatten());
    for Node { name, op, inputs, outputs } in written {
        match op {
            Written::Op(op) => graph.push(Node { name, op, inputs, outputs })?,
            Written::Composite(composite) => {
                let node = Node { name, op: *composite, inputs, outputs };
                let mut part = Part::of(&node, node.op.name(), graph);
                part.refuse_empty()?;
                expand(&node.op, &mut part, sampler)?;
                part.finish()?;
            }
        }
    }
    Ok(())
}

fn expand(
    composite: &Composite,
    part: &mut Part<'_, '_>,
    sampler: &mut Sampler,
) -> Result<(), ModelError> {
    match composite {
        Composite::Attention(said) => attention::attention(part, said),
        Composite::JoinedAttention { said, sizes } => {
            attention::joined(part, said, sizes.as_deref())
        }
        Composite::DepthToSpace { block, depth_first } => {
            moves::depth_to_space(part, *block, *depth_first)
        }
        Composite::SpaceToDepth { block } => moves::space_to_depth(part, *block),
        Composite::Upsample { linear, scales } => moves::upsample(part, *linear, scales.as_deref()),
        Composite::CastLike => moves::cast_like(part),
        Composite::Trilu { upper } => moves::trilu(part, *upper),
        Composite::LayerNormalization { axis, epsilon } => {
            normalization::layer(part, *axis, *epsilon)
        }
        Composite::ReduceLog { axes, keep_dims, exponents } => {
            normalization::log_sum(part, axes.as_deref(), *keep_dims, *exponents)
        }
        Composite::Einsum { equation } => einsum::einsum(part, equation),
        Composite::GroupNormalization { epsilon, groups } => {
            normalization::group(part, *epsilon, *groups)
        }
        Composite::Ml(ml) => ml::expand(part, ml),
        Composite::MeanVarianceNormalization { axes } => normalization::mean_variance(part, axes),
        Composite::RmsNormalization { axis, epsilon } => {
            let (x, scale) = (part.input(0)?, part.input(1)?);
            let value = normalization::rms(part, x, scale, (*axis, *epsilon))?;
            part.give(0, value);
            Ok(())
        }
        Composite::SkipNormalization { epsilon, rms } => normalization::skip(part, *epsilon, *rms),
        Composite::Swish { alpha } | Composite::QuickGelu { alpha } => fused::swish(part, *alpha),
        Composite::BiasGelu { exact } => fused::bias_gelu(part, *exact),
        Composite::BiasSoftmax { axis, inner } => fused::bias_softmax(part, *axis, *inner),
        Composite::FusedConv { conv, activation, planes_last } => {
            fused::conv(part, conv, activation.as_ref(), *planes_last)
        }
        Composite::FusedGemm { gemm, activation } => fused::gemm(part, gemm, activation.as_ref()),
        Composite::FusedMatMul { alpha, trans_a, trans_b, activation } => {
            fused::matmul(part, (*alpha, *trans_a, *trans_b), activation.as_ref())
        }
        Composite::PlanesLastMaxPool(pool) => fused::planes_last_pool(part, pool),
        Composite::DynamicQuantizeMatMul => quantised::dynamic_matmul(part),
        Composite::DynamicQuantizeLstm(said) => quantised::lstm(part, said),
        Composite::MatMulIntegerToFloat => quantised::matmul_to_float(part),
        Composite::MatMulNBits { depth, columns, bits, block } => {
            quantised::few_bits(part, (*depth, *columns), (*bits, *block))
        }
        Composite::QGemm(gemm) => quantised::gemm(part, gemm),
        Composite::QLinearBinary(binary) => quantised::binary(part, *binary),
        Composite::QLinearConcat { axis } => quantised::concat(part, *axis),
        Composite::QLinearConv { conv, planes_last } => quantised::conv(part, conv, *planes_last),
        Composite::QLinearMatMul => quantised::matmul(part),
        Composite::QLinearUnary { op, planes_last, .. } => quantised::unary(part, op, *planes_last),
        Composite::QLinearWhere => quantised::choose(part),
        Composite::Random(random) => sampler.node(part, random),
    }
}
