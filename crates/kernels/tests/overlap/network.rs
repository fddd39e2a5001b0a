//! Small networks of convolutions along time, as a program.

use oddity_kernels::map::Activation;
use oddity_kernels::pool::{Pool, PoolAxis, PoolOp};
use oddity_kernels::program::{Builder, Element, Layer, Program, Stream, Sweep, ValueId};
use oddity_kernels::quantise::{Grid, Table};
use oddity_kernels::walk::Walk;
use oddity_kernels::{Clamp, DenseF32, DenseInt8, Finish, Pieces, Rows, Tier};
use proptest::prelude::*;

/// One layer along time.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Conv {
        kernel: usize,
        stride: usize,
        before: usize,
        after: usize,
        tanh: bool,
    },
    /// Twice as many places: one of two kernels for every second.
    Transposed {
        kernel: usize,
    },
    Pool {
        kernel: usize,
        stride: usize,
        before: usize,
    },
    /// All places to all places.
    Dense,
}

/// A network over windows of `rows` places.
#[derive(Clone, Debug)]
pub struct Network {
    pub rows: usize,
    pub channels: usize,
    /// Whether windows have their channels first.
    pub turned: bool,
    /// Whether its first convolutions are of bytes.
    pub int8: bool,
    pub parts: Vec<Part>,
}

/// The channels between its layers.
pub const HIDDEN: usize = 3;
/// What its bytes stand for.
const SCALE: f32 = 0.02;
const ZERO: u8 = 120;

pub fn part() -> impl Strategy<Value = Part> {
    let conv = (1usize..5, 1usize..4, 0usize..4, 0usize..3, any::<bool>());
    prop_oneof![
        6 => conv.prop_map(|(kernel, stride, before, after, tanh)| Part::Conv { kernel, stride, before, after, tanh }),
        1 => (1usize..4).prop_map(|kernel| Part::Transposed { kernel }),
        1 => (1usize..4, 1usize..3, 0usize..2)
            .prop_map(|(kernel, stride, before)| Part::Pool { kernel, stride, before }),
        1 => Just(Part::Dense),
    ]
}

impl Network {
    pub fn stream(&self, hop: usize) -> Stream {
        let (width, planes) = if self.turned { (1, self.channels) } else { (self.channels, 1) };
        Stream { rows: self.rows, width, planes, hop }
    }

    /// The windows of a stream of rows, `hop` apart.
    pub fn windows(&self, stream: &[f32], hop: usize) -> Vec<f32> {
        let len = self.rows * self.channels;
        let starts = (0..stream.len()).step_by(hop * self.channels);
        let windows = starts.filter_map(|at| stream.get(at..at + len));
        windows.flat_map(|window| self.laid_out(window)).collect()
    }

    fn laid_out(&self, window: &[f32]) -> Vec<f32> {
        let (rows, channels) = (self.rows, self.channels);
        let place = |at: usize| match self.turned {
            true => at % rows * channels + at / rows,
            false => at,
        };
        (0..window.len()).map(|at| window[place(at)]).collect()
    }

    /// Its program; the last layer that fits is its answer.
    pub fn program(&self, tier: Tier) -> Program {
        let mut growing = Growing {
            builder: Builder::new(self.rows * self.channels, tier),
            tier,
            places: self.rows,
            channels: self.channels,
            bytes: false,
            seed: 1,
        };
        let mut x = growing.builder.input();
        if self.turned {
            x = growing.turn(x);
        }
        if self.int8 {
            x = growing.quantise(x);
        }
        for part in &self.parts {
            x = growing.part(x, *part);
        }
        let x = growing.answer(x);
        growing.builder.finish(&[x], 1 << 24).unwrap()
    }
}

struct Growing {
    builder: Builder,
    tier: Tier,
    places: usize,
    channels: usize,
    bytes: bool,
    seed: u32,
}

