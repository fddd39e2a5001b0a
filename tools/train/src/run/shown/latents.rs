//! What the finished network makes of the windows: places in the latent space, activity of its units.

use tch::{Device, Kind, Tensor};

use super::about::fact;
use crate::data::{VALIDATION, WindowChoice, WindowSet};
use crate::net::Network;
use crate::progress::short;
use crate::report::{Activity, Colour, LatentPlot, Points};
use crate::train::Sparsity;

/// Points of the latent space.
const POINTS: usize = 4000;
/// A unit of the latent is active above this.
const ACTIVE: f64 = 0.1;

/// Windows of all the data in the latent space: its first two principal components.
pub(super) fn latent(network: &Network, windows: &WindowSet) -> anyhow::Result<Option<LatentPlot>> {
    let step = windows.len().div_ceil(POINTS).max(1);
    let rows: Vec<i64> = (0..windows.len()).step_by(step).map(|row| row as i64).collect();
    if rows.len() < 3 {
        return Ok(None);
    }
    let mut latents = Vec::new();
    for part in rows.chunks(windows.axes().at_once() as usize) {
        let output = tch::no_grad(|| network.forward(&windows.pick(part)?, false))?;
        latents.push(output.latent.f_to(Device::Cpu)?.f_to_kind(Kind::Double)?);
    }
    let latents = Tensor::f_cat(&latents, 0)?;
    let colour = match windows.labels().map(|labels| labels.names(&rows)) {
        Some(labels) => Colour::Label(labels),
        None => Colour::Time {
            name: "window".into(),
            values: rows.iter().map(|&row| row as f64).collect(),
        },
    };
    if network.spec().latent == 1 {
        let values = Vec::<f64>::try_from(&latents.f_view([-1])?)?;
        return Ok(Some(LatentPlot { points: Points::One(values), colour }));
    }
    let centred = latents.f_sub(&latents.f_mean_dim(&[0_i64][..], true, Kind::Double)?)?;
    let (_, spread, components) = centred.f_svd(true, true)?;
    let places = centred.f_matmul(&components.f_narrow(1, 0, 2)?)?.f_contiguous()?.f_view([-1])?;
    let points = Vec::<f64>::try_from(&places)?;
    let points = points.chunks_exact(2).filter_map(|pair| <[f64; 2]>::try_from(pair).ok());
    let variances: Vec<f64> =
        Vec::<f64>::try_from(&spread)?.iter().map(|value| value * value).collect();
    let whole = variances.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let share = [0, 1].map(|at| variances.get(at).copied().unwrap_or(0.0) / whole);
    Ok(Some(LatentPlot { points: Points::Two { points: points.collect(), share }, colour }))
}

/// How active the units of a sparse latent are in the last block.
pub(super) fn activity(
    network: &Network,
    windows: &WindowSet,
    sparsity: Sparsity,
) -> anyhow::Result<Option<Activity>> {
    let target = match sparsity {
        Sparsity::None => return Ok(None),
        Sparsity::L1 { .. } => None,
        Sparsity::Kl { target, .. } => Some(target),
    };
    let windows = windows.examples(WindowChoice::Fold(VALIDATION))?.windows;
    let (mut sum, mut active) = (vec![0.0; network.spec().latent], 0.0);
    for part in windows.f_split(network.spec().axes.at_once(), 0)? {
        let latent = tch::no_grad(|| network.forward(&part, false))?.latent.f_abs()?;
        let units = latent.f_sum_dim_intlist(&[0_i64][..], false, Kind::Double)?;
        sum.iter_mut().zip(Vec::<f64>::try_from(&units)?).for_each(|(sum, unit)| *sum += unit);
        active += latent.f_gt(ACTIVE)?.f_sum(Kind::Double)?.f_double_value(&[])?;
    }
    let count = windows.size().first().copied().unwrap_or(0).max(1) as f64;
    let units: Vec<f64> = sum.iter().map(|sum| sum / count).collect();
    let whole = units.iter().sum::<f64>() / units.len().max(1) as f64;
    let active = active / count / units.len().max(1) as f64;
    Ok(Some(Activity {
        name: "mean absolute activation".into(),
        facts: vec![
            fact("mean over all units", short(whole)),
            fact(
                &format!("units above {ACTIVE}, mean over the windows"),
                format!("{:.1} %", 100.0 * active),
            ),
        ],
        units,
        target,
    }))
}
