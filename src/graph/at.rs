//! The view of one node that the shape rules work on: the node with what is known of its inputs.
//!
//! Also the rules that all of them share: axes, broadcasting, and how large a value may be.

use super::error::{GraphPlace, ModelError};
use super::fact::{Fact, KnownElements};
use super::parts::{Node, ValueFacts};
use super::tensor::{RANK, volume};

/// Elements of any one value: more than any limit of memory allows.
const LARGEST: usize = 1 << 31;

/// Facts of the outputs, and multiply-adds.
pub(crate) type Told = Result<(Vec<Fact>, u64), ModelError>;

/// One node with what is known of its inputs.
pub(crate) struct At<'a> {
    pub node: &'a Node,
    /// `None` where an optional input is left out.
    pub inputs: Vec<Option<&'a Fact>>,
    pub opset: i64,
}

impl<'a> At<'a> {
    pub(crate) fn new(node: &'a Node, facts: &'a ValueFacts, opset: i64) -> Self {
        let fact = |name: &Option<String>| name.as_ref().and_then(|name| facts.get(name));
        At { node, inputs: node.inputs.iter().map(fact).collect(), opset }
    }

    pub(crate) fn place(&self) -> GraphPlace {
        self.node.place()
    }

    pub(crate) fn bad(&self, what: impl Into<String>) -> ModelError {
        ModelError::invalid(self.place(), what)
    }

    pub(crate) fn unsupported(&self, what: impl Into<String>) -> ModelError {
        ModelError::unsupported(self.place(), what)
    }

    pub(crate) fn optional(&self, index: usize) -> Option<&'a Fact> {
        self.inputs.get(index).copied().flatten()
    }

    pub(crate) fn input(&self, index: usize) -> Result<&'a Fact, ModelError> {
        self.optional(index).ok_or_else(|| self.bad(format!("input {index} is left out")))
    }

    pub(crate) fn dims(&self, index: usize) -> Result<&'a [usize], ModelError> {
        self.input(index).map(|fact| fact.dims.as_slice())
    }

    /// The elements of an input, which must be known before running.
    pub(crate) fn known(&self, index: usize) -> Result<&'a KnownElements, ModelError> {
        self.input(index)?.known.as_ref().ok_or_else(|| {
            self.unsupported(format!(
                "input {index} decides a shape or a position but is not known before running; \
                 export the model with fixed shapes and folded constants"
            ))
        })
    }

    /// As [`At::known`], as integers.
    pub(crate) fn integers(&self, index: usize) -> Result<Vec<i64>, ModelError> {
        let known = self.known(index)?;
        if !known.element.is_index() {
            return Err(self.bad(format!("input {index} must hold integers")));
        }
        Ok(known.data.iter().map(|&x| x as i64).collect())
    }

    /// Integers that are an attribute in older operator sets and an input in newer ones.
    pub(crate) fn listed(
        &self,
        attribute: Option<&Vec<i64>>,
        input: usize,
    ) -> Result<Option<Vec<i64>>, ModelError> {
        match (attribute, self.optional(input)) {
            (Some(list), _) => Ok(Some(list.clone())),
            (None, Some(_)) => self.integers(input).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Axis `axis` of `rank`, counted from the end where it is negative.
    pub(crate) fn axis(&self, axis: i64, rank: usize) -> Result<usize, ModelError> {
        let rank_i = rank as i64;
        let shifted = if axis < 0 { axis.saturating_add(rank_i) } else { axis };
        if (0..rank_i).contains(&shifted) {
            Ok(shifted as usize)
        } else {
            Err(self.bad(format!("axis {axis} is outside of {rank} axes")))
        }
    }

    /// Axes, each once.
    pub(crate) fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>, ModelError> {
        let mut found = Vec::new();
        for &axis in axes.iter().take(RANK + 1) {
            let axis = self.axis(axis, rank)?;
            if found.contains(&axis) {
                return Err(self.bad(format!("axis {axis} is named twice")));
            }
            found.push(axis);
        }
        Ok(found)
    }

    /// A dimension that the file gives.
    pub(crate) fn dim(&self, number: i64) -> Result<usize, ModelError> {
        match usize::try_from(number) {
            Ok(dim) if dim <= u32::MAX as usize => Ok(dim),
            _ => Err(self.bad(format!("{number} is not a dimension"))),
        }
    }

    /// A shape that the node may have: of few axes and not huge.
    pub(crate) fn shape(&self, dims: Vec<usize>) -> Result<Vec<usize>, ModelError> {
        if dims.len() > RANK {
            return Err(self.bad("its output has more than 8 axes"));
        }
        match volume(&dims) {
            Some(elements) if elements <= LARGEST => Ok(dims),
            _ => {
                let what = format!("its output {dims:?} has more than {LARGEST} elements");
                Err(ModelError::too_large(self.place(), what))
            }
        }
    }

    /// `a` and `b` broadcast together, by NumPy's rule.
    pub(crate) fn broadcast(&self, a: &[usize], b: &[usize]) -> Result<Vec<usize>, ModelError> {
        let rank = a.len().max(b.len());
        let at = |dims: &[usize], axis: usize| {
            (axis + dims.len()).checked_sub(rank).and_then(|i| dims.get(i).copied()).unwrap_or(1)
        };
        (0..rank)
            .map(|axis| match (at(a, axis), at(b, axis)) {
                (x, y) if x == y || y == 1 => Ok(x),
                (1, y) => Ok(y),
                _ => Err(self.bad(format!("shapes {a:?} and {b:?} do not fit together"))),
            })
            .collect()
    }
}
