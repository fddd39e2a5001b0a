//! Quantised numbers of a random model: weights, biases, and steps between layers. Those of an absurd
//! model may have scales and zero points that are none.

use super::{Growing, I8, U8};

const I32: i32 = 6;

/// Element types, of which two are right for a zero point.
const ELEMENTS: [i32; 6] = [U8, I8, 4, 5, I32, 9];

/// Scales that are none, or hardly any.
const SCALES: [f32; 8] =
    [0.0, -0.0, -0.01, f32::NAN, f32::INFINITY, 1e-42, f32::MIN_POSITIVE, f32::MAX];

/// Zero points, of which some are in no type of 8 bits.
const ZEROS: [i32; 8] = [-129, -128, -1, 127, 128, 255, 256, i32::MAX];

/// What quantised numbers stand for.
struct Steps {
    /// None is left out.
    scales: Option<Vec<f32>>,
    /// Where the scale is not single.
    axes: Vec<i64>,
    zero: Option<(i32, Vec<i32>)>,
    axis: i64,
}

impl Growing<'_> {
    /// Weights of these axes as f32, or dequantised, with one scale or one an output.
    pub(super) fn weights(&mut self, dims: &[i64], axis: usize) -> String {
        let count: i64 = dims.iter().product();
        let inputs = (count / dims[axis].max(1)).max(1) as f32;
        let kind = self.pick(6);
        self.weight_scales.clear();
        if kind < 2 {
            let values = self.noise(count, 1.7 / inputs.sqrt());
            return self.floats("w", dims, &values);
        }
        let each = if kind % 2 == 0 { 1 } else { dims[axis] };
        let scales: Vec<f32> =
            self.noise(each, 0.3).iter().map(|x| (x + 0.7) * 1.7 / 127.0 / inputs.sqrt()).collect();
        let mut bytes: Vec<i32> = self.noise(count, 127.0).iter().map(|&x| x as i32).collect();
        // A kernel that has gaps takes no zero points of its own.
        let zero = if dims.len() == 2 { self.pick(20) as i32 - 10 } else { 0 };
        let (element, zero) = if kind < 4 { (I8, zero) } else { (U8, zero + 128) };
        if element == U8 {
            bytes.iter_mut().for_each(|byte| *byte += 128);
        }
        let axes = if each == 1 { Vec::new() } else { vec![each] };
        self.weight_scales.clone_from(&scales);
        let zero = Some((element, vec![zero; each as usize]));
        let axis = if each == 1 { 1 } else { axis as i64 };
        self.stored("w", element, dims, bytes, Steps { scales: Some(scales), axes, zero, axis })
    }

    /// One number for each output; as whole steps of the sums, where the layer runs in int8.
    pub(super) fn bias(&mut self, outputs: i64) -> String {
        let values = self.noise(outputs, 0.3);
        let x_scale = self.scale_here();
        if self.weight_scales.is_empty() || self.pick(2) == 0 {
            return self.floats("b", &[outputs], &values);
        }
        let scales: Vec<f32> =
            self.weight_scales.iter().map(|scale| x_scale.unwrap_or(0.01) * scale).collect();
        let each = |at: usize| scales[if scales.len() == 1 { 0 } else { at }];
        let steps = values.iter().enumerate().map(|(at, x)| (x / each(at)).round() as i32);
        let steps = steps.collect();
        let axes = if scales.len() == 1 { Vec::new() } else { vec![outputs] };
        let of = Steps { scales: Some(scales), axes, zero: None, axis: 0 };
        self.stored("b", I32, &[outputs], steps, of)
    }

    /// Stored numbers and the node that makes them f32.
    fn stored(
        &mut self,
        what: &str,
        element: i32,
        dims: &[i64],
        mut values: Vec<i32>,
        steps: Steps,
    ) -> String {
        let (name, out) = (self.fresh(what), self.fresh("deq"));
        let mut dims = dims.to_vec();
        if self.absurd {
            match self.pick(12) {
                0 => drop(values.pop()),
                1 => dims.reverse(),
                2 => values.iter_mut().for_each(|value| *value += 200),
                _ => {}
            }
        }
        let (beside, axis) = self.beside(steps);
        self.edit(|onnx| {
            onnx.numbers(&name, element, &dims, &values)
                .node("DequantizeLinear", &format!("{name} {beside}"), &out)
                .int("axis", axis)
        });
        out
    }

    pub(super) fn quantised_steps(&mut self) {
        let (scale, zero) = (0.004 + 0.002 * self.pick(5) as f32, self.pick(255) as i32);
        let signed = self.pick(2) == 1;
        let (element, zero) = if signed { (I8, zero - 128) } else { (U8, zero) };
        let steps = || Steps {
            scales: Some(vec![scale]),
            axes: Vec::new(),
            zero: Some((element, vec![zero])),
            axis: 1,
        };
        let (first, axis) = self.beside(steps());
        self.node("QuantizeLinear", &format!("{} {first}", self.name), self.dims.clone());
        self.edit(|onnx| onnx.int("axis", axis));
        self.before.pop();
        // Of an absurd model the two need not be alike.
        let (second, axis) = match self.absurd && self.pick(2) == 0 {
            true => self.beside(steps()),
            false => (first, axis),
        };
        self.node("DequantizeLinear", &format!("{} {second}", self.name), self.dims.clone());
        self.edit(|onnx| onnx.int("axis", axis));
        self.before.pop();
        self.scaled = Some((self.name.clone(), scale));
    }

    /// The scale of the value at the end, where it is quantised.
    fn scale_here(&self) -> Option<f32> {
        self.scaled.as_ref().filter(|(name, _)| *name == self.name).map(|(_, scale)| *scale)
    }

    /// Stores scales and zero points: how a node names them, and its axis.
    fn beside(&mut self, mut steps: Steps) -> (String, i64) {
        if self.absurd {
            self.twist(&mut steps);
        }
        let Steps { scales, axes, zero, axis } = steps;
        let length =
            |found: usize| if axes.is_empty() && found == 1 { vec![] } else { vec![found as i64] };
        let scale = match scales {
            Some(scales) => self.floats("scale", &length(scales.len()), &scales),
            None => String::new(),
        };
        let Some((element, zeros)) = zero else { return (scale, axis) };
        let name = self.fresh("zero");
        self.edit(|onnx| onnx.numbers(&name, element, &length(zeros.len()), &zeros));
        (format!("{scale} {name}"), axis)
    }

    /// Makes something of them wrong, or nothing.
    fn twist(&mut self, steps: &mut Steps) {
        let (what, which) = (self.pick(14), self.pick(8) as usize);
        match what {
            0 | 1 => {
                let scale = steps.scales.iter_mut().flatten().last();
                scale.into_iter().for_each(|scale| *scale = SCALES[which]);
            }
            2 | 3 => {
                let zero = steps.zero.iter_mut().flat_map(|(_, zeros)| zeros).last();
                zero.into_iter().for_each(|zero| *zero = ZEROS[which]);
            }
            4 => steps.zero = None,
            5 => {
                let element = ELEMENTS[which % ELEMENTS.len()];
                steps.zero.iter_mut().for_each(|(old, _)| *old = element);
            }
            6 => steps.scales.iter_mut().for_each(|scales| scales.resize(which, 0.01)),
            7 => steps.zero.iter_mut().for_each(|(_, zeros)| zeros.resize(which, 0)),
            8 => steps.axis = which as i64 - 4,
            9 => steps.scales = None,
            _ => {}
        }
    }
}
