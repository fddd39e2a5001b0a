//! How a step runs over the windows of a go.
//!
//! Dense layers take rows of all windows together; the others go window by window, or over all of them
//! as one where their elements follow each other.

use super::fail::ProgramError;
use super::layer::Layer;
use super::recurrent;
use super::step::Step;
use super::store::{Store, Taken};
use super::sweep::Sweep;
use super::value::{Element, ValueId};
use super::windows::{from, from_mut, over, runs, upto, upto_mut, windows};
use crate::error::KernelError;
use crate::tier::FloatTier;
use crate::{moves, quantise, zip};

/// Runs a step over `n` windows.
pub(super) fn run(step: &Step, store: &mut Store<'_, '_>, n: usize) -> Result<(), ProgramError> {
    let missing = ProgramError::Inside("a layer lacks what it writes");
    let (first, rest) = step.writes.split_first().ok_or(missing)?;
    let mut y = store.take(*first)?;
    let ran = match (&step.layer, rest) {
        (Layer::DynamicQuantise { tier, len }, &[scale, zero]) => {
            dynamic(step, store, &mut y, (scale, zero), (*tier, *len, n))
        }
        (Layer::Recurrent { .. }, rest) => recurrent::run(step, store, &mut y, rest, n),
        (_, []) => Io::of(step, store, *first, n).and_then(|io| io.run(&step.layer, &mut y)),
        _ => Err(ProgramError::Inside("a layer writes too much")),
    };
    store.put(*first, y);
    ran
}

/// What a layer with one output has to do with: the store to read from, windows, and how far apart
/// they are in what it writes.
pub(super) struct Io<'a, 's, 'o> {
    step: &'a Step,
    store: &'a Store<'s, 'o>,
    n: usize,
    to: usize,
    /// Whether it writes bytes.
    bytes: bool,
}

/// What a kernel says, or what the store lacks.
pub(super) type Ran = Result<(), Fault>;

pub(super) enum Fault {
    Kernel(KernelError),
    Program(ProgramError),
}

impl From<KernelError> for Fault {
    fn from(error: KernelError) -> Self {
        Fault::Kernel(error)
    }
}

impl From<ProgramError> for Fault {
    fn from(error: ProgramError) -> Self {
        Fault::Program(error)
    }
}

impl<'a, 's, 'o> Io<'a, 's, 'o> {
    pub(super) fn of(
        step: &'a Step,
        store: &'a Store<'s, 'o>,
        id: ValueId,
        n: usize,
    ) -> Result<Self, ProgramError> {
        let (to, bytes) = (store.stride(id)?, store.value(id)?.element == Element::U8);
        Ok(Io { step, store, n, to, bytes })
    }

    fn id(&self, index: usize) -> Result<ValueId, ProgramError> {
        let id = self.step.reads.get(index).copied();
        id.ok_or(ProgramError::Inside("a layer lacks what it reads"))
    }

    /// An input, and how far apart its windows are.
    fn f32s(&self, index: usize) -> Result<(&'a [f32], usize), ProgramError> {
        let id = self.id(index)?;
        Ok((self.store.f32s(id)?, self.store.stride(id)?))
    }

    fn u8s(&self, index: usize) -> Result<(&'a [u8], usize), ProgramError> {
        let id = self.id(index)?;
        Ok((self.store.bytes(id)?, self.store.stride(id)?))
    }

    pub(super) fn run(&self, layer: &Layer, y: &mut Taken<'_>) -> Result<(), ProgramError> {
        let ran = match layer {
            Layer::Dense { sweep, .. }
            | Layer::DenseInt8 { sweep, .. }
            | Layer::DenseDynamic { sweep, .. } => self.linear(layer, sweep, y),
            Layer::Fill { .. }
            | Layer::FillZero { .. }
            | Layer::Copy { .. }
            | Layer::Pick { .. }
            | Layer::Select { .. } => self.moved(layer, y),
            Layer::Quantise { .. }
            | Layer::Dequantise { .. }
            | Layer::Steps { .. }
            | Layer::Table { .. } => self.quantised(layer, y),
            _ => self.computed(layer, y),
        };
        ran.map_err(|fault| self.error(fault))
    }

    pub(super) fn error(&self, fault: Fault) -> ProgramError {
        match fault {
            Fault::Kernel(error) => ProgramError::Kernel(self.step.name.clone(), error),
            Fault::Program(error) => error,
        }
    }

