//! Any bytes go in: they are a graph, or an error. With data that lie beside the model, of which there
//! are as many as are asked for.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oddity::graph::{ExternalPart, Graph, Limits, merge_external};

/// Data beside the model, in bytes, at most.
const BESIDE: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let part = |part: ExternalPart<'_>| match part.length {
        length @ ..BESIDE => Ok(vec![0; length as usize]),
        _ => Err("it is too short".to_owned()),
    };
    let merged = merge_external(bytes.to_vec(), Limits::default(), part);
    let error = merged.and_then(|merged| Graph::from_bytes(&merged)).err();
    // Messages must stay short and safe for a terminal.
    if let Some(text) = error.map(|error| error.to_string()) {
        assert!(text.chars().count() < 2000 && !text.chars().any(char::is_control), "{text:?}");
    }
});
