//! Dense layers, convolutions and transposed convolutions: all are rows times weights.
//!
//! Each is told as parts: which pieces of the input a row reads, which stored weight stands at which
//! place, and which places of the output the rows fill. Whether the product runs in f32 or in int8
//! follows from what the input and the weights are.

use oddity_kernels::program::{Layer, Sweep};
use oddity_kernels::{DenseF32, DenseInt8, Finish, Pieces, Rows};

use super::compiler::{Compiler, Held, Why};
use super::places::Places;
use super::tail::Tail;
use super::view::{Kind, Quant, View};
use super::weights::{Int8Weights, spread};
use super::wish::Wish;

/// Rows with one kernel.
pub(super) struct Part {
    pub pieces: Pieces,
    /// Where its weights are among the stored ones.
    pub places: Places,
    /// Which channels of the output it fills.
    pub first: usize,
    pub outputs: usize,
    /// Where the first row begins, relative to the view's first element.
    pub x_at: isize,
    /// Lines and places on a line.
    pub count: [usize; 2],
    /// From one to the next in the input.
    pub x_step: [usize; 2],
    /// The first place of the output, and from one to the next.
    pub y_first: [usize; 2],
    pub y_step: [usize; 2],
}

/// A linear layer.
pub(super) struct Linear<'g> {
    pub weights: &'g str,
    /// The axis of the stored weights that outputs lie along.
    pub weights_axis: usize,
    pub parts: Vec<Part>,
    pub bias: Option<&'g str>,
    /// Multiplies the weights, and the bias.
    pub alpha: f32,
    pub beta: f32,
    /// The output's axes, and which of them are its channels, lines and places.
    pub dims: Vec<usize>,
    pub channels: usize,
    pub lines: Option<usize>,
    pub places: Option<usize>,
}

impl<'g> Linear<'g> {
    pub(super) fn outputs(&self) -> usize {
        self.dims.get(self.channels).copied().unwrap_or(1)
    }
}

/// Weights and biases in the arithmetic that a layer runs in.
enum Numbers {
    Float { weights: Vec<f32>, bias: Vec<f32> },
    Int8 { weights: Int8Weights, bias: Vec<i32>, float_bias: Option<Vec<f32>> },
}

impl<'g> Compiler<'g> {
    /// Emits a linear layer of this input, with what follows it.
    pub(super) fn linear(&mut self, x: View, linear: Linear<'g>) -> Result<(), Why> {
        let (outputs, name) = (linear.outputs(), self.output(0)?);
        let numbers = self.numbers(&x, &linear)?;
        let bias = match &numbers {
            Numbers::Float { bias, .. } => bias.clone(),
            Numbers::Int8 { .. } => vec![0.0; outputs],
        };
        let tail = self.tail(name, (linear.channels, outputs), bias, true);
        let fused = match (&numbers, tail.quant) {
            // A quantisation of f32 sums is a layer of its own.
            (Numbers::Float { .. }, Some(_)) => self.unquantised(tail.clone()),
            (Numbers::Int8 { float_bias, .. }, Some(_))
                if float_bias.is_some() || tail.bias.iter().any(|&bias| bias != 0.0) =>
            {
                self.unquantised(tail.clone())
            }
            _ => tail,
        };
        let kind = fused.quant.map_or(Kind::F32, Kind::Quantised);
        let several = linear.parts.len() > 1;
        let y = self.target(fused.name, &linear, kind, several)?;
        for part in &linear.parts {
            let sweep = sweep(&x, &y, part, &linear)?;
            let layer = match &numbers {
                Numbers::Float { weights, .. } => {
                    let kernel = self.float_kernel(weights, part, &fused)?;
                    Layer::Dense { kernel, sweep }
                }
                Numbers::Int8 { weights, bias, float_bias } => {
                    let quant = match x.kind {
                        Kind::Quantised(quant) => quant,
                        _ => return Err("its input is not quantised".into()),
                    };
                    let biases = (bias.as_slice(), float_bias.as_deref());
                    let kernel = self.int8_kernel(weights, biases, part, &fused, quant)?;
                    Layer::DenseInt8 { kernel, sweep }
                }
            };
            self.push(layer, &[&x], &[&y])?;
        }
        self.taken.extend(fused.nodes.iter().copied());
        self.names.insert(fused.name, Held::View(y));
        Ok(())
    }

