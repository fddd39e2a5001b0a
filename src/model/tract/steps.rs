//! The steps of a quantisation as an operator of tract: one pass over f32 values.

use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::element_wise;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_hir::internal::InferenceOp;
use tract_onnx::tract_hir::ops::element_wise::ElementWiseIntoHir;

use crate::graph::{QuantisedSteps, QuantisedWay};

/// Adding and taking it away rounds an f32 below 2^22 to the nearest integer, half to even, as the
/// processor does, and in a way that compilers turn into vector instructions.
const ROUND: f32 = 12_582_912.0;

/// Makes the operator known by the name that [`crate::graph::Op`] writes it under.
pub(super) fn register(register: &mut OnnxOpRegister) {
    register.insert("QuantisedSteps", build);
}

fn build(
    _: &ParsingContext<'_>,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let way = match node.get_attr::<i64>("way")? {
        way if way == QuantisedWay::Quantise as i64 => QuantisedWay::Quantise,
        way if way == QuantisedWay::Dequantise as i64 => QuantisedWay::Dequantise,
        _ => QuantisedWay::Both,
    };
    let said = QuantisedSteps {
        scale: node.get_attr("scale")?,
        zero_point: node.get_attr("zero_point")?,
        lowest: node.get_attr("lowest")?,
        highest: node.get_attr("highest")?,
        way,
    };
    Ok((steps(said).into_hir(), vec![]))
}

element_wise!(steps, Steps { said: QuantisedSteps },
    [f32] => |op, values| {
        run(&op.said, values);
        Ok(())
    }
);

fn run(said: &QuantisedSteps, values: &mut [f32]) {
    let &QuantisedSteps { scale, zero_point, lowest, highest, way } = said;
    // Zero points are whole, so saturating before rounding gives the same as after it.
    let (least, most) = (lowest - zero_point, highest - zero_point);
    let step = |value: f32| ((value / scale).max(least).min(most) + ROUND) - ROUND;
    match way {
        QuantisedWay::Quantise => {
            values.iter_mut().for_each(|v| *v = keep(*v, step(*v) + zero_point))
        }
        QuantisedWay::Dequantise => values.iter_mut().for_each(|v| *v = (*v - zero_point) * scale),
        QuantisedWay::Both => values.iter_mut().for_each(|v| *v = keep(*v, step(*v) * scale)),
    }
}

/// What is not a number stays so: it must not come out as a value that looks sound.
fn keep(before: f32, after: f32) -> f32 {
    if before.is_nan() { before } else { after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(way: QuantisedWay, values: &[f32]) -> Vec<f32> {
        let mut values = values.to_vec();
        let said =
            QuantisedSteps { scale: 0.5, zero_point: 3.0, lowest: -128.0, highest: 127.0, way };
        run(&said, &mut values);
        values
    }

    #[test]
    fn halves_go_to_even_and_ends_saturate() {
        let values = [0.25, 0.75, -0.25, 1.25, 1e9, -1e9, 62.0, -65.5];
        let quantised = ran(QuantisedWay::Quantise, &values);
        assert_eq!(quantised, [3.0, 5.0, 3.0, 5.0, 127.0, -128.0, 127.0, -128.0]);
        let back = ran(QuantisedWay::Dequantise, &quantised);
        assert_eq!(back, ran(QuantisedWay::Both, &values));
        assert_eq!(back, [0.0, 1.0, 0.0, 1.0, 62.0, -65.5, 62.0, -65.5]);
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        for way in [QuantisedWay::Quantise, QuantisedWay::Both] {
            assert!(ran(way, &[f32::NAN])[0].is_nan());
        }
    }
}
