//! Puts a graph in the form that layers are quantised in: a matrix product with its bias is one Gemm
//! without factors, and a batch normalisation behind a layer is part of its weights.
//!
//! What is computed stays the same but for the rounding of f32.

use std::collections::HashMap;

use super::names::Names;
use super::raise::raise;
use crate::graph::error::ModelError;
use crate::graph::op::{Binary, GemmAttributes, Op, Unary};
use crate::graph::options::ReadOptions;
use crate::graph::parts::{Constant, Graph, Node};
use crate::graph::rewrite::keep_needed;
use crate::graph::store;
use crate::graph::tensor::{ElementType, Tensor, volume};

/// The graph in plain form, of operator set 13 at least.
///
/// # Errors
/// When a node of an older operator set cannot be raised, and those of reading a file.
pub(crate) fn plain(mut graph: Graph, options: &ReadOptions) -> Result<Graph, ModelError> {
    raise(&mut graph)?;
    hoist(&mut graph);
    let mut names = Names::of(&graph);
    fold_norms(&mut graph, &mut names);
    join_biases(&mut graph, &mut names);
    drop_factors(&mut graph, &mut names);
    let outputs = graph.outputs.clone();
    keep_needed(&mut graph, &outputs);
    // What is known of each value is found anew.
    Graph::from_bytes_with(&store::store(&graph)?, &of_stored(options))
}

/// What is stored has no free axes and draws nothing any more.
fn of_stored(options: &ReadOptions) -> ReadOptions {
    ReadOptions { limits: options.limits, ..ReadOptions::default() }
}

/// The file of a graph.
///
/// # Errors
/// When a node is of a kind that no operator of ONNX is.
pub(crate) fn stored(graph: &Graph) -> Result<Vec<u8>, ModelError> {
    store::store(graph)
}

/// How often each value is read, by nodes or as an output.
pub(super) fn readers(graph: &Graph) -> HashMap<&str, usize> {
    let read = graph.nodes.iter().flat_map(|node| &node.inputs).flatten().chain(&graph.outputs);
    read.fold(HashMap::new(), |mut count, name| {
        *count.entry(name.as_str()).or_default() += 1;
        count
    })
}

fn constant<'a>(graph: &'a Graph, name: Option<&str>) -> Option<&'a Tensor> {
    let stored = graph.constants.iter().find(|constant| Some(constant.name.as_str()) == name);
    stored.map(|constant| &constant.tensor)
}

/// The numbers of a stored f32 tensor.
fn numbers(graph: &Graph, name: Option<&str>) -> Option<(Vec<usize>, Vec<f32>)> {
    let tensor = constant(graph, name).filter(|tensor| tensor.element == ElementType::F32)?;
    Some((tensor.dims.clone(), tensor.to_f32()?))
}

/// Stores what nodes hold or move about, so that weights are found where they are read.
fn hoist(graph: &mut Graph) {
    let mut stored: HashMap<String, Tensor> = HashMap::new();
    let kept = std::mem::take(&mut graph.nodes).into_iter().filter_map(|node| {
        let known = |name: Option<&str>| {
            let name = name?;
            stored.get(name).or_else(|| constant(graph, Some(name))).cloned()
        };
        let value = match &node.op {
            Op::Constant(tensor) => Some(tensor.clone()),
            Op::Unary(Unary::Identity) => known(node.input(0)),
            Op::Transpose { perm } => {
                known(node.input(0)).and_then(|tensor| transposed(&tensor, perm.as_deref()))
            }
            _ => None,
        };
        match (value, node.output(0)) {
            (Some(tensor), Some(name)) => {
                stored.insert(name.to_owned(), tensor);
                None
            }
            _ => Some(node),
        }
    });
    graph.nodes = kept.collect();
    let mut stored: Vec<(String, Tensor)> = stored.into_iter().collect();
    stored.sort_by(|a, b| a.0.cmp(&b.0));
    graph.constants.extend(stored.into_iter().map(|(name, tensor)| Constant { name, tensor }));
}

