//! The element types of what a node gives.
//!
//! A node with the facts of its inputs goes in; the type of an output comes out where it is known.
//! Nothing is refused: types that do not fit together are for the engines to find.

use super::at::At;
use super::op::{Binary, Op, Unary};
use super::tensor::ElementType;

/// The element type of output `index`.
pub(crate) fn element(at: &At<'_>, index: usize) -> Option<ElementType> {
    let of = |input: usize| at.optional(input).and_then(|fact| fact.element);
    match &at.node.op {
        Op::Cast { to, .. } => Some(*to),
        Op::Unary(Unary::Not | Unary::IsNaN) => Some(ElementType::Bool),
        Op::Binary(binary) if compares(*binary) => Some(ElementType::Bool),
        Op::QuantizeLinear { to, .. } => match at.node.input(2) {
            Some(_) => of(2),
            None => Some(to.unwrap_or(ElementType::U8)),
        },
        Op::DequantizeLinear { .. } | Op::Where => of(1),
        Op::DynamicQuantizeLinear => {
            Some(if index == 1 { ElementType::F32 } else { ElementType::U8 })
        }
        Op::MatMulInteger | Op::ConvInteger(_) => Some(ElementType::I32),
        Op::Forest(_) => Some(ElementType::F32),
        Op::TopK { .. } if index == 1 => Some(ElementType::I64),
        Op::Shape { .. } | Op::Size | Op::ArgMax(_) | Op::ArgMin(_) => Some(ElementType::I64),
        Op::Constant(tensor) => Some(tensor.element),
        Op::ConstantOfShape { value } => {
            Some(value.as_ref().map_or(ElementType::F32, |value| value.element))
        }
        _ => of(0),
    }
}

fn compares(binary: Binary) -> bool {
    match binary {
        Binary::And
        | Binary::Equal
        | Binary::Greater
        | Binary::GreaterOrEqual
        | Binary::Less
        | Binary::LessOrEqual
        | Binary::Or
        | Binary::Xor => true,
        Binary::Add | Binary::Div | Binary::Mul | Binary::Pow | Binary::Sub => false,
    }
}
