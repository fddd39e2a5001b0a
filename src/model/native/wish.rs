//! How values are wanted by those who read them: channels last, with zeros around them.
//!
//! A convolution reads rows of channels and reaches over the edge. Where whoever makes its input writes
//! it so from the start, nothing is copied.

use std::collections::HashMap;

use crate::graph::{At, Graph, KernelGeometry, Node, Op};

/// How a value `[1, channels, spatial...]` is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wish {
    /// Zeros before and after each axis.
    pub pads: Vec<(usize, usize)>,
}

impl Wish {
    /// The axes, the fastest last: channels after the spatial ones.
    pub(super) fn order(&self, rank: usize) -> Vec<usize> {
        let spatial = 2..rank;
        std::iter::once(0).chain(spatial).chain((rank > 1).then_some(1)).collect()
    }

    fn or(self, other: &Wish) -> Self {
        if self.pads.len() != other.pads.len() {
            return self;
        }
        let pads = self.pads.iter().zip(&other.pads);
        Wish { pads: pads.map(|(a, b)| (a.0.max(b.0), a.1.max(b.1))).collect() }
    }
}

/// What is wanted of each value that anybody wants in a certain way.
pub(super) fn wishes(graph: &Graph) -> HashMap<&str, Wish> {
    let mut wishes: HashMap<&str, Wish> = HashMap::new();
    for node in graph.nodes.iter().rev() {
        for (index, wish) in wanted(graph, node, &wishes) {
            let Some(name) = node.input(index) else { continue };
            let wish = match wishes.get(name) {
                Some(other) => wish.or(other),
                None => wish,
            };
            wishes.insert(name, wish);
        }
    }
    wishes
}

/// How a node wants its inputs.
fn wanted(graph: &Graph, node: &Node, wishes: &HashMap<&str, Wish>) -> Vec<(usize, Wish)> {
    let at = At::new(node, &graph.facts, graph.opset);
    let first = |wish: Option<Wish>| wish.map(|wish| (0, wish)).into_iter().collect();
    match &node.op {
        Op::Conv(conv) => first(geometry(&at, &conv.kernel).and_then(|kernel| {
            let pads =
                conv_pads(&kernel, at.dims(0).ok()?.get(2..)?, output(graph, node)?.get(2..)?);
            Some(wish(pads))
        })),
        Op::ConvTranspose { conv, .. } => first(geometry(&at, &conv.kernel).and_then(|kernel| {
            let (input, output) = (at.dims(0).ok()?.get(2..)?, output(graph, node)?.get(2..)?);
            Some(wish(transposed_pads(&kernel, input, output)))
        })),
        Op::AveragePool { .. } | Op::MaxPool { .. } => {
            let rank = at.dims(0).map_or(0, <[usize]>::len);
            first(Some(Wish { pads: vec![(0, 0); rank] }))
        }
        op if passes(op) => {
            let Some(out) = node.output(0).and_then(|name| wishes.get(name)) else {
                return Vec::new();
            };
            let dims = output(graph, node).unwrap_or_default();
            let alike = |index: &usize| at.dims(*index).is_ok_and(|input| input == dims);
            (0..node.inputs.len()).filter(alike).map(|index| (index, out.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether what comes out lies as what goes in.
fn passes(op: &Op) -> bool {
    op.is_by_element() || matches!(op, Op::BatchNormalization { .. })
}

fn output<'g>(graph: &'g Graph, node: &Node) -> Option<&'g [usize]> {
    graph.facts.get(node.output(0)?).map(|fact| fact.dims.as_slice())
}

fn wish(spatial: Vec<(usize, usize)>) -> Wish {
    Wish { pads: [(0, 0), (0, 0)].into_iter().chain(spatial).collect() }
}

fn geometry(at: &At<'_>, said: &crate::graph::KernelAttributes) -> Option<KernelGeometry> {
    let kernel = at.dims(1).ok()?.get(2..)?;
    KernelGeometry::of(at, said, Some(kernel), kernel.len()).ok()
}

/// Zeros that a convolution reads before and after each axis.
pub(super) fn conv_pads(
    kernel: &KernelGeometry,
    input: &[usize],
    output: &[usize],
) -> Vec<(usize, usize)> {
    let axis = |(axis, (&length, &steps)): (usize, (&usize, &usize))| {
        let (stride, reach) = (kernel.strides[axis], kernel.reach(axis));
        let needed = steps.saturating_sub(1) * stride + reach;
        let before = before(kernel, axis, length, needed);
        (before, needed.saturating_sub(length + before))
    };
    input.iter().zip(output).enumerate().map(axis).collect()
}

/// Zeros before an axis: as the file says, or as `auto_pad` spreads them.
fn before(kernel: &KernelGeometry, axis: usize, length: usize, needed: usize) -> usize {
    use crate::graph::AutoPad;
    let all = needed.saturating_sub(length);
    match kernel.auto_pad {
        AutoPad::SameUpper => all / 2,
        AutoPad::SameLower => all.div_ceil(2),
        AutoPad::NotSet | AutoPad::Valid => kernel.before[axis],
    }
}

/// For each remainder of the output's place by the stride, of `steps` places: the taps that meet it, as
/// pairs of the tap and of how far from `place / stride` it reads.
pub(super) fn phases(
    kernel: &KernelGeometry,
    axis: usize,
    steps: usize,
) -> Vec<Vec<(usize, isize)>> {
    let (stride, dilation) = (kernel.strides[axis] as isize, kernel.dilations[axis] as isize);
    let before = kernel.before[axis] as isize;
    let mut phases = vec![Vec::new(); kernel.strides[axis].min(steps)];
    for tap in 0..kernel.kernel[axis] {
        let reach = tap as isize * dilation - before;
        let phase = reach.rem_euclid(stride);
        if let Some(taps) = phases.get_mut(phase as usize) {
            taps.push((tap, (phase - reach).div_euclid(stride)));
        }
    }
    phases.iter_mut().for_each(|taps| taps.sort_unstable_by_key(|&(_, reads)| reads));
    phases
}

/// Zeros that a transposed convolution reads before and after each axis.
pub(super) fn transposed_pads(
    kernel: &KernelGeometry,
    input: &[usize],
    output: &[usize],
) -> Vec<(usize, usize)> {
    let axis = |(axis, (&length, &steps)): (usize, (&usize, &usize))| {
        let stride = kernel.strides[axis];
        let mut pads = (0, 0);
        for (phase, taps) in phases(kernel, axis, steps).into_iter().enumerate() {
            let Some(last) = steps.checked_sub(phase + 1).map(|rest| rest / stride) else {
                continue;
            };
            for (_, reads) in taps {
                let (first, last) = (reads, last as isize + reads);
                pads.0 = pads.0.max((-first).max(0) as usize);
                pads.1 = pads.1.max((last + 1 - length as isize).max(0) as usize);
            }
        }
        pads
    };
    input.iter().zip(output).enumerate().map(axis).collect()
}
