//! Exports go into a folder with their inputs and outputs, for `check_onnx.py`.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use oddity_train::net::{ExportPart, Head, NetOutput, Spec};
use serde_json::json;
use tch::{Kind, Tensor};

/// Leaves an export where `ODDITY_EXPORTS` says.
pub fn keep(
    name: &str,
    onnx: &[u8],
    part: ExportPart,
    windows: &Tensor,
    output: &NetOutput,
    spec: &Spec,
) {
    let Some(folder) = std::env::var_os("ODDITY_EXPORTS").map(PathBuf::from) else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let plain = |tensor: &Tensor| json!({ "shape": tensor.size(), "values": numbers(tensor) });
    let mut outputs = serde_json::Map::new();
    let mut add = |name: &str, tensor: &Tensor| outputs.insert(name.into(), plain(tensor));
    if part != ExportPart::Encoder {
        add("reconstruction", &output.reconstruction);
    }
    if part != ExportPart::Decoder {
        add("latent", &output.latent);
        if let Some((mu, logvar)) = &output.mu_logvar {
            add("mu", mu);
            add("logvar", logvar);
        }
    }
    match (part, spec.head, &output.head) {
        (ExportPart::Whole, Some(Head::Classes(_)), Some(logits)) => {
            add("class", &logits.softmax(1, Kind::Float));
        }
        (ExportPart::Whole, Some(Head::Estimate), Some(estimate)) => _ = add("estimate", estimate),
        _ => {}
    }
    let input = if part == ExportPart::Decoder { &output.latent } else { windows };
    let expected = json!({ "input": plain(input), "outputs": outputs });
    std::fs::write(folder.join(format!("{name}.onnx")), onnx).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), expected.to_string()).unwrap();
}

/// All values of a tensor.
pub fn numbers(tensor: &Tensor) -> Vec<f32> {
    Vec::<f32>::try_from(tensor.detach().contiguous().view(-1)).unwrap()
}
