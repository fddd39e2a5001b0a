//! A straight line of layers over windows: made once, then run without an allocation.
//!
//! A [`Builder`] takes values and the layers between them, in the order in which they run, and checks
//! that each fits; [`Program::run`] takes windows (`[n, window]`, f32) and gives answers. The program is
//! that of one window; several at a time are the same arithmetic, so an answer's bits do not depend on
//! what runs beside it. Values share buffers that are planned at the end of building.

mod builder;
mod fail;
mod layer;
mod overlap;
mod recurrent;
mod run;
mod shared;
mod step;
mod store;
mod sweep;
mod value;
mod windows;

pub use builder::Builder;
pub use fail::ProgramError;
pub use layer::Layer;
pub use overlap::{Ends, LayerOverlap, Overlap, Stream};
pub use step::Step;
pub use sweep::Sweep;
pub use value::{Element, ValueId};

use alloc::vec::Vec;

use crate::aligned::Aligned;
use crate::tier::Tier;
use store::Store;
use value::Value;

/// Outputs of a program, at most.
pub const OUTPUTS: usize = 3;

/// A program that is ready to run. Holds the packed weights; several threads may run it, each with a
/// [`State`] of its own.
#[derive(Debug)]
pub struct Program {
    values: Vec<Value>,
    steps: Vec<Step>,
    constants: Vec<Aligned>,
    /// Bytes of each buffer.
    buffers: Vec<usize>,
    window: usize,
    /// Values for one window, of each output.
    outputs: Vec<usize>,
    go: usize,
    tier: Tier,
}

/// Buffers to run a program in. Holds nothing of the data that a later run could see.
#[derive(Debug, Default)]
pub struct State {
    buffers: Vec<Aligned>,
    overlap: Option<Overlap>,
    rows: u64,
}

impl State {
    /// What is not computed again of windows that follow each other; `None` of windows that have nothing to
    /// do with each other.
    pub fn overlap(&self) -> Option<&Overlap> {
        self.overlap.as_ref()
    }

    /// Rows times weights that were computed so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Program {
    /// Buffers of its own, for one thread.
    pub fn state(&self) -> State {
        let buffers = self.buffers.iter().map(|&bytes| Aligned::new(bytes)).collect();
        State { buffers, overlap: None, rows: 0 }
    }

    /// The same for windows that may follow each other in streams: of those that do, what one has in common
    /// with an earlier one of its run is computed once. The answers are the same in every bit.
    pub fn stream_state(&self, stream: Stream) -> State {
        State { overlap: self.overlap(stream), ..self.state() }
    }

    /// What is not computed again of windows of a stream; `None` where those do not overlap.
    pub fn overlap(&self, stream: Stream) -> Option<Overlap> {
        let program = (self.values.as_slice(), self.steps.as_slice());
        Overlap::new(program, self.window, stream, self.go)
    }

    /// Windows that run in one go: more at a time win nothing.
    pub fn at_once(&self) -> usize {
        self.go
    }

    /// Values for one window, of each output.
    pub fn outputs(&self) -> &[usize] {
        &self.outputs
    }

    /// The layers, in the order in which they run.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The instructions that it runs with.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Bytes that a state takes.
    pub fn state_bytes(&self) -> usize {
        self.buffers.iter().sum()
    }

    /// Bytes of packed weights and other stored numbers.
    pub fn weight_bytes(&self) -> usize {
        let stored: usize = self.constants.iter().map(Aligned::len).sum();
        stored + self.steps.iter().map(|step| step.layer.weight_bytes()).sum::<usize>()
    }

    /// Runs `n` windows (`[n, window]`); `outputs` take the answers (`[n, output]` each, those that there
    /// are not stay empty).
    ///
    /// # Errors
    /// When a slice has the wrong length. `state` may be used again.
    pub fn run(
        &self,
        state: &mut State,
        input: &[f32],
        n: usize,
        mut outputs: [&mut [f32]; OUTPUTS],
    ) -> Result<(), ProgramError> {
        let fits = |len: usize, each: usize| n.checked_mul(each) == Some(len);
        let each = |index: usize| self.outputs.get(index).copied().unwrap_or(0);
        let all = outputs.iter().enumerate().all(|(index, output)| fits(output.len(), each(index)));
        if !all || !fits(input.len(), self.window) || state.buffers.len() != self.buffers.len() {
            return Err(ProgramError::Length);
        }
        let mut done = 0;
        while done < n {
            let count = self.go.min(n - done);
            let window = done * self.window..(done + count) * self.window;
            let part = input.get(window).ok_or(ProgramError::Length)?;
            let mut index = 0;
            let mut parts = outputs.each_mut().map(|output| {
                let len = count * each(index);
                index += 1;
                let (part, rest) = core::mem::take(output).split_at_mut(len);
                *output = rest;
                part
            });
            let mut store = Store {
                values: &self.values,
                constants: &self.constants,
                buffers: &mut state.buffers,
                input: part,
                outputs: &mut parts,
                first: 0,
            };
            let mut overlap = state.overlap.as_mut().filter(|overlap| overlap.saves());
            if let Some(overlap) = &mut overlap {
                overlap.chain.follow(part, count);
            }
            for (at, step) in self.steps.iter().enumerate() {
                let plan = overlap.as_ref().and_then(|all| Some((&all.chain, all.step(at)?)));
                state.rows += match plan {
                    Some((chain, plan)) => {
                        shared::run_after(step, plan, &mut store, (chain, count))?
                    }
                    None => run::run(step, &mut store, count).map(|()| step.rows() * count)?,
                } as u64;
            }
            done += count;
        }
        Ok(())
    }
}
