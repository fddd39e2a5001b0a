//! Operators that work element by element: activations, arithmetic with broadcasting, choices.

use oddity_kernels::map::Activation;
use oddity_kernels::program::Layer;
use oddity_kernels::zip::BinaryOp;

use super::compiler::{Compiler, Why};
use super::view::{Kind, View};
use crate::graph::{Binary, ElementType, GeluFormula, Op, Unary, Variadic};

impl<'g> Compiler<'g> {
    /// One input, element by element. Between a DequantizeLinear and a QuantizeLinear it is a table.
    pub(super) fn map(&mut self, activation: Activation) -> Result<(), Why> {
        let name = self.input(0)?;
        let view = self.meant(name)?;
        if self.table(&view, activation)? {
            return Ok(());
        }
        let own = view.kind == Kind::F32 && self.is_last(name, &view);
        let x = self.as_float(view)?;
        if own {
            let walk = self.walk([&x])?;
            self.push(Layer::MapOver { tier: self.tier.float, activation, walk }, &[], &[&x])?;
            return self.give(0, x);
        }
        let y = self.fresh(self.output(0)?, &x.dims, Kind::F32)?;
        let walk = self.walk([&x, &y])?;
        self.push(Layer::Map { tier: self.tier.float, activation, walk }, &[&x], &[&y])?;
        self.give(0, y)
    }

    pub(super) fn unary(&mut self, unary: Unary) -> Result<(), Why> {
        match unary {
            Unary::Identity => self.pass(),
            _ => self.map(activation(unary)),
        }
    }

    /// What comes out is what goes in.
    pub(super) fn pass(&mut self) -> Result<(), Why> {
        let view = self.view(self.input(0)?)?;
        self.give(0, view)
    }

    /// Limits that are attributes, or stored inputs.
    pub(super) fn clip(&mut self, min: Option<f32>, max: Option<f32>) -> Result<(), Why> {
        let bound = |said: Option<f32>, index: usize, none: f32| match self.optional(index) {
            Some(name) => self.number(name).ok_or("its limits are no stored numbers"),
            None => Ok(said.unwrap_or(none)),
        };
        let low = bound(min, 1, f32::NEG_INFINITY)?;
        let high = bound(max, 2, f32::INFINITY)?;
        self.map(Activation::Clip { low, high })
    }

    /// To f32 nothing is to be done: numbers are carried in it.
    pub(super) fn cast(&mut self, to: ElementType) -> Result<(), Why> {
        let from = self.graph.facts.get(self.input(0)?).and_then(|fact| fact.element);
        let whole = matches!(from, Some(ElementType::Bool | ElementType::I32 | ElementType::I64));
        match to {
            ElementType::F32 => {
                let view = self.meant(self.input(0)?)?;
                self.give(0, view)
            }
            ElementType::I32 | ElementType::I64 if from == Some(ElementType::Bool) => self.pass(),
            ElementType::Bool if from == Some(ElementType::Bool) => self.pass(),
            ElementType::I64 | ElementType::I32 if whole => self.pass(),
            _ => Err("it makes integers of what the window holds".into()),
        }
    }

    pub(super) fn binary(&mut self, binary: Binary) -> Result<(), Why> {
        let op = match binary {
            Binary::Add => BinaryOp::Add,
            Binary::And => BinaryOp::And,
            Binary::Div => BinaryOp::Div,
            Binary::Equal => BinaryOp::Equal,
            Binary::Greater => BinaryOp::Greater,
            Binary::GreaterOrEqual => BinaryOp::GreaterOrEqual,
            Binary::Less => BinaryOp::Less,
            Binary::LessOrEqual => BinaryOp::LessOrEqual,
            Binary::Mul => BinaryOp::Mul,
            Binary::Or => BinaryOp::Or,
            Binary::Pow => BinaryOp::Pow,
            Binary::Sub => BinaryOp::Sub,
            Binary::Xor => BinaryOp::Xor,
        };
        let whole = |element: Option<ElementType>| element.is_some_and(ElementType::is_index);
        let element = self.graph.facts.get(self.input(0)?).and_then(|fact| fact.element);
        if matches!(element, Some(ElementType::U8 | ElementType::I8)) {
            return Err("it computes with quantised numbers themselves".into());
        }
        if whole(element) && matches!(binary, Binary::Div | Binary::Pow) {
            return Err("it divides integers that the window makes".into());
        }
        let (a, b) = (self.float_input(0)?, self.float_input(1)?);
        let y = self.zipped(op, &a, &b, true)?;
        self.give(0, y)
    }

