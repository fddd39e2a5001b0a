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

    /// Its values, where they are stored as i32.
    pub(crate) fn to_i32(&self) -> Option<Vec<i32>> {
        let whole = self.element == ElementType::I32;
        whole.then(|| words(&self.bytes).map(i32::from_le_bytes).collect())
    }

    /// `(x - zero) * scale` in f32. Scale and zero point are single, or one for each place along the
    /// axis, or for each block of places; `None` where they are not.
    pub(crate) fn dequantised(
        &self,
        scale: &Tensor,
        zero: Option<&Tensor>,
        (axis, block): (i64, i64),
    ) -> Option<Tensor> {
        let (mut values, scales) = (self.to_f32()?, scale.to_f32()?);
        let zeros = match zero {
            Some(zero) => zero.to_f32().filter(|zeros| zeros.len() == scales.len())?,
            None => vec![0.0; scales.len()],
        };
        let rank = i64::try_from(self.dims.len()).ok()?;
        let axis = usize::try_from(if axis < 0 { axis + rank } else { axis }).ok();
        let length = axis.and_then(|axis| self.dims.get(axis).copied()).unwrap_or(1).max(1);
        let behind = self.dims.iter().skip(axis.map_or(0, |axis| axis + 1));
        let after = behind.product::<usize>().max(1);
        let block = usize::try_from(block).ok()?;
        let blocks = length.div_ceil(block.max(1));
        let fits = scales.len() == 1
            || block == 0 && scales.len() == length
            || block > 0 && scales.len() == values.len() / length * blocks;
        if !fits {
            return None;
        }
        for (row, run) in values.chunks_mut(after).enumerate() {
            let along = row % length;
            // Blocked scales differ along the run as well.
            let (first, wide) = match (scales.len(), block) {
                (1, _) => (0, false),
                (_, 0) => (along, false),
                _ => ((row / length * blocks + along / block) * after, true),
            };
            if wide {
                let pairs = scales.get(first..)?.iter().zip(zeros.get(first..)?);
                for (value, (scale, zero)) in run.iter_mut().zip(pairs) {
                    *value = (*value - zero) * scale;
                }
            } else {
                let (scale, zero) = (*scales.get(first)?, *zeros.get(first)?);
                run.iter_mut().for_each(|value| *value = (*value - zero) * scale);
            }
        }
        Some(Tensor::floats(&self.dims, &values))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(element: ElementType, dims: &[usize], bytes: &[u8]) -> Tensor {
        Tensor { dims: dims.to_vec(), element, bytes: bytes.to_vec() }
    }

    #[test]
    fn scales_stand_for_the_whole_for_an_axis_or_for_blocks_of_it() {
        let stored = tensor(ElementType::U8, &[2, 4], &[1, 2, 3, 4, 5, 6, 7, 8]);
        let of = |scale: &Tensor, zero: Option<&Tensor>, axes: (i64, i64)| {
            stored.dequantised(scale, zero, axes).and_then(|tensor| tensor.to_f32())
        };
        let one = Tensor::floats(&[], &[2.0]);
        let zero = tensor(ElementType::U8, &[], &[4]);
        let whole = [-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0];
        assert_eq!(of(&one, Some(&zero), (1, 0)), Some(whole.to_vec()));
        let two = Tensor::floats(&[2], &[1.0, 10.0]);
        let rows = [1.0, 2.0, 3.0, 4.0, 50.0, 60.0, 70.0, 80.0];
        assert_eq!(of(&two, None, (-2, 0)), Some(rows.to_vec()));
        let blocks = Tensor::floats(&[2, 2], &[1.0, 10.0, 100.0, 1000.0]);
        let blocked = [1.0, 2.0, 30.0, 40.0, 500.0, 600.0, 7000.0, 8000.0];
        assert_eq!(of(&blocks, None, (1, 2)), Some(blocked.to_vec()));
        let upright = Tensor::floats(&[1, 4], &[1.0, 2.0, 3.0, 4.0]);
        let columns = [1.0, 4.0, 9.0, 16.0, 5.0, 12.0, 21.0, 32.0];
        assert_eq!(of(&upright, None, (0, 2)), Some(columns.to_vec()));
        assert_eq!(of(&two, None, (1, 0)), None);
    }
}
