//! Operators that only move numbers. Most make another view; the others copy.

use oddity_kernels::moves::Pick;
use oddity_kernels::program::Layer;

use super::compiler::{Compiler, Held, Why};
use super::view::{Kind, View};
use crate::graph::{ElementType, PadMode, SliceAttributes, Tensor};

/// Numbers that are picked one by one, at most: their places are kept.
const MOST: usize = 1 << 22;

impl<'g> Compiler<'g> {
    /// Reshape, Flatten, Squeeze, Unsqueeze: the axes of the output are known.
    pub(super) fn reshape(&mut self) -> Result<(), Why> {
        let (name, out) = (self.input(0)?, self.output(0)?);
        let dims = self.dims(out)?.to_vec();
        if let Some(Held::Flat { of, .. }) = self.names.get(name).cloned() {
            self.names.insert(out, Held::Flat { of, dims });
            return Ok(());
        }
        let view = self.view(name)?;
        let held = match view.reshaped(&dims) {
            Some(view) => Held::View(view),
            // A dense layer can take them in the order in which they lie; others copy.
            None => Held::Flat { of: view, dims },
        };
        self.names.insert(out, held);
        Ok(())
    }

    pub(super) fn transpose(&mut self, perm: Option<&Vec<i64>>) -> Result<(), Why> {
        let view = self.view(self.input(0)?)?;
        let rank = view.dims.len();
        let order: Vec<usize> = match perm {
            Some(perm) => {
                perm.iter().map(|&axis| axis.rem_euclid(rank.max(1) as i64) as usize).collect()
            }
            None => (0..rank).rev().collect(),
        };
        let turned = view.transposed(&order).ok_or("its axes do not fit")?;
        self.give(0, turned)
    }

    pub(super) fn expand(&mut self) -> Result<(), Why> {
        let view = self.view(self.input(0)?)?;
        let dims = self.dims(self.output(0)?)?;
        let wide = view.expanded(dims).ok_or("its shapes do not fit")?;
        self.give(0, wide)
    }

    pub(super) fn tile(&mut self) -> Result<(), Why> {
        let view = self.view(self.input(0)?)?;
        let dims = self.dims(self.output(0)?)?.to_vec();
        // Where only axes of length 1 are repeated, nothing is copied.
        if let Some(wide) = view.expanded(&dims) {
            return self.give(0, wide);
        }
        let index = indices(
            &dims,
            |place| {
                let inside = place.iter().zip(&view.dims).map(|(at, dim)| at % dim.max(&1));
                Some(inside.collect())
            },
            &view,
        )?;
        self.picked(&view, &dims, index)
    }

    pub(super) fn concat(&mut self, axis: i64) -> Result<(), Why> {
        let out = self.output(0)?;
        let dims = self.dims(out)?.to_vec();
        let axis = self.facts()?.axis(axis, dims.len()).map_err(|error| error.to_string())?;
        let count = self.node()?.inputs.len();
        let mut parts = Vec::new();
        for index in 0..count {
            parts.push(self.view(self.input(index)?)?);
        }
        let kind = parts.first().map_or(Kind::F32, |part| part.kind);
        let alike = parts.iter().all(|part| part.kind == kind) && kind != Kind::Dynamic;
        if !alike && self.is_byte(out) {
            return Err("its parts are quantised in different steps".into());
        }
        if !alike {
            parts = parts.into_iter().map(|part| self.as_float(part)).collect::<Result<_, _>>()?;
        }
        let kind = if alike { kind } else { Kind::F32 };
        let y = match self.wish(out).cloned() {
            Some(wish) if wish.pads.len() == dims.len() => self.padded(&dims, &wish, kind, true)?,
            _ => self.assembled(&dims, kind),
        };
        let mut from = 0;
        for part in parts {
            let mut starts = vec![0; dims.len()];
            if let Some(start) = starts.get_mut(axis) {
                *start = from;
            }
            let to = y.sliced(&starts, &vec![1; dims.len()], &part.dims);
            let to = to.ok_or("its parts do not fit")?;
            from += part.dims.get(axis).copied().unwrap_or(0);
            self.copy(&part, &to)?;
        }
        self.give(0, y)
    }

    pub(super) fn split(&mut self, axis: i64) -> Result<(), Why> {
        let view = self.view(self.input(0)?)?;
        let rank = view.dims.len();
        let axis = self.facts()?.axis(axis, rank).map_err(|error| error.to_string())?;
        let mut from = 0;
        for (index, name) in self.node()?.outputs.iter().enumerate() {
            let Some(name) = name else { return Err("one of its parts has no name".into()) };
            let dims = self.dims(name)?;
            let mut starts = vec![0; rank];
            if let Some(start) = starts.get_mut(axis) {
                *start = from;
            }
            let part = view.sliced(&starts, &vec![1; rank], dims).ok_or("its parts do not fit")?;
            from += dims.get(axis).copied().unwrap_or(0);
            self.give(index, part)?;
        }
        Ok(())
    }

