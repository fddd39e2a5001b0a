//! A layer and the scale of its input go in; its weights in steps of 8 bits come out, with a scale an
//! output.
//!
//! Symmetric: `w ≈ scale * q`, q from -127 to 127. A bias is a whole number of steps of the product of both
//! scales, so that it can be added to the sum of products as it is.

use crate::graph::quantise::{LayerSteps, LinearLayer};

/// Largest number of a weight: -128 is left out, so that the steps are the same on both sides.
const LARGEST: f32 = 127.0;
/// A bias that has more steps than this leaves the sums of products no room.
const MOST_BIAS: f64 = (1u32 << 30) as f64;
/// Steps of a bias where all weights are zero: as fine as f32 has them.
const FINE: f64 = (1u32 << 24) as f64;

/// The layer in steps.
pub(super) fn layer_steps(layer: &LinearLayer, input_scale: f32) -> LayerSteps {
    let mut largest = vec![0.0f32; layer.outputs()];
    for (at, weight) in layer.weights.iter().enumerate() {
        if let Some(most) = largest.get_mut(layer.along(layer.out_axis, at)) {
            *most = most.max(weight.abs());
        }
    }
    let mut scales: Vec<f32> = largest.iter().map(|most| most / LARGEST).collect();
    let outputs = scales.len().max(1);
    for (at, scale) in scales.iter_mut().enumerate() {
        // Of a transposed convolution in groups several biases share a scale.
        let biases = layer.bias.iter().flatten().skip(at).step_by(outputs);
        let bias = f64::from(biases.fold(0.0f32, |most, bias| most.max(bias.abs())));
        let steps = if scale.is_normal() { MOST_BIAS } else { FINE };
        let least = (bias / (f64::from(input_scale) * steps)) as f32;
        *scale = scale.max(least);
        if !scale.is_normal() {
            *scale = 1.0;
        }
    }
    let scale = |at: usize| scales.get(at).copied().unwrap_or(1.0);
    let weights = layer.weights.iter().enumerate().map(|(at, weight)| {
        let step = weight / scale(layer.along(layer.out_axis, at));
        step.round_ties_even().clamp(-LARGEST, LARGEST) as i8
    });
    let weights = weights.collect();
    let bias = layer.bias.as_ref().map(|bias| {
        let each = bias.iter().enumerate().map(|(at, &bias)| {
            let scale = input_scale * scale(at % outputs);
            ((f64::from(bias) / f64::from(scale)).round_ties_even() as i32, scale)
        });
        each.collect()
    });
    LayerSteps { weights, scales, bias }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::quantise::LayerKind;

    fn layer(dims: [usize; 2], weights: &[f32], bias: &[f32]) -> LinearLayer {
        LinearLayer {
            name: "layer".into(),
            kind: LayerKind::Gemm,
            node: 0,
            dims: dims.to_vec(),
            weights: weights.to_vec(),
            out_axis: 1,
            in_axis: 0,
            groups: 1,
            bias: Some(bias.to_vec()),
            input: String::new(),
            root: String::new(),
            output: String::new(),
            inner: false,
        }
    }

    #[test]
    fn each_output_has_its_own_scale() {
        let steps = layer_steps(&layer([2, 2], &[1.27, 100.0, -0.635, -127.0], &[0.5, -3.0]), 0.1);
        assert_eq!(
            steps.weights,
            [127, 100, -64, -127],
            "half of a step is rounded to the even one"
        );
        assert!((steps.scales[0] - 0.01).abs() < 1e-7 && steps.scales[1] == 1.0);
        let bias = steps.bias.unwrap();
        assert_eq!((bias[0].0, bias[1].0), (500, -30));
        assert_eq!(bias[1].1, 0.1);
    }

    #[test]
    fn a_bias_keeps_its_value_whatever_the_weights() {
        for weights in [[0.0, 0.0], [1e-30, 1e-12], [1.0, 2.0]] {
            let steps = layer_steps(&layer([1, 2], &weights, &[0.75, -1e6]), 0.003);
            for ((number, scale), wanted) in steps.bias.unwrap().into_iter().zip([0.75, -1e6]) {
                let value = f64::from(number) * f64::from(scale);
                let step = f64::from(scale) / 2.0;
                assert!(
                    (value - wanted).abs() <= step.max(1e-6 * wanted.abs()),
                    "{value} {wanted}"
                );
                assert!(number.unsigned_abs() <= 1 << 30);
            }
        }
    }

    #[test]
    fn no_weight_is_off_by_more_than_half_a_step() {
        let weights: Vec<f32> = (0..600).map(|n| ((n * n) as f32 * 0.37).sin() * 3.0).collect();
        let layer = layer([100, 6], &weights, &[0.0; 6]);
        let steps = layer_steps(&layer, 1.0);
        for (at, (weight, step)) in weights.iter().zip(&steps.weights).enumerate() {
            let scale = steps.scales[at % 6];
            assert!((weight - f32::from(*step) * scale).abs() <= 0.5001 * scale);
        }
    }
}
