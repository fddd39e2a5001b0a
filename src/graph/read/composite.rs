//! From what a node says to its [`Composite`]: operators that others make up.
//!
//! The defaults are those of the specification of each operator.

use super::attributes::Said;
use crate::graph::error::ModelError;
use crate::graph::op::Composite;

/// What a parsing function gives.
type Parsed = Result<Composite, ModelError>;

pub(super) fn group_normalization(said: &mut Said<'_>) -> Parsed {
    let groups = said.int("num_groups")?;
    Ok(Composite::GroupNormalization {
        epsilon: said.float_or("epsilon", 1e-5)?,
        groups: groups.ok_or_else(|| said.bad("attribute `num_groups` is missing"))?,
    })
}
