//! Small random autoencoders: bytes that choose go in, an ONNX file comes out whose every node has a
//! native layer. The same bytes give the same file.

use super::onnx::Onnx;

const U8: i32 = 2;
const I8: i32 = 3;

/// A graph that grows by choices.
struct Growing<'a> {
    onnx: Onnx,
    choices: std::slice::Iter<'a, u8>,
    seed: u64,
    count: usize,
    /// The value at the end, and its axes after the batch: `[features]` or `[channels, time]`, or
    /// `[channels, height, width]`.
    name: String,
    dims: Vec<i64>,
    /// Values before it.
    before: Vec<(String, Vec<i64>)>,
}

/// The file that these choices make.
pub fn autoencoder(choices: &[u8]) -> Vec<u8> {
    let mut choices = choices.iter();
    let mut pick = |count: u8| i64::from(choices.next().map_or(0, |choice| choice % count));
    let dims = match pick(3) {
        0 => vec![1 + pick(40)],
        1 => vec![1 + pick(6), 4 + pick(20)],
        _ => vec![1 + pick(3), 4 + pick(8), 4 + pick(8)],
    };
    let onnx = Onnx::new("x", None, &dims);
    let (name, seed, count) = ("x".to_owned(), 1, 0);
    let before = Vec::new();
    let mut graph = Growing { onnx, choices, seed, count, name, dims: dims.clone(), before };
    for _ in 0..8 {
        graph.grow();
    }
    graph.close(&dims)
}