impl Growing {
    fn noise(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| {
                self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (self.seed >> 8) as f32 / (1u32 << 23) as f32 - 1.0
            })
            .collect()
    }

    fn push(&mut self, layer: Layer, reads: &[ValueId], write: ValueId) {
        self.builder.push("layer", layer, reads, &[write]).unwrap();
    }

    /// A value for these places, of the kind that runs through the network.
    fn value(&mut self, places: usize, channels: usize, several: bool) -> ValueId {
        let element = if self.bytes { Element::U8 } else { Element::F32 };
        match several {
            true => self.builder.assembled(element, places * channels),
            false => self.builder.value(element, places * channels),
        }
    }

    /// Channels last.
    fn turn(&mut self, x: ValueId) -> ValueId {
        let y = self.value(self.places, self.channels, false);
        let (rows, channels) = (self.places as isize, self.channels as isize);
        let dims = [self.channels, self.places];
        let walk = Walk::new(&dims, [&[rows, 1], &[1, channels]], [0, 0]).unwrap();
        self.push(Layer::Copy { walk }, &[x], y);
        y
    }

    fn flat(&self) -> Walk<2> {
        Walk::new(&[self.places * self.channels], [&[1], &[1]], [0, 0]).unwrap()
    }

    fn quantise(&mut self, x: ValueId) -> ValueId {
        self.bytes = true;
        let y = self.value(self.places, self.channels, false);
        let (tier, grid, walk) = (self.tier.float, Grid::u8(SCALE, ZERO).unwrap(), self.flat());
        self.push(Layer::Quantise { tier, grid, walk }, &[x], y);
        y
    }

    fn part(&mut self, x: ValueId, part: Part) -> ValueId {
        match part {
            Part::Conv { kernel, stride, before, after, tanh } => {
                if self.places + before + after < kernel {
                    return x;
                }
                let x = self.padded(x, before, after);
                let count = (self.places + before + after - kernel) / stride + 1;
                let y = self.value(count, HIDDEN, false);
                let x_step = stride * self.channels;
                let rows = Rows { count, x_step, y_step: HIDDEN };
                self.linear((x, y), Pieces::whole(kernel * self.channels), HIDDEN, rows, (0, 0));
                (self.places, self.channels) = (count, HIDDEN);
                if tanh { self.tanh(y) } else { y }
            }
            Part::Transposed { kernel } => {
                let x = self.padded(x, kernel - 1, 0);
                let y = self.value(2 * self.places, HIDDEN, true);
                for phase in 0..2 {
                    let rows =
                        Rows { count: self.places, x_step: self.channels, y_step: 2 * HIDDEN };
                    let pieces = Pieces::whole(kernel * self.channels);
                    self.linear((x, y), pieces, HIDDEN, rows, (0, phase * HIDDEN));
                }
                (self.places, self.channels) = (2 * self.places, HIDDEN);
                y
            }
            Part::Pool { kernel, stride, before } => {
                if self.places + before < kernel || before >= kernel {
                    return x;
                }
                let output = (self.places + before - kernel) / stride + 1;
                let input = self.places;
                let axis = PoolAxis { input, kernel, stride, before, output, ..PoolAxis::ONE };
                let op = match self.bytes {
                    true => PoolOp::Max,
                    false => PoolOp::Average { include_pad: true },
                };
                let pool = Pool::new(op, PoolAxis::ONE, axis, self.channels).unwrap();
                let y = self.value(output, self.channels, false);
                self.push(Layer::Pool { tier: self.tier.float, pool }, &[x], y);
                self.places = output;
                y
            }
            Part::Dense => {
                let y = self.value(self.places, HIDDEN, false);
                let (elements, outputs) = (self.places * self.channels, self.places * HIDDEN);
                let rows = Rows { count: 1, x_step: 0, y_step: 0 };
                self.linear((x, y), Pieces::whole(elements), outputs, rows, (0, 0));
                self.channels = HIDDEN;
                y
            }
        }
    }

    /// With so many places of zeros around it.
    fn padded(&mut self, x: ValueId, before: usize, after: usize) -> ValueId {
        if before + after == 0 {
            return x;
        }
        let y = self.value(self.places + before + after, self.channels, true);
        let (len, start) = (self.places * self.channels, before * self.channels);
        let at = |count: usize, at: usize| {
            Walk::new(&[count * self.channels], [&[1]], [at * self.channels]).unwrap()
        };
        let walks = vec![at(before, 0), at(after, before + self.places)];
        let value = if self.bytes { f32::from(ZERO) } else { 0.0 };
        self.push(Layer::Fill { walks, value }, &[], y);
        let walk = Walk::new(&[len], [&[1], &[1]], [0, start]).unwrap();
        self.push(Layer::Copy { walk }, &[x], y);
        y
    }

    fn linear(
        &mut self,
        (x, y): (ValueId, ValueId),
        pieces: Pieces,
        outputs: usize,
        rows: Rows,
        (x_at, y_at): (usize, usize),
    ) {
        let weights = self.noise(outputs * pieces.elements());
        let bias = self.noise(outputs);
        let sweep = Sweep { x_at, y_at, blocks: 1, x_block: 0, y_block: 0, rows };
        let layer = if self.bytes {
            let weights: Vec<i8> = weights.iter().map(|w| (w * 127.0) as i8).collect();
            let bias: Vec<i32> = bias.iter().map(|b| (b * 1000.0) as i32).collect();
            let finish = Finish::U8 { scales: vec![0.004; outputs], zero: ZERO, low: 0, high: 255 };
            let tier = self.tier.int8;
            let kernel =
                DenseInt8::new(tier, outputs, &pieces, &weights, &bias, ZERO, None, finish);
            Layer::DenseInt8 { kernel: kernel.unwrap(), sweep }
        } else {
            let tier = self.tier.float;
            let kernel = DenseF32::new(tier, outputs, &pieces, &weights, &bias, Clamp::NONE);
            Layer::Dense { kernel: kernel.unwrap(), sweep }
        };
        self.push(layer, &[x], y);
    }

    /// In place, or of bytes as a table.
    fn tanh(&mut self, x: ValueId) -> ValueId {
        let tier = self.tier.float;
        if self.bytes {
            let y = self.value(self.places, self.channels, false);
            let grid = Grid::u8(SCALE, ZERO).unwrap();
            let table = Table::new(f32::tanh, &grid, &grid).unwrap();
            let walk = self.flat();
            self.push(Layer::Table { table, walk }, &[x], y);
            return y;
        }
        let walk = Walk::new(&[self.places * self.channels], [&[1]], [0]).unwrap();
        self.push(Layer::MapOver { tier, activation: Activation::Tanh, walk }, &[], x);
        x
    }

    /// As f32, a value of its own.
    fn answer(&mut self, x: ValueId) -> ValueId {
        let (y, walk) =
            (self.builder.value(Element::F32, self.places * self.channels), self.flat());
        let layer = match self.bytes {
            true => {
                let (tier, grid) = (self.tier.float, Grid::u8(SCALE, ZERO).unwrap());
                Layer::Dequantise { tier, grid, walk }
            }
            false => Layer::Copy { walk },
        };
        self.push(layer, &[x], y);
        y
    }
}
