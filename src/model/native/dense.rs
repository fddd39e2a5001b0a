//! Gemm and MatMul with stored weights: each row of the input, times a matrix.

use oddity_kernels::Pieces;

use super::compiler::{Compiler, Held, Why};
use super::linear::{Linear, Part};
use super::places::Places;
use super::view::View;
use crate::graph::{GemmAttributes, Op};

/// The rows of an input: how many elements each has, in which order, and how the rows lie.
struct RowsOf {
    x: View,
    pieces: Pieces,
    /// The element that stands at each place of the pieces.
    order: Option<Vec<usize>>,
    count: [usize; 2],
    x_step: [usize; 2],
}

impl<'g> Compiler<'g> {
    pub(super) fn gemm(&mut self, said: &GemmAttributes) -> Result<(), Why> {
        let weights = self.input(1)?;
        let bias = self.optional(2);
        if !self.is_stored(weights) {
            return self.two_matrices(said);
        }
        if bias.is_some_and(|bias| !self.along_last(bias)) {
            return Err("its bias is not one for each output".into());
        }
        let &[first, second] = self.dims(weights)? else { return Err("it is no matrix".into()) };
        let (inputs, outputs) = if said.trans_b { (second, first) } else { (first, second) };
        let strides = if said.trans_b { (second, 1) } else { (1, second) };
        let weights_axis = usize::from(!said.trans_b);
        let rows = self.rows(said.trans_a, (weights_axis, outputs))?;
        let linear = Linear {
            weights,
            weights_axis,
            parts: Vec::new(),
            bias,
            alpha: said.alpha,
            beta: said.beta,
            dims: self.dims(self.output(0)?)?.to_vec(),
            channels: 1,
            lines: None,
            places: None,
        };
        self.matrix(rows, (inputs, outputs), strides, linear)
    }

    pub(super) fn matmul(&mut self) -> Result<(), Why> {
        let (a, b) = (self.input(0)?, self.input(1)?);
        let integers = matches!(self.node()?.op, Op::MatMulInteger);
        let matrix = match self.dims(b)? {
            &[inputs, outputs] => Some((inputs, outputs)),
            _ => None,
        };
        let usual = self.is_stored(b) && !self.is_stored(a) && self.dims(a)?.len() >= 2;
        let (inputs, outputs) = match matrix.filter(|_| usual) {
            Some(matrix) => matrix,
            None if integers => return Err("it multiplies integers that the window makes".into()),
            None => return self.product(),
        };
        let rows = match integers {
            true => {
                let x = self.raw_input(0)?;
                self.rows_of_view(x)?
            }
            false => self.rows(false, (1, outputs))?,
        };
        let dims = self.dims(self.output(0)?)?.to_vec();
        let channels = dims.len().saturating_sub(1);
        let linear = Linear {
            weights: b,
            weights_axis: 1,
            parts: Vec::new(),
            bias: None,
            alpha: 1.0,
            beta: 1.0,
            dims,
            channels,
            lines: None,
            places: None,
        };
        self.matrix(rows, (inputs, outputs), (1, outputs), linear)
    }

    fn along_last(&self, bias: &str) -> bool {
        let dims = self.dims(bias).unwrap_or_default();
        let lead = dims.split_last().map_or(&[][..], |(_, lead)| lead);
        self.is_stored(bias) && lead.iter().all(|&dim| dim == 1)
    }

    /// The rows of the first input along its last axis, or along its first of two where `turned`, in
    /// the arithmetic of the weights.
    fn rows(&mut self, turned: bool, outputs: (usize, usize)) -> Result<RowsOf, Why> {
        let (name, weights) = (self.input(0)?, self.input(1)?);
        if let (Some(Held::Flat { of, dims }), false) = (self.names.get(name).cloned(), turned)
            && dims.iter().rev().skip(1).all(|&dim| dim == 1)
        {
            let of = self.in_arithmetic(of, weights, outputs)?;
            if let Some(rows) = one_row(&of) {
                return Ok(rows);
            }
        }
        let view = self.view(name)?;
        let view = self.in_arithmetic(view, weights, outputs)?;
        let view = match turned {
            true => view.transposed(&[1, 0]).ok_or("its input is no matrix")?,
            false => view,
        };
        self.rows_of_view(view)
    }

