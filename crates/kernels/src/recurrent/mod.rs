//! LSTM, GRU and RNN of ONNX over windows, in one direction.
//!
//! What the inputs and the biases give goes in, `[windows][steps][gates x hidden]`, made beforehand by
//! a dense layer with [`Recurrent::input_bias`]; hidden states come out, `[steps][hidden]` a window.
//! Every run begins with the state that it is given, or with zeros: nothing stays from one run to the
//! next. A window's bits do not depend on the windows beside it.

mod cell;
mod kind;

use alloc::vec;
use alloc::vec::Vec;

pub use kind::Cell;

use crate::clamp::Clamp;
use crate::dense_f32::DenseF32;
use crate::error::{KernelError, at_least, same_length};
use crate::pieces::{Pieces, Rows};
use crate::tier::FloatTier;
use crate::walk::{holds, product};

/// One direction of a recurrent layer.
#[derive(Debug, Clone)]
pub struct Recurrent {
    tier: FloatTier,
    cell: Cell,
    hidden: usize,
    reverse: bool,
    clip: Option<f32>,
    /// Of all gates that see the state itself.
    main: DenseF32,
    /// Of the candidate of a GRU that sees the reset state.
    candidate: Option<DenseF32>,
}

/// The slices that a run works on, each of all windows.
#[derive(Debug)]
pub struct Run<'a> {
    /// What inputs and biases give, `[windows][steps][gates x hidden]`. Overwritten.
    pub products: &'a mut [f32],
    /// The hidden state before the first step, `[windows][hidden]`, or `[hidden]` for all; `None` for
    /// zeros.
    pub first_h: Option<&'a [f32]>,
    /// The cell of an LSTM before the first step, likewise.
    pub first_c: Option<&'a [f32]>,
    /// The hidden state of each step, `[windows][steps][y_step]`, of which the first `hidden` are
    /// written; `None` when nobody asks.
    pub y: Option<&'a mut [f32]>,
    /// From one step of y to the next: `hidden`, or more when two directions share it. The slice of the
    /// second direction begins `hidden` further, so the last step may be short.
    pub y_step: usize,
    /// The hidden state after the last step, `[windows][hidden]`.
    pub last_h: &'a mut [f32],
    /// The cell of an LSTM after the last step; empty for the others.
    pub last_c: &'a mut [f32],
    /// [`Recurrent::scratch`] elements.
    pub scratch: &'a mut [f32],
}

impl Recurrent {
    /// From ONNX's R, `[gates x hidden][hidden]`, and B, `[2 x gates x hidden]` or nothing.
    ///
    /// # Errors
    /// A length that does not fit, a `clip` that is not positive, or a tier that this processor does
    /// not run.
    pub fn new(
        tier: FloatTier,
        cell: Cell,
        hidden: usize,
        r: &[f32],
        b: Option<&[f32]>,
        clip: Option<f32>,
        reverse: bool,
    ) -> Result<Self, KernelError> {
        let gates = product(&[cell.gates(), hidden])?;
        same_length("the recurrent weights", product(&[gates, hidden])?, r.len())?;
        if let Some(b) = b {
            same_length("the biases of a recurrent layer", gates.saturating_mul(2), b.len())?;
        }
        holds(clip.is_none_or(|clip| clip > 0.0), "a recurrent layer clips at a positive number")?;
        if let Cell::Lstm { peepholes, .. } = &cell
            && !peepholes.is_empty()
        {
            same_length("the peepholes of an LSTM", hidden.saturating_mul(3), peepholes.len())?;
        }
        // Only a GRU whose reset comes after the product has a bias inside of it.
        let inside = matches!(cell, Cell::Gru { reset_after: true, .. });
        let mut bias = vec![0.0; gates];
        if let (true, Some(b)) = (inside, b) {
            let of_candidate = b.iter().skip(gates + 2 * hidden);
            for (bias, b) in bias.iter_mut().skip(2 * hidden).zip(of_candidate) {
                *bias = *b;
            }
        }
        let whole = Pieces::whole(hidden);
        let dense =
            |r: &[f32], bias: &[f32]| DenseF32::new(tier, bias.len(), &whole, r, bias, Clamp::NONE);
        let (main, candidate) = match &cell {
            Cell::Gru { reset_after: false, .. } => {
                let (gates_r, candidate_r) = r.split_at(2 * hidden * hidden);
                let (gates_b, candidate_b) = bias.split_at(2 * hidden);
                (dense(gates_r, gates_b)?, Some(dense(candidate_r, candidate_b)?))
            }
            _ => (dense(r, &bias)?, None),
        };
        Ok(Self { tier, cell, hidden, reverse, clip, main, candidate })
    }

    /// The bias of the dense layer that makes the products, from ONNX's B: the sum of both halves, but
    /// for the candidate of a GRU whose reset comes after the product.
    ///
    /// # Errors
    /// B has another length than `[2 x gates x hidden]`.
    pub fn input_bias(cell: &Cell, hidden: usize, b: &[f32]) -> Result<Vec<f32>, KernelError> {
        let gates = cell.gates().saturating_mul(hidden);
        same_length("the biases of a recurrent layer", gates.saturating_mul(2), b.len())?;
        let inside = matches!(cell, Cell::Gru { reset_after: true, .. });
        let (of_input, of_state) = b.split_at(gates);
        let both = of_input.iter().zip(of_state).enumerate();
        Ok(both.map(|(i, (w, r))| if inside && i >= 2 * hidden { *w } else { w + r }).collect())
    }

