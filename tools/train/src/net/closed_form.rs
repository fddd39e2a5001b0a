//! Principal components of windows, as the weights of a dense network without hidden layers:
//! `latent = (x - mean) V`, `reconstruction = latent Vᵀ + mean`, the best that any linear
//! autoencoder can do in squared error (Baldi & Hornik 1989, doi:10.1016/0893-6080(89)90014-2).

use tch::{Device, Kind, Tensor};

use super::arch::{LatentLayers, Layers};
use super::error::NetError;
use super::layer::{Layer, LinearLayer};
use super::spec::{Activation, Backbone, Spec};

pub(super) fn set(spec: &Spec, layers: &Layers, windows: &Tensor) -> Result<(), NetError> {
    let (encode, decode) = linear(spec, layers)?;
    let features = spec.axes.len() as i64;
    let windows = windows.f_detach()?.f_to_device(Device::Cpu)?.f_reshape([-1, features])?;
    let (mean, basis) = principal(&windows, spec.latent as i64)?;
    let offset = mean.f_matmul(&basis.f_tr()?)?.f_neg()?;
    tch::no_grad(|| {
        let weights = [
            (&encode.weight, basis.shallow_clone()),
            (&encode.bias, offset),
            (&decode.weight, basis.f_tr()?),
            (&decode.bias, mean),
        ];
        for (weight, value) in weights {
            weight.shallow_clone().f_copy_(&value)?;
        }
        Ok(())
    })
}

/// The two layers, where there are just these.
fn linear<'a>(
    spec: &Spec,
    layers: &'a Layers,
) -> Result<(&'a LinearLayer, &'a LinearLayer), NetError> {
    let bare = matches!(&spec.backbone, Backbone::Dense { hidden } if hidden.is_empty())
        && [spec.latent_activation, spec.output_activation] == [Activation::Identity; 2];
    match (&layers.latent, layers.decoder.first()) {
        (LatentLayers::Plain(latent), Some(Layer::Linear(decode))) if bare => {
            match latent.as_slice() {
                [Layer::Linear(encode)] => Ok((encode, decode)),
                _ => refuse(),
            }
        }
        _ => refuse(),
    }
}

fn refuse<T>() -> Result<T, NetError> {
    Err(NetError::Spec(
        "only a dense network without hidden layers, activations and sampling has weights in \
         closed form"
            .into(),
    ))
}

/// Mean `[features]` and components `[latent, features]`, the largest variance first, in f64. The
/// largest entry of each component is positive.
fn principal(windows: &Tensor, latent: i64) -> Result<(Tensor, Tensor), NetError> {
    let (rows, features) = windows.size2()?;
    if latent > rows.min(features) {
        return Err(NetError::Spec(format!(
            "a latent of {latent} needs as many windows and values in a window, but there are \
             {rows} windows of {features} values; make the latent smaller"
        )));
    }
    let windows = windows.f_to_kind(Kind::Double)?;
    let mean = windows.f_mean_dim(&[0_i64][..], false, Kind::Double)?;
    let centred = windows.f_sub(&mean)?;
    // The scatter matrix has the same components, and is smaller where there are many windows.
    let matrix = if rows > features { centred.f_tr()?.f_matmul(&centred)? } else { centred };
    let (_, _, components) = matrix.f_svd(true, true)?;
    let basis = components.f_tr()?.f_narrow(0, 0, latent)?;
    let largest = basis.f_abs()?.f_argmax(1, true)?;
    let sign = basis.f_gather(1, &largest, false)?.f_sign()?;
    Ok((mean, basis.f_mul(&sign)?))
}
