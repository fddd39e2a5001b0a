//! A recurrent layer in the store: five values are taken out, the first states are read.

use super::fail::ProgramError;
use super::layer::Layer;
use super::step::Step;
use super::store::{Store, Taken};
use super::value::ValueId;
use super::windows::{from_mut, upto, upto_mut};
use crate::recurrent::Run;

/// Runs a recurrent step over `n` windows; `products` are taken out already.
pub(super) fn run(
    step: &Step,
    store: &mut Store<'_, '_>,
    products: &mut Taken<'_>,
    rest: &[ValueId],
    n: usize,
) -> Result<(), ProgramError> {
    let &[y_id, h_id, c_id, scratch_id] = rest else {
        return Err(ProgramError::Inside("a recurrent layer writes five values"));
    };
    let (mut y, mut h) = (store.take(y_id)?, store.take(h_id)?);
    let (mut c, mut scratch) = (store.take(c_id)?, store.take(scratch_id)?);
    let slices = [products.f32s(), y.f32s(), h.f32s(), c.f32s(), scratch.f32s()];
    let ran = layer(step, store, slices, n);
    store.put(y_id, y);
    store.put(h_id, h);
    store.put(c_id, c);
    store.put(scratch_id, scratch);
    ran
}

fn layer(
    step: &Step,
    store: &Store<'_, '_>,
    [products, y, h, c, scratch]: [&mut [f32]; 5],
    n: usize,
) -> Result<(), ProgramError> {
    let &Layer::Recurrent { ref recurrent, steps, y_at, y_step, first_h, first_c } = &step.layer
    else {
        return Err(ProgramError::Inside("a layer is not recurrent"));
    };
    let mut reads = step.reads.iter();
    let mut first = |given: bool| -> Result<Option<&[f32]>, ProgramError> {
        let Some(id) = given.then(|| reads.next().copied()).flatten() else { return Ok(None) };
        let windows = if store.stride(id)? == 0 { 1 } else { n };
        Ok(Some(upto(store.f32s(id)?, windows * recurrent.hidden())))
    };
    let (first_h, first_c) = (first(first_h)?, first(first_c)?);
    let states = n * recurrent.hidden();
    let cells = if recurrent.has_cell() { states } else { 0 };
    let run = Run {
        products: upto_mut(products, n * steps * recurrent.gates()),
        first_h,
        first_c,
        y: Some(from_mut(y, y_at)),
        y_step,
        last_h: upto_mut(h, states),
        last_c: upto_mut(c, cells),
        scratch,
    };
    recurrent.run(n, steps, run).map_err(|error| ProgramError::Kernel(step.name.clone(), error))
}
