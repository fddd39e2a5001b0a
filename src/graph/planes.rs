//! Where the planes of a picture are, and outputs that have them elsewhere than the input.
//!
//! A checked graph goes in; the same comes out, with one more node where its reconstruction has the
//! planes last and its input first, or the other way round, or where it is one long column. So nobody
//! after it meets two orders.

use super::fact::Fact;
use super::notice::Notice;
use super::op::Op;
use super::parts::{Constant, Graph, Node};
use super::tensor::Tensor;

/// Planes that pictures have: grey, colour, colour with opacity.
const PLANES: [usize; 3] = [1, 3, 4];

/// Whether three axes are `[height, width, planes]`, by the first and the last of them: the last is one
/// of 1, 3 and 4, and the first is not. All else counts as planes first.
pub(crate) fn planes_last(first: usize, last: usize) -> bool {
    PLANES.contains(&last) && !PLANES.contains(&first)
}

/// Brings the first of these outputs that has the input's planes at the other end, or its values in
/// one column, into the order of the input's axes.
pub(super) fn align(mut graph: Graph, outputs: &[String]) -> Graph {
    let turned = outputs.iter().find_map(|output| Some((output, turn(&graph, output)?)));
    let column = || outputs.iter().find(|output| is_column(&graph, output));
    let (output, op, shape) = match turned {
        Some((output, perm)) => (output, Op::Transpose { perm: Some(perm.to_vec()) }, None),
        None => match column() {
            Some(output) => {
                (output, Op::Reshape { allow_zero: false }, Some(store_dims(&mut graph)))
            }
            None => return graph,
        },
    };
    let written = fresh(&graph, output);
    let values =
        graph.nodes.iter_mut().flat_map(|node| node.inputs.iter_mut().chain(&mut node.outputs));
    for name in values.flatten().filter(|name| *name == output) {
        name.clone_from(&written);
    }
    for constant in graph.constants.iter_mut().filter(|constant| constant.name == *output) {
        constant.name.clone_from(&written);
    }
    let fact = Fact { known: None, dims: graph.input.dims(), element: element(&graph, output) };
    if let Some(was) = graph.facts.insert(output.clone(), fact) {
        graph.notices.push(Notice::Turned { output: output.clone(), axes: was.dims.clone() });
        graph.facts.insert(written.clone(), was);
    }
    graph.nodes.push(Node {
        name: String::new(),
        op,
        inputs: [Some(written), shape].into_iter().filter(Option::is_some).collect(),
        outputs: vec![Some(output.clone())],
    });
    graph
}

fn element(graph: &Graph, name: &str) -> Option<super::tensor::ElementType> {
    graph.facts.get(name).and_then(|fact| fact.element)
}

/// Whether an output is `[values, 1]` of a single window: what scikit-learn's regressors of several
/// values give.
fn is_column(graph: &Graph, output: &str) -> bool {
    let dims = graph.input.dims();
    let wanted = [dims.iter().product(), 1];
    dims.first() == Some(&1) && dims.len() > 1 && graph.dims(output) == Some(&wanted)
}

/// Stores the axes of the input.
fn store_dims(graph: &mut Graph) -> String {
    let dims: Vec<i64> = graph.input.dims().iter().map(|&dim| dim as i64).collect();
    let (name, tensor) = (fresh(graph, "input.axes"), Tensor::integers(&dims));
    graph.facts.insert(name.clone(), Fact::of_stored(&tensor));
    graph.constants.push(Constant { name: name.clone(), tensor });
    name
}

/// The axes of `output` that make it look like the input, where it does not.
fn turn(graph: &Graph, output: &str) -> Option<[i64; 4]> {
    let (&[_, a, b, c], &[_, x, y, z]) = (graph.input.dims().as_slice(), graph.dims(output)?)
    else {
        return None;
    };
    match (a, b, c) {
        same if same == (x, y, z) => None,
        // The input has its planes first, the output has them last.
        turned if turned == (z, x, y) => Some([0, 3, 1, 2]),
        turned if turned == (y, z, x) => Some([0, 2, 3, 1]),
        _ => None,
    }
}

/// A name that no value has.
fn fresh(graph: &Graph, output: &str) -> String {
    let mut name = format!("{output}.as_written");
    while graph.facts.contains_key(&name) {
        name.push('_');
    }
    name
}
