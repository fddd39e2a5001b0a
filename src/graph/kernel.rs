//! Where the kernel of a convolution or a pool goes: its size, strides, dilations and padding on each
//! axis, and how many steps it makes.
//!
//! The attributes of a node go in, checked numbers come out.

use super::at::At;
use super::error::ModelError;
use super::op::{AutoPad, KernelAttributes};

/// Largest kernel, stride, dilation and padding.
const GEOMETRY: i64 = 1 << 16;

/// Kernel geometry of a convolution or a pool, one number a spatial axis.
pub(crate) struct KernelGeometry {
    pub kernel: Vec<usize>,
    pub strides: Vec<usize>,
    pub dilations: Vec<usize>,
    pub before: Vec<usize>,
    pub after: Vec<usize>,
    pub auto_pad: AutoPad,
}

impl KernelGeometry {
    /// `kernel` from the weights; a pool has it as an attribute only.
    pub(crate) fn of(
        at: &At<'_>,
        said: &KernelAttributes,
        kernel: Option<&[usize]>,
        spatial: usize,
    ) -> Result<Self, ModelError> {
        let numbers = |name: &str, found: &Option<Vec<i64>>, least: i64, count: usize| {
            let Some(found) = found else { return Ok(None) };
            if found.len() != count || found.iter().any(|x| !(least..=GEOMETRY).contains(x)) {
                let what =
                    format!("attribute `{name}` must be {count} numbers of {least} to {GEOMETRY}");
                return Err(at.bad(what));
            }
            Ok(Some(found.iter().map(|&x| x as usize).collect()))
        };
        let told = numbers("kernel_shape", &said.kernel_shape, 1, spatial)?;
        let kernel = match (kernel, told) {
            (Some(stored), Some(told)) if stored != told => {
                return Err(at.bad("`kernel_shape` is not the shape of its weights"));
            }
            (Some(stored), _) => stored.to_vec(),
            (None, Some(told)) => told,
            (None, None) => return Err(at.bad("attribute `kernel_shape` is missing")),
        };
        let mut pads =
            numbers("pads", &said.pads, 0, 2 * spatial)?.unwrap_or_else(|| vec![0; 2 * spatial]);
        if said.auto_pad != AutoPad::NotSet && pads.iter().any(|&pad| pad > 0) {
            return Err(at.unsupported("`pads` and `auto_pad` contradict each other"));
        }
        let after = pads.split_off(spatial);
        Ok(KernelGeometry {
            kernel,
            strides: numbers("strides", &said.strides, 1, spatial)?
                .unwrap_or_else(|| vec![1; spatial]),
            dilations: numbers("dilations", &said.dilations, 1, spatial)?
                .unwrap_or_else(|| vec![1; spatial]),
            before: pads,
            after,
            auto_pad: said.auto_pad,
        })
    }

    /// Whether the padding is such that the output has as many steps as strides fit the input.
    pub(crate) fn is_same(&self) -> bool {
        matches!(self.auto_pad, AutoPad::SameUpper | AutoPad::SameLower)
    }

    /// Reach of the kernel on one axis.
    pub(crate) fn reach(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1) * self.dilations[axis] + 1
    }

    /// Steps of the kernel over each axis of `input`.
    pub(crate) fn slide(
        &self,
        at: &At<'_>,
        input: &[usize],
        ceil: bool,
    ) -> Result<Vec<usize>, ModelError> {
        let mut out = Vec::with_capacity(input.len());
        for (axis, &length) in input.iter().enumerate() {
            let stride = self.strides[axis];
            if self.is_same() {
                out.push(length.div_ceil(stride));
                continue;
            }
            let padded = length + self.before[axis] + self.after[axis];
            let Some(room) = padded.checked_sub(self.reach(axis)) else {
                return Err(at.bad(format!("its kernel reaches over all of {padded} steps")));
            };
            let mut steps = if ceil { room.div_ceil(stride) } else { room / stride } + 1;
            // With ceil_mode the last window must still begin inside the input or its left padding.
            if ceil && (steps - 1) * stride >= length + self.before[axis] {
                steps -= 1;
            }
            out.push(steps);
        }
        Ok(out)
    }
}
