//! What the compiler knows while it walks along the nodes: where each value lies, who still needs it,
//! and how it is wanted.

use std::collections::{HashMap, HashSet};

use oddity_kernels::Tier;
use oddity_kernels::program::{Builder, Element, Layer, ValueId};
use oddity_kernels::walk::Walk;

use super::view::{Kind, Quant, View};
use super::weights::Weights;
use super::wish::{Wish, wishes};
use crate::graph::{At, Graph, Node, Op, Tensor};

/// Why there is no layer for a node.
pub(super) type Why = String;

/// What stands for a value of the graph.
#[derive(Clone, Debug)]
pub(super) enum Held {
    View(View),
    /// Elements that lie in another order than their axes say: those of a view, one after the other.
    Flat {
        of: View,
        dims: Vec<usize>,
    },
}

/// A value with zeros around it: what a view must look like to reach into them.
struct Padded {
    at: usize,
    steps: Vec<isize>,
    /// Before and after each axis.
    pads: Vec<(usize, usize)>,
}

pub(super) struct Compiler<'g> {
    pub graph: &'g Graph,
    pub builder: Builder,
    pub tier: Tier,
    pub names: HashMap<&'g str, Held>,
    pub tensors: HashMap<&'g str, &'g Tensor>,
    /// Stored numbers that a DequantizeLinear makes f32.
    pub weights: HashMap<&'g str, Weights<'g>>,
    uses: HashMap<&'g str, Vec<usize>>,
    /// Nodes that a layer before has taken in.
    pub taken: HashSet<usize>,
    /// The node at work.
    pub at: usize,
    wishes: HashMap<&'g str, Wish>,
    padded: HashMap<ValueId, Padded>,
    /// Layers of quantised numbers that run in f32, and why.
    pub floats: Vec<(String, Why)>,
}

