//! Builds a program: values and layers go in, in the order in which they run; a checked program with
//! planned buffers comes out, or what does not fit.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::fail::ProgramError;
use super::layer::Layer;
use super::run;
use super::step::Step;
use super::store::{self, Store};
use super::value::{Element, Place, Value, ValueId};
use super::{OUTPUTS, Program};
use crate::aligned::Aligned;
use crate::tier::Tier;

/// Bytes that the buffers of a go should stay within: about what a second-level cache holds.
const CACHE: usize = 512 << 10;
/// Windows in a go: beyond that nothing is won.
const GO: usize = 32;

/// A program that is being built.
#[derive(Debug)]
pub struct Builder {
    values: Vec<Value>,
    constants: Vec<Aligned>,
    steps: Vec<Step>,
    /// Values that more than one layer writes.
    assembled: Vec<ValueId>,
    window: usize,
    tier: Tier,
}

impl Builder {
    /// For windows of so many f32, to be run with these instructions.
    pub fn new(window: usize, tier: Tier) -> Self {
        let input = Value { element: Element::F32, len: window, place: Place::Input };
        let (constants, steps, assembled) = (Vec::new(), Vec::new(), Vec::new());
        Builder { values: vec![input], constants, steps, assembled, window, tier }
    }

    /// The input.
    pub fn input(&self) -> ValueId {
        ValueId(0)
    }

    /// A value that layers write: `len` elements for a window.
    pub fn value(&mut self, element: Element, len: usize) -> ValueId {
        self.values.push(Value { element, len, place: Place::Buffer(usize::MAX) });
        ValueId(self.values.len() - 1)
    }

    /// The same, where several layers write a part of it each.
    pub fn assembled(&mut self, element: Element, len: usize) -> ValueId {
        let id = self.value(element, len);
        self.assembled.push(id);
        id
    }

    /// Elements of a value for one window.
    pub fn len(&self, id: ValueId) -> usize {
        self.values.get(id.0).map_or(0, |value| value.len)
    }

    /// Whether a layer writes it, for each window anew.
    pub fn is_written(&self, id: ValueId) -> bool {
        self.steps.iter().any(|step| step.writes.contains(&id))
    }

    /// The numbers of a value that is the same for all windows.
    pub fn stored(&self, id: ValueId) -> Option<&[f32]> {
        let value = self.values.get(id.0).filter(|value| value.element == Element::F32)?;
        match value.place {
            Place::Constant(index) => self.constants.get(index)?.f32s().get(..value.len),
            _ => None,
        }
    }

    /// Numbers that are the same for all windows.
    pub fn constant(&mut self, numbers: &[f32]) -> ValueId {
        let mut stored = Aligned::new(numbers.len() * 4);
        for (to, from) in stored.f32s_mut().iter_mut().zip(numbers) {
            *to = *from;
        }
        self.store(Element::F32, numbers.len(), stored)
    }

    /// Quantised numbers that are the same for all windows.
    pub fn constant_u8(&mut self, numbers: &[u8]) -> ValueId {
        let mut stored = Aligned::new(numbers.len());
        for (to, from) in stored.bytes_mut().iter_mut().zip(numbers) {
            *to = *from;
        }
        self.store(Element::U8, numbers.len(), stored)
    }

    fn store(&mut self, element: Element, len: usize, stored: Aligned) -> ValueId {
        let place = Place::Constant(self.constants.len());
        self.constants.push(stored);
        self.values.push(Value { element, len, place });
        ValueId(self.values.len() - 1)
    }

    /// Whether it is stored, and so the same for all windows.
    pub fn is_constant(&self, id: ValueId) -> bool {
        matches!(self.values.get(id.0).map(|value| value.place), Some(Place::Constant(_)))
    }

