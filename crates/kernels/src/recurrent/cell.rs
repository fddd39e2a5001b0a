//! What the cells of recurrent layers make of their gates, one window and step at a time.

use super::Recurrent;
use crate::map::Activation;

impl Recurrent {
    pub(super) fn activate(&self, activation: Activation, values: &mut [f32]) {
        if let Some(clip) = self.clip {
            Activation::Clip { low: -clip, high: clip }.run(self.tier, values);
        }
        activation.run(self.tier, values);
    }

    /// Gates i, o, f, c of one window and step.
    pub(super) fn lstm(
        &self,
        [f, g, out]: [Activation; 3],
        peepholes: &[f32],
        coupled: bool,
        x: &mut [f32],
        h: &mut [f32],
        c: &mut [f32],
    ) {
        let hidden = self.hidden;
        let (sigmoids, input) = x.split_at_mut(3 * hidden);
        if peepholes.is_empty() {
            self.activate(f, sigmoids);
        }
        let (i, rest) = sigmoids.split_at_mut(hidden);
        let (o, forget) = rest.split_at_mut(hidden);
        let peeps = |at: usize| peepholes.iter().skip(at * hidden);
        if !peepholes.is_empty() {
            peek(i, peeps(0), c);
            peek(forget, peeps(2), c);
            self.activate(f, i);
            self.activate(f, forget);
        }
        self.activate(g, input);
        if coupled {
            for (forget, i) in forget.iter_mut().zip(i.iter()) {
                *forget = 1.0 - i;
            }
        }
        for (((c, forget), i), input) in c.iter_mut().zip(&*forget).zip(&*i).zip(&*input) {
            *c = forget * *c + i * input;
        }
        if !peepholes.is_empty() {
            peek(o, peeps(1), c);
            self.activate(f, o);
        }
        h.copy_from_slice(c);
        self.activate(out, h);
        for (h, o) in h.iter_mut().zip(&*o) {
            *h *= o;
        }
    }

    /// Gates z, r, h of one window and step; z and r are ready.
    pub(super) fn gru_out(&self, g: Activation, x: &mut [f32], h: &mut [f32]) {
        let (zr, candidate) = x.split_at_mut(2 * self.hidden);
        let candidate = candidate.get_mut(..self.hidden).unwrap_or_default();
        self.activate(g, candidate);
        for ((h, z), candidate) in h.iter_mut().zip(&*zr).zip(&*candidate) {
            *h = (1.0 - z) * candidate + z * *h;
        }
    }

    /// The same, from the product of all three gates with the state.
    pub(super) fn gru_after(
        &self,
        f: Activation,
        g: Activation,
        x: &mut [f32],
        h: &mut [f32],
        state: &[f32],
    ) {
        let hidden = self.hidden;
        let (zr, candidate) = x.split_at_mut(2 * hidden);
        for (x, state) in zr.iter_mut().zip(state) {
            *x += state;
        }
        self.activate(f, zr);
        let resets = zr.iter().skip(hidden);
        for ((x, r), state) in candidate.iter_mut().zip(resets).zip(state.iter().skip(2 * hidden)) {
            *x += r * state;
        }
        self.gru_out(g, x, h);
    }
}

/// Adds what a gate sees of the cell.
fn peek<'a>(gate: &mut [f32], peepholes: impl Iterator<Item = &'a f32>, c: &[f32]) {
    for ((gate, p), c) in gate.iter_mut().zip(peepholes).zip(c) {
        *gate += p * c;
    }
}
