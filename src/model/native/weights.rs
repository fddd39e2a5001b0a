//! The weights of a linear layer: f32, or int8 as the file stores them.

use crate::graph::{ElementType, Tensor};

/// Stored numbers that a DequantizeLinear makes f32.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<'g> {
    pub tensor: &'g Tensor,
    pub scale: &'g Tensor,
    pub zero: Option<&'g Tensor>,
    pub axis: i64,
    pub block: i64,
}

/// int8 weights in the order of the file, and what they stand for.
pub(super) struct Int8Weights {
    pub values: Vec<i8>,
    /// One, or one an output.
    pub scales: Vec<f32>,
    /// None where all are zero.
    pub zeros: Option<Vec<i32>>,
}

impl Weights<'_> {
    pub(super) fn dequantised(&self) -> Option<Tensor> {
        self.tensor.dequantised(self.scale, self.zero, (self.axis, self.block))
    }

    /// Whether they are int8, where each of the places along `axis` has one scale; else why not.
    pub(super) fn is_int8(&self, axis: usize, outputs: usize) -> Result<(), String> {
        self.steps(axis, outputs).map(drop)
    }

    /// As int8, where each of the places along `axis` has one scale; else why not.
    pub(super) fn int8(&self, axis: usize, outputs: usize) -> Result<Int8Weights, String> {
        let (shift, scales, zeros) = self.steps(axis, outputs)?;
        let bytes = self.tensor.bytes.iter();
        // Unsigned ones with 128 taken off: the same as turning their highest bit.
        let values = bytes.map(|&byte| (byte ^ shift as u8) as i8).collect();
        let zeros = zeros.iter().any(|&zero| zero != 0).then(|| spread(&zeros, outputs));
        Ok(Int8Weights { values, scales, zeros })
    }

    /// What is taken off the numbers to make them signed; their scales, and their zero points with the same
    /// taken off: one, or one an output.
    fn steps(&self, axis: usize, outputs: usize) -> Result<(i32, Vec<f32>, Vec<i32>), String> {
        let shift = match self.tensor.element {
            ElementType::I8 | ElementType::I4 => 0,
            ElementType::U8 | ElementType::U4 => 128,
            _ => return Err("its weights are not of 8 bits".into()),
        };
        let scales = self.scale.to_f32().ok_or("its scales are not numbers")?;
        let rank = self.tensor.dims.len() as i64;
        let along = if self.axis < 0 { self.axis + rank } else { self.axis };
        let each = scales.len() == outputs && along == axis as i64 && self.block == 0;
        if scales.len() != 1 && !each {
            return Err("its weights have scales of their own along the inputs".into());
        }
        let zeros = match self.zero {
            Some(zero) => zero.to_f32().ok_or("its zero points are not numbers")?,
            None => vec![0.0],
        };
        let zeros: Vec<i32> = zeros.iter().map(|&zero| zero as i32 - shift).collect();
        if zeros.len() != 1 && zeros.len() != scales.len() {
            return Err("its zero points do not fit its scales".into());
        }
        Ok((shift, scales, zeros))
    }
}

/// One number for each of `count`.
pub(super) fn spread<T: Copy>(numbers: &[T], count: usize) -> Vec<T> {
    match numbers {
        [one] => vec![*one; count],
        all => all.to_vec(),
    }
}
