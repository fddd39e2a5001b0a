//! What a denoising autoencoder has to undo: clean windows go in, spoilt copies come out.
//!
//! The random numbers are libtorch's. The clean windows are never changed.

use tch::{TchError, Tensor};

use super::settings::InputNoise;

/// Spoilt copies of `windows`; salt and pepper are the largest and smallest value there is.
pub(super) fn noisy(
    windows: &Tensor,
    noise: InputNoise,
    (pepper, salt): (f64, f64),
) -> Result<Tensor, TchError> {
    match noise {
        InputNoise::None => Ok(windows.shallow_clone()),
        InputNoise::Gaussian { sigma } => {
            windows.f_add(&windows.f_randn_like()?.f_mul_scalar(sigma)?)
        }
        InputNoise::Masking { share } => windows.f_mul(&windows.f_rand_like()?.f_ge(share)?),
        InputNoise::SaltAndPepper { share } => {
            let draw = windows.f_rand_like()?;
            let peppered = windows.f_masked_fill(&draw.f_lt(share / 2.0)?, pepper)?;
            peppered.f_masked_fill(&draw.f_ge(1.0 - share / 2.0)?, salt)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn spoilt(noise: &str) -> Vec<f32> {
        let clean = Tensor::full([10_000, 4], 0.5, (Kind::Float, Device::Cpu));
        let noisy = noisy(&clean, noise.parse().unwrap(), (-2.0, 3.0)).unwrap();
        assert_eq!(clean.min().double_value(&[]), 0.5);
        assert_eq!(clean.max().double_value(&[]), 0.5);
        Vec::try_from(noisy.flatten(0, 1)).unwrap()
    }

    fn share(values: &[f32], wanted: f32) -> f64 {
        values.iter().filter(|value| **value == wanted).count() as f64 / values.len() as f64
    }

    #[test]
    fn each_noise_does_what_its_name_says() {
        assert_eq!(share(&spoilt("none"), 0.5), 1.0);
        let masked = spoilt("masking:0.3");
        assert!((share(&masked, 0.0) - 0.3).abs() < 0.02);
        assert!((share(&masked, 0.5) - 0.7).abs() < 0.02);
        let spotted = spoilt("salt-and-pepper:0.4");
        for (value, wanted) in [(-2.0, 0.2), (3.0, 0.2), (0.5, 0.6)] {
            assert!((share(&spotted, value) - wanted).abs() < 0.02, "{value}");
        }
        let gaussian = spoilt("gaussian:0.2");
        let n = gaussian.len() as f64;
        let mean = gaussian.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let variance = gaussian.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
        assert!((mean - 0.5).abs() < 0.01 && (variance.sqrt() - 0.2).abs() < 0.01);
    }
}
