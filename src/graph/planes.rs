//! Where the planes of a picture are, and outputs that have them elsewhere than the input.
//!
//! A checked graph goes in; the same comes out, with one more node where its reconstruction has the
//! planes last and its input first, or the other way round. So nobody after it meets two orders.

use super::fact::Fact;
use super::notice::Notice;
use super::op::Op;
use super::parts::{Graph, Node};

/// Planes that pictures have: grey, colour, colour with opacity.
const PLANES: [usize; 3] = [1, 3, 4];

/// Whether three axes are `[height, width, planes]`, by the first and the last of them: the last is one
/// of 1, 3 and 4, and the first is not. All else counts as planes first.
pub(crate) fn planes_last(first: usize, last: usize) -> bool {
    PLANES.contains(&last) && !PLANES.contains(&first)
}

/// Brings the first of these outputs that has the input's planes at the other end into the order of the
/// input's axes.
pub(super) fn align(mut graph: Graph, outputs: &[String]) -> Graph {
    let turned = outputs.iter().find_map(|output| Some((output, turn(&graph, output)?)));
    let Some((output, perm)) = turned else { return graph };
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
        op: Op::Transpose { perm: Some(perm.to_vec()) },
        inputs: vec![Some(written)],
        outputs: vec![Some(output.clone())],
    });
    graph
}

fn element(graph: &Graph, name: &str) -> Option<super::tensor::ElementType> {
    graph.facts.get(name).and_then(|fact| fact.element)
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
