//! `Cross.toml`: what is in it cross knows, its images cannot change, and every board's target has one. Cross itself warns
//! of what it does not know, and builds without it.

use std::fs;
use std::path::Path;

use oddity::board::Boards;
use toml::{Table, Value};

/// What cross 0.2.5 reads of a target.
const KEYS: [&str; 7] = ["build-std", "dockerfile", "env", "image", "pre-build", "runner", "xargo"];

/// By digest, or by cross's version.
fn pinned(image: &str) -> bool {
    match (image.split_once("@sha256:"), image.rsplit_once(':')) {
        (Some((_, digest)), _) => {
            digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        (None, Some((_, tag))) => tag.starts_with(|first: char| first.is_ascii_digit()),
        (None, None) => false,
    }
}

#[test]
fn cross_has_a_pinned_image_for_each_target() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cross.toml");
    let file: Table = fs::read_to_string(file).unwrap().parse().unwrap();
    assert_eq!(file.keys().collect::<Vec<_>>(), ["target"]);
    let targets = file["target"].as_table().unwrap();
    for (target, of) in targets {
        for key in of.as_table().unwrap().keys() {
            assert!(KEYS.contains(&key.as_str()), "{target}: cross knows no {key}");
        }
        let image = of.get("image").and_then(Value::as_str).unwrap();
        assert!(image.starts_with(&format!("ghcr.io/cross-rs/{target}")), "{target}: {image}");
        assert!(pinned(image), "{image} may change");
    }
    let boards = Boards::known().unwrap();
    let wanted = boards.iter().map(|board| board.triple.to_string());
    let others = ["aarch64-unknown-linux-gnu", "armv7-unknown-linux-gnueabihf"].map(str::to_owned);
    for target in wanted.chain(others) {
        assert!(targets.contains_key(&target), "{target} is not in Cross.toml");
    }
}
