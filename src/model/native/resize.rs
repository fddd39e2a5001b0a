//! Resize: nearest neighbours are picked, linear and cubic ones blended along one axis after the other.
//!
//! Coordinates and weights are those of the ONNX operator specification.

use oddity_kernels::blend::Blend;
use oddity_kernels::program::{Element, Layer};

use super::compiler::{Compiler, Why};
use super::moves::indices;
use super::view::View;
use crate::graph::{CoordinateMode, Interpolation, NearestMode, ResizeAttributes};

/// The inputs of a place of an axis, with their weights.
type Taps<'a> = &'a dyn Fn(&Axis, usize) -> Vec<(u32, f32)>;

/// How one axis changes.
#[derive(Clone, Copy)]
struct Axis {
    from: usize,
    to: usize,
    scale: f64,
}

impl<'g> Compiler<'g> {
    pub(super) fn resize(&mut self, said: &ResizeAttributes) -> Result<(), Why> {
        if said.antialias.unwrap_or(0) != 0 || said.exclude_outside.unwrap_or(0) != 0 {
            return Err("it leaves out what lies outside, or smooths".into());
        }
        let old = self.graph.opset < 11;
        let coordinates = said.coordinates.unwrap_or(match old {
            true => CoordinateMode::Asymmetric,
            false => CoordinateMode::HalfPixel,
        });
        if coordinates == CoordinateMode::TfCropAndResize {
            return Err("it crops".into());
        }
        let view = self.view(self.input(0)?)?;
        let view = if said.mode == Interpolation::Nearest { view } else { self.as_float(view)? };
        let dims = self.dims(self.output(0)?)?.to_vec();
        let scales = self.scales(said, &view.dims, &dims)?;
        let axis = |at: usize| Axis { from: view.dims[at], to: dims[at], scale: scales[at] };
        let axes: Vec<Axis> =
            (0..dims.len().min(view.dims.len()).min(scales.len())).map(axis).collect();
        match said.mode {
            Interpolation::Nearest => {
                let nearest = said.nearest.unwrap_or(match old {
                    true => NearestMode::Floor,
                    false => NearestMode::RoundPreferFloor,
                });
                self.nearest(&view, &axes, coordinates, nearest)
            }
            Interpolation::Linear => self.blended(view, &axes, &|axis, place| {
                linear(axis, coordinate(coordinates, axis, place))
            }),
            Interpolation::Cubic => {
                let a = f64::from(said.cubic_coeff_a.unwrap_or(-0.75));
                self.blended(view, &axes, &|axis, place| {
                    cubic(axis, coordinate(coordinates, axis, place), a)
                })
            }
        }
    }

    /// The factor of each axis: as the file says it, or by the sizes.
    fn scales(
        &self,
        said: &ResizeAttributes,
        from: &[usize],
        to: &[usize],
    ) -> Result<Vec<f64>, Why> {
        let index = if self.graph.opset < 11 { 1 } else { 2 };
        let mut scales: Vec<f64> =
            from.iter().zip(to).map(|(&from, &to)| to as f64 / from.max(1) as f64).collect();
        let given =
            self.optional(index).filter(|name| self.dims(name).is_ok_and(|dims| dims != [0]));
        let Some(name) = given else { return Ok(scales) };
        let factors = self.stored(name).ok_or("its scales are no stored numbers")?;
        let axes: Vec<usize> = match &said.axes {
            Some(axes) => {
                self.facts()?.axes(axes, from.len()).map_err(|error| error.to_string())?
            }
            None => (0..from.len()).collect(),
        };
        for (axis, factor) in axes.into_iter().zip(factors) {
            if let Some(scale) = scales.get_mut(axis) {
                *scale = f64::from(factor);
            }
        }
        Ok(scales)
    }

    fn nearest(
        &mut self,
        view: &View,
        axes: &[Axis],
        coordinates: CoordinateMode,
        nearest: NearestMode,
    ) -> Result<(), Why> {
        let places: Vec<Vec<usize>> = axes
            .iter()
            .map(|axis| {
                let place = |to| {
                    let at = coordinate(coordinates, axis, to);
                    let at = match nearest {
                        NearestMode::RoundPreferFloor => (at - 0.5).ceil(),
                        NearestMode::RoundPreferCeil => (at + 0.5).floor(),
                        NearestMode::Floor => at.floor(),
                        NearestMode::Ceil => at.ceil(),
                    };
                    at.clamp(0.0, axis.from.saturating_sub(1) as f64) as usize
                };
                (0..axis.to).map(place).collect()
            })
            .collect();
        let out = self.output(0)?;
        let dims: Vec<usize> = axes.iter().map(|axis| axis.to).collect();
        // Each number several times in a row: a copy whose steps stand still.
        let factors: Option<Vec<usize>> = axes
            .iter()
            .zip(&places)
            .map(|(axis, places)| {
                let factor = axis.to / axis.from.max(1);
                let even = axis.to == factor * axis.from
                    && places.iter().enumerate().all(|(to, &from)| from == to / factor.max(1));
                even.then_some(factor)
            })
            .collect();
        if let Some(factors) = factors.filter(|_| dims.len() <= 4) {
            let y = self.fresh(out, &dims, view.kind)?;
            let twice = |view: &View, step: fn(isize, usize) -> [isize; 2]| View {
                dims: view
                    .dims
                    .iter()
                    .zip(&factors)
                    .flat_map(|(&dim, &factor)| [dim, factor])
                    .collect(),
                steps: view.steps.iter().zip(&factors).flat_map(|(&s, &f)| step(s, f)).collect(),
                ..view.clone()
            };
            let from = twice(view, |step, _| [step, 0]);
            let to = twice(&y, |step, factor| [step * factor as isize, step]);
            let to = View { dims: from.dims.clone(), ..to };
            self.copy(&from, &to)?;
            return self.give(0, y);
        }
        let source = |place: &[usize]| -> Option<Vec<usize>> {
            place.iter().zip(&places).map(|(&at, places)| places.get(at).copied()).collect()
        };
        let index = indices(&dims, source, view)?;
        self.picked(view, &dims, index)
    }

