//! How a step runs over windows of which some have a part from an earlier one: all of those that have none, the
//! new part of the others, and then the rest is copied.

use super::fail::ProgramError;
use super::overlap::{self, Chain, Parts, StepPlan};
use super::run::{Io, run};
use super::step::Step;
use super::store::Store;
use super::value::Element;

/// Runs a step over the windows of a go, of which some have a part from an earlier one. Gives the rows times
/// weights that were computed.
pub(super) fn run_after(
    step: &Step,
    plan: &StepPlan,
    store: &mut Store<'_, '_>,
    (chain, n): (&Chain, usize),
) -> Result<usize, ProgramError> {
    let mut rows = 0;
    for (windows, part) in chain.runs(plan.back) {
        store.first = windows.start;
        let ran = match part {
            true => run_parts(step, &plan.parts, store, windows.len()),
            false => run(step, store, windows.len()),
        };
        store.first = 0;
        ran?;
        rows += windows.len() * if part { plan.parts.rows() } else { step.rows() };
    }
    take_over(step, plan, store, chain, n)?;
    Ok(rows)
}

/// Runs a part of a step over windows that have the rest from an earlier one.
fn run_parts(
    step: &Step,
    parts: &Parts,
    store: &mut Store<'_, '_>,
    n: usize,
) -> Result<(), ProgramError> {
    let &[id] = step.writes.as_slice() else { return run(step, store, n) };
    let mut y = store.take(id)?;
    let ran = Io::of(step, store, id, n).and_then(|io| match parts {
        Parts::Whole => io.run(&step.layer, &mut y),
        Parts::Layers(layers) => layers.iter().try_for_each(|layer| io.run(layer, &mut y)),
        Parts::Rows(sweeps) => sweeps.iter().try_for_each(|sweep| {
            io.linear(&step.layer, sweep, &mut y).map_err(|fault| io.error(fault))
        }),
    });
    store.put(id, y);
    ran
}

/// Brings windows what they have from an earlier one.
fn take_over(
    step: &Step,
    plan: &StepPlan,
    store: &mut Store<'_, '_>,
    chain: &Chain,
    n: usize,
) -> Result<(), ProgramError> {
    let (Some(copy), &[id]) = (&plan.copy, step.writes.as_slice()) else { return Ok(()) };
    let (stride, element) = (store.stride(id)?, store.value(id)?.element);
    let mut y = store.take(id)?;
    let (from, windows) = ((chain, plan.back), 0..n);
    match element {
        Element::F32 => overlap::take_over(y.f32s(), stride, copy, from, windows),
        Element::U8 => overlap::take_over(y.bytes(), stride, copy, from, windows),
    }
    store.put(id, y);
    Ok(())
}
