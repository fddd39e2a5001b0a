//! Small random autoencoders: bytes that choose go in, an ONNX file comes out whose every node has a
//! native layer. The same bytes give the same file. Absurd ones have scales and zero points that are none.

mod layers;
mod quantised;

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
    /// Those of the last weights, where they are quantised.
    weight_scales: Vec<f32>,
    /// The last value that was dequantised, and its scale.
    scaled: Option<(String, f32)>,
    absurd: bool,
}

/// The file that these choices make.
pub fn autoencoder(choices: &[u8]) -> Vec<u8> {
    grown(choices, false)
}

/// The same with something wrong in its scales, zero points or stored weights, or nothing.
#[allow(dead_code, reason = "not all that share this file ask for it")]
pub fn absurd(choices: &[u8]) -> Vec<u8> {
    grown(choices, true)
}

fn grown(choices: &[u8], absurd: bool) -> Vec<u8> {
    let mut choices = choices.iter();
    let mut pick = |count: u8| i64::from(choices.next().map_or(0, |choice| choice % count));
    let dims = match pick(3) {
        0 => vec![1 + pick(40)],
        1 => vec![1 + pick(6), 4 + pick(20)],
        _ => vec![1 + pick(3), 4 + pick(8), 4 + pick(8)],
    };
    let mut graph = Growing {
        onnx: Onnx::new("x", None, &dims),
        choices,
        seed: 1,
        count: 0,
        name: "x".to_owned(),
        dims: dims.clone(),
        before: Vec::new(),
        weight_scales: Vec::new(),
        scaled: None,
        absurd,
    };
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

    fn transpose(&mut self) {
        let dims = vec![self.dims[1], self.dims[0]];
        self.node("Transpose", &self.name.clone(), dims);
        self.edit(|onnx| onnx.ints("perm", &[0, 2, 1]));
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
