//! The value of an attribute, whatever file format or engine it comes from or goes to.

use crate::graph::tensor::Tensor;

/// What an attribute holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Float(f32),
    Text(String),
    Texts(Vec<String>),
    Tensor(Tensor),
}
