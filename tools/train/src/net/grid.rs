//! The 256 steps that an activation is rounded to: what it ranges over goes in, a scale and a zero point
//! come out, for libtorch and for ONNX.
//!
//! A number is `(q - zero) * scale` with `q` from 0 to 255 (Jacob et al. 2018, CVPR,
//! doi:10.1109/CVPR.2018.00286, equation 1). Zero is one of the steps, so that padding is exact.

use tch::{TchError, Tensor};

use super::graph::ExportGraph;

/// The largest step.
const MOST: i64 = 255;
/// Smaller scales than this are those of something that is always zero.
const LEAST_SCALE: f32 = 1e-6;
/// The weight of a batch in a range that moves.
const PACE: f64 = 0.1;

/// The range of an activation over batches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range(Option<(f64, f64)>);

impl Range {
    /// Moves towards the smallest and the largest value of a batch; where it must not, it only widens.
    pub(super) fn see(&mut self, x: &Tensor, moves: bool) -> Result<(), TchError> {
        let (low, high) = x.f_aminmax(None::<i64>, false)?;
        let (low, high) = (low.f_double_value(&[])?, high.f_double_value(&[])?);
        self.0 = Some(match self.0 {
            None => (low, high),
            Some(seen) if moves => {
                (seen.0 + PACE * (low - seen.0), seen.1 + PACE * (high - seen.1))
            }
            Some(seen) => (seen.0.min(low), seen.1.max(high)),
        });
        Ok(())
    }

    /// The steps that cover the range, and zero.
    pub(super) fn grid(self) -> Grid {
        let (low, high) = self.0.unwrap_or_default();
        let (low, high) = (low.min(0.0), high.max(0.0));
        let scale = (((high - low) / MOST as f64) as f32).max(LEAST_SCALE);
        let zero = (-low / f64::from(scale)).round().clamp(0.0, MOST as f64) as u8;
        Grid { scale, zero }
    }
}

/// Steps of one activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    pub(super) scale: f32,
    pub(super) zero: u8,
}

impl Grid {
    /// Rounds to the steps; gradients pass where nothing is cut off (Bengio et al. 2013,
    /// arXiv:1308.3432).
    pub(super) fn round(self, x: &Tensor) -> Result<Tensor, TchError> {
        x.f_fake_quantize_per_tensor_affine(self.scale.into(), self.zero.into(), 0, MOST)
    }

    /// Adds the nodes that round `x`; gives the rounded value.
    pub(super) fn export(self, graph: &mut ExportGraph, name: &str, x: &str) -> String {
        let scale = graph.store_floats(&format!("{name}.scale"), &[], &[self.scale]);
        let zero = graph.store_uint8(&format!("{name}.zero"), self.zero);
        let steps = format!("{name}.steps");
        let steps = graph.add("QuantizeLinear", &steps, &[x, &scale, &zero], vec![]);
        graph.add("DequantizeLinear", name, &[&steps, &scale, &zero], vec![])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(batches: &[&[f32]], moves: bool) -> Range {
        let mut range = Range::default();
        for batch in batches {
            range.see(&Tensor::from_slice(batch), moves).unwrap();
        }
        range
    }

    #[test]
    fn zero_is_a_step_and_the_range_is_covered() {
        for (low, high) in [(-1.0_f32, 3.0), (0.5, 2.0), (-4.0, -1.0), (0.0, 0.0)] {
            let grid = seen(&[&[low, high]], false).grid();
            assert!(grid.scale > 0.0);
            let rounded = grid.round(&Tensor::from_slice(&[0.0, low, high])).unwrap();
            let rounded = Vec::<f32>::try_from(&rounded).unwrap();
            assert_eq!(rounded[0], 0.0);
            assert!((rounded[1] - low).abs() <= grid.scale, "{low}: {rounded:?}");
            assert!((rounded[2] - high).abs() <= grid.scale, "{high}: {rounded:?}");
        }
    }

    #[test]
    fn a_range_widens_or_moves() {
        let batches: [&[f32]; 2] = [&[0.0, 1.0], &[-1.0, 11.0]];
        assert_eq!(seen(&batches, false).0, Some((-1.0, 11.0)));
        assert_eq!(seen(&batches, true).0, Some((-0.1, 2.0)));
    }
}
