//! LSTM, GRU and RNN: the product with the inputs of all steps is one dense layer, the rest goes step
//! by step.

use oddity_kernels::map::Activation;
use oddity_kernels::program::{Element, Layer, Sweep, ValueId};
use oddity_kernels::recurrent::{Cell, Recurrent};
use oddity_kernels::{Clamp, DenseF32, Pieces, Rows};

use super::compiler::{Compiler, Why};
use super::view::{Kind, View};
use crate::graph::{Direction, RecurrentAttributes, RecurrentCell};

/// The sizes of a recurrent layer.
#[derive(Clone, Copy)]
struct Sizes {
    steps: usize,
    inputs: usize,
    directions: usize,
    hidden: usize,
    gates: usize,
}

fn said(error: impl std::fmt::Display) -> Why {
    error.to_string()
}

impl<'g> Compiler<'g> {
    /// X `[T, 1, I]`, W `[D, gates*H, I]`, R `[D, gates*H, H]`, B `[D, 2*gates*H]`; Y `[T, D, 1, H]`, and
    /// the last states `[D, 1, H]`.
    pub(super) fn recurrent(&mut self, attributes: &RecurrentAttributes) -> Result<(), Why> {
        if attributes.batch_first {
            return Err("its layout is 1 (batch first)".into());
        }
        let (&[steps, batch, inputs], &[directions, rows, _]) =
            (self.dims(self.input(0)?)?, self.dims(self.input(1)?)?)
        else {
            return Err("its inputs have the wrong number of axes".into());
        };
        if batch != 1 {
            return Err("it reads several sequences of one window".into());
        }
        if let Some(lengths) = self.optional(4) {
            let full = self.whole(lengths)?.iter().all(|&n| n == steps as i64);
            full.then_some(()).ok_or("its sequences are shorter than the window")?;
        }
        let hidden = rows / attributes.cell.gates();
        let sizes = Sizes { steps, inputs, directions, hidden, gates: rows };
        let x = self.float_input(0)?;
        let y = match directions {
            1 => self.builder.value(Element::F32, steps * hidden),
            _ => self.builder.assembled(Element::F32, steps * directions * hidden),
        };
        let mut lasts = Vec::new();
        for direction in 0..directions {
            lasts.push(self.direction(attributes, sizes, direction, &x, y)?);
        }
        let dims = [steps, directions, 1, hidden];
        let each = directions * hidden;
        let steps = [each, hidden, hidden, 1].map(|step| step as isize).to_vec();
        let sequence = View { value: y, at: 0, dims: dims.to_vec(), steps, kind: Kind::F32 };
        self.give(0, sequence)?;
        for (index, last) in [(1, 0), (2, 1)] {
            if self.node()?.output(index).is_some() {
                let parts: Vec<View> = lasts.iter().map(|both| both[last].clone()).collect();
                let view = self.stacked(parts)?;
                self.give(index, view)?;
            }
        }
        Ok(())
    }

    /// States of directions, one after the other.
    fn stacked(&mut self, parts: Vec<View>) -> Result<View, Why> {
        if let [one] = parts.as_slice() {
            return Ok(one.clone());
        }
        let hidden = parts.first().and_then(|part| part.dims.last()).copied().unwrap_or(0);
        let all = self.assembled(&[parts.len(), 1, hidden], Kind::F32);
        for (at, part) in parts.iter().enumerate() {
            let to = all.sliced(&[at, 0, 0], &[1; 3], &part.dims).ok_or("its states do not fit")?;
            self.copy(part, &to)?;
        }
        Ok(all)
    }