    fn rows_of_view(&mut self, view: View) -> Result<RowsOf, Why> {
        if let Some(rows) = rows_of(&view) {
            return Ok(rows);
        }
        let copied = self.copied(&view)?;
        rows_of(&copied).ok_or_else(|| "its input cannot be laid out".into())
    }

    fn matrix(
        &mut self,
        rows: RowsOf,
        (inputs, outputs): (usize, usize),
        steps: (usize, usize),
        linear: Linear<'g>,
    ) -> Result<(), Why> {
        let RowsOf { x, pieces, order, count, x_step } = rows;
        if pieces.elements() != inputs {
            return Err("its input does not fit its weights".into());
        }
        let part = Part {
            pieces,
            places: Places::matrix(inputs, steps, order),
            first: 0,
            outputs,
            x_at: 0,
            count,
            x_step,
            y_first: [0, 0],
            y_step: [count[1], 1],
        };
        let linear = Linear { parts: vec![part], ..linear };
        match self.node()?.op {
            Op::MatMulInteger => self.integers(x, linear),
            _ => self.linear(x, linear),
        }
    }
}

/// Rows along the last axis, where those before it are at one distance, or at two.
fn rows_of(view: &View) -> Option<RowsOf> {
    let (&width, lead) = view.dims.split_last()?;
    let (&step, lead_steps) = view.steps.split_last()?;
    let mut axes: Vec<(usize, usize)> = Vec::new();
    for (&dim, &step) in lead.iter().zip(lead_steps) {
        if dim == 1 {
            continue;
        }
        let step = usize::try_from(step).ok()?;
        match axes.last_mut() {
            Some(last) if last.1 == step * dim => *last = (last.0 * dim, step),
            _ => axes.push((dim, step)),
        }
    }
    let (blocks, rows) = match axes.as_slice() {
        [] => ((1, 0), (1, 0)),
        &[rows] => ((1, 0), rows),
        &[blocks, rows] => (blocks, rows),
        _ => return None,
    };
    let step = usize::try_from(step).ok()?;
    let pieces = match step {
        _ if width == 1 => Pieces::whole(1),
        1 => Pieces::whole(width),
        _ => return None,
    };
    let x = view.clone();
    Some(RowsOf { x, pieces, order: None, count: [blocks.0, rows.0], x_step: [blocks.1, rows.1] })
}

/// All elements of a view as one row, in the order in which they lie.
fn one_row(view: &View) -> Option<RowsOf> {
    let places: Vec<usize> = view.places().collect();
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|&at| places.get(at).copied());
    let first = order.first().and_then(|&at| places.get(at)).copied()?;
    let follow = order.iter().enumerate().all(|(far, &at)| places.get(at) == Some(&(first + far)));
    if follow {
        let (pieces, x) = (Pieces::whole(order.len()), View { at: first, ..view.clone() });
        return Some(RowsOf { x, pieces, order: Some(order), count: [1, 1], x_step: [0, 0] });
    }
    // Lines of one length with gaps between them, such as the padding of a convolution.
    let starts: Vec<usize> = order
        .iter()
        .enumerate()
        .filter(|&(far, &at)| {
            let before = far.checked_sub(1).and_then(|far| order.get(far));
            before.and_then(|&before| places.get(before)).map(|place| place + 1)
                != places.get(at).copied()
        })
        .map(|(far, _)| far)
        .collect();
    let len = order.len() / starts.len().max(1);
    let even = starts.iter().enumerate().all(|(line, &start)| start == line * len);
    if !even || len * starts.len() != order.len() {
        return None;
    }
    let offset = |&start: &usize| Some(places.get(*order.get(start)?)? - first);
    let pieces = Pieces::new(starts.iter().map(offset).collect::<Option<_>>()?, len);
    let x = View { at: first, ..view.clone() };
    Some(RowsOf { x, pieces, order: Some(order), count: [1, 1], x_step: [0, 0] })
}
