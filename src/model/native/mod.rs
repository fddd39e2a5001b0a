//! The native engine: a checked graph goes in, and a straight line of layers comes out, or the node that
//! has no layer and why.
//!
//! The program is that of one window. Shapes are known, so operators that only move numbers become
//! views; what follows a linear layer is done with it; numbers between QuantizeLinear and
//! DequantizeLinear stay bytes where a kernel takes them. Nothing is run here but what the window has
//! no part in.

mod compiler;
mod conv;
mod dense;
mod dynamic;
mod linear;
mod moves;
mod places;
mod plan;
mod pointwise;
mod pool;
mod products;
mod quantised;
mod recurrent;
mod resize;
mod sets;
mod tail;
mod view;
mod weights;
mod wish;

use oddity_kernels::Tier;
use oddity_kernels::normalise::ScalingOp;
use oddity_kernels::pool::PoolOp;
use oddity_kernels::program::Program;
use oddity_kernels::reduce::ReduceOp;

use crate::graph::{Batch, Graph, GraphPlace, Node, Op};
use compiler::{Compiler, Why};

pub(super) use oddity_kernels::program::State as NativeState;
pub(super) use plan::NativePlan;

/// A node that has no layer, and why.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NoLayer {
    pub place: GraphPlace,
    pub why: String,
}

/// A program, and which of its layers compute quantised numbers in f32, and why.
#[derive(Debug)]
pub(super) struct Compiled {
    pub program: Program,
    pub floats: Vec<(String, String)>,
}

/// The program of a simplified graph; its outputs are the graph's, in order.
///
/// # Errors
/// The first node that has no layer, and why.
pub(super) fn compile(graph: &Graph, tier: Tier) -> Result<Compiled, NoLayer> {
    let whole = |why: Why| NoLayer { place: GraphPlace::File, why };
    if let Batch::Fixed(count @ 2..) = graph.input.batch {
        return Err(whole(format!("the file wants {count} windows at a time")));
    }
    let mut compiler = Compiler::new(graph, tier);
    for (at, node) in graph.nodes.iter().enumerate() {
        compiler.at = at;
        if !compiler.taken.contains(&at) && !known(graph, node) {
            let why = |why: Why| NoLayer { place: node.place(), why };
            step(&mut compiler, node).map_err(why)?;
        }
    }
    finish(compiler).map_err(whole)
}

/// Whether all that a node gives is known before anything runs.
fn known(graph: &Graph, node: &Node) -> bool {
    let known = |name: &String| graph.facts.get(name).is_some_and(|fact| fact.known.is_some());
    node.outputs.iter().flatten().all(known)
}

fn finish(mut compiler: Compiler<'_>) -> Result<Compiled, Why> {
    let graph = compiler.graph;
    let mut outputs = Vec::new();
    for name in &graph.outputs {
        let view = compiler.float(name)?;
        // Each answer is a value of its own, whose elements follow each other.
        let own = view.at == 0
            && view.is_contiguous()
            && compiler.builder.len(view.value) == view.len()
            && compiler.builder.is_written(view.value)
            && !outputs.contains(&view.value);
        let view = if own { view } else { compiler.answer(&view)? };
        outputs.push(view.value);
    }
    let most = usize::try_from(graph.limits.memory).unwrap_or(usize::MAX);
    let program = compiler.builder.finish(&outputs, most).map_err(|error| error.to_string())?;
    Ok(Compiled { program, floats: compiler.floats })
}

/// Emits the layers of one node.
fn step<'g>(compiler: &mut Compiler<'g>, node: &'g Node) -> Result<(), Why> {
    if let Some(activation) = pointwise::simple(&node.op) {
        return compiler.map(activation);
    }
    match &node.op {
        Op::Unary(unary) => compiler.unary(*unary),
        Op::Binary(binary) => compiler.binary(*binary),
        Op::Variadic(variadic) => compiler.variadic(*variadic),
        Op::Mod { fmod } => compiler.modulo(*fmod),
        Op::Where => compiler.choose(),
        Op::Cast { to, .. } => compiler.cast(*to),
        Op::Clip { min, max } => compiler.clip(*min, *max),
        Op::Dropout { .. } => match node.output(1) {
            None => compiler.pass(),
            Some(_) => Err("it gives its mask".into()),
        },
        Op::PRelu => compiler.p_relu(),
        Op::BatchNormalization { epsilon, .. } => match node.outputs.len() {
            1 => compiler.batch_normalization(*epsilon),
            _ => Err("it gives its statistics".into()),
        },
        Op::Gemm(said) => compiler.gemm(said),
        Op::MatMul | Op::MatMulInteger => compiler.matmul(),
        Op::Conv(said) | Op::ConvInteger(said) => compiler.conv(said),
        Op::ConvTranspose { conv, .. } => compiler.conv_transpose(conv),
        Op::Reshape { .. } | Op::Flatten { .. } | Op::Squeeze { .. } | Op::Unsqueeze { .. } => {
            compiler.reshape()
        }
        Op::Transpose { perm } => compiler.transpose(perm.as_ref()),
        Op::Expand => compiler.expand(),
        Op::Tile => compiler.tile(),
        Op::Concat { axis } => compiler.concat(*axis),
        Op::Split { axis, .. } => compiler.split(*axis),
        Op::Slice(said) => compiler.slice(said),
        Op::Gather { axis } => compiler.gather(*axis),
        Op::GatherElements { axis } => compiler.gather_elements(*axis),
        Op::Pad { mode, pads, value } => compiler.pad(*mode, pads.as_ref(), *value),
        Op::QuantizeLinear { .. } => compiler.quantise(),
        Op::DequantizeLinear { axis, block } => compiler.dequantise(*axis, *block),
        Op::Reduce(said) => compiler.reduce(said),
        Op::GlobalAveragePool => compiler.global_pool(ReduceOp::Mean),
        Op::GlobalMaxPool => compiler.global_pool(ReduceOp::Max),
        Op::Softmax { axis } => compiler.softmax(ScalingOp::Softmax, *axis),
        Op::LogSoftmax { axis } => compiler.softmax(ScalingOp::LogSoftmax, *axis),
        Op::LpNormalization { axis, p } => compiler.lp_normalization(*axis, *p),
        Op::LayerNormalization { axis, epsilon, .. } => {
            compiler.layer_normalization(*axis, *epsilon)
        }
        Op::InstanceNormalization { epsilon } => compiler.instance_normalization(*epsilon),
        Op::AveragePool { kernel, count_include_pad, .. } => {
            compiler.pool(kernel, PoolOp::Average { include_pad: *count_include_pad })
        }
        Op::MaxPool { kernel, .. } => compiler.pool(kernel, PoolOp::Max),
        Op::Resize(said) => compiler.resize(said),
        Op::Recurrent(said) => compiler.recurrent(said),
        Op::DynamicQuantizeLinear => compiler.dynamic_quantize(),
        Op::Constant(_) => Ok(()),
        Op::ConstantOfShape { value } => compiler.constant_of_shape(value.as_ref()),
        _ => Err("there is no layer for it".into()),
    }
}
