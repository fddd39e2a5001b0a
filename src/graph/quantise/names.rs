//! Names for new values of a graph.

use std::collections::HashSet;

use crate::graph::parts::{Constant, Graph};
use crate::graph::tensor::Tensor;

/// The names that are taken.
pub(super) struct Names(HashSet<String>);

impl Names {
    pub(super) fn of(graph: &Graph) -> Self {
        let outputs = graph.nodes.iter().flat_map(|node| &node.outputs).flatten();
        let stored = graph.constants.iter().map(|constant| &constant.name);
        let all = outputs.chain(stored).chain([&graph.input.name]).cloned();
        Self(all.chain(graph.facts.keys().cloned()).collect())
    }

    /// A name that nothing has, as near to `wanted` as may be.
    pub(super) fn fresh(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 1;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}.{number}");
        }
        name
    }

    /// Stores a tensor under a name near to `wanted`.
    pub(super) fn store(
        &mut self,
        constants: &mut Vec<Constant>,
        wanted: &str,
        tensor: Tensor,
    ) -> String {
        let name = self.fresh(wanted);
        constants.push(Constant { name: name.clone(), tensor });
        name
    }
}
