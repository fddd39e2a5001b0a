//! Recurrent layers, of which tract runs those that read forward with the usual activations.
//!
//! One that reads backwards gets its sequence turned round, one with other activations is said step by
//! step. What tract would run wrongly without a word is refused: coupled gates, the batch-first layout,
//! windows of unequal length.

use super::unroll::unroll;
use crate::graph::{Direction, ModelError, Op, Part, RecurrentAttributes, RecurrentCell};

/// Says a recurrent layer as tract runs it.
pub(super) fn lower(part: &mut Part<'_, '_>, said: &RecurrentAttributes) -> Result<(), ModelError> {
    check(part, said)?;
    let x = part.input(0)?;
    let dims = part.dims(x)?;
    let steps = dims.first().copied().unwrap_or(0);
    if let Some(lengths) = part.optional(4) {
        let full = part.known(lengths).is_some_and(|all| all.iter().all(|&n| n == steps as f64));
        if !full {
            return Err(part.unsupported(
                "its sequence lengths are not those of full windows; export without them",
            ));
        }
    }
    if !has_usual_activations(said) {
        return unroll(part, said);
    }
    let reverse = said.direction == Direction::Reverse;
    let backwards: Vec<i64> = (0..steps as i64).rev().collect();
    let turned = if reverse {
        let backwards = part.integers(&backwards);
        part.add(Op::Gather { axis: 0 }, &[x, &backwards])?
    } else {
        x.to_owned()
    };
    let direction = if reverse { Direction::Forward } else { said.direction };
    let op = Op::Recurrent(RecurrentAttributes { direction, ..said.clone() });
    let mut inputs = vec![turned.as_str()];
    inputs.extend((1..7).map(|index| part.or_none(index)));
    if let Some(lengths) = inputs.get_mut(4) {
        *lengths = "";
    }
    let asked = (0..3).map(|index| part.output(index).is_some()).collect();
    let mut outputs = part.add_some(op, &inputs, asked)?.into_iter();
    if let Some(Some(sequence)) = outputs.next() {
        let sequence = if reverse {
            let backwards = part.integers(&backwards);
            part.add(Op::Gather { axis: 0 }, &[&sequence, &backwards])?
        } else {
            sequence
        };
        part.give(0, sequence);
    }
    for (index, state) in outputs.enumerate() {
        if let Some(state) = state {
            part.give(index + 1, state);
        }
    }
    Ok(())
}

fn check(part: &Part<'_, '_>, said: &RecurrentAttributes) -> Result<(), ModelError> {
    let refused = |what: &str| Err(part.unsupported(what));
    if said.batch_first {
        return refused("layout 1 (batch first) is not supported; export with layout 0");
    }
    if said.cell == (RecurrentCell::Lstm { input_forget: true }) {
        return refused("coupled input and forget gates are not supported");
    }
    Ok(())
}

fn has_usual_activations(said: &RecurrentAttributes) -> bool {
    let usual = said.cell.usual_activations();
    let Some(said) = &said.activations else { return true };
    !said.is_empty()
        && said.iter().zip(usual.iter().cycle()).all(|(a, b)| a.eq_ignore_ascii_case(b))
}