    /// The tail without its last node, the quantisation.
    fn unquantised(&self, mut tail: Tail<'g>) -> Tail<'g> {
        tail.quant = None;
        if let Some(at) = tail.nodes.pop()
            && let Some(name) = self.graph.nodes.get(at).and_then(|node| node.input(0))
        {
            tail.name = name;
        }
        tail
    }

    /// Where the layer writes.
    pub(super) fn target(
        &mut self,
        name: &str,
        linear: &Linear<'g>,
        kind: Kind,
        several: bool,
    ) -> Result<View, Why> {
        let wish = self.wish(name).cloned();
        match (linear.places, wish) {
            (Some(_), Some(wish)) => self.padded(&linear.dims, &wish, kind, several),
            (Some(_), None) => {
                let wish = Wish { pads: vec![(0, 0); linear.dims.len()] };
                self.padded(&linear.dims, &wish, kind, several)
            }
            (None, _) if several => Ok(self.assembled(&linear.dims, kind)),
            (None, _) => Ok(self.plain(&linear.dims, kind)),
        }
    }

    /// A view as the layer will read it: bytes where the weights are int8, else f32.
    pub(super) fn in_arithmetic(
        &mut self,
        view: View,
        weights: &str,
        (axis, outputs): (usize, usize),
    ) -> Result<View, Why> {
        let bytes = matches!(view.kind, Kind::Quantised(_))
            && self
                .weights
                .get(weights)
                .is_some_and(|stored| stored.is_int8(axis, outputs).is_ok());
        if bytes { Ok(view) } else { self.as_float(view) }
    }

    fn numbers(&mut self, x: &View, linear: &Linear<'g>) -> Result<Numbers, Why> {
        let why = match (x.kind, self.weights.get(linear.weights)) {
            (Kind::Quantised(quant), Some(weights)) => {
                let weights = weights.int8(linear.weights_axis, linear.outputs())?;
                return self.int8_numbers(quant, weights, linear);
            }
            (Kind::Quantised(_), None) => return Err("its input is quantised alone".into()),
            (_, Some(weights)) => match weights.is_int8(linear.weights_axis, linear.outputs()) {
                Ok(()) => Some("its input is not quantised".into()),
                Err(why) => Some(why),
            },
            (_, None) => None,
        };
        if let Some(why) = why {
            let name = self.node()?.label().to_owned();
            self.floats.push((name, why));
        }
        let weights = self.stored(linear.weights).ok_or("its weights are no stored numbers")?;
        let bias = match linear.bias {
            Some(name) => {
                let bias = self.stored(name).ok_or("its bias is no stored numbers")?;
                spread(&bias, linear.outputs()).iter().map(|bias| bias * linear.beta).collect()
            }
            None => vec![0.0; linear.outputs()],
        };
        let alpha = linear.alpha;
        let weights =
            if alpha == 1.0 { weights } else { weights.iter().map(|w| w * alpha).collect() };
        Ok(Numbers::Float { weights, bias })
    }

    fn int8_numbers(
        &self,
        quant: Quant,
        mut weights: Int8Weights,
        linear: &Linear<'g>,
    ) -> Result<Numbers, Why> {
        let outputs = linear.outputs();
        weights.scales = spread(&weights.scales, outputs);
        let Some(name) = linear.bias else {
            weights.scales.iter_mut().for_each(|scale| *scale *= linear.alpha);
            return Ok(Numbers::Int8 { weights, bias: vec![0; outputs], float_bias: None });
        };
        let stored = self.stored(name).ok_or("its bias is no stored numbers")?;
        let stored = spread(&stored, outputs);
        let whole = self
            .whole_bias(name, quant, &weights.scales)
            .filter(|_| linear.beta == 1.0 && linear.alpha == 1.0);
        weights.scales.iter_mut().for_each(|scale| *scale *= linear.alpha);
        Ok(match whole {
            Some(bias) => Numbers::Int8 { weights, bias: spread(&bias, outputs), float_bias: None },
            None => {
                let float: Vec<f32> = stored.iter().map(|bias| bias * linear.beta).collect();
                Numbers::Int8 { weights, bias: vec![0; outputs], float_bias: Some(float) }
            }
        })
    }

    /// A bias in the steps of the sums, where the file has it so.
    fn whole_bias(&self, name: &str, quant: Quant, scales: &[f32]) -> Option<Vec<i32>> {
        let bias = self.weights.get(name)?;
        if bias.zero.is_some_and(|zero| zero.bytes.iter().any(|&byte| byte != 0)) {
            return None;
        }
        let steps = spread(&bias.scale.to_f32()?, scales.len());
        let alike = |(step, scale): (&f32, &f32)| {
            let wanted = quant.scale * scale;
            (step - wanted).abs() <= 1e-5 * wanted.abs()
        };
        if steps.len() != scales.len() || !steps.iter().zip(scales).all(alike) {
            return None;
        }
        bias.tensor.to_i32()
    }

    fn float_kernel(&self, weights: &[f32], part: &Part, tail: &Tail<'g>) -> Result<DenseF32, Why> {
        let each = part.pieces.elements();
        let mut packed = part.places.of(weights, part.outputs, each)?;
        if let Some(factor) = &tail.factor {
            let own = factor.get(part.first..part.first + part.outputs);
            let rows = packed.to_mut().chunks_mut(each.max(1));
            for (row, factor) in rows.zip(own.ok_or("a factor is missing")?) {
                row.iter_mut().for_each(|weight| *weight *= factor);
            }
        }
        let bias =
            tail.bias.get(part.first..part.first + part.outputs).ok_or("a bias is missing")?;
        DenseF32::new(self.tier.float, part.outputs, &part.pieces, &packed, bias, tail.clamp)
            .map_err(|error| error.to_string())
    }

    fn int8_kernel(
        &self,
        weights: &Int8Weights,
        (bias, float_bias): (&[i32], Option<&[f32]>),
        part: &Part,
        tail: &Tail<'g>,
        quant: Quant,
    ) -> Result<DenseInt8, Why> {
        let own = part.first..part.first + part.outputs;
        let of =
            |all: &[f32]| all.get(own.clone()).map(<[f32]>::to_vec).ok_or("a scale is missing");
        let packed = part.places.of(&weights.values, part.outputs, part.pieces.elements())?;
        if weights.zeros.is_some() && part.places.has_gaps() {
            return Err("its asymmetric weights do not fill the kernel".into());
        }
        let zeros = weights.zeros.as_ref().map(|zeros| zeros.get(own.clone()).unwrap_or_default());
        let scales = of(&weights.scales)?;
        let factor =
            |at: usize| tail.factor.as_ref().and_then(|all| all.get(part.first + at)).copied();
        let finish = match tail.quant {
            Some(y) => {
                let scale = |(at, scale): (usize, &f32)| {
                    quant.scale * scale * factor(at).unwrap_or(1.0) / y.scale
                };
                let bound =
                    |value: f32, none: u8| if value.is_finite() { y.stored(value) } else { none };
                Finish::U8 {
                    scales: scales.iter().enumerate().map(scale).collect(),
                    zero: y.zero,
                    low: bound(tail.clamp.low, 0),
                    high: bound(tail.clamp.high, 255),
                }
            }
            None => {
                let scale =
                    |(at, scale): (usize, &f32)| quant.scale * scale * factor(at).unwrap_or(1.0);
                let shift = tail.bias.get(own.clone()).ok_or("a bias is missing")?;
                let both: Vec<f32> = match float_bias.and_then(|all| all.get(own.clone())) {
                    Some(bias) => bias
                        .iter()
                        .zip(shift)
                        .enumerate()
                        .map(|(at, (bias, shift))| bias * factor(at).unwrap_or(1.0) + shift)
                        .collect(),
                    None => shift.to_vec(),
                };
                let bias = both.iter().any(|&bias| bias != 0.0).then_some(both);
                let scales = scales.iter().enumerate().map(scale).collect();
                Finish::F32 { scales, bias, clamp: tail.clamp }
            }
        };
        let bias = bias.get(own.clone()).ok_or("a bias is missing")?;
        DenseInt8::new(
            self.tier.int8,
            part.outputs,
            &part.pieces,
            &packed,
            bias,
            quant.zero,
            zeros,
            finish,
        )
        .map_err(|error| error.to_string())
    }
}

/// Where a part's rows lie in these views.
pub(super) fn sweep(x: &View, y: &View, part: &Part, linear: &Linear<'_>) -> Result<Sweep, Why> {
    let outside = || -> Why { "it reaches outside of its input".into() };
    let step = |axis: Option<usize>| -> Result<usize, Why> {
        let Some(axis) = axis else { return Ok(0) };
        let step = y.steps.get(axis).copied().ok_or("an axis is missing")?;
        usize::try_from(step).map_err(|_| "its output runs backwards".into())
    };
    // The rows of a dense layer follow each other.
    let (lines, places) = match linear.places {
        Some(_) => (step(linear.lines)?, step(linear.places)?),
        None => (part.outputs, part.outputs),
    };
    let channel = step(Some(linear.channels))?;
    if channel != 1 && part.outputs > 1 {
        return Err("its output's channels do not follow each other".into());
    }
    let x_at = isize::try_from(x.at).ok().and_then(|at| at.checked_add(part.x_at));
    let x_at = x_at.and_then(|at| usize::try_from(at).ok()).ok_or_else(outside)?;
    let y_at = y.at + part.y_first[0] * lines + part.y_first[1] * places + part.first * channel;
    let [blocks, count] = part.count;
    let (x_step, y_step) = (part.x_step[1], part.y_step[1] * places);
    let rows = Rows { count, x_step, y_step };
    let (x_block, y_block) = (part.x_step[0], part.y_step[0] * lines);
    Ok(Sweep { x_at, y_at, blocks, x_block, y_block, rows })
}
