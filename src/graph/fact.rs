//! What is known of a value of the graph before anything runs: its shape, its element type, and for
//! small ones that shapes are computed from, its elements.

use super::tensor::{ElementType, Tensor, volume, words};

/// Elements up to which values are followed through the graph.
pub(crate) const SMALL: usize = 1024;

/// Known elements. f64 holds every integer below 2^53; larger ones only stand for "to the end".
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownElements {
    pub element: ElementType,
    pub data: Vec<f64>,
}

/// A shape, and the element type and the elements where they are known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub dims: Vec<usize>,
    pub element: Option<ElementType>,
    pub known: Option<KnownElements>,
}

impl Fact {
    pub(crate) fn of(dims: Vec<usize>) -> Self {
        Fact { dims, element: None, known: None }
    }

    pub(crate) fn with(dims: Vec<usize>, known: Option<KnownElements>) -> Self {
        Fact { dims, element: known.as_ref().map(|known| known.element), known }
    }

    pub(crate) fn integers(dims: Vec<usize>, data: Vec<f64>) -> Self {
        Fact::with(dims, Some(KnownElements { element: ElementType::I64, data }))
    }

    /// What is known of a stored tensor; the elements where there are few, of a type that shapes are
    /// computed in.
    pub(crate) fn of_stored(tensor: &Tensor) -> Self {
        let small = volume(&tensor.dims).is_some_and(|elements| elements <= SMALL);
        let known = small.then(|| elements(tensor)).flatten();
        let known = known.map(|data| KnownElements { element: tensor.element, data });
        Fact { dims: tensor.dims.clone(), element: Some(tensor.element), known }
    }
}

fn elements(tensor: &Tensor) -> Option<Vec<f64>> {
    let raw = &tensor.bytes;
    Some(match tensor.element {
        ElementType::I64 => words::<8>(raw).map(|w| i64::from_le_bytes(w) as f64).collect(),
        ElementType::I32 => words::<4>(raw).map(|w| f64::from(i32::from_le_bytes(w))).collect(),
        ElementType::F32 => words::<4>(raw).map(|w| f64::from(f32::from_le_bytes(w))).collect(),
        _ => return None,
    })
}
