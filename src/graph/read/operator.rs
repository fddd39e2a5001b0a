//! One operator that a model may use: its arity, its attributes, and the function that reads these.
//!
//! The tables of them are in [`super::operators`], [`super::vendors`] and [`super::ml`].

use super::attributes::Said;
use super::parse::ParsedOp;
use crate::graph::error::ModelError;
use crate::graph::op::{Composite, Written};

/// Reads the attributes of a node whose operator engines know.
pub(super) type ParseOp = fn(&mut Said<'_>) -> ParsedOp;
/// The same where other operators make it up.
pub(super) type ParseComposite = fn(&mut Said<'_>) -> Result<Composite, ModelError>;

/// Reads the attributes of a node.
#[derive(Clone, Copy, Debug)]
enum Parse {
    Op(ParseOp),
    Composite(ParseComposite),
}

/// The domain of the standard operators, which has no name.
pub(super) const STANDARD: &str = "";

/// One operator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator {
    /// Empty for the default one.
    pub domain: &'static str,
    pub name: &'static str,
    /// Fewest and most inputs.
    pub inputs: (usize, usize),
    /// Fewest and most outputs.
    pub outputs: (usize, usize),
    pub attributes: &'static [&'static str],
    parse: Parse,
}

pub(super) const fn op(
    name: &'static str,
    inputs: (usize, usize),
    outputs: (usize, usize),
    attributes: &'static [&'static str],
    parse: ParseOp,
) -> Operator {
    Operator { domain: STANDARD, name, inputs, outputs, attributes, parse: Parse::Op(parse) }
}

/// One that others make up, in the default domain, with one output.
pub(super) const fn standard(
    name: &'static str,
    inputs: (usize, usize),
    attributes: &'static [&'static str],
    parse: ParseComposite,
) -> Operator {
    composite(STANDARD, name, inputs, (1, 1), attributes, parse)
}

/// One that engines know, with one output, in another domain.
pub(super) const fn with_domain(
    domain: &'static str,
    name: &'static str,
    inputs: (usize, usize),
    attributes: &'static [&'static str],
    parse: ParseOp,
) -> Operator {
    Operator { domain, name, inputs, outputs: (1, 1), attributes, parse: Parse::Op(parse) }
}

/// One that others make up.
pub(super) const fn composite(
    domain: &'static str,
    name: &'static str,
    inputs: (usize, usize),
    outputs: (usize, usize),
    attributes: &'static [&'static str],
    parse: ParseComposite,
) -> Operator {
    Operator { domain, name, inputs, outputs, attributes, parse: Parse::Composite(parse) }
}

pub(super) const fn unary(
    name: &'static str,
    attributes: &'static [&'static str],
    parse: ParseOp,
) -> Operator {
    op(name, (1, 1), (1, 1), attributes, parse)
}

pub(super) const CONV: &[&str] =
    &["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"];

/// Attributes that became inputs: the engine leaves them out from this operator set on.
pub(super) const RETIRED: &[(&str, &str, i64)] = &[
    ("Clip", "max", 11),
    ("Clip", "min", 11),
    ("Dropout", "ratio", 12),
    ("Pad", "pads", 11),
    ("Pad", "value", 11),
    ("ReduceL1", "axes", 18),
    ("ReduceL2", "axes", 18),
    ("ReduceMax", "axes", 18),
    ("ReduceMean", "axes", 18),
    ("ReduceMin", "axes", 18),
    ("ReduceProd", "axes", 18),
    ("ReduceSum", "axes", 13),
    ("ReduceSumSquare", "axes", 18),
    ("Slice", "axes", 10),
    ("Slice", "ends", 10),
    ("Slice", "starts", 10),
    ("Split", "split", 13),
    ("Squeeze", "axes", 13),
    ("Unsqueeze", "axes", 13),
];

impl Operator {
    /// Reads the attributes of a node of this operator.
    pub(super) fn parse(&self, said: &mut Said<'_>) -> Result<Written, ModelError> {
        match self.parse {
            Parse::Op(parse) => parse(said).map(Written::Op),
            Parse::Composite(parse) => {
                parse(said).map(|composite| Written::Composite(Box::new(composite)))
            }
        }
    }

    /// Whether an attribute became an input in this operator set or before.
    pub(super) fn has_retired(&self, attribute: &str, opset: i64) -> bool {
        let of = |&(name, retired, since): &(&str, &str, i64)| {
            name == self.name && retired == attribute && opset >= since
        };
        RETIRED.iter().any(of)
    }
}
