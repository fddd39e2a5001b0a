//! Operators over sets of numbers: reductions, Softmax, normalisation.

use oddity_kernels::normalise::{Scaling, ScalingOp, Standardise};
use oddity_kernels::program::Layer;
use oddity_kernels::reduce::{Reduce, ReduceOp};
use oddity_kernels::walk::Walk;

use super::compiler::{Compiler, Why};
use super::view::{Kind, View, row_major};
use crate::graph::{ReduceAttributes, Reduction};

/// Numbers that a LayerNormalization may go over: each has a scale of its own.
const MOST: usize = 1 << 22;

/// A view's lengths and steps along the axes that are asked for.
fn along(view: &View, axes: &[usize]) -> (Vec<usize>, Vec<isize>) {
    let of = |&axis: &usize| Some((*view.dims.get(axis)?, *view.steps.get(axis)?));
    axes.iter().filter_map(of).unzip()
}

fn said(error: impl std::fmt::Display) -> Why {
    error.to_string()
}

impl<'g> Compiler<'g> {
    pub(super) fn reduce(&mut self, attributes: &ReduceAttributes) -> Result<(), Why> {
        let at = self.facts()?;
        let op = match attributes.reduction {
            Reduction::L1 => ReduceOp::L1,
            Reduction::L2 => ReduceOp::L2,
            Reduction::Max => ReduceOp::Max,
            Reduction::Mean => ReduceOp::Mean,
            Reduction::Min => ReduceOp::Min,
            Reduction::Prod => ReduceOp::Prod,
            Reduction::Sum => ReduceOp::Sum,
            Reduction::SumSquare => ReduceOp::SumSquare,
        };
        let x = self.float_input(0)?;
        let axes = at.listed(attributes.axes.as_ref(), 1).map_err(said)?.unwrap_or_default();
        let axes = match axes.as_slice() {
            [] => (0..x.dims.len()).collect(),
            axes => at.axes(axes, x.dims.len()).map_err(said)?,
        };
        self.reduced(op, x, &axes)
    }

    /// The mean or the largest of each channel.
    pub(super) fn global_pool(&mut self, op: ReduceOp) -> Result<(), Why> {
        let x = self.float_input(0)?;
        let axes: Vec<usize> = (2..x.dims.len()).collect();
        self.reduced(op, x, &axes)
    }

    fn reduced(&mut self, op: ReduceOp, x: View, axes: &[usize]) -> Result<(), Why> {
        let kept: Vec<usize> = (0..x.dims.len()).filter(|axis| !axes.contains(axis)).collect();
        let (outer, outer_steps) = along(&x, &kept);
        let (inner, inner_steps) = along(&x, axes);
        let y = self.plain(self.dims(self.output(0)?)?, Kind::F32);
        let y_steps = row_major(&outer);
        let outer = Walk::new(&outer, [&outer_steps, &y_steps], [x.at, 0]).map_err(said)?;
        let inner = Walk::new(&inner, [&inner_steps], [0]).map_err(said)?;
        let reduce = Reduce::new(op, outer, inner).map_err(said)?;
        self.push(Layer::Reduce { tier: self.tier.float, reduce }, &[&x], &[&y])?;
        self.give(0, y)
    }

    /// Softmax and LogSoftmax: up to operator set 12 over all axes from one on.
    pub(super) fn softmax(&mut self, op: ScalingOp, axis: i64) -> Result<(), Why> {
        let rank = self.dims(self.input(0)?)?.len();
        let axis = self.facts()?.axis(axis, rank).map_err(said)?;
        let last = if self.graph.opset < 13 { rank } else { axis + 1 };
        self.scaled(op, (axis..last).collect())
    }

    pub(super) fn lp_normalization(&mut self, axis: i64, p: i64) -> Result<(), Why> {
        let rank = self.dims(self.input(0)?)?.len();
        let axis = self.facts()?.axis(axis, rank).map_err(said)?;
        match p {
            1 => self.scaled(ScalingOp::L1, vec![axis]),
            2 => self.scaled(ScalingOp::L2, vec![axis]),
            _ => Err(format!("there is no layer for `p` = {p}")),
        }
    }