impl Growing<'_> {
    fn pick(&mut self, count: u8) -> i64 {
        i64::from(self.choices.next().map_or(0, |choice| choice % count))
    }

    /// Numbers that look like noise, between -1 and 1.
    fn noise(&mut self, count: i64, scale: f32) -> Vec<f32> {
        (0..count)
            .map(|_| {
                self.seed =
                    self.seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (((self.seed >> 40) as f32 / (1u64 << 23) as f32) - 1.0) * scale
            })
            .collect()
    }

    fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}{}", self.count)
    }

    fn edit(&mut self, change: impl FnOnce(Onnx) -> Onnx) {
        self.onnx = change(std::mem::take(&mut self.onnx));
    }

    fn floats(&mut self, what: &str, dims: &[i64], values: &[f32]) -> String {
        let name = self.fresh(what);
        self.edit(|onnx| onnx.floats(&name, dims, values));
        name
    }

    /// Goes on to a new value.
    fn node(&mut self, operator: &str, inputs: &str, dims: Vec<i64>) {
        let out = self.fresh("v");
        self.edit(|onnx| onnx.node(operator, inputs, &out));
        let last =
            (std::mem::replace(&mut self.name, out), std::mem::replace(&mut self.dims, dims));
        self.before.push(last);
    }

    fn same(&mut self, operator: &str) {
        self.node(operator, &self.name.clone(), self.dims.clone());
    }

    fn grow(&mut self) {
        match (self.pick(12), self.dims.len()) {
            (0 | 1, 1) => self.dense(),
            (0, _) => self.conv(),
            (1, _) => self.conv_transpose(),
            (2, _) => {
                let activation = self.pick(8) as usize;
                self.same(
                    [
                        "Relu",
                        "Tanh",
                        "Sigmoid",
                        "LeakyRelu",
                        "Elu",
                        "Softplus",
                        "HardSigmoid",
                        "Abs",
                    ][activation],
                );
            }
            (3, 2 | 3) => self.pool(),
            (4, _) => self.residual(),
            (5, _) => self.quantised_steps(),
            (6, 2 | 3) => self.batch_normalization(),
            (7, _) => self.same("Softmax"),
            (8, 2) => self.transpose(),
            (8, 3) => self.resize(),
            (9, 2 | 3) => {
                let features = self.dims.iter().product();
                self.node("Flatten", &self.name.clone(), vec![features]);
            }
            (10, 2) => self.recurrent(),
            (10, 1) if self.dims[0] % 2 == 0 => {
                let dims = vec![2, self.dims[0] / 2];
                self.reshape(&dims);
            }
            (11, _) => self.layer_normalization(),
            _ => self.concat(),
        }
    }

    fn reshape(&mut self, dims: &[i64]) {
        let shape = self.fresh("shape");
        let all: Vec<i64> = std::iter::once(-1).chain(dims.iter().copied()).collect();
        self.edit(|onnx| onnx.integers(&shape, &all));
        self.node("Reshape", &format!("{} {shape}", self.name), dims.to_vec());
    }

    /// Weights of these axes as f32, or dequantised, with one scale or one an output.
    fn weights(&mut self, dims: &[i64], axis: usize) -> String {
        let count: i64 = dims.iter().product();
        let inputs = (count / dims[axis].max(1)).max(1) as f32;
        let kind = self.pick(4);
        if kind < 2 {
            let values = self.noise(count, 1.7 / inputs.sqrt());
            return self.floats("w", dims, &values);
        }
        let bytes: Vec<i32> = self.noise(count, 127.0).iter().map(|&x| x as i32).collect();
        let (w, scale, zero) = (self.fresh("w"), self.fresh("scale"), self.fresh("zero"));
        let out = self.fresh("deq");
        let each = if kind == 2 { 1 } else { dims[axis] };
        let scales: Vec<f32> =
            self.noise(each, 0.3).iter().map(|x| (x + 0.7) * 1.7 / 127.0 / inputs.sqrt()).collect();
        let shape: &[i64] = if kind == 2 { &[] } else { &[each] };
        self.edit(|onnx| {
            onnx.numbers(&w, I8, dims, &bytes)
                .floats(&scale, shape, &scales)
                .numbers(&zero, I8, shape, &vec![0; each as usize])
                .node("DequantizeLinear", &format!("{w} {scale} {zero}"), &out)
                .int("axis", if kind == 2 { 1 } else { axis as i64 })
        });
        out
    }

    fn bias(&mut self, outputs: i64) -> String {
        let values = self.noise(outputs, 0.3);
        self.floats("b", &[outputs], &values)
    }

    fn dense(&mut self) {
        let (inputs, outputs) = (self.dims[0], 1 + self.pick(40));
        let turned = self.pick(2);
        let (dims, axis) =
            if turned == 1 { ([outputs, inputs], 0) } else { ([inputs, outputs], 1) };
        let w = self.weights(&dims, axis);
        let b = self.bias(outputs);
        let name = self.name.clone();
        if turned == 0 && self.pick(2) == 1 {
            self.node("MatMul", &format!("{name} {w}"), vec![outputs]);
            self.node("Add", &format!("{} {b}", self.name), vec![outputs]);
        } else {
            self.node("Gemm", &format!("{name} {w} {b}"), vec![outputs]);
            self.edit(|onnx| onnx.int("transB", turned));
        }
    }

    fn conv(&mut self) {
        let channels = self.dims[0];
        let (kernel, stride, dilation) = (1 + self.pick(4), 1 + self.pick(2), 1 + self.pick(2));
        // tract 0.23.9 takes the places that such a stride reads before what comes before it, even where that
        // is a normalisation over all places.
        let (kernel, dilation) = if stride > 1 { (kernel.max(2), 1) } else { (kernel, dilation) };
        let (before, after) = (self.pick(3), self.pick(3));
        let group = if self.pick(3) == 0 { channels } else { 1 };
        let outputs = group * (1 + self.pick(6));
        let reach = (kernel - 1) * dilation + 1;
        let length = |length: i64| (length + before + after - reach) / stride + 1;
        if self.dims[1..].iter().any(|&dim| dim + before + after < reach) {
            return;
        }
        let mut dims = vec![outputs];
        dims.extend(self.dims[1..].iter().map(|&dim| length(dim)));
        let spatial = dims.len() - 1;
        let mut shape = vec![outputs, channels / group];
        shape.extend(vec![kernel; spatial]);
        let (w, b) = (self.weights(&shape, 0), self.bias(outputs));
        self.node("Conv", &format!("{} {w} {b}", self.name), dims);
        self.kernel(spatial, (kernel, stride, dilation), (before, after), group);
    }

    fn conv_transpose(&mut self) {
        let channels = self.dims[0];
        let (kernel, stride, dilation) = (1 + self.pick(4), 1 + self.pick(3), 1 + self.pick(2));
        let reach = (kernel - 1) * dilation + 1;
        let (before, after) = (self.pick(2), self.pick(2));
        let outputs = 1 + self.pick(6);
        let length = |length: i64| (length - 1) * stride + reach - before - after;
        if self.dims[1..].iter().any(|&dim| length(dim) < 1 || length(dim) > 60) {
            return;
        }
        let mut dims = vec![outputs];
        dims.extend(self.dims[1..].iter().map(|&dim| length(dim)));
        let spatial = dims.len() - 1;
        let mut shape = vec![channels, outputs];
        shape.extend(vec![kernel; spatial]);
        let (w, b) = (self.weights(&shape, 1), self.bias(outputs));
        self.node("ConvTranspose", &format!("{} {w} {b}", self.name), dims);
        self.kernel(spatial, (kernel, stride, dilation), (before, after), 1);
    }

    fn kernel(
        &mut self,
        spatial: usize,
        (kernel, stride, dilation): (i64, i64, i64),
        (before, after): (i64, i64),
        group: i64,
    ) {
        let pads = [vec![before; spatial], vec![after; spatial]].concat();
        self.edit(|onnx| {
            onnx.ints("kernel_shape", &vec![kernel; spatial])
                .ints("strides", &vec![stride; spatial])
                .ints("dilations", &vec![dilation; spatial])
                .ints("pads", &pads)
                .int("group", group)
        });
    }

    fn pool(&mut self) {
        let spatial = self.dims.len() - 1;
        let stride = 1 + self.pick(2);
        if self.dims[1..].iter().any(|&dim| dim < 2) {
            return;
        }
        let mut dims = vec![self.dims[0]];
        dims.extend(self.dims[1..].iter().map(|&dim| (dim - 2) / stride + 1));
        let operator = if self.pick(2) == 0 { "MaxPool" } else { "AveragePool" };
        self.node(operator, &self.name.clone(), dims);
        self.edit(|onnx| {
            onnx.ints("kernel_shape", &vec![2; spatial]).ints("strides", &vec![stride; spatial])
        });
    }

    fn residual(&mut self) {
        let alike = self.before.iter().find(|(_, dims)| *dims == self.dims);
        let Some(other) = alike.map(|(name, _)| name.clone()) else { return };
        let operator = ["Add", "Mul", "Sub", "Max"][self.pick(4) as usize];
        self.node(operator, &format!("{} {other}", self.name), self.dims.clone());
    }

    fn concat(&mut self) {
        if self.dims[0] > 30 {
            return;
        }
        let mut dims = self.dims.clone();
        dims[0] *= 2;
        self.node("Concat", &format!("{0} {0}", self.name), dims);
        self.edit(|onnx| onnx.int("axis", 1));
    }

    fn quantised_steps(&mut self) {
        let (scale, zero) = (0.004 + 0.002 * self.pick(5) as f32, self.pick(255) as i32);
        let signed = self.pick(2) == 1;
        let (element, zero) = if signed { (I8, zero - 128) } else { (U8, zero) };
        let (s, z) = (self.fresh("s"), self.fresh("z"));
        self.edit(|onnx| onnx.floats(&s, &[], &[scale]).numbers(&z, element, &[], &[zero]));
        self.node("QuantizeLinear", &format!("{} {s} {z}", self.name), self.dims.clone());
        self.before.pop();
        let quantised = self.name.clone();
        self.node("DequantizeLinear", &format!("{quantised} {s} {z}"), self.dims.clone());
        self.before.pop();
    }

    fn batch_normalization(&mut self) {
        let channels = self.dims[0];
        let [scale, bias, mean] = ["scale", "bias", "mean"].map(|what| {
            let values = self.noise(channels, 0.8);
            self.floats(what, &[channels], &values)
        });
        let values: Vec<f32> = self.noise(channels, 0.4).iter().map(|x| x + 0.9).collect();
        let variance = self.floats("variance", &[channels], &values);
        let inputs = format!("{} {scale} {bias} {mean} {variance}", self.name);
        self.node("BatchNormalization", &inputs, self.dims.clone());
    }

    fn transpose(&mut self) {
        let dims = vec![self.dims[1], self.dims[0]];
        self.node("Transpose", &self.name.clone(), dims);
        self.edit(|onnx| onnx.ints("perm", &[0, 2, 1]));
    }

    fn resize(&mut self) {
        if self.dims[1] > 20 || self.dims[2] > 20 {
            return;
        }
        let mode = ["nearest", "linear"][self.pick(2) as usize];
        let scales = self.floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
        let dims = vec![self.dims[0], self.dims[1] * 2, self.dims[2] * 2];
        self.node("Resize", &format!("{}  {scales}", self.name), dims);
        self.edit(|onnx| {
            onnx.text("mode", mode)
                .text("coordinate_transformation_mode", "asymmetric")
                .text("nearest_mode", "floor")
        });
    }

    /// Over the axis of time, `[channels, time]` turned to `[time, 1, channels]` and back.
    fn recurrent(&mut self) {
        let (inputs, steps, hidden) = (self.dims[0], self.dims[1], 1 + self.pick(12));
        let (operator, gates) = [("LSTM", 4), ("GRU", 3), ("RNN", 1)][self.pick(3) as usize];
        let [w, r, b] = [
            (vec![1, gates * hidden, inputs], 0.5),
            (vec![1, gates * hidden, hidden], 0.5),
            (vec![1, 2 * gates * hidden], 0.2),
        ]
        .map(|(dims, scale)| {
            let values = self.noise(dims.iter().product(), scale);
            self.floats("r", &dims, &values)
        });
        self.node("Transpose", &self.name.clone(), vec![]);
        self.before.pop();
        self.edit(|onnx| onnx.ints("perm", &[2, 0, 1]));
        self.node(operator, &format!("{} {w} {r} {b}", self.name), vec![]);
        self.before.pop();
        self.edit(|onnx| onnx.int("hidden_size", hidden));
        if operator == "GRU" {
            self.edit(|onnx| onnx.int("linear_before_reset", 1));
        }
        let axes = self.fresh("axes");
        self.edit(|onnx| onnx.integers(&axes, &[1]));
        self.node("Squeeze", &format!("{} {axes}", self.name), vec![]);
        self.before.pop();
        self.node("Transpose", &self.name.clone(), vec![hidden, steps]);
        self.before.pop();
        self.edit(|onnx| onnx.ints("perm", &[1, 2, 0]));
    }

    fn layer_normalization(&mut self) {
        let last = *self.dims.last().unwrap_or(&1);
        let [scale, bias] = ["scale", "bias"].map(|what| {
            let values = self.noise(last, 0.8);
            self.floats(what, &[last], &values)
        });
        self.node(
            "LayerNormalization",
            &format!("{} {scale} {bias}", self.name),
            self.dims.clone(),
        );
        self.edit(|onnx| onnx.float("epsilon", 1e-2));
    }

    /// Back to the window's own axes.
    fn close(mut self, dims: &[i64]) -> Vec<u8> {
        let (from, to): (i64, i64) = (self.dims.iter().product(), dims.iter().product());
        if self.dims.len() > 1 {
            self.node("Flatten", &self.name.clone(), vec![from]);
        }
        let w = self.weights(&[from, to], 1);
        let b = self.bias(to);
        self.node("Gemm", &format!("{} {w} {b}", self.name), vec![to]);
        if dims.len() > 1 {
            self.reshape(dims);
        }
        let name = self.name.clone();
        self.onnx.file(&name)
    }
}
