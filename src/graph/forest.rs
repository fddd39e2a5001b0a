//! Shape and work of an ensemble of trees.

use super::at::{At, Told};
use super::fact::Fact;
use super::op::Forest;
use super::tensor::ElementType;

/// `[N, features]` becomes `[N, targets]`. A step through a tree counts as a multiply-add.
pub(crate) fn forest(at: &At<'_>, forest: &Forest) -> Told {
    let input = at.input(0)?;
    let &[rows, features] = input.dims.as_slice() else {
        return Err(at.bad(format!("it needs rows of features, its input is {:?}", input.dims)));
    };
    if features < forest.features() {
        return Err(at.bad(format!(
            "its trees ask for feature {}, but there are {features}",
            forest.features() - 1
        )));
    }
    if input.element.is_some_and(|element| element != ElementType::F32) {
        return Err(at.unsupported("its input must hold f32"));
    }
    let dims = at.shape(vec![rows, forest.targets()])?;
    Ok((vec![Fact::of(dims)], forest.steps().saturating_mul(rows as u64)))
}