/// An f32 tensor with its axes in another order; without one, in the opposite order.
fn transposed(tensor: &Tensor, perm: Option<&[i64]>) -> Option<Tensor> {
    let rank = tensor.dims.len();
    let perm: Vec<usize> = match perm {
        Some(perm) => perm.iter().map(|&axis| usize::try_from(axis).ok()).collect::<Option<_>>()?,
        None => (0..rank).rev().collect(),
    };
    if tensor.element != ElementType::F32 || perm.len() != rank {
        return None;
    }
    let values = tensor.to_f32()?;
    let strides: Vec<usize> =
        (0..rank).map(|axis| tensor.dims.iter().skip(axis + 1).product()).collect();
    let dims: Option<Vec<usize>> =
        perm.iter().map(|&axis| tensor.dims.get(axis).copied()).collect();
    let steps: Option<Vec<usize>> = perm.iter().map(|&axis| strides.get(axis).copied()).collect();
    let (dims, steps) = (dims?, steps?);
    let moved = (0..volume(&dims)?).map(|at| {
        let mut rest = at;
        let axes = dims.iter().zip(&steps).rev();
        let from: usize = axes
            .map(|(&dim, &step)| {
                let index = rest % dim.max(1);
                rest /= dim.max(1);
                index * step
            })
            .sum();
        values.get(from).copied()
    });
    Some(Tensor::floats(&dims, &moved.collect::<Option<Vec<f32>>>()?))
}

/// The one node that reads the only output of node `at`, with its place.
fn only_reader(graph: &Graph, at: usize) -> Option<usize> {
    let name = graph.nodes.get(at)?.output(0)?;
    if graph.outputs.iter().any(|output| output == name) {
        return None;
    }
    let reads = |node: &Node| node.inputs.iter().flatten().filter(|input| *input == name).count();
    let mut found = graph.nodes.iter().enumerate().filter(|(_, node)| reads(node) > 0);
    let (place, node) = found.next()?;
    (found.next().is_none() && reads(node) == 1).then_some(place)
}

/// Multiplies batch normalisations into the layers before them.
fn fold_norms(graph: &mut Graph, names: &mut Names) {
    let mut at = 0;
    while at < graph.nodes.len() {
        if let Some(norm) = only_reader(graph, at)
            && let Some((weights, bias)) = folded(graph, at, norm)
        {
            let given = graph.nodes.remove(norm).outputs;
            let label = graph.nodes.get(at).map(|node| node.label().to_owned()).unwrap_or_default();
            let weights = names.store(&mut graph.constants, &format!("{label}.weights"), weights);
            let bias = names.store(&mut graph.constants, &format!("{label}.bias"), bias);
            if let Some(node) = graph.nodes.get_mut(at) {
                node.inputs.truncate(1);
                node.inputs.extend([Some(weights), Some(bias)]);
                node.outputs = given;
                node.op = match std::mem::replace(&mut node.op, Op::MatMul) {
                    Op::MatMul => Op::Gemm(GEMM),
                    op => op,
                };
            }
        }
        at += 1;
    }
}

/// A product as it is.
const GEMM: GemmAttributes =
    GemmAttributes { alpha: 1.0, beta: 1.0, trans_a: false, trans_b: false };

/// Weights and bias of the layer `at` with the normalisation `norm` in them.
fn folded(graph: &Graph, at: usize, norm: usize) -> Option<(Tensor, Tensor)> {
    let (layer, norm) = (graph.nodes.get(at)?, graph.nodes.get(norm)?);
    let Op::BatchNormalization { epsilon, training: false, .. } = norm.op else { return None };
    if norm.input(0) != layer.output(0) {
        return None;
    }
    let axis = match &layer.op {
        Op::Conv(_) => 0,
        Op::ConvTranspose { conv, .. } if conv.group == 1 => 1,
        Op::Gemm(gemm) if !gemm.trans_a && gemm.alpha == 1.0 && gemm.beta == 1.0 => {
            usize::from(!gemm.trans_b)
        }
        Op::MatMul if graph.dims(layer.input(0)?)?.len() == 2 => 1,
        _ => return None,
    };
    let (dims, mut weights) = numbers(graph, layer.input(1))?;
    let channels = *dims.get(axis)?;
    let vector = |name: Option<&str>| {
        numbers(graph, name).map(|(_, values)| values).filter(|values| values.len() == channels)
    };
    let of_norm = |index: usize| vector(norm.input(index));
    let (scale, shift) = (of_norm(1)?, of_norm(2)?);
    let (mean, variance) = (of_norm(3)?, of_norm(4)?);
    let bias = match layer.input(2) {
        Some(name) => vector(Some(name))?,
        None => vec![0.0; channels],
    };
    let spread = variance.iter().map(|v| (f64::from(*v) + f64::from(epsilon)).sqrt());
    let factors: Vec<f64> = scale.iter().zip(spread).map(|(s, d)| f64::from(*s) / d).collect();
    let after: usize = dims.iter().skip(axis + 1).product();
    for (at, weight) in weights.iter_mut().enumerate() {
        let factor = factors.get(at / after.max(1) % channels.max(1))?;
        *weight = (f64::from(*weight) * factor) as f32;
    }
    let moved = bias.iter().zip(&mean).zip(&factors).zip(&shift);
    let bias: Vec<f32> = moved
        .map(|(((b, m), factor), shift)| {
            ((f64::from(*b) - f64::from(*m)) * factor + f64::from(*shift)) as f32
        })
        .collect();
    Some((Tensor::floats(&dims, &weights), Tensor::floats(&[channels], &bias)))
}

