//! QuantizeLinear and DequantizeLinear: bytes where they can stay bytes.
//!
//! A DequantizeLinear of bytes is nothing but another way to look at them, until somebody asks for f32.

use oddity_kernels::map::Activation;
use oddity_kernels::program::Layer;
use oddity_kernels::quantise::{Grid, Table};

use super::compiler::{Compiler, Why};
use super::view::{Kind, Quant, View};
use super::weights::Weights;
use crate::graph::{ElementType, Op};

impl<'g> Compiler<'g> {
    pub(super) fn quantise(&mut self) -> Result<(), Why> {
        let node = self.node()?;
        let view = self.view(self.input(0)?)?;
        let Some(quant) = self.quant(node) else { return self.wide_steps(view) };
        if let Kind::Quantised(from) = view.kind {
            if from == quant {
                return self.give(0, view);
            }
            let same = Activation::Clip { low: f32::NEG_INFINITY, high: f32::INFINITY };
            let y = self.tabled(&view, from, quant, same)?;
            return self.give(0, y);
        }
        let y = self.fresh(self.output(0)?, &view.dims, Kind::Quantised(quant))?;
        let walk = self.walk([&view, &y])?;
        let layer = Layer::Quantise { tier: self.tier.float, grid: quant.grid()?, walk };
        self.push(layer, &[&view], &[&y])?;
        self.give(0, y)
    }

    pub(super) fn dequantise(&mut self, axis: i64, block: i64) -> Result<(), Why> {
        if let Some(weights) = self.stored_weights(axis, block) {
            self.weights.insert(self.output(0)?, weights);
            return Ok(());
        }
        let view = self.view(self.input(0)?)?;
        let scale = self.number(self.input(1)?);
        match (view.kind, scale) {
            // The steps of the DequantizeLinear need not be those of the QuantizeLinear.
            (Kind::Quantised(quant), Some(scale)) => {
                let zero = match self.optional(2) {
                    Some(name) => self.number(name).ok_or("its zero point is no single number")?,
                    None => 0.0,
                };
                let zero = zero as i32 + if quant.signed { 128 } else { 0 };
                let zero = u8::try_from(zero).map_err(|_| "its zero point is none of its type")?;
                if !(scale > 0.0 && scale.is_finite()) {
                    return Err("its scale is no positive number".into());
                }
                let quant = Quant { scale, zero, ..quant };
                self.give(0, View { kind: Kind::Quantised(quant), ..view })
            }
            // 16 bits are carried in f32, as the steps that stand for them.
            (Kind::F32, _) if self.is_wide(self.input(0)?) && !self.is_stored(self.input(0)?) => {
                self.give(0, view)
            }
            _ => Err("its scale is no single stored number".into()),
        }
    }

    /// A DequantizeLinear of stored numbers.
    fn stored_weights(&self, axis: i64, block: i64) -> Option<Weights<'g>> {
        let tensor = |index: usize| self.tensors.get(self.optional(index)?).copied();
        if self.optional(2).is_some() && tensor(2).is_none() {
            return None;
        }
        Some(Weights { tensor: tensor(0)?, scale: tensor(1)?, zero: tensor(2), axis, block })
    }

    fn is_wide(&self, name: &str) -> bool {
        let element = self.graph.facts.get(name).and_then(|fact| fact.element);
        matches!(element, Some(ElementType::U16 | ElementType::I16))
    }

    /// Steps of 16 bits: rounded to in f32, where the one that reads them makes them numbers again.
    fn wide_steps(&mut self, view: View) -> Result<(), Why> {
        let node = self.node()?;
        let out = self.output(0)?;
        let (low, high) = match self.graph.facts.get(out).and_then(|fact| fact.element) {
            Some(ElementType::U16) => (0, 65535),
            Some(ElementType::I16) => (-32768, 32767),
            _ => {
                return Err(
                    "its scale is no single stored number, or it is not of 8 or 16 bits".into()
                );
            }
        };
        let same = |other: &crate::graph::Node| {
            let alike = |index: usize| {
                let number = |name: Option<&str>| name.map(|name| self.number(name));
                number(node.input(index)) == number(other.input(index))
            };
            matches!(other.op, Op::DequantizeLinear { .. }) && alike(1) && alike(2)
        };
        if !self.reader(out).is_some_and(|(_, other)| same(other)) {
            return Err("what it rounds to 16 bits is not dequantised by the same steps".into());
        }
        let scale = self.number(self.input(1)?).ok_or("its scale is no single stored number")?;
        let zero = match self.optional(2) {
            Some(name) => self.number(name).ok_or("its zero point is no single number")?,
            None => 0.0,
        };
        let grid = Grid::new(scale, zero as i32, low, high).map_err(|error| error.to_string())?;
        let x = self.as_float(view)?;
        let y = self.fresh(out, &x.dims, Kind::F32)?;
        self.copy(&x, &y)?;
        let walk = self.walk([&y])?;
        self.push(Layer::Steps { tier: self.tier.float, grid, walk }, &[], &[&y])?;
        self.give(0, y)
    }

    /// A function between bytes as a table, where its only reader quantises what it gives.
    pub(super) fn table(&mut self, view: &View, activation: Activation) -> Result<bool, Why> {
        let Kind::Quantised(from) = view.kind else { return Ok(false) };
        let Some((at, node)) = self.reader(self.output(0)?) else { return Ok(false) };
        let (Some(to), Some(out)) = (self.quant(node), node.output(0)) else { return Ok(false) };
        let y = self.tabled(view, from, to, activation)?;
        self.taken.insert(at);
        self.names.insert(out, super::compiler::Held::View(y));
        Ok(true)
    }

    fn tabled(
        &mut self,
        view: &View,
        from: Quant,
        to: Quant,
        activation: Activation,
    ) -> Result<View, Why> {
        let table = Table::new(|x| activation.of(x), &from.grid()?, &to.grid()?);
        let table = table.map_err(|error| error.to_string())?;
        let y = self.fresh(self.output(0)?, &view.dims, Kind::Quantised(to))?;
        let walk = self.walk([view, &y])?;
        self.push(Layer::Table { table, walk }, &[view], &[&y])?;
        Ok(y)
    }
}
