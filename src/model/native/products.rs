//! The product of two matrices that the window makes, as in attention.

use oddity_kernels::matmul::MatMul;
use oddity_kernels::program::Layer;
use oddity_kernels::walk::Walk;

use super::compiler::{Compiler, Why};
use super::view::{Kind, View};

impl<'g> Compiler<'g> {
    /// A MatMul whose second input is no stored matrix.
    pub(super) fn product(&mut self) -> Result<(), Why> {
        let (a, b) = (self.float_input(0)?, self.float_input(1)?);
        let dims = self.dims(self.output(0)?)?.to_vec();
        self.multiplied(a, b, &dims)
    }

    /// `a [.., m, k]` times `b [.., k, n]`, the axes before broadcast.
    pub(super) fn multiplied(&mut self, a: View, b: View, dims: &[usize]) -> Result<(), Why> {
        if a.dims.len() < 2 || b.dims.len() < 2 {
            return Err("it multiplies by a vector that the window makes".into());
        }
        let (lead, last) = dims.split_at(dims.len().saturating_sub(2));
        let (Some(&k), &[m, n]) = (a.dims.last(), last) else {
            return Err("it is no product of matrices".into());
        };
        let wide = |view: View, matrix: [usize; 2]| {
            view.expanded(&[lead, &matrix].concat()).ok_or("its shapes do not fit")
        };
        let (a, b) = (wide(a, [m, k])?, wide(b, [k, n])?);
        let y = self.plain(dims, Kind::F32);
        let batch = |view: &View| view.steps.get(..lead.len()).unwrap_or_default().to_vec();
        let steps = [batch(&a), batch(&b), batch(&y)];
        let steps = steps.each_ref().map(Vec::as_slice);
        let walk = Walk::new(lead, steps, [a.at, b.at, y.at]).map_err(|error| error.to_string())?;
        let matrix = |view: &View| -> Result<[usize; 2], Why> {
            match view.steps.get(lead.len()..) {
                Some(&[rows, columns]) => {
                    let step = |step: isize| usize::try_from(step).map_err(|_| "it runs backwards");
                    Ok([step(rows)?, step(columns)?])
                }
                _ => Err("it is no product of matrices".into()),
            }
        };
        let matmul = MatMul::new(walk, [m, k, n], matrix(&a)?, matrix(&b)?);
        let matmul = matmul.map_err(|error| error.to_string())?;
        self.push(Layer::MatMul { tier: self.tier.float, matmul }, &[&a, &b], &[&y])?;
        self.give(0, y)
    }

    /// A Gemm of two matrices that the window makes.
    pub(super) fn two_matrices(&mut self, said: &crate::graph::GemmAttributes) -> Result<(), Why> {
        if (said.alpha, said.beta) != (1.0, 1.0) || self.optional(2).is_some() {
            return Err(
                "it scales or shifts the product of two values that the window makes".into()
            );
        }
        let turned = |view: View, turn: bool| match turn {
            true => view.transposed(&[1, 0]).ok_or("it is no matrix"),
            false => Ok(view),
        };
        let a = turned(self.float_input(0)?, said.trans_a)?;
        let b = turned(self.float_input(1)?, said.trans_b)?;
        let dims = self.dims(self.output(0)?)?.to_vec();
        self.multiplied(a, b, &dims)
    }
}
