//! A part of a model goes in; the same part with what other programs need to know of it comes out: the
//! profile (units, normalisation), and what its latent is like.

use oddity::model::embed;
use oddity::profile::Profile;
use prost::Message;

use crate::net::Spec;

/// The key in `metadata_props`.
const LATENT: &str = "oddity.latent";

/// The fields of an ONNX model that are added to.
#[derive(Message)]
struct Addition {
    #[prost(message, repeated, tag = "14")]
    metadata_props: Vec<Entry>,
}

#[derive(Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// Adds the profile, and whether the latent follows a standard normal distribution (`normal`), so that
/// `oddity generate` can draw from it, or lies where nobody knows (`free`).
pub(super) fn documented(onnx: &[u8], spec: &Spec, profile: &Profile) -> anyhow::Result<Vec<u8>> {
    let mut bytes = embed(onnx, profile)?;
    let latent = if spec.variational { "normal" } else { "free" };
    let entry = Entry { key: LATENT.into(), value: latent.into() };
    // Messages that stand one behind the other are one, and their repeated fields add up.
    Addition { metadata_props: vec![entry] }.encode(&mut bytes)?;
    Ok(bytes)
}