impl<'g> Compiler<'g> {
    pub(super) fn new(graph: &'g Graph, tier: Tier) -> Self {
        let window = graph.input.window.iter().product();
        let builder = Builder::new(window, tier);
        let input = View::whole(builder.input(), &graph.input.dims(), Kind::F32);
        let mut uses: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            for name in node.inputs.iter().flatten() {
                uses.entry(name).or_default().push(at);
            }
        }
        // An output is needed to the end.
        for name in &graph.outputs {
            uses.entry(name).or_default().push(usize::MAX);
        }
        let constants = graph.constants.iter().map(|stored| (stored.name.as_str(), &stored.tensor));
        let nodes = graph.nodes.iter().filter_map(|node| match &node.op {
            Op::Constant(tensor) => Some((node.output(0)?, tensor)),
            _ => None,
        });
        Compiler {
            graph,
            builder,
            tier,
            names: HashMap::from([(graph.input.name.as_str(), Held::View(input))]),
            tensors: constants.chain(nodes).collect(),
            weights: HashMap::new(),
            uses,
            taken: HashSet::new(),
            at: 0,
            wishes: wishes(graph),
            padded: HashMap::new(),
            floats: Vec::new(),
        }
    }

    pub(super) fn node(&self) -> Result<&'g Node, Why> {
        self.graph.nodes.get(self.at).ok_or_else(|| "it is not there".into())
    }

    /// The node with what is known of its inputs.
    pub(super) fn facts(&self) -> Result<At<'g>, Why> {
        Ok(At::new(self.node()?, &self.graph.facts, self.graph.opset))
    }

    pub(super) fn input(&self, index: usize) -> Result<&'g str, Why> {
        self.node()?.input(index).ok_or_else(|| format!("input {index} is left out"))
    }

    pub(super) fn optional(&self, index: usize) -> Option<&'g str> {
        self.node().ok()?.input(index)
    }

    pub(super) fn output(&self, index: usize) -> Result<&'g str, Why> {
        self.node()?.output(index).ok_or_else(|| format!("output {index} is left out"))
    }

    pub(super) fn dims(&self, name: &str) -> Result<&'g [usize], Why> {
        let fact = self.graph.facts.get(name);
        fact.map(|fact| fact.dims.as_slice()).ok_or_else(|| format!("`{name}` has no shape"))
    }

    /// Whether it is the same for all windows.
    pub(super) fn is_stored(&self, name: &str) -> bool {
        match self.names.get(name) {
            Some(Held::View(view) | Held::Flat { of: view, .. }) => {
                self.builder.is_constant(view.value)
            }
            None => true,
        }
    }

    /// The numbers of a stored value, in the order of its axes.
    pub(super) fn stored(&self, name: &str) -> Option<Vec<f32>> {
        if let Some(Held::View(view)) = self.names.get(name) {
            let stored = self.builder.stored(view.value)?;
            return view.places().map(|at| stored.get(at).copied()).collect();
        }
        if let Some(tensor) = self.tensors.get(name) {
            return tensor.to_f32();
        }
        if let Some(weights) = self.weights.get(name) {
            return weights.dequantised()?.to_f32();
        }
        let known = self.graph.facts.get(name)?.known.as_ref()?;
        Some(known.data.iter().map(|&x| x as f32).collect())
    }

    /// The single number of a stored value.
    pub(super) fn number(&self, name: &str) -> Option<f32> {
        match self.stored(name)?.as_slice() {
            [number] => Some(*number),
            _ => None,
        }
    }

    /// What stands for a value.
    pub(super) fn view(&mut self, name: &'g str) -> Result<View, Why> {
        match self.names.get(name).cloned() {
            Some(Held::View(view)) => Ok(view),
            Some(Held::Flat { of, dims }) => {
                let copied = self.copied(&of)?;
                let view = copied.reshaped(&dims).ok_or("it cannot be laid out")?;
                self.names.insert(name, Held::View(view.clone()));
                Ok(view)
            }
            None => {
                let values = self.stored(name).ok_or_else(|| format!("`{name}` is not numbers"))?;
                let value = self.builder.constant(&values);
                let view = View::whole(value, self.dims(name)?, Kind::F32);
                self.names.insert(name, Held::View(view.clone()));
                Ok(view)
            }
        }
    }

    /// The same as f32.
    pub(super) fn float(&mut self, name: &'g str) -> Result<View, Why> {
        let view = self.meant(name)?;
        self.as_float(view)
    }

    /// What stands for a value, quantised numbers as they are where the graph means them so.
    pub(super) fn meant(&mut self, name: &'g str) -> Result<View, Why> {
        let view = self.view(name)?;
        let signed = match view.kind {
            Kind::Quantised(quant) if self.is_byte(name) => quant.signed,
            Kind::Dynamic if self.is_byte(name) => false,
            _ => return Ok(view),
        };
        let quant = Quant { scale: 1.0, zero: if signed { 128 } else { 0 }, signed };
        Ok(View { kind: Kind::Quantised(quant), ..view })
    }

    /// An input as f32.
    pub(super) fn float_input(&mut self, index: usize) -> Result<View, Why> {
        let name = self.input(index)?;
        self.float(name)
    }

    /// A view as f32.
    pub(super) fn as_float(&mut self, view: View) -> Result<View, Why> {
        match view.kind {
            Kind::F32 => Ok(view),
            Kind::Quantised(quant) => {
                let value = self.builder.value(Element::F32, view.len());
                // In the order in which the numbers lie, so that rows stay rows.
                let to = View { kind: Kind::F32, ..view.alike(value) };
                let walk = self.walk([&view, &to])?;
                let tier = self.tier.float;
                let layer = Layer::Dequantise { tier, grid: quant.grid()?, walk };
                self.push(layer, &[&view], &[&to])?;
                Ok(to)
            }
            Kind::Dynamic => Err("it takes numbers whose scale is not known before".into()),
        }
    }

    /// A value for the output of this name, laid out as it is wanted.
    pub(super) fn fresh(&mut self, name: &str, dims: &[usize], kind: Kind) -> Result<View, Why> {
        match self.wishes.get(name).filter(|wish| wish.pads.len() == dims.len()).cloned() {
            Some(wish) => self.padded(dims, &wish, kind, false),
            None => Ok(self.plain(dims, kind)),
        }
    }

    /// How the output of this name is wanted, if in any way.
    pub(super) fn wish(&self, name: &str) -> Option<&Wish> {
        self.wishes.get(name)
    }

    /// A value whose last axis runs fastest.
    pub(super) fn plain(&mut self, dims: &[usize], kind: Kind) -> View {
        let element = if kind == Kind::F32 { Element::F32 } else { Element::U8 };
        let value = self.builder.value(element, dims.iter().product());
        View::whole(value, dims, kind)
    }

    /// A value that several layers write a part of each, the last axis running fastest.
    pub(super) fn assembled(&mut self, dims: &[usize], kind: Kind) -> View {
        let element = if kind == Kind::F32 { Element::F32 } else { Element::U8 };
        let value = self.builder.assembled(element, dims.iter().product());
        View::whole(value, dims, kind)
    }

    /// A value whose second axis (channels) runs fastest, with what stands for zero around it; `several`
    /// layers write it.
    pub(super) fn padded(
        &mut self,
        dims: &[usize],
        wish: &Wish,
        kind: Kind,
        several: bool,
    ) -> Result<View, Why> {
        let outer: Vec<usize> =
            dims.iter().zip(&wish.pads).map(|(dim, pads)| dim + pads.0 + pads.1).collect();
        let mut steps = vec![0isize; dims.len()];
        let mut each = 1usize;
        for axis in wish.order(dims.len()).into_iter().rev() {
            if let (Some(step), Some(dim)) = (steps.get_mut(axis), outer.get(axis)) {
                *step = each as isize;
                each = each.checked_mul(*dim).ok_or("it is too large")?;
            }
        }
        let at = wish.pads.iter().zip(&steps).map(|(pads, step)| pads.0 * *step as usize).sum();
        let element = if kind == Kind::F32 { Element::F32 } else { Element::U8 };
        let none = wish.pads.iter().all(|pads| *pads == (0, 0));
        let value = match none && !several {
            true => self.builder.value(element, each),
            false => self.builder.assembled(element, each),
        };
        let view = View { value, at, dims: dims.to_vec(), steps: steps.clone(), kind };
        if !none {
            self.border(&view, &outer, wish)?;
            let padded = Padded { at, steps, pads: wish.pads.clone() };
            self.padded.insert(value, padded);
        }
        Ok(view)
    }

    /// Writes what stands for zero around a view.
    fn border(&mut self, view: &View, outer: &[usize], wish: &Wish) -> Result<(), Why> {
        let mut walks = Vec::new();
        // Axis by axis: what lies before and after, as wide as the axes that are done already.
        let mut lens = outer.to_vec();
        let mut start = 0;
        for (axis, (before, after)) in wish.pads.iter().copied().enumerate() {
            let step = *view.steps.get(axis).ok_or("an axis is missing")?;
            let inside = *view.dims.get(axis).ok_or("an axis is missing")?;
            for (from, count) in [(0, before), (before + inside, after)] {
                if count > 0 {
                    let mut lens = lens.clone();
                    if let Some(len) = lens.get_mut(axis) {
                        *len = count;
                    }
                    let at = start + from as isize * step;
                    let walk = Walk::new(&lens, [&view.steps], [at as usize]);
                    walks.push(walk.map_err(|error| error.to_string())?);
                }
            }
            start += before as isize * step;
            if let Some(len) = lens.get_mut(axis) {
                *len = inside;
            }
        }
        let value = match view.kind {
            Kind::Quantised(Quant { zero, .. }) => f32::from(zero),
            Kind::F32 => 0.0,
            Kind::Dynamic => {
                let zero = self.zero_of(view)?;
                return self.push(Layer::FillZero { walks }, &[&zero], &[view]);
            }
        };
        self.push(Layer::Fill { walks, value }, &[], &[view])
    }

    /// Whether a view has room around it: at least so much before and after each axis.
    pub(super) fn has_room(&self, view: &View, pads: &[(usize, usize)]) -> bool {
        if pads.iter().all(|pads| *pads == (0, 0)) {
            return true;
        }
        self.padded.get(&view.value).is_some_and(|padded| {
            let enough = padded.pads.iter().zip(pads).all(|(a, b)| a.0 >= b.0 && a.1 >= b.1);
            (padded.at, &padded.steps) == (view.at, &view.steps) && enough
        })
    }

    /// A copy whose last axis runs fastest.
    pub(super) fn copied(&mut self, view: &View) -> Result<View, Why> {
        let to = self.plain(&view.dims, view.kind);
        self.copy(view, &to)?;
        Ok(to)
    }

    pub(super) fn copy(&mut self, from: &View, to: &View) -> Result<(), Why> {
        let walk = self.walk([from, to])?;
        self.push(Layer::Copy { walk }, &[from], &[to])
    }

    /// A copy that is an answer: even of what is the same for all windows.
    pub(super) fn answer(&mut self, view: &View) -> Result<View, Why> {
        let to = self.assembled(&view.dims, view.kind);
        let walk = self.walk([view, &to])?;
        let (from, to_value) = (view.value, to.value);
        let layer = Layer::Copy { walk };
        let pushed = self.builder.push("answer", layer, &[from], &[to_value]);
        pushed.map(|()| to).map_err(|error| error.to_string())
    }

    /// The way through views of one shape.
    pub(super) fn walk<const N: usize>(&self, views: [&View; N]) -> Result<Walk<N>, Why> {
        let dims = views.first().map(|view| view.dims.as_slice()).unwrap_or_default();
        let steps = views.map(|view| view.steps.as_slice());
        let starts = views.map(|view| view.at);
        Walk::new(dims, steps, starts).map_err(|error| error.to_string())
    }

    pub(super) fn push(
        &mut self,
        layer: Layer,
        reads: &[&View],
        writes: &[&View],
    ) -> Result<(), Why> {
        let reads: Vec<ValueId> = reads.iter().map(|view| view.value).collect();
        let writes: Vec<ValueId> = writes.iter().map(|view| view.value).collect();
        let name = self.node()?.label();
        self.builder.push(name, layer, &reads, &writes).map_err(|error| error.to_string())
    }

    /// Says what stands for an output.
    pub(super) fn give(&mut self, index: usize, view: View) -> Result<(), Why> {
        if let Some(name) = self.node()?.output(index) {
            self.names.insert(name, Held::View(view));
        }
        Ok(())
    }

    /// The only node that reads a value, where there is exactly one.
    pub(super) fn reader(&self, name: &str) -> Option<(usize, &'g Node)> {
        match self.uses.get(name)?.as_slice() {
            &[at] => Some((at, self.graph.nodes.get(at)?)),
            _ => None,
        }
    }

    /// Whether nobody needs what a view shows after the node at work, and it shows each element once, so
    /// that it may be written over.
    pub(super) fn is_last(&self, name: &str, view: &View) -> bool {
        let lives = |name: &str| {
            self.uses.get(name).is_some_and(|uses| uses.iter().any(|&at| at > self.at))
        };
        let others = self.names.iter().any(|(other, held)| {
            let (Held::View(held) | Held::Flat { of: held, .. }) = held;
            *other != name && held.value == view.value && lives(other)
        });
        let own = !self.builder.is_constant(view.value) && view.value != self.builder.input();
        let once = view.dims.iter().zip(&view.steps).all(|(&dim, &step)| dim == 1 || step != 0);
        own && once && !others && !lives(name)
    }
}
