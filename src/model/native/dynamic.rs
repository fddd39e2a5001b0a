//! Dynamic quantisation: a window's own range decides the scale of its bytes.

use oddity_kernels::program::{Element, Layer};
use oddity_kernels::{Clamp, DenseInt8, Finish};

use super::compiler::{Compiler, Held, Why};
use super::linear::{Linear, sweep};
use super::view::{Kind, View};
use super::weights::{Int8Weights, Weights, spread};
use crate::graph::{ElementType, Tensor};

impl<'g> Compiler<'g> {
    /// Bytes, their scale and their zero point.
    pub(super) fn dynamic_quantize(&mut self) -> Result<(), Why> {
        let x = self.float_input(0)?;
        let len = x.len();
        let x = match x.at == 0 && x.is_contiguous() && self.builder.len(x.value) == len {
            true => x,
            false => self.copied(&x)?,
        };
        let y = self.builder.assembled(Element::U8, len);
        let scale = self.builder.assembled(Element::F32, 1);
        let zero = self.builder.assembled(Element::U8, 1);
        let dims = x.dims.clone();
        let (y, scale, zero) = (
            View::whole(y, &dims, Kind::Dynamic),
            View::whole(
                scale,
                self.dims(self.output(1).unwrap_or_default()).unwrap_or(&[]),
                Kind::F32,
            ),
            View::whole(zero, &[], Kind::Dynamic),
        );
        let layer = Layer::DynamicQuantise { tier: self.tier.float, len };
        self.push(layer, &[&x], &[&y, &scale, &zero])?;
        self.give(0, y)?;
        self.give(1, scale)?;
        self.give(2, zero)
    }

    /// An input whose quantised numbers are meant as they are.
    pub(super) fn raw_input(&mut self, index: usize) -> Result<View, Why> {
        let view = self.view(self.input(index)?)?;
        match view.kind {
            Kind::F32 => Err("its input is not quantised".into()),
            Kind::Quantised(_) | Kind::Dynamic => Ok(view),
        }
    }

    /// A product of integers less their zero points (MatMulInteger, ConvInteger), as f32.
    pub(super) fn integers(&mut self, x: View, linear: Linear<'g>) -> Result<(), Why> {
        let outputs = linear.outputs();
        let weights = self.integer_weights(outputs)?;
        let zero = self.zero_of(&x)?;
        let name = self.output(0)?;
        let y = self.target(name, &linear, Kind::F32, linear.parts.len() > 1)?;
        for part in &linear.parts {
            if weights.zeros.is_some() && part.places.has_gaps() {
                return Err("its asymmetric weights do not fill the kernel".into());
            }
            let packed = part.places.of(&weights.values, part.outputs, part.pieces.elements())?;
            let own = part.first..part.first + part.outputs;
            let zeros = weights.zeros.as_ref().and_then(|zeros| zeros.get(own));
            let (scales, bias) = (vec![1.0; part.outputs], vec![0; part.outputs]);
            let finish = Finish::F32 { scales, bias: None, clamp: Clamp::NONE };
            let (tier, pieces) = (self.tier.int8, &part.pieces);
            let kernel =
                DenseInt8::new(tier, part.outputs, pieces, &packed, &bias, 0, zeros, finish);
            let kernel = kernel.map_err(|error| error.to_string())?;
            let sweep = sweep(&x, &y, part, &linear)?;
            self.push(Layer::DenseDynamic { kernel, sweep }, &[&x, &zero], &[&y])?;
        }
        self.give(0, y)
    }

    fn integer_weights(&self, outputs: usize) -> Result<Int8Weights, Why> {
        let of =
            |index: usize| self.optional(index).and_then(|name| self.tensors.get(name)).copied();
        let tensor = of(1).ok_or("its weights are no stored numbers")?;
        if self.optional(3).is_some() && of(3).is_none() {
            return Err("its zero point is no stored number".into());
        }
        let one = Tensor::floats(&[], &[1.0]);
        let weights = Weights { tensor, scale: &one, zero: None, axis: 0, block: 0 };
        let mut weights = weights.int8(usize::MAX, outputs)?;
        if let Some(zero) = of(3) {
            let shift = if tensor.element == ElementType::U8 { 128 } else { 0 };
            let zeros = zero.to_f32().ok_or("its zero point is no number")?;
            let zeros: Vec<i32> = zeros.iter().map(|&zero| zero as i32 - shift).collect();
            if zeros.len() != 1 && zeros.len() != outputs {
                return Err("its zero points do not fit its outputs".into());
            }
            weights.zeros = zeros.iter().any(|&zero| zero != 0).then(|| spread(&zeros, outputs));
        }
        Ok(weights)
    }

    /// The zero point of what the first input holds.
    pub(super) fn zero_of(&mut self, x: &View) -> Result<View, Why> {
        let shift = match x.kind {
            Kind::Quantised(quant) if quant.signed => 128,
            _ => 0,
        };
        if let Some(name) = self.optional(2) {
            if let Some(Held::View(view)) = self.names.get(name).cloned() {
                return Ok(view);
            }
            let zero = self.number(name).ok_or("its zero point is no single number")?;
            let zero = u8::try_from(zero as i32 + shift).map_err(|_| "its zero point is none")?;
            return Ok(View::whole(self.builder.constant_u8(&[zero]), &[], Kind::Dynamic));
        }
        let zero = self.builder.constant_u8(&[shift as u8]);
        Ok(View::whole(zero, &[], Kind::Dynamic))
    }
}
