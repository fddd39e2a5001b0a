//! Weights in 8 bits: those of a layer and the steps of its input go in; the same, rounded, come out, for
//! libtorch and for ONNX.
//!
//! A weight is `q * scale` with `q` from -127 to 127 and a scale for each output. A bias is in the steps
//! of the layer's sums, `scale * input scale`, in 32 bits.

use oddity::graph::write::int;
use tch::{Kind, TchError, Tensor};

use crate::net::error::NetError;
use crate::net::graph::{ExportGraph, values};
use crate::net::grid::Grid;

/// The largest step of a weight.
const MOST: i64 = 127;
/// The largest step of a bias: it leaves room for the products in a sum of 32 bits.
const MOST_BIAS: i64 = 1 << 29;
/// Smaller scales than this are those of an output whose weights are all zero.
const LEAST_SCALE: f64 = 1e-8;

/// Weights and bias of a layer, rounded.
pub(super) struct Rounded {
    /// As they are used: multiples of the scales.
    pub(super) weight: Tensor,
    /// The same of the bias, `[outputs]`.
    pub(super) bias: Tensor,
    /// `[outputs]`: of the weights, and of the bias.
    scales: (Tensor, Tensor),
}

impl Rounded {
    /// Of a layer whose outputs lie along `axis` of its weights, and whose input has these steps.
    pub(super) fn new(
        weight: &Tensor,
        bias: &Tensor,
        axis: i64,
        input: Grid,
    ) -> Result<Self, TchError> {
        let step = f64::from(input.scale);
        let others: Vec<i64> = (0..weight.dim() as i64).filter(|&other| other != axis).collect();
        let largest = weight.f_detach()?.f_abs()?.f_amax(others.as_slice(), false)?;
        let by_bias = bias.f_detach()?.f_abs()?.f_mul_scalar(1.0 / (step * MOST_BIAS as f64))?;
        let scale = largest.f_mul_scalar(1.0 / MOST as f64)?;
        let scale = scale.f_maximum(&by_bias)?.f_clamp_min(LEAST_SCALE)?;
        let sums = scale.f_mul_scalar(step)?;
        let zero = scale.f_zeros_like()?.f_to_kind(Kind::Int)?;
        let round = |x: &Tensor, scale: &Tensor, axis, most: i64| {
            x.f_fake_quantize_per_channel_affine(scale, &zero, axis, -most, most)
        };
        Ok(Self {
            weight: round(weight, &scale, axis, MOST)?,
            bias: round(bias, &sums, 0, 2 * MOST_BIAS)?,
            scales: (scale, sums),
        })
    }

    /// Stores both under the layer's name, outputs along `axis`, with the nodes that make them f32; gives
    /// the values that these make.
    pub(super) fn store(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        axis: i64,
    ) -> Result<[String; 2], NetError> {
        let (scale, sums) = &self.scales;
        let mut sides = vec![1; self.weight.dim()];
        if let Some(side) = usize::try_from(axis).ok().and_then(|axis| sides.get_mut(axis)) {
            *side = -1;
        }
        let weights = steps(&self.weight, &scale.f_view(sides.as_slice())?)?;
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let weights = weights.iter().map(|&step| step as i8).collect::<Vec<_>>();
        let stored = graph.store_int8s(&format!("{weight}.steps"), &self.weight.size(), &weights);
        let scales = graph.store(&format!("{weight}.scale"), scale)?;
        // onnxruntime runs a Gemm in int8 only where they are told.
        let zeros = vec![0; scale.numel()];
        let zeros = graph.store_int8s(&format!("{weight}.zero"), &scale.size(), &zeros);
        let along = |axis| vec![int("axis", axis)];
        let weight =
            graph.add("DequantizeLinear", &weight, &[&stored, &scales, &zeros], along(axis));
        let biases = steps(&self.bias, sums)?.iter().map(|&step| step as i32).collect::<Vec<_>>();
        let stored = graph.store_int32s(&format!("{bias}.steps"), &biases);
        let scales = graph.store(&format!("{bias}.scale"), sums)?;
        let bias = graph.add("DequantizeLinear", &bias, &[&stored, &scales], along(0));
        Ok([weight, bias])
    }

    /// The same with two axes of the weights swapped; outputs are then along the other.
    pub(super) fn transposed(self) -> Result<Self, TchError> {
        Ok(Self { weight: self.weight.f_tr()?, ..self })
    }
}

/// How many steps each number is, which is whole.
fn steps(rounded: &Tensor, scale: &Tensor) -> Result<Vec<f32>, NetError> {
    let steps = values(&rounded.f_div(scale)?.f_round()?)?;
    match steps.iter().all(|step| step.is_finite()) {
        true => Ok(steps),
        false => Err(NetError::Weights(
            "they are not numbers: the training diverged; use a lower learning rate".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_rounded_output_by_output_and_biases_to_their_sums() {
        let grid = Grid { scale: 0.5, zero: 3 };
        let weight = Tensor::from_slice(&[1.27_f32, -0.011, 0.0, 0.0]).view([2, 2]);
        let bias = Tensor::from_slice(&[0.017_f32, 3.0]);
        let rounded = Rounded::new(&weight, &bias, 0, grid).unwrap();
        let scales = values(&rounded.scales.0).unwrap();
        // The second has no weights; its bias must fit its steps.
        assert!((scales[0] - 0.01).abs() < 1e-7 && scales[1] > 0.0, "{scales:?}");
        let weights = values(&rounded.weight).unwrap();
        assert!((weights[1] + 0.01).abs() < 1e-7 && weights[2..] == [0.0; 2], "{weights:?}");
        let biases = values(&rounded.bias).unwrap();
        assert!((biases[0] - 0.015).abs() < 1e-6 && (biases[1] - 3.0).abs() < 1e-6, "{biases:?}");
        let largest = values(&rounded.bias.f_div(&rounded.scales.1).unwrap()).unwrap()[1];
        assert!(largest <= (1 << 29) as f32 * 1.0001, "{largest}");
    }

    #[test]
    fn gradients_pass_to_weights_and_bias() {
        let weight = Tensor::from_slice(&[1.0_f32, -0.3]).view([1, 2]).set_requires_grad(true);
        let bias = Tensor::from_slice(&[0.2_f32]).set_requires_grad(true);
        let rounded = Rounded::new(&weight, &bias, 0, Grid { scale: 0.1, zero: 0 }).unwrap();
        let sum = rounded.weight.sum(Kind::Float) + rounded.bias.sum(Kind::Float);
        let gradients = Tensor::run_backward(&[sum], &[&weight, &bias], false, false);
        assert_eq!(values(&gradients[0]).unwrap(), [1.0, 1.0]);
        assert_eq!(values(&gradients[1]).unwrap(), [1.0]);
    }
}
