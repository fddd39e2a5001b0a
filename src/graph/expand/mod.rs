//! Puts in place of an operator that others make up those others, and tells all shapes on the way.
//!
//! The nodes of a file go in; nodes of operators that engines know come out, with what is known of
//! every value. Names of new values begin with that of the node they stand for, so that a message
//! still leads to it. Nothing is run.

mod normalization;
mod part;

use super::error::ModelError;
use super::op::{Composite, Written};
use super::parts::Node;
pub(crate) use part::Unfolded;
use part::{Part, PartResult};

/// Adds the nodes of a file to a graph that knows its input and its stored tensors.
pub(crate) fn nodes(
    written: Vec<Node<Written>>,
    graph: &mut Unfolded<'_>,
) -> Result<(), ModelError> {
    graph.reserve(written.iter().flat_map(|node| &node.outputs).flatten());
    for Node { name, op, inputs, outputs } in written {
        match op {
            Written::Op(op) => graph.push(Node { name, op, inputs, outputs })?,
            Written::Composite(composite) => {
                let node = Node { name, op: composite, inputs, outputs };
                let mut part = Part::of(&node, graph);
                expand(&node.op, &mut part)?;
                part.finish()?;
            }
        }
    }
    Ok(())
}

fn expand(composite: &Composite, part: &mut Part<'_, '_>) -> PartResult<()> {
    match composite {
        Composite::GroupNormalization { epsilon, groups } => {
            normalization::group(part, *epsilon, *groups)
        }
    }
}
