//! Layers that only move values about.

use oddity::graph::write::{int, ints};
use tch::Tensor;

use crate::net::error::NetError;
use crate::net::graph::ExportGraph;

/// Other axes for the same values in the same order.
#[derive(Debug)]
pub(crate) struct Reshape {
    /// Sizes after the batch.
    pub to: Vec<usize>,
}

impl Reshape {
    fn shape(&self) -> Vec<i64> {
        std::iter::once(-1).chain(self.to.iter().map(|&size| size as i64)).collect()
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        Ok(x.f_reshape(self.shape())?)
    }

    pub(crate) fn export(&self, graph: &mut ExportGraph, name: &str, x: &str) -> String {
        if self.to.len() == 1 {
            return graph.add("Flatten", name, &[x], vec![int("axis", 1)]);
        }
        let shape = graph.store_integers(&format!("{name}.shape"), &self.shape());
        graph.add("Reshape", name, &[x, &shape], vec![])
    }
}

/// `[N, time, channels]` to `[N, channels, time]`, or back.
#[derive(Debug)]
pub(crate) struct SwapAxes;

impl SwapAxes {
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        Ok(x.f_transpose(1, 2)?)
    }

    pub(crate) fn export(&self, graph: &mut ExportGraph, name: &str, x: &str) -> String {
        graph.add("Transpose", name, &[x], vec![ints("perm", vec![0, 2, 1])])
    }
}

/// `[N, time, width]` to the last step, `[N, width]`.
#[derive(Debug)]
pub(crate) struct LastStep {
    /// Steps.
    pub time: usize,
}

impl LastStep {
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        Ok(x.f_select(1, self.time as i64 - 1)?)
    }

    pub(crate) fn export(&self, graph: &mut ExportGraph, name: &str, x: &str) -> String {
        let step = graph.store_integer(&format!("{name}.step"), self.time as i64 - 1);
        graph.add("Gather", name, &[x, &step], vec![int("axis", 1)])
    }
}

/// `[N, width]` to the same at each step, `[N, time, width]`.
#[derive(Debug)]
pub(crate) struct Repeat {
    /// Steps.
    pub time: usize,
    /// Width of a step.
    pub width: usize,
}

impl Repeat {
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        Ok(x.f_unsqueeze(1)?.f_expand([-1, self.time as i64, -1], false)?)
    }

    pub(crate) fn export(&self, graph: &mut ExportGraph, name: &str, x: &str) -> String {
        let shape = graph.store_integers(&format!("{name}.shape"), &[-1, 1, self.width as i64]);
        let once = graph.add("Reshape", &format!("{name}.once"), &[x, &shape], vec![]);
        // tract's optimiser cannot load Tile or Expand in front of a recurrent layer.
        let steps = graph.store_integers(&format!("{name}.steps"), &vec![0; self.time]);
        graph.add("Gather", name, &[&once, &steps], vec![int("axis", 1)])
    }
}
