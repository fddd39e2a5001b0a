//! A part of a model goes in; the same part with what other programs need to know of it comes out: the
//! profile (units, normalisation), and what its latent is like.

use oddity::graph::write::with_metadata;
use oddity::profile::{KEY, Profile};

use crate::net::Spec;

/// The key in the file's `metadata_props`.
const LATENT: &str = "oddity.latent";

/// Adds the profile, and whether the latent follows a standard normal distribution (`normal`), so that
/// `oddity generate` can draw from it, or lies where nobody knows (`free`).
///
/// # Errors
/// When the part is no ONNX file, or the profile is not consistent.
pub(super) fn documented(onnx: &[u8], spec: &Spec, profile: &Profile) -> anyhow::Result<Vec<u8>> {
    let latent = if spec.variational { "normal" } else { "free" };
    let with_profile = with_metadata(onnx, KEY, profile.to_json()?)?;
    Ok(with_metadata(&with_profile, LATENT, latent.into())?)
}
