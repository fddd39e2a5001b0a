//! Convolutions and transposed convolutions over one or two axes, channels last.
//!
//! A convolution's row is the channels that its kernel meets at a place. A transposed convolution is a
//! convolution for each remainder of the place by the stride (Shi et al. 2016, "Is the deconvolution
//! layer the same as a convolutional layer?").

use oddity_kernels::Pieces;

use super::compiler::{Compiler, Why};
use super::linear::{Linear, Part};
use super::places::{NONE, Places};
use super::view::View;
use super::wish::{Wish, conv_pads, phases, transposed_pads};
use crate::graph::{ConvAttributes, KernelGeometry, Op};

/// Outputs that groups with few channels are put together for.
const TOGETHER: usize = 16;
/// Weights that this may make of each, and of all.
const SPREAD: usize = 16;
const MOST: usize = 1 << 20;
/// Parts that the strides of a transposed convolution may make.
const PHASES: usize = 1024;

/// Taps of a kernel at one place: where each reads, and which of the stored taps it is.
struct Taps {
    /// Offsets in lines and places.
    at: Vec<(isize, isize)>,
    tap: Vec<usize>,
}

/// The sizes of a convolution's weights.
struct Sizes {
    group: usize,
    /// Channels of a group.
    inputs: usize,
    outputs: usize,
    taps: usize,
    /// Whether inputs stand before outputs in the weights.
    transposed: bool,
}

impl Sizes {
    /// Where a weight is among those that are stored.
    fn place(&self, output: usize, input: usize, tap: usize) -> usize {
        match self.transposed {
            false => (output * self.inputs + input) * self.taps + tap,
            true => {
                let group = output / self.outputs;
                let input = group * self.inputs + input;
                (input * self.outputs + output % self.outputs) * self.taps + tap
            }
        }
    }
}

impl<'g> Compiler<'g> {
    pub(super) fn conv(&mut self, said: &ConvAttributes) -> Result<(), Why> {
        let (kernel, sizes) = self.kernel(said, false)?;
        let out = self.dims(self.output(0)?)?;
        let dims = self.dims(self.input(0)?)?;
        let spatial = |dims: &'g [usize]| dims.get(2..).unwrap_or_default();
        let pads = conv_pads(&kernel, spatial(dims), spatial(out));
        let x = match self.node()?.op {
            Op::ConvInteger(_) => {
                let x = self.raw_input(0)?;
                self.with_room(x, &pads)?
            }
            _ => self.laid_out(&pads, 0)?,
        };
        let axes = Axes::of(&x, &kernel)?;
        let (strides, dilations) = (two(&kernel.strides, 1), two(&kernel.dilations, 1));
        let (sides, before) = (two(&kernel.kernel, 1), two_pads(&pads));
        let mut taps = Taps { at: Vec::new(), tap: Vec::new() };
        for line in 0..sides[0] {
            for place in 0..sides[1] {
                let line_at = (line * dilations[0]) as isize - before[0] as isize;
                let place_at = (place * dilations[1]) as isize - before[1] as isize;
                taps.at.push((line_at, place_at));
                taps.tap.push(line * sides[1] + place);
            }
        }
        let rows = RowsAt {
            count: two(spatial(out), 1),
            x_step: [strides[0] * axes.line, strides[1] * axes.place],
            y_first: [0, 0],
            y_step: [1, 1],
        };
        let parts = parts(&taps, &sizes, &axes, &rows)?;
        self.convolve(x, parts, 0)
    }