    /// Hidden units.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Whether it has a cell beside the hidden state.
    pub fn has_cell(&self) -> bool {
        matches!(self.cell, Cell::Lstm { .. })
    }

    /// Elements of a step of the products: gates x hidden.
    pub fn gates(&self) -> usize {
        self.cell.gates() * self.hidden
    }

    /// How many elements of scratch a run over so many windows needs.
    pub fn scratch(&self, windows: usize) -> usize {
        windows.saturating_mul(match self.cell {
            Cell::Gru { reset_after: true, .. } => 3 * self.hidden,
            Cell::Gru { reset_after: false, .. } => self.hidden,
            Cell::Rnn { .. } | Cell::Lstm { .. } => 0,
        })
    }

    /// Runs all steps of all windows.
    ///
    /// # Errors
    /// A slice has another length than told. Nothing has been written then.
    pub fn run(&self, windows: usize, steps: usize, run: Run<'_>) -> Result<(), KernelError> {
        let Run { products, first_h, first_c, mut y, y_step, last_h, last_c, scratch } = run;
        let (hidden, gates) = (self.hidden, self.gates());
        let states = product(&[windows, hidden])?;
        let has_cell = self.has_cell();
        same_length("the products", product(&[windows, steps, gates])?, products.len())?;
        same_length("the last state", states, last_h.len())?;
        same_length("the last cell", if has_cell { states } else { 0 }, last_c.len())?;
        at_least("the scratch of a recurrent layer", Some(self.scratch(windows)), scratch.len())?;
        for first in [first_h, first_c].into_iter().flatten() {
            if first.len() != hidden {
                same_length("the first state", states, first.len())?;
            }
        }
        if let Some(y) = &y {
            holds(y_step >= hidden, "the steps of y overlap")?;
            let before = product(&[windows, steps, y_step])?.checked_sub(y_step);
            let needed = before.map_or(Some(0), |before| before.checked_add(hidden));
            at_least("y", needed, y.len())?;
        }
        begin(first_h, last_h);
        begin(first_c, last_c);
        for i in 0..steps {
            let step = if self.reverse { steps - 1 - i } else { i };
            self.step(windows, steps, products.get_mut(step * gates..), last_h, last_c, scratch)?;
            let Some(y) = &mut y else { continue };
            for (window, h) in last_h.chunks_exact(hidden).enumerate() {
                let at = (window * steps + step) * y_step;
                if let Some(y) = y.get_mut(at..at + hidden) {
                    y.copy_from_slice(h);
                }
            }
        }
        Ok(())
    }

    /// One step of all windows. `products` begin with the step's own of the first window.
    fn step(
        &self,
        windows: usize,
        steps: usize,
        products: Option<&mut [f32]>,
        h: &mut [f32],
        c: &mut [f32],
        scratch: &mut [f32],
    ) -> Result<(), KernelError> {
        let (hidden, gates) = (self.hidden, self.gates());
        let products = products.unwrap_or_default();
        let apart = Rows { count: windows, x_step: hidden, y_step: steps * gates };
        let rows = steps * gates;
        if let Cell::Gru { f, g, reset_after } = self.cell {
            if reset_after {
                self.main.run(h, scratch, Rows::dense(windows, hidden, gates))?;
                let all = products.chunks_mut(rows).zip(h.chunks_exact_mut(hidden));
                for ((x, h), state) in all.zip(scratch.chunks_exact(gates)) {
                    self.gru_after(f, g, x, h, state);
                }
                return Ok(());
            }
            self.main.add_to(h, products, apart)?;
            let all = products.chunks_mut(rows).zip(h.chunks_exact(hidden));
            for ((x, h), reset) in all.zip(scratch.chunks_exact_mut(hidden)) {
                let zr = x.get_mut(..2 * hidden).unwrap_or_default();
                self.activate(f, zr);
                for ((reset, r), h) in reset.iter_mut().zip(zr.iter().skip(hidden)).zip(h) {
                    *reset = r * h;
                }
            }
            if let Some(candidate) = &self.candidate {
                candidate.add_to(
                    scratch,
                    products.get_mut(2 * hidden..).unwrap_or_default(),
                    apart,
                )?;
            }
            for (x, h) in products.chunks_mut(rows).zip(h.chunks_exact_mut(hidden)) {
                self.gru_out(g, x, h);
            }
            return Ok(());
        }
        self.main.add_to(h, products, apart)?;
        let mut cells = c.chunks_exact_mut(hidden);
        for (x, h) in products.chunks_mut(rows).zip(h.chunks_exact_mut(hidden)) {
            let x = x.get_mut(..gates).unwrap_or_default();
            match &self.cell {
                Cell::Lstm { f, g, h: out, peepholes, coupled } => {
                    let c = cells.next().unwrap_or_default();
                    self.lstm([*f, *g, *out], peepholes, *coupled, x, h, c);
                }
                Cell::Rnn { f } => {
                    self.activate(*f, x);
                    h.copy_from_slice(x);
                }
                Cell::Gru { .. } => {}
            }
        }
        Ok(())
    }
}

fn begin(first: Option<&[f32]>, state: &mut [f32]) {
    match first {
        Some(first) if !first.is_empty() => {
            for state in state.chunks_exact_mut(first.len()) {
                state.copy_from_slice(first);
            }
        }
        _ => state.fill(0.0),
    }
}

#[cfg(test)]
mod tests;