    /// Two values that broadcast; the last of a row of them is laid out as the output is wanted.
    pub(super) fn zipped(
        &mut self,
        op: BinaryOp,
        a: &View,
        b: &View,
        last: bool,
    ) -> Result<View, Why> {
        let dims = broadcast(&a.dims, &b.dims).ok_or("its shapes do not fit")?;
        let y = match last {
            true => self.fresh(self.output(0)?, &dims, Kind::F32)?,
            false => self.plain(&dims, Kind::F32),
        };
        let a = a.expanded(&dims).ok_or("its shapes do not fit")?;
        let b = b.expanded(&dims).ok_or("its shapes do not fit")?;
        let walk = self.walk([&a, &b, &y])?;
        self.push(Layer::Zip { tier: self.tier.float, op, walk }, &[&a, &b], &[&y])?;
        Ok(y)
    }

    pub(super) fn variadic(&mut self, variadic: Variadic) -> Result<(), Why> {
        let op = match variadic {
            Variadic::Max => BinaryOp::Max,
            Variadic::Min => BinaryOp::Min,
            Variadic::Sum | Variadic::Mean => BinaryOp::Add,
        };
        let count = self.node()?.inputs.len();
        let mean = variadic == Variadic::Mean && count > 1;
        let mut all = self.float_input(0)?;
        for index in 1..count {
            let next = self.float_input(index)?;
            all = self.zipped(op, &all, &next, index + 1 == count && !mean)?;
        }
        if mean {
            let value = self.builder.constant(&[count as f32]);
            let count = View::whole(value, &[], Kind::F32);
            all = self.zipped(BinaryOp::Div, &all, &count, true)?;
        }
        self.give(0, all)
    }

    /// A slope for each channel where the value is below zero.
    pub(super) fn p_relu(&mut self) -> Result<(), Why> {
        let (x, slope) = (self.float_input(0)?, self.float_input(1)?);
        let y = self.zipped(BinaryOp::PRelu, &x, &slope, true)?;
        self.give(0, y)
    }

    pub(super) fn modulo(&mut self, fmod: bool) -> Result<(), Why> {
        if !fmod {
            return Err("it takes the rest of integers that the window makes".into());
        }
        let (a, b) = (self.float_input(0)?, self.float_input(1)?);
        let y = self.zipped(BinaryOp::Mod, &a, &b, true)?;
        self.give(0, y)
    }

    /// One of two values, as a third says.
    pub(super) fn choose(&mut self) -> Result<(), Why> {
        let (c, a, b) = (self.float_input(0)?, self.float_input(1)?, self.float_input(2)?);
        let dims = self.dims(self.output(0)?)?.to_vec();
        let wide = |view: View| view.expanded(&dims).ok_or("its shapes do not fit");
        let (c, a, b) = (wide(c)?, wide(a)?, wide(b)?);
        let y = self.fresh(self.output(0)?, &dims, Kind::F32)?;
        let walk = self.walk([&c, &a, &b, &y])?;
        self.push(Layer::Select { walk }, &[&c, &a, &b], &[&y])?;
        self.give(0, y)
    }

