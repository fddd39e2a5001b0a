//! Layers that a random model grows by: each goes on from the value at the end.

use super::Growing;

impl Growing<'_> {
    pub(super) fn dense(&mut self) {
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

    pub(super) fn conv(&mut self) {
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

    pub(super) fn conv_transpose(&mut self) {
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

    pub(super) fn pool(&mut self) {
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

    pub(super) fn resize(&mut self) {
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
    pub(super) fn recurrent(&mut self) {
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

    pub(super) fn batch_normalization(&mut self) {
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

    pub(super) fn layer_normalization(&mut self) {
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
}
