//! How large a model `fit` and `evaluate --fit-first` make: options go in, those of the library come out.

use oddity::fit::FitOptions;

/// How much the latent keeps.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct SizeArgs {
    /// Share of the variance that the latent explains
    /// [default: 0.8, but of no more components than stand out of noise]
    #[arg(long, value_parser = share)]
    variance: Option<f64>,
    /// Width of the latent, instead of --variance
    #[arg(long)]
    latent: Option<usize>,
}

impl SizeArgs {
    pub(super) fn is_any(&self) -> bool {
        self.variance.is_some() || self.latent.is_some()
    }

    pub(super) fn over(self, mut options: FitOptions) -> FitOptions {
        options.variance = self.variance;
        options.latent = self.latent;
        options
    }
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| *share > 0.0 && *share <= 1.0)
        .ok_or_else(|| "must be a number above 0 and at most 1".into())
}
