//! A part of a model goes in; the same part with what other programs need to know of it comes out: the
//! profile (units, normalisation), and what its latent is like.

use oddity::model::{EmbedError, embed};
use oddity::profile::Profile;

use crate::net::Spec;

/// The key in the file's `metadata_props`.
const LATENT: &str = "oddity.latent";

/// Adds the profile, and whether the latent follows a standard normal distribution (`normal`), so that
/// `oddity generate` can draw from it, or lies where nobody knows (`free`).
///
/// # Errors
/// When the part is no ONNX file, or the profile is not consistent.
pub(super) fn documented(
    onnx: &[u8],
    spec: &Spec,
    profile: &Profile,
) -> Result<Vec<u8>, EmbedError> {
    let latent = if spec.variational { "normal" } else { "free" };
    let entry = [field(KEY, LATENT.as_bytes()), field(VALUE, latent.as_bytes())].concat();
    // Messages that stand one behind the other are one, and their repeated fields add up.
    Ok([embed(onnx, profile)?, field(METADATA_PROPS, &entry)].concat())
}

/// Tags of the fields in ONNX's schema (onnx.proto): number times 8, plus 2 for bytes with a length.
const METADATA_PROPS: u8 = 14 * 8 + 2;
const KEY: u8 = 8 + 2;
const VALUE: u8 = 2 * 8 + 2;

/// A field of a protobuf message of fewer than 128 bytes, whose length is one byte.
fn field(tag: u8, bytes: &[u8]) -> Vec<u8> {
    [&[tag, bytes.len() as u8], bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use oddity::model::Model;

    #[test]
    fn an_entry_is_read_back_from_the_end_of_a_file() {
        let mut onnx = include_bytes!("../../../../models/pump-vae.onnx").to_vec();
        let entry = [field(KEY, LATENT.as_bytes()), field(VALUE, b"free")].concat();
        onnx.extend(field(METADATA_PROPS, &entry));
        let model = Model::from_bytes(&onnx).unwrap();
        assert_eq!(model.metadata(LATENT), Some("free"));
        assert!(Profile::of(&model).unwrap().is_some());
    }
}
