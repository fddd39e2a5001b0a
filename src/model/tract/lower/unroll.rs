//! Recurrent layers step by step, for activations that tract's own layers have not.
//!
//! The formulas are those of the ONNX operator specification (LSTM, GRU and RNN, version 14).

use crate::graph::{
    Binary, Direction, ModelError, Op, Part, RecurrentAttributes, RecurrentCell, Unary,
};

/// Steps of all directions: each becomes some twenty nodes.
const STEPS: usize = 512;

/// Sizes of a layer.
#[derive(Clone, Copy)]
struct Sizes {
    steps: usize,
    batch: usize,
    hidden: usize,
    gates: usize,
}

/// What a direction computes with.
struct Weights {
    /// `[H, gates * H]`.
    recurrent: String,
    /// Of the recurrent product: `[gates * H]`.
    bias: Option<String>,
    activations: Vec<Op>,
}

/// Says a recurrent layer without sequence lengths in products and activations.
pub(super) fn unroll(
    part: &mut Part<'_, '_>,
    said: &RecurrentAttributes,
) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let (dims, weights) = (part.dims(x)?, part.dims(part.input(2)?)?);
    let (&[steps, batch, _], &[directions, rows, hidden]) = (dims.as_slice(), weights.as_slice())
    else {
        return Err(part.bad("its first three inputs need three axes each"));
    };
    if steps.saturating_mul(directions) > STEPS {
        return Err(part.unsupported(format!(
            "with these activations it runs over {STEPS} steps at most, not {steps}; train with the \
             usual ones (sigmoid and tanh)"
        )));
    }
    let sizes = Sizes { steps, batch, hidden, gates: rows / hidden.max(1) };
    let names = said.activations.clone().unwrap_or_default();
    let each = said.cell.usual_activations().len();
    let (mut sequences, mut last) = (Vec::new(), [Vec::new(), Vec::new()]);
    for direction in 0..directions {
        let own = names.iter().skip(direction * each).take(each);
        let activations: Option<Vec<Op>> = own.map(|name| activation(name)).collect();
        let activations = activations.filter(|all| all.len() == each);
        let activations = activations.ok_or_else(|| {
            part.unsupported(format!("of its activations {names:?} not all are supported"))
        })?;
        let reads_back = said.direction == Direction::Reverse || direction == 1;
        let done = run(part, said.cell, sizes, (direction, reads_back), activations)?;
        sequences.push(done.0);
        last[0].push(done.1);
        last[1].extend(done.2);
    }
    for (index, (axis, parts)) in
        [(1, sequences)].into_iter().chain(last.map(|all| (0, all))).enumerate()
    {
        if part.output(index).is_none() || parts.is_empty() {
            continue;
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let joined = part.add(Op::Concat { axis }, &parts)?;
        part.give(index, joined);
    }
    Ok(())
}

/// An activation by its name; those that take parameters have their defaults.
fn activation(name: &str) -> Option<Op> {
    Some(match name.to_ascii_lowercase().as_str() {
        "relu" => Op::Unary(Unary::Relu),
        "tanh" => Op::Unary(Unary::Tanh),
        "sigmoid" => Op::Unary(Unary::Sigmoid),
        "softsign" => Op::Unary(Unary::Softsign),
        "softplus" => Op::Unary(Unary::Softplus),
        "leakyrelu" => Op::LeakyRelu { alpha: 0.01 },
        "elu" => Op::Elu { alpha: 1.0 },
        "hardsigmoid" => Op::HardSigmoid { alpha: 0.2, beta: 0.5 },
        _ => return None,
    })
}

/// One direction: its sequence `[T, 1, N, H]`, its last h and c `[1, N, H]`.
fn run(
    part: &mut Part<'_, '_>,
    cell: RecurrentCell,
    sizes: Sizes,
    (direction, reads_back): (usize, bool),
    activations: Vec<Op>,
) -> Result<(String, String, Option<String>), ModelError> {
    let Sizes { steps, batch, hidden, gates } = sizes;
    let rows = gates * hidden;
    let matrix = |part: &mut Part<'_, '_>, index: usize| {
        let one = take(part, part.input(index)?, 0, direction)?;
        let columns = part.dims(&one)?.last().copied().unwrap_or(1);
        let flat = part.reshape(&one, &[rows, columns])?;
        part.transpose(&flat, &[1, 0])
    };
    let (weights, recurrent) = (matrix(part, 1)?, matrix(part, 2)?);
    let mut inward = part.add(Op::MatMul, &[part.input(0)?, &weights])?;
    let mut bias = None;
    if let Some(both) = part.optional(3) {
        let one = take(part, both, 0, direction)?;
        let halves = part.reshape(&one, &[2, rows])?;
        let first = take(part, &halves, 0, 0)?;
        inward = part.binary(Binary::Add, &inward, &first)?;
        let second = take(part, &halves, 0, 1)?;
        bias = Some(part.reshape(&second, &[rows])?);
    }
    let weights = Weights { recurrent, bias, activations };
    let mut start = |index: usize| match part.optional(index) {
        Some(state) => {
            let one = take(part, state, 0, direction)?;
            part.reshape(&one, &[batch, hidden])
        }
        None => Ok(part.floats(&[batch, hidden], &vec![0.0; batch * hidden])),
    };
    let (mut h, mut c) = (start(5)?, start(6)?);
    let mut sequence = vec![String::new(); steps];
    for step in 0..steps {
        let at = if reads_back { steps - 1 - step } else { step };
        let row = take(part, &inward, 0, at)?;
        let row = part.reshape(&row, &[batch, rows])?;
        (h, c) = match cell {
            RecurrentCell::Lstm { .. } => lstm(part, &weights, hidden, (&row, &h, &c))?,
            RecurrentCell::Gru { linear_before_reset } => {
                (gru(part, &weights, (hidden, linear_before_reset), (&row, &h))?, c)
            }
            RecurrentCell::Rnn => {
                let back = product(part, &weights, &h)?;
                let sum = part.binary(Binary::Add, &row, &back)?;
                (activate(part, &weights, 0, &sum)?, c)
            }
        };
        if let Some(slot) = sequence.get_mut(at) {
            *slot = part.reshape(&h, &[1, 1, batch, hidden])?;
        }
    }
    let parts: Vec<&str> = sequence.iter().map(String::as_str).collect();
    let sequence = part.add(Op::Concat { axis: 0 }, &parts)?;
    let h = part.reshape(&h, &[1, batch, hidden])?;
    let c = match cell {
        RecurrentCell::Lstm { .. } => Some(part.reshape(&c, &[1, batch, hidden])?),
        _ => None,
    };
    Ok((sequence, h, c))
}