    fn scaled(&mut self, op: ScalingOp, axes: Vec<usize>) -> Result<(), Why> {
        let y = self.own_copy()?;
        let kept: Vec<usize> = (0..y.dims.len()).filter(|axis| !axes.contains(axis)).collect();
        let (outer, outer_steps) = along(&y, &kept);
        let (inner, inner_steps) = along(&y, &axes);
        let outer = Walk::new(&outer, [&outer_steps], [y.at]).map_err(said)?;
        let inner = Walk::new(&inner, [&inner_steps], [0]).map_err(said)?;
        let scaling = Scaling::new(op, outer, inner).map_err(said)?;
        self.push(Layer::Scale { tier: self.tier.float, scaling }, &[], &[&y])?;
        self.give(0, y)
    }

    /// The first input as f32, in a value that may be written over.
    fn own_copy(&mut self) -> Result<View, Why> {
        let name = self.input(0)?;
        let view = self.view(name)?;
        if view.kind == Kind::F32 && self.is_last(name, &view) {
            return Ok(view);
        }
        let x = self.as_float(view)?;
        let y = self.assembled(&x.dims, Kind::F32);
        self.copy(&x, &y)?;
        Ok(y)
    }

    /// Over all axes from one on; scale and bias stand for each place of these.
    pub(super) fn layer_normalization(&mut self, axis: i64, epsilon: f32) -> Result<(), Why> {
        if self.node()?.outputs.iter().skip(1).any(Option::is_some) {
            return Err("it gives its statistics".into());
        }
        let rank = self.dims(self.input(0)?)?.len();
        let axis = self.facts()?.axis(axis, rank).map_err(said)?;
        let y = self.own_copy()?;
        let axes: Vec<usize> = (axis..rank).collect();
        let kept: Vec<usize> = (0..axis).collect();
        let (outer, outer_steps) = along(&y, &kept);
        let (inner, inner_steps) = along(&y, &axes);
        let places: usize = inner.iter().product();
        if places > MOST {
            return Err(format!("it normalises {places} numbers at once"));
        }
        let scale = self.spread_over(self.input(1)?, &inner)?;
        let bias = match self.optional(2) {
            Some(name) => self.spread_over(name, &inner)?,
            None => vec![0.0; places],
        };
        let none = vec![0; outer.len()];
        let scales = row_major(&inner);
        let outer = Walk::new(&outer, [&outer_steps, &none], [y.at, 0]).map_err(said)?;
        let inner = Walk::new(&inner, [&inner_steps, &scales], [0, 0]).map_err(said)?;
        let standardise = Standardise::new(outer, inner, epsilon, scale, bias).map_err(said)?;
        self.push(Layer::Standardise { tier: self.tier.float, standardise }, &[], &[&y])?;
        self.give(0, y)
    }

    /// Over the places of each channel.
    pub(super) fn instance_normalization(&mut self, epsilon: f32) -> Result<(), Why> {
        let of = |index: usize| {
            let stored = self.input(index).ok().and_then(|name| self.stored(name));
            stored.ok_or("its scale and bias are no stored numbers")
        };
        let (scale, bias) = (of(1)?, of(2)?);
        let y = self.own_copy()?;
        let axes: Vec<usize> = (2..y.dims.len()).collect();
        let (outer, outer_steps) = along(&y, &[0, 1]);
        let (inner, inner_steps) = along(&y, &axes);
        let none = vec![0; inner.len()];
        let outer = Walk::new(&outer, [&outer_steps, &[0, 1]], [y.at, 0]).map_err(said)?;
        let inner = Walk::new(&inner, [&inner_steps, &none], [0, 0]).map_err(said)?;
        let standardise = Standardise::new(outer, inner, epsilon, scale, bias).map_err(said)?;
        self.push(Layer::Standardise { tier: self.tier.float, standardise }, &[], &[&y])?;
        self.give(0, y)
    }

    /// Stored numbers, repeated over a shape by NumPy's rule.
    fn spread_over(&self, name: &str, dims: &[usize]) -> Result<Vec<f32>, Why> {
        let stored = self.stored(name).ok_or("its scale and bias are no stored numbers")?;
        let view = View::whole(self.builder.input(), self.dims(name)?, Kind::F32);
        let wide = view.expanded(dims).ok_or("its scale and bias do not fit its axes")?;
        let all: Option<Vec<f32>> = wide.places().map(|at| stored.get(at).copied()).collect();
        all.ok_or_else(|| "its scale and bias do not fit its axes".into())
    }
}