    pub(super) fn conv_transpose(&mut self, said: &ConvAttributes) -> Result<(), Why> {
        let (kernel, sizes) = self.kernel(said, true)?;
        let out = self.dims(self.output(0)?)?;
        let dims = self.dims(self.input(0)?)?;
        let spatial = |dims: &'g [usize]| dims.get(2..).unwrap_or_default();
        let pads = transposed_pads(&kernel, spatial(dims), spatial(out));
        // One scale for each output lies along no axis of the weights where there are groups.
        let weights_axis = if sizes.group == 1 { 1 } else { usize::MAX };
        let x = self.laid_out(&pads, weights_axis)?;
        let axes = Axes::of(&x, &kernel)?;
        let sides = two(&kernel.kernel, 1);
        let (steps, strides) = (two(spatial(out), 1), two(&kernel.strides, 1));
        let last = kernel.kernel.len() - 1;
        let lines = if last == 0 { vec![vec![(0, 0)]] } else { phases(&kernel, 0, steps[0]) };
        let places = phases(&kernel, last, steps[1]);
        if lines.len().saturating_mul(places.len()) > PHASES {
            return Err("its strides make too many parts of it".into());
        }
        let mut all = Vec::new();
        for (line, line_taps) in lines.iter().enumerate() {
            for (place, place_taps) in places.iter().enumerate() {
                let rest = |steps: usize, phase: usize, stride: usize| {
                    steps.saturating_sub(phase).div_ceil(stride)
                };
                let count = [rest(steps[0], line, strides[0]), rest(steps[1], place, strides[1])];
                if count.contains(&0) {
                    continue;
                }
                let mut taps = Taps { at: Vec::new(), tap: Vec::new() };
                for &(line_tap, line_at) in line_taps {
                    for &(place_tap, place_at) in place_taps {
                        taps.at.push((line_at, place_at));
                        taps.tap.push(line_tap * sides[1] + place_tap);
                    }
                }
                if taps.at.is_empty() {
                    // No tap meets these places: the bias alone.
                    taps = Taps { at: vec![(0, 0)], tap: vec![NONE] };
                }
                let rows = RowsAt {
                    count,
                    x_step: [axes.line, axes.place],
                    y_first: [line, place],
                    y_step: strides,
                };
                all.extend(parts(&taps, &sizes, &axes, &rows)?);
            }
        }
        self.convolve(x, all, weights_axis)
    }

    fn kernel(
        &self,
        said: &ConvAttributes,
        transposed: bool,
    ) -> Result<(KernelGeometry, Sizes), Why> {
        let at = self.facts()?;
        let weights = self.dims(self.input(1)?)?;
        let &[first, second, ref sides @ ..] = weights else {
            return Err("it has no kernel".into());
        };
        if self.dims(self.input(0)?)?.first() != Some(&1) {
            return Err("it goes over several pictures of a window".into());
        }
        if sides.is_empty() || sides.len() > 2 {
            return Err(format!(
                "its kernel has {} axes; there are layers for 1 and 2",
                sides.len()
            ));
        }
        let kernel = KernelGeometry::of(&at, &said.kernel, Some(sides), sides.len());
        let kernel = kernel.map_err(|error| error.to_string())?;
        let group = usize::try_from(said.group).unwrap_or(1).max(1);
        let taps = sides.iter().product();
        let sizes = match transposed {
            false => Sizes { group, inputs: second, outputs: first / group, taps, transposed },
            true => Sizes { group, inputs: first / group, outputs: second, taps, transposed },
        };
        if !self.is_stored(self.input(1)?) {
            return Err("its weights are no stored numbers".into());
        }
        Ok((kernel, sizes))
    }

    /// The first input in the arithmetic that it will be read in, channels last, with this room around
    /// it.
    fn laid_out(&mut self, spatial: &[(usize, usize)], weights_axis: usize) -> Result<View, Why> {
        let view = self.view(self.input(0)?)?;
        let outputs = self.dims(self.output(0)?)?.get(1).copied().unwrap_or(1);
        let view = self.in_arithmetic(view, self.input(1)?, (weights_axis, outputs))?;
        self.with_room(view, spatial)
    }

    /// A view, channels last, with this room around it.
    pub(super) fn with_room(
        &mut self,
        view: View,
        spatial: &[(usize, usize)],
    ) -> Result<View, Why> {
        let pads: Vec<_> = [(0, 0); 2].iter().chain(spatial).copied().collect();
        if channels_last(&view) && self.has_room(&view, &pads) {
            return Ok(view);
        }
        let to = self.padded(&view.dims, &Wish { pads }, view.kind, false)?;
        self.copy(&view, &to)?;
        Ok(to)
    }

    fn convolve(&mut self, x: View, parts: Vec<Part>, weights_axis: usize) -> Result<(), Why> {
        let dims = self.dims(self.output(0)?)?.to_vec();
        let rank = dims.len();
        let integers = matches!(self.node()?.op, Op::ConvInteger(_));
        let linear = Linear {
            weights: self.input(1)?,
            weights_axis,
            parts,
            bias: if integers { None } else { self.optional(2) },
            alpha: 1.0,
            beta: 1.0,
            dims,
            channels: 1,
            lines: (rank == 4).then_some(2),
            places: Some(rank - 1),
        };
        if integers { self.integers(x, linear) } else { self.linear(x, linear) }
    }
}

