//! What a file holds, counted before any of it is put in other words: for people who look at it.

use std::collections::BTreeMap;

use super::op::{Op, Written};
use super::tensor::{ElementType, Tensor};

/// Operators and weights of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileContents {
    /// How many nodes each operator has.
    pub operators: BTreeMap<&'static str, usize>,
    /// Stored numbers that are not shapes or single scales.
    pub parameters: usize,
    /// Bytes of those; half floats count as the f32 that they become.
    pub weight_bytes: usize,
}

impl FileContents {
    /// `stored` are the tensors that have names of their own.
    pub(crate) fn of<'a>(
        operators: impl Iterator<Item = &'a Written> + Clone,
        stored: impl Iterator<Item = &'a Tensor>,
    ) -> Self {
        let mut contents = FileContents::default();
        for operator in operators.clone() {
            let name = match operator {
                Written::Op(op) => op.name(),
                Written::Composite(composite) => composite.name(),
            };
            *contents.operators.entry(name).or_default() += 1;
        }
        let in_nodes = operators.filter_map(|operator| match operator {
            Written::Op(Op::Constant(tensor) | Op::ConstantOfShape { value: Some(tensor) }) => {
                Some(tensor)
            }
            _ => None,
        });
        for tensor in stored.chain(in_nodes).filter(|tensor| is_weight(tensor)) {
            contents.parameters += tensor.dims.iter().product::<usize>();
            contents.weight_bytes += tensor.bytes.len();
        }
        contents
    }
}

/// Neither a shape nor a single number.
fn is_weight(tensor: &Tensor) -> bool {
    !tensor.dims.is_empty() && !matches!(tensor.element, ElementType::I64 | ElementType::Bool)
}
