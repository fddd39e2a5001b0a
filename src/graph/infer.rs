//! Walks the graph once, in order, and tells the shape of every value before anything runs.
//!
//! A checked graph and the shape of its input go in; the facts and the multiply-adds come out. A
//! model whose shapes cannot be told, or which would need too much memory or work ([`budget`]), is
//! refused: this is what keeps a small file from asking for gigabytes.

use super::at::{At, Told};
use super::error::ModelError;
use super::fact::Fact;
use super::op::Op;
use super::parts::{Constant, Graph, GraphInput, Node, ValueFacts};
use super::tensor::{ElementType, volume};
use super::{budget, elements, forest, layers, picking, reshaping, resize, values};

/// Known elements of all values together: what is beyond is not followed through the graph.
const KNOWN: usize = 4 << 20;

/// Fills in the facts and the multiply-adds of a graph.
pub(crate) fn complete(mut graph: Graph) -> Result<Graph, ModelError> {
    let mut facts = facts_before(&graph.input, &graph.constants);
    let mut tally = Tally::default();
    for node in &graph.nodes {
        tally.step(node, graph.opset, &mut facts)?;
    }
    (graph.macs, graph.facts) = (tally.macs, facts);
    budget::check(&graph)?;
    Ok(graph)
}

/// What is known before the first node: of the input and of the stored tensors.
pub(crate) fn facts_before(input: &GraphInput, constants: &[Constant]) -> ValueFacts {
    let stored = constants.iter();
    let mut facts: ValueFacts =
        stored.map(|constant| (constant.name.clone(), Fact::of_stored(&constant.tensor))).collect();
    let fact = Fact { element: Some(ElementType::F32), ..Fact::of(input.dims()) };
    facts.insert(input.name.clone(), fact);
    facts
}

/// What the nodes seen so far need.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Elements that are known before running.
    known: usize,
    /// Multiply-adds.
    pub macs: u64,
}

impl Tally {
    /// Tells the shapes of what a node gives, and counts it. `facts` holds those of its inputs.
    pub(crate) fn step(
        &mut self,
        node: &Node,
        opset: i64,
        facts: &mut ValueFacts,
    ) -> Result<(), ModelError> {
        let at = At::new(node, facts, opset);
        let empty = |fact: &&Fact| volume(&fact.dims) == Some(0);
        if !node.op.takes_empty() && at.inputs.iter().flatten().any(empty) {
            return Err(at.bad("one of its inputs is empty"));
        }
        let (mut outputs, work) = told(&at)?;
        if !node.op.takes_empty()
            && let Some(empty) = outputs.iter().find(empty)
        {
            return Err(at.bad(format!("its output is empty: {:?}", empty.dims)));
        }
        if outputs.len() < node.outputs.len() {
            return Err(at.bad("it has more outputs than its operator gives"));
        }
        self.macs = self.macs.saturating_add(work);
        for (index, fact) in outputs.iter_mut().enumerate() {
            fact.element = fact.element.or_else(|| elements::element(&at, index));
            self.known += fact.known.as_ref().map_or(0, |known| known.data.len());
            if self.known > KNOWN {
                fact.known = None;
            }
        }
        let named = node.outputs.iter().zip(outputs);
        facts.extend(named.filter_map(|(name, fact)| Some((name.clone()?, fact))));
        Ok(())
    }
}

