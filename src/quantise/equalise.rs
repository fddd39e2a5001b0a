//! Cross-layer equalisation: two layers with a Relu between them go in, and come out computing the same,
//! with channels between them of like ranges.
//!
//! M. Nagel, M. van Baalen, T. Blankevoort, M. Welling, "Data-Free Quantization Through Weight Equalization
//! and Bias Correction", ICCV 2019: Relu scales with its input, so what is taken out of an output of the
//! first layer can be put into the weights of the second; `s = sqrt(r1 / r2)` makes both ranges
//! `sqrt(r1 r2)`. There `r1` is the range of the first layer's weights. These have a scale an output here,
//! so that their range costs nothing; what shares one scale is the channels between, and `r1` is theirs.

use crate::graph::quantise::LinearLayer;

/// A channel is not made more than so many times larger or smaller at once.
const MOST: f32 = 1e3;

/// The factor of each channel between two layers: `between` are the largest numbers that channels take,
/// `weights` the largest weights that read them. One without either stays as it is.
pub(super) fn factors(between: &[f32], weights: &[f32]) -> Vec<f32> {
    let each = between.iter().zip(weights);
    each.map(|(&r1, &r2)| match r1 > 0.0 && r2 > 0.0 && (r1 / r2).is_finite() {
        true => (r1 / r2).sqrt().clamp(1.0 / MOST, MOST),
        false => 1.0,
    })
    .collect()
}

/// The largest weight that reads each input channel.
pub(super) fn largest_by_input(layer: &LinearLayer) -> Vec<f32> {
    let mut largest = vec![0.0f32; layer.inputs()];
    for (at, weight) in layer.weights.iter().enumerate() {
        if let Some(most) = largest.get_mut(layer.along(layer.in_axis, at)) {
            *most = most.max(weight.abs());
        }
    }
    largest
}

/// Divides the outputs of the first layer by these factors, and multiplies the inputs of the second.
pub(super) fn rescale(first: &mut LinearLayer, second: &mut LinearLayer, factors: &[f32]) {
    let factor = |at: usize| factors.get(at).copied().unwrap_or(1.0);
    let axis = first.out_axis;
    let places: Vec<usize> = (0..first.weights.len()).map(|at| first.along(axis, at)).collect();
    for (weight, place) in first.weights.iter_mut().zip(places) {
        *weight /= factor(place);
    }
    for (place, bias) in first.bias.iter_mut().flatten().enumerate() {
        *bias /= factor(place);
    }
    let axis = second.in_axis;
    let places: Vec<usize> = (0..second.weights.len()).map(|at| second.along(axis, at)).collect();
    for (weight, place) in second.weights.iter_mut().zip(places) {
        *weight *= factor(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::quantise::LayerKind;
    use proptest::prelude::*;

    fn layer(out_axis: usize, dims: [usize; 2], weights: Vec<f32>) -> LinearLayer {
        LinearLayer {
            name: "layer".into(),
            kind: LayerKind::Gemm,
            node: 0,
            bias: Some((0..dims[out_axis]).map(|at| at as f32 * 0.1 - 0.2).collect()),
            dims: dims.to_vec(),
            weights,
            out_axis,
            in_axis: 1 - out_axis,
            groups: 1,
            input: String::new(),
            root: String::new(),
            output: String::new(),
            inner: false,
        }
    }

    /// What a layer gives.
    fn run(layer: &LinearLayer, input: &[f32]) -> Vec<f32> {
        let mut out = layer.bias.clone().unwrap();
        for (at, weight) in layer.weights.iter().enumerate() {
            out[layer.along(layer.out_axis, at)] += weight * input[layer.along(layer.in_axis, at)];
        }
        out
    }

    fn both(first: &LinearLayer, second: &LinearLayer, input: &[f32]) -> Vec<f32> {
        let between: Vec<f32> = run(first, input).into_iter().map(|x| x.max(0.0)).collect();
        run(second, &between)
    }

    proptest! {
        #[test]
        fn the_function_stays_the_same(
            weights in prop::collection::vec(-2.0f32..2.0, 24),
            input in prop::collection::vec(-3.0f32..3.0, 3),
            between in prop::collection::vec(0.0f32..50.0, 4),
        ) {
            // The first with its outputs along the last axis, the second along the first.
            let mut first = layer(1, [3, 4], weights[..12].to_vec());
            let mut second = layer(0, [3, 4], weights[12..].to_vec());
            let wanted = both(&first, &second, &input);
            let factors = factors(&between, &largest_by_input(&second));
            rescale(&mut first, &mut second, &factors);
            let largest = wanted.iter().fold(1.0f32, |most, x| most.max(x.abs()));
            for (found, wanted) in both(&first, &second, &input).iter().zip(&wanted) {
                prop_assert!((found - wanted).abs() <= 1e-5 * largest, "{found} {wanted}");
            }
        }
    }

    #[test]
    fn both_ranges_become_their_geometric_mean() {
        let mut first = layer(1, [1, 2], vec![8.0, 1.0]);
        let mut second = layer(1, [2, 1], vec![0.5, 1.0]);
        let factors = factors(&[8.0, 1.0], &largest_by_input(&second));
        assert_eq!(factors, [4.0, 1.0]);
        rescale(&mut first, &mut second, &factors);
        assert_eq!(
            (first.weights.as_slice(), second.weights.as_slice()),
            (&[2.0, 1.0][..], &[2.0, 1.0][..])
        );
    }

    #[test]
    fn a_channel_that_is_never_used_stays() {
        assert_eq!(factors(&[0.0, 2.0, f32::MAX], &[1.0, 0.0, 1e-30]), [1.0, 1.0, 1.0]);
    }
}