    fn blended(&mut self, view: View, axes: &[Axis], taps: Taps<'_>) -> Result<(), Why> {
        let mut view = view;
        for (at, axis) in axes.iter().enumerate() {
            if axis.from == axis.to {
                continue;
            }
            view = self.ordered(view)?;
            let inner = usize::try_from(*view.steps.get(at).ok_or("an axis is missing")?);
            let inner = inner.map_err(|_| "it runs backwards")?;
            let taps: Vec<Vec<(u32, f32)>> = (0..axis.to).map(|place| taps(axis, place)).collect();
            let each = taps.first().map_or(1, Vec::len);
            let blend = Blend::new(axis.from, inner, each, taps.concat());
            let blend = blend.map_err(|error| error.to_string())?;
            let mut dims = view.dims.clone();
            if let Some(dim) = dims.get_mut(at) {
                *dim = axis.to;
            }
            let value = self.builder.value(Element::F32, dims.iter().product());
            let y = View { dims, ..view.clone() }.alike(value);
            self.push(Layer::Blend { tier: self.tier.float, blend }, &[&view], &[&y])?;
            view = y;
        }
        self.give(0, view)
    }

    /// A view as a whole value in which the axes lie one inside the other, in any order.
    fn ordered(&mut self, view: View) -> Result<View, Why> {
        let alike = view.alike(view.value);
        let axes = view.dims.iter().zip(view.steps.iter().zip(&alike.steps));
        let whole = axes.into_iter().all(|(&dim, (have, want))| dim == 1 || have == want)
            && view.at == 0
            && self.builder.len(view.value) == view.len();
        if whole {
            return Ok(View { steps: alike.steps, ..view });
        }
        let value = self.builder.value(Element::F32, view.len());
        let to = view.alike(value);
        self.copy(&view, &to)?;
        Ok(to)
    }
}

/// Where an output's place lies among the inputs.
fn coordinate(mode: CoordinateMode, axis: &Axis, place: usize) -> f64 {
    // In f32, as every runtime computes it: halves fall on the same side.
    let (x, scale) = (place as f32, axis.scale as f32);
    let (from, to) = (axis.from as f32, axis.to as f32);
    let half = (x + 0.5) / scale - 0.5;
    f64::from(match mode {
        CoordinateMode::HalfPixel => half,
        CoordinateMode::HalfPixelSymmetric => {
            let adjusted = to / (scale * from);
            from / 2.0 * (1.0 - adjusted) + half
        }
        CoordinateMode::PytorchHalfPixel if axis.to > 1 => half,
        CoordinateMode::PytorchHalfPixel => 0.0,
        // The length before it is rounded down.
        CoordinateMode::AlignCorners if scale * from > 1.0 => {
            x * (from - 1.0) / (scale * from - 1.0)
        }
        CoordinateMode::AlignCorners => 0.0,
        CoordinateMode::TfHalfPixelForNn => (x + 0.5) / scale,
        CoordinateMode::Asymmetric | CoordinateMode::TfCropAndResize => x / scale,
    })
}

fn linear(axis: &Axis, at: f64) -> Vec<(u32, f32)> {
    let last = axis.from.saturating_sub(1);
    let at = at.clamp(0.0, last as f64);
    let low = at.floor() as usize;
    let part = at - low as f64;
    vec![(low as u32, (1.0 - part) as f32), ((low + 1).min(last) as u32, part as f32)]
}

/// Keys 1981, "Cubic convolution interpolation for digital image processing", with a free.
fn cubic(axis: &Axis, at: f64, a: f64) -> Vec<(u32, f32)> {
    let last = axis.from.saturating_sub(1) as f64;
    let low = at.floor();
    (-1..3)
        .map(|tap| {
            let place = low + f64::from(tap);
            let far = (at - place).abs();
            let weight = match far {
                far if far <= 1.0 => ((a + 2.0) * far - (a + 3.0)) * far * far + 1.0,
                far if far < 2.0 => ((a * far - 5.0 * a) * far + 8.0 * a) * far - 4.0 * a,
                _ => 0.0,
            };
            (place.clamp(0.0, last) as u32, weight as f32)
        })
        .collect()
}