    /// A factor and a shift for each channel that no layer before could take in.
    pub(super) fn batch_normalization(&mut self, epsilon: f32) -> Result<(), Why> {
        let of = |index: usize| {
            let stored = self.input(index).ok().and_then(|name| self.stored(name));
            stored.ok_or("its scale, bias, mean and variance are no stored numbers")
        };
        let (scale, bias, mean, variance) = (of(1)?, of(2)?, of(3)?, of(4)?);
        let root = |variance: &f32| (f64::from(*variance) + f64::from(epsilon)).sqrt();
        let factor = scale.iter().zip(&variance).map(|(s, v)| (f64::from(*s) / root(v)) as f32);
        let factor: Vec<f32> = factor.collect();
        let shift = bias.iter().zip(&mean).zip(&factor).map(|((b, m), f)| b - m * f);
        let shift: Vec<f32> = shift.collect();
        let x = self.float_input(0)?;
        let rank = x.dims.len();
        let dims: Vec<usize> =
            (0..rank).map(|axis| if axis == 1 { factor.len() } else { 1 }).collect();
        let dims = if rank == 1 { vec![factor.len()] } else { dims };
        let factor = View::whole(self.builder.constant(&factor), &dims, Kind::F32);
        let shift = View::whole(self.builder.constant(&shift), &dims, Kind::F32);
        let scaled = self.zipped(BinaryOp::Mul, &x, &factor, false)?;
        let y = self.zipped(BinaryOp::Add, &scaled, &shift, true)?;
        self.give(0, y)
    }
}

/// NumPy's rule.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dim = |dims: &[usize], axis: usize| {
        (axis + dims.len()).checked_sub(rank).and_then(|at| dims.get(at).copied()).unwrap_or(1)
    };
    (0..rank)
        .map(|axis| match (dim(a, axis), dim(b, axis)) {
            (x, y) if x == y || y == 1 => Some(x),
            (1, y) => Some(y),
            _ => None,
        })
        .collect()
}

/// The function of an operator that is nothing but one.
pub(super) fn simple(op: &Op) -> Option<Activation> {
    Some(match *op {
        Op::Unary(unary) if unary != Unary::Identity => activation(unary),
        Op::Celu { alpha } => Activation::Celu { alpha },
        Op::Elu { alpha } => Activation::Elu { alpha },
        Op::Gelu(GeluFormula::Exact) => Activation::GeluExact,
        Op::Gelu(GeluFormula::Tanh) => Activation::GeluTanh,
        Op::HardSigmoid { alpha, beta } => Activation::HardSigmoid { alpha, beta },
        Op::LeakyRelu { alpha } => Activation::LeakyRelu { alpha },
        Op::Selu { alpha, gamma } => Activation::Selu {
            alpha: alpha.unwrap_or(1.673_263_2),
            gamma: gamma.unwrap_or(1.050_701),
        },
        Op::ThresholdedRelu { alpha } => Activation::ThresholdedRelu { alpha },
        _ => return None,
    })
}

fn activation(unary: Unary) -> Activation {
    match unary {
        Unary::Abs => Activation::Abs,
        Unary::Acos => Activation::Acos,
        Unary::Acosh => Activation::Acosh,
        Unary::Asin => Activation::Asin,
        Unary::Asinh => Activation::Asinh,
        Unary::Atan => Activation::Atan,
        Unary::Atanh => Activation::Atanh,
        Unary::Ceil => Activation::Ceil,
        Unary::Cos => Activation::Cos,
        Unary::Cosh => Activation::Cosh,
        Unary::Erf => Activation::Erf,
        Unary::Exp => Activation::Exp,
        Unary::Floor => Activation::Floor,
        Unary::HardSwish => Activation::HardSwish,
        Unary::Identity => Activation::Clip { low: f32::NEG_INFINITY, high: f32::INFINITY },
        Unary::IsNaN => Activation::IsNaN,
        Unary::Log => Activation::Log,
        Unary::Mish => Activation::Mish,
        Unary::Neg => Activation::Neg,
        Unary::Not => Activation::Not,
        Unary::Reciprocal => Activation::Reciprocal,
        Unary::Relu => Activation::Relu,
        Unary::Round => Activation::Round,
        Unary::Sigmoid => Activation::Sigmoid,
        Unary::Sign => Activation::Sign,
        Unary::Sin => Activation::Sin,
        Unary::Sinh => Activation::Sinh,
        Unary::Softplus => Activation::Softplus,
        Unary::Softsign => Activation::Softsign,
        Unary::Sqrt => Activation::Sqrt,
        Unary::Tan => Activation::Tan,
        Unary::Tanh => Activation::Tanh,
    }
}