/// The part at `place` of an axis, which stays with length 1.
fn take(part: &mut Part<'_, '_>, x: &str, axis: i64, place: usize) -> Result<String, ModelError> {
    let place = part.integers(&[place as i64]);
    part.add(Op::Gather { axis }, &[x, &place])
}

/// The columns of one gate of `[N, gates * H]`.
fn gate(
    part: &mut Part<'_, '_>,
    x: &str,
    hidden: usize,
    gate: usize,
) -> Result<String, ModelError> {
    let columns: Vec<i64> = (gate * hidden..(gate + 1) * hidden).map(|i| i as i64).collect();
    let columns = part.integers(&columns);
    part.add(Op::Gather { axis: 1 }, &[x, &columns])
}

fn activate(
    part: &mut Part<'_, '_>,
    weights: &Weights,
    index: usize,
    x: &str,
) -> Result<String, ModelError> {
    let op = weights.activations.get(index).cloned();
    part.add(op.unwrap_or(Op::Unary(Unary::Identity)), &[x])
}

/// The recurrent product with its bias.
fn product(part: &mut Part<'_, '_>, weights: &Weights, h: &str) -> Result<String, ModelError> {
    let back = part.add(Op::MatMul, &[h, &weights.recurrent])?;
    match &weights.bias {
        Some(bias) => part.binary(Binary::Add, &back, bias),
        None => Ok(back),
    }
}

/// Gates i, o, f, c.
fn lstm(
    part: &mut Part<'_, '_>,
    weights: &Weights,
    hidden: usize,
    (row, h, c): (&str, &str, &str),
) -> Result<(String, String), ModelError> {
    let back = product(part, weights, h)?;
    let sum = part.binary(Binary::Add, row, &back)?;
    let mut of = |place: usize, index: usize| {
        let one = gate(part, &sum, hidden, place)?;
        activate(part, weights, index, &one)
    };
    let (input, output, forget, candidate) = (of(0, 0)?, of(1, 0)?, of(2, 0)?, of(3, 1)?);
    let kept = part.binary(Binary::Mul, &forget, c)?;
    let new = part.binary(Binary::Mul, &input, &candidate)?;
    let c = part.binary(Binary::Add, &kept, &new)?;
    let shown = activate(part, weights, 2, &c)?;
    Ok((part.binary(Binary::Mul, &output, &shown)?, c))
}

/// Gates z, r, h.
fn gru(
    part: &mut Part<'_, '_>,
    weights: &Weights,
    (hidden, linear_before_reset): (usize, bool),
    (row, h): (&str, &str),
) -> Result<String, ModelError> {
    let back = product(part, weights, h)?;
    let sum = part.binary(Binary::Add, row, &back)?;
    let mut of = |place: usize| {
        let one = gate(part, &sum, hidden, place)?;
        activate(part, weights, 0, &one)
    };
    let (update, reset) = (of(0)?, of(1)?);
    let own = gate(part, row, hidden, 2)?;
    let back = if linear_before_reset {
        let back = gate(part, &back, hidden, 2)?;
        part.binary(Binary::Mul, &reset, &back)?
    } else {
        let shown = part.binary(Binary::Mul, &reset, h)?;
        let back = product(part, weights, &shown)?;
        gate(part, &back, hidden, 2)?
    };
    let sum = part.binary(Binary::Add, &own, &back)?;
    let candidate = activate(part, weights, 1, &sum)?;
    // (1 - z) * candidate + z * h.
    let rise = part.binary(Binary::Sub, h, &candidate)?;
    let rise = part.binary(Binary::Mul, &update, &rise)?;
    part.binary(Binary::Add, &candidate, &rise)
}
