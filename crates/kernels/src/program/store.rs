//! Where the numbers of a run lie: the caller's windows, stored numbers, buffers that layers share.
//!
//! A layer takes out what it writes, looks at what it reads, and puts the first back. Nothing is copied
//! and nothing is allocated.

use alloc::vec::Vec;

use super::fail::ProgramError;
use super::value::{Element, Place, Value, ValueId};
use super::windows::{from, from_mut};
use crate::aligned::Aligned;

/// All places of a run.
pub(super) struct Store<'a, 'o> {
    pub values: &'a [Value],
    pub constants: &'a [Aligned],
    pub buffers: &'a mut [Aligned],
    /// Windows, one after the other.
    pub input: &'a [f32],
    pub outputs: &'a mut [&'o mut [f32]],
    /// The first window that layers see.
    pub first: usize,
}

/// What a layer writes, taken out of the store while it does.
pub(super) struct Taken<'o> {
    from: Home<'o>,
    /// Where the first window that the layer sees begins.
    at: usize,
}

enum Home<'o> {
    Buffer(Aligned),
    Output(&'o mut [f32]),
}

impl Taken<'_> {
    pub fn f32s(&mut self) -> &mut [f32] {
        let all = match &mut self.from {
            Home::Buffer(buffer) => buffer.f32s_mut(),
            Home::Output(output) => output,
        };
        from_mut(all, self.at)
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        match &mut self.from {
            Home::Buffer(buffer) => from_mut(buffer.bytes_mut(), self.at),
            Home::Output(_) => &mut [],
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
        let at = self.first * self.stride(id)?;
        match self.value(id)?.place {
            Place::Buffer(index) => {
                let buffer = self.buffers.get_mut(index);
                buffer.map(|buffer| Home::Buffer(core::mem::take(buffer)))
            }
            Place::Output(index) => {
                let output = self.outputs.get_mut(index);
                output.map(|output| Home::Output(core::mem::take(output)))
            }
            Place::Input | Place::Constant(_) => None,
        }
        .map(|from| Taken { from, at })
        .ok_or(ProgramError::Inside("a layer writes where it must not"))
    }

    pub fn put(&mut self, id: ValueId, taken: Taken<'o>) {
        let place = self.values.get(id.0).map(|value| value.place);
        match (place, taken.from) {
            (Some(Place::Buffer(index)), Home::Buffer(buffer)) => {
                if let Some(slot) = self.buffers.get_mut(index) {
                    *slot = buffer;
                }
            }
            (Some(Place::Output(index)), Home::Output(output)) => {
                if let Some(slot) = self.outputs.get_mut(index) {
                    *slot = output;
                }
            }
            _ => {}
        }
    }

    pub fn f32s(&self, id: ValueId) -> Result<&[f32], ProgramError> {
        let (value, stride) = (self.value(id)?, self.stride(id)?);
        let found = match value.place {
            _ if value.element != Element::F32 => None,
            Place::Input => Some(self.input),
            Place::Constant(index) => self.constants.get(index).map(Aligned::f32s),
            Place::Buffer(index) => self.buffers.get(index).map(Aligned::f32s),
            Place::Output(index) => self.outputs.get(index).map(|output| &**output),
        };
        let found = found.map(|all| from(all, self.first * stride));
        found.ok_or(ProgramError::Inside("a layer reads f32 where there is none"))
    }

    pub fn bytes(&self, id: ValueId) -> Result<&[u8], ProgramError> {
        let (value, stride) = (self.value(id)?, self.stride(id)?);
        let found = match value.place {
            _ if value.element != Element::U8 => None,
            Place::Constant(index) => self.constants.get(index).map(Aligned::bytes),
            Place::Buffer(index) => self.buffers.get(index).map(Aligned::bytes),
            Place::Input | Place::Output(_) => None,
        };
        let found = found.map(|all| from(all, self.first * stride));
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