    /// Rows of a layer's weights: all, or those of a part.
    pub(super) fn linear(&self, layer: &Layer, sweep: &Sweep, y: &mut Taken<'_>) -> Ran {
        let (n, to) = (self.n, self.to);
        match layer {
            Layer::Dense { kernel, .. } => {
                let ((x, stride), y) = (self.f32s(0)?, y.f32s());
                sweep.each(n, (stride, to), |x_at, y_at, rows| {
                    kernel.run(from(x, x_at), from_mut(y, y_at), rows)
                })?;
            }
            Layer::DenseInt8 { kernel, .. } if self.bytes => {
                let ((x, stride), y) = (self.u8s(0)?, y.bytes());
                sweep.each(n, (stride, to), |x_at, y_at, rows| {
                    kernel.run_u8(from(x, x_at), from_mut(y, y_at), rows)
                })?;
            }
            Layer::DenseInt8 { kernel, .. } => {
                let ((x, stride), y) = (self.u8s(0)?, y.f32s());
                sweep.each(n, (stride, to), |x_at, y_at, rows| {
                    kernel.run_f32(from(x, x_at), from_mut(y, y_at), rows)
                })?;
            }
            Layer::DenseDynamic { kernel, .. } => {
                let ((x, stride), (zeros, apart), y) = (self.u8s(0)?, self.u8s(1)?, y.f32s());
                for window in 0..n {
                    let zero = zeros.get(window * apart).copied().unwrap_or(0);
                    let (x, y) = (from(x, window * stride), from_mut(y, window * to));
                    sweep.each(1, (stride, to), |x_at, y_at, rows| {
                        kernel.run_dynamic(from(x, x_at), zero, from_mut(y, y_at), rows)
                    })?;
                }
            }
            _ => return Err(OTHER.into()),
        }
        Ok(())
    }

    fn moved(&self, layer: &Layer, y: &mut Taken<'_>) -> Ran {
        let (n, to) = (self.n, self.to);
        match layer {
            Layer::Fill { walks, value } => {
                for window in 0..n {
                    for walk in walks {
                        match self.bytes {
                            true => {
                                moves::fill(walk, *value as u8, from_mut(y.bytes(), window * to))
                            }
                            false => moves::fill(walk, *value, from_mut(y.f32s(), window * to)),
                        }?;
                    }
                }
            }
            Layer::FillZero { walks } => {
                let (zeros, stride) = self.u8s(0)?;
                for window in 0..n {
                    let zero = zeros.get(window * stride).copied().unwrap_or(0);
                    for walk in walks {
                        moves::fill(walk, zero, from_mut(y.bytes(), window * to))?;
                    }
                }
            }
            Layer::Copy { walk } if self.bytes => {
                windows(n, self.u8s(0)?, (y.bytes(), to), |x, y| moves::copy(walk, x, y))?;
            }
            Layer::Copy { walk } => {
                windows(n, self.f32s(0)?, (y.f32s(), to), |x, y| moves::copy(walk, x, y))?;
            }
            Layer::Pick { pick } => {
                let (from, len) = (self.store.value(self.id(0)?)?.len, pick.outputs());
                match self.bytes {
                    true => windows(n, self.u8s(0)?, (y.bytes(), to), |x, y| {
                        pick.run(upto(x, from), 0, upto_mut(y, len))
                    }),
                    false => windows(n, self.f32s(0)?, (y.f32s(), to), |x, y| {
                        pick.run(upto(x, from), 0.0, upto_mut(y, len))
                    }),
                }?;
            }
            Layer::Select { walk } => {
                let ((c, c_far), (a, a_far), (b, b_far)) =
                    (self.f32s(0)?, self.f32s(1)?, self.f32s(2)?);
                let y = y.f32s();
                for window in 0..n {
                    let (c, a) = (from(c, window * c_far), from(a, window * a_far));
                    zip::select(walk, c, a, from(b, window * b_far), from_mut(y, window * to))?;
                }
            }
            _ => return Err(OTHER.into()),
        }
        Ok(())
    }

    fn quantised(&self, layer: &Layer, y: &mut Taken<'_>) -> Ran {
        let (n, to) = (self.n, self.to);
        match layer {
            Layer::Quantise { tier, grid, walk } => {
                runs(n, walk, self.f32s(0)?, (y.bytes(), to), |x, y| {
                    quantise::quantise(*tier, grid, x, y)
                })?;
            }
            Layer::Dequantise { tier, grid, walk } => {
                runs(n, walk, self.u8s(0)?, (y.f32s(), to), |x, y| {
                    quantise::dequantise(*tier, grid, x, y)
                })?;
            }
            Layer::Steps { tier, grid, walk } => {
                over(n, walk, (y.f32s(), to), |values| quantise::steps(*tier, grid, values))?;
            }
            Layer::Table { table, walk } => {
                runs(n, walk, self.u8s(0)?, (y.bytes(), to), |x, y| table.run(x, y))?;
            }
            _ => return Err(OTHER.into()),
        }
        Ok(())
    }