/// Makes a matrix product of two axes and the bias that is added to it one Gemm.
fn join_biases(graph: &mut Graph, names: &mut Names) {
    let mut at = 0;
    while at < graph.nodes.len() {
        if let Some(add) = only_reader(graph, at)
            && let Some(bias) = added(graph, at, add)
        {
            let given = graph.nodes.remove(add).outputs;
            let bias = names.store(&mut graph.constants, "bias", bias);
            if let Some(node) = graph.nodes.get_mut(at) {
                node.op = Op::Gemm(GEMM);
                node.inputs.push(Some(bias));
                node.outputs = given;
            }
        }
        at += 1;
    }
}

/// The bias that `add` adds to the matrix product `at`, a number a column.
fn added(graph: &Graph, at: usize, add: usize) -> Option<Tensor> {
    let (product, add) = (graph.nodes.get(at)?, graph.nodes.get(add)?);
    let (Op::MatMul, Op::Binary(Binary::Add)) = (&product.op, &add.op) else { return None };
    if graph.dims(product.input(0)?)?.len() != 2 {
        return None;
    }
    let &[_, columns] = numbers(graph, product.input(1))?.0.as_slice() else { return None };
    let other =
        add.inputs.iter().flatten().find(|name| Some(name.as_str()) != product.output(0))?;
    let (dims, values) = numbers(graph, Some(other))?;
    let fits = values.len() == columns && dims.last() == Some(&columns) && dims.len() <= 2;
    fits.then(|| Tensor::floats(&[columns], &values))
}

/// Multiplies `alpha` and `beta` of a Gemm into what is stored, and spreads its bias over the columns.
fn drop_factors(graph: &mut Graph, names: &mut Names) {
    for at in 0..graph.nodes.len() {
        let Some((weights, bias)) = without_factors(graph, at) else { continue };
        let weights = names.store(&mut graph.constants, "weights", weights);
        let bias = bias.map(|bias| names.store(&mut graph.constants, "bias", bias));
        if let Some(node) = graph.nodes.get_mut(at)
            && let Op::Gemm(gemm) = &mut node.op
        {
            (gemm.alpha, gemm.beta) = (1.0, 1.0);
            node.inputs.truncate(1);
            node.inputs.push(Some(weights));
            node.inputs.extend(bias.map(Some));
        }
    }
}

/// Weights and bias of a Gemm that is not plain, if it can be.
fn without_factors(graph: &Graph, at: usize) -> Option<(Tensor, Option<Tensor>)> {
    let node = graph.nodes.get(at)?;
    let Op::Gemm(gemm) = &node.op else { return None };
    let (dims, weights) = numbers(graph, node.input(1))?;
    let &columns = dims.get(usize::from(!gemm.trans_b))?;
    let bias = match node.input(2) {
        Some(name) => Some(numbers(graph, Some(name))?),
        None => None,
    };
    let spread = bias.as_ref().is_some_and(|(dims, _)| *dims != [columns]);
    if gemm.alpha == 1.0 && (bias.is_none() || gemm.beta == 1.0) && !spread {
        return None;
    }
    let bias = match bias {
        Some((_, values)) if values.len() == columns => Some(values),
        Some((_, values)) if values.len() == 1 => Some(vec![*values.first()?; columns]),
        Some(_) => return None,
        None => None,
    };
    let times = |values: Vec<f32>, factor: f32| -> Vec<f32> {
        values.into_iter().map(|value| value * factor).collect()
    };
    let bias = bias.map(|values| Tensor::floats(&[columns], &times(values, gemm.beta)));
    Some((Tensor::floats(&dims, &times(weights, gemm.alpha)), bias))
}