/// Whether the channels of each place follow each other.
fn channels_last(view: &View) -> bool {
    let channels = view.dims.get(1).copied().unwrap_or(1);
    let step = view.steps.get(1).copied().unwrap_or(1);
    (channels == 1 || step == 1) && view.steps.iter().skip(2).all(|&step| step >= 0)
}

/// How far apart the places of an input lie.
struct Axes {
    line: usize,
    place: usize,
}

impl Axes {
    fn of(x: &View, kernel: &KernelGeometry) -> Result<Self, Why> {
        let steps = x.steps.get(2..).unwrap_or_default();
        let steps: Vec<usize> =
            steps.iter().map(|&step| usize::try_from(step).unwrap_or(0)).collect();
        match (kernel.kernel.len(), steps.as_slice()) {
            (1, &[place]) => Ok(Axes { line: 0, place }),
            (2, &[line, place]) => Ok(Axes { line, place }),
            _ => Err("its input has the wrong number of axes".into()),
        }
    }
}

/// Which rows a kernel makes.
struct RowsAt {
    count: [usize; 2],
    x_step: [usize; 2],
    y_first: [usize; 2],
    y_step: [usize; 2],
}

/// The parts that these taps make: one for each group, or for several small ones together.
fn parts(taps: &Taps, sizes: &Sizes, axes: &Axes, rows: &RowsAt) -> Result<Vec<Part>, Why> {
    let weights = sizes.group * sizes.outputs * sizes.inputs * sizes.taps;
    let most = (TOGETHER / sizes.outputs.max(1)).clamp(1, SPREAD);
    let together = (1..=most)
        .rev()
        .find(|count| sizes.group.is_multiple_of(*count) && weights * count <= MOST)
        .unwrap_or(1);
    let (inputs, outputs) = (sizes.inputs * together, sizes.outputs * together);
    let far =
        |&(line, place): &(isize, isize)| line * axes.line as isize + place * axes.place as isize;
    // In the order in which they lie, so that neighbours make one piece.
    let mut order: Vec<usize> = (0..taps.at.len()).collect();
    order.sort_by_key(|&tap| taps.at.get(tap).map(far));
    let reads: Vec<isize> = order.iter().filter_map(|&tap| taps.at.get(tap).map(far)).collect();
    let first = reads.first().copied().unwrap_or(0);
    let run = run(&reads, inputs as isize);
    let offsets = reads.iter().step_by(run).map(|&at| (at - first) as usize).collect();
    let pieces = Pieces::new(offsets, run * inputs);
    let mut parts = Vec::new();
    for group in (0..sizes.group).step_by(together) {
        let mut places = Vec::with_capacity(outputs * order.len() * inputs);
        for output in 0..outputs {
            let output = group * sizes.outputs + output;
            for &tap in &order {
                let tap = taps.tap.get(tap).copied().unwrap_or(NONE);
                for input in 0..inputs {
                    let (of, input) = (group + input / sizes.inputs, input % sizes.inputs);
                    let own = of == output / sizes.outputs && tap != NONE;
                    places.push(if own { sizes.place(output, input, tap) } else { NONE });
                }
            }
        }
        parts.push(Part {
            pieces: pieces.clone(),
            places: Places::Listed(places),
            first: group * sizes.outputs,
            outputs,
            x_at: first + (group * sizes.inputs) as isize,
            count: rows.count,
            x_step: rows.x_step,
            y_first: rows.y_first,
            y_step: rows.y_step,
        });
    }
    Ok(parts)
}

/// How many taps in a row always follow each other at the distance `each`.
fn run(reads: &[isize], each: isize) -> usize {
    let follows = |pair: &[isize]| matches!(pair, [a, b] if b - a == each);
    let first = 1 + reads.windows(2).take_while(|pair| follows(pair)).count();
    let even = reads.len().is_multiple_of(first)
        && reads.chunks(first).all(|run| run.windows(2).all(follows));
    if even { first } else { 1 }
}

/// One or two numbers as two: that of lines first.
fn two(numbers: &[usize], none: usize) -> [usize; 2] {
    match numbers {
        [line, place] => [*line, *place],
        [place] => [none, *place],
        _ => [none, none],
    }
}

fn two_pads(pads: &[(usize, usize)]) -> [usize; 2] {
    let before: Vec<usize> = pads.iter().map(|pads| pads.0).collect();
    two(&before, 0)
}