    fn computed(&self, layer: &Layer, y: &mut Taken<'_>) -> Ran {
        let (n, to) = (self.n, self.to);
        match layer {
            Layer::Map { tier, activation, walk } => {
                runs(n, walk, self.f32s(0)?, (y.f32s(), to), |x, y| {
                    activation.run_to(*tier, x, y)
                })?;
            }
            Layer::MapOver { tier, activation, walk } => {
                over(n, walk, (y.f32s(), to), |values| activation.run(*tier, values))?;
            }
            Layer::Zip { tier, op, walk } => {
                self.both(y, |a, b, y| zip::zip(*tier, *op, walk, a, b, y))?;
            }
            Layer::MatMul { tier, matmul } => {
                self.both(y, |a, b, y| matmul.run(*tier, a, b, y))?;
            }
            Layer::Reduce { tier, reduce } => {
                windows(n, self.f32s(0)?, (y.f32s(), to), |x, y| reduce.run(*tier, x, y))?;
            }
            Layer::Scale { tier, scaling } => {
                let y = y.f32s();
                (0..n).try_for_each(|window| scaling.run(*tier, from_mut(y, window * to)))?;
            }
            Layer::Standardise { tier, standardise } => {
                let y = y.f32s();
                (0..n).try_for_each(|window| standardise.run(*tier, from_mut(y, window * to)))?;
            }
            Layer::Pool { tier, pool } => {
                let (x, made) = pool.lens();
                match self.bytes {
                    true => pool.run_bytes(
                        *tier,
                        upto(self.u8s(0)?.0, n * x),
                        upto_mut(y.bytes(), n * made),
                    ),
                    false => {
                        pool.run(*tier, upto(self.f32s(0)?.0, n * x), upto_mut(y.f32s(), n * made))
                    }
                }?;
            }
            Layer::Blend { tier, blend } => {
                // A whole value, also where that is the same for all windows.
                let len = self.store.value(self.id(0)?)?.len;
                blend.run(*tier, upto(self.f32s(0)?.0, n * len), upto_mut(y.f32s(), n * to))?;
            }
            _ => return Err(OTHER.into()),
        }
        Ok(())
    }

    /// Window by window with two inputs.
    fn both(
        &self,
        y: &mut Taken<'_>,
        work: impl Fn(&[f32], &[f32], &mut [f32]) -> Result<(), KernelError>,
    ) -> Ran {
        let ((a, a_far), (b, b_far), y) = (self.f32s(0)?, self.f32s(1)?, y.f32s());
        for window in 0..self.n {
            let (a, b) = (from(a, window * a_far), from(b, window * b_far));
            work(a, b, from_mut(y, window * self.to))?;
        }
        Ok(())
    }
}

const OTHER: ProgramError = ProgramError::Inside("a layer is run as another kind");

fn dynamic(
    step: &Step,
    store: &mut Store<'_, '_>,
    y: &mut Taken<'_>,
    (scale_id, zero_id): (ValueId, ValueId),
    (tier, len, n): (FloatTier, usize, usize),
) -> Result<(), ProgramError> {
    let mut scales = store.take(scale_id)?;
    let mut zeros = store.take(zero_id)?;
    let id = step.reads.first().copied().ok_or(ProgramError::Inside("a layer reads nothing"))?;
    let stride = store.stride(id)?;
    let ran = store.f32s(id).and_then(|x| {
        (0..n).try_for_each(|window| {
            let x = upto(from(x, window * stride), len);
            let y = upto_mut(from_mut(y.bytes(), window * len), len);
            let (scale, zero) = quantise::dynamic(tier, x, y)
                .map_err(|error| ProgramError::Kernel(step.name.clone(), error))?;
            let slots = (scales.f32s().get_mut(window), zeros.bytes().get_mut(window));
            if let (Some(to), Some(zero_to)) = slots {
                (*to, *zero_to) = (scale, zero);
            }
            Ok(())
        })
    });
    store.put(scale_id, scales);
    store.put(zero_id, zeros);
    ran
}
