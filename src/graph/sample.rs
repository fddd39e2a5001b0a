//! What a file draws at random, put in place of the draw: its mean, or noise that is always the same.
//!
//! Shapes and distributions go in; stored tensors come out, so that nothing random is left in a graph.
//! Noise depends on the seed and on the place in the window alone, never on the batch or on what ran
//! before. The same seed gives the same bits on every machine.

use super::build::Part;
use super::error::{GraphPlace, ModelError};
use super::notice::Notice;
use super::op::{Distribution, RandomAttributes};
use super::options::Sampling;
use super::parts::Constant;
use super::read::NoiseInput;
use super::tensor::{ElementType, RANK, Tensor, volume};

/// The key in a file's `metadata_props` under which the seed of its noise is kept.
pub const SAMPLE_KEY: &str = "oddity.sample";

/// Elements of all that a file draws: 64 MiB of f32.
const LARGEST: usize = 16 << 20;

/// What is to be done with samples: as asked, else as the file says, else the mean is taken.
pub(super) fn chosen(
    asked: Option<Sampling>,
    metadata: &[(String, String)],
) -> Result<Sampling, ModelError> {
    let kept = metadata.iter().find(|(key, _)| key == SAMPLE_KEY).map(|(_, seed)| seed.parse());
    match (asked, kept) {
        (Some(asked), _) => Ok(asked),
        (None, None) => Ok(Sampling::Mean),
        (None, Some(Ok(seed))) => Ok(Sampling::Seed(seed)),
        (None, Some(Err(_))) => {
            let what = format!("its metadata `{SAMPLE_KEY}` is no seed, a whole number");
            Err(ModelError::invalid(GraphPlace::File, what))
        }
    }
}

/// What stands for all that one file draws at random.
pub(crate) struct Sampler {
    sampling: Sampling,
    /// Windows of a run.
    batch: usize,
    /// Elements that may still be stored.
    left: usize,
    /// Names of the values, those of inputs first.
    values: Vec<String>,
    /// How many of them nodes draw.
    nodes: usize,
}

impl Sampler {
    pub(super) fn new(sampling: Sampling, batch: usize) -> Self {
        Self { sampling, batch, left: LARGEST, values: Vec::new(), nodes: 0 }
    }

    /// The stored tensors that stand for inputs of noise.
    pub(super) fn inputs(&mut self, inputs: Vec<NoiseInput>) -> Result<Vec<Constant>, ModelError> {
        let stored = inputs.into_iter().map(|NoiseInput { name, dims }| {
            let place = GraphPlace::Input(name.clone());
            let tensor = self.tensor(Distribution::STANDARD, &dims, &name);
            let tensor = tensor.map_err(|what| ModelError::too_large(place, what))?;
            Ok(Constant { name, tensor })
        });
        stored.collect()
    }

    /// Puts a stored tensor in the place of a node that draws.
    pub(super) fn node(
        &mut self,
        part: &mut Part<'_, '_>,
        random: &RandomAttributes,
    ) -> Result<(), ModelError> {
        let dims = match &random.shape {
            Some(shape) => {
                let dims =
                    shape.iter().map(|&dim| usize::try_from(dim).ok().filter(|&dim| dim > 0));
                dims.collect::<Option<Vec<usize>>>().ok_or_else(|| part.bad("its shape is none"))?
            }
            None => part.dims(part.input(0)?)?,
        };
        let like = || part.optional(0).and_then(|name| part.element(name));
        let element = random.element.or_else(like).unwrap_or(ElementType::F32);
        let Some(name) = part.output(0) else { return Ok(()) };
        let tensor = self.tensor(random.distribution, &dims, name);
        let tensor = tensor.map_err(|what| ModelError::too_large(part.place(), what))?;
        let tensor = in_type(tensor, element)
            .ok_or_else(|| part.unsupported("it draws numbers of a type that is not f32 or f64"))?;
        self.nodes += 1;
        part.give_stored(0, tensor);
        Ok(())
    }

    /// What was done, if anything. `asked`: somebody counts on it.
    pub(super) fn notice(self, asked: bool) -> Result<Option<Notice>, ModelError> {
        let Self { sampling, values, nodes, .. } = self;
        if asked && values.is_empty() {
            let what = "nothing in it is drawn at random: leave out --sample";
            return Err(ModelError::unsupported(GraphPlace::File, what));
        }
        Ok((!values.is_empty()).then_some(Notice::Sampled { values, nodes, sampling }))
    }

