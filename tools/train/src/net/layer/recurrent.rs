//! LSTM and GRU over `[N, time, width]`, giving the top layer's state at each step,
//! `[N, time, hidden]`. The first state is zero.

use oddity::graph::write::{int, ints};
use tch::{Kind, Tensor, nn};

use super::initial::uniform;
use crate::net::error::NetError;
use crate::net::graph::ExportGraph;

/// What a recurrent layer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl Cell {
    /// Where ONNX wants each of its gates from, in PyTorch's order: i, f, g, o become i, o, f, c;
    /// r, z, n become z, r, h.
    fn gates(self) -> &'static [i64] {
        match self {
            Self::Lstm => &[0, 3, 1, 2],
            Self::Gru => &[1, 0, 2],
        }
    }
}

/// Stacked recurrent layers.
#[derive(Debug)]
pub(crate) struct Recurrent {
    cell: Cell,
    width: usize,
    hidden: usize,
    /// From the bottom up.
    layers: Vec<Weights>,
}

/// Of one layer, with the gates one below the other in PyTorch's order.
#[derive(Debug)]
struct Weights {
    /// `[gates * hidden, width]`.
    input: Tensor,
    /// `[gates * hidden, hidden]`.
    state: Tensor,
    /// `[gates * hidden]`.
    input_bias: Tensor,
    /// `[gates * hidden]`.
    state_bias: Tensor,
}

impl Recurrent {
    /// Starts as `torch.nn.LSTM` does: uniform to `1 / sqrt(hidden)`.
    pub(crate) fn new(
        path: &nn::Path<'_>,
        cell: Cell,
        width: usize,
        hidden: usize,
        layers: usize,
    ) -> Result<Self, NetError> {
        let bound = 1.0 / (hidden as f64).sqrt();
        let rows = cell.gates().len() * hidden;
        let make = |index: usize| {
            let width = if index == 0 { width } else { hidden };
            let weight = |name: &str, dims: &[usize]| {
                uniform(path, &format!("{name}_l{index}"), dims, bound)
            };
            Ok(Weights {
                input: weight("weight_ih", &[rows, width])?,
                state: weight("weight_hh", &[rows, hidden])?,
                input_bias: weight("bias_ih", &[rows])?,
                state_bias: weight("bias_hh", &[rows])?,
            })
        };
        let layers = (0..layers).map(make).collect::<Result<_, NetError>>()?;
        Ok(Self { cell, width, hidden, layers })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        let rows = x.size().first().copied().unwrap_or_default();
        let count = self.layers.len() as i64;
        let zero = Tensor::f_zeros([count, rows, self.hidden as i64], (Kind::Float, x.device()))?;
        let all = |w: &Weights| {
            [&w.input, &w.state, &w.input_bias, &w.state_bias].map(Tensor::shallow_clone)
        };
        let weights: Vec<Tensor> = self.layers.iter().flat_map(all).collect();
        // cuDNN only goes back through a layer that is said to be in training; without dropout
        // that changes nothing else.
        Ok(match self.cell {
            Cell::Lstm => {
                let state = [zero.shallow_clone(), zero];
                x.f_lstm(&state, &weights, true, count, 0.0, true, false, true)?.0
            }
            Cell::Gru => x.f_gru(&zero, &weights, true, count, 0.0, true, false, true)?.0,
        })
    }

    pub(crate) fn export(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
    ) -> Result<String, NetError> {
        // ONNX wants [time, N, width].
        let swap = || vec![ints("perm", vec![1, 0, 2])];
        let mut x = graph.add("Transpose", &format!("{name}.in"), &[x], swap());
        let zero = self.export_zero(graph, name, &x);
        for (index, weights) in self.layers.iter().enumerate() {
            x = self.export_layer(graph, &format!("{name}.l{index}"), &x, &zero, weights)?;
        }
        Ok(graph.add("Transpose", name, &[&x], swap()))
    }

    /// The first state, `[1, N, hidden]`: the first step times nothing, because tract panics on a
    /// free batch without a state, and this takes no arithmetic on shapes.
    fn export_zero(&self, graph: &mut ExportGraph, name: &str, x: &str) -> String {
        let first = graph.store_integers(&format!("{name}.first"), &[0]);
        let step = graph.add("Gather", &format!("{name}.step"), &[x, &first], vec![int("axis", 0)]);
        let nothing = vec![0.0; self.width * self.hidden];
        let zeros =
            graph.store_floats(&format!("{name}.zeros"), &[self.width, self.hidden], &nothing);
        graph.add("MatMul", &format!("{name}.state"), &[&step, &zeros], vec![])
    }

    fn export_layer(
        &self,
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
        zero: &str,
        weights: &Weights,
    ) -> Result<String, NetError> {
        let mut x = x.to_owned();
        let mut input = self.reorder(&weights.input)?;
        if self.cell == Cell::Gru && input.size2()?.1 == 1 {
            // tract's GRU fails on inputs one wide: read the input twice, the second time for
            // nothing.
            let twice = graph.store_integers(&format!("{name}.twice"), &[0, 0]);
            x = graph.add("Gather", &format!("{name}.wide"), &[&x, &twice], vec![int("axis", 2)]);
            input = Tensor::f_cat(&[&input, &input.f_zeros_like()?], 1)?;
        }
        let biases = [self.reorder(&weights.input_bias)?, self.reorder(&weights.state_bias)?];
        let bias = Tensor::f_cat(&biases, 0)?;
        // A leading 1: one direction.
        let mut store = |what: &str, weight: &Tensor| {
            graph.store(&format!("{name}.{what}"), &weight.f_unsqueeze(0)?)
        };
        let input = store("input", &input)?;
        let state = store("recurrence", &self.reorder(&weights.state)?)?;
        let bias = store("bias", &bias)?;
        let hidden = int("hidden_size", self.hidden as i64);
        let all = format!("{name}.all");
        match self.cell {
            Cell::Lstm => {
                // Where both states are one value, tract's optimiser turns the axes of only one.
                let cell = graph.add("Abs", &format!("{name}.cell"), &[zero], vec![]);
                let inputs = [&x, &input, &state, &bias, "", zero, &cell];
                graph.add("LSTM", &all, &inputs, vec![hidden]);
            }
            Cell::Gru => {
                // PyTorch's order: the reset gate acts on the product.
                let after = int("linear_before_reset", 1);
                let inputs = [&x, &input, &state, &bias, "", zero];
                graph.add("GRU", &all, &inputs, vec![hidden, after]);
            }
        }
        let direction = graph.store_integers(&format!("{name}.direction"), &[1]);
        Ok(graph.add("Squeeze", name, &[&all, &direction], vec![]))
    }

    fn reorder(&self, weight: &Tensor) -> Result<Tensor, NetError> {
        let gates = self.cell.gates();
        let parts = weight.f_detach()?.f_chunk(gates.len() as i64, 0)?;
        let ordered: Vec<&Tensor> =
            gates.iter().filter_map(|&gate| parts.get(gate as usize)).collect();
        Ok(Tensor::f_cat(&ordered, 0)?)
    }
}
