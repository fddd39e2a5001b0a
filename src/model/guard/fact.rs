//! What is known of a value of the graph before anything runs: its shape, and for small ones that
//! shapes are computed from, its elements. Also the view of one node that the shape rules work on.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, NodeProto};

use super::tensor;
use crate::model::error::{ModelError, Place};

/// ONNX's number for 32-bit integers.
pub(crate) const INT32: i32 = 6;
/// ONNX's number for 64-bit integers.
pub(crate) const INT64: i32 = 7;
/// Elements up to which values are followed through the graph.
pub(crate) const SMALL: usize = 1024;
/// Elements of any one value for one batch: 64 MiB of f32.
const LARGEST: usize = 16 << 20;

/// Known elements. f64 holds every integer below 2^53; larger ones only stand for "to the end".
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    pub data_type: i32,
    pub data: Vec<f64>,
}

impl Value {
    pub(crate) fn is_integer(&self) -> bool {
        matches!(self.data_type, INT32 | INT64)
    }
}

/// A shape, and the elements where they are known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub dims: Vec<usize>,
    pub value: Option<Value>,
}

impl Fact {
    pub(crate) fn of(dims: Vec<usize>) -> Self {
        Fact { dims, value: None }
    }

    pub(crate) fn integers(dims: Vec<usize>, data: Vec<f64>) -> Self {
        Fact { dims, value: Some(Value { data_type: INT64, data }) }
    }
}

/// One node with what is known of its inputs.
pub(crate) struct At<'a> {
    pub node: &'a NodeProto,
    /// `None` where an optional input is left out.
    pub inputs: Vec<Option<&'a Fact>>,
    pub opset: i64,
}

impl<'a> At<'a> {
    pub(crate) fn place(&self) -> Place {
        place(self.node)
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
    pub(crate) fn known(&self, index: usize) -> Result<&'a Value, ModelError> {
        self.input(index)?.value.as_ref().ok_or_else(|| {
            self.unsupported(format!(
                "input {index} decides a shape or a position but is not known before running; \
                 export the model with fixed shapes and folded constants"
            ))
        })
    }

    /// As [`At::known`], as integers.
    pub(crate) fn integers(&self, index: usize) -> Result<Vec<i64>, ModelError> {
        let value = self.known(index)?;
        if !value.is_integer() {
            return Err(self.bad(format!("input {index} must hold integers")));
        }
        Ok(value.data.iter().map(|&x| x as i64).collect())
    }

    fn attribute(
        &self,
        name: &str,
        kind: AttributeType,
    ) -> Result<Option<&'a AttributeProto>, ModelError> {
        match self.node.attribute.iter().find(|attribute| attribute.name == name) {
            Some(found) if found.r#type == kind as i32 => Ok(Some(found)),
            Some(_) => Err(self.bad(format!("attribute `{name}` is of the wrong type"))),
            None => Ok(None),
        }
    }

    pub(crate) fn int(&self, name: &str, default: i64) -> Result<i64, ModelError> {
        Ok(self.attribute(name, AttributeType::Int)?.map_or(default, |found| found.i))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, ModelError> {
        match self.int(name, 0)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.bad(format!("attribute `{name}` must be 0 or 1"))),
        }
    }

    pub(crate) fn ints(&self, name: &str) -> Result<Option<&'a [i64]>, ModelError> {
        Ok(self.attribute(name, AttributeType::Ints)?.map(|found| found.ints.as_slice()))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ModelError> {
        let found = self.attribute(name, AttributeType::String)?;
        Ok(found.map(|found| String::from_utf8_lossy(&found.s).into_owned()))
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
        for &axis in axes.iter().take(tensor::RANK + 1) {
            let axis = self.axis(axis, rank)?;
            if found.contains(&axis) {
                return Err(self.bad(format!("axis {axis} is named twice")));
            }
            found.push(axis);
        }
        Ok(found)
    }

    /// A shape that the node may have: of few axes, not empty and not huge.
    pub(crate) fn shape(&self, dims: Vec<usize>) -> Result<Vec<usize>, ModelError> {
        if dims.len() > tensor::RANK {
            return Err(self.bad("its output has more than 8 axes"));
        }
        match tensor::volume(&dims) {
            Some(0) => Err(self.bad(format!("its output is empty: {dims:?}"))),
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

/// Where a node is, for messages.
pub(crate) fn place(node: &NodeProto) -> Place {
    let name = if node.name.is_empty() {
        node.output.first().cloned().unwrap_or_default()
    } else {
        node.name.clone()
    };
    let operator = match node.domain.as_str() {
        "" | "ai.onnx" => node.op_type.clone(),
        domain => format!("{domain}.{}", node.op_type),
    };
    Place::Node { name, operator }
}