    fn tensor(
        &mut self,
        distribution: Distribution,
        dims: &[usize],
        name: &str,
    ) -> Result<Tensor, String> {
        let elements = volume(dims).filter(|&n| n > 0 && dims.len() <= RANK);
        let left = elements.and_then(|elements| self.left.checked_sub(elements));
        self.left = left.ok_or_else(|| {
            format!(
                "with this {dims:?} none or more than {LARGEST} values, or more than 8 axes, are drawn"
            )
        })?;
        let number = self.values.len() as u64;
        self.values.push(name.to_owned());
        Ok(tensor(distribution, (dims, self.batch), self.sampling, number))
    }
}

/// The mean of a distribution at each place, or noise, the same for each window of a batch.
fn tensor(
    distribution: Distribution,
    (dims, batch): (&[usize], usize),
    sampling: Sampling,
    number: u64,
) -> Tensor {
    let elements = volume(dims).unwrap_or(0);
    let values: Vec<f32> = match sampling {
        Sampling::Mean => vec![distribution.mean(); elements],
        Sampling::Seed(seed) => {
            // The batch is the first axis, or the first that is as long; along it all is alike.
            let axis = match dims.first() {
                Some(1) => 0,
                _ => dims.iter().position(|&dim| dim == batch).unwrap_or(dims.len()),
            };
            let after: usize = dims.iter().skip(axis + 1).product();
            let before: usize = dims.iter().take(axis).product();
            let mut noise = Noise::new(seed, number);
            let each = after.max(1);
            let alike = elements / (before.max(1) * each).max(1);
            (0..before)
                .flat_map(|_| {
                    let once: Vec<f32> = (0..each).map(|_| noise.next(distribution)).collect();
                    once.repeat(alike)
                })
                .collect()
        }
    };
    Tensor::floats(dims, &values)
}

/// The same numbers in the type that the file draws them in.
fn in_type(tensor: Tensor, element: ElementType) -> Option<Tensor> {
    let values = || tensor.to_f32().unwrap_or_default().into_iter();
    match element {
        ElementType::F32 => Some(tensor),
        ElementType::F64 => {
            let bytes = values().flat_map(|value| f64::from(value).to_le_bytes()).collect();
            Some(Tensor { element, bytes, ..tensor })
        }
        _ => None,
    }
}

/// Random numbers by place (splitmix64, Steele et al. 2014).
struct Noise(u64);

impl Noise {
    fn new(seed: u64, number: u64) -> Self {
        let mut noise = Self(seed);
        // Values of one seed have nothing to do with each other.
        noise.0 = noise.bits() ^ number.wrapping_mul(0xd134_2543_de82_ef95);
        noise
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn next(&mut self, distribution: Distribution) -> f32 {
        let value = match distribution {
            // Twelve uniform numbers added (Irwin-Hall): no function whose last digit depends on the
            // machine. The tails end at six deviations.
            Distribution::Normal { mean, scale } => {
                let sum: f64 = (0..12).map(|_| self.uniform()).sum();
                f64::from(mean) + f64::from(scale) * (sum - 6.0)
            }
            Distribution::Uniform { low, high } => {
                f64::from(low) + (f64::from(high) - f64::from(low)) * self.uniform()
            }
        };
        value as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tensor: &Tensor) -> Vec<f32> {
        tensor.to_f32().unwrap()
    }

    fn drawn(dims: &[usize], batch: usize, seed: u64, number: u64) -> Vec<f32> {
        let of = Distribution::Normal { mean: 2.0, scale: 3.0 };
        values(&tensor(of, (dims, batch), Sampling::Seed(seed), number))
    }

    #[test]
    fn noise_has_its_moments_and_no_batch() {
        let many = drawn(&[1, 100_000], 1, 1, 0);
        let mean = many.iter().sum::<f32>() / 1e5;
        let variance = many.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 1e5;
        assert!((mean - 2.0).abs() < 0.05 && (variance - 9.0).abs() < 0.2, "{mean} {variance}");
        let one = drawn(&[1, 4], 1, 7, 0);
        assert_eq!(drawn(&[1, 4], 1, 7, 0), one);
        assert_ne!(drawn(&[1, 4], 1, 8, 0), one);
        assert_ne!(drawn(&[1, 4], 1, 7, 1), one);
        assert_eq!(drawn(&[3, 4], 3, 7, 0), one.repeat(3));
        // Time first, the batch second.
        let steps = drawn(&[2, 3, 2], 3, 7, 0);
        assert_eq!(
            steps,
            [&one[..2], &one[..2], &one[..2], &one[2..], &one[2..], &one[2..]].concat()
        );
        let uniform = Distribution::Uniform { low: -1.0, high: 5.0 };
        assert_eq!(values(&tensor(uniform, (&[2], 1), Sampling::Mean, 0)), [2.0, 2.0]);
        let seeded = values(&tensor(uniform, (&[1000], 1), Sampling::Seed(3), 0));
        assert!(seeded.iter().all(|x| (-1.0..5.0).contains(x)));
    }
}
