//! Pools over neighbours, channels last.

use oddity_kernels::pool::{Pool, PoolAxis, PoolOp};
use oddity_kernels::program::Layer;

use super::compiler::{Compiler, Why};
use super::view::{Kind, View};
use super::wish::{Wish, conv_pads};
use crate::graph::{KernelAttributes, KernelGeometry};

impl<'g> Compiler<'g> {
    pub(super) fn pool(&mut self, said: &KernelAttributes, op: PoolOp) -> Result<(), Why> {
        if self.node()?.outputs.iter().skip(1).any(Option::is_some) {
            return Err("it gives the places of what it picks".into());
        }
        let dims = self.dims(self.input(0)?)?;
        if dims.first() != Some(&1) {
            return Err("it goes over several pictures of a window".into());
        }
        let out = self.dims(self.output(0)?)?.to_vec();
        let spatial = dims.get(2..).unwrap_or_default();
        let made = out.get(2..).unwrap_or_default();
        let kernel = KernelGeometry::of(&self.facts()?, said, None, spatial.len());
        let kernel = kernel.map_err(|error| error.to_string())?;
        let pads = match kernel.is_same() {
            true => conv_pads(&kernel, spatial, made),
            false => kernel.before.iter().copied().zip(kernel.after.iter().copied()).collect(),
        };
        let axis = |axis: usize| -> Option<PoolAxis> {
            let &(before, after) = pads.get(axis)?;
            Some(PoolAxis {
                input: *spatial.get(axis)?,
                kernel: *kernel.kernel.get(axis)?,
                stride: *kernel.strides.get(axis)?,
                dilation: *kernel.dilations.get(axis)?,
                before,
                after,
                output: *made.get(axis)?,
            })
        };
        let (rows, columns) = match spatial.len() {
            1 => (Some(PoolAxis::ONE), axis(0)),
            2 => (axis(0), axis(1)),
            axes => return Err(format!("it pools over {axes} axes; there are layers for 1 and 2")),
        };
        let (Some(rows), Some(columns)) = (rows, columns) else {
            return Err("its kernel has the wrong number of axes".into());
        };
        let view = self.view(self.input(0)?)?;
        let view = match (op, view.kind) {
            (PoolOp::Max, Kind::Quantised(_)) => view,
            _ => self.as_float(view)?,
        };
        let x = self.packed(view)?;
        let y = self.padded(&out, &Wish { pads: vec![(0, 0); out.len()] }, x.kind, false)?;
        let channels = dims.get(1).copied().unwrap_or(1);
        let pool = Pool::new(op, rows, columns, channels).map_err(|error| error.to_string())?;
        self.push(Layer::Pool { tier: self.tier.float, pool }, &[&x], &[&y])?;
        self.give(0, y)
    }

    /// A view as a value of its own, channels last and nothing around it.
    pub(super) fn packed(&mut self, view: View) -> Result<View, Why> {
        let wish = Wish { pads: vec![(0, 0); view.dims.len()] };
        let mut steps = vec![1isize; view.dims.len()];
        let mut each = 1usize;
        for axis in wish.order(view.dims.len()).into_iter().rev() {
            if let (Some(step), Some(dim)) = (steps.get_mut(axis), view.dims.get(axis)) {
                *step = each as isize;
                each *= dim;
            }
        }
        let axes = view.dims.iter().zip(view.steps.iter().zip(&steps));
        let alike = axes.into_iter().all(|(&dim, (have, want))| dim == 1 || have == want);
        if alike && view.at == 0 && self.builder.len(view.value) == view.len() {
            return Ok(view);
        }
        let to = self.padded(&view.dims, &wish, view.kind, false)?;
        self.copy(&view, &to)?;
        Ok(to)
    }
}
