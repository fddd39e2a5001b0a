//! Normal data goes in; a linear autoencoder of it comes out, with its profile.

use super::data::Data;
use super::error::FitError;
use super::finish::{Fitted, finish};
use super::judge;
use super::normal::{NormalData, enough};
use super::options::{DEFAULT_VARIANCE, FitOptions, MOST_INPUTS};
use super::pca::{LinearRun, Scatter};
use super::prepared::look_through;
use super::reconstructor::Reconstructor;
use super::scatter::{gather, without_each};
use super::words;
use crate::model::Model;
use oddity_core::window::WindowShape;

/// Learns a linear autoencoder from normal data: principal components of windows.
///
/// ```
/// use oddity::decode::{Format, KeyColumn, ReadHints, TimeColumn};
/// use oddity::fit::{Data, FitOptions, RowRanges, fit};
///
/// let data = Data {
///     files: vec!["models/pump-normal.csv".into()],
///     format: Format::Auto,
///     time: TimeColumn::Auto,
///     key: KeyColumn::AsBefore,
///     hints: ReadHints::default(),
///     rows: Some(1200),
///     features: None,
///     label: None,
///     without: RowRanges::default(),
///     idle: RowRanges::default(),
///     earlier: RowRanges::default(),
/// };
/// let fitted = fit(&data, &FitOptions::default())?;
/// assert!(fitted.explained > 0.5);
/// # Ok::<_, oddity::fit::FitError>(())
/// ```
///
/// # Errors
/// When the data cannot be read, is too little, or has no channel that can be watched.
pub fn fit(data: &Data, options: &FitOptions) -> Result<Fitted, FitError> {
    let (data, survey, draft) = look_through(data, options)?;
    let WindowShape { window, channels, .. } = draft.shape();
    let inputs = window.saturating_mul(channels);
    if inputs > MOST_INPUTS {
        return Err(FitError::TooLarge { window, channels, inputs, most: MOST_INPUTS });
    }
    if inputs == 1 {
        return Err(FitError::OneInput);
    }
    let windows = NormalData::Rows(Box::new(draft.windows(data, &survey)));
    let (folds, border, holes) = gather(&windows, inputs)?;
    let counts: Vec<u64> = folds.iter().map(Scatter::count).collect();
    let count = enough(&counts, (draft.window, draft.average), survey.read.rows)
        .map_err(|error| error.explained(words::warnings(&survey, holes)))?;

    let all = Scatter::union(folds.iter().chain([&border]), inputs);
    let components = all.components().ok_or(FitError::Eigen)?;
    let latent = match options.latent {
        Some(latent) if latent >= 1 && latent < inputs => latent,
        Some(latent) => {
            return Err(FitError::Option(format!(
                "--latent {latent} must be at least 1 and less than the {inputs} values of a window"
            )));
        }
        None => match options.variance {
            Some(share) => components.latent_for(share),
            None => components.latent_for(DEFAULT_VARIANCE).min(components.above_noise()),
        },
    };
    let without = without_each(&folds, inputs)?
        .into_iter()
        .map(|others| LinearRun::new(others.linear(latent), others.scale_to(&components)));
    let whole = Box::new(LinearRun::new(components.linear(latent), vec![1.0; latent]));
    let judgement = judge::judge(
        &windows,
        &mut Reconstructor::Linear(without.collect(), whole),
        (draft.score, draft.shape(), latent),
        draft.judging(),
        count,
    )?;
    let onnx = components.linear(latent).to_onnx(window, channels);
    let model = Model::from_bytes(&onnx)?;
    let explained = format!(
        "latent of {latent} out of {inputs} values, {:.1} % of the variance",
        100.0 * components.explained(latent)
    );
    finish(draft, (model, &onnx), &survey, judgement, count, vec![explained])
}
