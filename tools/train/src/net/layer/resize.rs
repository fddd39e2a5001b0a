//! Nearest-neighbour enlargement by a whole number, then cut to size: value `i` of an axis is value
//! `floor(i / factor)` of the one before. Axes as in [`super::Conv`].

use oddity::graph::write::text;
use tch::Tensor;

use crate::net::error::NetError;
use crate::net::graph::ExportGraph;

/// An enlargement.
#[derive(Debug)]
pub(crate) struct Resize {
    /// How often each value is repeated along an axis.
    pub factor: usize,
    /// Sizes of the axes before.
    pub from: Vec<usize>,
    /// Sizes of the axes after, at most `factor` times those before.
    pub to: Vec<usize>,
}

impl Resize {
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NetError> {
        let mut x = x.shallow_clone();
        for (axis, (&from, &to)) in self.from.iter().zip(&self.to).enumerate() {
            // By repetition: libtorch's own resize multiplies by a rounded 1 / factor, which can
            // miss a border.
            let at = axis as i64 + 2;
            let mut sizes = x.size();
            sizes.insert(axis + 3, self.factor as i64);
            x = x.f_unsqueeze(at + 1)?.f_expand(&sizes, false)?.f_flatten(at, at + 1)?;
            if to != from * self.factor {
                x = x.f_narrow(at, 0, to as i64)?;
            }
        }
        Ok(x)
    }

    pub(crate) fn export(&self, graph: &mut ExportGraph, name: &str, x: &str) -> String {
        let mut scales = vec![1.0, 1.0];
        scales.extend(self.from.iter().map(|_| self.factor as f32));
        let table = graph.store_floats(&format!("{name}.scales"), &[scales.len()], &scales);
        let attributes = vec![
            text("coordinate_transformation_mode", "asymmetric"),
            text("mode", "nearest"),
            text("nearest_mode", "floor"),
        ];
        let whole = graph.add("Resize", &format!("{name}.whole"), &[x, "", &table], attributes);
        if self.from.iter().zip(&self.to).all(|(&from, &to)| to == from * self.factor) {
            return whole;
        }
        let ends: Vec<i64> = self.to.iter().map(|&to| to as i64).collect();
        let axes: Vec<i64> = (0..ends.len()).map(|axis| axis as i64 + 2).collect();
        let starts = graph.store_integers(&format!("{name}.starts"), &vec![0; ends.len()]);
        let ends = graph.store_integers(&format!("{name}.ends"), &ends);
        let axes = graph.store_integers(&format!("{name}.axes"), &axes);
        graph.add("Slice", name, &[&whole, &starts, &ends, &axes], vec![])
    }
}