    pub(super) fn slice(&mut self, said: &SliceAttributes) -> Result<(), Why> {
        let at = self.facts()?;
        let view = self.view(self.input(0)?)?;
        let dims = self.dims(self.output(0)?)?.to_vec();
        let words = |error: crate::graph::ModelError| error.to_string();
        let starts =
            at.listed(said.starts.as_ref(), 1).map_err(words)?.ok_or("it has no starts")?;
        let axes = at.listed(said.axes.as_ref(), 3).map_err(words)?;
        let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let by = at.listed(None, 4).map_err(words)?.unwrap_or_else(|| vec![1; starts.len()]);
        let rank = view.dims.len();
        let (mut from, mut steps) = (vec![0usize; rank], vec![1isize; rank]);
        let axes = at.axes(&axes, rank).map_err(words)?;
        for ((axis, start), by) in axes.into_iter().zip(starts).zip(by) {
            let length = *view.dims.get(axis).ok_or("an axis is missing")? as i64;
            let start = if start < 0 { start.saturating_add(length) } else { start };
            let most = if by < 0 { length - 1 } else { length };
            if let (Some(from), Some(step)) = (from.get_mut(axis), steps.get_mut(axis)) {
                *from = start.clamp(0, most.max(0)) as usize;
                *step = by as isize;
            }
        }
        if dims.contains(&0) {
            return Err("it leaves nothing".into());
        }
        let part = view.sliced(&from, &steps, &dims).ok_or("it reaches outside of its input")?;
        self.give(0, part)
    }

    /// Along an axis, at places that are known.
    pub(super) fn gather(&mut self, axis: i64) -> Result<(), Why> {
        let at = self.facts()?;
        let words = |error: crate::graph::ModelError| error.to_string();
        let view = self.view(self.input(0)?)?;
        let axis = at.axis(axis, view.dims.len()).map_err(words)?;
        let length = *view.dims.get(axis).ok_or("an axis is missing")?;
        let which = self.whole(self.input(1)?)?;
        let which: Vec<usize> = which
            .iter()
            .map(|&index| at.axis(index, length).map_err(words))
            .collect::<Result<_, _>>()?;
        let dims = self.dims(self.output(0)?)?.to_vec();
        let rank = view.dims.len();
        if let &[index] = which.as_slice() {
            let mut starts = vec![0; rank];
            let mut one = view.dims.clone();
            if let (Some(start), Some(dim)) = (starts.get_mut(axis), one.get_mut(axis)) {
                (*start, *dim) = (index, 1);
            }
            let part = view.sliced(&starts, &vec![1; rank], &one).ok_or("it reaches outside")?;
            return match part.reshaped(&dims) {
                Some(part) => self.give(0, part),
                None => Err("it cannot be laid out".into()),
            };
        }
        let between = dims.len() + 1 - rank;
        let index = indices(
            &dims,
            |place| {
                let (before, rest) = place.split_at_checked(axis)?;
                let (index, after) = rest.split_at_checked(between)?;
                let shape = dims.get(axis..axis + between)?;
                let flat = index.iter().zip(shape).fold(0, |flat, (at, dim)| flat * dim + at);
                Some([before, &[*which.get(flat)?], after].concat())
            },
            &view,
        )?;
        self.picked(&view, &dims, index)
    }

    /// One index for each element that comes out.
    pub(super) fn gather_elements(&mut self, axis: i64) -> Result<(), Why> {
        let at = self.facts()?;
        let words = |error: crate::graph::ModelError| error.to_string();
        let view = self.view(self.input(0)?)?;
        let axis = at.axis(axis, view.dims.len()).map_err(words)?;
        let length = *view.dims.get(axis).ok_or("an axis is missing")?;
        let which = self.whole(self.input(1)?)?;
        let dims = self.dims(self.output(0)?)?.to_vec();
        let index = indices(
            &dims,
            |place| {
                let flat = place.iter().zip(&dims).fold(0, |flat, (at, dim)| flat * dim + at);
                let mut place = place.to_vec();
                *place.get_mut(axis)? = at.axis(*which.get(flat)?, length).ok()?;
                Some(place)
            },
            &view,
        )?;
        self.picked(&view, &dims, index)
    }

