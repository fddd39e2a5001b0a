//! Any bytes go in: they choose a small model and its windows. The native engine and tract must give the same
//! answers, and the native engine the same bits for a window whatever runs beside it.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The same that `tests/it/engine.rs` checks with.
#[path = "../../tests/harness/engines.rs"]
mod engines;
#[allow(dead_code)]
#[path = "../../tests/harness/onnx.rs"]
mod onnx;
#[path = "../../tests/harness/random/mod.rs"]
mod random;

fuzz_target!(|bytes: &[u8]| {
    if let Err(what) = engines::check(bytes) {
        panic!("{what}");
    }
});