fn told(at: &At<'_>) -> Told {
    match &at.node.op {
        Op::Unary(_)
        | Op::Cast { .. }
        | Op::Celu { .. }
        | Op::Clip { .. }
        | Op::Dropout { .. }
        | Op::Elu { .. }
        | Op::Gelu(_)
        | Op::HardSigmoid { .. }
        | Op::LeakyRelu { .. }
        | Op::PRelu
        | Op::Selu { .. }
        | Op::ThresholdedRelu { .. }
        | Op::BatchNormalization { .. }
        | Op::InstanceNormalization { .. }
        | Op::LayerNormalization { .. }
        | Op::LpNormalization { .. }
        | Op::Softmax { .. }
        | Op::LogSoftmax { .. }
        | Op::Steps(_) => same(at),
        Op::QuantizeLinear { axis, block, .. } | Op::DequantizeLinear { axis, block } => {
            quantised(at, *axis, *block)
        }
        Op::Binary(_) | Op::Variadic(_) | Op::Mod { .. } | Op::Where => broadcast(at),
        Op::DynamicQuantizeLinear => {
            let dims = at.shape(at.dims(0)?.to_vec())?;
            Ok((vec![Fact::of(dims), Fact::of(vec![]), Fact::of(vec![])], 0))
        }
        Op::MatMul | Op::MatMulInteger => layers::matmul(at),
        Op::Gemm(gemm) => layers::gemm(at, gemm),
        Op::Conv(conv) | Op::ConvInteger(conv) => layers::conv(at, conv),
        Op::ConvTranspose { conv, output_padding } => {
            layers::conv_transpose(at, conv, output_padding.as_ref())
        }
        Op::AveragePool { kernel, ceil, .. } | Op::MaxPool { kernel, ceil, .. } => {
            layers::pool(at, kernel, *ceil)
        }
        Op::GlobalAveragePool | Op::GlobalMaxPool => layers::global_pool(at),
        Op::Reduce(reduce) => layers::reduce(at, reduce),
        Op::Recurrent(recurrent) => layers::recurrent(at, recurrent),
        Op::Reshape { allow_zero } => reshaping::reshape(at, *allow_zero),
        Op::Flatten { axis } => reshaping::flatten(at, *axis),
        Op::Squeeze { axes } => reshaping::squeeze(at, axes.as_ref()),
        Op::Unsqueeze { axes } => reshaping::unsqueeze(at, axes.as_ref()),
        Op::Transpose { perm } => reshaping::transpose(at, perm.as_ref()),
        Op::Concat { axis } => reshaping::concat(at, *axis),
        Op::Split { axis, lengths, parts } => reshaping::split(at, *axis, lengths.as_ref(), *parts),
        Op::Slice(slice) => reshaping::slice(at, slice),
        Op::Gather { axis } => reshaping::gather(at, *axis),
        Op::GatherElements { axis } => picking::gather_elements(at, *axis),
        Op::GatherNd { batch_dims } => picking::gather_nd(at, *batch_dims),
        Op::ScatterElements { axis, .. } => picking::scatter_elements(at, *axis),
        Op::ScatterNd { .. } => picking::scatter_nd(at),
        Op::TopK { axis, .. } => picking::top_k(at, *axis),
        Op::ArgMax(said) | Op::ArgMin(said) => picking::arg(at, said),
        Op::CumSum { .. } => picking::cum_sum(at),
        Op::Pad { mode, pads, .. } => reshaping::pad(at, *mode, pads.as_ref()),
        Op::Tile => reshaping::tile(at),
        Op::Expand => reshaping::expand(at),
        Op::Resize(said) => resize::resize(at, said),
        Op::Constant(tensor) => Ok((vec![Fact::of_stored(tensor)], 0)),
        Op::ConstantOfShape { value } => reshaping::constant_of_shape(at, value.as_ref()),
        Op::Range => reshaping::range(at),
        Op::Shape { start, end } => reshaping::shape(at, *start, *end),
        Op::Size => reshaping::size(at),
        Op::Forest(forest) => forest::forest(at, forest),
    }
}

/// The first input's shape; the others are parameters that must fit into it.
fn same(at: &At<'_>) -> Told {
    let dims = at.shape(at.dims(0)?.to_vec())?;
    for other in at.inputs.iter().skip(1).flatten() {
        let one_an_axis = matches!(other.dims.as_slice(), [length] if dims.contains(length));
        let single = volume(&other.dims) == Some(1);
        if !single && !one_an_axis && at.broadcast(&dims, &other.dims)? != dims {
            return Err(at.bad(format!("a parameter {:?} does not fit {dims:?}", other.dims)));
        }
    }
    normalised_axes(at, &dims)?;
    let value = values::elementwise(at, &dims);
    Ok((vec![Fact::with(dims, value)], 0))
}

