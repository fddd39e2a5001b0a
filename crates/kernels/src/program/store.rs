//! Where the numbers of a run lie: the caller's windows, stored numbers, buffers that layers share.
//!
//! A layer takes out what it writes, looks at what it reads, and puts the first back. Nothing is copied
//! and nothing is allocated.

use alloc::vec::Vec;

use super::fail::ProgramError;
use super::value::{Element, Place, Value, ValueId};
use crate::aligned::Aligned;

/// All places of a run.
pub(super) struct Store<'a, 'o> {
    pub values: &'a [Value],
    pub constants: &'a [Aligned],
    pub buffers: &'a mut [Aligned],
    /// Windows, one after the other.
    pub input: &'a [f32],
    pub outputs: &'a mut [&'o mut [f32]],
}

/// What a layer writes, taken out of the store while it does.
pub(super) enum Taken<'o> {
    Buffer(Aligned),
    Output(&'o mut [f32]),
}

impl<'o> Taken<'o> {
    pub fn f32s(&mut self) -> &mut [f32] {
        match self {
            Taken::Buffer(buffer) => buffer.f32s_mut(),
            Taken::Output(output) => output,
        }
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        match self {
            Taken::Buffer(buffer) => buffer.bytes_mut(),
            Taken::Output(_) => &mut [],
        }
    }
}

impl<'o> Store<'_, 'o> {
    pub fn value(&self, id: ValueId) -> Result<&Value, ProgramError> {
        self.values.get(id.0).ok_or(ProgramError::Inside("a value is missing"))
    }

    /// Elements from one window to the next.
    pub fn stride(&self, id: ValueId) -> Result<usize, ProgramError> {
        let value = self.value(id)?;
        Ok(if matches!(value.place, Place::Constant(_)) { 0 } else { value.len })
    }

    pub fn take(&mut self, id: ValueId) -> Result<Taken<'o>, ProgramError> {
        match self.value(id)?.place {
            Place::Buffer(index) => {
                let buffer = self.buffers.get_mut(index);
                buffer.map(|buffer| Taken::Buffer(core::mem::take(buffer)))
            }
            Place::Output(index) => {
                let output = self.outputs.get_mut(index);
                output.map(|output| Taken::Output(core::mem::take(output)))
            }
            Place::Input | Place::Constant(_) => None,
        }
        .ok_or(ProgramError::Inside("a layer writes where it must not"))
    }

    pub fn put(&mut self, id: ValueId, taken: Taken<'o>) {
        let place = self.values.get(id.0).map(|value| value.place);
        match (place, taken) {
            (Some(Place::Buffer(index)), Taken::Buffer(buffer)) => {
                if let Some(slot) = self.buffers.get_mut(index) {
                    *slot = buffer;
                }
            }
            (Some(Place::Output(index)), Taken::Output(output)) => {
                if let Some(slot) = self.outputs.get_mut(index) {
                    *slot = output;
                }
            }
            _ => {}
        }
    }

    pub fn f32s(&self, id: ValueId) -> Result<&[f32], ProgramError> {
        let value = self.value(id)?;
        let found = match value.place {
            _ if value.element != Element::F32 => None,
            Place::Input => Some(self.input),
            Place::Constant(index) => self.constants.get(index).map(Aligned::f32s),
            Place::Buffer(index) => self.buffers.get(index).map(Aligned::f32s),
            Place::Output(index) => self.outputs.get(index).map(|output| &**output),
        };
        found.ok_or(ProgramError::Inside("a layer reads f32 where there is none"))
    }

    pub fn bytes(&self, id: ValueId) -> Result<&[u8], ProgramError> {
        let value = self.value(id)?;
        let found = match value.place {
            _ if value.element != Element::U8 => None,
            Place::Constant(index) => self.constants.get(index).map(Aligned::bytes),
            Place::Buffer(index) => self.buffers.get(index).map(Aligned::bytes),
            Place::Input | Place::Output(_) => None,
        };
        found.ok_or(ProgramError::Inside("a layer reads bytes where there are none"))
    }
}

/// The buffers that each value lives in, by who needs it until when.
pub(super) fn plan(
    values: &mut [Value],
    lives: &[Option<(usize, usize)>],
    go: usize,
) -> Vec<usize> {
    // Bytes of each buffer, and the step from which on it is free.
    let mut buffers: Vec<(usize, usize)> = Vec::new();
    let mut order: Vec<(usize, usize, usize)> = lives
        .iter()
        .enumerate()
        .filter_map(|(index, life)| life.map(|(first, last)| (first, last, index)))
        .collect();
    order.sort_unstable();
    for (first, last, index) in order {
        let Some(value) = values.get_mut(index) else { continue };
        if value.place != Place::Buffer(usize::MAX) {
            continue;
        }
        let bytes = value.len.saturating_mul(go).saturating_mul(value.element.bytes());
        // The free one that has to grow least, then the smallest.
        let free = buffers.iter().enumerate().filter(|(_, buffer)| buffer.1 < first);
        let best = free.min_by_key(|(_, buffer)| (bytes.saturating_sub(buffer.0), buffer.0));
        let place = match best.map(|(place, _)| place) {
            Some(place) => place,
            None => {
                buffers.push((0, 0));
                buffers.len() - 1
            }
        };
        if let Some(buffer) = buffers.get_mut(place) {
            *buffer = (buffer.0.max(bytes), last);
        }
        value.place = Place::Buffer(place);
    }
    buffers.into_iter().map(|(bytes, _)| bytes).collect()
}
