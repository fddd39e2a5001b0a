//! DynamicQuantizeLinear as an operator of tract that carries what it gives in f32.
//!
//! tract's own gives 8-bit numbers, and everything that is put together of its operators divides by
//! a reciprocal, which rounds otherwise than ONNX says.

use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_hir::internal::{
    Expansion, InferenceOp, InferenceResult, Solver, TensorProxy, expand,
};

/// Takes the place of tract's own operator.
pub(super) fn register(register: &mut OnnxOpRegister) {
    register.insert("DynamicQuantizeLinear", build);
}

fn build(
    _: &ParsingContext<'_>,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    Ok((expand(DynamicQuantise { outputs: node.output.len() }), vec![]))
}

/// Gives the quantised numbers, then scale and zero point, of which only the first few are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DynamicQuantise {
    outputs: usize,
}

impl Expansion for DynamicQuantise {
    fn name(&self) -> StaticName {
        "DynamicQuantise".into()
    }

    fn nboutputs(&self) -> TractResult<usize> {
        Ok(self.outputs)
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        for (index, output) in outputs.iter().enumerate() {
            s.equals(&output.datum_type, f32::datum_type())?;
            if index == 0 {
                s.equals(&output.shape, &inputs[0].shape)?;
            } else {
                s.equals(&output.rank, 0)?;
            }
        }
        Ok(())
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        model.wire_node(prefix, self.clone(), inputs)
    }
}

impl Op for DynamicQuantise {
    fn name(&self) -> StaticName {
        "DynamicQuantise".into()
    }

    op_as_typed_op!();
}

impl EvalOp for DynamicQuantise {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext<'_>, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut tensor = args_1!(inputs).into_tensor();
        let mut plain = tensor.try_as_plain_ram_mut()?;
        let (scale, zero) = run(plain.as_slice_mut::<f32>()?);
        let all = [tensor, tensor0(scale), tensor0(zero)];
        Ok(all.into_iter().take(self.outputs).map(IntoTValue::into_tvalue).collect())
    }
}

impl TypedOp for DynamicQuantise {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let single = f32::scalar_fact();
        let whole = inputs[0].without_value();
        Ok([whole, single.clone(), single].into_iter().take(self.outputs).collect())
    }

    as_op!();
}

/// Quantises in place (onnx.ai/onnx/operators, version 11): the range of all values and zero falls
/// into 255 steps. Gives scale and zero point.
fn run(values: &mut [f32]) -> (f32, f32) {
    let (mut lowest, mut highest) = (0.0f32, 0.0f32);
    for &value in values.iter() {
        lowest = lowest.min(value);
        highest = highest.max(value);
    }
    let range = (highest - lowest) / 255.0;
    // Nothing but zeros has no range: any scale will do.
    let scale = if range > 0.0 { range } else { 1.0 };
    let zero = (-lowest / scale).round_ties_even().clamp(0.0, 255.0);
    for value in values.iter_mut() {
        // What is not a number stays so: it must not come out as a value that looks sound.
        *value = ((*value / scale).round_ties_even() + zero).clamp(0.0, 255.0);
    }
    (scale, zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_come_out() {
        let mut values = [0.0, 2.0, -3.0, -2.5, 1.34, 0.5];
        assert_eq!(run(&mut values), (0.019_607_844, 153.0));
        assert_eq!(values, [153.0, 255.0, 0.0, 26.0, 221.0, 179.0]);
    }

    #[test]
    fn zeros_and_what_is_not_a_number_come_out_as_such() {
        let mut values = [0.0, f32::NAN];
        assert_eq!(run(&mut values), (1.0, 0.0));
        assert!(values[0] == 0.0 && values[1].is_nan());
    }
}
