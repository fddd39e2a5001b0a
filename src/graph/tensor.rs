//! A tensor that is stored in a model: axes, element type, bytes. Also the limits on tensors that
//! the whole room keeps.

/// Axes of a tensor.
pub(crate) const RANK: usize = 8;

/// What a tensor holds. The discriminants are ONNX's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum ElementType {
    F32 = 1,
    U8 = 2,
    I8 = 3,
    U16 = 4,
    I16 = 5,
    I32 = 6,
    I64 = 7,
    Text = 8,
    Bool = 9,
    F16 = 10,
    F64 = 11,
    U32 = 12,
    U64 = 13,
}

impl ElementType {
    const ALL: [Self; 13] = [
        Self::F32,
        Self::U8,
        Self::I8,
        Self::U16,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::Text,
        Self::Bool,
        Self::F16,
        Self::F64,
        Self::U32,
        Self::U64,
    ];

    /// The type of ONNX's number.
    pub(crate) fn from_onnx(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|element| i64::from(element.onnx()) == number)
    }

    /// ONNX's number.
    pub(crate) const fn onnx(self) -> i32 {
        self as i32
    }

    /// Bytes of an element, for the types that a model may store.
    pub(crate) fn stored_bytes(self) -> Option<usize> {
        match self {
            Self::U8 | Self::I8 | Self::Bool => Some(1),
            Self::F16 => Some(2),
            Self::F32 | Self::I32 => Some(4),
            Self::I64 | Self::F64 => Some(8),
            Self::U16 | Self::I16 | Self::Text | Self::U32 | Self::U64 => None,
        }
    }

    /// Whether shapes and positions are given in this type.
    pub(crate) fn is_index(self) -> bool {
        matches!(self, Self::I32 | Self::I64)
    }
}

/// A stored tensor. Its bytes fill its axes exactly.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub dims: Vec<usize>,
    pub element: ElementType,
    /// Little endian, the last axis runs fastest.
    pub bytes: Vec<u8>,
}

impl Tensor {
    /// A list of integers.
    pub(crate) fn integers(values: &[i64]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Tensor { dims: vec![values.len()], element: ElementType::I64, bytes }
    }

    /// f32 values that fill `dims`.
    pub(crate) fn floats(dims: &[usize], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Tensor { dims: dims.to_vec(), element: ElementType::F32, bytes }
    }

    /// One f32 zero: what a ConstantOfShape without a value repeats.
    pub(crate) fn zero() -> Self {
        Tensor { dims: vec![1], element: ElementType::F32, bytes: vec![0; 4] }
    }
}

/// Elements of a shape; `None` when it overflows.
pub(crate) fn volume(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))
}

/// The values of raw data, `N` bytes each.
pub(crate) fn words<const N: usize>(raw: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    raw.as_chunks::<N>().0.iter().copied()
}