    /// Adds a layer, named after the node that it comes of.
    ///
    /// # Errors
    /// When it would read or write outside of its values.
    pub fn push(
        &mut self,
        name: &str,
        layer: Layer,
        reads: &[ValueId],
        writes: &[ValueId],
    ) -> Result<(), ProgramError> {
        let value = |id: &ValueId| {
            let value = self.values.get(id.0);
            value.map(|value| (value.element, value.len))
        };
        let known = |ids: &[ValueId]| ids.iter().map(value).collect::<Option<Vec<_>>>();
        let (Some(read), Some(written)) = (known(reads), known(writes)) else {
            return Err(ProgramError::Inside("a layer has a value that is not there"));
        };
        if !layer.fits(&read, &written) {
            return Err(ProgramError::Inside("a layer does not fit its values"));
        }
        let apart = writes.iter().all(|id| !reads.contains(id) && !self.is_constant(*id));
        let each = writes.iter().enumerate().all(|(at, id)| !writes[..at].contains(id));
        if !apart || !each || writes.contains(&self.input()) {
            return Err(ProgramError::Inside("a layer writes where it must not"));
        }
        let fixed = !reads.is_empty() && reads.iter().all(|id| self.is_constant(*id));
        let (reads, writes) = (reads.to_vec(), writes.to_vec());
        let step = Step { name: name.to_string(), layer, reads, writes };
        match step.writes.as_slice() {
            &[only] if fixed && !self.assembled.contains(&only) => self.fold(&step, only),
            _ => {
                self.steps.push(step);
                Ok(())
            }
        }
    }

    /// Runs a layer that reads nothing but stored numbers, once and for all.
    fn fold(&mut self, step: &Step, id: ValueId) -> Result<(), ProgramError> {
        let Some(value) = self.values.get_mut(id.0) else {
            return Err(ProgramError::Inside("a layer has a value that is not there"));
        };
        let bytes = value.len.saturating_mul(value.element.bytes());
        value.place = Place::Buffer(0);
        let mut buffers = [Aligned::new(bytes)];
        let mut store = Store {
            values: &self.values,
            constants: &self.constants,
            buffers: &mut buffers,
            input: &[],
            outputs: &mut [],
            first: 0,
        };
        run::run(step, &mut store, 1)?;
        let [buffer] = buffers;
        if let Some(value) = self.values.get_mut(id.0) {
            value.place = Place::Constant(self.constants.len());
            self.constants.push(buffer);
        }
        Ok(())
    }

    /// Plans the buffers. The outputs are f32 values, each a value of its own that a layer writes;
    /// `most` bounds the bytes that the buffers may take for one window.
    ///
    /// # Errors
    /// When an output is none that can be, a value is read before it is written, or the bytes do not
    /// suffice.
    pub fn finish(mut self, outputs: &[ValueId], most: usize) -> Result<Program, ProgramError> {
        let lives = self.lives(outputs)?;
        for (index, id) in outputs.iter().enumerate() {
            let value = self.values.get_mut(id.0);
            let value = value.filter(|value| value.place == Place::Buffer(usize::MAX));
            match value.filter(|value| value.element == Element::F32) {
                Some(value) if index < OUTPUTS => value.place = Place::Output(index),
                _ => return Err(ProgramError::Inside("an output is no value of its own")),
            }
        }
        let planned = |go: usize| {
            let mut values = self.values.clone();
            let buffers = store::plan(&mut values, &lives, go);
            let bytes = buffers.iter().fold(0usize, |all, &bytes| all.saturating_add(bytes));
            (values, buffers, bytes)
        };
        let (values, buffers, bytes) = planned(1);
        if bytes > most {
            return Err(ProgramError::TooLarge { bytes });
        }
        let go = (CACHE / bytes.max(1)).clamp(1, GO);
        let (values, buffers, _) = if go > 1 { planned(go) } else { (values, buffers, bytes) };
        let len = |id: &ValueId| values.get(id.0).map_or(0, |value| value.len);
        let outputs = outputs.iter().map(len).collect();
        let Builder { constants, steps, window, tier, .. } = self;
        Ok(Program { values, steps, constants, buffers, window, outputs, go, tier })
    }

    /// From which step to which each value is needed; `None` for one that nobody writes.
    fn lives(&self, outputs: &[ValueId]) -> Result<Vec<Option<(usize, usize)>>, ProgramError> {
        let mut lives: Vec<Option<(usize, usize)>> = vec![None; self.values.len()];
        for (at, step) in self.steps.iter().enumerate() {
            for id in &step.reads {
                let stored = self.is_constant(*id) || *id == self.input();
                match lives.get_mut(id.0) {
                    Some(Some(life)) => life.1 = at,
                    _ if stored => {}
                    _ => return Err(ProgramError::Inside("a value is read before it is written")),
                }
            }
            for id in &step.writes {
                if let Some(life) = lives.get_mut(id.0) {
                    *life = Some((life.map_or(at, |(first, _)| first), at));
                }
            }
        }
        for id in outputs {
            match lives.get_mut(id.0) {
                Some(Some(life)) => life.1 = usize::MAX,
                _ => return Err(ProgramError::Inside("an output is never written")),
            }
        }
        Ok(lives)
    }
}
