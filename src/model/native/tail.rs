//! What follows a linear layer and is done in one go with it: a bias, a BatchNormalization, limits such
//! as a ReLU, a QuantizeLinear.

use oddity_kernels::Clamp;

use super::compiler::Compiler;
use super::view::Quant;
use crate::graph::{Binary, ElementType, Node, Op, Unary, Variadic};

/// The nodes that a linear layer takes in.
#[derive(Clone, Debug)]
pub(super) struct Tail<'g> {
    /// The value that they come to.
    pub name: &'g str,
    /// A factor for each output; `None` where there is no BatchNormalization or product.
    pub factor: Option<Vec<f32>>,
    /// Added to each output, after the factor.
    pub bias: Vec<f32>,
    pub clamp: Clamp,
    pub quant: Option<Quant>,
    /// Where these nodes are.
    pub nodes: Vec<usize>,
}

impl<'g> Compiler<'g> {
    /// The nodes after `name`, a value whose axis `channels` is the `outputs` of a linear layer with this
    /// bias. Products are taken in only where `scaled`.
    pub(super) fn tail(
        &self,
        name: &'g str,
        (channels, outputs): (usize, usize),
        bias: Vec<f32>,
        scaled: bool,
    ) -> Tail<'g> {
        let clamp = Clamp::NONE;
        let mut tail = Tail { name, factor: None, bias, clamp, quant: None, nodes: Vec::new() };
        while let Some((at, node)) = self.reader(tail.name) {
            let Some(next) = node.output(0) else { break };
            let (limits, bound) = (self.limits(node), tail.clamp != Clamp::NONE);
            if let Some(clamp) = limits.filter(|_| !bound) {
                tail.clamp = clamp;
            } else if let Some(quant) = self.quant(node) {
                tail.quant = Some(quant);
            } else if let Some((factor, shift)) =
                self.affine(node, tail.name, (channels, outputs)).filter(|_| !bound)
            {
                if factor.is_some() && !scaled {
                    break;
                }
                if let Some(factor) = &factor {
                    tail.bias.iter_mut().zip(factor).for_each(|(bias, factor)| *bias *= factor);
                    match &mut tail.factor {
                        Some(all) => all.iter_mut().zip(factor).for_each(|(a, b)| *a *= b),
                        None => tail.factor = Some(factor.clone()),
                    }
                }
                tail.bias.iter_mut().zip(&shift).for_each(|(bias, shift)| *bias += shift);
            } else {
                break;
            }
            tail.nodes.push(at);
            tail.name = next;
            if tail.quant.is_some() {
                break;
            }
        }
        tail
    }

    /// The limits that a node keeps its input in.
    fn limits(&self, node: &Node) -> Option<Clamp> {
        match node.op {
            Op::Unary(Unary::Relu) => Some(Clamp::RELU),
            Op::Clip { min, max } => {
                let bound = |said: Option<f32>, index: usize, none: f32| match node.input(index) {
                    Some(name) => self.number(name),
                    None => Some(said.unwrap_or(none)),
                };
                let low = bound(min, 1, f32::NEG_INFINITY)?;
                let high = bound(max, 2, f32::INFINITY)?;
                (low <= high).then_some(Clamp { low, high })
            }
            Op::Variadic(Variadic::Max) if node.inputs.len() == 2 => {
                let low = node.inputs.iter().flatten().find(|name| self.is_stored(name))?;
                let low = self.number(low)?;
                (!low.is_nan()).then_some(Clamp { low, high: f32::INFINITY })
            }
            _ => None,
        }
    }

    /// How a QuantizeLinear with one known scale rounds.
    pub(super) fn quant(&self, node: &Node) -> Option<Quant> {
        let Op::QuantizeLinear { block: 0, to, .. } = node.op else { return None };
        let zero = node.input(2).and_then(|name| self.tensors.get(name));
        if node.input(2).is_some() && zero.is_none() {
            return None;
        }
        let element = zero.map(|zero| zero.element).or(to).unwrap_or(ElementType::U8);
        let signed = match element {
            ElementType::U8 => false,
            ElementType::I8 => true,
            _ => return None,
        };
        let scale = self.number(node.input(1)?)?;
        let zero = match zero.map(|zero| zero.to_f32()) {
            Some(zero) => match zero?.as_slice() {
                [zero] => *zero,
                _ => return None,
            },
            None => 0.0,
        };
        let zero = zero as i32 + if signed { 128 } else { 0 };
        (scale.is_finite() && scale > 0.0).then_some(())?;
        Some(Quant { scale, zero: u8::try_from(zero).ok()?, signed })
    }

    /// `x * factor + shift` for each output, where a node is that; no factor where all are 1.
    fn affine(
        &self,
        node: &Node,
        name: &str,
        (channels, outputs): (usize, usize),
    ) -> Option<(Option<Vec<f32>>, Vec<f32>)> {
        match &node.op {
            Op::BatchNormalization { epsilon, .. } if node.input(0) == Some(name) => {
                if channels != 1 || node.outputs.iter().skip(1).any(Option::is_some) {
                    return None;
                }
                let of = |index: usize| {
                    let values = self.stored(node.input(index)?)?;
                    (values.len() == outputs).then_some(values)
                };
                let (scale, bias, mean, variance) = (of(1)?, of(2)?, of(3)?, of(4)?);
                let root = |variance: f32| (f64::from(variance) + f64::from(*epsilon)).sqrt();
                let factor: Vec<f32> = scale
                    .iter()
                    .zip(&variance)
                    .map(|(&scale, &variance)| (f64::from(scale) / root(variance)) as f32)
                    .collect();
                let shift = bias.iter().zip(&mean).zip(&factor);
                let shift = shift.map(|((bias, mean), factor)| bias - mean * factor).collect();
                factor.iter().all(|factor| factor.is_finite()).then_some((Some(factor), shift))
            }
            Op::Binary(binary @ (Binary::Add | Binary::Mul)) => {
                let other = node.inputs.iter().flatten().find(|other| other.as_str() != name)?;
                if !self.is_stored(other)
                    || self.dims(name).ok()? != self.dims(node.output(0)?).ok()?
                {
                    return None;
                }
                let values = self.along(other, name, channels, outputs)?;
                match binary {
                    Binary::Add => Some((None, values)),
                    _ => Some((Some(values), vec![0.0; outputs])),
                }
            }
            _ => None,
        }
    }

    /// Stored numbers that differ along the axis `channels` of a value alone: one for each output.
    pub(super) fn along(
        &self,
        stored: &str,
        name: &str,
        channels: usize,
        outputs: usize,
    ) -> Option<Vec<f32>> {
        let (dims, rank) = (self.dims(stored).ok()?, self.dims(name).ok()?.len());
        let values = self.stored(stored)?;
        if let [one] = values.as_slice() {
            return Some(vec![*one; outputs]);
        }
        let axis = (channels + dims.len()).checked_sub(rank)?;
        (dims.get(axis) == Some(&outputs) && values.len() == outputs).then_some(values)
    }
}