/// The first input's shape. Scale and zero point are single, or one for each place along an axis, or
/// for each block of places.
fn quantised(at: &At<'_>, axis: i64, block: i64) -> Told {
    let dims = at.shape(at.dims(0)?.to_vec())?;
    let scale = at.dims(1)?;
    if volume(scale) != Some(1) || block != 0 {
        let axis = at.axis(axis, dims.len())?;
        let wanted = match usize::try_from(block) {
            Ok(0) => vec![dims[axis]],
            Ok(block) => {
                let mut blocks = dims.clone();
                blocks[axis] = blocks[axis].div_ceil(block);
                blocks
            }
            Err(_) => return Err(at.bad("`block_size` is negative")),
        };
        if scale != wanted {
            return Err(at.bad(format!("its scale {scale:?} does not fit {dims:?}")));
        }
    }
    if at.optional(2).is_some_and(|zero| volume(&zero.dims) != volume(scale)) {
        return Err(at.bad("its zero point and its scale are not of one shape"));
    }
    // Blocks of weights may have a scale below zero, and those that are all zero none to speak of.
    let rounds = matches!(at.node.op, Op::QuantizeLinear { .. });
    let wrong = at.input(1)?.known.as_ref().and_then(|known| {
        let is_none = |&scale: &f64| !scale.is_finite() || rounds && scale <= 0.0;
        known.data.iter().copied().find(is_none)
    });
    if let Some(scale) = wrong {
        return Err(at.bad(format!("its scale is {scale}; a scale is a number above zero")));
    }
    Ok((vec![Fact::of(dims)], 0))
}

/// Operators that work along axes must have them; the engine loops for ever on some that have not.
fn normalised_axes(at: &At<'_>, dims: &[usize]) -> Result<(), ModelError> {
    let (least, axis) = match at.node.op {
        Op::BatchNormalization { .. } => (2, None),
        Op::InstanceNormalization { .. } => (3, None),
        Op::LayerNormalization { axis, .. }
        | Op::LpNormalization { axis, .. }
        | Op::Softmax { axis }
        | Op::LogSoftmax { axis } => (1, Some(axis)),
        _ => return Ok(()),
    };
    if dims.len() < least {
        return Err(at.bad(format!("it needs {least} axes or more, its input is {dims:?}")));
    }
    axis.map_or(Ok(()), |axis| at.axis(axis, dims.len()).map(drop))
}