    /// One direction; gives the last hidden state and the last cell.
    fn direction(
        &mut self,
        attributes: &RecurrentAttributes,
        sizes: Sizes,
        direction: usize,
        x: &View,
        y: ValueId,
    ) -> Result<[View; 2], Why> {
        let Sizes { steps, inputs, directions, hidden, gates } = sizes;
        let part = |index: usize, each: usize| -> Result<Option<Vec<f32>>, Why> {
            let Some(name) = self.optional(index) else { return Ok(None) };
            let all = self.stored(name).ok_or("its weights are no stored numbers")?;
            let own = all.get(direction * each..(direction + 1) * each);
            own.map(|own| Some(own.to_vec())).ok_or_else(|| "its weights do not fit".into())
        };
        let w = part(1, gates * inputs)?.ok_or("it has no weights")?;
        let r = part(2, gates * hidden)?.ok_or("it has no weights")?;
        let b = part(3, 2 * gates)?;
        let peepholes = part(7, 3 * hidden)?.unwrap_or_default();
        let cell = cell(attributes, direction, peepholes)?;
        let reverse = match attributes.direction {
            Direction::Forward => false,
            Direction::Reverse => true,
            Direction::Bidirectional => direction == 1,
        };
        let bias = match &b {
            Some(b) => Recurrent::input_bias(&cell, hidden, b).map_err(said)?,
            None => vec![0.0; gates],
        };
        let tier = self.tier.float;
        let pieces = Pieces::whole(inputs);
        let kernel = DenseF32::new(tier, gates, &pieces, &w, &bias, Clamp::NONE).map_err(said)?;
        let recurrent = Recurrent::new(tier, cell, hidden, &r, b.as_deref(), None, reverse);
        let recurrent = recurrent.map_err(said)?;
        let products = self.builder.assembled(Element::F32, steps * gates);
        let products = View::whole(products, &[steps, gates], Kind::F32);
        let (x, x_step) = self.steps_of(x)?;
        let rows = Rows { count: steps, x_step, y_step: gates };
        let sweep = Sweep { rows, ..Sweep::row(x.at, 0) };
        self.push(Layer::Dense { kernel, sweep }, &[&x], &[&products])?;
        let mut first = |index: usize| -> Result<Option<View>, Why> {
            let Some(name) = self.optional(index) else { return Ok(None) };
            let view = self.float(name)?;
            let own = view.sliced(&[direction, 0, 0], &[1; 3], &[1, 1, hidden]);
            let own = own.ok_or("its first state does not fit")?;
            let whole = own.at == 0 && self.builder.len(own.value) == hidden && own.is_contiguous();
            if whole { Ok(Some(own)) } else { self.copied(&own).map(Some) }
        };
        let (first_h, first_c) = (first(5)?, first(6)?);
        let scratch = recurrent.scratch(1);
        let mut state = |len: usize| {
            let value = self.builder.assembled(Element::F32, len);
            View::whole(value, &[1, 1, len], Kind::F32)
        };
        let cells = if recurrent.has_cell() { hidden } else { 0 };
        let (h, c, scratch) = (state(hidden), state(cells), state(scratch));
        let sequence = View::whole(y, &[steps, directions * hidden], Kind::F32);
        let reads: Vec<&View> = first_h.iter().chain(&first_c).collect();
        let layer = Layer::Recurrent {
            recurrent,
            steps,
            y_at: direction * hidden,
            y_step: directions * hidden,
            first_h: first_h.is_some(),
            first_c: first_c.is_some(),
        };
        self.push(layer, &reads, &[&products, &sequence, &h, &c, &scratch])?;
        Ok([h, c])
    }

    /// The inputs of each step, and from one step to the next.
    fn steps_of(&mut self, x: &View) -> Result<(View, usize), Why> {
        let fits = |view: &View| {
            let step = usize::try_from(*view.steps.first()?).ok()?;
            let width = *view.dims.last()?;
            (width == 1 || *view.steps.last()? == 1).then_some(step)
        };
        if let Some(step) = fits(x) {
            return Ok((x.clone(), step));
        }
        let copied = self.copied(x)?;
        let step = fits(&copied).ok_or("its input cannot be laid out")?;
        Ok((copied, step))
    }
}

/// The cell of one direction, with its activations.
fn cell(said: &RecurrentAttributes, direction: usize, peepholes: Vec<f32>) -> Result<Cell, Why> {
    let usual = said.cell.usual_activations();
    let own: Vec<Activation> = match &said.activations {
        Some(names) if !names.is_empty() => {
            let own = names.iter().cycle().skip(direction * usual.len()).take(usual.len());
            own.map(|name| activation(name)).collect::<Result<_, _>>()?
        }
        _ => usual.iter().map(|name| activation(name)).collect::<Result<_, _>>()?,
    };
    match (said.cell, own.as_slice()) {
        (RecurrentCell::Lstm { input_forget }, &[f, g, h]) => {
            Ok(Cell::Lstm { f, g, h, peepholes, coupled: input_forget })
        }
        (RecurrentCell::Gru { linear_before_reset }, &[f, g]) => {
            Ok(Cell::Gru { f, g, reset_after: linear_before_reset })
        }
        (RecurrentCell::Rnn, &[f]) => Ok(Cell::Rnn { f }),
        _ => Err("it has the wrong number of activations".into()),
    }
}

fn activation(name: &str) -> Result<Activation, Why> {
    let known = [
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
        ("relu", Activation::Relu),
        ("softsign", Activation::Softsign),
        ("softplus", Activation::Softplus),
        ("hardsigmoid", Activation::HardSigmoid { alpha: 0.2, beta: 0.5 }),
    ];
    let known = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known
        .map(|(_, activation)| activation)
        .ok_or_else(|| format!("there is no layer for `{name}` in it"))
}
