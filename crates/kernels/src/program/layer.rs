//! The kinds of layers, and what each reads and writes.

use alloc::vec::Vec;

use super::sweep::Sweep;
use super::value::Element;
use crate::blend::Blend;
use crate::map::Activation;
use crate::matmul::MatMul;
use crate::moves::Pick;
use crate::normalise::{Scaling, Standardise};
use crate::pool::Pool;
use crate::quantise::{Grid, Table};
use crate::recurrent::Recurrent;
use crate::reduce::Reduce;
use crate::tier::{FloatTier, Tier};
use crate::walk::Walk;
use crate::zip::BinaryOp;
use crate::{DenseF32, DenseInt8};

/// A layer. The values that it reads and writes are given beside it, in the order told here.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are those of the kernel")]
pub enum Layer {
    /// Rows times weights, f32. x; y.
    Dense { kernel: DenseF32, sweep: Sweep },
    /// Rows times weights, u8 times int8 to u8 or f32. x; y.
    DenseInt8 { kernel: DenseInt8, sweep: Sweep },
    /// The same with a zero point that is only known when it runs, to f32. x, zero point; y.
    DenseDynamic { kernel: DenseInt8, sweep: Sweep },
    /// One number into parts of a value. ; y.
    Fill { walks: Vec<Walk<1>>, value: f32 },
    /// The zero point of a window into parts of a value. zero point; y.
    FillZero { walks: Vec<Walk<1>> },
    /// From one place to another, f32 or u8. x; y.
    Copy { walk: Walk<2> },
    /// Elements in any order, f32 or u8. x; y.
    Pick { pick: Pick },
    /// A function of each element. x; y.
    Map { tier: FloatTier, activation: Activation, walk: Walk<2> },
    /// The same in place. ; y.
    MapOver { tier: FloatTier, activation: Activation, walk: Walk<1> },
    /// A function of two elements. a, b; y.
    Zip { tier: FloatTier, op: BinaryOp, walk: Walk<3> },
    /// One of two elements. condition, a, b; y.
    Select { walk: Walk<4> },
    /// f32 to u8. x; y.
    Quantise { tier: FloatTier, grid: Grid, walk: Walk<2> },
    /// u8 to f32. x; y.
    Dequantise { tier: FloatTier, grid: Grid, walk: Walk<2> },
    /// To quantised steps and back, in f32, in place. ; y.
    Steps { tier: FloatTier, grid: Grid, walk: Walk<1> },
    /// A function of a quantised number. x; y.
    Table { table: Table, walk: Walk<2> },
    /// f32 to u8 by the range of a window. x; y, scale, zero point.
    DynamicQuantise { tier: FloatTier, len: usize },
    /// Fewer numbers out of many. x; y.
    Reduce { tier: FloatTier, reduce: Reduce },
    /// Sets of numbers to one scale, in place. ; y.
    Scale { tier: FloatTier, scaling: Scaling },
    /// Sets of numbers to mean 0 and deviation 1, in place. ; y.
    Standardise { tier: FloatTier, standardise: Standardise },
    /// The largest or the mean of neighbours, f32 or u8, channels last. x; y.
    Pool { tier: FloatTier, pool: Pool },
    /// Another length along one axis. x; y.
    Blend { tier: FloatTier, blend: Blend },
    /// The product of two matrices. a, b; y.
    MatMul { tier: FloatTier, matmul: MatMul },
    /// A recurrent layer in one direction. first h and first c where they are given; products, y, last
    /// h, last c, scratch.
    Recurrent {
        recurrent: Recurrent,
        steps: usize,
        y_at: usize,
        y_step: usize,
        first_h: bool,
        first_c: bool,
    },
}

impl Layer {
    /// Bytes of its packed weights.
    pub fn weight_bytes(&self) -> usize {
        match self {
            Layer::Dense { kernel, .. } => kernel.weight_bytes(),
            Layer::DenseInt8 { kernel, .. } | Layer::DenseDynamic { kernel, .. } => {
                kernel.weight_bytes()
            }
            _ => 0,
        }
    }

    /// The arithmetic that it runs in on this tier; `None` where it only moves numbers.
    pub fn arithmetic(&self, tier: Tier) -> Option<&'static str> {
        match self {
            Layer::Fill { .. } | Layer::FillZero { .. } => None,
            Layer::Copy { .. } | Layer::Pick { .. } => None,
            Layer::Select { .. } | Layer::Quantise { .. } | Layer::Dequantise { .. } => None,
            Layer::DynamicQuantise { .. } => None,
            Layer::DenseInt8 { .. } | Layer::DenseDynamic { .. } => Some(tier.int8.name()),
            Layer::Table { .. } => Some("int8 table"),
            Layer::Steps { .. } => Some("f32, in steps of 16 bits"),
            _ => Some(tier.float.name()),
        }
    }

    /// Whether values of these elements and lengths can be read and written. That each walk stays
    /// inside its values is checked as it runs.
    pub(super) fn fits(&self, reads: &[(Element, usize)], writes: &[(Element, usize)]) -> bool {
        use Element::{F32, U8};
        let all_f32 = |all: &[(Element, usize)]| all.iter().all(|(element, _)| *element == F32);
        if let Layer::Recurrent { first_h, first_c, .. } = self {
            let given = usize::from(*first_h) + usize::from(*first_c);
            return reads.len() == given && writes.len() == 5 && all_f32(reads) && all_f32(writes);
        }
        let elements = |all: &[(Element, usize)]| {
            let mut kinds = [None; 4];
            for (kind, (element, _)) in kinds.iter_mut().zip(all) {
                *kind = Some(*element);
            }
            (all.len() <= 4).then_some(kinds)
        };
        let (Some(read), Some(written)) = (elements(reads), elements(writes)) else { return false };
        let (f, b) = (Some(F32), Some(U8));
        let (one, none) = ([f, None, None, None], [None; 4]);
        let byte = [b, None, None, None];
        match self {
            Layer::Dense { .. }
            | Layer::Map { .. }
            | Layer::Reduce { .. }
            | Layer::Blend { .. } => read == one && written == one,
            Layer::DenseInt8 { .. } => read == byte && (written == one || written == byte),
            Layer::DenseDynamic { .. } => read == [b, b, None, None] && written == one,
            Layer::Fill { .. } => read == none && (written == one || written == byte),
            Layer::Copy { .. } | Layer::Pick { .. } | Layer::Pool { .. } => {
                read == written && (read == one || read == byte)
            }
            Layer::MapOver { .. }
            | Layer::Steps { .. }
            | Layer::Scale { .. }
            | Layer::Standardise { .. } => read == none && written == one,
            Layer::Zip { .. } | Layer::MatMul { .. } => {
                read == [f, f, None, None] && written == one
            }
            Layer::Select { .. } => read == [f, f, f, None] && written == one,
            Layer::Quantise { .. } => read == one && written == byte,
            Layer::Dequantise { .. } => read == byte && written == one,
            Layer::Table { .. } | Layer::FillZero { .. } => read == byte && written == byte,
            Layer::DynamicQuantise { .. } => read == one && written == [b, f, b, None],
            Layer::Recurrent { .. } => false,
        }
    }
}
