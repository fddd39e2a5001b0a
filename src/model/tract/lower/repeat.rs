//! Repeats by Tile and Expand, said in a way that tract can optimise.
//!
//! A decoder that repeats its latent over time with Tile or Expand makes tract's optimiser
//! contradict itself in the recurrent layer behind it. A Gather that takes the same index again and
//! again computes the same and goes through.

use crate::graph::{ModelError, Op, Part, Unary};

/// Says a Tile or Expand to these axes as Gathers.
pub(super) fn gather(part: &mut Part<'_, '_>, to: &[usize]) -> Result<(), ModelError> {
    let source = part.input(0)?;
    let mut value = source.to_owned();
    let from = part.dims(source)?;
    // Expand may also put axes in front.
    let mut dims = vec![1; to.len().saturating_sub(from.len())];
    dims.extend_from_slice(&from);
    if dims.len() != from.len() {
        value = part.reshape(&value, &dims)?;
    }
    for (axis, (&length, &wanted)) in dims.iter().zip(to).enumerate() {
        if length != wanted {
            let again: Vec<i64> = (0..wanted).map(|i| (i % length.max(1)) as i64).collect();
            let again = part.integers(&again);
            value = part.add(Op::Gather { axis: axis as i64 }, &[&value, &again])?;
        }
    }
    if value == source {
        value = part.add(Op::Unary(Unary::Identity), &[source])?;
    }
    part.give(0, value);
    Ok(())
}
