//! An ensemble of trees as an operator of tract, which has none that is right: rows of features go in,
//! a number for each target comes out.
//!
//! Sums are made in the order of the trees, in f32, as onnxruntime makes them.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::*;

use crate::graph::{Aggregate, Forest, TreeNode};

/// Puts trees in the place of the nodes that are to give these values, of which tract knows nothing.
pub(super) fn plant(
    model: &mut InferenceModel,
    forests: &[(String, Arc<Forest>)],
) -> TractResult<()> {
    for (output, forest) in forests {
        let outlet = model.find_outlet_label(output).context("a value is missing")?;
        model.node_mut(outlet.node).op = expand(Trees(Arc::clone(forest)));
    }
    Ok(())
}

/// Trees that are shared by all plans of a model.
#[derive(Clone, Debug)]
struct Trees(Arc<Forest>);

impl PartialEq for Trees {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Trees {}

impl Expansion for Trees {
    fn name(&self) -> StaticName {
        "TreeEnsemble".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 1)?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[0].datum_type, f32::datum_type())?;
        s.equals(&outputs[0].datum_type, f32::datum_type())?;
        s.equals(&inputs[0].rank, 2)?;
        s.equals(&outputs[0].rank, 2)?;
        s.equals(&outputs[0].shape[0], &inputs[0].shape[0])?;
        s.equals(&outputs[0].shape[1], self.0.targets().to_dim())
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

impl Op for Trees {
    fn name(&self) -> StaticName {
        "TreeEnsemble".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Trees {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let rows = input.to_plain_array_view::<f32>()?;
        let &[count, features] = rows.shape() else {
            bail!("it needs rows of features");
        };
        ensure!(features >= self.0.features().max(1), "it needs more features");
        let rows = rows.as_slice().context("its input does not lie in order")?;
        let targets = self.0.targets();
        let mut out = vec![0f32; count * targets];
        let mut reached = vec![0u32; targets];
        for (row, out) in rows.chunks_exact(features).zip(out.chunks_exact_mut(targets)) {
            answer(&self.0, row, out, &mut reached);
        }
        Ok(tvec!(Tensor::from_shape(&[count, targets], &out)?.into_tvalue()))
    }
}

impl TypedOp for Trees {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let input = inputs.first().context("it has no input")?;
        let rows = input.shape.iter().next().context("its input has no axis")?;
        Ok(tvec!(f32::fact([rows.clone(), self.0.targets().to_dim()])))
    }

    as_op!();
}

/// What all trees say of a row. `out` holds zeros; `reached` is scratch.
fn answer(forest: &Forest, row: &[f32], out: &mut [f32], reached: &mut [u32]) {
    reached.fill(0);
    for &root in forest.roots() {
        for &(target, weight) in leaf(forest, root, row) {
            let at = target as usize;
            let (Some(sum), Some(reached)) = (out.get_mut(at), reached.get_mut(at)) else {
                continue;
            };
            *sum = match (forest.aggregate(), *reached) {
                (Aggregate::Sum | Aggregate::Average, _) => *sum + weight,
                (_, 0) => weight,
                (Aggregate::Min, _) => sum.min(weight),
                (Aggregate::Max, _) => sum.max(weight),
            };
            *reached += 1;
        }
    }
    if forest.aggregate() == Aggregate::Average {
        let trees = forest.roots().len() as f32;
        out.iter_mut().for_each(|sum| *sum /= trees);
    }
    out.iter_mut().zip(forest.base()).for_each(|(sum, base)| *sum += base);
}

/// The weights of the leaf that a row comes to.
fn leaf<'a>(forest: &'a Forest, root: u32, row: &[f32]) -> &'a [(u32, f32)] {
    let mut at = root;
    loop {
        match forest.nodes().get(at as usize) {
            Some(&TreeNode::Branch { feature, rule, value, missing_is_true, yes, no }) => {
                let feature = row.get(feature as usize).copied().unwrap_or(f32::NAN);
                let holds = rule.holds(feature, value) || missing_is_true && feature.is_nan();
                at = if holds { yes } else { no };
            }
            Some(&TreeNode::Leaf { from, to }) => {
                return forest.weights().get(from as usize..to as usize).unwrap_or_default();
            }
            None => return &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Rule, Trees as Parts};

    fn forest(aggregate: Aggregate, base: Vec<f32>) -> Forest {
        let branch = |feature, rule, yes, no| TreeNode::Branch {
            feature,
            rule,
            value: 1.0,
            missing_is_true: feature == 0,
            yes,
            no,
        };
        let leaf = |from, to| TreeNode::Leaf { from, to };
        Forest::new(Parts {
            roots: vec![0, 3],
            nodes: vec![
                branch(0, Rule::AtMost, 1, 2),
                leaf(0, 1),
                leaf(1, 2),
                branch(1, Rule::AtLeast, 4, 5),
                leaf(2, 4),
                leaf(4, 4),
            ],
            weights: vec![(0, 1.0), (0, 2.0), (0, 10.0), (1, -4.0)],
            targets: 2,
            aggregate,
            base,
        })
        .unwrap()
    }

    fn answers(forest: &Forest, row: [f32; 2]) -> [f32; 2] {
        let mut out = [0.0; 2];
        answer(forest, &row, &mut out, &mut [0; 2]);
        out
    }

    #[test]
    fn each_tree_gives_the_weights_of_the_leaf_that_a_row_comes_to() {
        let sum = forest(Aggregate::Sum, Vec::new());
        assert_eq!(answers(&sum, [1.0, 0.0]), [1.0, 0.0]);
        assert_eq!(answers(&sum, [1.5, 1.0]), [12.0, -4.0]);
        // What is no number goes where the branch says.
        assert_eq!(answers(&sum, [f32::NAN, f32::NAN]), [1.0, 0.0]);
        assert_eq!(answers(&forest(Aggregate::Average, vec![1.0, 2.0]), [1.5, 1.0]), [7.0, 0.0]);
        assert_eq!(answers(&forest(Aggregate::Max, Vec::new()), [1.0, 1.0]), [10.0, -4.0]);
        assert_eq!(answers(&forest(Aggregate::Min, vec![0.5, 0.5]), [1.0, 1.0]), [1.5, -3.5]);
    }
}
