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
    BF16 = 16,
    U4 = 21,
    I4 = 22,
}

impl ElementType {
    const ALL: [Self; 16] = [
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
        Self::BF16,
        Self::U4,
        Self::I4,
    ];

    /// The type of ONNX's number.
    pub(crate) fn from_onnx(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|element| i64::from(element.onnx()) == number)
    }

    /// ONNX's number.
    pub(crate) const fn onnx(self) -> i32 {
        self as i32
    }

    /// The type that it is read as: half floats become f32.
    pub(crate) fn widened(self) -> Self {
        if matches!(self, Self::F16 | Self::BF16) { Self::F32 } else { self }
    }

    /// Whether shapes and positions are given in this type.
    pub(crate) fn is_index(self) -> bool {
        matches!(self, Self::I32 | Self::I64)
    }
}

/// A stored tensor. Its bytes fill its axes exactly; numbers of 4 bits take a byte each.
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

    /// Its values in f32, where they are numbers that it holds or rounds.
    pub(crate) fn to_f32(&self) -> Option<Vec<f32>> {
        let raw = self.bytes.as_slice();
        Some(match self.element {
            ElementType::F32 => words(raw).map(f32::from_le_bytes).collect(),
            ElementType::F64 => words(raw).map(|w| f64::from_le_bytes(w) as f32).collect(),
            ElementType::U8 | ElementType::U4 => raw.iter().map(|&x| f32::from(x)).collect(),
            ElementType::I8 | ElementType::I4 => raw.iter().map(|&x| f32::from(x as i8)).collect(),
            ElementType::U16 => words(raw).map(|w| f32::from(u16::from_le_bytes(w))).collect(),
            ElementType::I16 => words(raw).map(|w| f32::from(i16::from_le_bytes(w))).collect(),
            ElementType::I32 => words(raw).map(|w| i32::from_le_bytes(w) as f32).collect(),
            ElementType::I64 => words(raw).map(|w| i64::from_le_bytes(w) as f32).collect(),
            _ => return None,
        })
    }

    /// `(x - zero) * scale` in f32. Scale and zero point are single, or one for each place along the
    /// axis, or for each block of places; `None` where they are not.
    pub(crate) fn dequantised(
        &self,
        scale: &Tensor,
        zero: Option<&Tensor>,
        (axis, block): (i64, i64),
    ) -> Option<Tensor> {
        let (mut values, scales) = (self.integers_as_f64()?, scale.to_f32()?);
        let zeros = match zero {
            Some(zero) => zero.integers_as_f64().filter(|zeros| zeros.len() == scales.len())?,
            None => vec![0.0; scales.len()],
        };
        let rank = i64::try_from(self.dims.len()).ok()?;
        let axis = usize::try_from(if axis < 0 { axis + rank } else { axis }).ok();
        let length = axis.and_then(|axis| self.dims.get(axis).copied()).unwrap_or(1).max(1);
        let after =
            self.dims.iter().skip(axis.map_or(0, |axis| axis + 1)).product::<usize>().max(1);
        let block = usize::try_from(block).ok()?;
        let blocks = length.div_ceil(block.max(1));
        let fits = scales.len() == 1
            || block == 0 && scales.len() == length
            || block > 0 && scales.len() == self.dims.iter().product::<usize>() / length * blocks;
        if !fits {
            return None;
        }
        for (index, value) in values.iter_mut().enumerate() {
            let along = index / after % length;
            let place = match (scales.len(), block) {
                (1, _) => 0,
                (_, 0) => along,
                _ => (index / after / length * blocks + along / block) * after + index % after,
            };
            let (scale, zero) = (scales.get(place)?, zeros.get(place)?);
            // The difference is whole and exact; one rounding, as in f32 arithmetic.
            *value = f64::from(((*value - zero) as f32) * scale);
        }
        let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
        Some(Tensor::floats(&self.dims, &values))
    }

    fn integers_as_f64(&self) -> Option<Vec<f64>> {
        match self.element {
            ElementType::I32 => {
                Some(words(&self.bytes).map(|w| f64::from(i32::from_le_bytes(w))).collect())
            }
            _ => self.to_f32().map(|all| all.into_iter().map(f64::from).collect()),
        }
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
