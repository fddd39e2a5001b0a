//! Convolution over one axis (`[N, channels, time]`) or two (`[N, channels, height, width]`), and
//! its transpose.
//!
//! Zeros stand around the input, half a kernel wide, so that an axis of `size` becomes
//! `ceil(size / stride)`.

use oddity::graph::write::ints;
use tch::{Tensor, nn};

use super::initial::uniform;
use super::rounded::Rounded;
use crate::net::error::NetError;
use crate::net::graph::ExportGraph;
use crate::net::grid::Grid;

/// A convolution or a transposed one.
#[derive(Debug)]
pub(crate) struct Conv {
    /// `[out, in, kernel...]`; transposed `[in, out, kernel...]`.
    weight: Tensor,
    /// `[out]`.
    bias: Tensor,
    /// Side of the kernel, odd.
    kernel: usize,
    stride: usize,
    /// Of a transposed one: steps to add at the end of each axis, below the stride.
    extra: Option<Vec<i64>>,
    /// Axes that it runs over, 1 or 2.
    rank: usize,
}

impl Conv {
    /// Starts as `torch.nn.Conv1d` does: uniform to `1 / sqrt(inputs of an output)`.
    pub(crate) fn new(
        path: &nn::Path<'_>,
        (inputs, outputs): (usize, usize),
        rank: usize,
        (kernel, stride): (usize, usize),
    ) -> Result<Self, NetError> {
        let mut dims = vec![outputs, inputs];
        dims.extend(std::iter::repeat_n(kernel, rank));
        Self::with(path, &dims, outputs, (kernel, stride), None)
    }

    /// The transpose, from axes of size `from` to axes of size `to`, where `from` is
    /// `ceil(to / stride)`. Starts as `torch.nn.ConvTranspose1d` does, which counts the outputs of
    /// an input instead.
    pub(crate) fn transposed(
        path: &nn::Path<'_>,
        (inputs, outputs): (usize, usize),
        (from, to): (&[usize], &[usize]),
        (kernel, stride): (usize, usize),
    ) -> Result<Self, NetError> {
        let mut dims = vec![inputs, outputs];
        dims.extend(std::iter::repeat_n(kernel, to.len()));
        let short =
            |(&from, &to): (&usize, &usize)| to as i64 - (from as i64 - 1) * stride as i64 - 1;
        let extra = from.iter().zip(to).map(short).collect();
        Self::with(path, &dims, outputs, (kernel, stride), Some(extra))
    }

    fn with(
        path: &nn::Path<'_>,
        dims: &[usize],
        outputs: usize,
        (kernel, stride): (usize, usize),
        extra: Option<Vec<i64>>,
    ) -> Result<Self, NetError> {
        let rank = dims.len().saturating_sub(2);
        let fan: usize = dims.iter().skip(1).product();
        let bound = 1.0 / (fan as f64).sqrt();
        Ok(Self {
            weight: uniform(path, "weight", dims, bound)?,
            bias: uniform(path, "bias", &[outputs], bound)?,
            kernel,
            stride,
            extra,
            rank,
        })
    }

    /// One number for each axis that the kernel runs over.
    fn each(&self, number: usize) -> Vec<i64> {
        vec![number as i64; self.rank]
    }

    /// The axis of the weights that outputs lie along.
    fn axis(&self) -> i64 {
        i64::from(self.extra.is_some())
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        self.convolve(x, &self.weight, &self.bias)
    }

    /// The same with rounded weights, of an input with these steps.
    pub(crate) fn forward_int8(&self, x: &Tensor, input: Grid) -> Result<Tensor, NetError> {
        let rounded = Rounded::new(&self.weight, &self.bias, self.axis(), input)?;
        self.convolve(x, &rounded.weight, &rounded.bias)
    }

    fn convolve(&self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, NetError> {
        let extra = self.extra.clone().unwrap_or_else(|| self.each(0));
        Ok(x.f_convolution(
            weight,
            Some(bias),
            self.each(self.stride),
            self.each(self.kernel / 2),
            self.each(1),
            self.extra.is_some(),
            extra,
            1,
        )?)
    }

    pub(crate) fn export(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
    ) -> Result<String, NetError> {
        let weight = graph.store(&format!("{name}.weight"), &self.weight)?;
        let bias = graph.store(&format!("{name}.bias"), &self.bias)?;
        Ok(self.node(graph, name, [x, &weight, &bias]))
    }

    /// As [`Self::forward_int8`] computes.
    pub(crate) fn export_int8(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
        input: Grid,
    ) -> Result<String, NetError> {
        let rounded = Rounded::new(&self.weight, &self.bias, self.axis(), input)?;
        let [weight, bias] = rounded.store(graph, name, self.axis())?;
        Ok(self.node(graph, name, [x, &weight, &bias]))
    }

    fn node(&self, graph: &mut ExportGraph, name: &str, inputs: [&str; 3]) -> String {
        let mut attributes = vec![
            ints("kernel_shape", self.each(self.kernel)),
            ints("pads", self.each(self.kernel / 2).repeat(2)),
            ints("strides", self.each(self.stride)),
        ];
        let mut operator = "Conv";
        if let Some(extra) = &self.extra {
            operator = "ConvTranspose";
            attributes.push(ints("output_padding", extra.clone()));
        }
        graph.add(operator, name, &inputs, attributes)
    }
}