    pub(super) fn pad(
        &mut self,
        mode: PadMode,
        pads: Option<&Vec<i64>>,
        value: Option<f32>,
    ) -> Result<(), Why> {
        let at = self.facts()?;
        let words = |error: crate::graph::ModelError| error.to_string();
        let view = self.view(self.input(0)?)?;
        let pads = match pads {
            Some(pads) => pads.clone(),
            None => at.integers(1).map_err(words)?,
        };
        let rank = view.dims.len();
        let axes: Vec<usize> = match self.optional(3) {
            Some(_) => at.axes(&at.integers(3).map_err(words)?, rank).map_err(words)?,
            None => (0..rank).collect(),
        };
        let mut before = vec![0usize; rank];
        for (&axis, &pad) in axes.iter().zip(&pads) {
            if let Some(before) = before.get_mut(axis) {
                *before = usize::try_from(pad).map_err(|_| "its pads are negative")?;
            }
        }
        let dims = self.dims(self.output(0)?)?.to_vec();
        if mode == PadMode::Constant {
            let value = match self.optional(2) {
                Some(name) => self.number(name).ok_or("what it pads with is no stored number")?,
                None => value.unwrap_or(0.0),
            };
            let (x, value) = match view.kind {
                // The file's own number where it pads bytes, what stands for it where it pads f32.
                Kind::Quantised(quant) if self.is_byte(self.input(0)?) => {
                    (view, value + if quant.signed { 128.0 } else { 0.0 })
                }
                Kind::Quantised(quant) if value == 0.0 => (view, f32::from(quant.zero)),
                _ => (self.as_float(view)?, value),
            };
            let y = self.assembled(&dims, x.kind);
            let walks = vec![self.walk([&y])?];
            self.push(Layer::Fill { walks, value }, &[], &[&y])?;
            let inside = y.sliced(&before, &vec![1; rank], &x.dims).ok_or("its pads do not fit")?;
            self.copy(&x, &inside)?;
            return self.give(0, y);
        }
        let source = |axis: usize, place: usize| -> Option<usize> {
            let (length, before) = (*view.dims.get(axis)? as isize, *before.get(axis)? as isize);
            let at = place as isize - before;
            let at = match mode {
                PadMode::Reflect if at < 0 => -at,
                PadMode::Reflect if at >= length => 2 * (length - 1) - at,
                _ => at.clamp(0, length - 1),
            };
            usize::try_from(at).ok()
        };
        let index = indices(
            &dims,
            |place| place.iter().enumerate().map(|(axis, &at)| source(axis, at)).collect(),
            &view,
        )?;
        self.picked(&view, &dims, index)
    }

    /// Whether the file says that a value holds bytes, not the numbers that they stand for.
    pub(super) fn is_byte(&self, name: &str) -> bool {
        let element = self.graph.facts.get(name).and_then(|fact| fact.element);
        matches!(element, Some(ElementType::U8 | ElementType::I8))
    }

    /// One number in every place.
    pub(super) fn constant_of_shape(&mut self, value: Option<&Tensor>) -> Result<(), Why> {
        let number = match value.map(Tensor::to_f32) {
            None => 0.0,
            Some(values) => match values.as_deref() {
                Some(&[number]) => number,
                _ => return Err("it repeats no single number".into()),
            },
        };
        let one = View::whole(self.builder.constant(&[number]), &[], Kind::F32);
        let wide = one.expanded(self.dims(self.output(0)?)?).ok_or("it cannot be laid out")?;
        self.give(0, wide)
    }

    /// Integers that are known before running.
    pub(super) fn whole(&self, name: &str) -> Result<Vec<i64>, Why> {
        if let Some(tensor) = self.tensors.get(name)
            && let Some(values) = tensor.to_f32()
        {
            return Ok(values.iter().map(|&value| value as i64).collect());
        }
        let known = self.graph.facts.get(name).and_then(|fact| fact.known.as_ref());
        let known = known.ok_or("what decides the places is made by the window")?;
        Ok(known.data.iter().map(|&value| value as i64).collect())
    }

    /// What lies at these places of a view's value.
    pub(super) fn picked(
        &mut self,
        view: &View,
        dims: &[usize],
        index: Vec<u32>,
    ) -> Result<(), Why> {
        let y = self.plain(dims, view.kind);
        let pick =
            Pick::new(index, self.builder.len(view.value)).map_err(|error| error.to_string())?;
        self.push(Layer::Pick { pick }, &[view], &[&y])?;
        self.give(0, y)
    }
}

/// For each place of `dims`, where in the value of `view` the element at `source` of that place lies.
pub(super) fn indices(
    dims: &[usize],
    source: impl Fn(&[usize]) -> Option<Vec<usize>>,
    view: &View,
) -> Result<Vec<u32>, Why> {
    let outside = || -> Why { "it reaches outside of its input".into() };
    let count: usize = dims.iter().product();
    if count > MOST {
        return Err(format!("it picks {count} numbers one by one"));
    }
    let mut place = vec![0usize; dims.len()];
    let mut index = Vec::with_capacity(count);
    for _ in 0..count {
        let from =
            source(&place).filter(|from| from.len() == view.dims.len()).ok_or_else(outside)?;
        let inside = from.iter().zip(&view.dims).all(|(at, dim)| at < dim);
        let far = from.iter().zip(&view.steps).map(|(&at, &step)| at as isize * step);
        let at = view.at as isize + far.sum::<isize>();
        let at = u32::try_from(at).ok().filter(|&at| inside && at < u32::MAX);
        index.push(at.ok_or_else(outside)?);
        for (at, dim) in place.iter_mut().zip(dims).rev() {
            *at += 1;
            if *at < *dim {
                break;
            }
            *at = 0;
        }
    }
    Ok(index)
}
