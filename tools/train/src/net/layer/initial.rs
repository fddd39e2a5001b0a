//! What a weight is before training: its place and its axes go in, random numbers come out.

use oddity::model::MOST_BYTES;
use tch::{Device, Kind, Tensor, nn};

use crate::net::error::NetError;

/// A new weight, uniform between `-bound` and `bound`: what all of PyTorch's own layers start from.
///
/// It is drawn on the CPU, so that all devices start from the same numbers.
pub(super) fn uniform(
    path: &nn::Path<'_>,
    name: &str,
    dims: &[usize],
    bound: f64,
) -> Result<Tensor, NetError> {
    let elements = dims.iter().fold(1_usize, |product, &dim| product.saturating_mul(dim));
    if elements.saturating_mul(size_of::<f32>()) > MOST_BYTES {
        return Err(NetError::too_many(elements));
    }
    let dims: Vec<i64> = dims.iter().map(|&dim| dim as i64).collect();
    let mut drawn = Tensor::f_zeros(&dims, (Kind::Float, Device::Cpu))?;
    let drawn = drawn.f_uniform_(-bound, bound)?;
    Ok(path.f_var_copy(name, &drawn)?)
}