fn broadcast(at: &At<'_>) -> Told {
    let mut dims = at.dims(0)?.to_vec();
    for index in 1..at.inputs.len() {
        dims = at.broadcast(&dims, at.dims(index)?)?;
    }
    let dims = at.shape(dims)?;
    let value = values::elementwise(at, &dims);
    Ok((vec![Fact::with(dims, value)], 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::op::{AutoPad, ConvAttributes, KernelAttributes, Variadic};

    fn kernel(
        shape: Option<&[i64]>,
        strides: Option<&[i64]>,
        pads: Option<&[i64]>,
    ) -> KernelAttributes {
        KernelAttributes {
            auto_pad: AutoPad::NotSet,
            kernel_shape: shape.map(<[i64]>::to_vec),
            strides: strides.map(<[i64]>::to_vec),
            dilations: None,
            pads: pads.map(<[i64]>::to_vec),
        }
    }

    fn conv(strides: Option<&[i64]>, pads: Option<&[i64]>) -> ConvAttributes {
        ConvAttributes { group: 1, kernel: kernel(None, strides, pads) }
    }

    /// The shape that `op` gives for inputs of these shapes; `shape` is a known last input.
    fn run(
        op: Op,
        inputs: &[&[usize]],
        shape: Option<&[i64]>,
    ) -> Result<(Vec<usize>, u64), ModelError> {
        let mut facts = ValueFacts::new();
        let mut names = Vec::new();
        for (index, dims) in inputs.iter().enumerate() {
            names.push(Some(format!("i{index}")));
            facts.insert(format!("i{index}"), Fact::of(dims.to_vec()));
        }
        if let Some(shape) = shape {
            names.push(Some("shape".into()));
            let data = shape.iter().map(|&x| x as f64).collect();
            facts.insert("shape".into(), Fact::integers(vec![shape.len()], data));
        }
        let (name, outputs) = (String::new(), vec![Some("out".into())]);
        let mut tally = Tally::default();
        tally.step(&Node { name, op, inputs: names, outputs }, 17, &mut facts)?;
        Ok((facts.remove("out").map(|fact| fact.dims).unwrap_or_default(), tally.macs))
    }

    #[test]
    fn layers_have_the_shapes_and_the_work_of_the_specification() {
        let x: &[usize] = &[1, 4, 128];
        let strided = Op::Conv(conv(Some(&[2]), Some(&[2, 2])));
        assert_eq!(run(strided, &[x, &[8, 4, 5]], None), Ok((vec![1, 8, 64], 8 * 64 * 20)));
        let conv_transpose =
            Op::ConvTranspose { conv: conv(Some(&[2]), None), output_padding: None };
        let out = run(conv_transpose, &[x, &[4, 8, 4]], None);
        assert_eq!(out, Ok((vec![1, 8, 258], 4 * 128 * 32)));
        let kernel = kernel(Some(&[3]), Some(&[2]), None);
        let pool = Op::MaxPool { kernel, ceil: false, storage_order: 0 };
        assert_eq!(run(pool, &[x], None), Ok((vec![1, 4, 63], 0)));
        assert_eq!(run(Op::MatMul, &[&[2, 3, 4], &[4, 5]], None), Ok((vec![2, 3, 5], 120)));
        let reshape = Op::Reshape { allow_zero: false };
        assert_eq!(run(reshape, &[x], Some(&[0, -1])), Ok((vec![1, 512], 0)));
        assert!(run(Op::MatMul, &[&[2, 3], &[4, 5]], None).is_err());
        assert!(run(Op::Conv(conv(None, None)), &[x, &[8, 3, 5]], None).is_err());
    }

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        let huge: &[i64] = &[100_000, 100_000];
        let outcomes = [
            run(Op::Expand, &[&[1, 1]], Some(huge)),
            run(Op::Tile, &[&[1, 1]], Some(huge)),
            run(Op::ConstantOfShape { value: None }, &[], Some(huge)),
        ];
        for outcome in outcomes {
            assert!(matches!(outcome, Err(ModelError::TooLarge { .. })), "{outcome:?}");
        }
        let reshape = Op::Reshape { allow_zero: false };
        assert!(run(reshape, &[&[4]], Some(&[i64::MAX, i64::MAX])).is_err());
        // A loop without end in the engine.
        let layer_norm = Op::LayerNormalization { axis: -1, epsilon: 1e-5, stash_type: 1 };
        assert!(run(layer_norm, &[&[], &[]], None).is_err());
    }

    #[test]
    fn element_types_follow_from_what_is_stored_and_from_the_operator() {
        let mut facts = ValueFacts::new();
        let stored = |element| Fact { element: Some(element), ..Fact::of(vec![1]) };
        facts.insert("x".into(), stored(ElementType::F32));
        facts.insert("zero".into(), stored(ElementType::I8));
        let node = |op: Op, inputs: &[&str], output: &str| Node {
            name: String::new(),
            op,
            inputs: inputs.iter().map(|&name| Some(name.into())).collect(),
            outputs: vec![Some(output.into())],
        };
        let nodes = [
            node(Op::QuantizeLinear { axis: 1, block: 0, to: None }, &["x", "x", "zero"], "q"),
            node(Op::DequantizeLinear { axis: 1, block: 0 }, &["q", "x", "zero"], "d"),
            node(Op::Variadic(Variadic::Sum), &["d", "x"], "sum"),
            node(Op::Shape { start: 0, end: None }, &["q"], "shape"),
        ];
        let mut tally = Tally::default();
        for node in &nodes {
            assert_eq!(tally.step(node, 17, &mut facts), Ok(()));
        }
        let of = |name: &str| facts.get(name).and_then(|fact| fact.element);
        assert_eq!(of("q"), Some(ElementType::I8));
        assert_eq!(of("d"), Some(ElementType::F32));
        assert_eq!(of("sum"), Some(ElementType::F32));
        assert_eq!(of("shape"), Some(ElementType::I64));
    }
}
