//! The attributes of one node, looked up by name and type.
//!
//! What a file says goes in; typed values come out, with ONNX's default where nothing is said, or an
//! error that names the node.

use super::tensor;
use crate::graph::error::{GraphPlace, ModelError, shown};
use crate::graph::fact::SMALL;
use crate::graph::proto::attribute_proto::AttributeType;
use crate::graph::proto::{AttributeProto, GraphProto, NodeProto};
use crate::graph::tensor::Tensor;

/// The domain of classical models, whose trees are said in lists.
pub(super) const ML_DOMAIN: &str = "ai.onnx.ml";
/// Entries in a list of an attribute of that domain, at most.
const LONGEST_LIST: usize = 4 << 20;

/// What a node says about itself.
pub(super) struct Said<'a> {
    pub node: &'a NodeProto,
    pub opset: i64,
    attributes: Vec<AttributeProto>,
}

impl<'a> Said<'a> {
    pub(super) fn new(node: &'a NodeProto, attributes: Vec<AttributeProto>, opset: i64) -> Self {
        Said { node, opset, attributes }
    }

    pub(super) fn bad(&self, what: impl Into<String>) -> ModelError {
        ModelError::invalid(place(self.node), what)
    }

    pub(super) fn unsupported(&self, what: impl Into<String>) -> ModelError {
        ModelError::unsupported(place(self.node), what)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.attributes.len()
    }

    fn get(&self, name: &str, kind: AttributeType) -> Result<Option<&AttributeProto>, ModelError> {
        match self.attributes.iter().find(|attribute| attribute.name == name) {
            Some(found) if found.r#type == kind as i32 => Ok(Some(found)),
            Some(_) => Err(self.bad(format!("attribute `{name}` is of the wrong type"))),
            None => Ok(None),
        }
    }

    pub(super) fn int(&self, name: &str) -> Result<Option<i64>, ModelError> {
        Ok(self.get(name, AttributeType::Int)?.map(|found| found.i))
    }

    pub(super) fn int_or(&self, name: &str, default: i64) -> Result<i64, ModelError> {
        Ok(self.int(name)?.unwrap_or(default))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, ModelError> {
        match self.int_or(name, 0)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.bad(format!("attribute `{name}` must be 0 or 1"))),
        }
    }

    pub(super) fn float(&self, name: &str) -> Result<Option<f32>, ModelError> {
        Ok(self.get(name, AttributeType::Float)?.map(|found| found.f))
    }

    pub(super) fn float_or(&self, name: &str, default: f32) -> Result<f32, ModelError> {
        Ok(self.float(name)?.unwrap_or(default))
    }

    pub(super) fn ints(&self, name: &str) -> Result<Option<Vec<i64>>, ModelError> {
        Ok(self.get(name, AttributeType::Ints)?.map(|found| found.ints.clone()))
    }

    pub(super) fn floats(&self, name: &str) -> Result<Option<Vec<f32>>, ModelError> {
        Ok(self.get(name, AttributeType::Floats)?.map(|found| found.floats.clone()))
    }

    /// Floats where a list of them is there, of whatever type it is declared.
    pub(super) fn floats_or_none(&self, name: &str) -> Result<Option<Vec<f32>>, ModelError> {
        match self.attributes.iter().any(|attribute| attribute.name == name) {
            true => self.floats(name),
            false => Ok(None),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ModelError> {
        let found = self.get(name, AttributeType::String)?;
        Ok(found.map(|found| String::from_utf8_lossy(&found.s).into_owned()))
    }

    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, ModelError> {
        let found = self.get(name, AttributeType::Strings)?;
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        Ok(found.map(|found| found.strings.iter().map(text).collect()))
    }

    /// An attribute that is one of some words.
    pub(super) fn word<W>(
        &self,
        name: &str,
        word: fn(&str) -> Option<W>,
    ) -> Result<Option<W>, ModelError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let unknown = || {
            let what = format!("attribute `{name}` has the value `{}`", shown(&text));
            self.unsupported(format!("{what}, which is not supported"))
        };
        word(&text).map(Some).ok_or_else(unknown)
    }

    /// The body of a loop.
    pub(super) fn graph(&self, name: &str) -> Option<&GraphProto> {
        let found = self.attributes.iter().find(|attribute| attribute.name == name);
        found.and_then(|attribute| attribute.g.as_ref())
    }

    /// A stored tensor; it is moved out.
    pub(super) fn tensor(
        &mut self,
        name: &str,
        place: GraphPlace,
    ) -> Result<Option<Tensor>, ModelError> {
        self.get(name, AttributeType::Tensor)?;
        let found = self.attributes.iter_mut().find(|attribute| attribute.name == name);
        let stored = found.and_then(|attribute| attribute.t.take());
        stored.map(|stored| tensor::tensor(stored, place)).transpose()
    }
}

/// Refuses attributes that are not `known`, are `retired`, are given twice, or hold too much.
pub(super) fn check(
    node: &NodeProto,
    opset: i64,
    known: &[&str],
    retired: impl Fn(&str) -> bool,
) -> Result<(), ModelError> {
    let longest = if node.domain == ML_DOMAIN { LONGEST_LIST } else { SMALL };
    for (index, attribute) in node.attribute.iter().enumerate() {
        let name = attribute.name.as_str();
        if !known.contains(&name) || retired(name) {
            let what =
                format!("attribute `{}` is not supported in operator set {opset}", shown(name));
            return Err(ModelError::unsupported(place(node), what));
        }
        if node.attribute[..index].iter().any(|other| other.name == name) {
            let what = format!("attribute `{name}` is given twice");
            return Err(ModelError::invalid(place(node), what));
        }
        // The body of a loop, which its operator looks at.
        let body = name == "body" && attribute.g.is_some();
        let nested = attribute.g.is_some() && !body
            || !attribute.graphs.is_empty()
            || !attribute.ref_attr_name.is_empty()
            || attribute.ints.len().max(attribute.floats.len()) > longest;
        if nested {
            let what = format!("attribute `{name}` holds a graph, a reference or too long a list");
            return Err(ModelError::unsupported(place(node), what));
        }
    }
    Ok(())
}

/// Where a node of the file is, for messages.
pub(crate) fn place(node: &NodeProto) -> GraphPlace {
    let name = if node.name.is_empty() {
        node.output.first().cloned().unwrap_or_default()
    } else {
        node.name.clone()
    };
    let operator = match node.domain.as_str() {
        "" | "ai.onnx" => node.op_type.clone(),
        domain => format!("{domain}.{}", node.op_type),
    };
    GraphPlace::Node { name, operator }
}
